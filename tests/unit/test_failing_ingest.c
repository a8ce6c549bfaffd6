/* Ingest's core when memory or the store fails at each of its calls, through a day of everything that partners send:
 * the error comes out unchanged, an acknowledged event is in the journal, and after a restart, when the partners have
 * sent all of it again, each event is there once. */
#include "support/ingest_fixture.h"

#include <errno.h>

#include "ingest/consumers.h"
#include "support/failing.h"

enum { MESSAGES_MAX = 32, NUMBERS = 64, OUTBOXES = 4, RECORDS_BYTES = 1 << 16 };

struct message {
        const char *source;
        struct qf_view bytes;
        bool turn; /* the group ends behind it */
};

struct day {
        struct ingest_fixture *maker; /* of the messages; its own ingest is not used */
        struct temporary temporary;
        char directory[128];
        struct message messages[MESSAGES_MAX];
        uint32_t messages_count;
        struct qf_arena *arena;
        bool acknowledged[OUTBOXES][NUMBERS]; /* by what this run was answered */
        uint64_t events;                      /* in the journal at the end of a day without failures */
};

static void add_message(struct day *day, const char *source, const struct qf_from_partner *message, bool turn)
{
        struct qf_buffer bytes = {0};
        assert_int_equal(qf_from_partner_encode(message, &bytes), 0);
        assert_true(day->messages_count < MESSAGES_MAX);
        day->messages[day->messages_count++] =
                (struct message){source, {(const char *)bytes.at, (uint32_t)bytes.len}, turn};
}

static void add_batch(struct day *day, const char *source, uint8_t outbox, uint64_t first, bool turn)
{
        struct qf_from_partner send = send_of(outbox, first);
        send.cursor = QF_VIEW("row 7");
        end_body(day->maker, &send);
        add_message(day, source, &send, turn);
}

static void add_hello(struct day *day, const char *source, uint8_t outbox)
{
        struct qf_from_partner hello = send_of(outbox, 0);
        hello.what = QF_HELLO;
        hello.version = 1;
        hello.next = hello.first_kept = 1;
        add_message(day, source, &hello, true);
}

static void make_messages(struct day *day)
{
        struct ingest_fixture *maker = day->maker;

        put_programme(maker);
        add_batch(day, "office", 3, 1, true);
        add_hello(day, "hx.a", 1);
        put_activity(maker, QF_CREATE, "A", 0, 5, "HX");
        put_tick(maker, "A", 3);
        put_tick(maker, "LATER", 4); /* waits */
        put_activity(maker, QF_CREATE, "B", 0, 7, "HX");
        put_activity(maker, QF_CREATE, "C", 0, 7, "QP");      /* not theirs */
        put_activity(maker, QF_CREATE, "D", 0, 200000, "HX"); /* more than anybody had: quarantined */
        add_batch(day, "hx.a", 1, 1, false);
        put_activity(maker, QF_CREATE, "A", 0, 6, "QP");
        add_batch(day, "qp.a", 2, 1, true);
        put_activity(maker, QF_REPLACE, "A", 5, 9, "HX");
        put_activity(maker, QF_REPLACE, "A", 4, 8, "HX"); /* only history */
        put_activity(maker, QF_CREATE, "A", 0, 5, "HX");
        put_activity(maker, QF_WITHDRAW, "B", 0, 0, "HX");
        put_activity(maker, QF_CREATE, "LATER", 0, 1, "HX");
        add_batch(day, "hx.a", 1, 7, true);
        day->messages[day->messages_count] = day->messages[2]; /* a resend */
        day->messages[day->messages_count++].turn = true;
        put_activity(maker, QF_CREATE, "E", 0, 5, "HX");
        add_batch(day, "hx.a", 1, 20, true); /* a hole */
        struct qf_from_partner skip = send_of(1, 12), seal = send_of(2, 0), learn = {.what = QF_LEARN};
        skip.what = QF_SKIP;
        skip.through = 19;
        skip.reason = QF_VIEW("disk lost");
        add_message(day, "hx.a", &skip, true);
        put_activity(maker, QF_CREATE, "E", 0, 5, "HX");
        add_batch(day, "hx.a", 1, 20, true);
        seal.what = QF_SEAL;
        seal.through = 1;
        add_message(day, "qp.a", &seal, true);
        add_message(day, "hx.a", &learn, true);
}

