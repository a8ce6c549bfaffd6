/* Every envelope, and the bodies of control entries: the first byte chooses. What decodes is encoded and decoded
 * again, which must work and give the same bytes. */
#include "fuzz/target.h"

#include "base/error.h"
#include "wire/feed_messages.h"
#include "wire/totals_messages.h"

#define ROUND_TRIP(type, decode, encode)                                                                     \
        do {                                                                                                 \
                struct type first, second;                                                                   \
                if ((decode)(arena, message, &first, &fault) != 0)                                           \
                        break;                                                                               \
                QF_ASSERT((encode)(&first, &buffer) == 0);                                                   \
                QF_ASSERT((decode)(arena, qf_buffer_view(&buffer), &second, &fault) == 0);                   \
                QF_ASSERT(first.what == second.what && (encode)(&second, &repeated) == 0);                   \
                QF_ASSERT(qf_view_same(qf_buffer_view(&buffer), qf_buffer_view(&repeated)));                 \
        } while (0)

static int decode_to_ingest(struct qf_arena *arena, struct qf_view message, struct qf_journal_message *ret,
                            struct qf_wire_fault *fault)
{
        return qf_journal_message_decode(arena, true, message, ret, fault);
}

static int encode_to_ingest(const struct qf_journal_message *message, struct qf_buffer *buffer)
{
        return qf_journal_message_encode(true, message, buffer);
}

static int decode_to_consumer(struct qf_arena *arena, struct qf_view message, struct qf_journal_message *ret,
                              struct qf_wire_fault *fault)
{
        return qf_journal_message_decode(arena, false, message, ret, fault);
}

static int encode_to_consumer(const struct qf_journal_message *message, struct qf_buffer *buffer)
{
        return qf_journal_message_encode(false, message, buffer);
}

static void try_message(struct qf_arena *arena, uint8_t which, struct qf_view message)
{
        __attribute__((cleanup(qf_buffer_deinit))) struct qf_buffer buffer = {0}, repeated = {0};
        struct qf_wire_fault fault;

        switch (which % 7) {
        case 0: ROUND_TRIP(qf_from_partner, qf_from_partner_decode, qf_from_partner_encode); break;
        case 1: ROUND_TRIP(qf_to_partner, qf_to_partner_decode, qf_to_partner_encode); break;
        case 2: ROUND_TRIP(qf_from_reader, qf_from_reader_decode, qf_from_reader_encode); break;
        case 3: ROUND_TRIP(qf_to_reader, qf_to_reader_decode, qf_to_reader_encode); break;
        case 4: ROUND_TRIP(qf_journal_message, decode_to_ingest, encode_to_ingest); break;
        case 5: ROUND_TRIP(qf_journal_message, decode_to_consumer, encode_to_consumer); break;
        default: ROUND_TRIP(qf_control, qf_control_decode, qf_control_encode); break;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        static struct qf_arena *arena; /* made once: anew for each input would be most of the time */

        if (len < 1 || len > 256u * 1024 || (!arena && qf_arena_new(2 * QF_DECODE_ARENA_BYTES, &arena) != 0))
                return 0;
        try_message(arena, bytes[0], (struct qf_view){(const char *)bytes + 1, (uint32_t)len - 1});
        qf_arena_reset(arena);
        return 0;
}
