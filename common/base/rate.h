/* How many a second, since it was asked last. Zero-initialised is new. */
#pragma once

#include <stdint.h>

struct qf_rate {
        uint64_t count;
        int64_t at_ms; /* monotonic; 0: never asked */
};

/* count: of all so far. 0 when it was never asked before, or in this same millisecond. */
uint64_t qf_rate_next(struct qf_rate *rate, uint64_t count, int64_t mono_ms);
