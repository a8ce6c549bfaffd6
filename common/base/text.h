/* Text that comes from outside: is it UTF-8, is it a number. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

/* Strict UTF-8 without NUL, other C0 controls (tab and newline allowed when lines is true), DEL, or bidi overrides. */
bool qf_text_valid(struct qf_view text, bool lines);
size_t qf_text_characters(struct qf_view text); /* code points of valid UTF-8 */
/* Decimal digits only, no sign, no space; false when empty, other or above most. */
bool qf_text_number(struct qf_view text, uint64_t most, uint64_t *ret_value);
/* Drops what snprintf left of a character for which there was no room. Returns text. */
char *qf_text_whole(char *text);
/* Copies with control bytes, quotes and backslashes as \xNN, cut behind a whole character; for logs. Returns ret_text. */
char *qf_text_escape(struct qf_view text, char *ret_text, size_t room);
void qf_text_hex(const uint8_t *bytes, size_t len, char *ret_text);      /* 2 * len + 1 bytes */
bool qf_text_unhex(struct qf_view text, uint8_t *ret_bytes, size_t len); /* exactly len bytes */
