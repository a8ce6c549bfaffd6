/* Why: the sentence of the year's report with the table it is made of, so that
 * each of its numbers can be found again below it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "model/period.h"
#include "qf/figures.h"
#include "views/json.h"
#include "qf/reports.h"
#include "qf/text_table.h"

enum { NOTE_BYTES = 256, YEARS_MAX = 200, COLUMNS = 7 };

struct years { /* years[i] is first + i */
        uint32_t first, count;
        struct qf_counts at[YEARS_MAX];
};

static void close_subscription(struct qf_subscription **subscription)
{
        *subscription = qf_subscription_close(*subscription);
}

static void close_asking(struct qf_asking **asking)
{
        *asking = qf_asking_close(*asking);
}

/* --- what is asked -------------------------------------------------------- */

void qf_report_choose_channel(const struct qf_cli *cli, const struct qf_programme *programme,
                              struct qf_list *where, struct qf_view *ret_label)
{
        static const struct qf_view offline = {"channel=offline", 15};
        struct qf_view chosen = {0};
        uint32_t filters = 0;
        for (uint32_t i = 0; i < where->count; i++) {
                if (where->at[i].len > 8 && !memcmp(where->at[i].at, "channel=", 8)) {
                        chosen = where->at[i];
                        filters++;
                }
        }
        const uint16_t id = qf_programme_find_dimension(programme, QF_VIEW("channel"));
        if (!filters && where->count < QF_LIST_MAX &&
            qf_programme_find_member(programme, id, QF_VIEW("offline")) != QF_MEMBER_UNKNOWN) {
                chosen = where->at[where->count++] = offline;
                filters = 1;
        }
        if (filters == 1)
                *ret_label = qf_asking_member_label(cli, programme, QF_VIEW("channel"),
                                                    (struct qf_view){chosen.at + 8, chosen.len - 8}, NULL, 0);
}

static int ask_years(struct qf_asking *asking, const struct qf_list *where, struct years *years,
                     struct qf_to_reader *ret_answer)
{
        static const struct qf_view by[] = {{"year", 4}};
        const struct qf_from_reader query = {
                .query = QF_QUERY_TOTALS,
                .by_count = 1,
                .by = by,
                .where_count = where->count,
                .where = where->at,
                .first_day = years->first * 10000 + 101,
                .last_day = (years->first + years->count - 1) * 10000 + 1231,
        };
        if (qf_asking_query(asking, query, ret_answer))
                return 1;
        for (uint32_t i = 0; i < ret_answer->answer_rows_count; i++) {
                uint64_t year;
                if (qf_text_number(ret_answer->answer_rows[i].members[0], 9999, &year) &&
                    year >= years->first && year - years->first < years->count)
                        years->at[year - years->first] = ret_answer->answer_rows[i].counts;
        }
        return 0;
}

/* The year is not over: both are counted up to the same day. */
static int ask_same_days(struct qf_asking *asking, const struct qf_list *where, uint32_t today,
                         struct qf_year_report *report)
{
        const struct qf_from_reader query = {
                .query = QF_QUERY_GROWTH,
                .where_count = where->count,
                .where = where->at,
                .year = report->year,
                .base = report->base,
                .first_day = report->year * 10000 + 101,
                .last_day = today,
        };
        struct qf_to_reader answer;
        if (qf_asking_query(asking, query, &answer))
                return 1;
        if (answer.answer_rows_count == 2) {
                report->now = answer.answer_rows[0].counts;
                report->before = answer.answer_rows[1].counts;
                report->upto = today;
        }
        return 0;
}

static const struct qf_counts *of_year(const struct years *years, uint32_t year)
{
        return &years->at[year - years->first];
}

static bool sum_range(const struct years *years, struct qf_year_report *report)
{
        for (uint32_t year = report->from; year <= report->year; year++)
                if (!qf_counts_add(&report->range, of_year(years, year), 1))
                        return false;
        report->now = *of_year(years, report->year);
        report->before = *of_year(years, report->base);
        return true;
}

/* --- what is printed ------------------------------------------------------ */

static int sentence(const struct qf_cli *cli, const struct qf_year_report *report, struct qf_buffer *text)
{
        return cli->chinese ? qf_year_report_zh(report, text) : qf_year_report_en(report, text);
}

static int add_growth(struct qf_text_table *table, const struct qf_counts *counts,
                      const struct qf_counts *before, enum qf_measure measure, enum qf_rounding rounding)
{
        char growth[QF_FIGURE_BYTES], cell[QF_FIGURE_BYTES + 1];
        if (counts == before)
                return qf_text_table_add(table, QF_VIEW(""));
        (void)qf_ratio_growth(counts->of[measure], before->of[measure], rounding, growth, sizeof(growth));
        (void)snprintf(cell, sizeof(cell), "%s%s", growth, before->of[measure] ? "%" : "");
        return qf_text_table_add(table, qf_view_of(cell));
}

