/* report/table: columns of set codes, widened and replaced without losing a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "report/table.h"

static int setup(void **state)
{
        return qf_table_new((struct qf_table **)state);
}

static int teardown(void **state)
{
        *state = qf_table_free(*state);
        return 0;
}

static void set(struct qf_table *table, uint32_t row, uint32_t date, const struct qf_member_of *members,
                uint32_t count)
{
        const struct qf_table_row set = {row, date, 2, 11, count, members, 0, {0}};

        assert_int_equal(qf_table_set(table, &set), 0);
}

/* The only member of a row in a dimension; 0: none; UINT32_MAX: several. */
static uint32_t member(const struct qf_table *table, uint16_t dimension, uint32_t row)
{
        struct qf_table_column column = qf_table_column(table, dimension);
        uint32_t code = qf_table_code(&column, row), count = column.first[code + 1] - column.first[code];

        return count == 0 ? 0 : count == 1 ? column.members[column.first[code]] : UINT32_MAX;
}

static void rows_may_come_in_any_order(void **state)
{
        const struct qf_member_of a[] = {{1, 7}, {2, 3}, {2, 4}}, b[] = {{1, 9}};

        set(*state, 5000, 20230506, a, 3);
        set(*state, 3, 20230507, b, 1);
        assert_int_equal(qf_table_columns(*state).rows, 5001);
        assert_int_equal(qf_table_columns(*state).date[5000], 20230506);
        assert_int_equal(qf_table_columns(*state).sessions[3], 2);
        assert_int_equal(qf_table_columns(*state).attendances[3], 11);
        assert_int_equal(qf_table_columns(*state).date[4], 0);
        assert_int_equal(member(*state, 1, 5000), 7);
        assert_int_equal(member(*state, 2, 5000), UINT32_MAX);
        assert_int_equal(member(*state, 1, 3), 9);
        assert_int_equal(member(*state, 2, 3), 0);
        assert_int_equal(member(*state, 3, 3), 0);
        assert_int_equal(member(*state, 99, 3), 0);
}

static void a_row_is_replaced_whole(void **state)
{
        const struct qf_member_of a[] = {{1, 7}, {2, 3}}, b[] = {{3, 1}};

        set(*state, 1, 20230506, a, 2);
        set(*state, 1, 0, b, 1);
        assert_int_equal(qf_table_columns(*state).date[1], 0);
        assert_int_equal(member(*state, 1, 1), 0);
        assert_int_equal(member(*state, 2, 1), 0);
        assert_int_equal(member(*state, 3, 1), 1);
}

static void codes_widen_and_equal_sets_share_one(void **state)
{
        for (uint32_t row = 0; row < 70000; row++) {
                const struct qf_member_of members[] = {{1, row + 1}, {2, row % 3 + 1}};

                set(*state, row, 20230506, members, 2);
        }
        assert_int_equal(qf_table_column(*state, 1).width, 4);
        assert_int_equal(qf_table_column(*state, 2).width, 1);
        assert_int_equal(qf_table_column(*state, 2).sets, 4);
        for (uint32_t row = 0; row < 70000; row += 997) {
                assert_int_equal(member(*state, 1, row), row + 1);
                assert_int_equal(member(*state, 2, row), row % 3 + 1);
        }
        assert_true(qf_table_bytes(*state) < 70000 * 64);
}

static void impossible_rows_are_refused(void **state)
{
        const struct qf_member_of unsorted[] = {{2, 1}, {1, 1}}, beyond[] = {{40, 1}};
        const struct qf_table_row far = {.row = QF_TABLE_ROWS_MAX}, many = {.row = 1, .sessions = 70000};
        const struct qf_table_row wrong = {1, 20230506, 1, 1, 2, unsorted, 0, {0}},
                                  outside = {2, 20230506, 1, 1, 1, beyond, 0, {0}};

        assert_int_equal(qf_table_set(*state, &far), -EINVAL);
        assert_int_equal(qf_table_set(*state, &many), -EINVAL);
        assert_int_equal(qf_table_set(*state, &wrong), -EINVAL);
        assert_int_equal(qf_table_set(*state, &outside), -EINVAL);
        assert_int_equal(qf_table_columns(*state).rows, 0);
}

