/* A line of the logbook: how it is printed, numbered and hashed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "service/logbook.h"

/* "NUMBER TIME WHAT FIELDS #HASH", without a line end; fields are cut to the whole characters that fit, control characters become spaces.
 * Gives its length. */
size_t qf_logbook_line_print(char ret_line[QF_LOGBOOK_LINE], uint64_t number, int64_t wall_ms,
                             const char *what, const char *fields, const char *previous_hash);
bool qf_logbook_line_number(const char *line, uint64_t *ret_number);
/* The hash of the line before that this one names. NULL: it names none. */
const char *qf_logbook_line_previous(const char *line);
void qf_logbook_line_hash(struct qf_sha256 *sha, const char *line, char ret_hash[QF_LOGBOOK_HEX]);
