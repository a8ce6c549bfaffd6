/* report/upstream behind an aggregation that is played here: rows reach the table that is read, also when a picture
 * that began anew was cut before it was whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "report/report.h"
#include "support/temporary.h"

enum { DEADLINE_MS = 10000, TURN_MS = 5 };

struct stage {
        struct temporary temporary;
        char endpoint[160];
        struct qf_context *ours, *theirs;
        struct qf_socket *server;
        struct qf_peer peer;
        struct qf_upstream *upstream;
        struct qf_arena *arena;
        struct qf_buffer out;
        uint32_t rows, cells; /* that were about to change */
};

static void hear_change(void *ctx, enum qf_query_of of, uint32_t number)
{
        struct stage *stage = ctx;

        (void)number;
        stage->rows += of == QF_QUERY_OF_ROWS;
        stage->cells += of == QF_QUERY_OF_CELLS;
}

static void serve(struct stage *stage)
{
        const struct qf_socket_options options = {.type = QF_ROUTER, .server = true};

        assert_int_equal(qf_socket_bind(stage->theirs, &options, stage->endpoint, &stage->server), 0);
}

static int setup(void **state)
{
        struct stage *stage = calloc(1, sizeof *stage);
        char path[128];

        assert_non_null(stage);
        temporary_make(&stage->temporary);
        temporary_in(&stage->temporary, "totals", path, sizeof path);
        (void)snprintf(stage->endpoint, sizeof stage->endpoint, "ipc://%s", path);
        assert_int_equal(qf_context_new(1, &stage->ours), 0);
        assert_int_equal(qf_context_new(1, &stage->theirs), 0);
        assert_int_equal(qf_arena_new(1 << 20, &stage->arena), 0);
        serve(stage);
        const struct qf_upstream_calls calls = {stage, hear_change};
        assert_int_equal(qf_upstream_open(stage->ours, stage->endpoint, &calls, &stage->upstream), 0);
        *state = stage;
        return 0;
}

static int teardown(void **state)
{
        struct stage *stage = *state;

        qf_upstream_close(stage->upstream);
        qf_socket_close(stage->server);
        qf_context_free(stage->ours);
        qf_context_free(stage->theirs);
        qf_arena_free(stage->arena);
        qf_buffer_deinit(&stage->out);
        temporary_remove(stage->temporary.path, 2);
        free(stage);
        return 0;
}

/* Turns both sides until a Subscribe arrives; gives what it says that it has. */
static uint64_t expect_subscribe(struct stage *stage)
{
        int64_t end = qf_clock_mono_ms() + DEADLINE_MS;
        struct qf_from_reader message = {0};
        struct qf_wire_fault fault;
        struct qf_received received;

        while (message.what != QF_SUBSCRIBE) {
                assert_true(qf_clock_mono_ms() < end);
                assert_int_equal(qf_upstream_turn(stage->upstream, qf_clock_mono_ms()), 0);
                if (qf_socket_wait(&stage->server, 1, TURN_MS) != 0 ||
                    qf_socket_receive(stage->server, &received) != 0)
                        continue;
                qf_arena_reset(stage->arena);
                assert_int_equal(qf_from_reader_decode(stage->arena, received.frame[0], &message, &fault), 0);
                stage->peer = received.peer;
        }
        return message.have;
}

struct frame {
        uint64_t after, upto;
        bool fresh, end, rows_follow;
        uint32_t row; /* 0: none */
        uint32_t attendances;
};

static void send_message(struct stage *stage, const struct qf_to_reader *message)
{
        stage->out.len = 0;
        assert_int_equal(qf_to_reader_encode(message, &stage->out), 0);
        assert_int_equal(
                qf_socket_send(stage->server, &stage->peer,
                               (struct qf_view){(const char *)stage->out.at, (uint32_t)stage->out.len},
                               (struct qf_view){0}),
                0);
}

static void send_frame(struct stage *stage, struct frame frame)
{
        static const struct qf_view texts[] = {{"p", 1}};
        static const uint32_t date[] = {20230506}, sessions[] = {1}, none[] = {0};
        const uint32_t attendances[] = {frame.attendances + 1};
        struct qf_to_reader update = {.what = QF_UPDATE,
                                      .id = 1,
                                      .epoch = {1},
                                      .after = frame.after,
                                      .upto = frame.upto,
                                      .fresh = frame.fresh,
                                      .end = frame.end,
                                      .rows_follow = frame.rows_follow};

        if (frame.row)
                update.rows = (struct qf_rows_part){.texts_count = 1,
                                                    .texts = texts,
                                                    .count = 1,
                                                    .row = &frame.row,
                                                    .date = date,
                                                    .sessions = sessions,
                                                    .attendances = attendances,
                                                    .values = none,
                                                    .changed = &frame.upto,
                                                    .partner = none,
                                                    .key = texts};
        send_message(stage, &update);
}

