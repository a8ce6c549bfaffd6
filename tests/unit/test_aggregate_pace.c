/* aggregate/pace and aggregate/ring: when to show and to commit, and the rows of late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "aggregate/pace.h"
#include "aggregate/ring.h"

static const int64_t ms = 1000 * 1000;

/* Nothing is to be done before this time, and then this. */
static void expect_due(const struct qf_pace *pace, bool drained, enum qf_pace_what what, int64_t due_ns)
{
        int64_t again_ns = 0;

        assert_int_equal(qf_pace_next(pace, drained, what == QF_PACE_SHOW, due_ns - 1, &again_ns),
                         QF_PACE_WAIT);
        assert_int_equal(again_ns, due_ns);
        assert_int_equal(qf_pace_next(pace, drained, what == QF_PACE_SHOW, due_ns, &again_ns), what);
}

static void what_was_applied_is_shown_at_once_when_nothing_waits(void **state)
{
        struct qf_pace pace = {.commit_ms = 20};

        (void)state;
        qf_pace_hear(&pace, true, true, 500 * ms);
        expect_due(&pace, true, QF_PACE_SHOW, 500 * ms);
        expect_due(&pace, false, QF_PACE_SHOW, 520 * ms);
}

static void showing_takes_at_most_half_of_the_time(void **state)
{
        struct qf_pace pace = {.commit_ms = 20};

        (void)state;
        qf_pace_did(&pace, QF_PACE_SHOW, 490 * ms, 500 * ms, 30);
        qf_pace_hear(&pace, true, true, 501 * ms);
        expect_due(&pace, true, QF_PACE_SHOW, 510 * ms);
}

static void showing_takes_a_fifth_of_the_time_when_much_arrives(void **state)
{
        struct qf_pace pace = {.commit_ms = 20};

        (void)state;
        qf_pace_did(&pace, QF_PACE_SHOW, 490 * ms, 500 * ms, 30);
        qf_pace_did(&pace, QF_PACE_SHOW, 590 * ms, 600 * ms, 5030);
        qf_pace_hear(&pace, true, true, 601 * ms);
        expect_due(&pace, true, QF_PACE_SHOW, 640 * ms);
}

static void nothing_waits_long_for_a_slow_disk(void **state)
{
        struct qf_pace pace = {.commit_ms = 20};

        (void)state;
        qf_pace_did(&pace, QF_PACE_SHOW, 0, 5000 * ms, 30);
        qf_pace_hear(&pace, true, true, 5201 * ms);
        expect_due(&pace, true, QF_PACE_SHOW, 5250 * ms);
}

/* A commit puts more on disk than a place: showing does not rest for it, unless more waits than can be read. */
static void commits_set_the_pace_of_showing_only_while_more_waits(void **state)
{
        struct qf_pace pace = {.commit_ms = 20};

        (void)state;
        qf_pace_did(&pace, QF_PACE_COMMIT, 470 * ms, 500 * ms, 30);
        qf_pace_hear(&pace, true, true, 501 * ms);
        expect_due(&pace, true, QF_PACE_SHOW, 501 * ms);
        expect_due(&pace, false, QF_PACE_SHOW, 621 * ms);
}

static void group_is_committed_when_nothing_comes_or_when_it_is_old(void **state)
{
        struct qf_pace pace = {0};

        (void)state;
        qf_pace_hear(&pace, true, true, 500 * ms);
        qf_pace_hear(&pace, false, true, 700 * ms);
        expect_due(&pace, true, QF_PACE_COMMIT, 750 * ms);
        expect_due(&pace, false, QF_PACE_COMMIT, 1500 * ms);
        qf_pace_hear(&pace, false, false, 1490 * ms);
        expect_due(&pace, true, QF_PACE_COMMIT, 1500 * ms);
}

static void commits_take_at_most_a_fifth_of_the_time(void **state)
{
        struct qf_pace pace = {0};

        (void)state;
        qf_pace_did(&pace, QF_PACE_COMMIT, 450 * ms, 500 * ms, 30);
        qf_pace_hear(&pace, true, true, 501 * ms);
        expect_due(&pace, true, QF_PACE_COMMIT, 700 * ms);
}

