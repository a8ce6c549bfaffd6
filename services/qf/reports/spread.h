/* The smallest, the middle and the largest of some numbers. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qf_spread {
        uint32_t count; /* 0: nothing else is known */
        int64_t least, most;
        int64_t median_sum; /* of the two in the middle, or twice the one: the median is half of it */
};

struct qf_spread qf_spread_of(int64_t *values, uint32_t count); /* sorts them; none is negative */
char *qf_spread_median(const struct qf_spread *spread, char *ret_text, size_t room); /* 11,056.5; exact */
