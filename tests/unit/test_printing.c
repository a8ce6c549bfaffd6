/* What people read: aligned tables, the year's sentence, remarks, periods. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "qf/cli/asking.h"
#include "qf/cli/figures.h"
#include "qf/cli/text_table.h"
#include "qf/reading/spoken.h"
#include "qf/reading/watch_board.h"
#include "qf/sheets/feed_map.h"
#include "views/year_report.h"

static void columns_are_those_of_a_terminal(void **state)
{
        static const struct {
                const char *text;
                uint32_t columns;
        } rows[] = {{"abc", 3},    {"福州海关", 8}, {"线上a", 5}, {"（场）", 6}, {"é", 1}, {"é", 1},
                    {"“云端”", 6}, {"", 0},         {"—", 1},     {"ＡＢ", 4},   {"𠮷", 2}};
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                assert_int_equal(qf_text_columns(qf_view_of(rows[i].text)), rows[i].columns);
}

/* What a call prints; the caller frees. */
static char *printed(const struct qf_text_table *table)
{
        char *text = NULL;
        size_t len = 0;
        FILE *to = open_memstream(&text, &len);
        assert_non_null(to);
        qf_text_table_print(table, to);
        (void)fclose(to);
        return text;
}

static void tables_are_aligned_also_in_chinese(void **state)
{
        static const char *const cells[] = {"单位", "场", "福州海关", "12", "HX", "1,234"};
        struct qf_text_table table = {.columns = 2, .right = {false, true}};
        (void)state;
        for (size_t i = 0; i < 6; i++) {
                assert_int_equal(qf_text_table_add(&table, qf_view_of(cells[i])), 0);
                if (i == 1)
                        assert_int_equal(qf_text_table_line(&table), 0);
        }
        char *text = printed(&table);
        assert_string_equal(text, "单位         场\n"
                                  "───────────────\n"
                                  "福州海关     12\n"
                                  "HX        1,234\n");
        free(text);
        qf_text_table_deinit(&table);
}

static struct qf_counts counts(int64_t activities, int64_t attendances)
{
        return (struct qf_counts){.of = {[QF_RECORDS] = activities,
                                         [QF_ACTIVITIES] = activities,
                                         [QF_ATTENDANCES] = attendances}};
}

static struct qf_year_report article(void)
{
        return (struct qf_year_report){
                .from = 2022,
                .year = 2023,
                .base = 2021,
                .range = counts(309 + 329, 42137 + 48430),
                .now = counts(329, 48430),
                .before = counts(218, 27986),
                .scope = QF_VIEW("全区"),
                .channel = QF_VIEW("线下"),
        };
}

static void expect_sentence(const struct qf_year_report *report, bool chinese, const char *wanted)
{
        struct qf_buffer text = {0};
        assert_int_equal(chinese ? qf_year_report_zh(report, &text) : qf_year_report_en(report, &text), 0);
        assert_int_equal(qf_buffer_append(&text, "", 1), 0);
        assert_string_equal((const char *)text.at, wanted);
        qf_buffer_deinit(&text);
}

static void the_article_sentence_comes_out(void **state)
{
        struct qf_year_report report = article();
        (void)state;
        expect_sentence(
                &report, true,
                "2022年至2023年，全区共开展线下活动638场，覆盖9万余人次；2023年活动场次较2021年增长50.92%，"
                "覆盖人次较2021年增长73.05%。");
        report.scope = QF_VIEW("across the district");
        report.channel = QF_VIEW("in-person");
        expect_sentence(
                &report, false,
                "In 2022–2023, 638 in-person activities were held across the district, with over 90,000 "
                "attendances; activities in 2023 were up 50.92% on 2021, and attendances up 73.05% on 2021.");
}