static int add_number(struct qf_text_table *table, int64_t value)
{
        char cell[QF_FIGURE_BYTES];
        return qf_text_table_add(table, qf_view_of(qf_ratio_grouped(value, cell, sizeof(cell))));
}

static int add_year(struct qf_text_table *table, const struct years *years,
                    const struct qf_year_report *report, uint32_t year)
{
        const struct qf_counts *counts = of_year(years, year), *before = of_year(years, report->base);
        char cell[QF_FIGURE_BYTES];
        (void)snprintf(cell, sizeof(cell), "%u", year);
        int r = qf_text_table_add(table, qf_view_of(cell));
        if (!r)
                r = add_number(table, counts->of[QF_ACTIVITIES]);
        if (!r)
                r = add_growth(table, counts, before, QF_ACTIVITIES, report->rounding);
        if (!r)
                r = add_number(table, counts->of[QF_ATTENDANCES]);
        if (!r)
                r = add_growth(table, counts, before, QF_ATTENDANCES, report->rounding);
        if (!r)
                r = qf_text_table_add(
                        table, qf_view_of(qf_figures_mean(counts, report->rounding, cell, sizeof(cell))));
        return r ? r : add_number(table, counts->of[QF_ACTIVITIES_UNKNOWN]);
}

static int fill_table(const struct qf_cli *cli, const struct years *years,
                      const struct qf_year_report *report, struct qf_text_table *table)
{
        char against[QF_FIGURE_BYTES];
        (void)snprintf(against, sizeof(against), qf_cli_say(cli, "较%u年", "on %u"), report->base);
        const char *const heads[COLUMNS] = {qf_cli_say(cli, "年", "year"),
                                            qf_cli_say(cli, "活动（场）", "activities"),
                                            against,
                                            qf_cli_say(cli, "人次", "attendances"),
                                            against,
                                            qf_cli_say(cli, "场均人次", "mean"),
                                            qf_cli_say(cli, "人次不详（场）", "attendance not known")};
        int r = 0;
        for (unsigned i = 0; !r && i < COLUMNS; i++) {
                table->right[i] = i > 0;
                r = qf_text_table_add(table, qf_view_of(heads[i]));
        }
        if (!r)
                r = qf_text_table_line(table);
        for (uint32_t i = 0; !r && i < years->count; i++)
                r = add_year(table, years, report, years->first + i);
        return r;
}

static int print_text(struct qf_cli *cli, const struct years *years, const struct qf_year_report *report)
{
        struct qf_text_table table = {.columns = COLUMNS};
        struct qf_buffer text = {0};
        char note[NOTE_BYTES];
        int r = sentence(cli, report, &text);
        if (!r)
                r = fill_table(cli, years, report, &table);
        if (!r) {
                if (report->training)
                        puts(qf_figures_note(cli, NULL, QF_VIEW("training"), note, sizeof(note)));
                printf("%.*s\n\n", (int)text.len, (const char *)text.at);
                qf_text_table_print(&table, stdout);
        }
        qf_text_table_deinit(&table);
        qf_buffer_deinit(&text);
        return r ? qf_cli_broke(cli, r, "report") : QF_EXIT_DONE;
}

static json_t *json_of_years(const struct years *years)
{
        json_t *array = json_array();
        for (uint32_t i = 0; i < years->count; i++) {
                json_t *year = json_object();
                (void)json_object_set_new(year, "year", json_integer(years->first + i));
                qf_json_put_counts(year, &years->at[i]);
                (void)json_array_append_new(array, year);
        }
        return array;
}

static int print_json(struct qf_cli *cli, const struct years *years, const struct qf_year_report *report,
                      uint64_t version)
{
        char activities[QF_FIGURE_BYTES], attendances[QF_FIGURE_BYTES];
        struct qf_buffer text = {0};
        int r = sentence(cli, report, &text);
        json_t *object = json_object(), *range = json_object();
        qf_json_put_counts(range, &report->range);
        (void)json_object_set_new(object, "sentence", json_stringn((const char *)text.at, text.len));
        (void)json_object_set_new(object, "training", json_boolean(report->training));
        (void)json_object_set_new(object, "from", json_integer(report->from));
        (void)json_object_set_new(object, "year", json_integer(report->year));
        (void)json_object_set_new(object, "base", json_integer(report->base));
        (void)json_object_set_new(object, "same_days_upto", json_integer(report->upto));
        (void)json_object_set_new(object, "range", range);
        (void)json_object_set_new(
                object, "growth_activities",
                json_string(qf_year_report_growth(report, QF_ACTIVITIES, activities, sizeof(activities))));
        (void)json_object_set_new(
                object, "growth_attendances",
                json_string(qf_year_report_growth(report, QF_ATTENDANCES, attendances, sizeof(attendances))));
        (void)json_object_set_new(object, "years", json_of_years(years));
        (void)json_object_set_new(object, "version", json_integer((json_int_t)version));
        if (!r)
                r = json_dumpf(object, stdout, JSON_COMPACT) ? -EIO : 0;
        (void)putchar('\n');
        json_decref(object);
        qf_buffer_deinit(&text);
        return r ? qf_cli_broke(cli, r, "report") : QF_EXIT_DONE;
}

