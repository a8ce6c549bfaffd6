/* qf/feed_xlsx and what it stands on: what formats say of a number, workbooks of the clerks' corpus cell by cell, and
 * what is refused (tests/data/clerks has the files, and integration.clerks what a clerk is told of them). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "qf/sheets/feed_sheet.h"
#include "qf/sheets/feed_xlsx_style.h"
#include "qf/sheets/feed_zip.h"

/* --- formats ------------------------------------------------------------ */

static void format_tells_a_day_from_a_number(void **state)
{
        static const struct {
                const char *format;
                enum qf_xlsx_shape shape;
        } rows[] = {
                {"General", QF_SHAPE_PLAIN},
                {"General\"人\"", QF_SHAPE_PLAIN},
                {"\"约\"GENERAL;-General", QF_SHAPE_PLAIN},
                {"0", QF_SHAPE_PLAIN},
                {"#,##0", QF_SHAPE_PLAIN},
                {"0.00E+00", QF_SHAPE_PLAIN},
                {"@", QF_SHAPE_PLAIN},
                {"0\"人次\"", QF_SHAPE_PLAIN},
                {"[Red]#,##0;[Blue]-#,##0", QF_SHAPE_PLAIN},
                {"0\"day\"", QF_SHAPE_PLAIN},
                {"0%", QF_SHAPE_PERCENT},
                {"#,##0.00%;[Red]-0.00%", QF_SHAPE_PERCENT},
                {"0\"%\"", QF_SHAPE_PLAIN},
                {"0\\%", QF_SHAPE_PLAIN},
                {"0;0%", QF_SHAPE_PLAIN},
                {"yyyy-mm-dd", QF_SHAPE_DATE},
                {"yyyy\\-mm\\-dd;@", QF_SHAPE_DATE},
                {"yyyy\"年\"m\"月\"d\"日\";@", QF_SHAPE_DATE},
                {"[$-804]yyyy\"年\"m\"月\"d\"日\"", QF_SHAPE_DATE},
                {"[$-404]e/m/d", QF_SHAPE_DATE},
                {"YYYY/M/D", QF_SHAPE_DATE},
                {"yyyy/m/d h:mm", QF_SHAPE_DATE_TIME},
                {"yyyy-mm-dd hh:mm:ss.000", QF_SHAPE_DATE_TIME},
                {"yyyy\"年\"m\"月\";@", QF_SHAPE_MONTH},
                {"mmm-yy", QF_SHAPE_MONTH},
                {"yyyy", QF_SHAPE_YEAR},
                {"m\"月\"d\"日\";@", QF_SHAPE_NO_YEAR},
                {"d-mmm", QF_SHAPE_NO_YEAR},
                {"h:mm", QF_SHAPE_TIME},
                {"[h]:mm", QF_SHAPE_TIME},
                {"mm:ss", QF_SHAPE_TIME},
                {"", QF_SHAPE_PLAIN},
                {"\"open", QF_SHAPE_PLAIN},
                {"[open", QF_SHAPE_PLAIN},
                {"\\", QF_SHAPE_PLAIN},
        };
        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
                if (qf_xlsx_shape_of_code(rows[i].format) != rows[i].shape)
                        fail_msg("\"%s\" is %d", rows[i].format, (int)qf_xlsx_shape_of_code(rows[i].format));
        assert_int_equal(qf_xlsx_shape_of_id(9), QF_SHAPE_PERCENT);
        assert_int_equal(qf_xlsx_shape_of_id(10), QF_SHAPE_PERCENT);
        assert_int_equal(qf_xlsx_shape_of_id(11), QF_SHAPE_PLAIN);
        assert_int_equal(qf_xlsx_shape_of_id(14), QF_SHAPE_DATE);
        assert_int_equal(qf_xlsx_shape_of_id(31), QF_SHAPE_DATE);
        assert_int_equal(qf_xlsx_shape_of_id(57), QF_SHAPE_MONTH);
        assert_int_equal(qf_xlsx_shape_of_id(13), QF_SHAPE_PLAIN);
}

static void number_becomes_what_people_see(void **state)
{
        static const struct {
                const char *number;
                enum qf_xlsx_shape shape;
                bool epoch_1904;
                const char *text;
        } rows[] = {
                {"120", QF_SHAPE_PLAIN, false, "120"},
                {"00120", QF_SHAPE_PLAIN, false, "00120"},
                {"1.2E2", QF_SHAPE_PLAIN, false, "120"},
                {"-5", QF_SHAPE_PLAIN, false, "-5"},
                {"0.30000000000000004", QF_SHAPE_PLAIN, false, "0.3"},
                {"nan", QF_SHAPE_PLAIN, false, "nan"},
                {"1e999", QF_SHAPE_PLAIN, false, "1e999"},
                {"12a", QF_SHAPE_DATE, false, "12a"},
                {"", QF_SHAPE_DATE, false, ""},
                {"1", QF_SHAPE_PERCENT, false, "100%"},
                {"0.28999999999999998", QF_SHAPE_PERCENT, false, "29%"},
                {"0.125", QF_SHAPE_PERCENT, false, "12.5%"},
                {"约1", QF_SHAPE_PERCENT, false, "约1"},
                {"45052", QF_SHAPE_DATE, false, "2023-05-06"},
                {"43590", QF_SHAPE_DATE, true, "2023-05-06"},
                {"45052.99999", QF_SHAPE_DATE, false, "2023-05-07"},
                {"45052.8125", QF_SHAPE_DATE_TIME, false, "2023-05-06 19:30"},
                {"45047", QF_SHAPE_MONTH, false, "2023-05"},
                {"44927", QF_SHAPE_YEAR, false, "2023"},
                {"45418", QF_SHAPE_NO_YEAR, false, "2024-05-06"},
                {"0.8125", QF_SHAPE_TIME, false, "19:30"},
                {"45052.8125", QF_SHAPE_TIME, false, "19:30"},
                {"60", QF_SHAPE_DATE, false, "60"},
                {"2958465", QF_SHAPE_DATE, false, "2958465"},
                {"-1", QF_SHAPE_TIME, false, "-1"},
        };
        char room[QF_XLSX_VALUE_ROOM];
        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                struct qf_view text =
                        qf_xlsx_value(qf_view_of(rows[i].number), rows[i].shape, rows[i].epoch_1904, room);
                if (!qf_view_same(text, qf_view_of(rows[i].text)))
                        fail_msg("%s gives %.*s", rows[i].number, (int)text.len, text.at);
        }
}