static void hear_answer(void *ctx, const struct qf_asker *asker, struct qf_view bytes)
{
        struct day *day = ctx;
        struct qf_to_partner answer;
        struct qf_wire_fault fault;

        (void)asker;
        qf_arena_reset(day->arena);
        assert_int_equal(qf_to_partner_decode(day->arena, bytes, &answer, &fault), 0);
        if (answer.what != QF_VERDICTS)
                return;
        for (uint64_t number = answer.first; number < answer.first + answer.count; number++) {
                assert_true(number < NUMBERS && answer.outbox[0] < OUTBOXES);
                day->acknowledged[answer.outbox[0]][number] = true;
        }
}

static void ignore_alarm(void *ctx, const char *text)
{
        (void)ctx;
        (void)text;
}

static void ignore_judging(void *ctx, uint32_t source)
{
        (void)ctx;
        (void)source;
}

static bool nobody_is_shut(void *ctx, uint32_t source, int64_t now_ms)
{
        (void)ctx;
        (void)source;
        (void)now_ms;
        return false;
}

static int open_ingest(struct day *day, struct qf_ingest **ret_ingest)
{
        const struct qf_ingest_edges edges = {
                day, hear_answer, ignore_alarm, fixture_random, ignore_judging, nobody_is_shut};
        struct qf_ingest_options options = day->maker->options;

        options.directory = day->directory;
        return qf_ingest_open(&options, &edges, day->maker->now_ms, ret_ingest);
}

static int send_all(struct day *day, struct qf_ingest *ingest, uint32_t from, uint32_t upto)
{
        struct qf_asker asker = {.peer = {.len = 1, .id = {1}}};
        char user[QF_ADMISSION_USER_TEXT];
        int r = 0;

        for (uint32_t i = from; r == 0 && i < upto; i++) {
                const struct message *message = &day->messages[i];
                r = qf_ingest_take(ingest, &asker, user_of(message->source, user), message->bytes,
                                   day->maker->now_ms);
                if (r == 0 && message->turn)
                        r = qf_ingest_turn(ingest, day->maker->now_ms);
        }
        return r;
}

static int send_record(void *ctx, const struct qf_peer *peer, struct qf_view frame, struct qf_view record)
{
        (void)ctx;
        (void)peer;
        (void)frame;
        (void)record;
        return 0;
}

/* Somebody follows the journal from its first record. */
static int follow_journal(struct day *day, struct qf_ingest *ingest)
{
        static const struct qf_journal_message attach = {
                .what = QF_ATTACH, .version = 1, .attach = 1, .position = 0, .credit = RECORDS_BYTES};
        struct qf_peer peer = {.len = 1, .id = {9}};
        struct qf_consumers *consumers = NULL;
        struct qf_buffer bytes = {0};
        bool more = true;

        const struct qf_consumers_edges edges = {.ctx = day, .send = send_record};
        int r = qf_consumers_new(qf_ingest_group(ingest), &edges, &consumers);
        if (r == 0)
                r = qf_journal_message_encode(true, &attach, &bytes);
        if (r == 0)
                r = qf_consumers_take(consumers, &peer, QF_VIEW(""),
                                      (struct qf_view){(const char *)bytes.at, (uint32_t)bytes.len});
        while (r == 0 && more) {
                more = false;
                r = qf_consumers_pump(consumers, 1, &more);
        }
        consumers = qf_consumers_free(consumers);
        qf_buffer_deinit(&bytes);
        return r;
}

