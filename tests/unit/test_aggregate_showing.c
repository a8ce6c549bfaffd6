/* aggregate/publish while a group is open: what has its place on disk is sent, and
 * the rest is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/publishing.h"

/* Its place is on disk: counts that begin again show nothing before they come by there. */
static void what_is_noted_is_sent_and_counted_again_unseen(void **state)
{
        struct fixture *fixture = *state;

        feed(fixture, 0, 10);
        commit_all(fixture);
        subscribe(fixture, 0, 7, 1 << 20);
        turn(fixture);
        feed(fixture, 10, 15);
        feed(fixture, 15, 20);
        show_all(fixture);
        assert_false(qf_counting_settled(fixture->counting));
        turn(fixture);
        expect_same(fixture, 0);
        assert_int_equal(fixture->reader[0].rows, 20);
        feed(fixture, 20, 30);
        uint64_t shown = fixture->counting->shown, fresh = fixture->reader[0].fresh;
        restart(fixture);
        assert_true(fixture->counting->committed + 1 < shown);
        assert_int_equal(qf_counting_furthest(fixture->counting).position, shown);
        while (fixture->counting->meta.position + 1 < shown) {
                counts_apply_upto(fixture->counting, &fixture->journal, fixture->counting->meta.position + 1);
                assert_int_equal(qf_counting_show(fixture->counting, qf_publish_row, fixture->publish), 0);
                assert_int_equal(qf_counting_commit(fixture->counting, qf_publish_row, fixture->publish), 0);
        }
        subscribe(fixture, 0, 7, 1 << 20);
        turn(fixture);
        assert_int_equal(fixture->reader[0].have, shown);
        assert_true(fixture->reader[0].last_pulse.catching_up);
        show_all(fixture);
        turn(fixture);
        expect_same(fixture, 0);
        assert_int_equal(fixture->reader[0].fresh, fresh);
        assert_int_equal(fixture->reader[0].rows, 30);
}

/* Table rec is behind what is shown: the ring has the rest. */
static void scanning_begins_while_a_group_is_open(void **state)
{
        struct fixture *fixture = *state;

        feed(fixture, 0, 1000);
        commit_all(fixture);
        restart(fixture); /* the ring forgets */
        feed(fixture, 1000, 1010);
        journal_activity(&fixture->journal, "k00011", QF_REPLACE, 20230506, 99, NULL);
        journal_batch(&fixture->journal);
        show_all(fixture);
        journal_activity(&fixture->journal, "k00011", QF_REPLACE, 20230506, 98, NULL);
        journal_activity(&fixture->journal, "k00012", QF_REPLACE, 20230506, 97, NULL);
        journal_batch(&fixture->journal);
        show_all(fixture);
        assert_false(qf_counting_settled(fixture->counting));
        subscribe(fixture, 0, 7, 4 << 20);
        turn(fixture);
        expect_same(fixture, 0);
        assert_int_equal(fixture->reader[0].rows, 1010);
        assert_int_equal(fixture->reader[0].row_attendances[12], 99);
        assert_int_equal(fixture->reader[0].row_attendances[13], 98);
}

/* As if the first row had changed with each of very many showings of one group. */
static int tell_first_often(void *ctx, uint32_t partner, struct qf_view key, uint32_t row,
                            struct qf_view packed)
{
        enum { TIMES = 1000 * 1000 };

        for (int i = 0; i < (row == 1 ? TIMES : 1); i++)
                assert_int_equal(qf_publish_row(ctx, partner, key, row, packed), 0);
        return 0;
}

static void what_left_the_ring_uncommitted_is_told_when_it_is_committed(void **state)
{
        struct fixture *fixture = *state;
        int64_t next_ms;
        bool more;

        feed(fixture, 0, 1000);
        commit_all(fixture);
        journal_activity(&fixture->journal, "k00011", QF_REPLACE, 20230506, 99, NULL);
        journal_activity(&fixture->journal, "k00000", QF_REPLACE, 20230506, 98, NULL);
        journal_batch(&fixture->journal);
        apply_all(fixture);
        assert_int_equal(qf_counting_show(fixture->counting, tell_first_often, fixture->publish), 0);
        subscribe(fixture, 0, 7, 4 << 20);
        for (int turns = 0; turns < 3; turns++)
                assert_int_equal(qf_publish_turn(fixture->publish, fixture->now_ms += 1000, &fixture->facts,
                                                 &next_ms, &more),
                                 0);
        assert_true(fixture->reader[0].have < fixture->counting->shown);
        commit_all(fixture);
        turn(fixture);
        expect_same(fixture, 0);
        assert_int_equal(fixture->reader[0].row_attendances[12], 99 + 1); /* 0: not known */
        assert_int_equal(fixture->reader[0].row_attendances[1], 98 + 1);
}

static void place_beside_no_counts_is_not_noted(void **state)
{
        struct fixture *fixture = *state;

        show_all(fixture);
        assert_true(qf_counting_settled(fixture->counting));
        restart(fixture);
        assert_false(fixture->counting->made_anew);
        assert_int_equal(fixture->counting->committed, fixture->journal.last);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(what_is_noted_is_sent_and_counted_again_unseen),
                CASE(scanning_begins_while_a_group_is_open),
                CASE(what_left_the_ring_uncommitted_is_told_when_it_is_committed),
                CASE(place_beside_no_counts_is_not_noted),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
