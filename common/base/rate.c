/* Why: a status line that says how much goes on, and not only how much there is. */
#include "base/rate.h"

#include <stdbool.h>

uint64_t qf_rate_next(struct qf_rate *rate, uint64_t count, int64_t mono_ms)
{
        int64_t since_ms = mono_ms - rate->at_ms;
        bool known = rate->at_ms != 0 && since_ms > 0 && count >= rate->count;
        uint64_t a_second = known ? (count - rate->count) * 1000 / (uint64_t)since_ms : 0;
        *rate = (struct qf_rate){.count = count, .at_ms = mono_ms};
        return a_second;
}
