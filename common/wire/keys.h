/* CURVE key files. A secret file has mode 0600 and is refused otherwise; one
 * line, Z85, after "# " comment lines (of a server's public keys a client may have two). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/socket.h"

enum { QF_KEY_TEXT = 41 }; /* Z85 and its NUL */

enum qf_key_fault { QF_KEY_MODE = 1, QF_KEY_SHAPE = 2 }; /* readable by others; not a key */

QF_CHECK int qf_key_make(uint8_t ret_public[32], uint8_t ret_secret[32]);
QF_CHECK int qf_key_write_secret(const char *path, const uint8_t secret[32]); /* O_EXCL, 0600, fsync */
QF_CHECK int qf_key_write_public(const char *path, const uint8_t public_key[32]);
QF_CHECK int qf_key_read_secret(const char *path, uint8_t ret_secret[32], uint8_t ret_public[32]);
QF_CHECK int qf_key_read_public(const char *path, uint8_t ret_public[32]);
/* What a server has: its secret key, and while it changes the former one on a line below; zeros: there is none. now: a file
 * that goes before path when it is there; NULL: none. */
QF_CHECK int qf_key_read_server(const char *now, const char *path, struct qf_curve *ret_curve);
const char *qf_key_server_file(const char *now, const char *path); /* the one of the two that is read */
/* In the place of what is there: whole or not at all. */
QF_CHECK int qf_key_write_server(const char *path, const struct qf_curve *curve);
QF_CHECK int qf_key_write_servers(const char *path, const uint8_t key[32], const uint8_t other[32]);
/* What a client has of its server: one key, or while it changes two, each on a line of its own. ret_other: zeros when there
 * is none. */
QF_CHECK int qf_key_read_servers(const char *path, uint8_t ret_key[32], uint8_t ret_other[32]);
const char *qf_key_why(int fault); /* an outcome above or -errno, in words for a log */
/* The first bytes of a server's public keys, as the logbook shows keys. */
void qf_key_marks(const struct qf_curve *curve, char ret_text[QF_KEY_MARKS]);
void qf_key_text(const uint8_t key[32], char ret_text[QF_KEY_TEXT]);
bool qf_key_parse(const char *text, uint8_t ret_key[32]);
