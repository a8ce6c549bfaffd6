/* client/feed: a feed over an outbox on disk, and a server that is played by the test, message by message. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "client/feed.h"
#include "client/outbox_parts.h"
#include "support/temporary.h"

enum { DEADLINE_MS = 10000, TURN_MS = 10, EVENTS = 3 };

struct stage {
        struct temporary directory;
        char endpoint[128], outbox[128];
        struct qf_context *context;
        struct qf_socket *server;
        struct qf_arena *arena;
        struct qf_feed *feed;
        struct qf_peer peer;
        struct qf_from_partner last; /* that the feed said; views are void after the next */
        uint32_t told[EVENTS + 1];   /* verdicts of each number */
        uint64_t ends_at;            /* the verdict at which the program ends its pumping */
        int64_t server_ms;           /* what its clock says; 0: the time */
};

static const uint8_t journal[QF_LIFE_BYTES] = "the real journal", life_a[QF_LIFE_BYTES] = "aaaaaaaaaaaaaaaa",
                     life_b[QF_LIFE_BYTES] = "bbbbbbbbbbbbbbbb";

static int hear_verdict(void *ctx, const struct qf_feed_verdict *verdict)
{
        struct stage *stage = ctx;
        assert_in_range(verdict->number, 1, EVENTS);
        stage->told[verdict->number]++;
        return verdict->number == stage->ends_at ? -ECANCELED : 0;
}

/* Chunks of one event, all answered in life a when acked is set, as it was seen in 1970. */
static void fill_outbox(const struct stage *stage, bool acked)
{
        struct qf_outbox *outbox = NULL;
        struct qf_outbox_answered answered;
        struct qf_chunk chunks[EVENTS];
        for (uint32_t i = 0; i < EVENTS; i++)
                chunks[i] = (struct qf_chunk){
                        .first = i + 1, .count = 1, .made_ms = 1000, .facts = QF_VIEW("facts")};
        assert_int_equal(qf_outbox_open(stage->outbox, &outbox), 0);
        assert_int_equal(qf_outbox_set_life(outbox, journal, life_a), 0);
        assert_int_equal(qf_outbox_write(outbox, chunks, EVENTS, NULL), 0);
        if (acked) {
                assert_int_equal(qf_outbox_answer(outbox,
                                                  &(struct qf_outbox_answer){.first = 1, .count = EVENTS},
                                                  &answered),
                                 0);
                assert_int_equal(qf_outbox_trim(outbox, 1, (struct qf_outbox_now){2000, 2000}), 0);
        }
        qf_outbox_close(outbox);
}

static void open_feed(struct stage *stage)
{
        struct qf_socket *socket = NULL;
        const struct qf_socket_options dealer = {.type = QF_DEALER};
        assert_int_equal(qf_socket_connect(stage->context, &dealer, stage->endpoint, &socket), 0);
        const struct qf_feed_options options = {
                .outbox = stage->outbox, .socket = &socket, .ctx = stage, .verdict = hear_verdict};
        assert_int_equal(qf_feed_open(&options, &stage->feed), 0);
}

static int setup(void **state)
{
        struct stage *stage = calloc(1, sizeof *stage);
        const struct qf_socket_options router = {.type = QF_ROUTER, .server = true};
        temporary_make(&stage->directory);
        (void)temporary_in(&stage->directory, "outbox", stage->outbox, sizeof stage->outbox);
        (void)snprintf(stage->endpoint, sizeof stage->endpoint, "ipc://%s/feed", stage->directory.path);
        assert_int_equal(qf_context_new(1, &stage->context), 0);
        assert_int_equal(qf_arena_new(1 << 20, &stage->arena), 0);
        assert_int_equal(qf_socket_bind(stage->context, &router, stage->endpoint, &stage->server), 0);
        *state = stage;
        return 0;
}

static int teardown(void **state)
{
        struct stage *stage = *state;
        stage->feed = qf_feed_close(stage->feed);
        stage->server = qf_socket_close(stage->server);
        stage->context = qf_context_free(stage->context);
        stage->arena = qf_arena_free(stage->arena);
        temporary_remove(stage->directory.path, 2);
        free(stage);
        return 0;
}

/* Takes what the feed said; true when there was something. */
static bool listen(struct stage *stage)
{
        struct qf_received received;
        struct qf_wire_fault fault;
        const int r = qf_socket_receive(stage->server, &received);
        assert_true(r >= 0);
        if (r)
                return false;
        qf_arena_reset(stage->arena);
        assert_int_equal(qf_from_partner_decode(stage->arena, received.frame[0], &stage->last, &fault), 0);
        stage->peer = received.peer;
        return true;
}

