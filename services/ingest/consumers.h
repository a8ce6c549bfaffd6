/* The journal feed: whoever follows the journal is sent its records in order, as
 * far as its credit goes. Without sockets and clocks, like the core. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ingest/group.h"
#include "wire/socket.h"

struct qf_consumers;

/* Never blocks; positive: that peer is full or gone. */
typedef int (*qf_consumers_send)(void *ctx, const struct qf_peer *peer, struct qf_view frame,
                                 struct qf_view record);

enum { QF_CONSUMERS_MAX = 16 };

QF_CHECK int qf_consumers_new(struct qf_group *group, qf_consumers_send send, void *ctx,
                              struct qf_consumers **ret_consumers);
struct qf_consumers *qf_consumers_free(struct qf_consumers *consumers);
/* All of these between groups; negative when the store breaks or memory is out. */
QF_CHECK int qf_consumers_take(struct qf_consumers *consumers, const struct qf_peer *peer,
                               struct qf_view message, int64_t now_ms);
QF_CHECK int qf_consumers_pump(struct qf_consumers *consumers, int64_t now_ms,
                               bool *ret_more); /* true: once more */
/* Each second. gaps: outboxes that wait for a Skip. */
QF_CHECK int qf_consumers_beat(struct qf_consumers *consumers, int64_t now_ms, uint32_t gaps);
uint32_t qf_consumers_count(const struct qf_consumers *consumers);
