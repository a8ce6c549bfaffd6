/* report/token_use: the first use of a token on a day is told from the others, however many there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "report/token_use.h"

static const uint8_t *digest_of(uint32_t number)
{
        static uint8_t digest[QF_SHA256_BYTES];

        memcpy(digest, &number, sizeof number);
        return digest;
}

static void the_first_of_each_day_is_told(void **state)
{
        struct qf_token_use *use = calloc(1, sizeof *use);

        (void)state;
        assert_non_null(use);
        assert_true(qf_token_use_first(use, digest_of(1), 10));
        assert_false(qf_token_use_first(use, digest_of(1), 10));
        assert_true(qf_token_use_first(use, digest_of(2), 10));
        assert_true(qf_token_use_first(use, digest_of(1), 11));
        assert_false(qf_token_use_first(use, digest_of(1), 11));
        assert_false(qf_token_use_first(use, digest_of(2), 10));
        free(use);
}

static void a_new_one_takes_the_place_of_the_longest_unused(void **state)
{
        struct qf_token_use *use = calloc(1, sizeof *use);

        (void)state;
        assert_non_null(use);
        for (uint32_t i = 0; i < QF_TOKENS_MAX; i++)
                assert_true(qf_token_use_first(use, digest_of(i), i == 7 ? 9 : 10));
        assert_true(qf_token_use_first(use, digest_of(5000), 10));
        assert_false(qf_token_use_first(use, digest_of(5000), 10));
        assert_false(qf_token_use_first(use, digest_of(6), 10));
        assert_true(qf_token_use_first(use, digest_of(7), 10)); /* it was that one */
        free(use);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_first_of_each_day_is_told),
                cmocka_unit_test(a_new_one_takes_the_place_of_the_longest_unused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
