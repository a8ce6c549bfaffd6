/* Running counts. A cell is (dimension, member, period) → five counts. Each
 * record (activity) touches, for the total and for each of its members (or "not
 * stated"), the finest period that is known and its month.
 *
 * Source: DESIGN: days + undated = month, months + undated = year. A year's total
 * is the sum of its month cells and its year-only cell, made at reading. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum qf_measure {
        QF_RECORDS,
        QF_ACTIVITIES,
        QF_ATTENDANCES,
        QF_RECORDS_UNKNOWN,
        QF_ACTIVITIES_UNKNOWN,
        QF_MEASURES
};

struct qf_counts {
        int64_t of[QF_MEASURES];
};

struct qf_cell_key {
        uint16_t dimension;
        uint32_t member;
        uint32_t period;
};

/* What one record adds to the cells. date 0: nothing (withdrawn, waiting). */
struct qf_contribution {
        uint32_t date;
        struct qf_counts counts;
        uint32_t members_count;             /* sorted by (dimension, member), without duplicates; */
        const struct qf_member_of *members; /* "not stated" is added for dimensions without one */
};

struct qf_member_of {
        uint16_t dimension;
        uint32_t member;
};

const char *qf_measure_code(enum qf_measure measure); /* "activities" … as on the wire */

/* False: activities are counted and none of them states its attendances: their sum of 0 says nothing. */
bool qf_counts_known(const struct qf_counts *counts, enum qf_measure measure);
/* Whether there is a growth, and why not: nothing is compared with none, and what is not known is not 0. */
enum qf_compared {
        QF_COMPARED,
        QF_COMPARED_WITH_NONE,    /* there were none before */
        QF_COMPARED_WITH_UNKNOWN, /* what was before is not known */
        QF_COMPARED_UNKNOWN,      /* what is now is not known */
};
enum qf_compared qf_counts_compared(const struct qf_counts *now, const struct qf_counts *before,
                                    enum qf_measure measure);

/* Adds with overflow check; false: would overflow, nothing changed. */
QF_CHECK bool qf_counts_add(struct qf_counts *to, const struct qf_counts *more, int sign);
