/* report/query_steps, report/scan: while a question is answered a slice at a time, rows, statements and cells
 * change as at random, and its answer is, byte for byte, the one that would have been given at once when it
 * began. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/bytes.h"
#include "report/scan.h"
#include "support/office.h"

enum { ROWS = 4090, ROWS_MAX = 6000, STATEMENTS = 1020, STATEMENTS_MAX = 2100, ROUNDS = 6 };

struct activity {
        uint32_t date, sessions, org, contents;
        int64_t attendances;
};

struct town {
        struct office *office;
        uint64_t seed;
        uint32_t rows, statements;
        struct activity activities[ROWS_MAX];
        struct qf_query *query; /* NULL: nobody asks */
        struct qf_arena *arena;
};

static uint32_t below(struct town *town, uint32_t bound)
{
        town->seed = town->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t)(town->seed >> 33) % bound;
}

static void row_changes(void *ctx, uint32_t row)
{
        struct town *town = ctx;

        if (town->query)
                qf_query_changes(town->query, QF_QUERY_OF_ROWS, row);
}

static void statement_changes(void *ctx, uint32_t row)
{
        struct town *town = ctx;

        if (town->query)
                qf_query_changes(town->query, QF_QUERY_OF_STATEMENTS, row);
}

/* ---- what changes ---- */

static struct qf_contribution contribution_of(const struct activity *activity, struct qf_member_of *members)
{
        struct qf_contribution of = {.date = activity->date, .members = members};
        const bool unknown = activity->attendances < 0;

        if (activity->org)
                members[of.members_count++] = (struct qf_member_of){OFFICE_ORG, activity->org};
        for (uint32_t i = 0; i < 2; i++)
                if (activity->contents >> i & 1)
                        members[of.members_count++] = (struct qf_member_of){OFFICE_CONTENT, i + 1};
        of.counts = (struct qf_counts){{1, activity->sessions, unknown ? 0 : activity->attendances, unknown,
                                        unknown ? activity->sessions : 0}};
        return of;
}

/* Whoever moves the picture says of each cell that it is about to; which those are a picture of the move alone tells. */
static void tell_cells(struct town *town, const struct qf_contribution *old,
                       const struct qf_contribution *new)
{
        struct qf_picture *moved = NULL;

        assert_int_equal(qf_picture_new(&moved), 0);
        const uint32_t counted = qf_programme_counted(town->office->programme);
        for (int i = 0; i < 2; i++)
                if (i ? new : old)
                        assert_int_equal(qf_picture_move(moved, NULL, i ? new : old, counted, 1), 0);
        for (size_t i = 0; town->query && i < qf_picture_cells(moved); i++) {
                const struct qf_cell *cell =
                        qf_picture_find(town->office->picture, qf_picture_at(moved, i)->key);
                if (cell)
                        qf_query_changes(town->query, QF_QUERY_OF_CELLS,
                                         (uint32_t)qf_picture_number(town->office->picture, cell));
        }
        (void)qf_picture_free(moved);
}

static void set_activity(struct town *town, uint32_t row)
{
        struct qf_member_of before[4], after[4];
        struct activity *activity = &town->activities[row];
        const bool stood = row < town->rows;
        const struct qf_contribution old = contribution_of(activity, before);
        *activity = (struct activity){.date = 20210000 + 10000 * below(town, 4) + 100 * below(town, 13),
                                      .sessions = 1 + below(town, 3),
                                      .org = below(town, 5),
                                      .contents = below(town, 4),
                                      .attendances = (int64_t)below(town, 50) - 1};
        if (activity->date % 10000)
                activity->date += below(town, 29);
        const struct qf_contribution new = contribution_of(activity, after);
        char key[16];

        (void)snprintf(key, sizeof(key), "a%u", row);
        const struct qf_table_row set = {.row = row,
                                         .date = activity->date,
                                         .sessions = activity->sessions,
                                         .attendances = (uint32_t)(activity->attendances + 1),
                                         .members_count = new.members_count,
                                         .members = after,
                                         .partner = OFFICE_EAST,
                                         .key = qf_view_of(key)};
        tell_cells(town, stood ? &old : NULL, &new);
        assert_int_equal(qf_picture_move(town->office->picture, stood ? &old : NULL, &new,
                                         qf_programme_counted(town->office->programme),
                                         ++town->office->position),
                         0);
        assert_int_equal(qf_table_set(town->office->table, &set), 0);
        town->rows += !stood;
}

