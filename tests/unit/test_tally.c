/* model/tally: what one record counts, through everything that can happen to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "support/ledger.h"

#define ATTENDED(period) ledger_count(ledger, 0, 0, period, QF_ATTENDANCES)
#define ACTIVITIES(period) ledger_count(ledger, 0, 0, period, QF_ACTIVITIES)
#define UNKNOWN(period) ledger_count(ledger, 0, 0, period, QF_RECORDS_UNKNOWN)
#define UNKNOWN_ACTIVITIES(period) ledger_count(ledger, 0, 0, period, QF_ACTIVITIES_UNKNOWN)

static const struct ledger_facts known = {20230506, 1, 120, 4, 0x5, QF_REGISTERED};
static const struct ledger_facts unknown = {20230506, 3, -1, 4, 0x5, 0};
static const struct ledger_facts moved = {20240700, 1, 130, 5, 0x0, QF_REGISTERED};

static void a_statement_counts_in_day_month_and_members(void **state)
{
        struct ledger *ledger = *state;

        assert_int_equal(ledger_activity(ledger, 'a', QF_CREATE, 0, 1, &known), 0);
        assert_int_equal(ATTENDED(20230506), 120);
        assert_int_equal(ATTENDED(20230500), 120);
        assert_int_equal(ledger_count(ledger, 1, 4, 20230500, QF_ACTIVITIES), 1);
        assert_int_equal(ledger_count(ledger, 2, 1, 20230500, QF_ATTENDANCES), 120);
        assert_int_equal(ledger_count(ledger, 2, 3, 20230500, QF_ATTENDANCES), 120);
        assert_int_equal(ledger_count(ledger, 2, 2, 20230500, QF_ATTENDANCES), 0);
        assert_int_equal(ledger->standing[0].row, 1);
        assert_int_equal(ledger->moved, 1);
}

static void what_was_not_accepted_counts_nothing(void **state)
{
        static const struct qf_verdict verdicts[] = {
                {QF_DUPLICATE, 0}, {QF_QUARANTINED, 205}, {QF_REJECTED, 141}, {QF_ACCEPTED, QF_N103_HISTORY}};
        struct ledger *ledger = *state;

        for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
                struct qf_event event = {.kind = QF_KIND_ACTIVITY, .action = QF_CREATE};

                assert_int_equal(ledger_apply(ledger, &event, 'a', &known, verdicts[i]), 0);
        }
        assert_int_equal(qf_picture_cells(ledger_picture(ledger)), 0);
        assert_int_equal(ledger->tally.rows, 0);
}

static void a_late_statement_counts(void **state)
{
        struct ledger *ledger = *state;
        struct qf_event event = {.kind = QF_KIND_ACTIVITY, .action = QF_CREATE};
        struct qf_event setting = {.kind = QF_KIND_SETTING};

        assert_int_equal(ledger_apply(ledger, &event, 'a', &known, (struct qf_verdict){QF_LATE, 0}), 0);
        assert_int_equal(ATTENDED(20230500), 120);
        assert_int_equal(ledger_apply(ledger, &setting, 'a', NULL, (struct qf_verdict){QF_ACCEPTED, 0}), 0);
        assert_int_equal(ledger->moved, 1);
}

/* Late is what begins to stand late: a correction afterwards changes nothing, a withdrawal ends it. */
static void a_late_correction_leaves_what_came_in_time(void **state)
{
        const struct qf_verdict late = {QF_LATE, 0}, timely = {QF_ACCEPTED, 0};
        struct qf_event create = {.kind = QF_KIND_ACTIVITY, .action = QF_CREATE},
                        replace = {.kind = QF_KIND_ACTIVITY, .action = QF_REPLACE},
                        withdraw = {.kind = QF_KIND_ACTIVITY, .action = QF_WITHDRAW};
        struct ledger *ledger = *state;

        assert_int_equal(ledger_apply(ledger, &create, 'a', &known, timely), 0);
        assert_int_equal(ledger_apply(ledger, &replace, 'a', &unknown, late), 0);
        assert_int_equal(ledger->standing[0].late, 0);
        assert_int_equal(ledger_apply(ledger, &withdraw, 'a', NULL, timely), 0);
        assert_int_equal(ledger_apply(ledger, &replace, 'a', &known, late), 0);
        assert_int_equal(ledger->standing[0].late, 1);
        assert_int_equal(ledger_apply(ledger, &replace, 'a', &unknown, timely), 0);
        assert_int_equal(ledger->standing[0].late, 1);
}

