/* base/order: sorted by number, what is equal as it stood, and nothing lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/order.h"

enum { COUNT = 3000 };

/* Numbers that differ in all bytes, in some, in none. */
static void numbers_are_sorted_and_equal_ones_stay(void **state)
{
        static const uint64_t masks[] = {UINT64_MAX, 0xff, UINT64_C(0xf0) << 56 | 3, 0};
        static struct qf_ordered at[COUNT], spare[COUNT];
        static char items[COUNT];

        (void)state;
        for (size_t m = 0; m < sizeof(masks) / sizeof(masks[0]); m++) {
                uint64_t number = 1, sum = 0, seen = 0;
                for (size_t i = 0; i < COUNT; i++) {
                        number = number * UINT64_C(6364136223846793005) + 1442695040888963407U;
                        at[i] = (struct qf_ordered){(number >> 5) & masks[m], &items[i]};
                        sum += at[i].number;
                }
                const struct qf_ordered *sorted = qf_order(at, spare, COUNT);
                for (size_t i = 0; i < COUNT; i++) {
                        seen += sorted[i].number;
                        if (i == 0)
                                continue;
                        assert_true(sorted[i - 1].number <= sorted[i].number);
                        if (sorted[i - 1].number == sorted[i].number)
                                assert_true((char *)sorted[i - 1].item < (char *)sorted[i].item);
                }
                assert_true(seen == sum);
        }
        assert_ptr_equal(qf_order(at, spare, 0), at);
        assert_ptr_equal(qf_order(at, spare, 1), at);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_are_sorted_and_equal_ones_stay)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
