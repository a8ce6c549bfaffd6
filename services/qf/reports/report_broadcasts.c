/* Why: "each had more than 10,000 views" is about each: it is decided on the
 * smallest, and the one that breaks it is named. */
#include <stddef.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/ratio.h"
#include "qf/cli/figures.h"
#include "qf/reports/report_run.h"
#include "qf/reports/spread.h"

static void heads(struct qf_report_run *run)
{
        struct qf_page *page = &run->page;
        static const struct qf_page_head columns[] = {
                {"date", "日期", "date", QF_PAGE_TEXT},
                {"org", "单位", "organisation", QF_PAGE_TEXT},
                {"key", "编号", "key", QF_PAGE_TEXT},
                {"views", "观看人次", "views", QF_PAGE_NUMBER},
                {"viewers", "观看人数", "viewers", QF_PAGE_NUMBER},
                {"peak", "最高在线", "peak", QF_PAGE_NUMBER},
                {"above", "超过", "above", QF_PAGE_TEXT},
        };
        qf_page_heads(page, columns, sizeof(columns) / sizeof(columns[0]));
}

static void put_row(struct qf_report_run *run, const struct qf_to_reader *answer,
                    const struct qf_answer_row *row, int64_t above)
{
        static const char *const figures[] = {"views", "viewers", "peak"};
        const struct qf_kind_spec *spec = qf_kind_named(QF_VIEW("broadcast"));
        struct qf_page *page = &run->page;
        int64_t value = 0;
        qf_page_row(page);
        qf_page_date(page, qf_listed_date(row));
        qf_page_member(page, "org", qf_listed_member(answer, row, "org"), 0);
        qf_page_text(page, row->members[QF_LISTED_KEY]);
        for (unsigned i = 0; i < 3; i++) {
                const bool known = qf_listed_figure(spec, row, figures[i], &value);
                qf_page_known(page, known, value);
        }
        if (qf_listed_figure(spec, row, "views", &value))
                qf_page_flag(page, value > above, qf_cli_say(run->cli, "是", "yes"),
                             qf_cli_say(run->cli, "否", "NO"));
        else
                qf_page_cell(page, qf_view_of(qf_cli_say(run->cli, "不详", "not known")), json_null());
}

static json_t *half_json(int64_t twice)
{
        return twice % 2 ? json_real((double)twice / 2) : json_integer(twice / 2);
}

static void say_claim(struct qf_report_run *run, const struct qf_spread *spread, uint32_t records,
                      uint32_t over, int64_t above)
{
        struct qf_page *page = &run->page;
        const uint32_t unknown = records - spread->count;
        const bool holds = records && over == records;
        char bound[QF_FIGURE_BYTES], least[QF_FIGURE_BYTES], median[QF_FIGURE_BYTES], most[QF_FIGURE_BYTES];
        qf_page_line(page, "每场都超过%s人次：%s（共%u场，超过的%u场，不详%u场）。",
                     "Each above %s views: %s (broadcasts: %u, above: %u, not known: %u).",
                     qf_ratio_grouped(above, bound, sizeof(bound)),
                     holds ? qf_cli_say(run->cli, "成立", "true") : qf_cli_say(run->cli, "不成立", "not so"),
                     records, over, unknown);
        qf_page_fact(page, "holds", json_boolean(holds));
        qf_page_fact(page, "above", json_integer(above));
        qf_page_fact(page, "records", json_integer(records));
        qf_page_fact(page, "over", json_integer(over));
        qf_page_fact(page, "unknown", json_integer(unknown));
        if (!spread->count)
                return;
        qf_page_line(page, "最少%s，中位%s，最多%s人次。", "The least %s, the middle %s, the most %s views.",
                     qf_ratio_grouped(spread->least, least, sizeof(least)),
                     qf_spread_median(spread, median, sizeof(median)),
                     qf_ratio_grouped(spread->most, most, sizeof(most)));
        qf_page_fact(page, "least", json_integer(spread->least));
        qf_page_fact(page, "median", half_json(spread->median_sum));
        qf_page_fact(page, "most", json_integer(spread->most));
}

static int fill(struct qf_report_run *run)
{
        const struct qf_kind_spec *spec = qf_kind_named(QF_VIEW("broadcast"));
        const int64_t above = (int64_t)run->options.above;
        struct qf_to_reader answer;
        uint32_t known = 0, over = 0;
        if (qf_report_ask_list(run, "broadcast", run->first_day, run->last_day, &answer))
                return 1;
        QF_CLEANUP(qf_cleanup_free)
        int64_t *views = calloc((size_t)answer.answer_rows_count + 1, sizeof(*views));
        if (!views)
                return qf_report_no_memory(run);
        heads(run);
        for (uint32_t i = 0; i < answer.answer_rows_count; i++) {
                put_row(run, &answer, &answer.answer_rows[i], above);
                if (!qf_listed_figure(spec, &answer.answer_rows[i], "views", &views[known]))
                        continue;
                over += views[known] > above;
                known++;
        }
        const struct qf_spread spread = qf_spread_of(views, known);
        say_claim(run, &spread, answer.answer_rows_count, over, above);
        return 0;
}

static const struct qf_option broadcasts_options[] = {
        {"views", QF_OPTION_NUMBER, offsetof(struct qf_report_options, above), "N",
         "每场都超过多少人次；默认 10000", "views that each is above; default 10000", 1000000000},
        QF_REPORT_FROM,
        QF_REPORT_TO,
        QF_REPORT_WHERE,
        QF_REPORT_FORMS,
        {0},
};

static const char *const broadcasts_indicators[] = {"views", "viewers", "peak", "median", NULL};

static const struct qf_report broadcasts_report = {.indicators = broadcasts_indicators,
                                                   .kinds = "broadcast",
                                                   .fill = fill,
                                                   .title_zh = "直播",
                                                   .title_en = "Broadcasts"};

const struct qf_command qf_report_broadcasts = {
        .name = "broadcasts",
        .zh = "直播：每场都超过多少人次，哪一场没有",
        .en = "broadcasts: is each above so many views, and which is not",
        .run = qf_report_run,
        .of = &broadcasts_report,
        .options = broadcasts_options,
        .more_zh = "有一场不详，“每场都超过”就不成立。",
        .more_en = "One whose views are not known leaves the claim open: it does not hold.",
};
