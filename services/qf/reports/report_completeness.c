/* Why: before a month's totals are believed, somebody asks who has not reported,
 * and whose own totals are others than those counted. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "model/kinds.h"
#include "model/ratio.h"
#include "views/completeness.h"
#include "qf/cli/figures.h"
#include "qf/reports/indicators.h"
#include "qf/cli/json_out.h"
#include "qf/reports/reports.h"
#include "qf/cli/text_table.h"

enum { COLUMNS = 8, MONTHS_MAX = 120 };

struct options {
        const char *from, *to;
};

struct sheets {
        struct qf_cli *cli;
        const struct qf_programme *programme;
        uint32_t first_day, last_day;
        struct qf_cover *covers;
        uint32_t count;
        struct qf_cover_sums sums;
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

static void close_sheets(struct sheets *sheets)
{
        free(sheets->covers);
}

/* --- what is known --------------------------------------------------------- */

/* Both answers are held until all is printed. 0 or 1. */
static int ask(struct sheets *sheets, struct qf_asking *listing, struct qf_asking *counting)
{
        static const struct qf_view by[] = {{"org", 3}, {"month", 5}};
        struct qf_to_reader listed, counted;
        if (qf_report_list(sheets->cli, listing,
                           (struct qf_from_reader){.kind = QF_VIEW("period_report"),
                                                   .first_day = sheets->first_day,
                                                   .last_day = sheets->last_day},
                           &listed) ||
            qf_asking_query(counting,
                            (struct qf_from_reader){.query = QF_QUERY_TOTALS,
                                                    .by_count = 2,
                                                    .by = by,
                                                    .first_day = sheets->first_day,
                                                    .last_day = sheets->last_day},
                            &counted))
                return 1;
        if (counted.by_count != 2)
                return qf_report_not_understood(sheets->cli);
        int r = qf_completeness_make(
                sheets->programme,
                &(struct qf_cover_bounds){.first_day = sheets->first_day, .last_day = sheets->last_day},
                &listed, &counted, &sheets->covers, &sheets->count);
        if (r < 0)
                return qf_cli_broke(sheets->cli, r, "report");
        sheets->restricted = qf_listed_restricted(&listed) || qf_listed_restricted(&counted);
        sheets->sums = qf_completeness_sum(sheets->covers, sheets->count);
        return 0;
}

int qf_report_missing(struct qf_cli *cli, const struct qf_programme *programme, uint32_t first_day,
                      uint32_t last_day, void (*missing)(void *ctx, const struct qf_cover *cover), void *ctx)
{
        QF_CLEANUP(close_asking) struct qf_asking *listing = NULL;
        QF_CLEANUP(close_asking) struct qf_asking *counting = NULL;
        QF_CLEANUP(close_sheets)
        struct sheets sheets = {
                .cli = cli, .programme = programme, .first_day = first_day, .last_day = last_day};
        if (qf_asking_open(cli, &listing) || qf_asking_open(cli, &counting) ||
            ask(&sheets, listing, counting))
                return 1;
        for (uint32_t i = 0; i < sheets.count; i++)
                if (sheets.covers[i].expected && !sheets.covers[i].received)
                        missing(ctx, &sheets.covers[i]);
        return 0;
}

/* --- what is printed ------------------------------------------------------- */

static int print_json(const struct sheets *sheets)
{
        json_t *rows = json_array();
        for (uint32_t i = 0; i < sheets->count; i++) {
                const struct qf_cover *cover = &sheets->covers[i];
                (void)json_array_append_new(
                        rows,
                        json_pack("{s:o, s:I, s:b, s:b, s:b, s:b, s:[I,I], s:[I,I], s:b}", "org",
                                  qf_json_text(cover->org), "month", (json_int_t)cover->month, "expected",
                                  cover->expected, "received", cover->received, "zero", cover->zero, "late",
                                  cover->late, "declared", (json_int_t)cover->declared[0],
                                  (json_int_t)cover->declared[1], "counted", (json_int_t)cover->counted[0],
                                  (json_int_t)cover->counted[1], "differs", qf_cover_differs(cover)));
        }
        const struct qf_cover_sums *sums = &sheets->sums;
        return qf_json_say(sheets->cli,
                           json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "restricted",
                                     sheets->restricted, "expected", (json_int_t)sums->expected, "received",
                                     (json_int_t)sums->received, "timely", (json_int_t)sums->timely, "beside",
                                     (json_int_t)sums->beside, "zero", (json_int_t)sums->zero, "differing",
                                     (json_int_t)sums->differing, "rows", rows));
}

