/* Why: a published figure is quoted for years, and the live one goes on; who asks
 * sees both, and how far they are apart. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "model/period.h"
#include "qf/cli/figures.h"
#include "qf/cli/json_out.h"
#include "views/json.h"
#include "qf/office/period.h"
#include "qf/cli/text_table.h"

enum { LIST_COLUMNS = 7, SHOW_COLUMNS = 4, DIGEST_SHOWN = 12 };

static void close_open(struct qf_period_open *open)
{
        qf_period_close(open);
}

/* --- list ------------------------------------------------------------------------ */

static const char *state_of(const struct qf_cli *cli, const struct qf_edition *edition)
{
        const bool published = qf_edition_file(edition, QF_EDITION_DATA) != NULL;
        if (edition->reopened)
                return published ? qf_cli_say(cli, "已公布，已撤销封账", "published, reopened")
                                 : qf_cli_say(cli, "已撤销封账", "reopened");
        return published ? qf_cli_say(cli, "已公布", "published") : qf_cli_say(cli, "已封账", "closed");
}

static json_t *json_of(const struct qf_edition *edition)
{
        char period[QF_PERIOD_TEXT_BYTES], hex[2 * QF_SHA256_BYTES + 1];
        json_t *files = json_object(), *object = json_object();
        for (uint32_t i = 0; i < edition->files_count; i++) {
                qf_text_hex(edition->files[i].digest, QF_SHA256_BYTES, hex);
                (void)json_object_setn_new(
                        files, edition->files[i].name.at, edition->files[i].name.len,
                        json_pack("{s:s, s:i}", "sha256", hex, "bytes", (int)edition->files[i].size));
        }
        (void)qf_period_text(qf_edition_period(edition), period);
        (void)json_object_set_new(object, "period", json_string(period));
        (void)json_object_set_new(object, "scope", qf_json_text(edition->scope));
        (void)json_object_set_new(object, "edition", json_integer(edition->number));
        (void)json_object_set_new(object, "reopened", json_boolean(edition->reopened != 0));
        (void)json_object_set_new(object, "published",
                                  json_boolean(qf_edition_file(edition, QF_EDITION_DATA) != NULL));
        (void)json_object_set_new(object, "by", qf_json_text(edition->by));
        (void)json_object_set_new(object, "reason", qf_json_text(edition->reason));
        (void)json_object_set_new(object, "waived", qf_json_texts(edition->waived, edition->waived_count));
        (void)json_object_set_new(object, "files", files);
        return object;
}

static int add_edition(const struct qf_cli *cli, const struct qf_edition *edition,
                       struct qf_text_table *table)
{
        const struct qf_edition_file *data = qf_edition_file(edition, QF_EDITION_DATA);
        char period[QF_PERIOD_TEXT_BYTES], number[16], hex[2 * QF_SHA256_BYTES + 1] = "";
        (void)snprintf(number, sizeof(number), "%u", edition->number);
        if (data)
                qf_text_hex(data->digest, QF_SHA256_BYTES, hex);
        hex[DIGEST_SHOWN] = '\0';
        const struct qf_view cells[LIST_COLUMNS] = {
                qf_period_text(qf_edition_period(edition), period),
                edition->scope.len ? edition->scope : qf_view_of(qf_cli_say(cli, "全部", "everything")),
                qf_view_of(number),
                qf_view_of(state_of(cli, edition)),
                edition->by,
                qf_view_of(hex),
                edition->reason};
        int r = 0;
        for (unsigned i = 0; i < LIST_COLUMNS && !r; i++)
                r = qf_text_table_add(table, cells[i]);
        return r;
}

static int list_text(struct qf_cli *cli, const struct qf_programme *programme)
{
        struct qf_text_table table = {.columns = LIST_COLUMNS, .right = {false, false, true}};
        const char *const heads[LIST_COLUMNS] = {qf_cli_say(cli, "时期", "period"),
                                                 qf_cli_say(cli, "范围", "scope"),
                                                 qf_cli_say(cli, "版", "edition"),
                                                 qf_cli_say(cli, "状态", "state"),
                                                 qf_cli_say(cli, "经办", "by"),
                                                 "SHA-256",
                                                 qf_cli_say(cli, "撤销原因", "reason of reopening")};
        int r = 0;
        for (unsigned i = 0; i < LIST_COLUMNS && !r; i++)
                r = qf_text_table_add(&table, qf_view_of(heads[i]));
        if (!r)
                r = qf_text_table_line(&table);
        for (uint32_t id = 1; id <= qf_programme_editions(programme) && !r; id++)
                r = add_edition(cli, qf_programme_edition(programme, id), &table);
        if (!r && qf_programme_editions(programme))
                qf_text_table_print(&table, stdout);
        else if (!r)
                puts(qf_cli_say(cli, "还没有封过账。", "no period was closed yet."));
        qf_text_table_deinit(&table);
        return r ? qf_cli_broke(cli, r, "period") : QF_EXIT_DONE;
}