static void turn_until(struct stage *stage, uint64_t version)
{
        int64_t end = qf_clock_mono_ms() + DEADLINE_MS;

        while (qf_upstream_published(stage->upstream).version < version) {
                assert_true(qf_clock_mono_ms() < end);
                (void)!qf_socket_wait(
                        &(struct qf_socket *){qf_subscription_socket(stage->upstream->subscription)}, 1,
                        TURN_MS);
                assert_int_equal(qf_upstream_turn(stage->upstream, qf_clock_mono_ms()), 0);
        }
}

static uint32_t attendances_of(const struct stage *stage, uint32_t row)
{
        struct qf_table_columns columns = qf_table_columns(stage->upstream->table);

        return row < columns.rows ? columns.attendances[row] : 0;
}

/* The server goes away and comes back, as one that was restarted. */
static void restart(struct stage *stage)
{
        stage->server = qf_socket_close(stage->server);
        serve(stage);
}

static void begin(struct stage *stage)
{
        assert_int_equal(expect_subscribe(stage), 0);
        send_frame(stage, (struct frame){.upto = 5, .fresh = true, .row = 1, .attendances = 10});
        send_frame(stage, (struct frame){.upto = 5, .end = true});
        turn_until(stage, 5);
        assert_int_equal(attendances_of(stage, 1), 11);
}

static void rows_go_on_after_a_new_picture_was_cut(void **state)
{
        struct stage *stage = *state;

        begin(stage);
        restart(stage);
        assert_int_equal(expect_subscribe(stage), 5);
        send_frame(stage, (struct frame){.upto = 7, .fresh = true, .row = 1, .attendances = 10});
        int64_t end = qf_clock_mono_ms() + DEADLINE_MS;
        while (!stage->upstream->arriving_table) {
                assert_true(qf_clock_mono_ms() < end);
                assert_int_equal(qf_upstream_turn(stage->upstream, qf_clock_mono_ms()), 0);
        }
        restart(stage);
        assert_int_equal(expect_subscribe(stage), 5);
        send_frame(stage, (struct frame){.after = 5, .upto = 8, .row = 2, .attendances = 20});
        send_frame(stage, (struct frame){.after = 5, .upto = 8, .row = 1, .attendances = 12});
        send_frame(stage, (struct frame){.after = 5, .upto = 8, .end = true});
        turn_until(stage, 8);
        assert_int_equal(attendances_of(stage, 2), 21);
        assert_int_equal(attendances_of(stage, 1), 13);
        assert_null(stage->upstream->arriving_table);
        assert_int_equal(stage->rows, 2); /* of a picture that nobody sees yet nothing is said */
}

static void rows_wait_for_the_end_of_their_transfer(void **state)
{
        struct stage *stage = *state;

        begin(stage);
        send_frame(stage, (struct frame){.after = 5, .upto = 6, .row = 1, .attendances = 30});
        send_frame(stage, (struct frame){.after = 5, .upto = 6, .row = 2, .attendances = 40});
        int64_t end = qf_clock_mono_ms() + DEADLINE_MS;
        while (stage->upstream->pending.len == 0) {
                assert_true(qf_clock_mono_ms() < end);
                assert_int_equal(qf_upstream_turn(stage->upstream, qf_clock_mono_ms()), 0);
        }
        assert_int_equal(attendances_of(stage, 1), 11);
        send_frame(stage, (struct frame){.after = 5, .upto = 6, .end = true});
        turn_until(stage, 6);
        assert_int_equal(attendances_of(stage, 1), 31);
        assert_int_equal(attendances_of(stage, 2), 41);
}

static void turn_until_whole(struct stage *stage)
{
        int64_t end = qf_clock_mono_ms() + DEADLINE_MS;

        while (!qf_upstream_whole(stage->upstream)) {
                assert_true(qf_clock_mono_ms() < end);
                assert_int_equal(qf_upstream_turn(stage->upstream, qf_clock_mono_ms()), 0);
        }
}