static void what_cannot_be_compared_is_said(void **state)
{
        struct qf_year_report report = article();
        (void)state;
        report.scope = report.channel = QF_VIEW("");
        report.from = 2023;
        report.range = counts(100, 90000);
        report.now = counts(100, 90000);
        report.before = counts(0, 90000);
        expect_sentence(&report, true,
                        "2023年，共开展活动100场，覆盖9万人次；2023年活动场次无法与2021年比较（2021年为0），"
                        "覆盖人次与2021年持平。");
        expect_sentence(
                &report, false,
                "In 2023, 100 activities were held, with 90,000 attendances; activities in 2023 were not "
                "comparable with 2021 (which has none), and attendances unchanged from 2021.");
        report.before = counts(5, 0);
        report.before.of[QF_ACTIVITIES_UNKNOWN] = 5;
        expect_sentence(&report, true,
                        "2023年，共开展活动100场，覆盖9万人次；2023年活动场次较2021年增长1900.00%，"
                        "覆盖人次无法与2021年比较（2021年不详）。");
        report.now.of[QF_ATTENDANCES] = 0;
        report.now.of[QF_ACTIVITIES_UNKNOWN] = 100;
        report.before = counts(5, 500);
        expect_sentence(
                &report, false,
                "In 2023, 100 activities were held, with 90,000 attendances; activities in 2023 were up "
                "1900.00% on 2021, and attendances not comparable with 2021 (those of 2023 are not known).");
        char growth[32];
        assert_string_equal(qf_year_report_growth(&report, QF_ATTENDANCES, growth, sizeof growth), "—");
        report.now = counts(100, 90000);
        report.before = counts(200, 100000);
        report.upto = 20230630;
        expect_sentence(
                &report, true,
                "2023年，共开展活动100场，覆盖9万人次；截至6月30日与同期比，2023年活动场次较2021年下降50.00%，"
                "覆盖人次较2021年下降10.00%。");
        expect_sentence(
                &report, false,
                "In 2023, 100 activities were held, with 90,000 attendances; up to 30 June and against the same "
                "days, activities in 2023 were down 50.00% on 2021, and attendances down 10.00% on 2021.");
        report.undated_excluded = true;
        expect_sentence(
                &report, true,
                "2023年，共开展活动100场，覆盖9万人次；截至6月30日与同期比（只知年、月的未计入），2023年活动场次较2021年"
                "下降50.00%，覆盖人次较2021年下降10.00%。");
        expect_sentence(
                &report, false,
                "In 2023, 100 activities were held, with 90,000 attendances; up to 30 June and against the same "
                "days, without what is dated to a month or year alone, activities in 2023 were down 50.00% on 2021, "
                "and attendances down 10.00% on 2021.");
}

static void every_triple_that_fits_the_article_prints_its_growth(void **state)
{
        static const int64_t triples[][2] = {{163, 246}, {218, 329}, {271, 409}, {273, 412},
                                             {326, 492}, {379, 572}, {381, 575}};
        (void)state;
        for (size_t i = 0; i < sizeof(triples) / sizeof(triples[0]); i++) {
                struct qf_year_report report = article();
                char growth[QF_FIGURE_BYTES];
                report.before = counts(triples[i][0], 1);
                report.now = counts(triples[i][1], 1);
                assert_string_equal(qf_year_report_growth(&report, QF_ACTIVITIES, growth, sizeof(growth)),
                                    "+50.92");
        }
}

static void unknown_is_said_and_is_not_zero(void **state)
{
        const struct qf_counts library = {.of = {[QF_RECORDS] = 1308,
                                                 [QF_ACTIVITIES] = 2195,
                                                 [QF_ATTENDANCES] = 28527,
                                                 [QF_RECORDS_UNKNOWN] = 435,
                                                 [QF_ACTIVITIES_UNKNOWN] = 1226}};
        struct qf_buffer text = {0};
        char mean[QF_FIGURE_BYTES];
        (void)state;
        assert_int_equal(qf_figures_known(&library), 969);
        assert_string_equal(qf_figures_mean(&library, QF_HALF_UP, mean, sizeof(mean)), "29.4");
        assert_int_equal(qf_figures_sentence(false, &library, QF_HALF_UP, &text), 0);
        assert_int_equal(qf_figures_sentence(true, &library, QF_HALF_UP, &text), 0);
        assert_int_equal(qf_buffer_append(&text, "", 1), 0);
        assert_string_equal(
                (const char *)text.at,
                "2,195 activities, 28,527 attendances (1,308 records).\n"
                "Of 1,226 activities (435 records) the attendance is not known, which is not 0; over the "
                "other 969 the mean is 29.4.\n"
                "活动 2,195 场，28,527 人次（1,308 条记录）。\n"
                "其中 1,226 场（435 条记录）人次不详，不等于 0；其余 969 场平均每场 29.4 人次。\n");
        qf_buffer_deinit(&text);

        const struct qf_counts none = {.of = {[QF_RECORDS] = 1,
                                              [QF_ACTIVITIES] = 2,
                                              [QF_RECORDS_UNKNOWN] = 1,
                                              [QF_ACTIVITIES_UNKNOWN] = 2}};
        struct qf_text_table table = {.columns = 4};
        struct qf_view cell;
        size_t at = 0;
        assert_int_equal(qf_figures_sentence(false, &none, QF_HALF_UP, &text), 0);
        assert_int_equal(qf_figures_sentence(true, &none, QF_HALF_UP, &text), 0);
        assert_int_equal(qf_buffer_append(&text, "", 1), 0);
        assert_string_equal((const char *)text.at, "2 activities, — attendances (1 record).\n"
                                                   "No attendance is known, which is not 0.\n"
                                                   "活动 2 场，— 人次（1 条记录）。\n"
                                                   "人次都不详，不等于 0。\n");
        qf_buffer_deinit(&text);
        assert_int_equal(qf_figures_add(&table, &none, QF_HALF_UP), 0);
        assert_true(qf_text_table_next(&table, &at, &cell) && qf_text_table_next(&table, &at, &cell));
        assert_true(qf_view_same(cell, QF_VIEW("—")));
        qf_text_table_deinit(&table);
}