/* --- workbooks ----------------------------------------------------------- */

static struct qf_buffer file_of(const char *name)
{
        struct qf_buffer bytes = {0};
        char path[512];
        (void)snprintf(path, sizeof path, "%s/tests/data/clerks/%s", QF_SOURCE_DIR, name);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        assert_int_equal(qf_buffer_reserve(&bytes, 1 << 20), 0);
        bytes.len = fread(bytes.at, 1, bytes.room, file);
        (void)fclose(file);
        return bytes;
}

static int read_file(const char *name, const char *sheet, struct qf_sheet *ret_sheet)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer bytes = file_of(name);
        return qf_sheet_read((struct qf_view){(const char *)bytes.at, (uint32_t)bytes.len}, sheet, ret_sheet);
}

static void assert_cell(const struct qf_sheet *sheet, uint32_t row, uint32_t column, const char *text)
{
        struct qf_view cell = qf_grid_cell(sheet->grid, row, column);
        if (!qf_view_same(cell, qf_view_of(text)))
                fail_msg("cell %u, %u is \"%.*s\"", row, column, (int)cell.len, cell.at);
}

static void texts_are_shared_plain_and_without_their_sounds(void **state)
{
        QF_CLEANUP(qf_sheet_deinit) struct qf_sheet sheet = {0};
        (void)state;
        assert_int_equal(read_file("906-workbook-shared-texts.xlsx", NULL, &sheet), 0);
        assert_cell(&sheet, 1, 3, "清风讲堂");
        assert_cell(&sheet, 2, 0, "X906-2");
        assert_cell(&sheet, 2, 3, "");
}

static void what_was_not_plain_is_remarked(void **state)
{
        QF_CLEANUP(qf_sheet_deinit) struct qf_sheet formulas = {0};
        QF_CLEANUP(qf_sheet_deinit) struct qf_sheet merged = {0};
        uint32_t count;
        (void)state;
        assert_int_equal(read_file("909-workbook-formulas.xlsx", NULL, &formulas), 0);
        const struct qf_grid_remark *remarks = qf_grid_remarks(formulas.grid, &count);
        assert_int_equal(count, 5);
        assert_int_equal(remarks[2].mark, QF_MARK_NO_RESULT);
        assert_int_equal(remarks[2].row, 3);
        assert_int_equal(remarks[2].column, 5);
        assert_int_equal(read_file("907-workbook-merged.xlsx", NULL, &merged), 0);
        const struct qf_grid_merge *merges = qf_grid_merges(merged.grid, &count);
        assert_int_equal(count, 2); /* the title's is of one row */
        assert_int_equal(merges[0].first, 2);
        assert_int_equal(merges[0].last, 4);
        assert_int_equal(merges[0].column, 1);
}

static void sheet_is_chosen_by_name_or_place(void **state)
{
        static const struct {
                const char *sheet, *number, *others;
        } rows[] = {{NULL, "X911-1", "二月、说明"},
                    {"二月", "X911-2", "一月、说明"},
                    {"2", "X911-2", "一月、说明"}};
        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                QF_CLEANUP(qf_sheet_deinit) struct qf_sheet sheet = {0};
                assert_int_equal(read_file("911-workbook-more-sheets.xlsx", rows[i].sheet, &sheet), 0);
                assert_cell(&sheet, 1, 0, rows[i].number);
                assert_int_equal(sheet.others.len, strlen(rows[i].others));
                assert_memory_equal(sheet.others.at, rows[i].others, sheet.others.len);
        }
        QF_CLEANUP(qf_sheet_deinit) struct qf_sheet none = {0};
        assert_int_equal(read_file("911-workbook-more-sheets.xlsx", "4", &none), QF_SHEET_NO_SUCH);
}

static void part_is_unpacked_within_bounds(void **state)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer bytes = file_of("942-zip-bomb.xlsx");
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer part = {0};
        struct qf_zip *zip = NULL;
        (void)state;
        assert_int_equal(qf_zip_open((struct qf_view){(const char *)bytes.at, (uint32_t)bytes.len}, &zip), 0);
        assert_int_equal(qf_zip_read(zip, "xl/worksheets/sheet1.xml", &part), QF_ZIP_TOO_LARGE);
        assert_true(part.len < 9u * 1024 * 1024);
        assert_int_equal(qf_zip_read(zip, "XL/Workbook.xml", &part), 0);
        assert_int_equal(qf_zip_read(zip, "xl/nothing.xml", &part), QF_ZIP_NONE);
        qf_zip_close(zip);
        assert_int_equal(qf_zip_open(QF_VIEW("PK\x03\x04"), &zip), QF_ZIP_DAMAGED);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(format_tells_a_day_from_a_number),
                cmocka_unit_test(number_becomes_what_people_see),
                cmocka_unit_test(texts_are_shared_plain_and_without_their_sounds),
                cmocka_unit_test(what_was_not_plain_is_remarked),
                cmocka_unit_test(sheet_is_chosen_by_name_or_place),
                cmocka_unit_test(part_is_unpacked_within_bounds),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
