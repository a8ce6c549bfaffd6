/* qf/feed_csv, feed_rows, feed_returned: shapes of clerks' files, and
 * what they become. Each row of the corpus is a file and what is expected of it,
 * line by line: an event, or the notes that return it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "qf/sheets/feed_map.h"
#include "qf/sheets/feed_returned.h"
#include "qf/sheets/feed_rows.h"
#include "qf/sheets/feed_sheet.h"
#include "support/programme_fixture.h"
#include "support/temporary.h"

enum { TODAY = 20240401 };

/* --- the corpus --------------------------------------------------------- */

struct read {
        struct qf_sheet sheet;
        struct qf_binding binding;
        struct qf_rows *rows;
        struct qf_buffer text; /* what it became, as text */
};

static void read_deinit(struct read *read)
{
        qf_rows_free(read->rows);
        qf_binding_deinit(&read->binding);
        qf_sheet_deinit(&read->sheet);
        qf_buffer_deinit(&read->text);
}

static void print_event(struct qf_buffer *text, const struct qf_row_event *row)
{
        const struct qf_event *event = &row->event;
        assert_int_equal(qf_buffer_print(text, "%u %.*s %u", row->row + 1, (int)event->key.len, event->key.at,
                                         event->date),
                         0);
        if (event->action != QF_CREATE)
                assert_int_equal(
                        qf_buffer_print(text, " %s", event->action == QF_REPLACE ? "replace" : "withdraw"),
                        0);
        if (event->stated & QF_STATED_SESSIONS)
                assert_int_equal(qf_buffer_print(text, " %ux", event->sessions), 0);
        if (event->stated & QF_STATED_ATTENDANCES)
                assert_int_equal(qf_buffer_print(text, " %u", event->attendances), 0);
        for (uint32_t i = 0; i < row->values_count; i++)
                assert_int_equal(qf_buffer_print(text, " %.*s=%.*s", (int)row->values[i].dimension.len,
                                                 row->values[i].dimension.at, (int)row->values[i].member.len,
                                                 row->values[i].member.at),
                                 0);
        assert_int_equal(qf_buffer_print(text, "\n"), 0);
}

static void print_notes(struct qf_buffer *text, const struct qf_notes_list *notes)
{
        for (uint32_t i = 0; i < qf_notes_list_count(notes); i++) {
                struct qf_note note = qf_notes_list_at(notes, i);
                assert_int_equal(qf_buffer_print(text, "%s %u", qf_note_name(&note), note.line), 0);
                if (note.last_line)
                        assert_int_equal(qf_buffer_print(text, "-%u", note.last_line), 0);
                assert_int_equal(qf_buffer_print(text, " %.*s\n", (int)note.column.len, note.column.at), 0);
        }
}

static void read_now(struct read *read, const struct qf_map *map, const struct qf_programme *programme,
                     struct qf_view bytes)
{
        struct qf_view missing, near;
        struct qf_row_event row;
        int outcome;

        assert_int_equal(qf_sheet_read(bytes, NULL, &read->sheet), 0);
        assert_int_equal(qf_map_bind(map, read->sheet.grid, programme, &read->binding, &missing, &near), 0);
        struct qf_rows_options options = {
                .grid = read->sheet.grid,
                .map = map,
                .binding = &read->binding,
                .programme = programme,
                .source = qf_programme_source(programme, qf_programme_sources(programme)),
                .today = TODAY,
        };
        assert_int_equal(qf_rows_new(&options, &read->rows), 0);
        while ((outcome = qf_rows_next(read->rows, &row)) != QF_ROW_END) {
                assert_true(outcome == QF_ROW_EVENT || outcome == QF_ROW_RETURNED);
                if (outcome == QF_ROW_EVENT)
                        print_event(&read->text, &row);
        }
        print_notes(&read->text, qf_rows_notes(read->rows));
        assert_int_equal(qf_buffer_append(&read->text, "", 1), 0);
}

#define HEAD "活动编号,主办单位,活动日期,活动名称,方式,参加人次\n"

