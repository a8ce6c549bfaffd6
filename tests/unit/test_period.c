/* model/period: real dates only, and the zone's midnight. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/period.h"

static void only_real_dates_are_valid(void **state)
{
        static const uint32_t good[] = {19000101, 20230506, 20230500, 20230000,
                                        20240229, 20000229, 29991231, 20231200};
        static const uint32_t bad[] = {0,        20230230, 20230229, 21000229, 20231301, 20230006,
                                       20230532, 18991231, 30000101, 20230431, 5,        20231399};

        (void)state;
        for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
                assert_true(qf_date_valid(good[i]));
        for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
                assert_false(qf_date_valid(bad[i]));
}

static void parts_of_a_date(void **state)
{
        (void)state;
        assert_int_equal(qf_date_month(20230506), 20230500);
        assert_int_equal(qf_date_month(20230500), 20230500);
        assert_int_equal(qf_date_month(20230000), 0);
        assert_int_equal(qf_date_year(20230506), 2023);
        assert_int_equal(qf_date_first_day(20230000), 20230101);
        assert_int_equal(qf_date_first_day(20230500), 20230501);
        assert_int_equal(qf_date_last_day(20230000), 20231231);
        assert_int_equal(qf_date_last_day(20240200), 20240229);
        assert_int_equal(qf_date_in_year(20240229, 2023), 20230228);
        assert_int_equal(qf_date_in_year(20240229, 2020), 20200229);
        assert_int_equal(qf_date_in_year(20240000, 2023), 20230000);
        assert_int_equal(qf_date_last_day(20230200), 20230228);
        assert_int_equal(qf_date_last_day(20230506), 20230506);
}

static void days_count_through_every_date_and_back(void **state)
{
        int32_t expected = qf_date_days(QF_DATE_FIRST);

        (void)state;
        assert_int_equal(qf_date_days(19700101), 0);
        assert_int_equal(qf_date_days(20000301), 11017);
        for (uint32_t date = QF_DATE_FIRST; date <= 22000101; date++) {
                if (!qf_date_valid(date) || date % 100 == 0)
                        continue;
                assert_int_equal(qf_date_days(date), expected);
                assert_int_equal(qf_date_from_days(expected), date);
                expected++;
        }
}

static void half_past_midnight_in_shanghai_is_the_new_year(void **state)
{
        const int64_t moment = INT64_C(1672504200000); /* 2022-12-31 16:30 UTC */

        (void)state;
        assert_int_equal(qf_date_at(moment, 480), 20230101);
        assert_int_equal(qf_date_at(moment, 0), 20221231);
        assert_int_equal(qf_date_at(-1, 0), 19691231);
        assert_int_equal(qf_date_at(INT64_MAX, 840), QF_DATE_LAST); /* as a record may say */
        assert_in_range(qf_date_at(INT64_MIN, -840), 0, 19000101);
        assert_int_equal(qf_date_at(0, -1), 19691231);
        assert_int_equal(qf_date_at(INT64_C(951782400000), 0), 20000229);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(only_real_dates_are_valid),
                cmocka_unit_test(parts_of_a_date),
                cmocka_unit_test(days_count_through_every_date_and_back),
                cmocka_unit_test(half_past_midnight_in_shanghai_is_the_new_year),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