static void nothing_is_compared_with_what_is_not_known(void **state)
{
        struct qf_counts unknown = counts(5, 0);
        struct qf_year_report report = article();
        const struct qf_counts some = counts(5, 50), none = counts(0, 0);
        (void)state;
        unknown.of[QF_ACTIVITIES_UNKNOWN] = 5;
        assert_int_equal(qf_counts_compared(&some, &some, QF_ATTENDANCES), QF_COMPARED);
        assert_int_equal(qf_counts_compared(&none, &some, QF_ATTENDANCES), QF_COMPARED);
        assert_int_equal(qf_counts_compared(&some, &none, QF_ATTENDANCES), QF_COMPARED_WITH_NONE);
        assert_int_equal(qf_counts_compared(&some, &unknown, QF_ATTENDANCES), QF_COMPARED_WITH_UNKNOWN);
        assert_int_equal(qf_counts_compared(&unknown, &some, QF_ATTENDANCES), QF_COMPARED_UNKNOWN);
        assert_int_equal(qf_counts_compared(&unknown, &some, QF_ACTIVITIES), QF_COMPARED);
        report.range = report.now = unknown;
        report.from = 2023;
        expect_sentence(&report, true,
                        "2023年，全区共开展线下活动5场，人次不详；2023年活动场次较2021年下降97.71%，"
                        "覆盖人次无法与2021年比较（2023年不详）。");
        report.scope = report.channel = QF_VIEW("");
        expect_sentence(
                &report, false,
                "In 2023, 5 activities were held, with an unknown number of attendances; activities in "
                "2023 were down 97.71% on 2021, and attendances not comparable with 2021 (those of 2023 "
                "are not known).");
}

static void remarks_are_sentences(void **state)
{
        struct qf_cli cli = {.chinese = false};
        struct qf_programme *programme = NULL;
        const struct qf_register content = {.code = QF_VIEW("content"), .zh = QF_VIEW("内容"), .multi = true};
        const struct qf_event event = {.kind = QF_KIND_DIMENSION, .registered = &content};
        char text[QF_NOTE_TEXT_BYTES];
        (void)state;
        assert_int_equal(qf_programme_new(&programme), 0);
        assert_int_equal(qf_programme_apply(programme, &event, 1), 0);
        (void)qf_figures_note(&cli, programme, QF_VIEW("not_additive content"), text, sizeof(text));
        assert_non_null(strstr(text, "do not add up"));
        assert_non_null(strstr(text, "\"内容\"")); /* no English label: the Chinese one */
        cli.chinese = true;
        (void)qf_figures_note(&cli, programme, QF_VIEW("not_additive content"), text, sizeof(text));
        assert_non_null(strstr(text, "“内容”"));
        assert_null(strstr(text, "{}"));
        assert_string_equal(qf_figures_note(&cli, programme, QF_VIEW("of_next_year x"), text, sizeof(text)),
                            "of_next_year x");
        programme = qf_programme_free(programme);
}

