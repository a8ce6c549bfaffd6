/* Why: a file of a thousand rows should cost one transaction and few batches, and
 * either all of it is safe or nothing. Registers and statements do not share a
 * batch, since the ones go as rows and the others as columns. */
#include "client/feed_batch.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"

enum { BATCH_BYTES = 96 * 1024 /* cut at or above; one event more still fits a body */ };

struct qf_feed_chunk { /* cut, and not on disk yet */
        struct qf_buffer facts, texts;
        uint32_t count;
};

int qf_feed_batch_init(struct qf_feed_batch *batch, uint32_t events_most)
{
        *batch = (struct qf_feed_batch){.events_most = events_most};
        return qf_body_writer_new(&batch->writer);
}

static void forget(struct qf_feed_batch *batch)
{
        for (uint32_t i = 0; i < batch->count; i++) {
                qf_buffer_deinit(&batch->chunks[i].facts);
                qf_buffer_deinit(&batch->chunks[i].texts);
        }
        batch->count = 0;
        batch->events = batch->bytes = 0;
}

void qf_feed_batch_deinit(struct qf_feed_batch *batch)
{
        forget(batch);
        free(batch->chunks);
        batch->writer = qf_body_writer_free(batch->writer);
        batch->chunks = NULL;
        batch->room = 0;
}

uint64_t qf_feed_batch_events(const struct qf_feed_batch *batch)
{
        return batch->events + qf_body_writer_count(batch->writer);
}

static int grow(struct qf_feed_batch *batch)
{
        if (batch->count < batch->room)
                return 0;
        uint32_t room = batch->room ? batch->room * 2 : 16;
        struct qf_feed_chunk *grown = realloc(batch->chunks, room * sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        batch->chunks = grown;
        batch->room = room;
        return 0;
}

/* Closes the batch that is being written. */
static int cut(struct qf_feed_batch *batch)
{
        uint32_t count = qf_body_writer_count(batch->writer);
        int result = count > 0 ? grow(batch) : 0;
        if (result || count == 0)
                return result;
        struct qf_feed_chunk *chunk = &batch->chunks[batch->count];
        *chunk = (struct qf_feed_chunk){.count = count};
        batch->count++;
        batch->events += count;
        result = qf_body_writer_end(batch->writer, qf_clock_wall_ms(), &chunk->facts, &chunk->texts);
        if (result)
                return result;
        size_t bytes = chunk->facts.len + chunk->texts.len;
        batch->bytes += bytes;
        return bytes > QF_BODY_BYTES_MAX ? 1 : 0;
}

int qf_feed_batch_set_partner(struct qf_feed_batch *batch, struct qf_view partner)
{
        int result = cut(batch);
        if (result == 0)
                qf_body_writer_set_partner(batch->writer, partner);
        return result;
}

int qf_feed_batch_add(struct qf_feed_batch *batch, const struct qf_event *event, const struct qf_pair *values,
                      uint32_t values_count)
{
        bool is_register = event->kind >= QF_KIND_SETTING;
        int result = is_register != batch->registers ? cut(batch) : 0;
        if (result)
                return result;
        batch->registers = is_register;
        result = qf_body_writer_add(batch->writer, event, values, values_count);
        if (result == QF_BODY_FULL) { /* too many texts, or kinds in turn: it fits the next one */
                result = cut(batch);
                if (result == 0)
                        result = qf_body_writer_add(batch->writer, event, values, values_count);
        }
        if (result)
                return result < 0 ? result : 1;
        if (qf_body_writer_count(batch->writer) < batch->events_most &&
            qf_body_writer_size(batch->writer) < BATCH_BYTES)
                return 0;
        return cut(batch);
}

static int write_chunks(struct qf_feed_batch *batch, struct qf_outbox *outbox, const struct qf_fed_file *file)
{
        QF_CLEANUP(qf_cleanup_free) struct qf_chunk *chunks = calloc(batch->count + 1u, sizeof(*chunks));
        uint64_t number = qf_outbox_standing(outbox)->next;
        int64_t now_ms = qf_clock_wall_ms();

        if (!chunks)
                return -ENOMEM;
        for (uint32_t i = 0; i < batch->count; i++) {
                const struct qf_feed_chunk *from = &batch->chunks[i];
                chunks[i] = (struct qf_chunk){
                        .first = number,
                        .count = from->count,
                        .made_ms = now_ms,
                        .facts = qf_buffer_view(&from->facts),
                        .texts = qf_buffer_view(&from->texts),
                };
                number += from->count;
        }
        return qf_outbox_write(outbox, chunks, batch->count, file);
}

int qf_feed_batch_forget(struct qf_feed_batch *batch)
{
        int result = cut(batch);
        forget(batch);
        return result < 0 ? result : 0; /* one too large to be cut is forgotten, too */
}

int qf_feed_batch_write(struct qf_feed_batch *batch, struct qf_outbox *outbox, const struct qf_fed_file *file)
{
        int result = cut(batch);
        if (result > 0)
                result = -EMSGSIZE; /* qf_feed_batch_add said so already */
        if (result == 0 && (batch->count > 0 || file))
                result = write_chunks(batch, outbox, file);
        forget(batch);
        return result;
}
