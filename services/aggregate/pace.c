/* Pure arithmetic, so that it can be tested without a clock. */
#include "aggregate/pace.h"

static const int64_t ms = INT64_C(1000) * 1000;
static const int64_t idle_ms = 50, group_most_ms = 1000;
static const int64_t rest_most_ms = 250; /* nothing waits longer for what a step costs */
static const int64_t busy_per_ms = 20;

static int64_t later(int64_t a, int64_t b)
{
        return a > b ? a : b;
}

/* So many times as long as the step took. */
static int64_t rest_ns(const struct qf_pace_step *step, int64_t times)
{
        int64_t rest = step->lasted_ns * times;

        return rest < rest_most_ms * ms ? rest : rest_most_ms * ms;
}

static int64_t commit_due(const struct qf_pace *pace, bool drained)
{
        int64_t old = pace->group_ns + group_most_ms * ms, idle = pace->heard_ns + idle_ms * ms;

        return later(drained && idle < old ? idle : old,
                     pace->committing.ended_ns + rest_ns(&pace->committing, 4));
}

static int64_t show_due(const struct qf_pace *pace, bool drained)
{
        if (drained)
                return later(pace->unshown_ns,
                             pace->showing.ended_ns + rest_ns(&pace->showing, pace->busy ? 4 : 1));
        return pace->unshown_ns + later(pace->commit_ms * ms, rest_ns(&pace->committing, 4));
}

enum qf_pace_what qf_pace_next(const struct qf_pace *pace, bool drained, bool hidden, int64_t now_ns,
                               int64_t *ret_again_ns)
{
        const int64_t commit_ns = commit_due(pace, drained);
        const int64_t show_ns = hidden ? show_due(pace, drained) : INT64_MAX;

        if (commit_ns <= now_ns)
                return QF_PACE_COMMIT;
        *ret_again_ns = show_ns > now_ns && show_ns < commit_ns ? show_ns : commit_ns;
        return show_ns <= now_ns ? QF_PACE_SHOW : QF_PACE_WAIT;
}

void qf_pace_hear(struct qf_pace *pace, bool settled, bool shown, int64_t now_ns)
{
        pace->heard_ns = now_ns;
        if (settled)
                pace->group_ns = now_ns;
        if (shown)
                pace->unshown_ns = now_ns;
}

void qf_pace_did(struct qf_pace *pace, enum qf_pace_what what, int64_t began_ns, int64_t ended_ns,
                 uint64_t events)
{
        const int64_t interval_us = (ended_ns - pace->showing.ended_ns) / 1000;
        const struct qf_pace_step step = {ended_ns, ended_ns - began_ns};

        pace->busy = (int64_t)((events - pace->events) * 1000) > interval_us * busy_per_ms;
        pace->events = events;
        pace->showing = step;
        if (what == QF_PACE_COMMIT) {
                pace->committing = step;
                pace->showing.lasted_ns = 0; /* what it took is not what the next showing takes */
        }
}
