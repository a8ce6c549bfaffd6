/* Why: who has done which checkpoints of a cycle, and whose findings are still
 * open or overdue on a day: what the body that oversees asks each month. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "model/kinds.h"
#include "model/period.h"
#include "model/ratio.h"
#include "qf/cli/figures.h"
#include "qf/reports/indicators.h"
#include "qf/cli/json_out.h"
#include "views/oversight.h"
#include "qf/reports/reports.h"
#include "qf/cli/text_table.h"

enum { COLUMNS = 7 };

struct options {
        const char *asof;
};

struct board {
        struct qf_cli *cli;
        struct qf_oversight of;
};

static void close_subscription(struct qf_subscription **subscription)
{
        *subscription = qf_subscription_close(*subscription);
}

static void close_asking(struct qf_asking **asking)
{
        *asking = qf_asking_close(*asking);
}

static void close_board(struct board *board)
{
        qf_oversight_deinit(&board->of);
}

/* --- what is asked --------------------------------------------------------- */

/* Both answers are held until the board is printed: it has views of them. 0 or 1. */
static int ask(struct board *board, struct qf_asking *const asking[2])
{
        static const struct qf_view kinds[] = {{"checkpoint", 10}, {"finding", 7}};
        struct qf_to_reader answers[2];
        for (unsigned i = 0; i < 2; i++)
                if (qf_report_list(board->cli, asking[i], (struct qf_from_reader){.kind = kinds[i]},
                                   &answers[i]))
                        return 1;
        int r = qf_oversight_make(&board->of, answers);
        return r < 0 ? qf_cli_broke(board->cli, r, "report") : r ? qf_report_not_understood(board->cli) : 0;
}

/* --- what is printed ------------------------------------------------------- */

static int print_json(const struct board *board)
{
        json_t *rows = json_array();
        for (uint32_t i = 0; i < board->of.rows_count; i++)
                (void)json_array_append_new(rows, qf_oversight_row_json(&board->of, &board->of.rows[i]));
        return qf_json_say(board->cli,
                           json_pack("{s:b, s:I, s:I, s:o, s:{s:I, s:I, s:I, s:I}}", "restricted",
                                     board->of.restricted, "asof", (json_int_t)board->of.asof, "checkpoints",
                                     (json_int_t)board->of.checkpoints, "rows", rows, "all", "raised",
                                     (json_int_t)board->of.all.raised, "closed",
                                     (json_int_t)board->of.all.closed, "open", (json_int_t)board->of.all.open,
                                     "overdue", (json_int_t)board->of.all.overdue));
}

static int add_number(struct qf_text_table *table, uint32_t value)
{
        char cell[QF_FIGURE_BYTES];
        return qf_text_table_add(table, qf_view_of(qf_ratio_grouped(value, cell, sizeof(cell))));
}

/* 7/10, and those that are not done by name. */
static int add_checkpoints(const struct board *board, const struct qf_oversight_row *row,
                           struct qf_text_table *table)
{
        struct qf_buffer names = {0};
        char cell[QF_FIGURE_BYTES];
        (void)snprintf(cell, sizeof(cell), "%u/%u", row->done, board->of.checkpoints);
        int r = qf_text_table_add(table, qf_view_of(cell));
        for (uint32_t id = 0; !r && (id = qf_oversight_missing(&board->of, row, id));) {
                const struct qf_view code =
                        qf_programme_member(board->of.programme, board->of.dimension, id)->code;
                const struct qf_view label = qf_asking_member_label(board->cli, board->of.programme,
                                                                    QF_VIEW("checkpoint"), code, NULL, 0);
                r = qf_buffer_print(&names, "%s%.*s", names.len ? qf_cli_say(board->cli, "、", ", ") : "",
                                    (int)label.len, label.at);
        }
        if (!r)
                r = qf_text_table_add(table, (struct qf_view){(const char *)names.at, (uint32_t)names.len});
        qf_buffer_deinit(&names);
        return r;
}

/* Closed as k/n of what was raised, with the rate; open; overdue. */
static int add_findings(const struct board *board, const struct qf_oversight_row *row,
                        struct qf_text_table *table)
{
        char share[QF_FIGURE_BYTES], cell[2 * QF_FIGURE_BYTES];
        const enum qf_rounding rounding = qf_programme_settings(board->of.programme)->rounding;
        (void)snprintf(cell, sizeof(cell), row->raised ? "%u/%u (%s%%)" : "%u/%u", row->closed, row->raised,
                       qf_ratio_percent(row->closed, row->raised, 1, rounding, share, sizeof(share)));
        int r = qf_text_table_add(table, qf_view_of(cell));
        if (!r)
                r = add_number(table, row->open);
        return r ? r : add_number(table, row->overdue);
}

static int add_row(const struct board *board, const struct qf_oversight_row *row, struct qf_text_table *table)
{
        int r = qf_text_table_add(table, row->cycle);
        if (!r)
                r = qf_text_table_add(table, qf_asking_member_label(board->cli, board->of.programme,
                                                                    QF_VIEW("org"), row->org, NULL, 0));
        if (!r)
                r = add_checkpoints(board, row, table);
        return r ? r : add_findings(board, row, table);
}