static int run_list(struct qf_cli *cli, int argc, char **argv)
{
        const struct qf_period_options options = {0};
        QF_CLEANUP(close_open) struct qf_period_open open = {0};
        int count;
        if (qf_cli_parse(cli, NULL, argc, argv, &count) || qf_period_open(cli, &options, NULL, &open))
                return cli->exit_code;
        if (!cli->json)
                return list_text(cli, open.programme);
        json_t *editions = json_array();
        for (uint32_t id = 1; id <= qf_programme_editions(open.programme); id++)
                (void)json_array_append_new(editions, json_of(qf_programme_edition(open.programme, id)));
        return qf_json_say(cli, json_pack("{s:o}", "editions", editions));
}

const struct qf_command qf_period_list = {
        .name = "list",
        .zh = "有哪些版",
        .en = "which editions there are",
        .run = run_list,
};

/* --- show -------------------------------------------------------------------------- */

/* The live figures of an edition's scope and period. 0 or 1. */
static int ask_now(struct qf_asking *asking, const struct qf_edition *edition, struct qf_counts *ret_now)
{
        char where[QF_CODE_BYTES_MAX + 8];
        (void)snprintf(where, sizeof(where), "org=%.*s", (int)edition->scope.len, edition->scope.at);
        const struct qf_view filter = qf_view_of(where);
        const struct qf_from_reader query = {.query = QF_QUERY_TOTALS,
                                             .where_count = edition->scope.len ? 1 : 0,
                                             .where = &filter,
                                             .first_day = edition->first * 100 + 1,
                                             .last_day = qf_date_last_day(edition->last * 100)};
        struct qf_to_reader answer;
        if (qf_asking_query(asking, query, &answer))
                return 1;
        *ret_now = answer.all.counts;
        return 0;
}

static int add_measure(struct qf_text_table *table, const char *label, int64_t then, int64_t now)
{
        char cell[QF_FIGURE_BYTES], change[QF_FIGURE_BYTES + 1] = "";
        int r = qf_text_table_add(table, qf_view_of(label));
        if (!r)
                r = qf_text_table_add(table, qf_view_of(qf_ratio_grouped(then, cell, sizeof(cell))));
        if (!r)
                r = qf_text_table_add(table, qf_view_of(qf_ratio_grouped(now, cell, sizeof(cell))));
        if (now != then)
                (void)snprintf(change, sizeof(change), "%s%s", now > then ? "+" : "",
                               qf_ratio_grouped(now - then, cell, sizeof(cell)));
        return r ? r : qf_text_table_add(table, qf_view_of(change));
}

static int show_text(struct qf_cli *cli, const struct qf_edition *edition, const struct qf_counts *then,
                     const struct qf_counts *now)
{
        struct qf_text_table table = {.columns = SHOW_COLUMNS, .right = {false, true, true, true}};
        const bool published = qf_edition_file(edition, QF_EDITION_DATA) != NULL;
        char text[QF_EDITION_TEXT_BYTES];
        int r = qf_text_table_add(&table, QF_VIEW(""));
        if (!r)
                r = qf_text_table_add(&table, qf_view_of(published ? qf_cli_say(cli, "公布", "published")
                                                                   : qf_cli_say(cli, "封账", "closed")));
        if (!r)
                r = qf_text_table_add(&table, qf_view_of(qf_cli_say(cli, "现在", "now")));
        if (!r)
                r = qf_text_table_add(&table, qf_view_of(qf_cli_say(cli, "此后", "since")));
        if (!r)
                r = qf_text_table_line(&table);
        if (!r)
                r = add_measure(&table, qf_cli_say(cli, "活动（场）", "activities"), then->of[QF_ACTIVITIES],
                                now->of[QF_ACTIVITIES]);
        if (!r)
                r = add_measure(&table, qf_cli_say(cli, "人次", "attendances"), then->of[QF_ATTENDANCES],
                                now->of[QF_ATTENDANCES]);
        if (!r)
                r = add_measure(&table, qf_cli_say(cli, "人次不详（场）", "attendance not known"),
                                then->of[QF_ACTIVITIES_UNKNOWN], now->of[QF_ACTIVITIES_UNKNOWN]);
        if (!r) {
                printf("%s (%s)\n\n", qf_edition_text(cli, edition, text), state_of(cli, edition));
                qf_text_table_print(&table, stdout);
                if (memcmp(then, now, sizeof(*then)) != 0)
                        printf(qf_cli_say(cli, "\n逐条：qf period changes %s\n",
                                          "\none by one: qf period changes %s\n"),
                               qf_period_text(qf_edition_period(edition), text).at);
        }
        qf_text_table_deinit(&table);
        return r ? qf_cli_broke(cli, r, "period") : QF_EXIT_DONE;
}