/* Files and what becomes of them; a grid, longer than a function should be. */
static const struct {
        const char *what, *file, *expected;
} corpus[] = {
        {"plain", HEAD "A1,福州海关,2023-05-06,示例,研学,120\n",
         "2 A1 20230506 120 org=HG mode=study_visit channel=offline\n"},
        {"BOM, CRLF, no end of line",
         "\xef\xbb\xbf活动编号,主办单位,活动日期,方式,参加人次\r\nA1,HG,2023-05-06,研学,120",
         "2 A1 20230506 120 org=HG mode=study_visit channel=offline\n"},
        {"line breaks within a number and a title return their lines, and no others",
         "活动编号,主办单位,活动日期,方式,参加人次,活动名称,备注\n\"A\n1\",HG,2023-05-06,研学,120,,\n"
         "A2,HG,2023-05-06,研学,120,\"一\n二\",\nA3,HG,2023-05-06,研学,120,,\"一\n二\"\n",
         "4 A3 20230506 120 org=HG mode=study_visit channel=offline\nE112 2 活动编号\nE114 3 活动名称\n"},
        {"old Mac line ends", "活动编号,主办单位,活动日期,方式,参加人次\rA1,HG,2023-05-06,研学,120\r",
         "2 A1 20230506 120 org=HG mode=study_visit channel=offline\n"},
        {"semicolons", "活动编号;主办单位;活动日期;方式;参加人次\nA1;HG;2023-05-06;研学;1,200\n",
         "2 A1 20230506 1200 org=HG mode=study_visit channel=offline\n"},
        {"tabs", "活动编号\t主办单位\t活动日期\t方式\t参加人次\nA1\tHG\t2023-05-06\t研学\t120\n",
         "2 A1 20230506 120 org=HG mode=study_visit channel=offline\n"},
        {"English headers",
         "activity_no,lead_org,occurred_on,title,mode,attendances\nA1,Fuzhou Customs,2023-05-06,x,study visit,120\n",
         "2 A1 20230506 120 org=HG mode=study_visit channel=offline\n"},
        {"headers with remarks, columns in another order",
         "参加人次（必填）*,方式,主办单位（全称）,活动日期,编号\n120,研学,福州海关,2023-05-06,A1\n",
         "2 A1 20230506 120 mode=study_visit org=HG channel=offline\n"},
        {"titles above, blank lines, totals below",
         "某区台账,,,,,\n,,,,,\n" HEAD "A1,福州海关,2023-05-06,示例,研学,120\n\n小计,,,,,120\n"
         "A2,福州海关,2023-05-07,示例,研学,5\n合计,2场,,,,125\n填表人：某,,,,,\n",
         "4 A1 20230506 120 org=HG mode=study_visit channel=offline\n"
         "7 A2 20230507 5 org=HG mode=study_visit channel=offline\nW107 9 \n"},
        {"merged cells",
         HEAD "A1,福州海关,2023-05-06,示例,研学,1\nA2,,2023-05-06,示例,研学,2\nA3,,2023-05-06,示例,研学,3\n",
         "2 A1 20230506 1 org=HG mode=study_visit channel=offline\n"
         "3 A2 20230506 2 org=HG mode=study_visit channel=offline\n"
         "4 A3 20230506 3 org=HG mode=study_visit channel=offline\nW102 3-4 主办单位\n"},
        {"several members, wide marks, aliases",
         "活动编号,主办单位,活动日期,方式,参加人次,内容,协办单位,三抓三促\n"
         "A1,福州海关,2023-05-06,研学,120,政治素养、党纪法规；政治素养,中建海峡;税务,抓家风建设\n",
         "2 A1 20230506 120 org=HG mode=study_visit content=PL content=DL co_org=HX co_org=SW workstream=FAM "
         "channel=offline\n"},
        {"a dimension's own name as header",
         "活动编号,主办单位,活动日期,方式,参加人次,行贿受贿两头\nA1,HG,2023-05-06,研学,1,行贿、受贿\n",
         "2 A1 20230506 1 org=HG mode=study_visit side=giver side=taker channel=offline\n"},
        {"quoted cells with commas, quotes and line ends",
         "活动编号,主办单位,活动日期,备注,方式,参加人次\n"
         "A1,福州海关,2023-05-06,\"示例\"\"一\"\"，\n第二行\",研学,\"1,200\"\nA2,福州海关,2023-05-06,示例,研学,7\n",
         "2 A1 20230506 1200 org=HG mode=study_visit channel=offline\n"
         "3 A2 20230506 7 org=HG mode=study_visit channel=offline\n"},
        {"month, sessions, unknown attendance",
         "活动编号,主办单位,活动日期,方式,场次,参加人次\nA1,HG,2023年5月,研学,3,\nA2,HG,2023,研学,,-\n",
         "2 A1 20230500 3x org=HG mode=study_visit channel=offline\n"
         "3 A2 20230000 org=HG mode=study_visit channel=offline\nW103 2 参加人次\nW103 3 参加人次\n"},
        {"correction and withdrawal",
         "操作,活动编号,主办单位,活动日期,方式,参加人次,更正原因\n更正,A1,HG,2023-05-06,研学,150,漏签\n撤回,A2,,,,,重复\n",
         "2 A1 20230506 replace 150 org=HG mode=study_visit channel=offline\n3 A2 0 withdraw\n"},
        {"correction without a number", "操作,主办单位,活动日期,方式,参加人次\n更正,HG,2023-05-06,研学,150\n",
         "E113 2 \n"},
        {"everything wrong", HEAD "A1,海关福州,5.6,示例,看书,约200人\nA2,,,,,\n",
         "E102 2 活动日期\nE101 2 参加人次\nE104 2 主办单位\nE104 2 方式\n"
         "W102 3 主办单位\nE109 3 活动日期\nE104 3 主办单位\n"},
        {"not ours, not yet, not given",
         HEAD
         "A1,中建海峡,2023-05-06,示例,研学,1\nA2,福州海关,2024-04-02,示例,研学,1\nA3,福州海关,2023-05-06,示例,,1\n",
         "E103 2 主办单位\nE106 3 活动日期\nE109 4 方式\n"},
        {"above the cap", HEAD "A1,福州海关,2023-05-06,示例,研学,100001\n", "E107 2 参加人次\n"},
        {"invisible marks",
         "\xef\xbb\xbf活动编号,主办单位,活动日期,方式,参加人次\n\xe2\x80\xad"
         "A1,HG,2023-05-06,研学,120\xe2\x80\xac\n",
         "2 A1 20230506 120 org=HG mode=study_visit channel=offline\n"},
};

