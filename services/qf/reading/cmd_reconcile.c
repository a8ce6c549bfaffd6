/* qf reconcile: a partner's own file held against what stands here, row by row:
 * the same, only there, only here, or different, and in what. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "views/event_json.h"
#include "qf/sheets/feed_check.h"
#include "qf/feeding/feed_open.h"
#include "qf/cli/json_out.h"
#include "qf/reading/ledger_columns.h"

struct options {
        const char *org, *sheet, *archive;
        bool remote;
};

static const struct qf_option option_table[] = {
        {"org", QF_OPTION_TEXT, offsetof(struct options, org), "ORG", "谁报的：报送单位的代码或名称",
         "whose records: the partner's code or name", 0},
        {"sheet", QF_OPTION_TEXT, offsetof(struct options, sheet), "NAME", "工作簿里的哪张表",
         "which sheet of a workbook", 0},
        QF_REMOTE_OPTION,
        QF_ARCHIVE_OPTION,
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

struct sums {
        uint64_t activities, attendances, unknown;
};

struct reconciling {
        struct qf_cli *cli;
        struct qf_ledger ledger;
        struct qf_view partner;
        uint32_t org;
        uint32_t columns_count;
        struct qf_ledger_column columns[QF_LEDGER_COLUMNS_MAX];
        struct sums theirs, ours;
        uint32_t first_date, last_date; /* of the file */
        json_t *rows;                   /* what is not the same */
        json_t *seen;                   /* keys of the file */
        uint32_t read, same, returned;
};

static void add_sums(struct sums *sums, const json_t *record)
{
        const json_t *sessions = json_object_get(json_object_get(record, "event"), "sessions");
        uint32_t attendances = 0;
        sums->activities += sessions ? (uint64_t)json_integer_value(sessions) : 1;
        sums->unknown += !qf_ledger_attendances(record, &attendances);
        sums->attendances += attendances;
}

/* --- one row ------------------------------------------------------------------------- */

static int cell_of(const struct reconciling *reconciling, const json_t *record,
                   const struct qf_ledger_column *column, struct qf_buffer *text)
{
        uint32_t attendances;
        if (column->field == QF_FIELD_ATTENDANCES && qf_ledger_attendances(record, &attendances))
                return qf_buffer_print(text, "%u", attendances);
        return qf_ledger_cell(&reconciling->ledger, record, reconciling->cli->chinese, column->field,
                              column->dimension, text);
}

static bool is_compared(enum qf_field field)
{
        return field != QF_FIELD_ACTION && field != QF_FIELD_REVISION && field != QF_FIELD_KEY;
}

/* Members are a set. */
static bool same_members(const json_t *mine, const json_t *yours, struct qf_view dimension)
{
        const json_t *a = json_object_getn(json_object_get(json_object_get(mine, "event"), "values"),
                                           dimension.at, dimension.len);
        const json_t *b = json_object_getn(json_object_get(json_object_get(yours, "event"), "values"),
                                           dimension.at, dimension.len);
        size_t found = 0;
        for (size_t i = 0; i < json_array_size(a); i++)
                for (size_t k = 0; k < json_array_size(b); k++)
                        found += (size_t)json_equal(json_array_get(a, i), json_array_get(b, k));
        return json_array_size(a) == json_array_size(b) && found == json_array_size(a);
}

static int add_difference(const struct reconciling *reconciling, const struct qf_ledger_column *column,
                          const json_t *mine, const json_t *yours, json_t *differences)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer a = {0};
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer b = {0};
        if (column->field == QF_FIELD_VALUE && same_members(mine, yours, column->dimension))
                return 0;
        int result = cell_of(reconciling, mine, column, &a);
        if (result == 0)
                result = cell_of(reconciling, yours, column, &b);
        if (result || (a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0)))
                return result;
        json_t *difference = json_pack("{s:s%, s:s%, s:s%}", "column", column->header.at,
                                       (size_t)column->header.len, "file", a.len ? (const char *)a.at : "",
                                       a.len, "here", b.len ? (const char *)b.at : "", b.len);
        return json_array_append_new(differences, difference) == 0 ? 0 : -ENOMEM;
}

