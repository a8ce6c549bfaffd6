/* Why: the live report and the one of an edition are the same page, so one function
 * prints both. */
#include "qf/reports/year_print.h"

#include <errno.h>

#include "qf/cli/figures.h"
#include "qf/cli/text_table.h"
#include "views/json.h"

enum { NOTE_BYTES = 256, COLUMNS = 7 };

const struct qf_counts *qf_years_of(const struct qf_years *years, uint32_t year)
{
        return &years->at[year - years->first];
}

bool qf_years_sum(const struct qf_years *years, struct qf_year_report *report)
{
        for (uint32_t year = report->from; year <= report->year; year++)
                if (!qf_counts_add(&report->range, qf_years_of(years, year), 1))
                        return false;
        report->now = *qf_years_of(years, report->year);
        report->before = *qf_years_of(years, report->base);
        return true;
}

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

static int add_year(struct qf_text_table *table, const struct qf_years *years,
                    const struct qf_year_report *report, uint32_t year)
{
        const struct qf_counts *counts = qf_years_of(years, year), *before = qf_years_of(years, report->base);
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

static int fill_table(const struct qf_cli *cli, const struct qf_years *years,
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

static int print_text(struct qf_cli *cli, const struct qf_year_page *page)
{
        const struct qf_year_report *report = page->report;
        struct qf_text_table table = {.columns = COLUMNS};
        struct qf_buffer text = {0};
        char note[NOTE_BYTES];
        int r = sentence(cli, report, &text);
        if (!r)
                r = fill_table(cli, page->years, report, &table);
        if (!r) {
                if (report->training)
                        fprintf(page->to, "%s\n",
                                qf_figures_note(cli, NULL, QF_VIEW("training"), note, sizeof(note)));
                fprintf(page->to, "%.*s\n\n", (int)text.len, (const char *)text.at);
                qf_text_table_print(&table, page->to);
                fprintf(page->to, "%s", page->below ? page->below : "");
        }
        qf_text_table_deinit(&table);
        qf_buffer_deinit(&text);
        return r ? qf_cli_broke(cli, r, "report") : QF_EXIT_DONE;
}

static json_t *json_of_years(const struct qf_years *years)
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

static int print_json(struct qf_cli *cli, const struct qf_year_page *page)
{
        const struct qf_year_report *report = page->report;
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
        (void)json_object_set_new(object, "years", json_of_years(page->years));
        (void)json_object_set_new(object, "version", json_integer((json_int_t)page->version));
        if (page->more)
                (void)json_object_set(object, page->more_name, page->more);
        if (!r)
                r = json_dumpf(object, page->to, JSON_COMPACT) ? -EIO : 0;
        (void)fputc('\n', page->to);
        json_decref(object);
        qf_buffer_deinit(&text);
        return r ? qf_cli_broke(cli, r, "report") : QF_EXIT_DONE;
}

int qf_year_print(struct qf_cli *cli, const struct qf_year_page *page)
{
        return cli->json ? print_json(cli, page) : print_text(cli, page);
}
