/* Why: one thread does all a daemon's work, so nothing needs a lock. Signals are
 * a descriptor, timers are times compared once a turn, and libzmq's sockets are
 * polled by level: what a callback leaves unread is offered again.
 *
 *     turn:  poll ─► readable sockets and descriptors ─► due timers ─► the turn's end (commit)
 *
 * Guarantees: a callback's negative result ends the loop with it; a stop signal
 * ends it after the turn in which it came; a late timer runs once, not once for
 * each period missed. */
#include "service/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <zmq.h>

#include "base/clock.h"

enum { READABLE_MAX = 32, TIMERS_MAX = 32, WAIT_MOST_MS = 60000, MS_NS = 1000000 };

struct readable {
        qf_loop_call call;
        void *ctx;
        int64_t rest_until_ns; /* not looked at before */
};

struct timer {
        qf_loop_call due;
        void *ctx;
        int64_t period_ms, next_ms;
};

struct qf_loop {
        zmq_pollitem_t items[READABLE_MAX];
        struct readable readable[READABLE_MAX]; /* of the item with the same index; item 0 is the signals */
        int items_count;
        struct timer timers[TIMERS_MAX];
        int timers_count;
        qf_loop_turn turn;
        void *turn_ctx;
        qf_loop_call hangup;
        void *hangup_ctx;
        sigset_t before;
        struct sigaction pipe_before;
        int signal_fd;
        int wake_fd; /* -1: nobody asked yet */
        bool stopping;
};

static void stop_signals(sigset_t *ret_set)
{
        (void)sigemptyset(ret_set);
        (void)sigaddset(ret_set, SIGTERM);
        (void)sigaddset(ret_set, SIGINT);
        (void)sigaddset(ret_set, SIGHUP);
}