/* --- the command ---------------------------------------------------------- */

static int check_years(struct qf_cli *cli, struct qf_report_years *options, struct years *years)
{
        if (!options->base)
                options->base = options->year - 1;
        if (!options->from)
                options->from = options->year;
        if (options->year < 1900 || options->base < 1900 || options->from < 1900 ||
            options->from > options->year || options->base >= options->year)
                return qf_cli_misused(
                        cli, "要写成 --year 2023 --base 2021 --from 2022：base 早于 year，from 不晚于 year。",
                        "say --year 2023 --base 2021 --from 2022: base before year, from not after it.");
        years->first = (uint32_t)(options->base < options->from ? options->base : options->from);
        years->count = (uint32_t)options->year - years->first + 1;
        if (years->count > YEARS_MAX)
                return qf_cli_misused(cli, "年份跨度太大。", "these years are too far apart.");
        return 0;
}

/* Everything but the table's other years; 0 or 1. */
static int ask_report(struct qf_cli *cli, struct qf_asking *asking, const struct qf_programme *programme,
                      struct qf_report_years *options, struct years *years, struct qf_year_report *ret_report,
                      uint64_t *ret_version)
{
        const struct qf_settings *settings = qf_programme_settings(programme);
        const uint32_t today = qf_date_at(qf_clock_wall_ms(), settings->zone_minutes);
        struct qf_to_reader answer;
        *ret_report =
                (struct qf_year_report){.from = (uint32_t)options->from,
                                        .year = (uint32_t)options->year,
                                        .base = (uint32_t)options->base,
                                        .rounding = settings->rounding,
                                        .training = settings->training,
                                        .scope = cli->chinese ? settings->scope_zh : settings->scope_en};
        qf_report_choose_channel(cli, programme, &options->where, &ret_report->channel);
        if (ask_years(asking, &options->where, years, &answer))
                return 1;
        *ret_version = answer.version;
        if (!sum_range(years, ret_report)) {
                (void)qf_cli_broke(cli, -EOVERFLOW, "report");
                return 1;
        }
        return qf_date_year(today) == ret_report->year && today % 10000 != 1231 &&
               ask_same_days(asking, &options->where, today, ret_report);
}

int qf_report_years_ask(struct qf_cli *cli, struct qf_asking *asking, const struct qf_programme *programme,
                        struct qf_report_years *options, struct qf_year_report *ret_report)
{
        struct years years = {0};
        uint64_t version;
        return check_years(cli, options, &years) ||
               ask_report(cli, asking, programme, options, &years, ret_report, &version);
}

static int report_year(struct qf_cli *cli, struct qf_report_years *options, struct years *years)
{
        QF_CLEANUP(close_subscription) struct qf_subscription *registers = NULL;
        QF_CLEANUP(close_asking) struct qf_asking *asking = NULL;
        struct qf_year_report report;
        uint64_t version;
        if (qf_asking_subscribe(cli, (struct qf_subscription_options){.want = QF_WANT_REGISTERS},
                                &registers) ||
            qf_asking_open(cli, &asking) ||
            ask_report(cli, asking, qf_subscription_programme(registers), options, years, &report, &version))
                return cli->exit_code;
        return cli->json ? print_json(cli, years, &report, version) : print_text(cli, years, &report);
}

int qf_report_year(struct qf_cli *cli, int argc, char **argv)
{
        static const struct qf_option table[] = {
                {"year", QF_OPTION_NUMBER, offsetof(struct qf_report_years, year), "YEAR", "报告哪一年",
                 "the year reported", 2999},
                {"base", QF_OPTION_NUMBER, offsetof(struct qf_report_years, base), "YEAR",
                 "与哪一年比；默认上一年", "the year it is compared with; default the one before", 2999},
                {"from", QF_OPTION_NUMBER, offsetof(struct qf_report_years, from), "YEAR",
                 "合计从哪一年起；默认只算这一年", "the sum begins with; default the year itself", 2999},
                {"where", QF_OPTION_LIST, offsetof(struct qf_report_years, where), "DIM=CODE",
                 "只算这些成员的；不提 channel 时只算线下",
                 "only of these members; without a channel: in person only", 0},
                {0},
        };
        static const struct qf_usage usage = {.subcommand = "year", .options = table};
        struct qf_report_years options = {0};
        struct years years = {0};
        int count;
        if (qf_cli_parse(cli, &usage, &options, argc, argv, &count) || check_years(cli, &options, &years))
                return cli->exit_code;
        return report_year(cli, &options, &years);
}
