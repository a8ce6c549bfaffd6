/* Why: who has done which checkpoints of a cycle, and whose findings are still
 * open or overdue on a day: what the body that oversees asks each month. */
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "qf/reports/report_run.h"
#include "views/json.h"
#include "views/oversight.h"

static void heads(struct qf_report_run *run)
{
        static const struct qf_page_head columns[] = {
                {"cycle", "周期", "cycle", QF_PAGE_TEXT},
                {"org", "单位", "organisation", QF_PAGE_TEXT},
                {"checkpoints", "检查点", "checkpoints", QF_PAGE_RATE},
                {"stage", "已到阶段", "stage reached", QF_PAGE_TEXT},
                {"missing", "未完成", "not done", QF_PAGE_TEXT},
                {"closing", "销号/提出", "closed/raised", QF_PAGE_RATE},
                {"open", "未销号", "open", QF_PAGE_NUMBER},
                {"overdue", "逾期", "overdue", QF_PAGE_NUMBER},
        };
        qf_page_heads(&run->page, columns, sizeof(columns) / sizeof(columns[0]));
}

static void put_stage(struct qf_page *page, struct qf_view stages, struct qf_view code)
{
        qf_page_cell(page, qf_asking_member_label(page->cli, page->programme, stages, code, NULL, 0),
                     qf_json_text(code));
}

/* How many are done, how far that is, and by name what is left. */
static int put_checkpoints(struct qf_page *page, const struct qf_oversight *board,
                           const struct qf_oversight_row *row)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer missing = {0};
        const struct qf_member *stage =
                qf_programme_member(board->programme, board->stages, qf_oversight_stage(board, row));
        int r = 0;
        qf_page_rate(page, row->done, board->checkpoints);
        if (stage)
                put_stage(page, qf_programme_dimension(board->programme, board->stages)->code, stage->code);
        else
                qf_page_nothing(page);
        for (uint32_t id = 0; !r && (id = qf_oversight_missing(board, row, id));) {
                const struct qf_view code = qf_programme_member(board->programme, board->dimension, id)->code;
                r = qf_buffer_print(&missing, "%s%.*s", missing.len ? "," : "", (int)code.len, code.at);
        }
        qf_page_members(page, "checkpoint",
                        (struct qf_view){(const char *)missing.at, (uint32_t)missing.len});
        return r;
}

static void put_findings(struct qf_page *page, const struct qf_oversight_row *row)
{
        qf_page_rate(page, row->closed, row->raised);
        qf_page_number(page, row->open);
        qf_page_number(page, row->overdue);
}

static void say_overdue(struct qf_page *page, const struct qf_oversight *board)
{
        for (uint32_t i = 0; i < board->items_count; i++) {
                const struct qf_oversight_item *item = &board->items[i];
                if (qf_oversight_is_overdue(item, board->asof))
                        qf_page_remark(page, "逾期：%.*s，整改期限 %04u-%02u-%02u",
                                       "Overdue: %.*s, was due on %04u-%02u-%02u", (int)item->key.len,
                                       item->key.at, item->due / 10000, item->due / 100 % 100,
                                       item->due % 100);
        }
}

static json_t *json_of(const struct qf_oversight *board)
{
        json_t *rows = json_array();
        for (uint32_t i = 0; i < board->rows_count; i++)
                (void)json_array_append_new(rows, qf_oversight_row_json(board, &board->rows[i]));
        return json_pack("{s:b, s:I, s:I, s:o, s:{s:I, s:I, s:I, s:I}}", "restricted", board->restricted,
                         "asof", (json_int_t)board->asof, "checkpoints", (json_int_t)board->checkpoints,
                         "rows", rows, "all", "raised", (json_int_t)board->all.raised, "closed",
                         (json_int_t)board->all.closed, "open", (json_int_t)board->all.open, "overdue",
                         (json_int_t)board->all.overdue);
}

static int put(struct qf_report_run *run, const struct qf_oversight *board)
{
        struct qf_page *page = &run->page;
        const uint32_t day = board->asof;
        int r = 0;
        qf_page_line(page, "截至 %04u-%02u-%02u", "As at %04u-%02u-%02u", day / 10000, day / 100 % 100,
                     day % 100);
        heads(run);
        for (uint32_t i = 0; !r && i < board->rows_count; i++) {
                qf_page_row(page);
                qf_page_text(page, board->rows[i].cycle);
                qf_page_member(page, "org", board->rows[i].org, 0);
                r = put_checkpoints(page, board, &board->rows[i]);
                put_findings(page, &board->rows[i]);
        }
        qf_page_total(page);
        qf_page_word(page, "合计", "total");
        for (unsigned i = 0; i < 4; i++)
                qf_page_blank(page);
        put_findings(page, &board->all);
        say_overdue(page, board);
        if (board->restricted)
                qf_report_remark_restricted(page);
        qf_page_own_json(page, json_of(board));
        return r ? qf_report_no_memory(run) : 0;
}

static void close_board(struct qf_oversight *board)
{
        qf_oversight_deinit(board);
}

static int fill(struct qf_report_run *run)
{
        QF_CLEANUP(close_board)
        struct qf_oversight board = {.programme = run->programme, .asof = run->asof};
        struct qf_to_reader answers[2];
        run->own_total = true;
        if (qf_report_ask_list(run, "checkpoint", 0, 0, &answers[0]) ||
            qf_report_ask_list(run, "finding", 0, 0, &answers[1]))
                return 1;
        const int r = qf_oversight_make(&board, answers);
        return r < 0 ? qf_report_no_memory(run) : r ? qf_report_not_understood(run->cli) : put(run, &board);
}

static const struct qf_option oversight_options[] = {
        QF_REPORT_ASOF,
        QF_REPORT_FORMS,
        {0},
};

static const char *const oversight_indicators[] = {"checkpoints", "stage",   "closing",
                                                   "open",        "overdue", NULL};

static const struct qf_report oversight_report = {.indicators = oversight_indicators,
                                                  .kinds = "checkpoint finding",
                                                  .fill = fill,
                                                  .title_zh = "监督看板",
                                                  .title_en = "The board of oversight"};

const struct qf_command qf_report_oversight = {
        .name = "oversight",
        .zh = "监督看板：检查点、问题、逾期",
        .en = "the board of oversight: checkpoints, findings, what is overdue",
        .run = qf_report_run,
        .of = &oversight_report,
        .options = oversight_options,
        .more_zh = "验收当天即销号；过了整改期限还没有整改完成的算逾期。",
        .more_en =
                "A finding is closed from the day it is verified, and overdue after the day it was to be rectified by, until it is.",
};
