/* Plain topics for three-line SUB clients: an XPUB socket without keys, for
 * loopback and ipc only. It tells of subscriptions, so that their values can be
 * sent first, and shuts out a flood of them: when all of them together take more
 * than 1 MiB, the socket is closed and bound anew, and everybody begins again. What a
 * client says takes nothing from another: a subscription ends with its connection. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "wire/socket.h"

struct qf_publisher;

bool qf_publisher_is_local(const char *endpoint); /* ipc, or a loopback address */
/* -EACCES: the endpoint is not local. */
QF_CHECK int qf_publisher_open(struct qf_context *context, const char *endpoint,
                               struct qf_publisher **ret_publisher);
struct qf_publisher *qf_publisher_close(struct qf_publisher *publisher);

/* The next subscription that began or ended; the view lives until the next call. Positive 1: nothing waits.
 * Positive 2: there were too many; all are gone, and everybody subscribes again. */
enum qf_publisher_outcome { QF_PUBLISHER_NOTHING = 1, QF_PUBLISHER_FLOODED = 2 };
QF_CHECK int qf_publisher_next(struct qf_publisher *publisher, struct qf_view *ret_prefix, bool *ret_begins);
/* Sends [topic][value][remark]; who is too slow goes without. */
QF_CHECK int qf_publisher_send(struct qf_publisher *publisher, struct qf_view topic, struct qf_view value,
                               struct qf_view remark);
