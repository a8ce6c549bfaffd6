/* qf ledger: an organisation's activities as a sheet that can be corrected and fed.
 * A row that is left as it was is known when it comes back; one that was changed is
 * a correction of the revision it was made from. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "qf/sheets/feed_csv.h"
#include "qf/sheets/feed_rows.h"
#include "qf/reading/ledger_columns.h"

struct options {
        const char *org, *archive;
        bool remote;
};

static const struct qf_option option_table[] = {
        {"org", QF_OPTION_TEXT, offsetof(struct options, org), "ORG", "单位（和它下面的）：代码或名称",
         "organisation, and those below it: code or name", 0},
        QF_REMOTE_OPTION,
        QF_ARCHIVE_OPTION,
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

struct sheet {
        const struct qf_ledger *ledger;
        bool chinese;
        uint32_t columns_count;
        struct qf_ledger_column columns[QF_LEDGER_COLUMNS_MAX];
};

/* --- the rows, without seals ------------------------------------------------------ */

static int write_record(const struct sheet *sheet, const json_t *record, FILE *to)
{
        for (uint32_t i = 0; i < sheet->columns_count; i++) {
                QF_CLEANUP(qf_buffer_deinit) struct qf_buffer text = {0};
                int result = qf_ledger_cell(sheet->ledger, record, sheet->chinese, sheet->columns[i].field,
                                            sheet->columns[i].dimension, &text);
                if (result)
                        return result;
                qf_csv_write(to, (struct qf_view){(const char *)text.at, (uint32_t)text.len}, i == 0);
        }
        (void)fputs("\n", to);
        return 0;
}

static int write_rows(const struct sheet *sheet, const json_t *records, FILE *to)
{
        for (uint32_t i = 0; i < sheet->columns_count; i++)
                qf_csv_write(to, sheet->columns[i].header, i == 0);
        (void)fputs("\n", to);
        int result = 0;
        for (size_t i = 0; i < json_array_size(records) && result == 0; i++)
                result = write_record(sheet, json_array_get(records, i), to);
        return result;
}

static int make_grid(const struct sheet *sheet, const json_t *records, struct qf_grid **ret_grid)
{
        QF_CLEANUP(qf_cleanup_free) char *text = NULL;
        size_t len = 0;
        uint32_t line;
        FILE *to = open_memstream(&text, &len);
        if (!to)
                return -ENOMEM;
        int result = write_rows(sheet, records, to);
        if (fclose(to) && result == 0)
                result = -ENOMEM;
        if (result)
                return result;
        if (len > QF_GRID_TEXT_MAX)
                return -EFBIG;
        result = qf_csv_read((struct qf_view){text, (uint32_t)len}, ret_grid, &line);
        return result > 0 ? -EFBIG : result;
}

/* --- and with them ------------------------------------------------------------------ */

static void print_row(const struct qf_grid *grid, uint32_t row, const char *last)
{
        for (uint32_t i = 0; i < qf_grid_cells(grid, row); i++)
                qf_csv_write(stdout, qf_grid_cell(grid, row, i), i == 0);
        qf_csv_write(stdout, qf_view_of(last), false);
        (void)fputs("\r\n", stdout);
}

static int print_sealed(const struct sheet *sheet, const struct qf_grid *grid)
{
        struct qf_binding binding = {0};
        struct qf_rows *rows = NULL;
        struct qf_view missing, near;
        struct qf_rows_options options = {.grid = grid,
                                          .map = qf_map_template(),
                                          .binding = &binding,
                                          .programme = sheet->ledger->programme};
        int result = qf_map_bind(options.map, grid, options.programme, &binding, &missing, &near);
        if (result == 0)
                result = qf_rows_new(&options, &rows);
        if (result == 0) {
                (void)fputs("\xef\xbb\xbf", stdout);
                print_row(grid, 0, sheet->chinese ? "台账校验" : "seal");
        }
        for (uint32_t row = 1; result == 0 && row < qf_grid_rows(grid); row++) {
                char seal[QF_ROW_SEAL_CHARACTERS + 1];
                qf_rows_seal(rows, row, seal);
                print_row(grid, row, seal);
        }
        qf_rows_free(rows);
        qf_binding_deinit(&binding);
        return result > 0 ? -EBADMSG : result;
}

static int print_ledger(struct qf_cli *cli, const struct qf_ledger *ledger, const char *name)
{
        struct sheet sheet = {.ledger = ledger, .chinese = cli->chinese};
        struct qf_grid *grid = NULL;
        json_t *records = NULL;
        uint32_t org;
        if (qf_ledger_org(cli, ledger->programme, name, &org))
                return cli->exit_code;
        sheet.columns_count = qf_ledger_columns(ledger->programme, cli->chinese, sheet.columns);
        int result = qf_ledger_of(ledger, org, &records);
        if (result == 0)
                result = make_grid(&sheet, records, &grid);
        if (result == 0)
                result = print_sealed(&sheet, grid);
        qf_grid_free(grid);
        json_decref(records);
        return result ? qf_cli_broke(cli, result, "ledger") : 0;
}

static int run_ledger(struct qf_cli *cli, int argc, char **argv)
{
        QF_CLEANUP(qf_ledger_deinit) struct qf_ledger ledger = {.records = NULL};
        struct options options = {0};
        int count;
        if (qf_cli_parse(cli, &options, argc, argv, &count))
                return cli->exit_code;
        if (!options.org)
                return qf_cli_misused(
                        cli, "哪个单位？\n--org 单位，代码或名称：qf programme show org",
                        "of which organisation?\n--org ORG, its code or name: qf programme show org");
        cli->archive = options.archive;
        if (qf_ledger_read(cli, options.remote, &ledger))
                return cli->exit_code;
        return print_ledger(cli, &ledger, options.org);
}

const struct qf_command qf_cmd_ledger = {
        .name = "ledger",
        .zh = "一个单位现有的活动台账，改了可以直接报",
        .en = "the activities of an organisation as they stand, to correct and feed",
        .run = run_ledger,
        .options = option_table,
        .more_zh =
                "打印一张 CSV：\n"
                "  qf ledger --org HX > 台账.csv\n"
                "改好后用 qf feed 报：没有改的行算以前报过，改了的行是更正；要撤回的把「操作」改成撤回。「修改次数」和「台账校验」不要动。\n"
                "在服务端的机器上读日志；从别处问服务端，看得到密钥能读的。",
        .more_en =
                "Prints a CSV file:\n"
                "  qf ledger --org HX > ledger.csv\n"
                "Correct it and give it to qf feed: a row that was not changed is known, a changed one is a correction; to withdraw one write so as its action. Leave revision and seal as they are.\n"
                "On the server's machine it reads the journal; from elsewhere it asks, and has what its key may read.",
};
