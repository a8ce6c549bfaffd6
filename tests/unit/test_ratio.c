/* model/ratio: every trap of the programme's figures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/ratio.h"

static char text[64];

static void growth_rounds_once(void **state)
{
        static const struct {
                int64_t current, base;
                enum qf_rounding rounding;
                const char *printed;
        } rows[] = {
                {329, 218, QF_HALF_UP, "+50.92"},
                {48430, 27986, QF_HALF_UP, "+73.05"},
                {801, 800, QF_HALF_UP, "+0.13"},
                {801, 800, QF_HALF_EVEN, "+0.12"},
                {799, 800, QF_HALF_UP, "-0.13"},
                {799, 800, QF_HALF_EVEN, "-0.12"},
                {803, 800, QF_HALF_EVEN, "+0.38"},
                {5, 0, QF_HALF_UP, "—"},
                {0, 0, QF_HALF_UP, "—"},
                {7, 7, QF_HALF_UP, "0.00"},
                {0, 7, QF_HALF_UP, "-100.00"},
                {99999, 100000, QF_HALF_UP, "0.00"},
                {1000001, 1000000, QF_HALF_UP, "0.00"},
                {INT64_MAX, INT64_MAX - 1, QF_HALF_UP, "0.00"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
                assert_string_equal(
                        qf_ratio_growth(rows[i].current, rows[i].base, rows[i].rounding, text, sizeof(text)),
                        rows[i].printed);
}

static void all_seven_triples_print_the_articles_growth(void **state)
{
        static const struct {
                int64_t first, second, third;
                const char *second_on_first, *third_on_second;
        } rows[] = {
                {163, 392, 246, "+140.49", "-37.24"}, {218, 309, 329, "+41.74", "+6.47"},
                {271, 229, 409, "-15.50", "+78.60"},  {273, 226, 412, "-17.22", "+82.30"},
                {326, 146, 492, "-55.21", "+236.99"}, {379, 66, 572, "-82.59", "+766.67"},
                {381, 63, 575, "-83.46", "+812.70"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                assert_int_equal(rows[i].second + rows[i].third, 638);
                assert_string_equal(
                        qf_ratio_growth(rows[i].third, rows[i].first, QF_HALF_UP, text, sizeof(text)),
                        "+50.92");
                assert_string_equal(
                        qf_ratio_growth(rows[i].second, rows[i].first, QF_HALF_UP, text, sizeof(text)),
                        rows[i].second_on_first);
                assert_string_equal(
                        qf_ratio_growth(rows[i].third, rows[i].second, QF_HALF_UP, text, sizeof(text)),
                        rows[i].third_on_second);
        }
}

static void rates_round_once_and_thresholds_are_exact(void **state)
{
        (void)state;
        assert_string_equal(qf_ratio_percent(163, 169, 1, QF_HALF_UP, text, sizeof(text)), "96.4");
        assert_string_equal(qf_ratio_percent(965, 1000, 1, QF_HALF_UP, text, sizeof(text)), "96.5");
        assert_string_equal(qf_ratio_percent(82, 85, 1, QF_HALF_UP, text, sizeof(text)), "96.5");
        assert_string_equal(qf_ratio_percent(9799, 10000, 1, QF_HALF_UP, text, sizeof(text)), "98.0");
        assert_string_equal(qf_ratio_percent(50, 51, 1, QF_HALF_UP, text, sizeof(text)), "98.0");
        assert_string_equal(qf_ratio_percent(1, 3, 0, QF_HALF_UP, text, sizeof(text)), "33");
        assert_string_equal(qf_ratio_percent(1, 0, 1, QF_HALF_UP, text, sizeof(text)), "—");
        assert_false(qf_ratio_over(49, 50, 98));
        assert_false(qf_ratio_over(9799, 10000, 98));
        assert_true(qf_ratio_over(50, 51, 98));
        assert_true(qf_ratio_over(981, 1000, 98));
        assert_false(qf_ratio_over(980, 1000, 98));
        assert_false(qf_ratio_over(1, 0, 98));
        assert_true(qf_ratio_over(INT64_MAX, INT64_MAX - 1, 100));
}

static void means_per_activity(void **state)
{
        (void)state;
        assert_string_equal(qf_ratio_mean(27986, 218, 1, QF_HALF_UP, text, sizeof(text)), "128.4");
        assert_string_equal(qf_ratio_mean(42137, 309, 1, QF_HALF_UP, text, sizeof(text)), "136.4");
        assert_string_equal(qf_ratio_mean(48430, 329, 1, QF_HALF_UP, text, sizeof(text)), "147.2");
        assert_string_equal(qf_ratio_mean(1, 2, 0, QF_HALF_EVEN, text, sizeof(text)), "0");
        assert_string_equal(qf_ratio_mean(1, 0, 1, QF_HALF_UP, text, sizeof(text)), "—");
}

static void magnitudes_say_what_is_left_over(void **state)
{
        static const struct {
                int64_t value;
                const char *zh, *en;
        } rows[] = {
                {90567, "9万余", "over 90,000"}, {90000, "9万", "90,000"},
                {9567, "9,567", "9,567"},        {10001, "1万余", "over 10,000"},
                {10000, "1万", "10,000"},        {0, "0", "0"},
                {-90567, "-90,567", "-90,567"},  {1234567890, "123456万余", "over 1,234,560,000"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                assert_string_equal(qf_ratio_magnitude_zh(rows[i].value, text, sizeof(text)), rows[i].zh);
                assert_string_equal(qf_ratio_magnitude_en(rows[i].value, text, sizeof(text)), rows[i].en);
        }
        assert_string_equal(qf_ratio_grouped(INT64_MIN, text, sizeof(text)), "-9,223,372,036,854,775,808");
        assert_string_equal(qf_ratio_grouped(638, text, sizeof(text)), "638");
        assert_string_equal(qf_ratio_grouped(123456, text, 4), "123");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(growth_rounds_once),
                cmocka_unit_test(all_seven_triples_print_the_articles_growth),
                cmocka_unit_test(rates_round_once_and_thresholds_are_exact),
                cmocka_unit_test(means_per_activity),
                cmocka_unit_test(magnitudes_say_what_is_left_over),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
