/* What a feeding client is told by whoever says that it is the server: answers in any order, over an outbox of 300
 * events. The client never sends what it has not, never takes back an acknowledgement, and always knows what to do next.
 * A frame's byte: what the life in it is to the outbox, and the time that passes. */
#include "fuzz/frames.h"
#include "fuzz/target.h"

#include "base/arena.h"
#include "base/error.h"
#include "client/feed_core.h"

enum {
        FRAMES_MAX = 64,
        STEPS_MAX = 400,
        NEXT = 301,
        CHUNK = 10,
        CHUNK_BYTES = 1000,
        FIRST_KEPT = 21,
        ACKED = 40
};

struct partner {
        struct qf_feed_core core;
        struct qf_outbox_standing standing;
        int64_t now_ms;
};

static void take_steps(struct partner *partner)
{
        for (unsigned i = 0;; i++) {
                struct qf_feed_step step = qf_feed_core_next(&partner->core, partner->now_ms);
                QF_ASSERT(i < STEPS_MAX);
                if (step.what == QF_STEP_WAIT)
                        return;
                if (step.what == QF_STEP_SEND) {
                        uint64_t first = (step.number - 1) / CHUNK * CHUNK + 1;
                        QF_ASSERT(step.number >= FIRST_KEPT && step.number < NEXT);
                        qf_feed_core_sent(&partner->core, first, CHUNK, CHUNK_BYTES, partner->now_ms);
                        QF_ASSERT(partner->core.flight_count <= QF_FEED_WINDOW);
                }
                if (step.what == QF_STEP_SKIP)
                        QF_ASSERT(step.number >= 1 && step.through < FIRST_KEPT);
                if (step.what == QF_STEP_SEAL) /* a new outbox would go on */
                        return;
        }
}

/* As the outbox does: whole chunks, and acknowledged only where they go on from what is. */
static void store(struct partner *partner, const struct qf_to_partner *message)
{
        uint64_t upto = message->first + message->count, from = message->first;

        if (from == 0 || from >= NEXT) /* numbers that it never made: there is nothing to store */
                return;
        upto = upto < NEXT ? upto : NEXT;
        from = (from + CHUNK - 2) / CHUNK * CHUNK + 1;
        upto = (upto - 1) / CHUNK * CHUNK + 1;
        if (from <= partner->standing.acked + 1 && upto > partner->standing.acked + 1)
                partner->standing.acked = upto - 1;
        qf_feed_core_stored(&partner->core, upto, &partner->standing);
}

static void hear(struct partner *partner, const struct qf_to_partner *message, uint8_t about)
{
        struct qf_feed_news news =
                qf_feed_core_heard(&partner->core, message, (enum qf_life_seen)(about & 3), partner->now_ms);

        if (news.what == QF_NEWS_ANSWER)
                store(partner, message);
        QF_ASSERT(partner->core.acked == partner->standing.acked && partner->core.next == NEXT);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        static struct qf_arena *arena; /* made once: anew for each input would be most of the time */
        struct partner partner = {.standing = {.next = NEXT, .acked = ACKED, .first_kept = FIRST_KEPT},
                                  .now_ms = 1000};
        struct frames frames = {bytes, len};
        struct qf_to_partner message;
        struct qf_wire_fault fault;
        struct qf_view frame;
        uint8_t about;

        if (!arena)
                QF_ASSERT(qf_arena_new(QF_DECODE_ARENA_BYTES, &arena) == 0);
        qf_feed_core_init(&partner.core, &partner.standing, 42, partner.now_ms);
        if (len > 0 && bytes[0] & 0x80)
                qf_feed_core_allow_skip(&partner.core);
        take_steps(&partner);
        for (unsigned i = 0; i < FRAMES_MAX && frames_next(&frames, &about, &frame); i++) {
                qf_arena_reset(arena);
                partner.now_ms += (about >> 2) * 50;
                if (qf_to_partner_decode(arena, frame, &message, &fault) == 0)
                        hear(&partner, &message, about);
                take_steps(&partner);
        }
        return 0;
}
