/* report/share: time that one source took is not there for it, and is for others; what is put off makes doors rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/share.h"

enum { MS_PER_S = 200 };

#define MS INT64_C(1000000) /* in ns */

/* 0: it may be served; else the milliseconds to wait. */
static uint32_t wait_of(struct qf_share *share, enum qf_share_kind kind, uint32_t source, int64_t mono_ns)
{
        uint32_t retry_ms = 0;
        int r = qf_share_ask(share, kind, source, mono_ns, &retry_ms);

        assert_int_equal(r, retry_ms ? QF_QUOTA_OVER : 0);
        return retry_ms;
}

static void spend(struct qf_share *share, uint32_t source, int64_t from_ns, int64_t ns)
{
        assert_int_equal(qf_share_pay(share, QF_SHARE_ANSWERS, source, from_ns, 0, from_ns + ns), 0);
}

static void who_took_much_waits_until_it_is_paid(void **state)
{
        struct qf_share share = {0};

        (void)state;
        assert_int_equal(qf_share_init(&share, MS_PER_S), 0);
        assert_int_equal(wait_of(&share, QF_SHARE_ANSWERS, 1, 1000 * MS), 0);
        spend(&share, 1, 1000 * MS, 200 * MS); /* all there is at once */
        assert_int_equal(wait_of(&share, QF_SHARE_ANSWERS, 1, 1200 * MS), 0);
        spend(&share, 1, 1200 * MS, 50 * MS); /* 10 came meanwhile: 40 are owed, and paid at 200 a second */
        assert_int_equal(wait_of(&share, QF_SHARE_ANSWERS, 1, 1250 * MS), 200);
        assert_int_equal(wait_of(&share, QF_SHARE_UPDATES, 1, 1250 * MS), 0);
        assert_int_equal(wait_of(&share, QF_SHARE_ANSWERS, 2, 1250 * MS), 0);
        assert_int_equal(wait_of(&share, QF_SHARE_ANSWERS, 1, 1449 * MS), 1);
        assert_int_equal(wait_of(&share, QF_SHARE_ANSWERS, 1, 1450 * MS), 0);
        qf_share_deinit(&share);
}

static void what_is_owed_is_a_second_s_worth_at_most(void **state)
{
        struct qf_share share = {0};

        (void)state;
        assert_int_equal(qf_share_init(&share, MS_PER_S), 0);
        spend(&share, 1, 1000 * MS, 3600 * 1000 * MS);
        spend(&share, 1, 1000 * MS, 3600 * 1000 * MS);
        assert_int_equal(wait_of(&share, QF_SHARE_ANSWERS, 1, (1000 + 3600 * 1000) * MS), 1000);
        qf_share_deinit(&share);
}

static void bytes_take_time_too(void **state)
{
        struct qf_share share = {0};

        (void)state;
        assert_int_equal(qf_share_init(&share, MS_PER_S), 0);
        for (int i = 0; i < 500; i++)
                assert_int_equal(qf_share_pay(&share, QF_SHARE_ANSWERS, 1, 1000 * MS, 256 * 1024, 1000 * MS),
                                 0);
        assert_true(wait_of(&share, QF_SHARE_ANSWERS, 1, 1000 * MS) > 0);
        qf_share_deinit(&share);
}

static void without_a_limit_nobody_waits(void **state)
{
        struct qf_share share = {0};

        (void)state;
        assert_int_equal(qf_share_init(&share, 0), 0);
        spend(&share, 1, 1000 * MS, 3600 * 1000 * MS);
        assert_int_equal(wait_of(&share, QF_SHARE_ANSWERS, 1, 1001 * MS), 0);
        qf_share_set(&share, MS_PER_S);
        spend(&share, 1, 2000 * MS, 300 * MS);
        assert_true(wait_of(&share, QF_SHARE_ANSWERS, 1, 2300 * MS) > 0);
        qf_share_set(&share, 0);
        assert_int_equal(wait_of(&share, QF_SHARE_ANSWERS, 1, 2300 * MS), 0);
        qf_share_deinit(&share);
}

static void what_is_put_off_is_followed_by_one_rest(void **state)
{
        struct qf_share share = {0};

        (void)state;
        assert_int_equal(qf_share_rest_us(&share), 0);
        qf_share_put_off(&share, 7, 320);
        assert_int_equal(qf_share_rest_us(&share), 30);
        assert_int_equal(qf_share_rest_us(&share), 0);
        for (int i = 0; i < 1000; i++)
                qf_share_put_off(&share, 7, 100);
        assert_int_equal(qf_share_rest_us(&share), QF_QUOTA_REST_MOST_US);
        assert_int_equal(share.put_off, 1001);
        assert_int_equal(share.put_off_source, 7);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(who_took_much_waits_until_it_is_paid),
                cmocka_unit_test(what_is_owed_is_a_second_s_worth_at_most),
                cmocka_unit_test(bytes_take_time_too),
                cmocka_unit_test(without_a_limit_nobody_waits),
                cmocka_unit_test(what_is_put_off_is_followed_by_one_rest),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
