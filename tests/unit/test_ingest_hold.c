/* ingest/hold: how long partners wait for counting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ingest/hold.h"

static const int64_t ms = 1000 * 1000;

static int64_t held_ns(int64_t worked_ns, uint32_t behind)
{
        struct qf_hold hold = {0};

        qf_hold_note(&hold, 500 * ms, 500 * ms + worked_ns);
        return qf_hold_until_ns(&hold, behind) - 500 * ms - worked_ns;
}

static void nobody_waits_while_counting_is_near(void **state)
{
        (void)state;
        assert_int_equal(held_ns(40 * ms, 0), 0);
        assert_int_equal(held_ns(40 * ms, 500), 0);
        assert_int_equal(held_ns(40 * ms, 502), 0); /* less than a loop can wait */
}

static void partners_wait_longer_the_further_it_is_behind(void **state)
{
        (void)state;
        assert_int_equal(held_ns(40 * ms, 600), 24 * ms);
        assert_int_equal(held_ns(40 * ms, 750), 60 * ms);
        assert_int_equal(held_ns(40 * ms, 1000), 120 * ms);
}

/* From the store it is slower: let go there, it would never come back. */
static void partners_wait_for_counting_that_lost_the_tail(void **state)
{
        (void)state;
        assert_int_equal(held_ns(40 * ms, 1001), 120 * ms);
        assert_int_equal(held_ns(40 * ms, 16000), 120 * ms);
}

static void nobody_waits_for_counting_that_is_lost(void **state)
{
        (void)state;
        assert_int_equal(held_ns(40 * ms, 16001), 0);
        assert_int_equal(held_ns(40 * ms, UINT32_MAX), 0);
}

static void nobody_waits_long_for_a_slow_group(void **state)
{
        (void)state;
        assert_int_equal(held_ns(2000 * ms, 1000), 250 * ms);
}

static void before_the_first_group_nobody_waits(void **state)
{
        (void)state;
        assert_int_equal(qf_hold_until_ns(&(struct qf_hold){0}, 1000), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(nobody_waits_while_counting_is_near),
                cmocka_unit_test(partners_wait_longer_the_further_it_is_behind),
                cmocka_unit_test(partners_wait_for_counting_that_lost_the_tail),
                cmocka_unit_test(nobody_waits_for_counting_that_is_lost),
                cmocka_unit_test(nobody_waits_long_for_a_slow_group),
                cmocka_unit_test(before_the_first_group_nobody_waits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
