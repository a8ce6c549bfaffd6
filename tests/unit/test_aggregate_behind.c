/* aggregate/publish before all standings were checked: cells are told, rows wait, and come behind them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/publishing.h"

static uint32_t rows_held(const struct subscriber *reader)
{
        uint32_t held = 0;

        for (uint32_t row = 1; row <= reader->rows; row++)
                held += reader->row_changed[row] != 0;
        return held;
}

static void reopen_unchecked(struct fixture *fixture)
{
        const struct qf_counting_options options = {
                .directory = fixture->place.directory, .map_bytes = 1 << 20, .check_rows = 50};

        qf_publish_bind(fixture->publish, NULL);
        fixture->counting = qf_counting_close(fixture->counting);
        assert_int_equal(qf_counting_open(&options, &fixture->counting), 0);
        qf_publish_bind(fixture->publish, fixture->counting);
        assert_false(qf_counting_checked(fixture->counting));
}

static void check_to_the_end(struct fixture *fixture)
{
        for (int slices = 0; !qf_counting_checked(fixture->counting); slices++) {
                assert_true(slices < 10);
                assert_int_equal(qf_counting_check_on(fixture->counting), 0);
        }
}

static void cells_are_told_before_rows_were_checked(void **state)
{
        struct fixture *fixture = *state;
        const uint32_t all = QF_WANT_CELLS | QF_WANT_ROWS | QF_WANT_REGISTERS;

        feed(fixture, 0, 300);
        commit_all(fixture);
        reopen_unchecked(fixture);
        subscribe(fixture, 0, all | QF_WANT_ROWS_BEHIND, 1 << 30);
        subscribe(fixture, 1, all, 1 << 30);
        turn(fixture);
        expect_same(fixture, 0);
        assert_true(fixture->reader[0].rows_follow);
        assert_int_equal(rows_held(&fixture->reader[0]), 0);
        assert_int_equal(fixture->reader[1].frames, 0);
        check_to_the_end(fixture);
        feed(fixture, 300, 310);
        commit_all(fixture);
        turn(fixture);
        for (unsigned who = 0; who < 2; who++) {
                expect_same(fixture, who);
                assert_false(fixture->reader[who].rows_follow);
                assert_int_equal(rows_held(&fixture->reader[who]), 310);
                assert_int_equal(fixture->reader[who].fresh, 1);
        }
        feed(fixture, 310, 320);
        commit_all(fixture);
        turn(fixture);
        assert_int_equal(rows_held(&fixture->reader[0]), 320);
        assert_false(fixture->reader[0].rows_follow);
}

static void rows_that_are_owed_go_on_between_commits(void **state)
{
        struct fixture *fixture = *state;
        const uint64_t credit = 20000;
        struct qf_from_reader more = {.what = QF_MORE, .version = 1, .id = 7, .credit = credit};
        unsigned rounds = 0;

        feed(fixture, 0, 8000);
        commit_all(fixture);
        subscribe(fixture, 0, QF_WANT_CELLS | QF_WANT_ROWS | QF_WANT_REGISTERS | QF_WANT_ROWS_BEHIND, credit);
        do {
                feed(fixture, 8000 + rounds, 8001 + rounds);
                commit_all(fixture);
                more.credit += credit;
                say(fixture, 0, &more);
                turn(fixture);
                assert_true(++rounds < 100);
        } while (fixture->reader[0].have == 0 || fixture->reader[0].rows_follow);
        assert_true(rounds > 2);
        more.credit += 1 << 20;
        say(fixture, 0, &more);
        turn(fixture);
        expect_same(fixture, 0);
        assert_int_equal(rows_held(&fixture->reader[0]), 8000 + rounds);
}

static void more_changes_run_together_while_nobody_is_told(void **state)
{
        struct fixture *fixture = *state;
        struct qf_records *records = fixture->counting->records;
        struct qf_tally_store store = qf_records_store(records);
        static struct qf_standing standing;
        char key[16];

        for (uint32_t i = 0; i <= 64000; i++) {
                assert_false(qf_records_crowded(records, false));
                (void)snprintf(key, sizeof key, "k%06u", i);
                assert_int_equal(store.get(store.ctx, 1, qf_view_of(key), &standing), 0);
                assert_int_equal(store.put(store.ctx, 1, qf_view_of(key), &standing), 0);
        }
        assert_true(qf_records_crowded(records, false));
        assert_false(qf_records_crowded(records, true));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(cells_are_told_before_rows_were_checked),
                CASE(rows_that_are_owed_go_on_between_commits),
                CASE(more_changes_run_together_while_nobody_is_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
