/* Why: the live report and the one of an edition are the same page, so one function
 * prints both. */
#include "qf/reports/year_print.h"

#include <stdio.h>
#include <string.h>

#include "qf/cli/figures.h"
#include "views/json.h"

enum { NOTE_BYTES = 256 };

static const struct qf_counts *year_of(const struct qf_years *years, uint32_t year)
{
        return &years->at[year - years->first];
}

bool qf_years_sum(const struct qf_years *years, struct qf_year_report *report)
{
        for (uint32_t year = report->from; year <= report->year; year++)
                if (!qf_counts_add(&report->range, year_of(years, year), 1))
                        return false;
        report->now = *year_of(years, report->year);
        report->before = *year_of(years, report->base);
        return true;
}

static int sentence(const struct qf_cli *cli, const struct qf_year_report *report, struct qf_buffer *text)
{
        return cli->chinese ? qf_year_report_zh(report, text) : qf_year_report_en(report, text);
}

static void heads(struct qf_page *page, uint32_t base)
{
        char activities[QF_PAGE_LABEL_BYTES], attendances[QF_PAGE_LABEL_BYTES];
        (void)snprintf(activities, sizeof(activities),
                       qf_cli_say(page->cli, "场次较%u年", "activities on %u"), base);
        (void)snprintf(attendances, sizeof(attendances),
                       qf_cli_say(page->cli, "人次较%u年", "attendances on %u"), base);
        const struct qf_page_head columns[] = {
                {"year", "年", "year", QF_PAGE_TEXT},
                {"activities", "活动（场）", "activities", QF_PAGE_NUMBER},
                {"growth_activities", activities, activities, QF_PAGE_NUMBER},
                {"attendances", "人次", "attendances", QF_PAGE_NUMBER},
                {"growth_attendances", attendances, attendances, QF_PAGE_NUMBER},
                {"mean", "场均人次", "mean", QF_PAGE_NUMBER},
                {"unknown", "人次不详（场）", "attendance not known", QF_PAGE_NUMBER},
        };
        qf_page_heads(page, columns, sizeof(columns) / sizeof(columns[0]));
}

static void put_growth(struct qf_page *page, const struct qf_counts *counts, const struct qf_counts *before,
                       enum qf_measure measure)
{
        if (counts == before)
                qf_page_blank(page);
        else
                qf_page_growth(page, counts, before, measure);
}

/* A year that is not over grows by what the sentence says: over the same days. */
static void put_year(struct qf_page *page, const struct qf_years *years, const struct qf_year_report *report,
                     uint32_t year)
{
        const struct qf_counts *counts = year_of(years, year), *base = year_of(years, report->base);
        const bool same_days = report->upto && year == report->year;
        const struct qf_counts *now = same_days ? &report->now : counts,
                               *before = same_days ? &report->before : base;
        qf_page_row(page);
        qf_page_date(page, year * 10000);
        qf_page_number(page, counts->of[QF_ACTIVITIES]);
        put_growth(page, now, before, QF_ACTIVITIES);
        qf_page_attendances(page, counts);
        put_growth(page, now, before, QF_ATTENDANCES);
        qf_page_mean(page, counts->of[QF_ATTENDANCES], qf_figures_known(counts));
        qf_page_number(page, counts->of[QF_ACTIVITIES_UNKNOWN]);
}

void qf_year_put(const struct qf_years *years, const struct qf_year_report *report, struct qf_page *page)
{
        page->rounding = report->rounding;
        heads(page, report->base);
        for (uint32_t i = 0; i < years->count; i++)
                put_year(page, years, report, years->first + i);
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

static json_t *json_of(const struct qf_year_page *of, struct qf_view sentence)
{
        const struct qf_year_report *report = of->report;
        char activities[QF_FIGURE_BYTES], attendances[QF_FIGURE_BYTES];
        json_t *object = json_object(), *range = json_object();
        qf_json_put_counts(range, &report->range);
        (void)json_object_set_new(object, "sentence", json_stringn(sentence.at, sentence.len));
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
        (void)json_object_set_new(object, "years", json_of_years(of->years));
        (void)json_object_set_new(object, "version", json_integer((json_int_t)of->version));
        if (of->more)
                (void)json_object_set(object, of->more_name, of->more);
        return object;
}

static void fill(struct qf_page *page, const struct qf_year_page *of, const struct qf_buffer *sentence)
{
        const struct qf_year_report *report = of->report;
        char note[NOTE_BYTES];
        page->to = of->to;
        if (report->training)
                qf_page_line(page, "%s", "%s",
                             qf_figures_note(page->cli, NULL, QF_VIEW("training"), note, sizeof(note)));
        qf_page_lines(page, sentence);
        qf_year_put(of->years, report, page);
        for (const char *line = of->below; line && *line; line += strcspn(line, "\n"), line += *line == '\n')
                qf_page_remark(page, "%.*s", "%.*s", (int)strcspn(line, "\n"), line);
        if (of->next && *of->next)
                qf_page_hint(page, "%s", "%s", of->next);
        qf_page_own_json(
                page, json_of(of, (struct qf_view){(const char *)sentence->at, (uint32_t)sentence->len - 1}));
}

int qf_year_print(struct qf_cli *cli, const struct qf_programme *programme, const struct qf_year_page *of)
{
        static const char *const indicators[] = {"activities", "attendances", "mean", "growth", NULL};
        struct qf_buffer text = {0};
        struct qf_page page;
        int r = sentence(cli, of->report, &text);
        if (!r)
                r = qf_buffer_print(&text, "\n");
        qf_page_init(&page, cli, programme, "year", indicators);
        if (!r)
                fill(&page, of, &text);
        const int code = r ? qf_cli_broke(cli, r, "report") : qf_page_print(&page, of->form);
        qf_page_deinit(&page);
        qf_buffer_deinit(&text);
        return code;
}