static int add_row(struct reconciling *reconciling, uint32_t line, struct qf_view key, const char *state,
                   json_t *differences)
{
        json_t *row = json_pack("{s:i, s:s%, s:s, s:o*}", "line", (int)line, "key", key.at, (size_t)key.len,
                                "state", state, "differences", differences);
        return json_array_append_new(reconciling->rows, row) == 0 ? 0 : -ENOMEM;
}

static int compare(struct reconciling *reconciling, uint32_t line, struct qf_view key, const json_t *mine)
{
        const json_t *yours = qf_ledger_find(&reconciling->ledger, reconciling->partner, key);
        if (!yours || json_is_true(json_object_get(yours, "withdrawn")))
                return add_row(reconciling, line, key, yours ? "withdrawn" : "only_file", NULL);
        json_t *differences = json_array();
        int result = differences ? 0 : -ENOMEM;
        for (uint32_t i = 0; i < reconciling->columns_count && result == 0; i++)
                if (is_compared(reconciling->columns[i].field))
                        result = add_difference(reconciling, &reconciling->columns[i], mine, yours,
                                                differences);
        if (result == 0 && json_array_size(differences) > 0)
                return add_row(reconciling, line, key, "differs", differences);
        json_decref(differences);
        reconciling->same += result == 0;
        return result;
}

static int take_row(struct reconciling *reconciling, struct qf_row_event *row)
{
        struct qf_row_batch batch;
        uint32_t date = row->event.date;
        qf_row_batch_make(reconciling->ledger.programme, row, &batch);
        json_t *mine = json_pack("{s:o}", "event", qf_event_json(&batch.batch, &row->event));
        if (!mine ||
            json_object_setn_new(reconciling->seen, row->event.key.at, row->event.key.len, json_true())) {
                json_decref(mine);
                return -ENOMEM;
        }
        add_sums(&reconciling->theirs, mine);
        if (!reconciling->first_date || date < reconciling->first_date)
                reconciling->first_date = date;
        if (date > reconciling->last_date)
                reconciling->last_date = date;
        int result = compare(reconciling, row->row + 1, row->event.key, mine);
        json_decref(mine);
        return result;
}

/* --- the file ---------------------------------------------------------------------------- */

static int take_rows(struct reconciling *reconciling, struct qf_rows *rows)
{
        struct qf_row_event row;
        int outcome;
        while ((outcome = qf_rows_next(rows, &row)) > 0 && outcome != QF_ROW_END) {
                reconciling->read++;
                reconciling->returned += outcome == QF_ROW_RETURNED;
                int result = outcome == QF_ROW_EVENT && row.event.action != QF_WITHDRAW
                                     ? take_row(reconciling, &row)
                                     : 0;
                if (result)
                        return result;
        }
        return outcome < 0 ? outcome : 0;
}

static int read_file(struct reconciling *reconciling, const struct qf_sheet *sheet, const char *path)
{
        struct qf_binding binding = {0};
        struct qf_rows *rows = NULL;
        struct qf_view missing, near;
        struct qf_rows_options options = {.grid = sheet->grid,
                                          .map = qf_map_template(),
                                          .binding = &binding,
                                          .programme = reconciling->ledger.programme};
        int result = qf_map_bind(options.map, options.grid, options.programme, &binding, &missing, &near);
        if (result > 0)
                return qf_bind_fail(reconciling->cli, result, missing, near);
        if (result == 0)
                result = qf_rows_new(&options, &rows);
        if (result == 0)
                result = take_rows(reconciling, rows);
        qf_rows_free(rows);
        qf_binding_deinit(&binding);
        return result ? qf_cli_broke(reconciling->cli, result, path) : 0;
}