static void unknown_attendance_is_not_zero(void **state)
{
        struct ledger *ledger = *state;

        assert_int_equal(ledger_activity(ledger, 'a', QF_CREATE, 0, 1, &unknown), 0);
        assert_int_equal(ACTIVITIES(20230500), 3);
        assert_int_equal(UNKNOWN(20230500), 1);
        assert_int_equal(UNKNOWN_ACTIVITIES(20230500), 3);
        assert_int_equal(ledger_tick(ledger, 'a', 5), 0);
        assert_int_equal(UNKNOWN(20230500), 0);
        assert_int_equal(UNKNOWN_ACTIVITIES(20230500), 0);
        assert_int_equal(ATTENDED(20230506), 5);
}

static void a_move_takes_everything_along(void **state)
{
        struct ledger *ledger = *state;

        assert_int_equal(ledger_activity(ledger, 'a', QF_CREATE, 0, 1, &known), 0);
        assert_int_equal(ledger_activity(ledger, 'a', QF_REPLACE, 0, 2, &moved), 0);
        assert_int_equal(ATTENDED(20230506), 0);
        assert_int_equal(ATTENDED(20230500), 0);
        assert_int_equal(ATTENDED(20240700), 130);
        assert_int_equal(ledger_count(ledger, 1, 4, 20230500, QF_RECORDS), 0);
        assert_int_equal(ledger_count(ledger, 1, 5, 20240700, QF_RECORDS), 1);
        assert_int_equal(ledger_count(ledger, 2, 0, 20240700, QF_RECORDS), 1);
        assert_int_equal(ledger->tally.rows, 1);
}

static void a_withdrawal_takes_out_and_a_return_brings_back(void **state)
{
        struct ledger *ledger = *state;

        assert_int_equal(ledger_activity(ledger, 'a', QF_CREATE, 0, 1, &known), 0);
        assert_int_equal(ledger_activity(ledger, 'a', QF_WITHDRAW, 0, 0, NULL), 0);
        assert_int_equal(ATTENDED(20230500), 0);
        assert_int_equal(ledger->standing[0].state, QF_HEAD_WITHDRAWN);
        assert_int_equal(ledger_activity(ledger, 'a', QF_REPLACE, 0, 1, &known), 0);
        assert_int_equal(ATTENDED(20230500), 120);
        assert_int_equal(ledger->standing[0].row, 1);
}

static void claims_are_ranked_by_method_and_fall_back(void **state)
{
        struct ledger *ledger = *state;

        assert_int_equal(ledger_activity(ledger, 'a', QF_CREATE, 0, 1, &known), 0); /* registered: 120 */
        assert_int_equal(ledger_attendance(ledger, 'a', QF_CREATE, 1, QF_ESTIMATED, 200), 0);
        assert_int_equal(ATTENDED(20230500), 120);
        assert_int_equal(ledger_attendance(ledger, 'a', QF_CREATE, 1, QF_REGISTERED, 118), 0);
        assert_int_equal(ATTENDED(20230500), 118); /* equal method: Attendance before the activity's own */
        assert_int_equal(ledger_attendance(ledger, 'a', QF_CREATE, 1, QF_SIGNED_IN, 97), 0);
        assert_int_equal(ATTENDED(20230500), 97);
        assert_int_equal(ledger_attendance(ledger, 'a', QF_WITHDRAW, 2, QF_SIGNED_IN, 0), 0);
        assert_int_equal(ATTENDED(20230500), 118);
        assert_int_equal(ledger_attendance(ledger, 'a', QF_WITHDRAW, 0, QF_REGISTERED, 0), 0);
        assert_int_equal(ATTENDED(20230500), 120);
}

static void ticks_count_only_while_no_claim_stands(void **state)
{
        struct ledger *ledger = *state;

        assert_int_equal(ledger_activity(ledger, 'a', QF_CREATE, 0, 1, &unknown), 0);
        assert_int_equal(ledger_tick(ledger, 'a', 40), 0);
        assert_int_equal(ledger_attendance(ledger, 'a', QF_CREATE, 1, QF_HEADCOUNT, 50), 0);
        assert_int_equal(ATTENDED(20230500), 50);
        ledger->moved = 0;
        assert_int_equal(ledger_tick(ledger, 'a', 7), 0);
        assert_int_equal(ledger->moved, 0); /* kept, shown beside the claim, counted nowhere */
        assert_int_equal(ATTENDED(20230500), 50);
        assert_int_equal(ledger->standing[0].ticks, 47);
        assert_int_equal(ledger_attendance(ledger, 'a', QF_WITHDRAW, 2, QF_HEADCOUNT, 0), 0);
        assert_int_equal(ATTENDED(20230500), 47);
}

