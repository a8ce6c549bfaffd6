/* What counting stops or waits with, for people: all that who follows the journal and applies it says is known, and its English is not changed. */
#include "views/standstill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/apply.h"
#include "client/follow.h"

static const struct qf_standstill *of(const char *say)
{
        return qf_standstill_of(qf_view_of(say));
}

static void all_that_is_said_is_known_once(void **state)
{
        const char *const said[] = {"being checked: an audit found damage",
                                    "the disk is full: counting waits for room",
                                    qf_follow_gone_back,
                                    qf_follow_other_journal,
                                    qf_follow_newer,
                                    qf_follow_not_allowed,
                                    qf_follow_trimmed,
                                    qf_follow_too_many,
                                    qf_follow_damaged,
                                    qf_follow_away,
                                    qf_apply_bad_register,
                                    qf_apply_bad_name,
                                    qf_apply_bad_batch,
                                    qf_apply_bad_control,
                                    qf_apply_bad_kind,
                                    "aggregation is away: these are the last numbers it gave"};
        const size_t count = sizeof(said) / sizeof(said[0]);

        (void)state;
        for (size_t i = 0; i < count; i++) {
                assert_non_null(of(said[i]));
                assert_true(strlen(of(said[i])->zh) > 0);
                for (size_t j = 0; j < i; j++)
                        assert_string_not_equal(of(said[i])->code, of(said[j])->code);
        }
}

static void all_else_is_not(void **state)
{
        (void)state;
        assert_null(of(""));
        assert_null(of("the disk is"));
        assert_null(of("what a newer release says"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(all_that_is_said_is_known_once),
                cmocka_unit_test(all_else_is_not),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
