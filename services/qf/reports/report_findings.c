/* Why: closing is counted within one cohort, what was raised in a period: closed of
 * those, how fast, and what is overdue. */
#include <stddef.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/period.h"
#include "qf/cli/figures.h"
#include "views/oversight.h"
#include "qf/reports/report_run.h"
#include "qf/reports/spread.h"

struct finding {
        struct qf_oversight_item item;
        struct qf_view group; /* code of what rows are made by */
};

struct findings {
        struct qf_report_run *run;
        const char *by;
        struct finding *at;
        uint32_t count;
        int64_t *days; /* room for one of each finding */
};

static void close_findings(struct findings *findings)
{
        free(findings->at);
        free(findings->days);
}

static int ask(struct findings *findings)
{
        struct qf_report_run *run = findings->run;
        const struct qf_kind_spec *spec = qf_kind_named(QF_VIEW("finding"));
        struct qf_to_reader answer;
        if (qf_report_ask_list(run, "finding", run->first_day, run->last_day, &answer))
                return 1;
        const bool by_cycle = qf_view_same(qf_view_of(findings->by), QF_VIEW("cycle"));
        /* That the programme has it, not that a record states it: there may be none. */
        const struct qf_dimension *dimension = qf_programme_dimension(
                run->programme, qf_programme_find_dimension(run->programme, qf_view_of(findings->by)));
        if (run->options.by.count > 1 || (!by_cycle && (!dimension || dimension->groups)))
                return run->cli->exit_code = qf_cli_misused(
                               run->cli, "--by 是 finding_kind、org、cycle 之一，而不是“%s”。",
                               "--by is one of finding_kind, org and cycle, not \"%s\".", findings->by);
        findings->at = calloc((size_t)answer.answer_rows_count + 1, sizeof(*findings->at));
        findings->days = calloc((size_t)answer.answer_rows_count + 1, sizeof(*findings->days));
        if (!findings->at || !findings->days)
                return qf_report_no_memory(run);
        for (uint32_t i = 0; i < answer.answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer.answer_rows[i];
                if (qf_date_first_day(qf_listed_date(row)) > run->asof)
                        continue;
                struct finding *finding = &findings->at[findings->count++];
                finding->item = qf_oversight_item(spec, &answer, row);
                finding->group =
                        by_cycle ? finding->item.cycle : qf_listed_member(&answer, row, findings->by);
        }
        return 0;
}

/* All of a group; of all when it is NULL. */
static void put_group(struct findings *findings, const struct qf_view *group)
{
        struct qf_page *page = &findings->run->page;
        const uint32_t asof = findings->run->asof;
        uint32_t raised = 0, closed = 0, overdue = 0;
        for (uint32_t i = 0; i < findings->count; i++) {
                const struct qf_oversight_item *item = &findings->at[i].item;
                if (group && !qf_view_same(findings->at[i].group, *group))
                        continue;
                raised++;
                overdue += qf_oversight_is_overdue(item, asof);
                if (item->verified && item->verified <= asof)
                        findings->days[closed++] = qf_date_days(item->verified) - qf_date_days(item->since);
        }
        const struct qf_spread spread = qf_spread_of(findings->days, closed);
        char median[QF_FIGURE_BYTES];
        qf_page_number(page, raised);
        qf_page_rate(page, closed, raised);
        qf_page_number(page, raised - closed);
        qf_page_number(page, overdue);
        qf_page_known(page, closed, spread.least);
        (void)qf_spread_median(&spread, median, sizeof(median));
        if (closed)
                qf_page_decimal(page, qf_view_of(median));
        else
                qf_page_nothing(page);
        qf_page_known(page, closed, spread.most);
}

static int compare(const void *one, const void *other)
{
        const struct finding *a = one, *b = other;
        const int r = qf_view_order(a->group, b->group);
        return r ? r : qf_view_order(a->item.key, b->item.key);
}

