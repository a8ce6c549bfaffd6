/* CURVE key files. A secret file has mode 0600 and is refused otherwise; one
 * line, Z85, after "# " comment lines (of a server's public keys a client may have two). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { QF_KEY_TEXT = 41 }; /* Z85 and its NUL */

enum qf_key_fault { QF_KEY_MODE = 1, QF_KEY_SHAPE = 2 }; /* readable by others; not a key */

QF_CHECK int qf_key_make(uint8_t ret_public[32], uint8_t ret_secret[32]);
QF_CHECK int qf_key_write_secret(const char *path, const uint8_t secret[32]); /* O_EXCL, 0600, fsync */
QF_CHECK int qf_key_write_public(const char *path, const uint8_t public_key[32]);
QF_CHECK int qf_key_read_secret(const char *path, uint8_t ret_secret[32], uint8_t ret_public[32]);
QF_CHECK int qf_key_read_public(const char *path, uint8_t ret_public[32]);
/* What a client has of its server: one key, or while it changes two, each on a line of its own. ret_other: zeros when there
 * is none. */
QF_CHECK int qf_key_read_servers(const char *path, uint8_t ret_key[32], uint8_t ret_other[32]);
void qf_key_text(const uint8_t key[32], char ret_text[QF_KEY_TEXT]);
bool qf_key_parse(const char *text, uint8_t ret_key[32]);
