/* `qf why`: the records that make a number, and proof that they do: they are added
 * up here, and held against the number that reporting gives at the same version. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "client/figure_text.h"
#include "qf/cli/asking.h"
#include "qf/cli/json_out.h"
#include "qf/cli/text_table.h"
#include "qf/reading/why.h"
#include "views/csv.h"
#include "views/json.h"
#include "views/labels.h"

enum { PAGE_ROWS = 5000, TRIES = 20, COLUMNS_FIXED = 3, NUMBER_BYTES = 32 };

struct options {
        struct qf_list where, cells;
        const char *from, *to, *kind;
        uint64_t at_least;
        bool csv;
};

static const struct qf_option option_table[] = {
        {"kind", QF_OPTION_TEXT, offsetof(struct options, kind), "KIND", "别的事项，如 broadcast（qf kinds）",
         "another kind, such as broadcast (qf kinds)", 0},
        QF_ASKED_OPTIONS(struct options),
        {"cell", QF_OPTION_LIST, offsetof(struct options, cells), "DIM=CODE",
         "qf totals --by 表里的一行：正好是这个成员（等号后空着：未填）",
         "a row of qf totals --by: this very member (nothing behind the sign: not stated)", 0},
        {"at-least", QF_OPTION_NUMBER, offsetof(struct options, at_least), "POSITION",
         "等到计到日志的这个位置", "wait until this position of the journal is counted", 0},
        {"csv", QF_OPTION_FLAG, offsetof(struct options, csv), NULL, "输出 CSV", "print CSV", 0},
        {0},
};

struct run {
        struct qf_cli *cli;
        const struct options *options;
        struct qf_why why;
        struct qf_view kind, measure;
        struct qf_from_reader query; /* where and days, which both questions share */
        struct qf_asking *asking;
        struct qf_subscription *registers;
        struct qf_why_sum number, sum;
        uint64_t records, version; /* that make it; of the number */
        bool restricted, begun;
};

static void close_run(struct run *run)
{
        run->asking = qf_asking_close(run->asking);
        run->registers = qf_subscription_close(run->registers);
}

/* --- asking ---------------------------------------------------------------------- */

static int ask_number(struct run *run)
{
        struct qf_from_reader query = run->query;
        struct qf_to_reader answer;

        query.query = run->why.spec ? QF_QUERY_DECLARED : QF_QUERY_TOTALS;
        query.kind = run->why.spec ? run->kind : QF_VIEW("");
        query.measures_count = run->why.spec ? 1 : 0;
        query.measures = &run->measure;
        query.by_count = run->why.cells_count;
        query.by = run->why.dimension;
        if (qf_asking_query(run->asking, query, &answer))
                return 1;
        run->version = answer.version;
        if (qf_why_number(&run->why, &answer, &run->number))
                return 0;
        (void)qf_cli_fail(
                run->cli, QF_EXIT_OTHER, "按相加的规则，这里没有这个数。\n每个指标的规则：qf kinds",
                "by the rules of adding there is no such number here.\nThe rule of each measure: qf kinds");
        return 1;
}

static int ask_page(struct run *run, struct qf_view page, struct qf_to_reader *ret_answer)
{
        struct qf_from_reader query = run->query;

        query.query = QF_QUERY_LIST;
        query.kind = run->kind;
        query.limit = PAGE_ROWS;
        query.page = page;
        if (qf_why_is_stock(&run->why)) /* what stands may have begun before any range */
                query.first_day = query.last_day = 0;
        return qf_asking_query(run->asking, query, ret_answer);
}

/* --- printing -------------------------------------------------------------------- */

static bool is_asked(const struct run *run, struct qf_view dimension)
{
        for (uint32_t i = 0; i < run->why.cells_count; i++)
                if (qf_view_same(run->why.dimension[i], dimension))
                        return true;
        for (uint32_t i = 0; i < run->options->where.count; i++) {
                const struct qf_view where = run->options->where.at[i];
                if (where.len > dimension.len && where.at[dimension.len] == '=' &&
                    memcmp(where.at, dimension.at, dimension.len) == 0)
                        return true;
        }
        return qf_view_same(dimension, QF_VIEW("org"));
}