static const char *state_of(const struct qf_cli *cli, const struct qf_cover *cover)
{
        if (!cover->received)
                return qf_cli_say(cli, "未报", "missing");
        if (cover->zero)
                return cover->late ? qf_cli_say(cli, "零报告（迟）", "zero report, late")
                                   : qf_cli_say(cli, "零报告", "zero report");
        return cover->late ? qf_cli_say(cli, "已报（迟）", "received late")
                           : qf_cli_say(cli, "已报", "received");
}

static int add_row(const struct sheets *sheets, const struct qf_cover *cover, struct qf_text_table *table)
{
        char cell[QF_FIGURE_BYTES];
        int r = qf_text_table_add(table, qf_asking_member_label(sheets->cli, sheets->programme,
                                                                QF_VIEW("org"), cover->org, NULL, 0));
        (void)snprintf(cell, sizeof(cell), "%04u-%02u", cover->month / 100, cover->month % 100);
        if (!r)
                r = qf_text_table_add(table, qf_view_of(cell));
        if (!r)
                r = qf_text_table_add(table, qf_view_of(state_of(sheets->cli, cover)));
        for (unsigned i = 0; !r && i < 2 * QF_COVER_NUMBERS; i++) {
                const bool declares = i % 2 == 0;
                const int64_t value = declares ? cover->declared[i / 2] : cover->counted[i / 2];
                r = qf_text_table_add(table,
                                      qf_view_of(declares && !cover->received
                                                         ? "—"
                                                         : qf_ratio_grouped(value, cell, sizeof(cell))));
        }
        return r ? r : qf_text_table_add(table, qf_cover_differs(cover) ? QF_VIEW("W220") : QF_VIEW(""));
}

static int fill(const struct sheets *sheets, struct qf_text_table *table)
{
        const struct qf_cli *cli = sheets->cli;
        const char *const heads[COLUMNS] = {
                qf_cli_say(cli, "单位", "organisation"), qf_cli_say(cli, "月份", "month"),
                qf_cli_say(cli, "封面", "cover sheet"),  qf_cli_say(cli, "申报场次", "activities declared"),
                qf_cli_say(cli, "实计场次", "counted"),  qf_cli_say(cli, "申报人次", "attendances declared"),
                qf_cli_say(cli, "实计人次", "counted"),  ""};
        int r = 0;
        for (unsigned i = 0; !r && i < COLUMNS; i++) {
                table->right[i] = i > 2 && i < COLUMNS - 1;
                r = qf_text_table_add(table, qf_view_of(heads[i]));
        }
        if (!r)
                r = qf_text_table_line(table);
        for (uint32_t i = 0; !r && i < sheets->count; i++)
                r = add_row(sheets, &sheets->covers[i], table);
        return r;
}

/* By our clock, and only where the programme says what late is. */
static void say_timely(const struct sheets *sheets)
{
        const struct qf_settings *settings = qf_programme_settings(sheets->programme);
        const struct qf_cover_sums *sums = &sheets->sums;
        char share[QF_FIGURE_BYTES];
        if (!settings->timely_days) {
                puts(qf_cli_say(sheets->cli, "方案没有设 timely_days：不判迟报。\n",
                                "The programme sets no timely_days: nothing is late.\n"));
                return;
        }
        printf(qf_cli_say(sheets->cli, "按时（月后 %u 天内收到）%u/%u（%s%%），迟报 %u\n\n",
                          "in time (within %u days after the month) %u/%u (%s%%), late %u\n\n"),
               settings->timely_days, sums->timely, sums->expected,
               qf_ratio_percent(sums->timely, sums->expected, 1, settings->rounding, share, sizeof(share)),
               sums->received - sums->timely);
}

