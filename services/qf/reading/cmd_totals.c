/* Why: the question everybody asks. The table never sums its own rows: the last
 * line is the true total, as reporting counted it, and remarks say where rows do
 * not add up to it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/kinds.h"
#include "qf/cli/asking.h"
#include "qf/reading/declared_print.h"
#include "qf/cli/figures.h"
#include "qf/cli/json_out.h"
#include "qf/cli/text_table.h"
#include "views/answer_json.h"
#include "views/labels.h"
#include "views/listed.h"

enum { FIGURES = 4, BY_MAX = 3 };

struct options {
        struct qf_list by, where;
        struct qf_list measures;
        const char *from, *to, *kind;
        uint64_t at_least, limit;
        bool csv;
};

static void close_subscription(struct qf_subscription **subscription)
{
        *subscription = qf_subscription_close(*subscription);
}

static void close_asking(struct qf_asking **asking)
{
        *asking = qf_asking_close(*asking);
}

/* --- as a table ----------------------------------------------------------- */

static int add_text(struct qf_text_table *table, const char *cell)
{
        return qf_text_table_add(table, qf_view_of(cell));
}

static int add_head(const struct qf_cli *cli, const struct qf_programme *programme,
                    const struct qf_to_reader *answer, struct qf_text_table *table)
{
        const char *const heads[FIGURES] = {
                qf_cli_say(cli, "活动（场）", "activities"),
                qf_cli_say(cli, "人次", "attendances"),
                qf_cli_say(cli, "场均人次", "mean"),
                qf_cli_say(cli, "人次不详（场）", "attendance not known"),
        };
        int r = 0;
        for (uint32_t i = 0; !r && i < answer->by_count; i++)
                r = qf_text_table_add(table, qf_asking_dimension_label(cli, programme, answer->by[i]));
        for (uint32_t i = 0; !r && i < FIGURES; i++) {
                table->right[answer->by_count + i] = true;
                r = add_text(table, heads[i]);
        }
        return r ? r : qf_text_table_line(table);
}

static int add_row(const struct qf_cli *cli, const struct qf_programme *programme,
                   const struct qf_to_reader *answer, const struct qf_answer_row *row,
                   struct qf_text_table *table)
{
        const uint32_t day = qf_listed_names_on(answer, row, cli->names_on);
        char room[QF_FIGURE_BYTES];
        int r = 0;
        for (uint32_t k = 0; !r && k < answer->by_count; k++)
                r = qf_text_table_add(table, qf_label_member_on(day, cli->chinese, programme, answer->by[k],
                                                                row->members[k], room, sizeof(room)));
        return r ? r : qf_figures_add(table, &row->counts, qf_programme_settings(programme)->rounding);
}

static int fill_table(const struct qf_cli *cli, const struct qf_programme *programme,
                      const struct qf_to_reader *answer, struct qf_text_table *table)
{
        int r = add_head(cli, programme, answer, table);
        for (uint32_t i = 0; !r && i < answer->answer_rows_count; i++)
                r = add_row(cli, programme, answer, &answer->answer_rows[i], table);
        if (!r)
                r = qf_text_table_line(table);
        for (uint32_t k = 0; !r && k < answer->by_count; k++)
                r = add_text(table, k ? "" : qf_cli_say(cli, "合计", "total"));
        return r ? r : qf_figures_add(table, &answer->all.counts, qf_programme_settings(programme)->rounding);
}

static void print_notes(const struct qf_cli *cli, const struct qf_programme *programme,
                        const struct qf_to_reader *answer)
{
        char room[QF_NOTE_TEXT_BYTES];
        for (uint32_t i = 0; i < answer->notes_count; i++)
                if (answer->by_count || !qf_view_same(answer->notes[i], QF_VIEW("attendance_unknown")))
                        puts(qf_figures_note(cli, programme, answer->notes[i], room, sizeof(room)));
}

static int print_table(struct qf_cli *cli, const struct qf_programme *programme,
                       const struct qf_to_reader *answer)
{
        struct qf_text_table table = {.columns = answer->by_count + FIGURES};
        int r = answer->by_count > BY_MAX ? -E2BIG : fill_table(cli, programme, answer, &table);
        if (!r)
                qf_text_table_print(&table, stdout);
        qf_text_table_deinit(&table);
        if (r)
                return qf_cli_broke(cli, r, "totals");
        print_notes(cli, programme, answer);
        return QF_EXIT_DONE;
}

