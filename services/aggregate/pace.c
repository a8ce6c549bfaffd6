/* Pure arithmetic, so that it can be tested without a clock. */
#include "aggregate/pace.h"

static const int64_t most_ns = INT64_C(250) * 1000 * 1000; /* no group stays open longer */

static const int64_t busy_per_ms = 20;

int64_t qf_pace_due(const struct qf_pace *pace, bool drained)
{
        int64_t least = drained ? 0 : pace->commit_ms * 1000 * 1000;
        int64_t rest = pace->lasted_ns * (drained && !pace->busy ? 1 : 4);

        if (rest > most_ns)
                rest = most_ns;
        int64_t due = pace->begun_ns + least;
        return due > pace->ended_ns + rest ? due : pace->ended_ns + rest;
}

void qf_pace_committed(struct qf_pace *pace, int64_t began_ns, int64_t ended_ns, uint64_t events)
{
        int64_t interval_us = (ended_ns - pace->ended_ns) / 1000;

        pace->busy = (int64_t)(events * 1000) > interval_us * busy_per_ms;
        pace->ended_ns = ended_ns;
        pace->lasted_ns = ended_ns - began_ns;
}