static int setup(void **state)
{
        struct qf_ring *ring = NULL;

        assert_int_equal(qf_ring_new(&ring), 0);
        *state = ring;
        return 0;
}

static int teardown(void **state)
{
        qf_ring_free(*state);
        return 0;
}

static void ring_gives_rows_in_order_and_leaves_out_what_stands_again(void **state)
{
        struct qf_ring *ring = *state;
        struct qf_view key, packed;
        uint32_t partner;

        qf_ring_forget(ring, 4);
        assert_true(qf_ring_covers(ring, 4));
        assert_false(qf_ring_covers(ring, 3));
        uint64_t cursor = qf_ring_begin(ring);
        qf_ring_add(ring, 5, 1, QF_VIEW("key"), 1, QF_VIEW("one"));
        qf_ring_add(ring, 5, 2, QF_VIEW("key"), 2, QF_VIEW("two"));
        qf_ring_add(ring, 6, 1, QF_VIEW("key"), 1, QF_VIEW("one again"));
        assert_true(qf_ring_next(ring, &cursor, &partner, &key, &packed));
        assert_true(qf_view_same(packed, QF_VIEW("two")));
        assert_int_equal(partner, 2);
        assert_true(qf_ring_next(ring, &cursor, &partner, &key, &packed));
        assert_true(qf_view_same(packed, QF_VIEW("one again")));
        assert_false(qf_ring_next(ring, &cursor, &partner, &key, &packed));
        assert_int_equal(cursor, qf_ring_end(ring));
}

/* Some fifty mebibytes through a ring of sixteen: the newest are there, whole, and who is behind is told so. */
static void ring_drops_the_oldest(void **state)
{
        struct qf_ring *ring = *state;
        char bytes[997];
        struct qf_view key, packed;
        uint32_t partner, rows = 0;

        uint64_t old = qf_ring_begin(ring), cursor;
        for (uint32_t row = 1; row <= 60000; row++) {
                memset(bytes, (int)row, sizeof bytes);
                qf_ring_add(ring, row, row, QF_VIEW("key"), row,
                            (struct qf_view){bytes, (uint32_t)(sizeof bytes - row % 500)});
        }
        assert_false(qf_ring_holds(ring, old));
        assert_false(qf_ring_covers(ring, 1000));
        cursor = qf_ring_after(ring, 59990);
        assert_true(qf_ring_next(ring, &cursor, &partner, &key, &packed));
        assert_int_equal(partner, 59991);
        assert_int_equal(qf_ring_after(ring, 60000), qf_ring_end(ring));
        cursor = qf_ring_begin(ring);
        while (qf_ring_next(ring, &cursor, &partner, &key, &packed)) {
                if (rows++ == 0)
                        assert_true(qf_ring_covers(ring, partner - 1));
                assert_int_equal(packed.len, sizeof bytes - partner % 500);
                for (uint32_t i = 0; i < packed.len; i++)
                        assert_int_equal(packed.at[i], (char)partner);
        }
        assert_int_equal(partner, 60000);
        assert_in_range(rows, QF_RING_BYTES / 800, QF_RING_BYTES / 700);
        qf_ring_forget(ring, 70000);
        assert_false(qf_ring_next(ring, &cursor, &partner, &key, &packed));
        assert_true(qf_ring_covers(ring, 70000));
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_was_applied_is_shown_at_once_when_nothing_waits),
                cmocka_unit_test(showing_takes_at_most_half_of_the_time),
                cmocka_unit_test(showing_takes_a_fifth_of_the_time_when_much_arrives),
                cmocka_unit_test(nothing_waits_long_for_a_slow_disk),
                cmocka_unit_test(commits_set_the_pace_of_showing_only_while_more_waits),
                cmocka_unit_test(group_is_committed_when_nothing_comes_or_when_it_is_old),
                cmocka_unit_test(commits_take_at_most_a_fifth_of_the_time),
                CASE(ring_gives_rows_in_order_and_leaves_out_what_stands_again),
                CASE(ring_drops_the_oldest),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