static int print_sentence(struct qf_cli *cli, const struct qf_programme *programme,
                          const struct qf_to_reader *answer)
{
        struct qf_buffer sentence = {0};
        int r = qf_figures_sentence(cli->chinese, &answer->all.counts,
                                    qf_programme_settings(programme)->rounding, &sentence);
        if (!r)
                printf("%.*s", (int)sentence.len, (const char *)sentence.at);
        qf_buffer_deinit(&sentence);
        if (r)
                return qf_cli_broke(cli, r, "totals");
        print_notes(cli, programme, answer);
        return QF_EXIT_DONE;
}

/* --- the question --------------------------------------------------------- */

static int ask(struct qf_cli *cli, const struct options *options)
{
        QF_CLEANUP(close_subscription) struct qf_subscription *registers = NULL;
        QF_CLEANUP(close_asking) struct qf_asking *asking = NULL;
        struct qf_from_reader query = {
                .query = options->kind ? QF_QUERY_DECLARED : QF_QUERY_TOTALS,
                .kind = qf_view_of(options->kind),
                .measures_count = options->measures.count,
                .measures = options->measures.at,
                .by_count = options->by.count,
                .by = options->by.at,
                .where_count = options->where.count,
                .where = options->where.at,
                .at_least = options->at_least,
                .limit = (uint32_t)options->limit,
        };
        struct qf_to_reader answer;
        if (options->measures.count && !options->kind)
                return qf_cli_misused(
                        cli, "--measure 要和 --kind 一起用；活动的合计总有场次和人次。",
                        "--measure goes with --kind; totals of activities always have both of theirs.");
        if (qf_asking_days(cli, options->from, options->to, &query) || qf_asking_open(cli, &asking) ||
            qf_asking_query(asking, query, &answer))
                return cli->exit_code;
        if (options->kind)
                return qf_declared_totals(cli, qf_kind_named(query.kind), &answer, options->csv);
        if (cli->json)
                return qf_json_say(cli, qf_answer_json(&(struct qf_answer_form){.of = QF_ANSWER_OF_COUNTS,
                                                                                .answer = &answer}));
        if (options->csv)
                return qf_declared_counts_csv(cli, &answer);
        if (qf_asking_subscribe(cli, (struct qf_subscription_options){.want = QF_WANT_REGISTERS}, &registers))
                return cli->exit_code;
        const struct qf_programme *programme = qf_subscription_programme(registers);
        return answer.by_count ? print_table(cli, programme, &answer)
                               : print_sentence(cli, programme, &answer);
}

static const struct qf_option totals_options[] = {
        {"by", QF_OPTION_LIST, offsetof(struct options, by), "DIM[,DIM]",
         "按哪些维度分行；也可用 day、month、year", "rows by these dimensions; also day, month, year", 0},
        QF_ASKED_OPTIONS(struct options),
        {"kind", QF_OPTION_TEXT, offsetof(struct options, kind), "KIND",
         "别的事项，如 broadcast（都有哪些：qf kinds）",
         "another kind, such as broadcast (which there are: qf kinds)", 0},
        {"measure", QF_OPTION_LIST, offsetof(struct options, measures), "MEASURE",
         "只要这些指标；max:peak、min:views、sum:views 指明怎样合并",
         "only these measures; max:peak, min:views, sum:views say how they are combined", 0},
        {"at-least", QF_OPTION_NUMBER, offsetof(struct options, at_least), "POSITION",
         "等到计到日志的这个位置", "wait until this position of the journal is counted", 0},
        {"limit", QF_OPTION_NUMBER, offsetof(struct options, limit), "N", "最多列几行",
         "at most so many rows", 50000},
        {"csv", QF_OPTION_FLAG, offsetof(struct options, csv), NULL, "打印成 CSV", "print CSV", 0},
        {0},
};

static int run_totals(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {0};
        int count;
        if (qf_cli_parse(cli, &options, argc, argv, &count))
                return cli->exit_code;
        return ask(cli, &options);
}

const struct qf_command qf_cmd_totals = {
        .name = "totals",
        .zh = "查询合计",
        .en = "ask for totals",
        .run = run_totals,
        .options = totals_options,
        .more_zh = "例：qf totals --by org,year --where channel=offline --from 2022 --to 2023",
        .more_en = "Example: qf totals --by org,year --where channel=offline --from 2022 --to 2023",
};