static void a_row_may_come_as_codes(void **state)
{
        const struct qf_member_of a[] = {{1, 7}, {2, 3}, {2, 4}};
        const struct qf_table_row row = {.row = 2, .date = 20230506};
        struct qf_table_value values[] = {{1, 0}, {2, 0}};
        uint32_t code;

        set(*state, 1, 20230506, a, 3);
        assert_int_equal(qf_table_code_of(*state, 1, a, 1, &values[0].code), 0);
        assert_int_equal(qf_table_code_of(*state, 2, a + 1, 2, &values[1].code), 0);
        assert_int_equal(qf_table_column(*state, 2).sets, 2); /* the one that there was */
        assert_int_equal(qf_table_code_of(*state, 0, a, 1, &code), -EINVAL);
        assert_int_equal(qf_table_code_of(*state, QF_TABLE_DIMENSIONS, a, 1, &code), -EINVAL);
        assert_int_equal(qf_table_put(*state, &row, values, 2), 0);
        assert_int_equal(member(*state, 1, 2), 7);
        assert_int_equal(member(*state, 2, 2), UINT32_MAX);
        assert_int_equal(qf_table_columns(*state).date[2], 20230506);
        assert_int_equal(qf_table_put(*state, &row, values + 1, 1),
                         0); /* no code is left of what was there */
        assert_int_equal(member(*state, 1, 2), 0);

        const struct qf_table_value falling[] = {values[1], values[0]}, strange = {1, 99};
        assert_int_equal(qf_table_put(*state, &row, falling, 2), -EINVAL);
        assert_int_equal(qf_table_columns(*state).date[2], 0); /* counts nothing */
        assert_int_equal(qf_table_put(*state, &row, &strange, 1), -EINVAL);
}

static long faults(void)
{
        struct rusage usage;

        assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
        return usage.ru_minflt;
}

/* Nineteen bytes a row: some nine thousand pages, were they cleared. */
static void memory_is_not_touched_before_rows_are_there(void **state)
{
        enum { FAR = 2 * 1000 * 1000 };
        const struct qf_member_of a[] = {{1, 7}};

        for (uint32_t row = 0; row < 3000; row++)
                set(*state, row, 20230506, a, 1);
        const long before = faults();
        set(*state, FAR, 20230507, a, 1);
        assert_in_range(faults() - before, 0, 500);
        assert_int_equal(qf_table_columns(*state).date[2999], 20230506);
        assert_int_equal(member(*state, 1, 2999), 7);
        assert_int_equal(qf_table_columns(*state).date[FAR / 2], 0);
        assert_int_equal(member(*state, 1, FAR / 2), 0);
        set(*state, 2 * FAR, 20230508, a, 1); /* grown once more: what is large already */
        assert_int_equal(qf_table_columns(*state).date[2999], 20230506);
        assert_int_equal(qf_table_columns(*state).date[FAR], 20230507);
        assert_int_equal(member(*state, 1, FAR), 7);
        assert_int_equal(qf_table_columns(*state).date[FAR + FAR / 2], 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(rows_may_come_in_any_order, setup, teardown),
                cmocka_unit_test_setup_teardown(a_row_is_replaced_whole, setup, teardown),
                cmocka_unit_test_setup_teardown(codes_widen_and_equal_sets_share_one, setup, teardown),
                cmocka_unit_test_setup_teardown(impossible_rows_are_refused, setup, teardown),
                cmocka_unit_test_setup_teardown(a_row_may_come_as_codes, setup, teardown),
                cmocka_unit_test_setup_teardown(memory_is_not_touched_before_rows_are_there, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