/* Points are kept in thousandths, and printed as points. */
static int plain_text(const struct run *run, int64_t value, char *text, size_t room)
{
        const struct qf_kind_measure *measure = run->why.measure;
        const struct qf_figure *figure =
                measure && measure->figure != QF_NO_FIGURE ? &run->why.spec->figures[measure->figure] : NULL;
        char points[QF_FIGURE_TEXT];

        if (figure && figure->type == QF_FIGURE_MILLI && measure->rule != QF_RULE_STOCK)
                return snprintf(text, room, "%s", qf_figure_print(figure, value, run->cli->chinese, points));
        return snprintf(text, room, "%" PRId64, value);
}

static const char *value_text(const struct run *run, const struct qf_why_part *part, char room[NUMBER_BYTES])
{
        if (!part->known)
                return qf_cli_say(run->cli, "不详", "not known");
        if (run->why.measure && run->why.measure->rule == QF_RULE_RATIO)
                (void)snprintf(room, NUMBER_BYTES, "%" PRId64 "/%" PRId64, part->value, part->of);
        else
                plain_text(run, part->value, room, NUMBER_BYTES);
        return room;
}

/* As the table of kinds calls it; records and what is not known have no row there. */
static struct qf_view measure_label(const struct run *run)
{
        size_t count;
        const struct qf_kind_measure *measure =
                run->why.measure ? run->why.measure : qf_kind_measure(&qf_kinds(&count)[0], run->measure);

        return measure ? qf_view_of(run->cli->chinese ? measure->zh : measure->en) : run->measure;
}

static int add_heads(const struct run *run, const struct qf_to_reader *list, struct qf_text_table *table)
{
        const struct qf_programme *programme = qf_subscription_programme(run->registers);
        const struct qf_view fixed[COLUMNS_FIXED] = {qf_view_of(qf_cli_say(run->cli, "日期", "date")),
                                                     qf_view_of(qf_cli_say(run->cli, "报送单位", "fed by")),
                                                     qf_view_of(qf_cli_say(run->cli, "编号", "key"))};
        int r = 0;

        for (uint32_t i = 0; i < list->by_count && r == 0; i++) {
                if (i >= COLUMNS_FIXED && !is_asked(run, list->by[i]))
                        continue;
                table->columns++;
                r = qf_text_table_add(table, i < COLUMNS_FIXED ? fixed[i]
                                                               : qf_asking_dimension_label(
                                                                         run->cli, programme, list->by[i]));
        }
        table->right[table->columns++] = true;
        if (r == 0)
                r = qf_text_table_add(table, measure_label(run));
        return r == 0 ? qf_text_table_line(table) : r;
}

static int add_row(const struct run *run, const struct qf_to_reader *list, const struct qf_answer_row *row,
                   const struct qf_why_part *part, struct qf_text_table *table)
{
        const struct qf_programme *programme = qf_subscription_programme(run->registers);
        char room[64], number[NUMBER_BYTES];
        int r = 0;

        for (uint32_t i = 0; i < list->by_count && r == 0; i++) {
                struct qf_view cell = row->members[i];
                if (i >= COLUMNS_FIXED && !is_asked(run, list->by[i]))
                        continue;
                if (i == 0)
                        cell = qf_label_period(cell, room, sizeof(room));
                else if (i == 1)
                        cell = qf_asking_member_label(run->cli, programme, QF_VIEW("org"), cell, room,
                                                      sizeof(room));
                else if (i >= COLUMNS_FIXED && cell.len && !memchr(cell.at, ',', cell.len))
                        cell = qf_asking_member_label(run->cli, programme, list->by[i], cell, room,
                                                      sizeof(room));
                r = qf_text_table_add(table, cell);
        }
        return r == 0 ? qf_text_table_add(table, qf_view_of(value_text(run, part, number))) : r;
}

