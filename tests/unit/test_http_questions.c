/* report/http_questions: what is asked by HTTP and goes on, while the picture changes under it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "report/board_making.h"
#include "report/http_api.h"
#include "report/report.h"
#include "support/temporary.h"

enum { DEADLINE_MS = 10000, TURN_MS = 5, OF_MACHINE = 1 /* who asks where there are no tokens */ };

struct stage {
        struct temporary temporary;
        struct qf_context *ours, *theirs;
        struct qf_socket *server;
        struct qf_peer peer;
        struct qf_arena *arena;
        struct qf_report report;
};

static void hear_change(void *ctx, enum qf_query_of of, uint32_t number)
{
        (void)ctx, (void)of, (void)number;
}

static int setup(void **state)
{
        static const struct qf_http_config config = {.listen = (char *)(uintptr_t) "tcp://127.0.0.1:0"};
        static const struct qf_upstream_calls calls = {NULL, hear_change};
        const struct qf_socket_options options = {.type = QF_ROUTER, .server = true};
        struct stage *stage = calloc(1, sizeof *stage);
        char path[128], endpoint[160];

        assert_non_null(stage);
        temporary_make(&stage->temporary);
        temporary_in(&stage->temporary, "totals", path, sizeof path);
        (void)snprintf(endpoint, sizeof endpoint, "ipc://%s", path);
        assert_int_equal(qf_context_new(1, &stage->ours), 0);
        assert_int_equal(qf_context_new(1, &stage->theirs), 0);
        assert_int_equal(qf_socket_bind(stage->theirs, &options, endpoint, &stage->server), 0);
        assert_int_equal(qf_arena_new(1 << 20, &stage->arena), 0);
        assert_int_equal(qf_arena_new(1 << 20, &stage->report.arena), 0);
        assert_int_equal(qf_share_init(&stage->report.http_share, 0), 0);
        assert_int_equal(qf_http_open(&config, NULL, 0, &stage->report, NULL, &stage->report.http), 0);
        assert_int_equal(qf_upstream_open(stage->ours, endpoint, &calls, &stage->report.upstream), 0);
        *state = stage;
        return 0;
}

static int teardown(void **state)
{
        struct stage *stage = *state;

        qf_underway_deinit(&stage->report.http_underway);
        qf_upstream_close(stage->report.upstream);
        qf_http_close(stage->report.http);
        qf_share_deinit(&stage->report.http_share);
        qf_arena_free(stage->report.arena);
        qf_arena_free(stage->arena);
        qf_socket_close(stage->server);
        qf_context_free(stage->ours);
        qf_context_free(stage->theirs);
        temporary_remove(stage->temporary.path, 2);
        free(stage);
        return 0;
}

static void turn(struct stage *stage, int64_t end)
{
        assert_true(qf_clock_mono_ms() < end);
        assert_int_equal(qf_upstream_turn(stage->report.upstream, qf_clock_mono_ms()), 0);
        (void)!qf_socket_wait(&stage->server, 1, TURN_MS);
}

static void expect_subscribe(struct stage *stage)
{
        const int64_t end = qf_clock_mono_ms() + DEADLINE_MS;
        struct qf_from_reader message = {0};
        struct qf_wire_fault fault;
        struct qf_received received;

        while (message.what != QF_SUBSCRIBE) {
                turn(stage, end);
                if (qf_socket_receive(stage->server, &received) != 0)
                        continue;
                qf_arena_reset(stage->arena);
                assert_int_equal(qf_from_reader_decode(stage->arena, received.frame[0], &message, &fault), 0);
                stage->peer = received.peer;
        }
}

/* A picture from nothing, of nothing, and turns until it is the one published. */
static void show(struct stage *stage, uint64_t version, bool rows_follow)
{
        const int64_t end = qf_clock_mono_ms() + DEADLINE_MS;
        const struct qf_to_reader update = {.what = QF_UPDATE,
                                            .id = 1,
                                            .epoch = {1},
                                            .upto = version,
                                            .fresh = true,
                                            .end = true,
                                            .rows_follow = rows_follow};
        struct qf_buffer out = {0};

        assert_int_equal(qf_to_reader_encode(&update, &out), 0);
        assert_int_equal(qf_socket_send(stage->server, &stage->peer,
                                        (struct qf_view){(const char *)out.at, (uint32_t)out.len},
                                        (struct qf_view){0}),
                         0);
        qf_buffer_deinit(&out);
        while (qf_upstream_published(stage->report.upstream).version < version)
                turn(stage, end);
}

static const char *find_argument(void *ctx, const char *name)
{
        (void)ctx;
        return strcmp(name, "kind") == 0 ? "activity" : NULL;
}

static void take_places(struct stage *stage, bool taken)
{
        for (int i = 0; i < QF_UNDERWAY_MAX; i++) {
                stage->report.http_underway.at[i].taken = taken;
                stage->report.http_underway.at[i].source = OF_MACHINE;
        }
}

/* It waits for its place until the counts are made anew, whose rows may never come. */
static void nobody_waits_for_rows_that_may_never_come(void **state)
{
        static const struct qf_http_request request = {.argument = find_argument};
        static const struct qf_http_reader reader = {0};
        struct stage *stage = *state;
        struct qf_http_answer answer = {0};

        expect_subscribe(stage);
        show(stage, 5, false);
        take_places(stage, true);
        assert_int_equal(qf_api_list(&stage->report, &reader, &request, &answer), 0);
        assert_non_null(answer.making.step);
        take_places(stage, false);
        show(stage, 7, true);
        assert_int_equal(answer.making.step(answer.making.ctx, &answer), 0);
        assert_int_equal(answer.status, 503);
        assert_true(answer.retry_s > 0);
        assert_string_equal(answer.file_name, "");
        answer.making.close(answer.making.ctx);
        qf_buffer_deinit(&answer.body);
}

