/* model/personal: texts that name a person by number, and those that only look like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "model/personal.h"

/* Numbers that nobody has: the ranges of made-up ones, and identity numbers of the administrative area 000000. */
static void number_of_a_person_is_found(void **state)
{
        static const struct {
                const char *text;
                enum qf_personal what;
                const char *found;
        } rows[] = {
                {"联系人 13800000000", QF_PERSONAL_MOBILE, "13800000000"},
                {"13800000000", QF_PERSONAL_MOBILE, "13800000000"},
                {"tel:13800000000，", QF_PERSONAL_MOBILE, "13800000000"},
                {"（１３８００００００００）", QF_PERSONAL_MOBILE, "１３８００００００００"},
                {"138-0000-0000", QF_PERSONAL_MOBILE, "138-0000-0000"},
                {"电话138 0000 0000转", QF_PERSONAL_MOBILE, "138 0000 0000"},
                {"+8613800000000", QF_PERSONAL_MOBILE, "8613800000000"},
                {"+86 13800000000", QF_PERSONAL_MOBILE, "13800000000"},
                {"008613800000000", QF_PERSONAL_MOBILE, "008613800000000"},
                {"2023-05-06 19900000000", QF_PERSONAL_MOBILE, "19900000000"},
                {"2023 138 0000 0000", QF_PERSONAL_MOBILE, "138 0000 0000"},
                {"证件 000000199001010018", QF_PERSONAL_IDENTITY, "000000199001010018"},
                {"00000019900101019X", QF_PERSONAL_IDENTITY, "00000019900101019X"},
                {"00000019900101019x号", QF_PERSONAL_IDENTITY, "00000019900101019x"},
                {"", QF_PERSONAL_NONE, ""},
                {"参加 120 人，2023-05-06", QF_PERSONAL_NONE, ""},
                {"12800000000", QF_PERSONAL_NONE, ""},
                {"1380000000", QF_PERSONAL_NONE, ""},
                {"138000000000", QF_PERSONAL_NONE, ""},
                {"113800000000", QF_PERSONAL_NONE, ""},
                {"0591-83680000", QF_PERSONAL_NONE, ""},
                {"12345", QF_PERSONAL_NONE, ""},
                {"138-00000-000", QF_PERSONAL_NONE, ""},
                {"138--0000-0000", QF_PERSONAL_NONE, ""},
                {"138****0000", QF_PERSONAL_NONE, ""},
                {"000000199001010017", QF_PERSONAL_NONE, ""},
                {"000000199013010015", QF_PERSONAL_NONE, ""},
                {"000000199001010", QF_PERSONAL_NONE, ""},
                {"0000001990010100180", QF_PERSONAL_NONE, ""},
                {"00000019900101019", QF_PERSONAL_NONE, ""},
                {"13800000000138000000001380000000013800000000", QF_PERSONAL_NONE, ""},
                {"\xef\xbc", QF_PERSONAL_NONE, ""},
        };
        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                struct qf_view found = QF_VIEW("");
                if (qf_personal_find(qf_view_of(rows[i].text), &found) != rows[i].what ||
                    !qf_view_same(found, qf_view_of(rows[i].found)))
                        fail_msg("\"%s\": \"%.*s\"", rows[i].text, (int)found.len, found.at);
        }
}

static void cell_of_a_mobile_gives_its_digits(void **state)
{
        static const struct {
                const char *cell;
                bool is;
        } rows[] = {
                {"13800000000", true},      {"138 0000 0000", true},   {"138-0000-0000", true},
                {"+86-13800000000", true},  {"(86)13800000000", true}, {"１３８００００００００", true},
                {"138****0000", false},     {"83680000", false},       {"", false},
                {"张三13800000000", false}, {"13800000000,", false},
        };
        char digits[QF_MOBILE_DIGITS];
        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                if (qf_personal_mobile(qf_view_of(rows[i].cell), digits) != rows[i].is)
                        fail_msg("\"%s\"", rows[i].cell);
                if (rows[i].is)
                        assert_memory_equal(digits, "13800000000", sizeof digits);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(number_of_a_person_is_found),
                cmocka_unit_test(cell_of_a_mobile_gives_its_digits),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
