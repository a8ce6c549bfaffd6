/* Why: a daemon's loop, one turn at a time, called by the world instead of by a
 * poll. The order of a turn is that of service/loop.c: what is readable, timers
 * that are due, the turn's end. */
#include "simulation/loop.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "service/service.h"
#include "simulation/network.h"

enum { ITEMS_MAX = 32 };

struct qf_loop {
        struct {
                const struct sim_readable *readable;
                qf_loop_call call;
                void *ctx;
                int64_t rest_until_ns;
        } items[ITEMS_MAX];
        struct {
                qf_loop_call due;
                void *ctx;
                int64_t period_ms, next_ms;
        } timers[ITEMS_MAX];
        int items_count, timers_count;
        qf_loop_turn turn;
        void *turn_ctx;
        int64_t wake_ns;
        bool stopping;
};

int qf_loop_new(struct qf_loop **ret_loop)
{
        struct qf_loop *loop = calloc(1, sizeof(*loop));

        if (!loop)
                return -ENOMEM;
        loop->wake_ns = INT64_MAX;
        *ret_loop = loop;
        return 0;
}

struct qf_loop *qf_loop_free(struct qf_loop *loop)
{
        free(loop);
        return NULL;
}

void qf_service_goes_on(void)
{
} /* no watchdog watches here */

int qf_loop_add_socket(struct qf_loop *loop, void *handle, qf_loop_call readable, void *ctx)
{
        if (loop->items_count == ITEMS_MAX)
                return -ENOSPC;
        loop->items[loop->items_count].readable = handle;
        loop->items[loop->items_count].call = readable;
        loop->items[loop->items_count++].ctx = ctx;
        return 0;
}

void qf_loop_rest(struct qf_loop *loop, const void *handle, int64_t until_mono_ns)
{
        for (int i = 0; i < loop->items_count; i++)
                if (loop->items[i].readable == handle)
                        loop->items[i].rest_until_ns = until_mono_ns;
}

/* Something waits in it, and it does not rest. */
static bool is_due(const struct qf_loop *loop, int i)
{
        return loop->items[i].rest_until_ns <= qf_clock_mono_ns() &&
               loop->items[i].readable->waits(loop->items[i].readable);
}

int qf_loop_add_fd(struct qf_loop *loop, int fd, qf_loop_call readable, void *ctx)
{
        (void)loop;
        (void)fd;
        (void)readable;
        (void)ctx;
        return -ENOSYS; /* nobody here has one */
}

int qf_loop_every(struct qf_loop *loop, int64_t period_ms, qf_loop_call due, void *ctx)
{
        if (loop->timers_count == ITEMS_MAX)
                return -ENOSPC;
        loop->timers[loop->timers_count].due = due;
        loop->timers[loop->timers_count].ctx = ctx;
        loop->timers[loop->timers_count].period_ms = period_ms;
        loop->timers[loop->timers_count++].next_ms = qf_clock_mono_ms() + period_ms;
        return 0;
}

int qf_loop_wake_at(struct qf_loop *loop, int64_t mono_ns)
{
        loop->wake_ns = mono_ns;
        return 0;
}

void qf_loop_set_turn(struct qf_loop *loop, qf_loop_turn turn, void *ctx)
{
        loop->turn = turn;
        loop->turn_ctx = ctx;
}

void qf_loop_stop(struct qf_loop *loop)
{
        loop->stopping = true;
}

static int call_readable(struct qf_loop *loop)
{
        bool waits[ITEMS_MAX];
        int r = 0;

        for (int i = 0; i < loop->items_count; i++)
                waits[i] = is_due(loop, i);
        for (int i = 0; i < loop->items_count && r >= 0; i++)
                if (waits[i])
                        r = loop->items[i].call(loop->items[i].ctx);
        return r < 0 ? r : 0;
}

static int call_timers(struct qf_loop *loop)
{
        int64_t now_ms = qf_clock_mono_ms();

        for (int i = 0; i < loop->timers_count; i++) {
                if (loop->timers[i].next_ms > now_ms)
                        continue;
                loop->timers[i].next_ms += loop->timers[i].period_ms;
                if (loop->timers[i].next_ms <= now_ms)
                        loop->timers[i].next_ms = now_ms + loop->timers[i].period_ms;
                int r = loop->timers[i].due(loop->timers[i].ctx);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* In the clock of processes. */
static int64_t next_wake(const struct qf_loop *loop, bool more)
{
        int64_t next_ns = loop->wake_ns, now_ns = qf_clock_mono_ns();

        for (int i = 0; i < loop->items_count && !more; i++)
                more = is_due(loop, i);
        if (more)
                return now_ns;
        for (int i = 0; i < loop->items_count; i++)
                if (loop->items[i].rest_until_ns > now_ns && loop->items[i].rest_until_ns < next_ns)
                        next_ns = loop->items[i].rest_until_ns;
        for (int i = 0; i < loop->timers_count; i++)
                if (loop->timers[i].next_ms < next_ns / SIM_MS)
                        next_ns = loop->timers[i].next_ms * SIM_MS;
        return next_ns;
}

int sim_loop_turn(struct qf_loop *loop, int64_t *ret_next_ns)
{
        bool more = false;

        if (loop->wake_ns <= qf_clock_mono_ns())
                loop->wake_ns = INT64_MAX;
        int r = call_readable(loop);
        if (r == 0)
                r = call_timers(loop);
        if (r == 0 && loop->turn)
                r = loop->turn(loop->turn_ctx, &more);
        int64_t next_ns = next_wake(loop, more);
        *ret_next_ns = next_ns == INT64_MAX ? next_ns : next_ns - qf_clock_mono_ns() + sim_local_ns();
        return r;
}
