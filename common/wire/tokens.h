/* Bearer tokens of HTTP: random words that are shown once, and the file that says
 * what each may read, which holds only their digests (mode 0600). A line:
 *
 *     NAME  ROLE[,ROLE]  ORG[,ORG…] or -  SHA-256 of the token, in hex
 *
 * Roles: read (as readers by ZeroMQ: its organisations), admin (everything),
 * metrics (/metrics only). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"

enum {
        QF_TOKEN_TEXT = 4 + 64 + 1, /* "qft_", 32 random bytes in hex, NUL */
        QF_TOKEN_NAME_MAX = 32,
        QF_TOKEN_ORGS_MAX = 64,
        QF_TOKENS_MAX = 1024,
};

enum qf_token_role { QF_TOKEN_READ = 1, QF_TOKEN_ADMIN = 2, QF_TOKEN_METRICS = 4 };

struct qf_token {
        struct qf_view name;
        uint32_t roles;
        uint32_t orgs_count;
        const struct qf_view *orgs;
        uint8_t digest[QF_SHA256_BYTES];
};

struct qf_tokens; /* a file, as it was read */

enum qf_tokens_fault { QF_TOKENS_MODE = 1, QF_TOKENS_LINE = 2 }; /* others can read it; *ret_line is wrong */

/* Draws a token and gives its digest. -ENOMEM. */
QF_CHECK int qf_token_make(char ret_text[QF_TOKEN_TEXT], uint8_t ret_digest[QF_SHA256_BYTES]);
/* "read,metrics" → roles; 0: not known. */
uint32_t qf_token_roles(struct qf_view text);
/* Appends the token's line. -ENOMEM. */
QF_CHECK int qf_token_print(const struct qf_token *token, struct qf_buffer *line);

/* Reads a file. 0, enum qf_tokens_fault, or -errno. */
QF_CHECK int qf_tokens_read(const char *path, struct qf_tokens **ret_tokens, uint32_t *ret_line);
/* The same of text; for tests. QF_TOKENS_LINE, -ENOMEM. */
QF_CHECK int qf_tokens_parse(struct qf_view text, struct qf_tokens **ret_tokens, uint32_t *ret_line);
struct qf_tokens *qf_tokens_free(struct qf_tokens *tokens);
uint32_t qf_tokens_count(const struct qf_tokens *tokens);
/* Which it is in its file, from 0. */
uint32_t qf_tokens_number(const struct qf_tokens *tokens, const struct qf_token *token);
/* The token of this text; NULL: none. All are looked at, and each whole: the time tells nothing. */
const struct qf_token *qf_tokens_find(const struct qf_tokens *tokens, struct qf_view text);
/* The token that a digest was taken of before, in whatever file stands now. */
const struct qf_token *qf_tokens_find_digest(const struct qf_tokens *tokens,
                                             const uint8_t digest[QF_SHA256_BYTES]);