static void set_statement(struct town *town, uint32_t row)
{
        static const struct qf_view orgs[] = {{"east", 4}, {"west", 4}, {"district", 8}};
        const struct qf_pair values[] = {{QF_VIEW("org"), orgs[below(town, 3)]},
                                         {QF_VIEW("content"), QF_VIEW("law")}};
        const uint32_t figures[] = {below(town, 900), below(town, 900), below(town, 900),
                                    below(town, 900), below(town, 900), below(town, 900)};
        struct qf_buffer packed = {0};
        char key[16];

        (void)snprintf(key, sizeof(key), "k%u", row);
        const struct qf_declared_row set = {.row = row,
                                            .kind = QF_KIND_BROADCAST,
                                            .partner = orgs[below(town, 2)],
                                            .key = qf_view_of(key),
                                            .date = below(town, 10) ? 20230501 + below(town, 30) : 0,
                                            .stated = 0x3f,
                                            .figures_count = 6,
                                            .figures = figures,
                                            .values_count = 1 + below(town, 2),
                                            .values = values};
        assert_int_equal(qf_declared_pack(town->office->programme, &set, 1, &packed), 0);
        assert_int_equal(qf_declared_apply(town->office->declared, &packed), 0);
        qf_buffer_deinit(&packed);
        town->statements += row >= town->statements;
}

static void change_something(struct town *town)
{
        for (uint32_t i = below(town, 5); i > 0; i--) {
                if (below(town, 2))
                        set_activity(town, town->rows < ROWS_MAX && below(town, 2) ? town->rows
                                                                                   : below(town, town->rows));
                else
                        set_statement(town, town->statements < STATEMENTS_MAX && below(town, 2)
                                                    ? town->statements
                                                    : 1 + below(town, town->statements - 1));
        }
}

/* ---- asking ---- */

#define V(text)                                                                                              \
        {                                                                                                    \
                text, sizeof(text) - 1                                                                       \
        }
static const struct qf_view crossed[] = {V("org"), V("content"), V("month")}, by_content[] = {V("content")},
                            by_day[] = {V("org"), V("day")}, east[] = {V("org=east")};

static const struct qf_from_reader asked[] = {
        {.query = QF_QUERY_TOTALS},
        {.query = QF_QUERY_TOTALS, .by_count = 3, .by = crossed},
        {.query = QF_QUERY_TOTALS, .by_count = 1, .by = by_content},
        {.query = QF_QUERY_TOTALS, .by_count = 2, .by = by_day, .first_day = 20220610, .last_day = 20230505},
        {.query = QF_QUERY_TOTALS,
         .by_count = 1,
         .by = by_content,
         .where_count = 1,
         .where = east,
         .limit = 2},
        {.query = QF_QUERY_GROWTH, .year = 2023, .base = 2022},
        {.query = QF_QUERY_GROWTH, .year = 2023, .base = 2022, .where_count = 1, .where = east},
        {.query = QF_QUERY_DECLARED, .kind = V("broadcast")},
        {.query = QF_QUERY_DECLARED, .kind = V("broadcast"), .by_count = 1, .by = by_content},
        {.query = QF_QUERY_LIST, .kind = V("broadcast")},
        {.query = QF_QUERY_LIST, .kind = V("activity"), .limit = 1500},
        {.query = QF_QUERY_LIST,
         .kind = V("activity"),
         .limit = 20,
         .page = V("\x01\x34\x92\xfe\0\0\0\2"
                   "a3")},
        {.query = QF_QUERY_LIST, .kind = V("broadcast"), .limit = 7, .where_count = 1, .where = east},
        {.query = QF_QUERY_CHECK},
};

static struct qf_query_world world_of(const struct town *town)
{
        return (struct qf_query_world){town->office->programme, town->office->picture, town->office->table,
                                       town->office->declared};
}

static void answer_at_once(struct town *town, const struct qf_from_reader *ask,
                           const struct qf_rights *rights, struct qf_buffer *buffer)
{
        struct qf_to_reader answer = {.what = QF_ANSWER};

        qf_arena_reset(town->office->arena);
        assert_int_equal(office_ask(town->office, rights, ask, &answer), 0);
        assert_int_equal(answer.code, QF_QUERY_ANSWERED);
        assert_int_equal(qf_to_reader_encode(&answer, buffer), 0);
}