static void corpus_becomes_what_is_expected(void **state)
{
        struct qf_programme *programme = programme_of_file("integrity-123n.yaml", "clerk", "HG");
        (void)state;
        for (size_t i = 0; i < sizeof corpus / sizeof corpus[0]; i++) {
                QF_CLEANUP(read_deinit) struct read read = {0};
                print_message("%s\n", corpus[i].what);
                read_now(&read, qf_map_template(), programme, qf_view_of(corpus[i].file));
                assert_string_equal((const char *)read.text.at, corpus[i].expected);
        }
        qf_programme_free(programme);
}

/* --- what keeps a file from being read ----------------------------------- */

static int bind(const struct qf_programme *programme, const char *file, char *ret_missing, char *ret_near)
{
        QF_CLEANUP(read_deinit) struct read read = {0};
        struct qf_view missing, near;
        assert_int_equal(qf_sheet_read(qf_view_of(file), NULL, &read.sheet), 0);
        int result =
                qf_map_bind(qf_map_template(), read.sheet.grid, programme, &read.binding, &missing, &near);
        (void)snprintf(ret_missing, 64, "%.*s", (int)missing.len, missing.at);
        (void)snprintf(ret_near, 64, "%.*s", (int)near.len, near.at);
        return result;
}

static void missing_header_and_column_are_told(void **state)
{
        struct qf_programme *programme = programme_of_file("integrity-123n.yaml", "clerk", "HG");
        char missing[64], near[64];
        (void)state;
        assert_int_equal(bind(programme, "a,b,c\n1,2,3\n", missing, near), QF_BIND_NO_HEADER);
        assert_int_equal(bind(programme, "", missing, near), QF_BIND_NO_HEADER);
        assert_int_equal(bind(programme, "活动编号,主办单位,活动日期,参加人\n", missing, near),
                         QF_BIND_NO_COLUMN);
        assert_string_equal(missing, "参加人次");
        assert_string_equal(near, "参加人");
        assert_int_equal(bind(programme, "活动编号,主办单位,方式,参加人次\n", missing, near),
                         QF_BIND_NO_COLUMN);
        assert_string_equal(missing, "活动日期");
        assert_string_equal(near, "");
        qf_programme_free(programme);
}

