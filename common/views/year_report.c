/* Why: this sentence is what the year's work comes down to in public. What can't
 * be said (a base of 0) is said to be so; nothing is rounded up into "over". */
#include "views/year_report.h"

#include <stdio.h>
#include <string.h>

enum { FIGURE_BYTES = 48 };

char *qf_year_report_growth(const struct qf_year_report *report, enum qf_measure measure, char *ret_text,
                            size_t room)
{
        const bool compared = qf_counts_compared(&report->now, &report->before, measure) == QF_COMPARED;
        return qf_ratio_growth(report->now.of[measure], compared ? report->before.of[measure] : 0,
                               report->rounding, ret_text, room);
}

/* 增长50.92%, 下降3.10%, 持平, or that it can't be compared. */
static int append_growth_zh(const struct qf_year_report *report, enum qf_measure measure,
                            struct qf_buffer *text)
{
        char figure[FIGURE_BYTES];
        const int64_t change = report->now.of[measure] - report->before.of[measure];
        const enum qf_compared compared = qf_counts_compared(&report->now, &report->before, measure);
        if (compared == QF_COMPARED_WITH_NONE)
                return qf_buffer_print(text, "无法与%u年比较（%u年为0）", report->base, report->base);
        if (compared != QF_COMPARED)
                return qf_buffer_print(text, "无法与%u年比较（%u年不详）", report->base,
                                       compared == QF_COMPARED_UNKNOWN ? report->year : report->base);
        if (!change)
                return qf_buffer_print(text, "与%u年持平", report->base);
        (void)qf_year_report_growth(report, measure, figure, sizeof(figure));
        return qf_buffer_print(text, "较%u年%s%s%%", report->base, change > 0 ? "增长" : "下降",
                               figure + strspn(figure, "+-"));
}

static int append_range_zh(const struct qf_year_report *report, struct qf_buffer *text)
{
        char attendances[FIGURE_BYTES];
        int r = report->from < report->year
                        ? qf_buffer_print(text, "%u年至%u年，", report->from, report->year)
                        : qf_buffer_print(text, "%u年，", report->year);
        (void)qf_ratio_magnitude_zh(report->range.of[QF_ATTENDANCES], attendances, sizeof(attendances));
        if (!r)
                r = qf_buffer_print(text, "%.*s共开展%.*s活动%lld场，", (int)report->scope.len,
                                    report->scope.at, (int)report->channel.len, report->channel.at,
                                    (long long)report->range.of[QF_ACTIVITIES]);
        if (r)
                return r;
        return qf_counts_known(&report->range, QF_ATTENDANCES)
                       ? qf_buffer_print(text, "覆盖%s人次；", attendances)
                       : qf_buffer_print(text, "人次不详；");
}

int qf_year_report_zh(const struct qf_year_report *report, struct qf_buffer *ret_text)
{
        int r = append_range_zh(report, ret_text);
        if (!r && report->upto)
                r = qf_buffer_print(ret_text, "截至%u月%u日与同期比%s，", report->upto / 100 % 100,
                                    report->upto % 100,
                                    report->undated_excluded ? "（只知年、月的未计入）" : "");
        if (!r)
                r = qf_buffer_print(ret_text, "%u年活动场次", report->year);
        if (!r)
                r = append_growth_zh(report, QF_ACTIVITIES, ret_text);
        if (!r)
                r = qf_buffer_print(ret_text, "，覆盖人次");
        if (!r)
                r = append_growth_zh(report, QF_ATTENDANCES, ret_text);
        return r ? r : qf_buffer_print(ret_text, "。");
}

/* "up 50.92% on 2021", "unchanged from 2021"; verb: "were " for the first of the two. */
static int append_growth_en(const struct qf_year_report *report, enum qf_measure measure, const char *verb,
                            struct qf_buffer *text)
{
        char figure[FIGURE_BYTES];
        const int64_t change = report->now.of[measure] - report->before.of[measure];
        const enum qf_compared compared = qf_counts_compared(&report->now, &report->before, measure);
        if (compared == QF_COMPARED_WITH_NONE)
                return qf_buffer_print(text, "%snot comparable with %u (which has none)", verb, report->base);
        if (compared != QF_COMPARED)
                return qf_buffer_print(text, "%snot comparable with %u (those of %u are not known)", verb,
                                       report->base,
                                       compared == QF_COMPARED_UNKNOWN ? report->year : report->base);
        if (!change)
                return qf_buffer_print(text, "%sunchanged from %u", verb, report->base);
        (void)qf_year_report_growth(report, measure, figure, sizeof(figure));
        return qf_buffer_print(text, "%s%s %s%% on %u", verb, change > 0 ? "up" : "down",
                               figure + strspn(figure, "+-"), report->base);
}

static int append_range_en(const struct qf_year_report *report, struct qf_buffer *text)
{
        char activities[FIGURE_BYTES], attendances[FIGURE_BYTES];
        int r = report->from < report->year ? qf_buffer_print(text, "In %u–%u, ", report->from, report->year)
                                            : qf_buffer_print(text, "In %u, ", report->year);
        (void)qf_ratio_grouped(report->range.of[QF_ACTIVITIES], activities, sizeof(activities));
        (void)qf_ratio_magnitude_en(report->range.of[QF_ATTENDANCES], attendances, sizeof(attendances));
        if (!qf_counts_known(&report->range, QF_ATTENDANCES))
                (void)snprintf(attendances, sizeof(attendances), "an unknown number of");
        return r ? r
                 : qf_buffer_print(text, "%s %.*s%sactivities were held%s%.*s, with %s attendances; ",
                                   activities, (int)report->channel.len, report->channel.at,
                                   report->channel.len ? " " : "", report->scope.len ? " " : "",
                                   (int)report->scope.len, report->scope.at, attendances);
}

int qf_year_report_en(const struct qf_year_report *report, struct qf_buffer *ret_text)
{
        static const char *const months[] = {"January",   "February", "March",    "April",
                                             "May",       "June",     "July",     "August",
                                             "September", "October",  "November", "December"};
        int r = append_range_en(report, ret_text);
        if (!r && report->upto)
                r = qf_buffer_print(
                        ret_text, "up to %u %s and against the same days%s, ", report->upto % 100,
                        months[(report->upto / 100 % 100 + 11) % 12],
                        report->undated_excluded ? ", without what is dated to a month or year alone" : "");
        if (!r)
                r = qf_buffer_print(ret_text, "activities in %u ", report->year);
        if (!r)
                r = append_growth_en(report, QF_ACTIVITIES, "were ", ret_text);
        if (!r)
                r = qf_buffer_print(ret_text, ", and attendances ");
        if (!r)
                r = append_growth_en(report, QF_ATTENDANCES, "", ret_text);
        return r ? r : qf_buffer_print(ret_text, ".");
}
