/* Where programs on this machine hand events over by HTTP: libmicrohttpd without
 * a thread of its own, at a socket of files or at a loopback address. What is
 * answered to a body is feed_post.h's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "qf/feeding/feed_post.h"

struct qf_door;

/* listen: "unix:PATH", "127.0.0.1:PORT" or "[::1]:PORT". 0 or 1, as in cli.h. */
QF_CHECK int qf_door_open(struct qf_cli *cli, const char *listen, struct qf_posts *posts,
                          struct qf_door **ret_door);
struct qf_door *qf_door_close(struct qf_door *door);
int qf_door_fd(const struct qf_door *door);
/* Hears and answers; *ret_wait_ms: at most so long until the next turn. Negative: the process must end. */
QF_CHECK int qf_door_turn(struct qf_door *door, int64_t *ret_wait_ms);
