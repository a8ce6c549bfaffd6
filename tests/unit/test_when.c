/* qf/shell/when: what the Tab key offers of the calendar goes one step at a time, and is what the parsers take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "model/period.h"
#include "qf/cli/asking.h"
#include "qf/office/period.h"
#include "qf/shell/when.h"

enum { TODAY = 20240229 };

struct offers {
        char text[2048];
        unsigned count;
};

static void keep(void *ctx, struct qf_view word)
{
        struct offers *offers = ctx;
        const size_t len = strlen(offers->text);

        (void)snprintf(offers->text + len, sizeof offers->text - len, "%.*s ", (int)word.len, word.at);
        offers->count++;
}

static struct offers offered(enum qf_fills fills, const char *typed)
{
        struct offers offers = {0};

        qf_when(fills, qf_view_of(typed), TODAY, keep, &offers);
        return offers;
}

static void a_tab_goes_one_step(void **state)
{
        (void)state;
        assert_string_equal(offered(QF_FILLS_YEAR, "").text, "2024 2023 2022 2021 2020 ");
        assert_string_equal(offered(QF_FILLS_YEAR, "2019").text, "2024 2023 2022 2021 2020 ");
        assert_string_equal(offered(QF_FILLS_DATE, "").text, "2024 2023 2022 2021 2020 2024-02-29 ");
        assert_string_equal(offered(QF_FILLS_DATE, "202").text, "2024 2023 2022 2021 2020 2024-02-29 ");
        assert_string_equal(offered(QF_FILLS_DAY, "").text, "2024-02-29 ");
        assert_string_equal(
                offered(QF_FILLS_MONTH, "").text,
                "2024-02 2024-01 2023-12 2023-11 2023-10 2023-09 2023-08 2023-07 2023-06 2023-05 2023-04 2023-03 ");
        assert_string_equal(
                offered(QF_FILLS_MONTH, "2019-1").text,
                "2019-01 2019-02 2019-03 2019-04 2019-05 2019-06 2019-07 2019-08 2019-09 2019-10 2019-11 2019-12 ");
        assert_int_equal(offered(QF_FILLS_DATE, "2019").count, 1 + 12);
        assert_int_equal(offered(QF_FILLS_DATE, "2023-02-").count, 1 + 12 + 28);
        assert_int_equal(offered(QF_FILLS_DATE, "2024-02").count, 1 + 12 + 29);
        assert_int_equal(offered(QF_FILLS_DATE, "2024-13").count, 1 + 12);
        assert_int_equal(offered(QF_FILLS_DAY, "2024-04-1").count, 12 + 30);
        assert_int_equal(offered(QF_FILLS_PERIOD, "").count, 5 + 12);
        assert_int_equal(offered(QF_FILLS_PERIOD, "2023").count, 1 + 12 + 4 + 2);
}

static void check_date(void *ctx, struct qf_view word)
{
        char text[32];
        struct qf_cli cli = {.called = "test"};
        uint32_t date;
        unsigned *count = ctx;

        (void)snprintf(text, sizeof text, "%.*s", (int)word.len, word.at);
        assert_int_equal(qf_asking_date(&cli, "from", text, false, &date), 0);
        ++*count;
}

static void check_period(void *ctx, struct qf_view word)
{
        char text[32];
        struct qf_period period;
        unsigned *count = ctx;

        (void)snprintf(text, sizeof text, "%.*s", (int)word.len, word.at);
        assert_true(qf_period_parse(text, &period));
        ++*count;
}

static void what_is_offered_is_taken(void **state)
{
        static const char *const typed[] = {"", "2023", "2023-02", "2023-02-2"};
        unsigned count = 0;

        (void)state;
        for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++) {
                qf_when(QF_FILLS_DATE, qf_view_of(typed[i]), TODAY, check_date, &count);
                qf_when(QF_FILLS_DAY, qf_view_of(typed[i]), TODAY, check_date, &count);
                qf_when(QF_FILLS_MONTH, qf_view_of(typed[i]), TODAY, check_period, &count);
                qf_when(QF_FILLS_PERIOD, qf_view_of(typed[i]), TODAY, check_period, &count);
        }
        assert_true(count > 200);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_tab_goes_one_step),
                cmocka_unit_test(what_is_offered_is_taken),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
