/* Facts and texts of a batch, from anybody with a key: 2 bytes count, 2 bytes length of the facts, facts, texts. */
#include "fuzz/target.h"

#include "base/error.h"
#include "wire/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        static struct qf_arena *arena; /* made once: 4 MiB anew for each input would be most of the time */
        struct qf_batch batch;
        struct qf_wire_fault fault;

        if (len < 4 || (!arena && qf_arena_new(4u << 20, &arena) != 0))
                return 0;
        uint32_t count = qf_get_le16(bytes);
        uint32_t most = (uint32_t)len - 4, facts_len = qf_get_le16(bytes + 2);
        if (facts_len > most)
                facts_len = most;
        struct qf_view facts = {(const char *)bytes + 4, facts_len};
        struct qf_view texts = {facts.at + facts_len, most - facts_len};
        if (qf_body_decode(arena, facts, texts, count, &batch, &fault) == 0) {
                QF_ASSERT(batch.count == count);
                for (uint32_t i = 0; i < batch.count; i++)
                        QF_ASSERT(qf_event_same(&batch, &batch.events[i], &batch, &batch.events[i]));
        }
        qf_arena_reset(arena);
        return 0;
}
