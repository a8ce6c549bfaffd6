/* The loop of a daemon: ZeroMQ sockets, file descriptors, timers and signals in
 * one thread, level-triggered by zmq_poll. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct qf_loop;

/* A callback returns 0, or negative to stop the loop with that result. */
typedef int (*qf_loop_call)(void *ctx);

QF_CHECK int qf_loop_new(struct qf_loop **ret_loop); /* blocks SIGTERM, SIGINT, SIGHUP; ignores SIGPIPE */
struct qf_loop *qf_loop_free(struct qf_loop *loop);
QF_CHECK int qf_loop_add_socket(struct qf_loop *loop, void *zmq_socket, qf_loop_call readable, void *ctx);
/* Looks at a socket no more before a time of the monotonic clock: what it holds back is then its peers' to keep. */
void qf_loop_rest(struct qf_loop *loop, const void *zmq_socket, int64_t until_mono_ns);
QF_CHECK int qf_loop_add_fd(struct qf_loop *loop, int fd, qf_loop_call readable, void *ctx);
QF_CHECK int qf_loop_every(struct qf_loop *loop, int64_t period_ms, qf_loop_call due, void *ctx);
/* Makes a turn begin at a time of the monotonic clock, also when nothing else calls for one. The last word holds. */
QF_CHECK int qf_loop_wake_at(struct qf_loop *loop, int64_t mono_ns);
/* Called once per turn after all readable ones: where a group is committed. When *ret_more is true the next poll does
 * not wait. */
typedef int (*qf_loop_turn)(void *ctx, bool *ret_more);
void qf_loop_set_turn(struct qf_loop *loop, qf_loop_turn turn, void *ctx);
/* SIGHUP then calls this in a turn; without it, it stops the loop as the other signals do. */
void qf_loop_on_hangup(struct qf_loop *loop, qf_loop_call call, void *ctx);
void qf_loop_stop(struct qf_loop *loop);
QF_CHECK int qf_loop_run(
        struct qf_loop *loop); /* until a signal or qf_loop_stop: 0; negative as a callback said */
