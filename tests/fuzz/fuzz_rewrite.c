/* What decodes is written again by the body writer, and read back: every event that the writer takes must come out the
 * same. Input as for fuzz_body: 2 bytes count, 2 bytes length of the facts, facts, texts. */
#include "fuzz/target.h"

#include <stdlib.h>

#include "base/error.h"
#include "wire/body.h"

/* Writes as many events as one body holds; taken[i]: which event of the batch the i-th of the body is. */
static uint32_t write_events(struct qf_body_writer *writer, const struct qf_batch *batch, uint32_t *taken)
{
        struct qf_pair pairs[QF_VALUES_MAX];
        for (uint32_t i = 0; i < batch->count; i++) {
                const struct qf_event *event = &batch->events[i];
                for (uint32_t v = 0; v < event->values_count; v++) {
                        const struct qf_value *value = &batch->values[event->values_first + v];
                        pairs[v] = (struct qf_pair){batch->dimensions[value->dimension_at],
                                                    batch->texts[value->member_at]};
                }
                uint32_t count = qf_body_writer_count(writer);
                int r = qf_body_writer_add(writer, event, pairs, event->values_count);
                QF_ASSERT(r == 0 || r == QF_BODY_FULL || r == QF_BODY_SHAPE);
                QF_ASSERT(qf_body_writer_count(writer) == count + (r == 0));
                if (r == 0)
                        taken[count] = i;
                if (r == QF_BODY_FULL)
                        break;
        }
        return qf_body_writer_count(writer);
}

static void rewrite(const struct qf_batch *batch, struct qf_arena *arena)
{
        __attribute__((cleanup(qf_buffer_deinit))) struct qf_buffer facts = {0}, texts = {0};
        struct qf_body_writer *writer = NULL;
        struct qf_wire_fault fault;
        struct qf_batch again;
        uint32_t *taken = calloc(batch->count, sizeof(*taken));
        QF_ASSERT(taken && qf_body_writer_new(&writer) == 0);
        uint32_t count = write_events(writer, batch, taken);
        size_t size = qf_body_writer_size(writer);
        QF_ASSERT(qf_body_writer_end(writer, batch->sent_at_ms, &facts, &texts) == 0);
        QF_ASSERT(facts.len + texts.len <= size);
        if (count > 0) {
                QF_ASSERT(qf_body_decode(arena, qf_buffer_view(&facts), qf_buffer_view(&texts), count, &again,
                                         &fault) == 0);
                for (uint32_t i = 0; i < count; i++)
                        QF_ASSERT(qf_event_same(batch, &batch->events[taken[i]], &again, &again.events[i]));
        }
        qf_body_writer_free(writer);
        free(taken);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        static struct qf_arena *arena, *second; /* made once: anew for each input would be most of the time */
        struct qf_batch batch;
        struct qf_wire_fault fault;

        if (len < 4 || (!arena && (qf_arena_new(QF_DECODE_ARENA_BYTES, &arena) != 0 ||
                                   qf_arena_new(QF_DECODE_ARENA_BYTES, &second) != 0)))
                return 0;
        uint32_t most = (uint32_t)len - 4, facts_len = qf_get_le16(bytes + 2);
        if (facts_len > most)
                facts_len = most;
        struct qf_view facts = {(const char *)bytes + 4, facts_len};
        struct qf_view texts = {facts.at + facts_len, most - facts_len};
        qf_arena_reset(arena);
        qf_arena_reset(second);
        if (qf_body_decode(arena, facts, texts, qf_get_le16(bytes), &batch, &fault) == 0)
                rewrite(&batch, second);
        return 0;
}
