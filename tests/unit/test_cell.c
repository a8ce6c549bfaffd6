/* model/cell: all five counts are added, or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/cell.h"

static void counts_are_added_and_taken_out(void **state)
{
        struct qf_counts sum = {{1, 2, 3, 4, 5}};
        const struct qf_counts more = {{10, 20, 30, 40, 50}};

        (void)state;
        assert_true(qf_counts_add(&sum, &more, 1));
        assert_int_equal(sum.of[QF_ATTENDANCES], 33);
        assert_true(qf_counts_add(&sum, &more, -1));
        assert_true(qf_counts_add(&sum, &more, -1));
        assert_int_equal(sum.of[QF_RECORDS], -9);
        assert_int_equal(sum.of[QF_ACTIVITIES_UNKNOWN], -45);
}

static void an_overflow_changes_nothing(void **state)
{
        struct qf_counts sum = {{1, 2, INT64_MAX, 4, 5}};
        struct qf_counts low = {{1, 2, INT64_MIN, 4, 5}};
        const struct qf_counts more = {{1, 1, 1, 1, 1}};

        (void)state;
        assert_false(qf_counts_add(&sum, &more, 1));
        assert_int_equal(sum.of[QF_RECORDS], 1);
        assert_int_equal(sum.of[QF_ATTENDANCES], INT64_MAX);
        assert_false(qf_counts_add(&low, &more, -1));
        assert_int_equal(low.of[QF_ACTIVITIES_UNKNOWN], 5);
}

static void measures_have_codes(void **state)
{
        (void)state;
        assert_string_equal(qf_measure_code(QF_RECORDS), "records");
        assert_string_equal(qf_measure_code(QF_ACTIVITIES_UNKNOWN), "activities_unknown");
        assert_string_equal(qf_measure_code(QF_MEASURES), "");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(counts_are_added_and_taken_out),
                cmocka_unit_test(an_overflow_changes_nothing),
                cmocka_unit_test(measures_have_codes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