/* What a file of these bytes is, and its first cell. */
static int first_cell(struct qf_view bytes, enum qf_encoding *ret_encoding, char ret_cell[64])
{
        struct qf_sheet sheet;
        int result = qf_sheet_read(bytes, NULL, &sheet);
        *ret_encoding = sheet.encoding;
        if (result == 0) {
                struct qf_view cell = qf_grid_cell(sheet.grid, 0, 0);
                (void)snprintf(ret_cell, 64, "%.*s", (int)cell.len, cell.at);
        }
        qf_sheet_deinit(&sheet);
        return result;
}

static void text_is_read_in_the_encoding_that_it_is_in(void **state)
{
        const struct {
                const char *what;
                struct qf_view bytes;
                int result;
                enum qf_encoding encoding;
                const char *cell;
        } rows[] = {
                {"UTF-8", QF_VIEW("主办,b\n"), 0, QF_ENCODING_UTF8, "主办"},
                {"UTF-8 with its mark", QF_VIEW("\xef\xbb\xbf主办,b\n"), 0, QF_ENCODING_UTF8, "主办"},
                {"GBK", QF_VIEW("\xd6\xf7\xb0\xec,\xb5\xa5\xce\xbb\n"), 0, QF_ENCODING_GB18030, "主办"},
                {"four bytes of GB18030", QF_VIEW("\x82\x35\x8f\x33,b\n"), 0, QF_ENCODING_GB18030, "龦"},
                {"UTF-16, little end first", QF_VIEW("\xff\xfe\x3b\x4e\x9e\x52\x09\0b\0\n\0"), 0,
                 QF_ENCODING_UTF16, "主办"},
                {"UTF-16, big end first", QF_VIEW("\xfe\xff\x4e\x3b\x52\x9e\0\x09\0b\0\n"), 0,
                 QF_ENCODING_UTF16, "主办"},
                {"UTF-16 that is cut", QF_VIEW("\xff\xfe\x3b\x4e\x9e"), QF_SHEET_ENCODING, QF_ENCODING_UTF16,
                 ""},
                {"half a pair of UTF-16", QF_VIEW("\xff\xfe\x00\xd8,\0"), QF_SHEET_ENCODING,
                 QF_ENCODING_UTF16, ""},
                {"UTF-32", QF_VIEW("\xff\xfe\0\0a\0\0\0"), QF_SHEET_ENCODING, QF_ENCODING_UTF16, ""},
                {"NUL", QF_VIEW("a,b\0c\n"), QF_SHEET_ENCODING, QF_ENCODING_UTF8, ""},
                {"the mark of UTF-8 and no UTF-8", QF_VIEW("\xef\xbb\xbf\xd6\xf7,b\n"), QF_SHEET_ENCODING,
                 QF_ENCODING_UTF8, ""},
                {"Latin-1", QF_VIEW("caf\xe9,b\n"), QF_SHEET_ENCODING, QF_ENCODING_GB18030, ""},
                {"private use of GB18030", QF_VIEW("\xaa\xa1,b\n"), QF_SHEET_ENCODING, QF_ENCODING_GB18030,
                 ""},
                {"an old workbook", QF_VIEW("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), QF_SHEET_OLD,
                 QF_ENCODING_UTF8, ""},
                {"a page", QF_VIEW("\xef\xbb\xbf\n <HTML><table>"), QF_SHEET_OTHER, QF_ENCODING_UTF8, ""},
                {"a PDF", QF_VIEW("%PDF-1.4"), QF_SHEET_OTHER, QF_ENCODING_UTF8, ""},
                {"a piece of a workbook", QF_VIEW("PK\x03\x04rest"), QF_SHEET_DAMAGED, QF_ENCODING_UTF8, ""},
        };
        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                enum qf_encoding encoding;
                char cell[64] = "";
                print_message("%s\n", rows[i].what);
                assert_int_equal(first_cell(rows[i].bytes, &encoding, cell), rows[i].result);
                assert_int_equal(encoding, rows[i].encoding);
                assert_string_equal(cell, rows[i].cell);
        }
}