static int show_json(struct qf_cli *cli, const struct qf_edition *edition, const struct qf_counts *then,
                     const struct qf_counts *now, uint64_t position, const uint8_t *digest)
{
        json_t *object = json_of(edition), *was = json_object(), *is = json_object();
        char hex[2 * QF_SHA256_BYTES + 1];
        qf_text_hex(digest, QF_SHA256_BYTES, hex);
        qf_json_put_counts(was, then);
        qf_json_put_counts(is, now);
        (void)json_object_set_new(object, "position", json_integer((json_int_t)position));
        (void)json_object_set_new(object, "sha256", json_string(hex));
        (void)json_object_set_new(object, "then", was);
        (void)json_object_set_new(object, "now", is);
        return qf_json_say(cli, object);
}

static int print_file(struct qf_cli *cli, struct qf_period_open *open, const struct qf_edition *edition,
                      const char *file)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer bytes = {0};
        bool restricted;
        if (qf_edition_fetch(cli, open->asking, edition, qf_view_of(file), &bytes, &restricted, NULL))
                return cli->exit_code;
        if (fwrite(bytes.at, 1, bytes.len, stdout) != bytes.len || fflush(stdout) != 0)
                return qf_cli_broke(cli, -EIO, "period");
        return QF_EXIT_DONE;
}

static const struct qf_option show_options[] = {
        {"scope", QF_OPTION_TEXT, offsetof(struct qf_period_options, scope), "ORG", "哪个单位的；不写是全部",
         "of which organisation; default everything", 0},
        {"edition", QF_OPTION_NUMBER, offsetof(struct qf_period_options, edition), "N",
         "哪一版；默认最后一版", "which; default the last", QF_EDITION_NUMBER_MAX},
        {"data", QF_OPTION_FLAG, offsetof(struct qf_period_options, data), NULL, "打印冻结的数据，逐字节",
         "print the data as it was frozen, byte for byte", 0},
        {"file", QF_OPTION_TEXT, offsetof(struct qf_period_options, file), "NAME",
         "打印保存的一个文件，逐字节", "print a file that was kept, byte for byte", 0},
        {0},
};

static int run_show(struct qf_cli *cli, int argc, char **argv)
{
        struct qf_period_options options = {0};
        QF_CLEANUP(close_open) struct qf_period_open open = {0};
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer data = {0};
        const struct qf_edition *edition;
        uint8_t digest[QF_SHA256_BYTES];
        struct qf_counts now;
        bool restricted;
        int count;
        if (qf_cli_parse(cli, &options, argc, argv, &count) ||
            qf_period_open(cli, &options, argv[0], &open) ||
            qf_period_find(cli, &open, options.edition, &edition))
                return cli->exit_code;
        if (options.data || options.file)
                return print_file(cli, &open, edition, options.file ? options.file : "");
        if (qf_edition_fetch(cli, open.asking, edition, QF_VIEW(""), &data, &restricted, digest) ||
            ask_now(open.asking, edition, &now))
                return cli->exit_code;
        const struct qf_view bytes = {(const char *)data.at, (uint32_t)data.len};
        const struct qf_counts then =
                qf_edition_sum(bytes, QF_VIEW("total"), QF_VIEW("all"), edition->first, edition->last);
        return cli->json ? show_json(cli, edition, &then, &now, qf_edition_position(bytes), digest)
                         : show_text(cli, edition, &then, &now);
}

const struct qf_command qf_period_show = {
        .name = "show",
        .zh = "一版的数，和现在的数",
        .en = "an edition's figures beside those of now",
        .run = run_show,
        .arguments = "PERIOD",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = show_options,
};