/* 0, or negative: the daemon would end. */
static int make_board(struct stage *stage, const struct qf_live_key *key, struct qf_live_panels *panels)
{
        int r = qf_board_making_new(&stage->report, &stage->report.board);

        if (r == 0)
                r = qf_board_calls.begin(&stage->report, key);
        while (r == 0 && (r = qf_board_calls.step(&stage->report, panels)) == QF_LIVE_GOES_ON)
                r = 0;
        stage->report.board = qf_board_making_free(stage->report.board);
        return r;
}

static bool says(const struct qf_buffer *text, const char *what)
{
        return text->len && memmem(text->at, text->len, what, strlen(what));
}

/* What does not fit is said in its panel, and the others are made. */
static void a_board_is_made_however_little_fits(void **state)
{
        static const struct qf_live_key key = {.year = 2023};
        enum { MONTHS = QF_LIVE_ALWAYS + 1, MOST_BYTES = 256 * 1024 };
        const size_t usual = qf_board_answer_bytes;
        struct stage *stage = *state;
        bool said = false, whole = false;

        expect_subscribe(stage);
        show(stage, 5, false);
        for (size_t bytes = 1024; !whole && bytes < MOST_BYTES; bytes += 64) {
                struct qf_live_panels panels = {0};

                qf_board_answer_bytes = bytes;
                assert_int_equal(make_board(stage, &key, &panels), 0);
                assert_true(panels.text[0].len > 0);
                said |= says(&panels.text[MONTHS], "There is too much to show") &&
                        says(&panels.text[MONTHS], "要显示的太多");
                whole = says(&panels.text[MONTHS], "\"rows\"");
                for (int i = 0; i < QF_LIVE_PANELS; i++)
                        qf_buffer_deinit(&panels.text[i]);
                qf_buffer_deinit(&panels.kept);
        }
        qf_board_answer_bytes = usual;
        assert_true(said && whole);
}

static const char *find_panel_argument(void *ctx, const char *name)
{
        static const char *const asked[][2] = {
                {"panel", "months"}, {"year", "2023"}, {"format", "csv"}, {"lang", "zh"}};

        (void)ctx;
        for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
                if (strcmp(name, asked[i][0]) == 0)
                        return asked[i][1];
        return NULL;
}

/* What a board of its own answers to that, with what there is now. */
static void ask_panel(struct stage *stage, struct qf_http_answer *answer)
{
        static const struct qf_http_request request = {.argument = find_panel_argument};
        static const struct qf_http_reader reader = {0};
        const int64_t end = qf_clock_mono_ms() + DEADLINE_MS;
        struct qf_live_calls calls = qf_board_calls;
        int r = QF_HTTP_GOES_ON;

        calls.ctx = &stage->report;
        assert_int_equal(qf_board_making_new(&stage->report, &stage->report.board), 0);
        assert_int_equal(qf_live_new(&calls, &stage->report.live), 0);
        assert_int_equal(qf_api_board(&stage->report, &reader, &request, answer), 0);
        while (answer->making.step && r == QF_HTTP_GOES_ON) {
                bool news, more;

                assert_true(qf_clock_mono_ms() < end);
                assert_int_equal(qf_live_turn(stage->report.live, qf_clock_mono_ms(), &news, &more), 0);
                r = answer->making.step(answer->making.ctx, answer);
        }
        if (answer->making.step) {
                assert_int_equal(r, 0);
                answer->making.close(answer->making.ctx);
        }
        stage->report.live = qf_live_free(stage->report.live);
        stage->report.board = qf_board_making_free(stage->report.board);
}

/* A table of a panel that could not be made is no empty file: the reader is told why. */
static void no_table_is_made_of_a_panel_that_was_not(void **state)
{
        enum { LITTLE_BYTES = 1024 };
        const size_t usual = qf_board_answer_bytes;
        struct stage *stage = *state;
        struct qf_http_answer refused = {0}, made = {0};

        expect_subscribe(stage);
        show(stage, 5, false);
        qf_board_answer_bytes = LITTLE_BYTES;
        ask_panel(stage, &refused);
        qf_board_answer_bytes = usual;
        assert_int_equal(refused.status, 503);
        assert_string_equal(refused.type, "application/problem+json");
        assert_string_equal(refused.file_name, "");
        assert_true(says(&refused.body, "There is too much to show") && says(&refused.body, "要显示的太多"));
        ask_panel(stage, &made);
        assert_int_equal(made.status, 200);
        assert_string_equal(made.file_name, "qingfeng-months-2023.csv");
        assert_true(says(&made.body, "月份"));
        qf_buffer_deinit(&refused.body);
        qf_buffer_deinit(&made.body);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(nobody_waits_for_rows_that_may_never_come, setup, teardown),
                cmocka_unit_test_setup_teardown(a_board_is_made_however_little_fits, setup, teardown),
                cmocka_unit_test_setup_teardown(no_table_is_made_of_a_panel_that_was_not, setup, teardown),
        };

        return cmocka_run_group_tests_name("questions by HTTP", tests, NULL, NULL);
}
