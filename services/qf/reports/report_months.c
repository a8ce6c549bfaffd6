/* Why: a year is compared with the one before and with a fixed year, month by
 * month; while it is not over, all are counted over the same days. */
#include <stddef.h>
#include <stdio.h>

#include "base/text.h"
#include "model/period.h"
#include "qf/reports/report_run.h"

enum { UNDATED = 12, MONTHS = 13, YEARS_MAX = 3 };

struct months { /* of one year; UNDATED: known to the year only */
        uint32_t year;
        struct qf_counts of[MONTHS], all;
};

static int ask_year(struct qf_report_run *run, uint32_t upto, struct months *months)
{
        static const struct qf_view by[] = {{"month", 5}};
        struct qf_to_reader answer;
        if (qf_report_ask(run,
                          (struct qf_from_reader){.query = QF_QUERY_TOTALS,
                                                  .by_count = 1,
                                                  .by = by,
                                                  .where_count = run->options.where.count,
                                                  .where = run->options.where.at,
                                                  .first_day = months->year * 10000 + 101,
                                                  .last_day = upto ? qf_date_in_year(upto, months->year)
                                                                   : months->year * 10000 + 1231},
                          &answer))
                return 1;
        for (uint32_t i = 0; i < answer.answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer.answer_rows[i];
                uint64_t month;
                const bool dated = qf_text_number(row->members[0], 999999, &month);
                const uint32_t at = dated ? (uint32_t)(month % 100) - 1 : UNDATED;
                if (at >= MONTHS)
                        return qf_report_not_understood(run->cli);
                months->of[at] = row->counts;
        }
        months->all = answer.all.counts;
        return 0;
}

static void head(struct qf_page *page, const struct months *years, uint32_t count, const char *code,
                 const char *label)
{
        char name[QF_PAGE_CODE_BYTES], text[QF_PAGE_LABEL_BYTES];
        for (uint32_t i = 0; i < count; i++) {
                (void)snprintf(name, sizeof(name), "%s_%u", code, years[i].year);
                (void)snprintf(text, sizeof(text), "%s %u", label, years[i].year);
                qf_page_column(page, qf_view_of(name), text, QF_PAGE_NUMBER);
                if (!i)
                        continue;
                (void)snprintf(name, sizeof(name), "%s_on_%u", code, years[i].year);
                if (years[i].year + 1 == years[0].year)
                        (void)snprintf(text, sizeof(text), "%s",
                                       qf_cli_say(page->cli, "同比", "on the year"));
                else
                        (void)snprintf(text, sizeof(text), qf_cli_say(page->cli, "较%u年", "on %u"),
                                       years[i].year);
                qf_page_column(page, qf_view_of(name), text, QF_PAGE_NUMBER);
        }
}

static void cells(struct qf_page *page, const struct qf_counts *const counts[], uint32_t count,
                  enum qf_measure measure)
{
        for (uint32_t i = 0; i < count; i++) {
                qf_page_known(page, qf_counts_known(counts[i], measure), counts[i]->of[measure]);
                if (i)
                        qf_page_growth(page, counts[0], counts[i], measure);
        }
}

