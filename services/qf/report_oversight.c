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
#include "qf/figures.h"
#include "qf/json_out.h"
#include "views/oversight.h"
#include "qf/reports.h"
#include "qf/text_table.h"

enum { COLUMNS = 7 };

struct options {
        const char *asof;
};

struct board {
        struct qf_cli *cli;
        const struct qf_programme *programme;
        uint16_t dimension;   /* of checkpoints */
        uint32_t checkpoints; /* that there are */
        uint32_t asof;
        struct qf_oversight_item *items;
        struct qf_oversight_row *rows;
        uint32_t items_count, rows_count;
        struct qf_oversight_row all;
        bool restricted;
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
        free(board->items);
        free(board->rows);
}

/* --- what is asked --------------------------------------------------------- */

static struct qf_view member_of(const struct qf_to_reader *answer, const struct qf_answer_row *row,
                                const char *dimension)
{
        const uint32_t column = qf_listed_column(answer, dimension);
        return column < answer->by_count ? row->members[column] : QF_VIEW("");
}

static uint32_t date_of(const struct qf_kind_spec *spec, const struct qf_answer_row *row, const char *figure)
{
        const int place = qf_kind_figure(spec, qf_view_of(figure));
        return place == QF_NO_FIGURE || !row->figures[place] ? 0 : (uint32_t)(row->figures[place] - 1);
}

static int add_items(struct board *board, const struct qf_kind_spec *spec, const struct qf_to_reader *answer)
{
        for (uint32_t i = 0; i < answer->answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer->answer_rows[i];
                struct qf_oversight_item item = {.cycle = qf_oversight_cycle(row->members[QF_LISTED_KEY]),
                                                 .org = member_of(answer, row, "org"),
                                                 .key = row->members[QF_LISTED_KEY],
                                                 .due = date_of(spec, row, "due"),
                                                 .rectified = date_of(spec, row, "rectified"),
                                                 .verified = date_of(spec, row, "verified")};
                uint64_t date = 0;
                if (!qf_text_number(row->members[QF_LISTED_DATE], QF_DATE_LAST, &date))
                        return qf_report_not_understood(board->cli);
                item.since = qf_date_first_day((uint32_t)date);
                if (spec->kind == QF_KIND_CHECKPOINT)
                        item.checkpoint = qf_programme_find_member(board->programme, board->dimension,
                                                                   member_of(answer, row, "checkpoint"));
                board->items[board->items_count++] = item;
        }
        return 0;
}

/* Both answers are held until the board is printed: it has views of them. 0 or 1. */
static int ask(struct board *board, struct qf_asking *const asking[2])
{
        static const struct qf_view kinds[] = {{"checkpoint", 10}, {"finding", 7}};
        struct qf_to_reader answers[2];
        for (unsigned i = 0; i < 2; i++)
                if (qf_report_list(board->cli, asking[i], (struct qf_from_reader){.kind = kinds[i]},
                                   &answers[i]))
                        return 1;
        board->restricted = qf_listed_restricted(&answers[0]) || qf_listed_restricted(&answers[1]);
        const size_t count = (size_t)answers[0].answer_rows_count + answers[1].answer_rows_count;
        board->items = calloc(count + 1, sizeof(*board->items));
        board->rows = calloc(count + 1, sizeof(*board->rows));
        if (!board->items || !board->rows)
                return qf_cli_broke(board->cli, -ENOMEM, "report");
        for (unsigned i = 0; i < 2; i++)
                if (add_items(board, qf_kind_named(kinds[i]), &answers[i]))
                        return 1;
        board->rows_count =
                qf_oversight_fold(board->items, board->items_count, board->asof, board->rows, &board->all);
        return 0;
}

/* --- what is printed ------------------------------------------------------- */

/* The next checkpoint, after one, that a row has not done; 0: none. */
static uint32_t next_missing(const struct board *board, const struct qf_oversight_row *row, uint32_t after)
{
        for (uint32_t id = after + 1; id <= board->checkpoints; id++) {
                bool done = false;
                for (uint32_t i = row->first; i < row->first + row->count && !done; i++)
                        done = board->items[i].checkpoint == id &&
                               qf_oversight_is_done(&board->items[i], board->asof);
                if (!done)
                        return id;
        }
        return 0;
}

static json_t *row_json(const struct board *board, const struct qf_oversight_row *row)
{
        json_t *missing = json_array(), *overdue = json_array();
        for (uint32_t id = 0; (id = next_missing(board, row, id));)
                (void)json_array_append_new(
                        missing,
                        qf_json_text(qf_programme_member(board->programme, board->dimension, id)->code));
        for (uint32_t i = row->first; i < row->first + row->count; i++)
                if (qf_oversight_is_overdue(&board->items[i], board->asof))
                        (void)json_array_append_new(
                                overdue, json_pack("{s:o, s:I}", "key", qf_json_text(board->items[i].key),
                                                   "due", (json_int_t)board->items[i].due));
        return json_pack("{s:o, s:o, s:I, s:o, s:I, s:I, s:I, s:o}", "cycle", qf_json_text(row->cycle), "org",
                         qf_json_text(row->org), "done", (json_int_t)row->done, "missing", missing, "raised",
                         (json_int_t)row->raised, "closed", (json_int_t)row->closed, "open",
                         (json_int_t)row->open, "overdue", overdue);
}

