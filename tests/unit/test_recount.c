/* qf/recount: counting again from records, and naming the first difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "qf/operator/recount.h"
#include "support/journal.h"

struct fixture {
        struct journal journal;
        struct qf_recount ours, theirs;
};

static void count(struct qf_recount *recount, const struct journal *journal)
{
        for (uint64_t at = recount->position; at < journal->last; at++)
                assert_int_equal(qf_recount_take(recount, &journal->head[at], journal->record[at]), 0);
}

static int setup(void **state)
{
        struct fixture *fixture = calloc(1, sizeof *fixture);
        const struct qf_exception exceptions[] = {
                {.at = 0, .len = 2, .verdict = {QF_REJECTED, QF_E141_CONFLICT}},
                {.at = 3, .len = 1, .verdict = {QF_LATE, QF_CODE_NONE}},
        };

        assert_non_null(fixture);
        journal_new(&fixture->journal);
        journal_programme(&fixture->journal);
        journal_begin(&fixture->journal);
        for (int i = 0; i < 6; i++) {
                const char key[2] = {(char)('a' + i), 0};
                journal_activity(&fixture->journal, key, QF_CREATE, 20230506 + (uint32_t)i, 10,
                                 i % 2 ? "walk" : NULL);
        }
        journal_add_batch(&fixture->journal, 1, 1, exceptions, 2);
        journal_end(&fixture->journal);
        assert_int_equal(qf_recount_init(&fixture->ours), 0);
        assert_int_equal(qf_recount_init(&fixture->theirs), 0);
        count(&fixture->ours, &fixture->journal);
        count(&fixture->theirs, &fixture->journal);
        *state = fixture;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *fixture = *state;

        qf_recount_deinit(&fixture->ours);
        qf_recount_deinit(&fixture->theirs);
        journal_free(&fixture->journal);
        free(fixture);
        return 0;
}

static bool differs(struct fixture *fixture, struct qf_difference *first)
{
        return qf_recount_compare(&fixture->ours, fixture->theirs.apply.tally.picture,
                                  fixture->theirs.apply.programme, first);
}

static struct qf_cell *cell_of(struct fixture *fixture, uint16_t dimension, uint32_t member, uint32_t period)
{
        struct qf_cell *cell = NULL;

        assert_int_equal(qf_picture_cell(fixture->theirs.apply.tally.picture,
                                         (struct qf_cell_key){dimension, member, period}, &cell),
                         0);
        return cell;
}

static void verdicts_of_new_events_are_counted(void **state)
{
        struct fixture *fixture = *state;

        /* 8 register events; of 6 activities the first is known, one is rejected, one late. */
        assert_int_equal(fixture->ours.verdicts[QF_ACCEPTED], 8 + 3);
        assert_int_equal(fixture->ours.verdicts[QF_REJECTED], 1);
        assert_int_equal(fixture->ours.verdicts[QF_LATE], 1);
        assert_int_equal(fixture->ours.apply.events, 8 + 5);
}

static void equal_counts_do_not_differ(void **state)
{
        struct qf_difference first;

        assert_false(differs(*state, &first));
}

static void the_first_difference_is_named(void **state)
{
        struct fixture *fixture = *state;
        struct qf_difference first;

        cell_of(fixture, 0, 0, 20230509)->counts.of[QF_ATTENDANCES] = 11;
        cell_of(fixture, 1, 1, 20230510)->counts.of[QF_ACTIVITIES] = 7;
        assert_true(differs(fixture, &first));
        assert_true(qf_view_same(first.dimension, QF_VIEW("org")));
        assert_true(qf_view_same(first.member, QF_VIEW("AA")));
        assert_int_equal(first.period, 20230510);
        assert_int_equal(first.measure, QF_ACTIVITIES);
        assert_int_equal(first.counted, 1);
        assert_int_equal(first.held, 7);
}

static void a_cell_too_many_is_named_unless_it_is_zero(void **state)
{
        struct fixture *fixture = *state;
        struct qf_difference first;
        struct qf_cell *cell = cell_of(fixture, 0, 0, 20240101);

        assert_false(differs(fixture, &first));
        cell->counts.of[QF_RECORDS] = 3;
        assert_true(differs(fixture, &first));
        assert_int_equal(first.period, 20240101);
        assert_int_equal(first.counted, 0);
        assert_int_equal(first.held, 3);
}

static void a_cell_that_is_missing_is_named(void **state)
{
        struct fixture *fixture = *state;
        struct qf_difference first;

        journal_activity(&fixture->journal, "z", QF_CREATE, 20240101, 5, "talk");
        journal_batch(&fixture->journal);
        count(&fixture->ours, &fixture->journal);
        assert_true(differs(fixture, &first));
        assert_int_equal(first.counted, 1);
        assert_int_equal(first.held, 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(verdicts_of_new_events_are_counted), CASE(equal_counts_do_not_differ),
                CASE(the_first_difference_is_named),      CASE(a_cell_too_many_is_named_unless_it_is_zero),
                CASE(a_cell_that_is_missing_is_named),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