/* --- rows without a number ----------------------------------------------- */

static void row_is_known_by_its_cells_and_its_ordinal(void **state)
{
        struct qf_programme *programme = programme_of_file("integrity-123n.yaml", "clerk", "HG");
        QF_CLEANUP(read_deinit) struct read one = {0};
        QF_CLEANUP(read_deinit) struct read two = {0};
        char key_a[64], key_b[64];
        (void)state;
        read_now(
                &one, qf_map_template(), programme,
                QF_VIEW("主办单位,活动日期,方式,参加人次\nHG,2023-05-06,研学,1\nHG,2023-05-07,研学,1\nHG,2023-05-06,研学,1\n"));
        read_now(
                &two, qf_map_template(), programme,
                QF_VIEW("主办单位,活动日期,方式,参加人次,错误,怎么改\nHG,2023-05-07,研学,1,E104,改\n,2023-05-06,研学,1,,\n"));
        assert_int_equal(qf_rows_hashed(one.rows), 3);
        assert_int_equal(qf_rows_identical(one.rows), 1);
        assert_int_equal(sscanf((const char *)one.text.at, "2 %63s", key_a), 1);
        assert_non_null(strstr(key_a, "-1"));
        assert_int_equal(sscanf(strstr((const char *)one.text.at, "\n3 "), " 3 %63s", key_b), 1);
        assert_string_not_equal(key_a, key_b);
        /* Sorted otherwise, merged, and with the columns of a returned file: the same keys. */
        assert_non_null(strstr((const char *)two.text.at, key_a));
        assert_non_null(strstr((const char *)two.text.at, key_b));
        key_a[strlen(key_a) - 1] = '2';
        assert_non_null(strstr((const char *)one.text.at, key_a));
        qf_programme_free(programme);
}

/* --- totals and returned rows --------------------------------------------- */

static void control_total_is_read(void **state)
{
        struct qf_programme *programme = programme_of_file("integrity-123n.yaml", "clerk", "HG");
        QF_CLEANUP(read_deinit) struct read read = {0};
        (void)state;
        read_now(
                &read, qf_map_template(), programme,
                QF_VIEW(HEAD
                        "A1,HG,2023-05-06,x,研学,120\n合计,40场,,,,\"5,210\"\nA2,HG,2023-05-06,x,研学,120\n填表：,,某,,,\n"));
        uint32_t count;
        const struct qf_control_total *control = qf_rows_controls(read.rows, &count);
        assert_int_equal(count, 1);
        assert_true(control->has_activities && control->has_attendances);
        assert_int_equal(control->line, 3);
        assert_int_equal(control->activities, 40);
        assert_int_equal(control->attendances, 5210);
        assert_int_equal(control->first_line, 2);
        assert_int_equal(control->last_line, 2);
        assert_non_null(strstr((const char *)read.text.at, "E116 4 \n"));
        assert_non_null(strstr((const char *)read.text.at, "W107 5 \n")); /* the signature is no row */
        assert_null(strstr((const char *)read.text.at, "E116 5"));
        assert_null(strstr((const char *)read.text.at, "A2"));
        qf_programme_free(programme);
}