static int print_text(const struct sheets *sheets)
{
        static const char *const indicators[] = {"completeness", "timeliness", NULL};
        const struct qf_cover_sums *sums = &sheets->sums;
        struct qf_text_table table = {.columns = COLUMNS};
        char share[QF_FIGURE_BYTES];
        const int r = fill(sheets, &table);
        if (!r) {
                printf(qf_cli_say(
                               sheets->cli, "应报 %u，已报 %u（%s%%），其中零报告 %u；申报与实计不同 %u\n",
                               "expected %u, received %u (%s%%), zero reports %u; declared and counted differ: "
                               "%u\n"),
                       sums->expected, sums->received,
                       qf_ratio_percent(sums->received, sums->expected, 1,
                                        qf_programme_settings(sheets->programme)->rounding, share,
                                        sizeof(share)),
                       sums->zero, sums->differing);
                say_timely(sheets);
                qf_text_table_print(&table, stdout);
                if (sheets->restricted)
                        qf_report_say_restricted(sheets->cli);
                qf_indicators_footnotes(sheets->cli, indicators, stdout);
        }
        qf_text_table_deinit(&table);
        return r ? qf_cli_broke(sheets->cli, r, "report") : QF_EXIT_DONE;
}

/* --- the command ----------------------------------------------------------- */

static const struct qf_option completeness_options[] = {
        {"from", QF_OPTION_TEXT, offsetof(struct options, from), "MONTH", "自（含）：2023 或 2023-05",
         "from, inclusive: 2023 or 2023-05", 0},
        {"to", QF_OPTION_TEXT, offsetof(struct options, to), "MONTH", "到（含）", "to, inclusive", 0},
        {0},
};

static int run_completeness(struct qf_cli *cli, int argc, char **argv)
{
        QF_CLEANUP(close_subscription) struct qf_subscription *registers = NULL;
        QF_CLEANUP(close_asking) struct qf_asking *listing = NULL;
        QF_CLEANUP(close_asking) struct qf_asking *counting = NULL;
        QF_CLEANUP(close_sheets) struct sheets sheets = {.cli = cli};
        struct options options = {0};
        uint32_t unused;
        int count;
        if (qf_cli_parse(cli, &options, argc, argv, &count))
                return cli->exit_code;
        if (!options.from || !options.to || !qf_asking_period(options.from, &sheets.first_day, &unused) ||
            !qf_asking_period(options.to, &unused, &sheets.last_day) || sheets.first_day > sheets.last_day ||
            sheets.last_day / 10000 - sheets.first_day / 10000 >= MONTHS_MAX / 12)
                return cli->exit_code = qf_cli_misused(cli, "要写成 --from 2023-01 --to 2023-12，最多十年。",
                                                       "say --from 2023-01 --to 2023-12, at most ten years.");
        sheets.first_day = sheets.first_day / 100 * 100 + 1;
        cli->names_on = sheets.last_day;
        if (qf_asking_subscribe(cli, (struct qf_subscription_options){.want = QF_WANT_REGISTERS}, &registers))
                return cli->exit_code;
        sheets.programme = qf_subscription_programme(registers);
        if (qf_asking_open(cli, &listing) || qf_asking_open(cli, &counting) ||
            ask(&sheets, listing, counting))
                return cli->exit_code;
        return cli->json ? print_json(&sheets) : print_text(&sheets);
}

const struct qf_command qf_report_completeness = {
        .name = "completeness",
        .zh = "报送完整性：谁报了、谁没报、申报与实计",
        .en = "cover sheets: who sent one, and what differs from the counts",
        .run = run_completeness,
        .options = completeness_options,
};
