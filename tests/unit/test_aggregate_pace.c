/* aggregate/pace and aggregate/ring: when to commit, and the rows of late. */
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

static void drained_group_is_due_at_once(void **state)
{
        struct qf_pace pace = {.commit_ms = 20, .begun_ns = 500 * ms};

        (void)state;
        assert_int_equal(qf_pace_due(&pace, true), 500 * ms);
        assert_int_equal(qf_pace_due(&pace, false), 520 * ms);
}

static void commits_take_at_most_half_of_the_time(void **state)
{
        struct qf_pace pace = {.commit_ms = 20};

        (void)state;
        qf_pace_committed(&pace, 490 * ms, 500 * ms, 30);
        pace.begun_ns = 501 * ms;
        assert_int_equal(qf_pace_due(&pace, true), 510 * ms);
        assert_int_equal(qf_pace_due(&pace, false), 540 * ms);
}

static void busy_commits_take_a_fifth_of_the_time(void **state)
{
        struct qf_pace pace = {.commit_ms = 20};

        (void)state;
        qf_pace_committed(&pace, 490 * ms, 500 * ms, 30);
        qf_pace_committed(&pace, 590 * ms, 600 * ms, 5000);
        pace.begun_ns = 601 * ms;
        assert_int_equal(qf_pace_due(&pace, true), 640 * ms);
}

static void no_group_waits_long_for_a_slow_disk(void **state)
{
        struct qf_pace pace = {.commit_ms = 20};

        (void)state;
        qf_pace_committed(&pace, 0, 5000 * ms, 30);
        pace.begun_ns = 5001 * ms;
        assert_int_equal(qf_pace_due(&pace, true), 5250 * ms);
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

static void ring_that_is_not_enabled_covers_nothing(void **state)
{
        struct qf_ring *ring = *state;

        qf_ring_add(ring, 5, 1, QF_VIEW("key"), 1, QF_VIEW("row"));
        assert_false(qf_ring_covers(ring, 100));
        assert_int_equal(qf_ring_end(ring), 0);
}

static void ring_gives_rows_in_order_and_leaves_out_what_stands_again(void **state)
{
        struct qf_ring *ring = *state;
        struct qf_view key, packed;
        uint32_t partner;

        assert_int_equal(qf_ring_enable(ring, 4), 0);
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

/* Some fifty mebibytes through a ring of thirty-two: the newest are there, whole, and who is behind is told so. */
static void ring_drops_the_oldest(void **state)
{
        struct qf_ring *ring = *state;
        char bytes[997];
        struct qf_view key, packed;
        uint32_t partner, rows = 0;

        assert_int_equal(qf_ring_enable(ring, 0), 0);
        uint64_t old = qf_ring_begin(ring), cursor;
        for (uint32_t row = 1; row <= 60000; row++) {
                memset(bytes, (int)row, sizeof bytes);
                qf_ring_add(ring, row, row, QF_VIEW("key"), row,
                            (struct qf_view){bytes, (uint32_t)(sizeof bytes - row % 500)});
        }
        assert_false(qf_ring_holds(ring, old));
        assert_false(qf_ring_covers(ring, 1000));
        cursor = qf_ring_begin(ring);
        while (qf_ring_next(ring, &cursor, &partner, &key, &packed)) {
                if (rows++ == 0)
                        assert_true(qf_ring_covers(ring, partner - 1));
                assert_int_equal(packed.len, sizeof bytes - partner % 500);
                for (uint32_t i = 0; i < packed.len; i++)
                        assert_int_equal(packed.at[i], (char)partner);
        }
        assert_int_equal(partner, 60000);
        assert_in_range(rows, 32000, 60000);
        qf_ring_forget(ring, 70000);
        assert_false(qf_ring_next(ring, &cursor, &partner, &key, &packed));
        assert_true(qf_ring_covers(ring, 70000));
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(drained_group_is_due_at_once),
                cmocka_unit_test(commits_take_at_most_half_of_the_time),
                cmocka_unit_test(busy_commits_take_a_fifth_of_the_time),
                cmocka_unit_test(no_group_waits_long_for_a_slow_disk),
                CASE(ring_that_is_not_enabled_covers_nothing),
                CASE(ring_gives_rows_in_order_and_leaves_out_what_stands_again),
                CASE(ring_drops_the_oldest),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