/* Pumps until the feed has said such a message; passes over others. */
static void wait_for(struct stage *stage, enum qf_from_partner_what what)
{
        const int64_t until = qf_clock_mono_ms() + DEADLINE_MS;
        do {
                assert_true(qf_clock_mono_ms() < until);
                assert_int_equal(qf_feed_pump(stage->feed, TURN_MS), 0);
        } while (!listen(stage) || stage->last.what != what);
}

static void say(struct stage *stage, struct qf_to_partner message)
{
        struct qf_buffer buffer = {0};
        memcpy(message.outbox, stage->last.outbox, sizeof message.outbox);
        assert_int_equal(qf_to_partner_encode(&message, &buffer), 0);
        assert_int_equal(
                qf_socket_send(stage->server, &stage->peer, qf_buffer_view(&buffer), (struct qf_view){0}), 0);
        qf_buffer_deinit(&buffer);
}

static void welcome(struct stage *stage, uint64_t expected, const uint8_t life[QF_LIFE_BYTES],
                    uint64_t keep_from)
{
        struct qf_to_partner message = {.what = QF_WELCOME,
                                        .version = 1,
                                        .expected = expected,
                                        .keep_from = keep_from,
                                        .now_ms = stage->server_ms ? stage->server_ms : qf_clock_wall_ms()};
        memcpy(message.journal, journal, sizeof message.journal);
        memcpy(message.life, life, sizeof message.life);
        wait_for(stage, QF_HELLO);
        say(stage, message);
}

static void answer(struct stage *stage, uint64_t first)
{
        say(stage,
            (struct qf_to_partner){.what = QF_VERDICTS, .first = first, .count = 1, .position = first + 100});
}

/* Until the outcome is another than 0. */
static int pump_to_its_end(struct stage *stage)
{
        const int64_t until = qf_clock_mono_ms() + DEADLINE_MS;
        int result = 0;
        while (result == 0) {
                assert_true(qf_clock_mono_ms() < until);
                result = qf_feed_pump(stage->feed, TURN_MS);
        }
        return result;
}

static void pump_until_drained(struct stage *stage)
{
        const int64_t until = qf_clock_mono_ms() + DEADLINE_MS;
        while (!qf_feed_drained(stage->feed)) {
                assert_true(qf_clock_mono_ms() < until);
                assert_int_equal(qf_feed_pump(stage->feed, TURN_MS), 0);
        }
}

static uint64_t first_kept(const struct stage *stage)
{
        return qf_outbox_standing(qf_feed_outbox(stage->feed))->first_kept;
}

/* What is kept for thirty days must not go in the moment in which somebody asks for it on the thirty-first. */
static void what_a_restored_server_asks_for_is_not_forgotten_before_it_has_it(void **state)
{
        struct stage *stage = *state;
        fill_outbox(stage, true);
        open_feed(stage);
        welcome(stage, 2, life_b, 1);
        for (uint64_t number = 2; number <= EVENTS; number++) {
                wait_for(stage, QF_SEND);
                assert_int_equal(stage->last.first, number);
                assert_int_equal(first_kept(stage), 1);
                answer(stage, number);
        }
        pump_until_drained(stage);
        assert_int_equal(stage->told[2], 1);
        stage->server_ms = 3000; /* now it has them; but to it no time has gone by */
        for (uint64_t kept = 1; kept <= EVENTS + 1; kept += EVENTS) {
                stage->feed = qf_feed_close(stage->feed);
                open_feed(stage);
                welcome(stage, EVENTS + 1, life_b, 1);
                pump_until_drained(stage);
                assert_int_equal(first_kept(stage), kept);
                stage->server_ms = 0;
        }
}

static void what_stands_at_a_gap_keeps_what_comes_behind_it(void **state)
{
        struct stage *stage = *state;
        fill_outbox(stage, true);
        struct qf_outbox *outbox = NULL;
        assert_int_equal(qf_outbox_open(stage->outbox, &outbox), 0);
        assert_int_equal(qf_outbox_trim(outbox, 2, (struct qf_outbox_now){2000, 2000}), 0);
        qf_outbox_close(outbox);
        open_feed(stage);
        welcome(stage, 1, life_b, 1);
        const int64_t until = qf_clock_mono_ms() + DEADLINE_MS;
        while (qf_feed_gone(stage->feed) == 0) {
                assert_true(qf_clock_mono_ms() < until);
                assert_int_equal(qf_feed_pump(stage->feed, TURN_MS), 0);
        }
        assert_int_equal(first_kept(stage), 2);
}