static uint32_t answer_in_slices(struct town *town, const struct qf_from_reader *ask,
                                 const struct qf_rights *rights, struct qf_buffer *buffer)
{
        const struct qf_query_world world = world_of(town);
        struct qf_to_reader answer = {.what = QF_ANSWER};
        uint32_t steps = 1;
        int r;

        qf_arena_reset(town->arena);
        assert_int_equal(qf_query_begin(&world, rights, ask, town->arena, &answer, &town->query), 0);
        while ((r = qf_query_step(town->query)) == QF_QUERY_GOES_ON) {
                change_something(town);
                steps++;
        }
        assert_int_equal(r, 0);
        assert_int_equal(qf_to_reader_encode(&answer, buffer), 0);
        town->query = qf_query_free(town->query);
        return steps;
}

static void an_answer_in_slices_is_true_of_one_moment(void **state)
{
        struct town *town = *state;

        for (uint32_t round = 0; round < ROUNDS; round++) {
                for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
                        const struct qf_rights *rights = round % 2 ? &town->office->east : &town->office->all;
                        struct qf_buffer at_once = {0}, in_slices = {0};

                        answer_at_once(town, &asked[i], rights, &at_once);
                        assert_true(answer_in_slices(town, &asked[i], rights, &in_slices) > 2);
                        assert_int_equal(in_slices.len, at_once.len);
                        assert_memory_equal(in_slices.at, at_once.at, at_once.len);
                        qf_buffer_deinit(&at_once);
                        qf_buffer_deinit(&in_slices);
                }
        }
}

static void a_question_may_be_dropped_half_answered(void **state)
{
        struct town *town = *state;
        const struct qf_query_world world = world_of(town);

        for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
                struct qf_to_reader answer = {.what = QF_ANSWER};
                qf_arena_reset(town->arena);
                assert_int_equal(qf_query_begin(&world, &town->office->all, &asked[i], town->arena, &answer,
                                                &town->query),
                                 0);
                for (int steps = 0; steps < 2; steps++)
                        assert_int_equal(qf_query_step(town->query), QF_QUERY_GOES_ON);
                change_something(town);
                town->query = qf_query_free(town->query);
        }
}

static void a_walk_passes_over_what_was_looked_at_ahead(void **state)
{
        struct qf_scan scan = {.end = 200};
        uint32_t first = 9, count = 9;

        (void)state;
        assert_true(qf_scan_next(&scan, 64, &first, &count));
        assert_int_equal(first, 0);
        assert_int_equal(count, 64);
        assert_false(qf_scan_awaits(&scan, 63));
        assert_true(qf_scan_awaits(&scan, 64));
        assert_true(qf_scan_awaits(&scan, 199));
        assert_false(qf_scan_awaits(&scan, 200));
        assert_int_equal(qf_scan_look_ahead(&scan, 199), 0);
        assert_false(qf_scan_awaits(&scan, 199));
        assert_true(qf_scan_passed_over(&scan, 199));
        assert_false(qf_scan_passed_over(&scan, 198));
        assert_true(qf_scan_next(&scan, 500, &first, &count));
        assert_int_equal(first, 64);
        assert_int_equal(count, 136);
        assert_false(qf_scan_next(&scan, 1, &first, &count));
        qf_scan_deinit(&scan);
}

static int begin(void **state)
{
        struct town *town = calloc(1, sizeof(*town));

        if (!town || office_setup((void **)&town->office) != 0 ||
            qf_arena_new(16 * 1024 * 1024, &town->arena) != 0)
                return -1;
        *state = town;
        town->statements = 1;
        qf_table_watch(town->office->table, row_changes, town);
        qf_table_watch(town->office->declared->table, statement_changes, town);
        for (uint32_t row = 0; row < ROWS; row++)
                set_activity(town, row);
        for (uint32_t row = 1; row < STATEMENTS; row++)
                set_statement(town, row);
        return 0;
}

static int end(void **state)
{
        struct town *town = *state;

        (void)qf_arena_free(town->arena);
        (void)office_teardown((void **)&town->office);
        free(town);
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(an_answer_in_slices_is_true_of_one_moment, begin, end),
                cmocka_unit_test_setup_teardown(a_question_may_be_dropped_half_answered, begin, end),
                cmocka_unit_test(a_walk_passes_over_what_was_looked_at_ahead),
        };

        return cmocka_run_group_tests_name("report/query_steps", tests, NULL, NULL);
}