static void periods_are_read_and_shown(void **state)
{
        static const struct {
                const char *text;
                uint32_t first, last;
        } rows[] = {{"2023", 20230101, 20231231},
                    {"2024-02", 20240201, 20240229},
                    {"2023-05-06", 20230506, 20230506},
                    {"20230506", 20230506, 20230506},
                    {"2023年5月", 20230501, 20230531}};
        static const char *const bad[] = {"",         "23",         "2023-13",    "2023-00",  "2023-02-30",
                                          "20231399", "2023-05-00", "20-23-05-0", "yesterday"};
        struct qf_cli cli = {.called = "test"};
        struct qf_programme *programme = NULL;
        char room[QF_FIGURE_BYTES];
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct qf_from_reader query = {0};
                assert_int_equal(qf_asking_days(&cli, rows[i].text, rows[i].text, &query), 0);
                assert_int_equal(query.first_day, rows[i].first);
                assert_int_equal(query.last_day, rows[i].last);
        }
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                struct qf_from_reader query = {0};
                assert_int_equal(qf_asking_days(&cli, bad[i], NULL, &query), QF_EXIT_USAGE);
                assert_int_equal(qf_asking_days(&cli, NULL, bad[i], &query), QF_EXIT_USAGE);
                assert_int_equal(query.first_day + query.last_day, 0);
        }
        assert_int_equal(qf_programme_new(&programme), 0);
        assert_true(qf_view_same(qf_asking_member_label(&cli, programme, QF_VIEW("month"), QF_VIEW("202305"),
                                                        room, sizeof(room)),
                                 QF_VIEW("2023-05")));
        assert_true(qf_view_same(
                qf_asking_member_label(&cli, programme, QF_VIEW("org"), QF_VIEW("HG"), room, sizeof(room)),
                QF_VIEW("HG")));
        assert_true(qf_view_same(
                qf_asking_member_label(&cli, programme, QF_VIEW("day"), QF_VIEW(""), room, sizeof(room)),
                QF_VIEW("(date not known)")));
        programme = qf_programme_free(programme);
}

/* Everything that can be stated has a name in both languages; in Chinese the one of the clerks' sheet. */
static void what_was_said_is_told_by_the_words_of_the_sheet(void **state)
{
        static const char *const sheet[] = {"revision", "attendances", "method", "sessions",   "participants",
                                            "start",    "evidence",    "note",   "recorded_by"};
        struct qf_cli cli = {.chinese = true};
        struct qf_programme *programme = NULL;
        struct qf_buffer text = {0};
        json_t *line = json_pack(
                "{s:s, s:{s:i, s:i, s:i, s:s, s:i, s:i, s:i, s:i, s:i, s:s, s:s, s:i, s:s, s:s, s:s, s:s}}",
                "kind", "activity", "event", "date", 20230506, "revision", 2, "attendances", 3, "method",
                "headcount", "sessions", 1, "participants", 3, "start", 600, "minutes", 90, "evidence", 4,
                "merged_into", "B", "counter", "door", "amount", 5, "title", "T", "note", "N", "reason", "R",
                "recorded_by", "desk");

        (void)state;
        assert_non_null(line);
        assert_int_equal(qf_programme_new(&programme), 0);
        assert_int_equal(qf_spoken_facts(&cli, programme, line, &text), 0);
        assert_int_equal(qf_buffer_append(&text, "", 1), 0);
        assert_null(strstr((char *)text.at, "null"));
        for (size_t i = 0; i < sizeof(sheet) / sizeof(sheet[0]); i++) {
                const enum qf_field field = qf_field_named(qf_view_of(sheet[i]));
                assert_non_null(strstr((char *)text.at, qf_map_template_column(field, NULL)->headers[0]));
                assert_null(strstr((char *)text.at, sheet[i]));
        }
        assert_non_null(strstr((char *)text.at, "  签到点：door"));
        cli.chinese = false;
        text.len = 0;
        assert_int_equal(qf_spoken_facts(&cli, programme, line, &text), 0);
        assert_int_equal(qf_buffer_append(&text, "", 1), 0);
        assert_non_null(strstr((char *)text.at, "  recorded by (post): desk"));
        assert_null(strstr((char *)text.at, "null"));
        json_decref(line);
        line = json_pack("{s:s, s:{s:i, s:s}}", "kind", "activity", "event", "date", 0, "note", "N");
        text.len = 0;
        assert_int_equal(qf_spoken_facts(&cli, programme, line, &text), 0); /* a withdrawal states no date */
        assert_int_equal(qf_buffer_append(&text, "", 1), 0);
        assert_string_equal((char *)text.at, "  note: N\n");
        qf_buffer_deinit(&text);
        programme = qf_programme_free(programme);
        json_decref(line);
}