static void put_months(struct qf_report_run *run, const struct months *years, uint32_t count, uint32_t upto)
{
        struct qf_page *page = &run->page;
        const struct qf_counts *counts[YEARS_MAX];
        qf_page_column(page, QF_VIEW("month"), qf_cli_say(run->cli, "月", "month"), QF_PAGE_TEXT);
        head(page, years, count, "activities", qf_cli_say(run->cli, "场次", "activities"));
        head(page, years, count, "attendances", qf_cli_say(run->cli, "人次", "attendances"));
        qf_page_chart(page, QF_CHART_COLUMNS, 0, 1, 2,
                      qf_cli_say(run->cli, "逐月活动场次（场）", "Activities by month"));
        qf_page_chart(page, QF_CHART_COLUMNS, 0, 2 * count, 2 * count + 1,
                      qf_cli_say(run->cli, "逐月人次", "Attendances by month"));
        for (uint32_t month = 0; month < MONTHS; month++) {
                bool any = month != UNDATED && (!upto || month < upto / 100 % 100);
                for (uint32_t i = 0; i < count; i++) {
                        counts[i] = &years[i].of[month];
                        any |= counts[i]->of[QF_RECORDS] != 0;
                }
                if (!any)
                        continue;
                qf_page_row(page);
                if (month == UNDATED)
                        qf_page_word(page, "月份不详", "month not known");
                else
                        qf_page_date(page, years[0].year * 10000 + (month + 1) * 100);
                cells(page, counts, count, QF_ACTIVITIES);
                cells(page, counts, count, QF_ATTENDANCES);
        }
        qf_page_total(page);
        qf_page_word(page, "合计", "total");
        for (uint32_t i = 0; i < count; i++)
                counts[i] = &years[i].all;
        cells(page, counts, count, QF_ACTIVITIES);
        cells(page, counts, count, QF_ATTENDANCES);
}

static int fill(struct qf_report_run *run)
{
        struct qf_report_options *options = &run->options;
        const uint32_t year = options->year ? (uint32_t)options->year : qf_date_year(run->today);
        const uint32_t base = options->base ? (uint32_t)options->base : year - 1;
        struct months years[YEARS_MAX] = {{.year = year}, {.year = year - 1}, {.year = base}};
        const uint32_t count = base == year - 1 ? 2 : YEARS_MAX;
        const bool going_on = qf_date_year(run->today) == year && run->today % 10000 != 1231;
        const uint32_t upto = going_on ? run->today : 0;
        struct qf_view channel = {0};
        if (year < 1901 || base < 1900 || base >= year)
                return run->cli->exit_code =
                               qf_cli_misused(run->cli, "要写成 --year 2023 --base 2021：base 早于 year。",
                                              "say --year 2023 --base 2021: base before year.");
        if (!run->edition) /* of one it is chosen already */
                qf_report_choose_channel(run->cli, run->programme, &options->where, &channel);
        for (uint32_t i = 0; i < count; i++)
                if (ask_year(run, upto, &years[i]))
                        return 1;
        if (channel.len)
                qf_page_line(&run->page, "只算%.*s。", "Only %.*s.", (int)channel.len, channel.at);
        if (upto)
                qf_page_line(&run->page, "%u年还没有完：各年都只算到%u月%u日，按相同日期比较。",
                             "%u is not over: every year is counted up to month %u day %u, the same days.",
                             year, upto / 100 % 100, upto % 100);
        qf_page_fact(&run->page, "year", json_integer(year));
        qf_page_fact(&run->page, "base", json_integer(base));
        qf_page_fact(&run->page, "same_days_upto", json_integer(upto));
        put_months(run, years, count, upto);
        run->first_day = year * 10000 + 101;
        run->last_day = upto ? upto : year * 10000 + 1231;
        return 0;
}

static const struct qf_option months_options[] = {
        QF_REPORT_YEAR,
        {"base", QF_OPTION_NUMBER, offsetof(struct qf_report_options, base), "YEAR",
         "再与哪一年比；默认只比上一年", "a base year beside the year before", 2999},
        QF_REPORT_WHERE,
        QF_REPORT_FORMS,
        {0},
};

static const char *const months_indicators[] = {"activities", "attendances", "growth", NULL};

static const struct qf_report months_report = {
        .indicators = months_indicators, .fill = fill, .title_zh = "逐月对比", .title_en = "Month by month"};

const struct qf_command qf_report_months = {
        .name = "months",
        .zh = "逐月对比：同比、较基年",
        .en = "by month against the year before and a base year",
        .run = qf_report_run,
        .of = &months_report,
        .options = months_options,
        .more_zh = "不提 channel 时只算线下。这一年还没有完时，各年都只算到今天的同一天。",
        .more_en =
                "Without a channel: in person only. While the year is not over, all years are counted up to today's date.",
};