static void cells_are_held_before_their_rows(void **state)
{
        struct stage *stage = *state;

        assert_int_equal(expect_subscribe(stage), 0);
        send_frame(stage, (struct frame){.upto = 5, .fresh = true, .end = true, .rows_follow = true});
        turn_until(stage, 5);
        assert_false(qf_upstream_whole(stage->upstream));
        send_frame(stage, (struct frame){.after = 5, .upto = 5, .row = 1, .attendances = 10});
        send_frame(stage, (struct frame){.after = 5, .upto = 6, .end = true, .rows_follow = true});
        turn_until(stage, 6);
        assert_int_equal(attendances_of(stage, 1), 0);
        send_frame(stage, (struct frame){.after = 6, .upto = 6, .row = 2, .attendances = 20});
        send_frame(stage, (struct frame){.after = 6, .upto = 6, .end = true});
        turn_until_whole(stage);
        assert_int_equal(attendances_of(stage, 1), 11);
        assert_int_equal(attendances_of(stage, 2), 21);
        send_frame(stage, (struct frame){.after = 6, .upto = 7, .row = 2, .attendances = 22});
        send_frame(stage, (struct frame){.after = 6, .upto = 7, .end = true});
        turn_until(stage, 7);
        assert_int_equal(attendances_of(stage, 2), 23);
}

static void who_was_cut_off_before_its_rows_begins_from_nothing(void **state)
{
        struct stage *stage = *state;

        assert_int_equal(expect_subscribe(stage), 0);
        send_frame(stage, (struct frame){.upto = 5, .fresh = true, .end = true, .rows_follow = true});
        turn_until(stage, 5);
        restart(stage);
        assert_int_equal(expect_subscribe(stage), 0);
        assert_int_equal(qf_upstream_published(stage->upstream).version, 5);
        send_frame(stage, (struct frame){.upto = 5, .fresh = true, .end = true, .rows_follow = true});
        send_frame(stage, (struct frame){.after = 5, .upto = 5, .row = 1, .attendances = 10});
        send_frame(stage, (struct frame){.after = 5, .upto = 5, .end = true});
        turn_until_whole(stage);
        assert_int_equal(attendances_of(stage, 1), 11);
        restart(stage);
        assert_int_equal(expect_subscribe(stage), 5);
}

static void send_pulse(struct stage *stage, uint8_t epoch, uint64_t last)
{
        const struct qf_to_reader pulse = {
                .what = QF_PULSE, .id = 1, .epoch = {epoch}, .version = last, .journal_last = last};
        int64_t end = qf_clock_mono_ms() + DEADLINE_MS;

        send_message(stage, &pulse);
        while (qf_subscription_pulse(stage->upstream->subscription)->journal_last != last) {
                assert_true(qf_clock_mono_ms() < end);
                assert_int_equal(qf_upstream_turn(stage->upstream, qf_clock_mono_ms()), 0);
        }
}

/* A restored journal that has come less far, or further: the totals shown are not all of it, and neither is behind the other. */
static void records_of_another_journal_are_not_compared(void **state)
{
        static const struct {
                uint8_t epoch;
                uint64_t last, said;
                bool catching_up;
        } pulses[] = {
                {1, 5, 5, false}, {1, 9, 9, false}, {2, 3, 5, true}, {2, 90, 5, true}, {1, 6, 6, false}};
        struct stage *stage = *state;
        const struct qf_report report = {.upstream = stage->upstream};
        struct qf_to_reader told;

        begin(stage);
        for (size_t i = 0; i < sizeof pulses / sizeof pulses[0]; i++) {
                send_pulse(stage, pulses[i].epoch, pulses[i].last);
                qf_report_pulse(&report, qf_clock_mono_ms(), &told);
                assert_int_equal(told.version, 5);
                assert_int_equal(told.journal_last, pulses[i].said);
                assert_int_equal(told.catching_up, pulses[i].catching_up);
        }
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                ON_STAGE(rows_go_on_after_a_new_picture_was_cut),
                ON_STAGE(rows_wait_for_the_end_of_their_transfer),
                ON_STAGE(cells_are_held_before_their_rows),
                ON_STAGE(who_was_cut_off_before_its_rows_begins_from_nothing),
                ON_STAGE(records_of_another_journal_are_not_compared),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