static void put(struct qf_picture *picture, uint16_t dimension, uint32_t member, uint32_t period,
                int64_t activities, uint64_t position)
{
        struct qf_cell *cell;
        assert_int_equal(qf_picture_cell(picture, (struct qf_cell_key){dimension, member, period}, &cell), 0);
        cell->counts = counts(activities, activities * 10);
        qf_picture_touch(picture, cell, position);
}

static void a_board_adds_months_and_years_but_no_days(void **state)
{
        static const char *const modes[] = {"a", "b", "c"};
        struct qf_picture *picture = NULL;
        struct qf_programme *programme = NULL;
        struct qf_board board;
        const struct qf_register mode = {.code = QF_VIEW("mode")};
        const struct qf_event event = {.kind = QF_KIND_DIMENSION, .registered = &mode};
        (void)state;
        assert_int_equal(qf_picture_new(&picture), 0);
        assert_int_equal(qf_programme_new(&programme), 0);
        assert_int_equal(qf_programme_apply(programme, &event, 1), 0);
        for (size_t i = 0; i < 3; i++) {
                const struct qf_register member = {.dimension = QF_VIEW("mode"),
                                                   .code = qf_view_of(modes[i])};
                const struct qf_event told = {.kind = QF_KIND_MEMBER, .registered = &member};
                assert_int_equal(qf_programme_apply(programme, &told, 2), 0);
        }
        put(picture, 0, 0, 20230506, 4, 1);
        put(picture, 0, 0, 20230500, 5, 2);
        put(picture, 0, 0, 20220000, 2, 3);
        put(picture, 1, 1, 20230500, 1, 3);
        put(picture, 1, 2, 20230500, 4, 4);
        put(picture, 1, 0, 20220000, 2, 5);
        assert_int_equal(qf_board_fill(&board, picture, programme, 1), 0);
        assert_int_equal(board.all.of[QF_ACTIVITIES], 7);
        assert_int_equal(board.years_count, 2);
        assert_int_equal(board.years[0].id, 2022);
        assert_int_equal(board.years[1].counts.of[QF_ACTIVITIES], 5);
        assert_int_equal(board.members_count, 3); /* c counts nothing */
        assert_int_equal(board.members[0].id, 2);
        assert_int_equal(board.members[1].id, 0);
        const struct qf_cli cli = {.chinese = true};
        struct qf_text_table table;
        assert_int_equal(qf_board_members(&cli, &board, programme, 1, 2, &table), 0);
        char *text = printed(&table);
        assert_non_null(strstr(text, "（未填）"));
        assert_null(strstr(text, "\na ")); /* beyond two rows */
        free(text);
        qf_text_table_deinit(&table);
        assert_int_equal(qf_board_years(&cli, &board, programme, &table), 0);
        text = printed(&table);
        assert_non_null(strstr(text, "合计"));
        free(text);
        qf_text_table_deinit(&table);
        qf_board_deinit(&board);
        picture = qf_picture_free(picture);
        programme = qf_programme_free(programme);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(columns_are_those_of_a_terminal),
                cmocka_unit_test(tables_are_aligned_also_in_chinese),
                cmocka_unit_test(the_article_sentence_comes_out),
                cmocka_unit_test(what_cannot_be_compared_is_said),
                cmocka_unit_test(every_triple_that_fits_the_article_prints_its_growth),
                cmocka_unit_test(unknown_is_said_and_is_not_zero),
                cmocka_unit_test(nothing_is_compared_with_what_is_not_known),
                cmocka_unit_test(remarks_are_sentences),
                cmocka_unit_test(periods_are_read_and_shown),
                cmocka_unit_test(what_was_said_is_told_by_the_words_of_the_sheet),
                cmocka_unit_test(a_board_adds_months_and_years_but_no_days),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