/* What is here between the file's dates: its sums, and what the file lacks. */
static int take_ours(struct reconciling *reconciling)
{
        const char *place;
        json_t *record;
        json_object_foreach (reconciling->ledger.records, place, record) {
                const json_t *key = json_object_get(record, "key");
                const json_t *partner = json_object_get(record, "partner");
                struct qf_view fed_by = {json_string_value(partner), (uint32_t)json_string_length(partner)};
                uint32_t date = (uint32_t)json_integer_value(
                        json_object_get(json_object_get(record, "event"), "date"));
                struct qf_view number = {json_string_value(key), (uint32_t)json_string_length(key)};
                bool in_file = json_object_getn(reconciling->seen, number.at, number.len) != NULL;
                if (!qf_view_same(fed_by, reconciling->partner) ||
                    json_is_true(json_object_get(record, "withdrawn")) ||
                    (!in_file && (date < reconciling->first_date || date > reconciling->last_date)))
                        continue;
                add_sums(&reconciling->ours, record);
                int result = in_file ? 0 : add_row(reconciling, 0, number, "only_here", NULL);
                if (result)
                        return result;
        }
        return 0;
}

/* --- telling ------------------------------------------------------------------------------- */

static json_t *sums_json(const struct sums *sums)
{
        return json_pack("{s:I, s:I, s:I}", "activities", (json_int_t)sums->activities, "attendances",
                         (json_int_t)sums->attendances, "unknown", (json_int_t)sums->unknown);
}

static int print_json(const struct reconciling *reconciling)
{
        json_t *json = json_pack("{s:i, s:i, s:i, s:o, s:o, s:O}", "read", (int)reconciling->read, "same",
                                 (int)reconciling->same, "returned", (int)reconciling->returned, "file",
                                 sums_json(&reconciling->theirs), "here", sums_json(&reconciling->ours),
                                 "rows", reconciling->rows);
        return qf_json_print(json);
}

static const char *state_text(const struct qf_cli *cli, const char *state)
{
        if (strcmp(state, "only_file") == 0)
                return qf_cli_say(cli, "只在文件里", "only in the file");
        if (strcmp(state, "only_here") == 0)
                return qf_cli_say(cli, "只在这里", "only here");
        return strcmp(state, "withdrawn") == 0 ? qf_cli_say(cli, "这里已撤回", "withdrawn here")
                                               : qf_cli_say(cli, "不同", "differs");
}

static void print_row(const struct qf_cli *cli, const json_t *row)
{
        int line = (int)json_integer_value(json_object_get(row, "line"));
        const json_t *differences = json_object_get(row, "differences");
        if (line > 0)
                printf(qf_cli_say(cli, "第%d行 ", "line %d "), line);
        printf("%s %s", json_string_value(json_object_get(row, "key")),
               state_text(cli, json_string_value(json_object_get(row, "state"))));
        for (size_t i = 0; i < json_array_size(differences); i++) {
                const json_t *difference = json_array_get(differences, i);
                printf(qf_cli_say(cli, "；「%s」文件“%s”，这里“%s”", "; \"%s\": file \"%s\", here \"%s\""),
                       json_string_value(json_object_get(difference, "column")),
                       json_string_value(json_object_get(difference, "file")),
                       json_string_value(json_object_get(difference, "here")));
        }
        (void)putchar('\n');
}

static void print_text(const struct reconciling *reconciling)
{
        const struct qf_cli *cli = reconciling->cli;
        const struct sums *theirs = &reconciling->theirs, *ours = &reconciling->ours;
        for (size_t i = 0; i < json_array_size(reconciling->rows); i++)
                print_row(cli, json_array_get(reconciling->rows, i));
        printf(qf_cli_say(cli, "共 %u%s 行：一致 %u，读不懂 %u（qf feed --dry-run 会说为什么）。\n",
                          "%u %s: %u the same, %u that can't be read (qf feed --dry-run tells why).\n"),
               reconciling->read, qf_cli_noun(cli, reconciling->read, "row", "rows"), reconciling->same,
               reconciling->returned);
        printf(qf_cli_say(cli,
                          "文件 %llu%s 场、%llu%s 人次；这里 %llu 场、%llu 人次；差 %lld 场、%lld 人次。\n",
                          "File: %llu %s, %llu %s; here: %llu, %llu; difference: %lld, %lld.\n"),
               (unsigned long long)theirs->activities,
               qf_cli_noun(cli, theirs->activities, "activity", "activities"),
               (unsigned long long)theirs->attendances,
               qf_cli_noun(cli, theirs->attendances, "attendance", "attendances"),
               (unsigned long long)ours->activities, (unsigned long long)ours->attendances,
               (long long)theirs->activities - (long long)ours->activities,
               (long long)theirs->attendances - (long long)ours->attendances);
        if (theirs->unknown + ours->unknown > 0)
                printf(qf_cli_say(
                               cli, "没有人次、不等于 0 的：文件 %llu 条，这里 %llu 条。\n",
                               "With an attendance that is not known, which is not 0: file %llu, here %llu.\n"),
                       (unsigned long long)theirs->unknown, (unsigned long long)ours->unknown);
}