/* A line's cells, and its last one; a BOM before the first line. */
static int print_csv_line(const struct run *run, const struct qf_view *cells, uint32_t count,
                          struct qf_view last)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer line = {0};
        int r = run->begun ? 0 : qf_csv_begin(&line);

        for (uint32_t i = 0; i < count && r == 0; i++)
                r = qf_csv_text(&line, cells[i], i == 0);
        if (r == 0)
                r = qf_csv_text(&line, last, count == 0);
        if (r == 0)
                r = qf_csv_end_line(&line);
        if (r == 0)
                (void)fwrite(line.at, 1, line.len, stdout);
        return r;
}

static int print_csv(const struct run *run, const struct qf_to_reader *list, const struct qf_answer_row *row,
                     const struct qf_why_part *part)
{
        char number[NUMBER_BYTES];

        return print_csv_line(run, row->members, list->by_count,
                              part->known ? qf_view_of(value_text(run, part, number)) : QF_VIEW(""));
}

/* A line each, so that a million of them need no memory at either end. */
static int print_json(const struct run *run, const struct qf_to_reader *list, const struct qf_answer_row *row,
                      const struct qf_why_part *part)
{
        json_t *line = json_object();

        for (uint32_t i = 0; i < list->by_count; i++)
                (void)json_object_setn_new(line, list->by[i].at, list->by[i].len,
                                           qf_json_text(row->members[i]));
        (void)json_object_set_new(line, "value", part->known ? json_integer(part->value) : json_null());
        if (run->why.measure && run->why.measure->rule == QF_RULE_RATIO && part->known)
                (void)json_object_set_new(line, "of", json_integer(part->of));
        return qf_json_print(line);
}

static int print_page(struct run *run, const struct qf_to_reader *list)
{
        struct qf_text_table table = {.columns = 0};
        const bool plain = !run->cli->json && !run->options->csv;
        int r = plain ? add_heads(run, list, &table) : 0;

        if (run->options->csv && !run->begun)
                r = print_csv_line(run, list->by, list->by_count, run->measure);
        run->begun = true;
        for (uint32_t i = 0; i < list->answer_rows_count && r == 0; i++) {
                const struct qf_answer_row *row = &list->answer_rows[i];
                const struct qf_why_part part = qf_why_part_of(&run->why, list, row);
                if (!part.belongs)
                        continue;
                if (plain)
                        r = add_row(run, list, row, &part, &table);
                else if (run->options->csv)
                        r = print_csv(run, list, row, &part);
                else
                        r = print_json(run, list, row, &part);
        }
        if (plain && r == 0 && run->records > 0)
                qf_text_table_print(&table, stdout);
        qf_text_table_deinit(&table);
        return r;
}

/* --- the answer ------------------------------------------------------------------- */

static int add_page(struct run *run, const struct qf_to_reader *list)
{
        for (uint32_t i = 0; i < list->notes_count; i++)
                run->restricted |= qf_view_same(list->notes[i], QF_VIEW("restricted"));
        for (uint32_t i = 0; i < list->answer_rows_count; i++) {
                const struct qf_why_part part = qf_why_part_of(&run->why, list, &list->answer_rows[i]);
                run->records += part.belongs;
                if (!qf_why_add(&run->why, &part, &run->sum))
                        return -EOVERFLOW;
        }
        return 0;
}

/* The first page at the version of the number: where nothing is fed meanwhile, that is the first try. */
static int begin_at_one_version(struct run *run, struct qf_to_reader *ret_list)
{
        for (int i = 0; i < TRIES; i++) {
                if (ask_number(run) || ask_page(run, QF_VIEW(""), ret_list))
                        return 1;
                if (ret_list->version == run->version)
                        return 0;
        }
        return 0; /* it is compared all the same, and who feeds so fast is told so */
}

