/* What readers ask of reporting: subscriptions, credit and questions, over a small programme whose answers must add up.
 * A frame's byte: who asks (an admin or a source of one organisation), and through which connection. */
#include "fuzz/frames.h"
#include "fuzz/target.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <errno.h>

#include "base/error.h"
#include "report/subscribers.h"
#include "support/office.h"

enum { FRAMES_MAX = 32, TURNS_MAX = 64 };

static struct office *office;
static struct qf_arena *messages, *heard;
static struct qf_register_log registers;

static void end(void)
{
        void *state = office;
        (void)office_teardown(&state);
        (void)qf_arena_free(messages);
        (void)qf_arena_free(heard);
        qf_register_log_deinit(&registers);
}

static void begin(void)
{
        void *state = NULL;

        QF_ASSERT(office_setup(&state) == 0);
        office = state;
        QF_ASSERT(office_activity(office, 20230506, 1, 120, OFFICE_EAST, 0x1) == 0);
        QF_ASSERT(office_activity(office, 20230507, 2, 50, OFFICE_WEST, 0x3) == 0);
        QF_ASSERT(office_activity(office, 20230500, 1, 30, OFFICE_EAST_SCHOOL, 0x2) == 0);
        QF_ASSERT(office_activity(office, 20230000, 1, 10, OFFICE_DISTRICT, 0) == 0);
        QF_ASSERT(office_activity(office, 20230601, 3, -1, OFFICE_EAST, 0x1) == 0);
        QF_ASSERT(office_activity(office, 20220101, 1, 7, OFFICE_WEST, 0x1) == 0);
        QF_ASSERT(office_declare(office, QF_KIND_BROADCAST, "a", 20230506, "east", 3, 6,
                                 (uint32_t[]){1170, 45, 10240, 7000, 1200, UINT32_MAX}) == 0);
        QF_ASSERT(office_declare(office, QF_KIND_BROADCAST, "b", 20230600, "west", 1, 3,
                                 (uint32_t[]){UINT32_MAX, UINT32_MAX, 11873}) == 0);
        QF_ASSERT(office_declare(office, QF_KIND_VISIT, "v", 20220101, "east_school", 0, 1,
                                 (uint32_t[]){35}) == 0);
        QF_ASSERT(qf_arena_new(QF_DECODE_ARENA_BYTES, &messages) == 0);
        QF_ASSERT(qf_arena_new(QF_DECODE_ARENA_BYTES, &heard) == 0);
        (void)atexit(end);
}

/* Whatever is sent can be read. */
static int hear(void *ctx, const struct qf_peer *peer, struct qf_view frame)
{
        struct qf_to_reader message;
        struct qf_wire_fault fault;

        (void)ctx;
        qf_arena_reset(heard);
        QF_ASSERT(qf_to_reader_decode(heard, frame, &message, &fault) == 0);
        QF_ASSERT(message.what == QF_UPDATE && frame.len <= QF_FRAME_BYTES);
        return peer->id[0] == 3; /* takes nothing */
}

static bool has_note(const struct qf_to_reader *answer, struct qf_view note)
{
        for (uint32_t i = 0; i < answer->notes_count; i++)
                if (answer->notes[i].len >= note.len && memcmp(answer->notes[i].at, note.at, note.len) == 0)
                        return true;
        return false;
}

/* Rows that are not said to be incomplete add up to the total. */
static void check_sums(const struct qf_from_reader *ask, const struct qf_to_reader *answer)
{
        if (ask->by_count == 0 || has_note(answer, QF_VIEW("not_additive")) ||
            has_note(answer, QF_VIEW("restricted")) || has_note(answer, QF_VIEW("cut")))
                return;
        for (unsigned m = 0; m < QF_MEASURES; m++) {
                int64_t sum = 0;
                for (uint32_t i = 0; i < answer->answer_rows_count; i++)
                        sum += answer->answer_rows[i].counts.of[m];
                QF_ASSERT(sum == answer->all.counts.of[m]);
        }
}

static void ask(const struct qf_from_reader *message, bool as_admin)
{
        const struct qf_rights *rights = as_admin ? &office->all : &office->east;
        struct qf_to_reader answer = {.what = QF_ANSWER};
        struct qf_buffer buffer = {0};
        int r = 0;

        qf_arena_reset(office->arena);
        r = office_ask(office, rights, message, &answer);
        QF_ASSERT(r == 0 || r == -ENOMEM);
        if (r != 0)
                return;
        if (message->query == QF_QUERY_CHECK)
                QF_ASSERT(answer.code == QF_QUERY_ANSWERED);
        if (message->query == QF_QUERY_TOTALS && answer.code == QF_QUERY_ANSWERED)
                check_sums(message, &answer);
        QF_ASSERT(qf_to_reader_encode(&answer, &buffer) == 0);
        qf_buffer_deinit(&buffer);
}

static void take(struct qf_subscribers *subscribers, const struct qf_published *now,
                 const struct qf_from_reader *message, uint8_t about)
{
        const struct qf_view user = about & 1 ? QF_VIEW(OFFICE_CHIEF) : QF_VIEW(OFFICE_EASTERN);
        const struct qf_peer peer = {.len = 1, .id = {about >> 1 & 3}};

        switch (message->what) {
        case QF_SUBSCRIBE:
                QF_ASSERT(qf_subscribers_join(subscribers, now, &peer, user, message, about >> 3) >= 0);
                break;
        case QF_MORE: qf_subscribers_more(subscribers, &peer, message->id, message->credit); break;
        case QF_LEAVE: qf_subscribers_leave(subscribers, &peer, message->id); break;
        case QF_QUERY: ask(message, about & 1); break;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        const struct qf_subscribers_calls calls = {.send = hear, .of_source_max = 8};
        struct qf_subscribers *subscribers = NULL;
        struct frames frames = {bytes, len};
        struct qf_view frame;
        uint8_t about;

        if (!office)
                begin();
        const struct qf_published now = {.programme = office->programme,
                                         .picture = office->picture,
                                         .log = &registers,
                                         .epoch = {1},
                                         .version = office->position,
                                         .stamp = 1};
        QF_ASSERT(qf_subscribers_new(&calls, &subscribers) == 0);
        for (unsigned i = 0; i < FRAMES_MAX && frames_next(&frames, &about, &frame); i++) {
                struct qf_from_reader message;
                struct qf_wire_fault fault;
                bool more = true;
                qf_arena_reset(messages);
                if (qf_from_reader_decode(messages, frame, &message, &fault) == 0)
                        take(subscribers, &now, &message, about);
                for (unsigned turn = 0; more && turn < TURNS_MAX; turn++)
                        QF_ASSERT(qf_subscribers_turn(subscribers, &now, (int64_t)i * 10, &more) == 0);
        }
        qf_subscribers_free(subscribers);
        return 0;
}
