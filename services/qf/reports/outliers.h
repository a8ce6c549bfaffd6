/* Which attendances are unlike the others of the same organisation and mode. Pure.
 *
 * The rule: with at least eight activities of which the attendance is known, the
 * quartiles are the values a quarter and three quarters down the list; what lies
 * more than three times their distance outside them is an outlier. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { QF_OUTLIERS_LEAST = 8, QF_OUTLIERS_TIMES = 3 };

struct qf_usual { /* what is usual: least to most; few: not enough to say */
        bool few;
        int64_t least, most;
};

struct qf_usual qf_usual_of(const int64_t *sorted, uint32_t count);
bool qf_is_outlier(const struct qf_usual *usual, int64_t value);