static int read_pages(struct run *run, uint64_t *ret_version)
{
        struct qf_to_reader list;
        char page[QF_PAGE_BYTES_MAX];
        int said = begin_at_one_version(run, &list), r = 0;

        while (said == 0 && r == 0) {
                *ret_version = list.version;
                r = add_page(run, &list);
                if (r == 0)
                        r = print_page(run, &list);
                if (r != 0 || list.next.len == 0)
                        break;
                memcpy(page, list.next.at, list.next.len);
                said = ask_page(run, (struct qf_view){page, list.next.len}, &list);
        }
        if (r < 0)
                (void)qf_cli_broke(run->cli, r, "why");
        return said != 0 || r != 0;
}

static void number_text(const struct run *run, const struct qf_why_sum *sum, char *text, size_t room)
{
        int len = plain_text(run, sum->value, text, room);

        if (run->why.measure && run->why.measure->rule == QF_RULE_RATIO)
                len = snprintf(text, room, "%" PRId64 "/%" PRId64, sum->value, sum->of);
        if (sum->unknown && len > 0)
                (void)snprintf(text + len, room - (size_t)len,
                               qf_cli_say(run->cli, "（不详 %" PRId64 "）", " (%" PRId64 " not known)"),
                               sum->unknown);
}

static json_t *sum_json(const struct qf_why_sum *sum)
{
        return json_pack("{s:I, s:I, s:I}", "value", (json_int_t)sum->value, "of", (json_int_t)sum->of,
                         "unknown", (json_int_t)sum->unknown);
}

static int say_json(struct run *run, bool same)
{
        json_t *line = json_pack("{s:s%, s:s%, s:I, s:o, s:o, s:I, s:b, s:b}", "measure", run->measure.at,
                                 (size_t)run->measure.len, "kind", run->kind.at, (size_t)run->kind.len,
                                 "version", (json_int_t)run->version, "number", sum_json(&run->number), "sum",
                                 sum_json(&run->sum), "records", (json_int_t)run->records, "restricted",
                                 run->restricted, "same", same);
        const int code = qf_json_say(run->cli, line);

        return code != QF_EXIT_DONE || same || run->restricted ? code : QF_EXIT_OTHER;
}

static int say_outcome(struct run *run, uint64_t last_version)
{
        const bool same = qf_why_same(&run->number, &run->sum);
        char number[96], sum[96];

        number_text(run, &run->number, number, sizeof(number));
        number_text(run, &run->sum, sum, sizeof(sum));
        if (run->cli->json)
                run->cli->exit_code = say_json(run, same);
        else if (same || run->restricted)
                fprintf(run->options->csv ? stderr : stdout,
                        qf_cli_say(run->cli, "%" PRIu64 "%s 条记录，合起来 %s；该数 %s%s\n",
                                   "%" PRIu64 " %s, together %s; the number is %s%s\n"),
                        run->records, qf_cli_noun(run->cli, run->records, "record", "records"), sum, number,
                        same ? qf_cli_say(run->cli, "，相等。", ": the same.")
                             : qf_cli_say(run->cli, "。其余是本密钥看不到的单位的。",
                                          ". The rest is of organisations that this key may not read."));
        if (same || run->restricted || run->cli->exit_code != QF_EXIT_DONE)
                return run->cli->exit_code;
        return last_version != run->version
                       ? qf_cli_fail(
                                 run->cli, QF_EXIT_OTHER,
                                 "读的时候又计了新的：记录合起来 %s，该数 %s（位置 %" PRIu64 " 到 %" PRIu64
                                 "）。\n再问一次，或缩小范围。",
                                 "counting went on meanwhile: the records make %s, the number is %s (position %" PRIu64
                                 " to %" PRIu64 ").\nAsk again, or for less.",
                                 sum, number, run->version, last_version)
                       : qf_cli_fail(
                                 run->cli, QF_EXIT_OTHER,
                                 "对不上：记录合起来 %s，该数却是 %s（位置 %" PRIu64
                                 "）。\n请运行 qf verify，并把这条命令告诉维护的人。",
                                 "they do not agree: the records make %s, but the number is %s (position %" PRIu64
                                 ").\nRun qf verify, and tell who maintains this service of the command.",
                                 sum, number, run->version);
}

