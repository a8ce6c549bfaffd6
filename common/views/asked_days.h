/* Days as people ask for them, behind an option or in an address, and what is wrong with what they wrote, in both
 * languages. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct qf_asked_fault { /* to stand behind what it is of */
        const char *zh, *en;
};

/* A date, read as a cell of a table is (client/feed_cell.h), into *ret_date; at NULL: it was left out, and *ret_date stays.
 * whole_day: a month or a year will not do. NULL, or what is wrong. */
const struct qf_asked_fault *qf_asked_date(struct qf_view text, bool whole_day, uint32_t *ret_date);
/* From the first day of one date to the last of another; of one that was left out the day stays. NULL, or what is wrong
 * with *ret_of, "from" or "to". */
const struct qf_asked_fault *qf_asked_days(struct qf_view from, struct qf_view to, uint32_t *ret_first_day,
                                           uint32_t *ret_last_day, const char **ret_of);