static void ticks_and_claims_before_their_activity_wait(void **state)
{
        struct ledger *ledger = *state;

        assert_int_equal(ledger_tick(ledger, 'b', 9), 0);
        assert_int_equal(ledger_attendance(ledger, 'c', QF_CREATE, 1, QF_HEADCOUNT, 50), 0);
        assert_int_equal(qf_picture_cells(ledger_picture(ledger)), 0);
        assert_int_equal(ledger->standing[1].state, QF_HEAD_NONE);
        assert_int_equal(ledger->standing[1].row, 0);
        assert_int_equal(ledger_activity(ledger, 'b', QF_CREATE, 0, 1, &unknown), 0);
        assert_int_equal(ledger_activity(ledger, 'c', QF_CREATE, 0, 1, &unknown), 0);
        assert_int_equal(ATTENDED(20230500), 59);
        assert_int_equal(UNKNOWN(20230500), 0);
}

static void ticks_at_a_withdrawn_activity_come_back_with_it(void **state)
{
        struct ledger *ledger = *state;

        assert_int_equal(ledger_activity(ledger, 'a', QF_CREATE, 0, 1, &unknown), 0);
        assert_int_equal(ledger_activity(ledger, 'a', QF_WITHDRAW, 0, 0, NULL), 0);
        assert_int_equal(ledger_tick(ledger, 'a', 9), 0);
        assert_int_equal(ATTENDED(20230500), 0);
        assert_int_equal(ledger_activity(ledger, 'a', QF_REPLACE, 0, 1, &unknown), 0);
        assert_int_equal(ATTENDED(20230500), 9);
}

static void a_tick_sum_that_would_wrap_stops(void **state)
{
        struct ledger *ledger = *state;

        ledger->standing[0].ticks = INT64_MAX;
        assert_int_equal(ledger_tick(ledger, 'a', 1), -EOVERFLOW);
}

static void a_tombstone_first_gives_no_row(void **state)
{
        struct ledger *ledger = *state;

        assert_int_equal(ledger_activity(ledger, 'a', QF_WITHDRAW, 4, 0, NULL), 0);
        assert_int_equal(ledger->tally.rows, 0);
        assert_int_equal(ledger->moved, 0);
        assert_int_equal(ledger_activity(ledger, 'a', QF_CREATE, 1, 1, &known), 0);
        assert_int_equal(ledger->last.code, QF_N103_HISTORY);
        assert_int_equal(ATTENDED(20230500), 0);
}

static int failing_get(void *ctx, uint32_t partner, struct qf_view key, struct qf_standing *ret_record)
{
        (void)ctx;
        (void)partner;
        (void)key;
        (void)ret_record;
        return -EIO;
}

static void a_failing_store_stops(void **state)
{
        struct ledger *ledger = *state;

        ledger->tally.store.get = failing_get;
        assert_int_equal(ledger_activity(ledger, 'a', QF_CREATE, 0, 1, &known), -EIO);
        assert_int_equal(qf_picture_cells(ledger_picture(ledger)), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_statement_counts_in_day_month_and_members, ledger_setup,
                                                ledger_teardown),
                cmocka_unit_test_setup_teardown(what_was_not_accepted_counts_nothing, ledger_setup,
                                                ledger_teardown),
                cmocka_unit_test_setup_teardown(a_late_correction_leaves_what_came_in_time, ledger_setup,
                                                ledger_teardown),
                cmocka_unit_test_setup_teardown(a_late_statement_counts, ledger_setup, ledger_teardown),
                cmocka_unit_test_setup_teardown(unknown_attendance_is_not_zero, ledger_setup,
                                                ledger_teardown),
                cmocka_unit_test_setup_teardown(a_move_takes_everything_along, ledger_setup, ledger_teardown),
                cmocka_unit_test_setup_teardown(a_withdrawal_takes_out_and_a_return_brings_back, ledger_setup,
                                                ledger_teardown),
                cmocka_unit_test_setup_teardown(claims_are_ranked_by_method_and_fall_back, ledger_setup,
                                                ledger_teardown),
                cmocka_unit_test_setup_teardown(ticks_count_only_while_no_claim_stands, ledger_setup,
                                                ledger_teardown),
                cmocka_unit_test_setup_teardown(ticks_and_claims_before_their_activity_wait, ledger_setup,
                                                ledger_teardown),
                cmocka_unit_test_setup_teardown(ticks_at_a_withdrawn_activity_come_back_with_it, ledger_setup,
                                                ledger_teardown),
                cmocka_unit_test_setup_teardown(a_tick_sum_that_would_wrap_stops, ledger_setup,
                                                ledger_teardown),
                cmocka_unit_test_setup_teardown(a_tombstone_first_gives_no_row, ledger_setup,
                                                ledger_teardown),
                cmocka_unit_test_setup_teardown(a_failing_store_stops, ledger_setup, ledger_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
