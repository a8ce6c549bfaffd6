/* Why digests: whoever reads the file, or a backup of it, has no token. A token
 * is 256 random bits, so one round of SHA-256 is enough: there is nothing to guess.
 * Read as suspiciously as a key: a file that others can read is refused, and so is
 * one with a single line that is not understood, since a right that was meant to
 * be narrow must not be dropped or widened by a slip. */
#include "wire/tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/random.h"
#include "base/text.h"
#include "wire/body.h"

enum { FILE_BYTES_MAX = 1024 * 1024, WORDS = 4, SECRET_BYTES = 32 };

struct token {
        struct qf_token token;
        struct qf_view orgs[QF_TOKEN_ORGS_MAX];
};

struct qf_tokens {
        struct qf_sha256 *sha;
        char *text; /* names and organisations lie here */
        struct token *list;
        uint32_t count;
};

static const struct {
        struct qf_view name;
        uint32_t role;
} roles[] = {
        {{"read", 4}, QF_TOKEN_READ}, {{"admin", 5}, QF_TOKEN_ADMIN}, {{"metrics", 7}, QF_TOKEN_METRICS}};

/* Cuts off what is before the first of the separators; *text is what is behind it. */
static struct qf_view cut(struct qf_view *text, const char *separators)
{
        struct qf_view word = *text;

        for (uint32_t i = 0; i < text->len; i++) {
                if (text->at[i] == '\0' || !strchr(separators, text->at[i])) /* a NUL ends the separators */
                        continue;
                word.len = i;
                *text = (struct qf_view){text->at + i + 1, text->len - i - 1};
                return word;
        }
        *text = (struct qf_view){text->at + text->len, 0};
        return word;
}

/* A list may not end in the air: what was meant to follow is missing. */
static bool is_whole_list(struct qf_view text)
{
        return text.len > 0 && text.at[text.len - 1] != ',';
}

int qf_token_make(char ret_text[QF_TOKEN_TEXT], uint8_t ret_digest[QF_SHA256_BYTES])
{
        uint8_t secret[SECRET_BYTES];
        struct qf_sha256 *sha = NULL;
        int r = qf_sha256_new(&sha);

        if (r < 0)
                return r;
        qf_random(secret, sizeof secret);
        (void)snprintf(ret_text, QF_TOKEN_TEXT, "%s", "qft_");
        qf_text_hex(secret, sizeof secret, ret_text + 4);
        qf_sha256_begin(sha);
        qf_sha256_add(sha, ret_text, QF_TOKEN_TEXT - 1);
        qf_sha256_end(sha, ret_digest);
        qf_sha256_free(sha);
        explicit_bzero(secret, sizeof secret);
        return 0;
}

uint32_t qf_token_roles(struct qf_view text)
{
        uint32_t found = 0;

        if (!is_whole_list(text))
                return 0;
        while (text.len > 0) {
                struct qf_view word = cut(&text, ",");
                uint32_t role = 0;
                for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
                        if (qf_view_same(word, roles[i].name))
                                role = roles[i].role;
                if (role == 0)
                        return 0;
                found |= role;
        }
        return found;
}

int qf_token_print(const struct qf_token *token, struct qf_buffer *line)
{
        char digest[2 * QF_SHA256_BYTES + 1];
        const char *between = "";
        int r = qf_buffer_print(line, "%.*s ", (int)token->name.len, token->name.at);

        for (size_t i = 0; i < sizeof roles / sizeof roles[0] && r == 0; i++) {
                if ((token->roles & roles[i].role) == 0)
                        continue;
                r = qf_buffer_print(line, "%s%s", between, roles[i].name.at);
                between = ",";
        }
        for (uint32_t i = 0; i < token->orgs_count && r == 0; i++)
                r = qf_buffer_print(line, "%c%.*s", i ? ',' : ' ', (int)token->orgs[i].len,
                                    token->orgs[i].at);
        qf_text_hex(token->digest, sizeof token->digest, digest);
        return r == 0 ? qf_buffer_print(line, "%s %s\n", token->orgs_count ? "" : " -", digest) : r;
}

/* --- reading ---------------------------------------------------------------- */

static bool parse_orgs(struct qf_view text, struct token *token)
{
        if (qf_view_same(text, QF_VIEW("-")))
                return true;
        if (!is_whole_list(text))
                return false;
        while (text.len > 0) {
                struct qf_view org = cut(&text, ",");
                if (org.len == 0 || org.len > QF_CODE_BYTES_MAX || !qf_text_valid(org, false) ||
                    token->token.orgs_count == QF_TOKEN_ORGS_MAX)
                        return false;
                token->orgs[token->token.orgs_count++] = org;
        }
        return token->token.orgs_count > 0;
}