/* Behind many pages the number may have moved with what they hold. */
static int settle_number(struct run *run, uint64_t last_version)
{
        const struct qf_why_sum before = run->number;
        const uint64_t version = run->version;

        if (last_version == run->version || qf_why_same(&run->number, &run->sum))
                return 0;
        if (ask_number(run))
                return 1;
        if (!qf_why_same(&run->number, &run->sum)) {
                run->number = before;
                run->version = version;
        }
        return 0;
}

static int answer(struct run *run)
{
        uint64_t last_version = 0;

        if (qf_asking_open(run->cli, &run->asking) ||
            qf_asking_subscribe(run->cli, (struct qf_subscription_options){.want = QF_WANT_REGISTERS},
                                &run->registers))
                return run->cli->exit_code;
        run->why.programme = qf_subscription_programme(run->registers);
        if (read_pages(run, &last_version) || settle_number(run, last_version))
                return run->cli->exit_code;
        return say_outcome(run, last_version);
}

/* 0, or the exit code of a misuse. */
static int plan(struct run *run)
{
        const struct options *options = run->options;

        if (options->kind && !qf_view_same(run->kind, QF_VIEW("activity")) &&
            !qf_asking_kind(run->cli, options->kind))
                return run->cli->exit_code;
        if (!qf_why_name(&run->why, run->kind, run->measure))
                return qf_cli_misused(run->cli, "“%.*s”没有指标“%.*s”。\n都有哪些：qf kinds",
                                      "\"%.*s\" has no measure \"%.*s\".\nWhich there are: qf kinds",
                                      (int)run->kind.len, run->kind.at, (int)run->measure.len,
                                      run->measure.at);
        for (uint32_t i = 0; i < options->cells.count; i++)
                if (!qf_why_cell(&run->why, options->cells.at[i]))
                        return qf_cli_misused(run->cli, "--cell 写成 维度=代码，最多两个。",
                                              "--cell is DIMENSION=CODE, at most two.");
        if (qf_asking_days(run->cli, options->from, options->to, &run->query) != 0)
                return run->cli->exit_code;
        run->why.stock_day = run->query.last_day;
        return 0;
}

static int run_why(struct qf_cli *cli, int argc, char **argv)
{
        QF_CLEANUP(close_run) struct run run = {.cli = cli};
        struct options options = {0};
        int count;

        if (qf_cli_parse(cli, &options, argc, argv, &count))
                return cli->exit_code;
        run.options = &options;
        run.kind = qf_view_of(options.kind ? options.kind : "activity");
        run.measure = qf_view_of(count ? argv[0] : "activities");
        run.query = (struct qf_from_reader){
                .where_count = options.where.count, .where = options.where.at, .at_least = options.at_least};
        return plan(&run) ? cli->exit_code : answer(&run);
}

const struct qf_command qf_cmd_why = {
        .name = "why",
        .zh = "一个数是哪些记录得来的",
        .en = "which records make a number",
        .run = run_why,
        .arguments = "[MEASURE]",
        .arguments_min = 0,
        .arguments_max = 1,
        .options = option_table,
        .more_zh =
                "一个数是哪些记录得来的；加起来与该数核对，不等就报错（退出码 1）。指标默认 activities（场次），还有 attendances、records。例：\n"
                "  qf why --from 2022 --to 2023 --where channel=offline\n"
                "  qf why attendances --cell org=HX --from 2023\n"
                "  qf why max:peak --kind broadcast\n"
                "  qf why open --kind finding --to 2023-12-31\n"
                "一条的来龙去脉：qf history 编号",
        .more_en =
                "Which records make a number; they are added up and held against it, and a difference is an error (exit 1). MEASURE is activities unless said: attendances, records. Examples:\n"
                "  qf why --from 2022 --to 2023 --where channel=offline\n"
                "  qf why attendances --cell org=HX --from 2023\n"
                "  qf why max:peak --kind broadcast\n"
                "  qf why open --kind finding --to 2023-12-31\n"
                "One of them in full: qf history KEY",
};
