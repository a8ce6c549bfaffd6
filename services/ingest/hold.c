/* Pure arithmetic, so that it can be tested without a clock. */
#include "ingest/hold.h"

enum {
        NEAR = 500,     /* thousandths of the tail: further behind counting may lose it */
        FULL = 1000,    /* lost: what comes next is read from the store */
        LOST = 16000,   /* some seconds of counting: it began anew, or is too slow to be waited for */
        TIMES_MOST = 3, /* so many times as long as the group took */
};

static const int64_t least_ns = INT64_C(500) * 1000; /* loops wake by milliseconds */
static const int64_t most_ns = INT64_C(250) * 1000 * 1000;

void qf_hold_note(struct qf_hold *hold, int64_t began_ns, int64_t ended_ns)
{
        *hold = (struct qf_hold){ended_ns - began_ns, ended_ns};
}

int64_t qf_hold_until_ns(const struct qf_hold *hold, uint32_t behind)
{
        if (behind <= NEAR || behind > LOST)
                return hold->ended_ns;
        const int64_t share = (behind < FULL ? behind : FULL) - NEAR;
        const int64_t held_ns = hold->worked_ns * TIMES_MOST * share / (FULL - NEAR);
        if (held_ns < least_ns)
                return hold->ended_ns;
        return hold->ended_ns + (held_ns < most_ns ? held_ns : most_ns);
}