/* The first half of the day, a restart, the rest, and a reader. In a journal made anew. */
static int live_a_day(void *ctx)
{
        struct day *day = ctx;
        struct qf_ingest *ingest = NULL;

        memset(day->acknowledged, 0, sizeof day->acknowledged);
        int r = open_ingest(day, &ingest);
        if (r == 0)
                r = send_all(day, ingest, 0, day->messages_count / 2);
        ingest = qf_ingest_close(ingest);
        if (r == 0)
                r = open_ingest(day, &ingest);
        if (r == 0)
                r = send_all(day, ingest, day->messages_count / 2, day->messages_count);
        if (r == 0)
                r = follow_journal(day, ingest);
        ingest = qf_ingest_close(ingest);
        return r;
}

static uint64_t events_in(struct qf_ingest *ingest)
{
        return qf_group_state(qf_ingest_group(ingest))->events;
}

static uint64_t acknowledged_in(const struct day *day)
{
        uint64_t sum = 0;
        for (uint32_t outbox = 0; outbox < OUTBOXES; outbox++)
                for (uint32_t number = 0; number < NUMBERS; number++)
                        sum += day->acknowledged[outbox][number];
        return sum;
}

static void remove_journal(struct day *day)
{
        char lock[160];
        (void)snprintf(lock, sizeof lock, "%s.new", day->directory);
        temporary_remove(lock, 2);
        temporary_remove(day->directory, 2);
}

static void restart_and_send_all_again(void *ctx)
{
        struct day *day = ctx;
        struct qf_ingest *ingest = NULL;
        uint64_t acknowledged = acknowledged_in(day);

        assert_int_equal(open_ingest(day, &ingest), 0);
        assert_true(events_in(ingest) >= acknowledged);
        assert_int_equal(send_all(day, ingest, 0, day->messages_count), 0);
        assert_int_equal(events_in(ingest), day->events);
        ingest = qf_ingest_close(ingest);
        remove_journal(day);
}

static int make(void **state)
{
        struct day *day = calloc(1, sizeof *day);
        struct qf_ingest *ingest = NULL;

        day->maker = fixture_make();
        temporary_make_in_memory(&day->temporary);
        (void)temporary_in(&day->temporary, "journal", day->directory, sizeof day->directory);
        assert_int_equal(qf_arena_new(1 << 20, &day->arena), 0);
        make_messages(day);
        assert_int_equal(live_a_day(day), 0);
        assert_int_equal(acknowledged_in(day), 6 + 11 + 1 + 1);
        assert_int_equal(open_ingest(day, &ingest), 0);
        day->events = events_in(ingest);
        ingest = qf_ingest_close(ingest);
        remove_journal(day);
        *state = day;
        return 0;
}

static int unmake(void **state)
{
        struct day *day = *state;

        for (uint32_t i = 0; i < day->messages_count; i++)
                if (i != 5) /* the resend: the same bytes as message 2 */
                        free((void *)(uintptr_t)day->messages[i].bytes.at);
        fixture_remove(day->maker);
        (void)qf_arena_free(day->arena);
        temporary_remove(day->temporary.path, 3);
        free(day);
        return 0;
}

static void short_memory_loses_and_doubles_nothing(void **state)
{
        failing_each(FAILING_MEMORY, live_a_day, restart_and_send_all_again, *state, 50, 0);
}

static void failing_store_loses_and_doubles_nothing(void **state)
{
        failing_each(FAILING_STORAGE, live_a_day, restart_and_send_all_again, *state, 100, 0);
}

static void failing_files_lose_and_double_nothing(void **state)
{
        failing_each(FAILING_FILES, live_a_day, restart_and_send_all_again, *state, 5, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(short_memory_loses_and_doubles_nothing, make, unmake),
                cmocka_unit_test_setup_teardown(failing_store_loses_and_doubles_nothing, make, unmake),
                cmocka_unit_test_setup_teardown(failing_files_lose_and_double_nothing, make, unmake),
        };
        return cmocka_run_group_tests_name("failing ingest", tests, NULL, NULL);
}