static int fill(const struct board *board, struct qf_text_table *table)
{
        const struct qf_cli *cli = board->cli;
        const char *const heads[COLUMNS] = {
                qf_cli_say(cli, "周期", "cycle"),
                qf_cli_say(cli, "单位", "organisation"),
                qf_cli_say(cli, "检查点", "checkpoints"),
                qf_cli_say(cli, "未完成", "not done"),
                qf_cli_say(cli, "销号/提出", "closed/raised"),
                qf_cli_say(cli, "未销号", "open"),
                qf_cli_say(cli, "逾期", "overdue"),
        };
        int r = 0;
        for (unsigned i = 0; !r && i < COLUMNS; i++) {
                table->right[i] = i > 3 || i == 2;
                r = qf_text_table_add(table, qf_view_of(heads[i]));
        }
        if (!r)
                r = qf_text_table_line(table);
        for (uint32_t i = 0; !r && i < board->of.rows_count; i++)
                r = add_row(board, &board->of.rows[i], table);
        if (!r)
                r = qf_text_table_line(table);
        if (!r)
                r = qf_text_table_add(table, qf_view_of(qf_cli_say(cli, "合计", "total")));
        for (unsigned i = 0; !r && i < 3; i++)
                r = qf_text_table_add(table, QF_VIEW(""));
        return r ? r : add_findings(board, &board->of.all, table);
}

static int print_text(const struct board *board)
{
        static const char *const indicators[] = {"checkpoints", "closing", "open", "overdue", NULL};
        struct qf_text_table table = {.columns = COLUMNS};
        const int r = fill(board, &table);
        const uint32_t day = board->of.asof;
        if (!r) {
                printf(qf_cli_say(board->cli, "截至 %04u-%02u-%02u\n\n", "As at %04u-%02u-%02u\n\n"),
                       day / 10000, day / 100 % 100, day % 100);
                qf_text_table_print(&table, stdout);
        }
        for (uint32_t i = 0; !r && i < board->of.items_count; i++) {
                const struct qf_oversight_item *item = &board->of.items[i];
                if (qf_oversight_is_overdue(item, day))
                        printf(qf_cli_say(board->cli, "逾期：%.*s，整改期限 %04u-%02u-%02u\n",
                                          "overdue: %.*s, was due on %04u-%02u-%02u\n"),
                               (int)item->key.len, item->key.at, item->due / 10000, item->due / 100 % 100,
                               item->due % 100);
        }
        if (!r && board->of.restricted)
                qf_report_say_restricted(board->cli);
        if (!r)
                qf_indicators_footnotes(board->cli, indicators, stdout);
        qf_text_table_deinit(&table);
        return r ? qf_cli_broke(board->cli, r, "report") : QF_EXIT_DONE;
}

/* --- the command ----------------------------------------------------------- */

static int read_day(struct board *board, const char *asof)
{
        uint32_t first;
        if (!asof) {
                board->of.asof = qf_date_at(qf_clock_wall_ms(),
                                            qf_programme_settings(board->of.programme)->zone_minutes);
                return 0;
        }
        if (qf_asking_period(asof, &first, &board->of.asof))
                return 0;
        return qf_cli_misused(board->cli, "--asof 要写成 2023-06-30，而不是“%s”。",
                              "--asof is 2023-06-30, not \"%s\".", asof);
}

static const struct qf_option oversight_options[] = {
        {"asof", QF_OPTION_TEXT, offsetof(struct options, asof), "DATE", "看到哪一天为止；默认今天",
         "as it stood on a day; default today", 0},
        {0},
};

static int run_oversight(struct qf_cli *cli, int argc, char **argv)
{
        QF_CLEANUP(close_subscription) struct qf_subscription *registers = NULL;
        QF_CLEANUP(close_asking) struct qf_asking *checkpoints = NULL;
        QF_CLEANUP(close_asking) struct qf_asking *findings = NULL;
        QF_CLEANUP(close_board) struct board board = {.cli = cli};
        struct options options = {0};
        int count;
        if (qf_cli_parse(cli, &options, argc, argv, &count) ||
            qf_asking_subscribe(cli, (struct qf_subscription_options){.want = QF_WANT_REGISTERS}, &registers))
                return cli->exit_code;
        board.of.programme = qf_subscription_programme(registers);
        board.of.dimension = qf_programme_find_dimension(board.of.programme, QF_VIEW("checkpoint"));
        const struct qf_dimension *dimension = qf_programme_dimension(board.of.programme, board.of.dimension);
        board.of.checkpoints = dimension ? dimension->members : 0;
        if (read_day(&board, options.asof))
                return cli->exit_code = QF_EXIT_USAGE;
        cli->names_on = board.of.asof;
        if (qf_asking_open(cli, &checkpoints) || qf_asking_open(cli, &findings) ||
            ask(&board, (struct qf_asking *const[]){checkpoints, findings}))
                return cli->exit_code;
        return cli->json ? print_json(&board) : print_text(&board);
}

const struct qf_command qf_report_oversight = {
        .name = "oversight",
        .zh = "监督看板：检查点、问题、逾期",
        .en = "the board of oversight: checkpoints, findings, what is overdue",
        .run = run_oversight,
        .options = oversight_options,
        .more_zh = "验收当天即销号；过了整改期限还没有整改完成的算逾期。",
        .more_en =
                "A finding is closed from the day it is verified, and overdue after the day it was to be rectified by, until it is.",
};