/* Whoever goes on asking must hear what was wrong, not that a human stopped the outbox. */
static void a_key_without_the_right_stays_refused(void **state)
{
        struct stage *stage = *state;
        open_feed(stage);
        wait_for(stage, QF_HELLO);
        say(stage, (struct qf_to_partner){.what = QF_REFUSED, .why = QF_REFUSED_NOT_ALLOWED});
        assert_int_equal(pump_to_its_end(stage), QF_FEED_REFUSED);
        assert_int_equal(pump_to_its_end(stage), QF_FEED_REFUSED);
        assert_int_equal(qf_outbox_standing(qf_feed_outbox(stage->feed))->stopped, 0);
        stage->feed = qf_feed_close(stage->feed);
        open_feed(stage);
        wait_for(stage, QF_HELLO);
        say(stage, (struct qf_to_partner){.what = QF_REFUSED, .why = QF_REFUSED_FORKED});
        assert_int_equal(pump_to_its_end(stage), QF_FEED_STOPPED);
        assert_int_equal(pump_to_its_end(stage), QF_FEED_STOPPED);
}

/* A slow server is asked again, and answers twice. */
static void a_verdict_that_comes_twice_is_told_once(void **state)
{
        struct stage *stage = *state;
        fill_outbox(stage, false);
        open_feed(stage);
        welcome(stage, 1, life_a, 1);
        for (uint64_t number = 1; number <= EVENTS; number++) {
                wait_for(stage, QF_SEND);
                assert_int_equal(stage->last.first, number);
        }
        answer(stage, 1);
        say(stage, (struct qf_to_partner){.what = QF_VERDICTS, .first = 1, .count = 2, .position = 102});
        answer(stage, 2);
        answer(stage, 3);
        pump_until_drained(stage);
        for (uint64_t number = 1; number <= EVENTS; number++)
                assert_int_equal(stage->told[number], 1);
}

static void set_floor(const struct stage *stage, uint64_t bytes)
{
        qf_environment_set_floor(qf_feed_outbox(stage->feed)->environment, bytes);
}

/* What was fed is safe, and what was heard is asked for again. */
static void a_disk_that_is_full_when_verdicts_come_ends_nothing(void **state)
{
        struct stage *stage = *state;
        fill_outbox(stage, false);
        open_feed(stage);
        welcome(stage, 1, life_a, 1);
        for (uint64_t number = 1; number <= EVENTS; number++)
                wait_for(stage, QF_SEND);
        set_floor(stage, UINT64_MAX);
        answer(stage, 1);
        assert_int_equal(pump_to_its_end(stage), QF_FEED_FULL);
        assert_int_equal(stage->told[1], 0);
        set_floor(stage, 0);
        welcome(stage, EVENTS + 1, life_a, 1);
        for (uint64_t number = 1; number <= EVENTS; number++)
                wait_for(stage, QF_SEND);
        for (uint64_t number = 1; number <= EVENTS; number++)
                answer(stage, number);
        pump_until_drained(stage);
        for (uint64_t number = 1; number <= EVENTS; number++)
                assert_int_equal(stage->told[number], 1);
}

/* The server is beyond it, so the outbox is sealed: but only once there was time to say so. */
static void what_is_fed_before_the_seal_goes_on_under_the_new_name(void **state)
{
        struct stage *stage = *state;
        const struct qf_event late = {
                .kind = QF_KIND_ACTIVITY, .action = QF_CREATE, .key = QF_VIEW("A1"), .date = 20230506};
        uint8_t old[QF_OUTBOX_ID_BYTES];
        fill_outbox(stage, false);
        open_feed(stage);
        stage->ends_at = EVENTS;
        welcome(stage, EVENTS + 10, life_a, 1);
        for (uint64_t number = 1; number <= EVENTS; number++) {
                wait_for(stage, QF_SEND);
                answer(stage, number);
        }
        assert_int_equal(pump_to_its_end(stage), -ECANCELED);
        assert_int_equal(qf_feed_add(stage->feed, &late, NULL, 0, NULL), 0);
        assert_int_equal(qf_feed_flush(stage->feed, NULL), 0);
        wait_for(stage, QF_SEAL);
        memcpy(old, stage->last.outbox, sizeof old);
        stage->ends_at = 0;
        welcome(stage, 1, life_a, 1);
        assert_memory_not_equal(stage->last.outbox, old, sizeof old);
        wait_for(stage, QF_SEND);
        assert_int_equal(stage->last.first, 1);
        answer(stage, 1);
        pump_until_drained(stage);
        assert_int_equal(stage->told[1], 2); /* of the old name, and of the new one */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(what_a_restored_server_asks_for_is_not_forgotten_before_it_has_it),
                TEST(what_stands_at_a_gap_keeps_what_comes_behind_it),
                TEST(a_key_without_the_right_stays_refused),
                TEST(a_verdict_that_comes_twice_is_told_once),
                TEST(what_is_fed_before_the_seal_goes_on_under_the_new_name),
                TEST(a_disk_that_is_full_when_verdicts_come_ends_nothing),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
