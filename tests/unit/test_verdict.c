/* model/verdict: every code has both sentences, and unknown ones a general line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "model/verdict.h"

static void every_code_says_what_to_do_in_both_languages(void **state)
{
        static const uint16_t codes[] = {101, 103, 105, 106, 108, 109, 110, 111, 141, 142, 143, 144, 150, 151,
                                         160, 161, 199, 204, 207, 290, 205, 206, 210, 302, 303, 304, 390};

        (void)state;
        for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
                const struct qf_code_text *text = qf_code_text(codes[i]);

                assert_int_equal(text->code, codes[i]);
                assert_int_equal(strlen(text->name), 4);
                assert_true(strstr(text->zh, "。") && strlen(text->zh) > 20);
                assert_true(strlen(text->en) > 20);
        }
        for (uint16_t why = 1; why < QF_REFUSED_END; why++)
                assert_int_equal(qf_refusal_text(why)->code, why);
}

static void names_are_as_people_know_them(void **state)
{
        (void)state;
        assert_string_equal(qf_code_text(QF_E141_CONFLICT)->name, "E141");
        assert_string_equal(qf_code_text(QF_Q104_UNKNOWN_ORG)->name, "Q204");
        assert_string_equal(qf_code_text(QF_N103_HISTORY)->name, "N103");
        assert_string_equal(qf_verdict_class_name(QF_LATE), "late");
        assert_string_equal(qf_verdict_class_name(QF_REJECTED), "rejected");
}

static void unknown_codes_give_a_general_line(void **state)
{
        (void)state;
        assert_non_null(qf_code_text(65535)->en);
        assert_string_equal(qf_code_text(65535)->name, "?");
        assert_non_null(qf_refusal_text(99)->zh);
        assert_string_equal(qf_verdict_class_name(77), "unknown");
        assert_string_equal(qf_code_text(QF_CODE_NONE)->name, "");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_code_says_what_to_do_in_both_languages),
                cmocka_unit_test(names_are_as_people_know_them),
                cmocka_unit_test(unknown_codes_give_a_general_line),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