static void returned_file_has_the_rows_and_what_to_mend(void **state)
{
        struct qf_programme *programme = programme_of_file("integrity-123n.yaml", "clerk", "HG");
        QF_CLEANUP(read_deinit) struct read read = {0};
        QF_CLEANUP(qf_cleanup_free) char *name = NULL;
        struct temporary temporary;
        char input[128], line[3][512];
        bool beside;
        (void)state;
        temporary_make(&temporary);
        (void)temporary_in(&temporary, "a.b.csv", input, sizeof input);
        read_now(
                &read, qf_map_template(), programme,
                QF_VIEW(HEAD
                        "A1,HG,2023-05-06,x,研学,120\nA2,,2023-05-06,\"x, y\",看书,1\nA3,HG,2023-05-06,x,研学,1\n"));
        const struct qf_returned returned = {
                input, true, read.sheet.grid, qf_map_template(), &read.binding, qf_rows_notes(read.rows),
                NULL};
        assert_int_equal(qf_returned_write(&returned, &name, &beside), 0);
        assert_non_null(strstr(name, "a.b_退回.csv"));
        assert_false(beside);
        FILE *file = fopen(name, "r");
        assert_non_null(file);
        assert_non_null(fgets(line[0], sizeof line[0], file));
        assert_non_null(fgets(line[1], sizeof line[1], file));
        assert_null(fgets(line[2], sizeof line[2], file));
        (void)fclose(file);
        assert_memory_equal(line[0], "\xef\xbb\xbf\"活动编号\"", 17);
        assert_non_null(strstr(line[0], ",错误,怎么改\r\n"));
        static const char begins[] =
                "\"A2\",\"HG\",\"2023-05-06\",\"x, y\",\"看书\""; /* the merged cell is filled */
        assert_memory_equal(line[1], begins, sizeof begins - 1);
        assert_non_null(strstr(line[1], "E104 「方式」不在名录里"));
        temporary_remove(temporary.path, 2);
        qf_programme_free(programme);
}

static void message_says_where_what_why_and_how(void **state)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer text = {0};
        const struct qf_note note = {.code = QF_NOTE_UNKNOWN_ORG,
                                     .line = 4,
                                     .column = QF_VIEW("主办单位"),
                                     .got = QF_VIEW("海关福州"),
                                     .near = QF_VIEW("福州海关")};
        (void)state;
        assert_int_equal(qf_note_print(&note, true, &text), 0);
        assert_int_equal(qf_buffer_append(&text, "", 1), 0);
        assert_string_equal(
                (const char *)text.at,
                "E104 第4行「主办单位」：写的是“海关福州”，不在单位名录里。最接近的是“福州海关”。请改成名录里的全称。");
}

static void every_code_stands_in_both_manuals(void **state)
{
        static const char *const pages[] = {QF_SOURCE_DIR "/docs/clerk-reference.zh-CN.md",
                                            QF_SOURCE_DIR "/docs/clerk.md"};
        static char manual[64 * 1024];
        (void)state;
        for (size_t i = 0; i < 2; i++) {
                FILE *file = fopen(pages[i], "r");
                assert_non_null(file);
                manual[fread(manual, 1, sizeof manual - 1, file)] = '\0';
                (void)fclose(file);
                for (int code = 0; code < QF_NOTES; code++) {
                        const struct qf_note note = {.code = (enum qf_note_code)code};
                        if (code != QF_NOTE_VERDICT && !strstr(manual, qf_note_name(&note)))
                                fail_msg("%s is not in %s", qf_note_name(&note), pages[i]);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(corpus_becomes_what_is_expected),
                cmocka_unit_test(missing_header_and_column_are_told),
                cmocka_unit_test(text_is_read_in_the_encoding_that_it_is_in),
                cmocka_unit_test(row_is_known_by_its_cells_and_its_ordinal),
                cmocka_unit_test(control_total_is_read),
                cmocka_unit_test(returned_file_has_the_rows_and_what_to_mend),
                cmocka_unit_test(message_says_where_what_why_and_how),
                cmocka_unit_test(every_code_stands_in_both_manuals),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