static bool parse_line(struct qf_view line, struct token *token)
{
        struct qf_view words[WORDS];
        uint32_t count = 0;

        while (line.len > 0) {
                struct qf_view word = cut(&line, " \t");
                if (word.len == 0)
                        continue;
                if (count == WORDS)
                        return false;
                words[count++] = word;
        }
        *token = (struct token){0};
        if (count != WORDS || words[0].len > QF_TOKEN_NAME_MAX || !qf_text_valid(words[0], false))
                return false;
        token->token.name = words[0];
        token->token.roles = qf_token_roles(words[1]);
        return token->token.roles != 0 && parse_orgs(words[2], token) &&
               qf_text_unhex(words[3], token->token.digest, sizeof token->token.digest);
}

/* Empty lines and those that begin with "#" say nothing. */
static bool parse_all(struct qf_tokens *tokens, struct qf_view text, uint32_t *ret_line)
{
        for (*ret_line = 1; text.len > 0; ++*ret_line) {
                struct qf_view line = cut(&text, "\n");
                if (line.len > 0 && line.at[line.len - 1] == '\r')
                        line.len--;
                if (line.len == 0 || line.at[0] == '#')
                        continue;
                if (tokens->count == QF_TOKENS_MAX || !parse_line(line, &tokens->list[tokens->count]))
                        return false;
                struct token *token = &tokens->list[tokens->count++];
                token->token.orgs = token->orgs;
        }
        return true;
}

static void cleanup_tokens(struct qf_tokens **tokens)
{
        (void)qf_tokens_free(*tokens);
}

static uint32_t count_lines(struct qf_view text)
{
        uint32_t lines = 1;

        for (uint32_t i = 0; i < text.len; i++)
                lines += text.at[i] == '\n';
        return lines < QF_TOKENS_MAX ? lines : QF_TOKENS_MAX;
}

int qf_tokens_parse(struct qf_view text, struct qf_tokens **ret_tokens, uint32_t *ret_line)
{
        QF_CLEANUP(cleanup_tokens) struct qf_tokens *tokens = calloc(1, sizeof *tokens);

        *ret_line = 0;
        if (!tokens)
                return -ENOMEM;
        tokens->text = malloc((size_t)text.len + 1);
        tokens->list = calloc(count_lines(text), sizeof *tokens->list);
        if (!tokens->text || !tokens->list)
                return -ENOMEM;
        int r = qf_sha256_new(&tokens->sha);
        if (r < 0)
                return r;
        memcpy(tokens->text, text.at, text.len);
        if (!parse_all(tokens, (struct qf_view){tokens->text, text.len}, ret_line))
                return QF_TOKENS_LINE;
        *ret_tokens = QF_TAKE(tokens);
        return 0;
}

int qf_tokens_read(const char *path, struct qf_tokens **ret_tokens, uint32_t *ret_line)
{
        struct stat status;
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

        *ret_line = 0;
        if (fd < 0 || fstat(fd, &status) != 0)
                return -errno;
        if (!S_ISREG(status.st_mode) || status.st_size > FILE_BYTES_MAX)
                return QF_TOKENS_LINE;
        if ((status.st_mode & 077) != 0 || (status.st_uid != geteuid() && status.st_uid != 0))
                return QF_TOKENS_MODE;
        QF_CLEANUP(qf_cleanup_free) char *text = malloc((size_t)status.st_size + 1);
        if (!text)
                return -ENOMEM;
        ssize_t len = 0;
        for (ssize_t n = 1; n > 0; len += n) {
                n = read(fd, text + len, (size_t)(status.st_size - len));
                if (n < 0)
                        return -errno;
        }
        return qf_tokens_parse((struct qf_view){text, (uint32_t)len}, ret_tokens, ret_line);
}

struct qf_tokens *qf_tokens_free(struct qf_tokens *tokens)
{
        if (!tokens)
                return NULL;
        (void)qf_sha256_free(tokens->sha);
        free(tokens->list);
        free(tokens->text);
        free(tokens);
        return NULL;
}

uint32_t qf_tokens_count(const struct qf_tokens *tokens)
{
        return tokens->count;
}

uint32_t qf_tokens_number(const struct qf_tokens *tokens, const struct qf_token *token)
{
        return (uint32_t)((const struct token *)(const void *)token - tokens->list);
}

static bool is_same(const uint8_t *a, const uint8_t *b)
{
        volatile uint8_t different = 0;

        for (uint32_t i = 0; i < QF_SHA256_BYTES; i++)
                different |= (uint8_t)(a[i] ^ b[i]);
        return different == 0;
}

const struct qf_token *qf_tokens_find(const struct qf_tokens *tokens, struct qf_view text)
{
        uint8_t digest[QF_SHA256_BYTES];

        qf_sha256_begin(tokens->sha);
        qf_sha256_add(tokens->sha, text.at, text.len);
        qf_sha256_end(tokens->sha, digest);
        return qf_tokens_find_digest(tokens, digest);
}

const struct qf_token *qf_tokens_find_digest(const struct qf_tokens *tokens,
                                             const uint8_t digest[QF_SHA256_BYTES])
{
        const struct qf_token *found = NULL;

        for (uint32_t i = 0; i < tokens->count; i++)
                if (is_same(tokens->list[i].token.digest, digest))
                        found = &tokens->list[i].token;
        return found;
}
