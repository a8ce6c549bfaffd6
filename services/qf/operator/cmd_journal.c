/* `qf journal dump`: the journal as lines of JSON, so that anybody can count again
 * with a program of their own. Events that an entry only repeats (places before
 * its skip) are not printed: they stand with the entry that brought them. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "qf/operator/dump.h"
#include "qf/operator/journal_reader.h"
#include "qf/cli/json_out.h"

struct options {
        uint64_t from, to;
        const char *archive;
};

static const struct qf_option table[] = {
        {"from", QF_OPTION_NUMBER, offsetof(struct options, from), "P", "从这个位置起", "from this position",
         0},
        {"to", QF_OPTION_NUMBER, offsetof(struct options, to), "P", "到这个位置止", "to this position", 0},
        QF_ARCHIVE_OPTION,
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

struct dump {
        struct options options;
        struct qf_dump names;
};

static bool is_wanted(const struct dump *dump, const struct qf_dump_place *place)
{
        return place->head->position >= dump->options.from;
}

static int take_batch(struct dump *dump, const struct qf_dump_place *place)
{
        struct qf_batch batch;
        int r = qf_dump_take_batch(&dump->names, place->head, place->entry, &batch);

        for (uint32_t at = place->entry->skip; is_wanted(dump, place) && at < place->entry->count && r == 0;
             at++)
                r = qf_json_print(qf_dump_line(&dump->names, place, &batch, at));
        return r;
}

static int take_control(struct dump *dump, const struct qf_dump_place *place)
{
        struct qf_control control;
        int r = qf_dump_take_control(&dump->names, place->head, place->entry, &control);

        if (r != 0 || !is_wanted(dump, place))
                return r;
        json_t *line =
                json_pack("{s:I, s:i, s:I}", "position", (json_int_t)place->head->position, "entry",
                          (int)place->entry_at, "received_at", (json_int_t)place->head->received_at_ms);
        json_t *more = qf_dump_control(&dump->names, place->entry, &control);
        if (!line || !more || json_object_update(line, more) != 0) {
                json_decref(line);
                line = NULL;
        }
        json_decref(more);
        return qf_json_print(line);
}

static int take_record(void *ctx, const struct qf_record_head *head, struct qf_view record)
{
        struct dump *dump = ctx;
        struct qf_entry entry;
        struct qf_dump_place place = {.head = head, .entry = &entry};
        size_t offset = 0;
        int r = 0;

        for (; r == 0 && qf_record_next(record, &offset, &entry); place.entry_at++) {
                if (entry.kind == QF_ENTRY_BATCH)
                        r = take_batch(dump, &place);
                else if (entry.kind == QF_ENTRY_CONTROL)
                        r = take_control(dump, &place);
        }
        return r;
}

static int run_journal(struct qf_cli *cli, int argc, char **argv)
{
        struct dump dump = {.options = {0}};
        int count;

        if (qf_cli_parse(cli, &dump.options, argc, argv, &count) != 0)
                return cli->exit_code;
        cli->archive = dump.options.archive;
        int r = qf_dump_init(&dump.names);
        if (r < 0)
                qf_cli_broke(cli, r, "dump");
        else if (qf_journal_read(cli, NULL, dump.options.to, take_record, &dump) == 0)
                cli->exit_code = fflush(stdout) == 0 ? QF_EXIT_DONE : qf_cli_broke(cli, -errno, "stdout");
        qf_dump_deinit(&dump.names);
        return cli->exit_code;
}

static const struct qf_command journal_dump = {
        .name = "dump",
        .zh = "逐行打印成 JSON",
        .en = "as lines of JSON",
        .run = run_journal,
        .options = table,
        .more_zh = "把日志逐行打印成 JSON：每个事件一行，带裁决。位置 P 是记录号。",
        .more_en =
                "Prints the journal as lines of JSON, one for each event, with its verdict. A position P is a record.",
};

const struct qf_command qf_cmd_journal = {
        .name = "journal",
        .zh = "打印日志",
        .en = "dump the journal",
        .parts = (const struct qf_command *const[]){&journal_dump, NULL},
};
