/* report/recent and its panel: what came last, and who reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "report/board.h"
#include "report/report.h"
#include "support/office.h"

static void what_changed_last_comes_first_and_once(void **state)
{
        struct qf_recent recent = {0};

        (void)state;
        qf_recent_add(&recent, 1, false, 7, 0, 20230101);
        qf_recent_add(&recent, 2, true, 7, 0, 20230101);
        qf_recent_add(&recent, 3, false, 7, 20230101, 20230102);
        qf_recent_add(&recent, 4, false, 8, 0, 0); /* waits, or was withdrawn before it was known */
        assert_int_equal(recent.count, 2);
        assert_int_equal(qf_recent_at(&recent, 0)->at_ms, 3);
        assert_int_equal(qf_recent_at(&recent, 0)->what, QF_RECENT_CHANGED);
        assert_true(qf_recent_at(&recent, 1)->declared && qf_recent_at(&recent, 1)->what == QF_RECENT_NEW);
        qf_recent_add(&recent, 5, true, 7, 20230101, 0);
        assert_int_equal(qf_recent_at(&recent, 0)->what, QF_RECENT_WITHDRAWN);
        assert_int_equal(qf_recent_at(&recent, 0)->date, 20230101);
        for (uint32_t row = 100; row < 100 + 2 * QF_RECENT_MAX; row++)
                qf_recent_add(&recent, 6, false, row, 0, 20230101);
        assert_int_equal(recent.count, QF_RECENT_MAX);
        assert_int_equal(qf_recent_at(&recent, 0)->row, 99 + 2 * QF_RECENT_MAX);
        assert_int_equal(qf_recent_at(&recent, QF_RECENT_MAX - 1)->row, 100 + QF_RECENT_MAX);
}

/* The school goes from east to west in the middle of April, before today. */
static void what_came_last_is_read_by_whose_it_was_on_its_date(void **state)
{
        struct office *office = *state;
        static struct qf_upstream upstream;
        const struct qf_live_key view = {.year = 2023};
        const struct qf_report report = {.upstream = &upstream};
        const uint32_t eastern = qf_programme_find_source(office->programme, QF_VIEW("eastern"));
        struct qf_board of = {.report = &report,
                              .key = &view,
                              .world = {office->programme, office->picture, office->table, office->declared},
                              .rights = &office->east,
                              .arena = office->arena,
                              .today = 20230501};
        const struct qf_member_of org = {OFFICE_ORG, OFFICE_EAST_SCHOOL};
        const struct qf_table_row withdrawn = {.row = 1, .members_count = 1, .members = &org};
        struct qf_board_why why;

        assert_int_equal(office_moves(office, "east_school", "east", "school", 20230415, "west", "school"),
                         0);
        assert_int_equal(qf_rights_renew(&office->east, office->programme, 2,
                                         qf_programme_source(office->programme, eastern)),
                         0);
        assert_int_equal(office_activity(office, 20230401, 1, 5, OFFICE_EAST_SCHOOL, 0), 0);
        assert_int_equal(office_activity(office, 20230420, 1, 5, OFFICE_EAST_SCHOOL, 0), 0);
        for (int round = 0; round < 2; round++) {
                json_t *panel = json_object();

                if (round) {
                        assert_int_equal(qf_table_set(office->table, &withdrawn), 0);
                        qf_recent_add(&upstream.recent, 2, false, 1, 20230401, 0);
                } else {
                        qf_recent_add(&upstream.recent, 1, false, 1, 0, 20230401);
                        qf_recent_add(&upstream.recent, 1, false, 2, 0, 20230420);
                }
                assert_int_equal(qf_board_recent(&of, panel, &why), 0);
                const json_t *rows = json_object_get(panel, "rows");
                assert_int_equal(json_array_size(rows), 1);
                assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "what")),
                                    round ? "withdrawn" : "new");
                json_decref(panel);
        }
}

static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changed_last_comes_first_and_once),
        cmocka_unit_test_setup_teardown(what_came_last_is_read_by_whose_it_was_on_its_date, office_setup,
                                        office_teardown),
};

int main(void)
{
        return cmocka_run_group_tests(tests, NULL, NULL);
}