/* --- the command ------------------------------------------------------------------------------ */

static int reconcile(struct reconciling *reconciling, const struct options *options, const char *path)
{
        QF_CLEANUP(qf_opened_deinit) struct qf_opened opened = {{0}, {0}};
        const struct qf_programme *programme;
        int exit_code = qf_open_sheet(reconciling->cli, path, options->sheet, &opened);
        if (exit_code == 0)
                exit_code = qf_opened_has_sheets(reconciling->cli, &opened, path, options->sheet);
        if (exit_code)
                return exit_code;
        const struct qf_note others = qf_opened_others(&opened);
        int result =
                others.near.len > 0 && !options->sheet ? qf_note_say(reconciling->cli, path, &others) : 0;
        if (result)
                return qf_cli_broke(reconciling->cli, result, path);
        if (qf_ledger_read(reconciling->cli, options->remote, &reconciling->ledger))
                return reconciling->cli->exit_code;
        programme = reconciling->ledger.programme;
        if (qf_ledger_org(reconciling->cli, programme, options->org, &reconciling->org))
                return reconciling->cli->exit_code;
        reconciling->partner =
                qf_programme_member(programme, qf_programme_find_dimension(programme, QF_VIEW("org")),
                                    reconciling->org)
                        ->code;
        reconciling->columns_count =
                qf_ledger_columns(programme, reconciling->cli->chinese, reconciling->columns);
        exit_code = read_file(reconciling, &opened.sheet, path);
        if (exit_code)
                return exit_code;
        result = take_ours(reconciling);
        if (result == 0 && reconciling->cli->json)
                result = print_json(reconciling);
        else if (result == 0)
                print_text(reconciling);
        if (result)
                return qf_cli_broke(reconciling->cli, result, path);
        return json_array_size(reconciling->rows) + reconciling->returned > 0 ? QF_EXIT_OTHER : QF_EXIT_DONE;
}

static int run_reconcile(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {0};
        struct reconciling reconciling = {.cli = cli};
        int count;
        if (qf_cli_parse(cli, &options, argc, argv, &count))
                return cli->exit_code;
        if (!options.org)
                return qf_cli_misused(
                        cli, "哪个单位？\n--org 单位，代码或名称：qf programme show org",
                        "of which organisation?\n--org ORG, its code or name: qf programme show org");
        cli->archive = options.archive;
        reconciling.rows = json_array();
        reconciling.seen = json_object();
        int exit_code = reconciling.rows && reconciling.seen ? reconcile(&reconciling, &options, argv[0])
                                                             : qf_cli_broke(cli, -ENOMEM, argv[0]);
        qf_ledger_deinit(&reconciling.ledger);
        json_decref(reconciling.rows);
        json_decref(reconciling.seen);
        return exit_code;
}

const struct qf_command qf_cmd_reconcile = {
        .name = "reconcile",
        .zh = "一个文件与现有的活动逐行核对",
        .en = "hold a file against the activities that stand, row by row",
        .run = run_reconcile,
        .arguments = "FILE",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = option_table,
        .more_zh =
                "例：qf reconcile 活动.xlsx --org HX。逐行说：文件里的、这里的、差在哪里；文件的起止日期之内这里有而文件没有的也列出。\n"
                "退出码：0 全部一致，1 有出入。在服务端的机器上读日志；从别处问服务端。",
        .more_en =
                "Example: qf reconcile activities.xlsx --org HX. Says of each row: theirs, ours, the difference; and what is here, and "
                "not in the file, between its first and last date.\n"
                "Exit codes: 0 all the same, 1 not. On the server's machine it reads the journal; from elsewhere it asks.",
};