static int print_json(const struct board *board)
{
        json_t *rows = json_array();
        for (uint32_t i = 0; i < board->rows_count; i++)
                (void)json_array_append_new(rows, row_json(board, &board->rows[i]));
        return qf_json_say(board->cli,
                           json_pack("{s:b, s:I, s:I, s:o, s:{s:I, s:I, s:I, s:I}}", "restricted",
                                     board->restricted, "asof", (json_int_t)board->asof, "checkpoints",
                                     (json_int_t)board->checkpoints, "rows", rows, "all", "raised",
                                     (json_int_t)board->all.raised, "closed", (json_int_t)board->all.closed,
                                     "open", (json_int_t)board->all.open, "overdue",
                                     (json_int_t)board->all.overdue));
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
        (void)snprintf(cell, sizeof(cell), "%u/%u", row->done, board->checkpoints);
        int r = qf_text_table_add(table, qf_view_of(cell));
        for (uint32_t id = 0; !r && (id = next_missing(board, row, id));) {
                const struct qf_view code = qf_programme_member(board->programme, board->dimension, id)->code;
                const struct qf_view label = qf_asking_member_label(board->cli, board->programme,
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
        const enum qf_rounding rounding = qf_programme_settings(board->programme)->rounding;
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
                r = qf_text_table_add(table, qf_asking_member_label(board->cli, board->programme,
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
        for (uint32_t i = 0; !r && i < board->rows_count; i++)
                r = add_row(board, &board->rows[i], table);
        if (!r)
                r = qf_text_table_line(table);
        if (!r)
                r = qf_text_table_add(table, qf_view_of(qf_cli_say(cli, "合计", "total")));
        for (unsigned i = 0; !r && i < 3; i++)
                r = qf_text_table_add(table, QF_VIEW(""));
        return r ? r : add_findings(board, &board->all, table);
}

static int print_text(const struct board *board)
{
        struct qf_text_table table = {.columns = COLUMNS};
        const int r = fill(board, &table);
        const uint32_t day = board->asof;
        if (!r) {
                printf(qf_cli_say(board->cli, "截至 %04u-%02u-%02u\n\n", "As at %04u-%02u-%02u\n\n"),
                       day / 10000, day / 100 % 100, day % 100);
                qf_text_table_print(&table, stdout);
        }
        for (uint32_t i = 0; !r && i < board->items_count; i++) {
                const struct qf_oversight_item *item = &board->items[i];
                if (qf_oversight_is_overdue(item, day))
                        printf(qf_cli_say(board->cli, "逾期：%.*s，整改期限 %04u-%02u-%02u\n",
                                          "overdue: %.*s, was due on %04u-%02u-%02u\n"),
                               (int)item->key.len, item->key.at, item->due / 10000, item->due / 100 % 100,
                               item->due % 100);
        }
        if (!r && board->restricted)
                qf_report_say_restricted(board->cli);
        qf_text_table_deinit(&table);
        return r ? qf_cli_broke(board->cli, r, "report") : QF_EXIT_DONE;
}

/* --- the command ----------------------------------------------------------- */

static int read_day(struct board *board, const char *asof)
{
        uint32_t first;
        if (!asof) {
                board->asof =
                        qf_date_at(qf_clock_wall_ms(), qf_programme_settings(board->programme)->zone_minutes);
                return 0;
        }
        if (qf_asking_period(asof, &first, &board->asof))
                return 0;
        return qf_cli_misused(board->cli, "--asof 要写成 2023-06-30，而不是“%s”。",
                              "--asof is 2023-06-30, not \"%s\".", asof);
}

int qf_report_oversight(struct qf_cli *cli, int argc, char **argv)
{
        static const struct qf_option table[] = {
                {"asof", QF_OPTION_TEXT, offsetof(struct options, asof), "DATE", "看到哪一天为止；默认今天",
                 "as it stood on a day; default today", 0},
                {0},
        };
        static const struct qf_usage usage = {
                .subcommand = "oversight",
                .options = table,
                .zh = "验收当天即销号；过了整改期限还没有整改完成的算逾期。",
                .en = "A finding is closed from the day it is verified, and overdue after the day it was to be rectified by, until it is.",
        };
        QF_CLEANUP(close_subscription) struct qf_subscription *registers = NULL;
        QF_CLEANUP(close_asking) struct qf_asking *checkpoints = NULL;
        QF_CLEANUP(close_asking) struct qf_asking *findings = NULL;
        QF_CLEANUP(close_board) struct board board = {.cli = cli};
        struct options options = {0};
        int count;
        if (qf_cli_parse(cli, &usage, &options, argc, argv, &count) ||
            qf_asking_subscribe(cli, (struct qf_subscription_options){.want = QF_WANT_REGISTERS}, &registers))
                return cli->exit_code;
        board.programme = qf_subscription_programme(registers);
        board.dimension = qf_programme_find_dimension(board.programme, QF_VIEW("checkpoint"));
        const struct qf_dimension *dimension = qf_programme_dimension(board.programme, board.dimension);
        board.checkpoints = dimension ? dimension->members : 0;
        if (read_day(&board, options.asof))
                return cli->exit_code = QF_EXIT_USAGE;
        cli->names_on = board.asof;
        if (qf_asking_open(cli, &checkpoints) || qf_asking_open(cli, &findings) ||
            ask(&board, (struct qf_asking *const[]){checkpoints, findings}))
                return cli->exit_code;
        return cli->json ? print_json(&board) : print_text(&board);
}