static int read_signal(void *ctx)
{
        struct qf_loop *loop = ctx;
        struct signalfd_siginfo info;

        while (read(loop->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
                bool hangup = info.ssi_signo == SIGHUP && loop->hangup;
                int r = hangup ? loop->hangup(loop->hangup_ctx) : 0;
                if (r < 0)
                        return r;
                loop->stopping = loop->stopping || !hangup;
        }
        return 0;
}

static int open_signals(struct qf_loop *loop)
{
        struct sigaction ignore = {.sa_handler = SIG_IGN};
        sigset_t set;

        stop_signals(&set);
        int r = pthread_sigmask(SIG_BLOCK, &set, &loop->before);
        if (r != 0)
                return -r;
        if (sigaction(SIGPIPE, &ignore, &loop->pipe_before) != 0)
                return -errno;
        loop->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (loop->signal_fd < 0)
                return -errno;
        return qf_loop_add_fd(loop, loop->signal_fd, read_signal, loop);
}

int qf_loop_new(struct qf_loop **ret_loop)
{
        struct qf_loop *loop = calloc(1, sizeof *loop);

        if (!loop)
                return -ENOMEM;
        loop->signal_fd = loop->wake_fd = -1;
        int r = open_signals(loop);
        if (r < 0) {
                qf_loop_free(loop);
                return r;
        }
        *ret_loop = loop;
        return 0;
}

struct qf_loop *qf_loop_free(struct qf_loop *loop)
{
        if (!loop)
                return NULL;
        if (loop->signal_fd >= 0) {
                loop->hangup = NULL;
                (void)read_signal(loop);
                (void)close(loop->signal_fd);
                (void)sigaction(SIGPIPE, &loop->pipe_before, NULL);
                (void)pthread_sigmask(SIG_SETMASK, &loop->before, NULL);
        }
        if (loop->wake_fd >= 0)
                (void)close(loop->wake_fd);
        free(loop);
        return NULL;
}

static int add_item(struct qf_loop *loop, zmq_pollitem_t item, qf_loop_call call, void *ctx)
{
        if (loop->items_count == READABLE_MAX)
                return -ENOSPC;
        loop->items[loop->items_count] = item;
        loop->readable[loop->items_count] = (struct readable){.call = call, .ctx = ctx};
        loop->items_count++;
        return 0;
}

int qf_loop_add_socket(struct qf_loop *loop, void *zmq_socket, qf_loop_call readable, void *ctx)
{
        return add_item(loop, (zmq_pollitem_t){.socket = zmq_socket, .events = ZMQ_POLLIN}, readable, ctx);
}

void qf_loop_rest(struct qf_loop *loop, const void *zmq_socket, int64_t until_mono_ns)
{
        for (int i = 0; i < loop->items_count; i++)
                if (loop->items[i].socket == zmq_socket)
                        loop->readable[i].rest_until_ns = until_mono_ns;
}

int qf_loop_add_fd(struct qf_loop *loop, int fd, qf_loop_call readable, void *ctx)
{
        return add_item(loop, (zmq_pollitem_t){.fd = fd, .events = ZMQ_POLLIN}, readable, ctx);
}

int qf_loop_every(struct qf_loop *loop, int64_t period_ms, qf_loop_call due, void *ctx)
{
        QF_ASSERT(period_ms > 0);
        if (loop->timers_count == TIMERS_MAX)
                return -ENOSPC;
        loop->timers[loop->timers_count++] = (struct timer){
                .due = due, .ctx = ctx, .period_ms = period_ms, .next_ms = qf_clock_mono_ms() + period_ms};
        return 0;
}

static int read_wake(void *ctx)
{
        const struct qf_loop *loop = ctx;
        uint64_t times;

        return read(loop->wake_fd, &times, sizeof times) < 0 && errno != EAGAIN ? -errno : 0;
}

/* A descriptor of its own, since zmq_poll counts in whole milliseconds. */
int qf_loop_wake_at(struct qf_loop *loop, int64_t mono_ns)
{
        struct itimerspec when = {.it_value = {.tv_sec = (time_t)(mono_ns / 1000000000),
                                               .tv_nsec = (long)(mono_ns % 1000000000)}};

        if (loop->wake_fd < 0) {
                loop->wake_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
                int r = loop->wake_fd < 0 ? -errno : qf_loop_add_fd(loop, loop->wake_fd, read_wake, loop);
                if (r < 0)
                        return r;
        }
        return timerfd_settime(loop->wake_fd, TFD_TIMER_ABSTIME, &when, NULL) == 0 ? 0 : -errno;
}

void qf_loop_set_turn(struct qf_loop *loop, qf_loop_turn turn, void *ctx)
{
        loop->turn = turn;
        loop->turn_ctx = ctx;
}

void qf_loop_on_hangup(struct qf_loop *loop, qf_loop_call call, void *ctx)
{
        loop->hangup = call;
        loop->hangup_ctx = ctx;
}

void qf_loop_stop(struct qf_loop *loop)
{
        loop->stopping = true;
}

/* --- running ---------------------------------------------------------------- */

static long wait_ms(const struct qf_loop *loop)
{
        int64_t now = qf_clock_mono_ms(), wait = WAIT_MOST_MS;

        for (int i = 0; i < loop->timers_count; i++)
                if (loop->timers[i].next_ms - now < wait)
                        wait = loop->timers[i].next_ms - now;
        return wait > 0 ? (long)wait : 0;
}

/* Leaves those out that rest. Gives the wait until the first of them is to be looked at again, if that is less. */
static long choose_items(struct qf_loop *loop, long timeout_ms)
{
        int64_t now_ns = qf_clock_mono_ns();

        for (int i = 0; i < loop->items_count; i++) {
                int64_t rest_ns = loop->readable[i].rest_until_ns - now_ns;
                loop->items[i].events = rest_ns > 0 ? 0 : ZMQ_POLLIN;
                if (rest_ns > 0 && rest_ns / MS_NS < timeout_ms)
                        timeout_ms = (long)(rest_ns / MS_NS) + 1;
        }
        return timeout_ms;
}

static int poll_items(struct qf_loop *loop, long timeout_ms)
{
        timeout_ms = choose_items(loop, timeout_ms);
        while (zmq_poll(loop->items, loop->items_count, timeout_ms) < 0)
                if (errno != EINTR)
                        return -errno;
        return 0;
}

static int call_readable(struct qf_loop *loop)
{
        for (int i = 0; i < loop->items_count; i++) {
                if (loop->items[i].revents == 0)
                        continue;
                int r = loop->readable[i].call(loop->readable[i].ctx);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int call_timers(struct qf_loop *loop)
{
        int64_t now = qf_clock_mono_ms();

        for (int i = 0; i < loop->timers_count; i++) {
                struct timer *timer = &loop->timers[i];
                if (timer->next_ms > now)
                        continue;
                timer->next_ms += timer->period_ms;
                if (timer->next_ms <= now)
                        timer->next_ms = now + timer->period_ms;
                int r = timer->due(timer->ctx);
                if (r < 0)
                        return r;
        }
        return 0;
}

int qf_loop_run(struct qf_loop *loop)
{
        bool more = false;

        while (!loop->stopping) {
                int r = poll_items(loop, more ? 0 : wait_ms(loop));
                if (r == 0)
                        r = call_readable(loop);
                if (r == 0)
                        r = call_timers(loop);
                more = false;
                if (r == 0 && loop->turn)
                        r = loop->turn(loop->turn_ctx, &more);
                if (r < 0)
                        return r;
        }
        return 0;
}
