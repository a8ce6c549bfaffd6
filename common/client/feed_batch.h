/* Events on their way into an outbox: encoded into batches, cut by number and
 * size, in memory until they are written in one transaction. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/outbox.h"
#include "wire/body.h"

struct qf_feed_chunk;

struct qf_feed_batch { /* open only to be embedded */
        struct qf_body_writer *writer;
        uint32_t events_most;
        bool registers; /* kind of the events in the writer */
        struct qf_feed_chunk *chunks;
        uint32_t count, room;
        uint64_t events, bytes; /* in the chunks */
};

QF_CHECK int qf_feed_batch_init(struct qf_feed_batch *batch, uint32_t events_most);
void qf_feed_batch_deinit(struct qf_feed_batch *batch);
uint64_t qf_feed_batch_events(const struct qf_feed_batch *batch);
/* Of the events added from now on: qf_feed_set_partner. */
QF_CHECK int qf_feed_batch_set_partner(struct qf_feed_batch *batch, struct qf_view partner);
/* Positive 1: too large for any batch. */
QF_CHECK int qf_feed_batch_add(struct qf_feed_batch *batch, const struct qf_event *event,
                               const struct qf_pair *values, uint32_t values_count);
/* Forgets all that was added. */
QF_CHECK int qf_feed_batch_forget(struct qf_feed_batch *batch);
/* Writes all into the outbox and forgets it, also when that failed. As qf_outbox_write. */
QF_CHECK int qf_feed_batch_write(struct qf_feed_batch *batch, struct qf_outbox *outbox,
                                 const struct qf_fed_file *file);