static void head(struct findings *findings)
{
        struct qf_page *page = &findings->run->page;
        const struct qf_cli *cli = page->cli;
        const struct qf_view by = qf_view_of(findings->by);
        char label[QF_PAGE_LABEL_BYTES];
        const struct qf_view text = qf_asking_dimension_label(cli, page->programme, by);
        (void)snprintf(label, sizeof(label), "%.*s", (int)text.len, text.at);
        qf_page_column(page, by,
                       qf_view_same(by, QF_VIEW("cycle")) ? qf_cli_say(cli, "周期", "cycle") : label,
                       QF_PAGE_TEXT);
        static const struct qf_page_head columns[] = {
                {"raised", "提出", "raised", QF_PAGE_NUMBER},
                {"closed", "销号率", "closed", QF_PAGE_RATE},
                {"open", "未销号", "open", QF_PAGE_NUMBER},
                {"overdue", "逾期", "overdue", QF_PAGE_NUMBER},
                {"days_least", "销号天数最短", "days to close: least", QF_PAGE_NUMBER},
                {"days_median", "中位", "middle", QF_PAGE_NUMBER},
                {"days_most", "最长", "most", QF_PAGE_NUMBER},
        };
        qf_page_heads(page, columns, sizeof(columns) / sizeof(columns[0]));
}

static void say_overdue(struct findings *findings)
{
        struct qf_page *page = &findings->run->page;
        json_t *overdue = json_array();
        for (uint32_t i = 0; i < findings->count; i++) {
                const struct qf_oversight_item *item = &findings->at[i].item;
                if (!qf_oversight_is_overdue(item, findings->run->asof))
                        continue;
                qf_page_remark(page, "逾期：%.*s，整改期限 %04u-%02u-%02u",
                               "Overdue: %.*s, was due on %04u-%02u-%02u", (int)item->key.len, item->key.at,
                               item->due / 10000, item->due / 100 % 100, item->due % 100);
                (void)json_array_append_new(overdue, json_stringn(item->key.at, item->key.len));
        }
        qf_page_fact(page, "overdue", overdue);
        qf_page_fact(page, "asof", json_integer(findings->run->asof));
}

static int fill(struct qf_report_run *run)
{
        QF_CLEANUP(close_findings) struct findings findings = {.run = run, .by = "finding_kind"};
        char by[QF_PAGE_CODE_BYTES];
        if (run->options.by.count) {
                (void)snprintf(by, sizeof(by), "%.*s", (int)run->options.by.at[0].len,
                               run->options.by.at[0].at);
                findings.by = by;
        }
        if (ask(&findings))
                return 1;
        if (findings.count)
                qsort(findings.at, findings.count, sizeof(*findings.at), compare);
        head(&findings);
        for (uint32_t i = 0; i < findings.count; i++) {
                if (i && qf_view_same(findings.at[i].group, findings.at[i - 1].group))
                        continue;
                qf_page_row(&run->page);
                qf_page_member(&run->page, findings.by, findings.at[i].group, 0);
                put_group(&findings, &findings.at[i].group);
        }
        qf_page_total(&run->page);
        qf_page_word(&run->page, "合计", "total");
        put_group(&findings, NULL);
        say_overdue(&findings);
        return 0;
}

static const struct qf_option findings_options[] = {
        QF_REPORT_FROM,
        QF_REPORT_TO,
        QF_REPORT_ASOF,
        {"by", QF_OPTION_LIST, offsetof(struct qf_report_options, by), "DIM",
         "按 finding_kind（默认）、org 或 cycle 分行", "rows by finding_kind (default), org or cycle", 0},
        QF_REPORT_WHERE,
        QF_REPORT_FORMS,
        {0},
};

static const char *const findings_indicators[] = {"closing", "open", "overdue", "days_to_close", NULL};

static const struct qf_report findings_report = {.indicators = findings_indicators,
                                                 .kinds = "finding",
                                                 .fill = fill,
                                                 .title_zh = "问题整改",
                                                 .title_en = "Findings and their closing"};

const struct qf_command qf_report_findings = {
        .name = "findings",
        .zh = "问题和整改：销号率、天数、逾期",
        .en = "findings of a cohort: closed, days to close, overdue",
        .run = qf_report_run,
        .of = &findings_report,
        .options = findings_options,
        .more_zh = "一批问题：--from 到 --to 提出的；看到 --asof 那天为止。",
        .more_en = "A cohort is what was raised from --from to --to, as it stood on --asof.",
};
