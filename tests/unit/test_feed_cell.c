/* client/feed_cell, figure_text: how people write dates, numbers, times and words in cells, and what is not guessed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/feed_cell.h"
#include "client/figure_text.h"
#include "model/event.h"

static void date_is_taken_in_all_spellings(void **state)
{
        static const struct {
                const char *cell;
                int result;
                uint32_t date;
        } rows[] = {
                {"2023-05-06", 0, 20230506},
                {"2023/5/6", 0, 20230506},
                {"2023.5.6", 0, 20230506},
                {"2023年5月6日", 0, 20230506},
                {"2023年5月6号", 0, 20230506},
                {"20230506", 0, 20230506},
                {"45052", 0, 20230506},
                {"２０２３－０５－０６", 0, 20230506},
                {" 2023-05-06 19:30 ", 0, 20230506},
                {"2023-05-06T19:30:00", 0, 20230506},
                {"2023/5/6 0:00", 0, 20230506},
                {"2023-05", 0, 20230500},
                {"2023年5月", 0, 20230500},
                {"202305", 0, 20230500},
                {"2023", 0, 20230000},
                {"2023年", 0, 20230000},
                {"2024-02-29", 0, 20240229},
                {"", QF_CELL_EMPTY, 0},
                {"　", QF_CELL_EMPTY, 0},
                {"5.6", QF_CELL_UNCLEAR, 0},
                {"5月6日", QF_CELL_UNCLEAR, 0},
                {"23-5-6", QF_CELL_UNCLEAR, 0},
                {"06/05/2023", QF_CELL_UNCLEAR, 0},
                {"上周五", QF_CELL_UNCLEAR, 0},
                {"2023-05-06T19:30:00.000", 0, 20230506},
                {"2023-05-06 下午 7：30", 0, 20230506},
                {"2023-05-06 上午9:30", 0, 20230506},
                {"2023-05-06 7:30 PM", 0, 20230506},
                {"2023-05-31T23:00:00Z", QF_CELL_UNCLEAR, 0},
                {"2023-05-31T23:00:00.5Z", QF_CELL_UNCLEAR, 0},
                {"2023-05-31 23:00+00:00", QF_CELL_UNCLEAR, 0},
                {"2023-05-31T23:00:00 -05:00", QF_CELL_UNCLEAR, 0},
                {"2023-05-06 (改为5月8日 9:00)", QF_CELL_UNCLEAR, 0},
                {"2023-05-06 25:00", QF_CELL_UNCLEAR, 0},
                {"2023-05-06 9:00.", QF_CELL_UNCLEAR, 0},
                {"2023-05-06 9:00.30", QF_CELL_UNCLEAR, 0},
                {"2023-05-06 :", QF_CELL_UNCLEAR, 0},
                {"2023-05-06-07", QF_CELL_UNCLEAR, 0},
                {"2023-05-", QF_CELL_UNCLEAR, 0},
                {"2023/", QF_CELL_UNCLEAR, 0},
                {"2023年5.", QF_CELL_UNCLEAR, 0},
                {"2023-05- 9:00", QF_CELL_UNCLEAR, 0},
                {"120", QF_CELL_UNCLEAR, 0},
                {"2023-02-30", QF_CELL_NO_SUCH, 0},
                {"2023-13-01", QF_CELL_NO_SUCH, 0},
                {"20230230", QF_CELL_NO_SUCH, 0},
                {"2023-00-01", QF_CELL_NO_SUCH, 0},
                {"2023-00", QF_CELL_NO_SUCH, 0},
        };
        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                uint32_t date = 0;
                if (qf_cell_date(qf_view_of(rows[i].cell), QF_ORDER_YMD, &date) != rows[i].result ||
                    date != rows[i].date)
                        fail_msg("\"%s\" gives %u", rows[i].cell, date);
        }
}

static void date_with_the_year_last_needs_its_order(void **state)
{
        uint32_t date = 0;
        (void)state;
        assert_int_equal(qf_cell_date(QF_VIEW("06/05/2023"), QF_ORDER_DMY, &date), 0);
        assert_int_equal(date, 20230506);
        assert_int_equal(qf_cell_date(QF_VIEW("06/05/2023"), QF_ORDER_MDY, &date), 0);
        assert_int_equal(date, 20230605);
        assert_int_equal(qf_cell_date(QF_VIEW("13/13/2023"), QF_ORDER_DMY, &date), QF_CELL_NO_SUCH);
}

static void percent_is_taken_with_its_sign_where_percent_is_asked(void **state)
{
        const struct qf_figure percent = {.code = "percent", .type = QF_FIGURE_COUNT},
                               views = {.code = "views"},
                               points = {.code = "points", .type = QF_FIGURE_MILLI};
        uint32_t value = 0;
        (void)state;
        assert_int_equal(qf_figure_read(&percent, QF_VIEW("100%"), &value), 0);
        assert_int_equal(value, 100);
        assert_int_equal(qf_figure_read(&percent, QF_VIEW("８０ ％"), &value), 0);
        assert_int_equal(value, 80);
        assert_int_equal(qf_figure_read(&percent, QF_VIEW("1"), &value), 0);
        assert_int_equal(value, 1);
        assert_int_equal(qf_figure_read(&percent, QF_VIEW("12.5%"), &value), QF_CELL_UNCLEAR);
        assert_int_equal(qf_figure_read(&percent, QF_VIEW("%"), &value), QF_CELL_UNCLEAR);
        assert_int_equal(qf_figure_read(&views, QF_VIEW("100%"), &value), QF_CELL_UNCLEAR);
        assert_int_equal(qf_figure_read(&points, QF_VIEW("92.5%"), &value), QF_CELL_UNCLEAR);
}

static void number_is_taken_in_all_spellings(void **state)
{
        static const struct {
                const char *cell;
                int result;
                uint32_t number;
        } rows[] = {
                {"120", 0, 120},
                {"１２０", 0, 120},
                {"1,200", 0, 1200},
                {"１，２００", 0, 1200},
                {"120人次", 0, 120},
                {"120 人", 0, 120},
                {"40场", 0, 40},
                {"120.0", 0, 120},
                {"120.00", 0, 120},
                {"0", 0, 0},
                {"100", 0, 100},
                {"1200,300", QF_CELL_UNCLEAR, 0},
                {"1200，300", QF_CELL_UNCLEAR, 0},
                {"1,0000000", QF_CELL_UNCLEAR, 0},
                {"100,", QF_CELL_UNCLEAR, 0},
                {"12,000,000", 0, 12000000},
                {"", QF_CELL_EMPTY, 0},
                {"约200人", QF_CELL_UNCLEAR, 0},
                {"1,2", QF_CELL_UNCLEAR, 0},
                {",200", QF_CELL_UNCLEAR, 0},
                {"-5", QF_CELL_UNCLEAR, 0},
                {"12.5", QF_CELL_UNCLEAR, 0},
                {"人次", QF_CELL_UNCLEAR, 0},
                {"200+", QF_CELL_UNCLEAR, 0},
                {"99999999999999999999", QF_CELL_UNCLEAR, 0},
        };
        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                uint32_t number = 0;
                if (qf_cell_number(qf_view_of(rows[i].cell), 100000000, &number) != rows[i].result ||
                    number != rows[i].number)
                        fail_msg("\"%s\" gives %u", rows[i].cell, number);
        }
}

static void point_that_may_part_thousands_is_told(void **state)
{
        static const char *const twofold[] = {"1.000",      "12.500",    "120.000人次",
                                              "１．０００", "1.234.567", "999.999"};
        static const char *const clear[] = {"1000", "1.0", "1.00", "1.0000", "0.000", "1234.000", "1,200.000",
                                            "1.5",  "1.",  ".000", "",       "人次",  "1.000,5",  "1.00a"};
        (void)state;
        for (size_t i = 0; i < sizeof twofold / sizeof twofold[0]; i++)
                if (!qf_cell_number_is_twofold(qf_view_of(twofold[i])))
                        fail_msg("\"%s\" is taken", twofold[i]);
        for (size_t i = 0; i < sizeof clear / sizeof clear[0]; i++)
                if (qf_cell_number_is_twofold(qf_view_of(clear[i])))
                        fail_msg("\"%s\" is not taken", clear[i]);
}

static void scale_is_known_in_a_remark(void **state)
{
        static const char *const scales[] = {"万", "万人次", "千人", "单位：万人", "单位 亿"};
        static const char *const others[] = {"必填", "人", "人次", "含万科", "千人计划", "", "%"};
        (void)state;
        for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++)
                if (!qf_cell_is_scale(qf_view_of(scales[i])))
                        fail_msg("\"%s\" is none", scales[i]);
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
                if (qf_cell_is_scale(qf_view_of(others[i])))
                        fail_msg("\"%s\" is one", others[i]);
}

static void words_are_known_in_both_languages(void **state)
{
        uint8_t word = 0;
        uint16_t minutes = 0;
        (void)state;
        assert_int_equal(qf_cell_action(QF_VIEW("更正"), &word), 0);
        assert_int_equal(word, QF_REPLACE);
        assert_int_equal(qf_cell_action(QF_VIEW("Withdraw"), &word), 0);
        assert_int_equal(word, QF_WITHDRAW);
        assert_int_equal(qf_cell_action(QF_VIEW("删"), &word), QF_CELL_UNCLEAR);
        assert_int_equal(qf_cell_method(QF_VIEW("点人头"), &word), 0);
        assert_int_equal(word, QF_HEADCOUNT);
        assert_int_equal(qf_cell_total(QF_VIEW("合　计：")), QF_TOTAL_ALL);
        assert_int_equal(qf_cell_total(QF_VIEW("TOTAL")), QF_TOTAL_ALL);
        assert_int_equal(qf_cell_total(QF_VIEW("合计划")), QF_TOTAL_NONE);
        assert_int_equal(qf_cell_total(QF_VIEW("小计")), QF_TOTAL_PART);
        assert_int_equal(qf_cell_clock(QF_VIEW("9：30"), &minutes), 0);
        assert_int_equal(minutes, 570);
        assert_int_equal(qf_cell_clock(QF_VIEW("24:00"), &minutes), QF_CELL_UNCLEAR);
}

static void time_is_taken_in_both_halves_of_the_day(void **state)
{
        static const struct {
                const char *cell;
                int result;
                uint16_t minutes;
        } rows[] = {
                {"下午7:30", 0, 1170},
                {"7:30 PM", 0, 1170},
                {"下午 19:30", 0, 1170},
                {"上午9:30", 0, 570},
                {"AM 9：30", 0, 570},
                {"下午12:30", 0, 750},
                {"上午12:30", 0, 30},
                {"19:30:00.000", 0, 1170},
                {"上午13:00", QF_CELL_UNCLEAR, 0},
                {"下午", QF_CELL_UNCLEAR, 0},
                {"19.30", QF_CELL_UNCLEAR, 0},
                {"7:30 Z", QF_CELL_UNCLEAR, 0},
                {" ", QF_CELL_EMPTY, 0},
        };
        uint16_t minutes = 0;
        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                minutes = 0;
                if (qf_cell_clock(qf_view_of(rows[i].cell), &minutes) != rows[i].result ||
                    minutes != rows[i].minutes)
                        fail_msg("\"%s\" gives %u", rows[i].cell, minutes);
        }
        assert_int_equal(qf_cell_clock_plain(QF_VIEW("下午7:30"), &minutes), QF_CELL_UNCLEAR);
        assert_int_equal(qf_cell_date_clock(QF_VIEW("2023年5月6日　下午7:30"), &minutes), 0);
        assert_int_equal(minutes, 1170);
        assert_int_equal(qf_cell_date_clock(QF_VIEW("2023-05-06T08:15:00"), &minutes), 0);
        assert_int_equal(minutes, 495);
        assert_int_equal(qf_cell_date_clock(QF_VIEW("2023-05-06"), &minutes), QF_CELL_EMPTY);
        assert_int_equal(qf_cell_date_clock(QF_VIEW("2023-05-06 傍晚"), &minutes), QF_CELL_EMPTY);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(date_is_taken_in_all_spellings),
                cmocka_unit_test(date_with_the_year_last_needs_its_order),
                cmocka_unit_test(percent_is_taken_with_its_sign_where_percent_is_asked),
                cmocka_unit_test(number_is_taken_in_all_spellings),
                cmocka_unit_test(point_that_may_part_thousands_is_told),
                cmocka_unit_test(scale_is_known_in_a_remark),
                cmocka_unit_test(words_are_known_in_both_languages),
                cmocka_unit_test(time_is_taken_in_both_halves_of_the_day),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
