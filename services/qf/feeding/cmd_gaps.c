/* `qf gaps`: numbers that the journal has no events of, since a human declared them
 * lost. Outboxes that still wait for somebody to say so are counted by qf status
 * and named in ingest's log. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/arena.h"
#include "qf/operator/journal_reader.h"
#include "qf/cli/json_out.h"
#include "wire/body.h"
#include "wire/feed_messages.h"

struct options {
        const char *archive;
};

static const struct qf_option table[] = {
        QF_ARCHIVE_OPTION,
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

struct gaps {
        struct qf_cli *cli;
        struct qf_arena *arena;
        json_t *sources; /* names by ref of the outbox */
        uint64_t found;
};

static int note_outbox(struct gaps *gaps, const struct qf_control *control)
{
        char ref[16];

        (void)snprintf(ref, sizeof ref, "%u", control->number);
        return json_object_set_new(gaps->sources, ref, qf_json_text(control->source)) == 0 ? 0 : -ENOMEM;
}

static int print_skip(struct gaps *gaps, const struct qf_record_head *head, const struct qf_entry *entry,
                      const struct qf_control *control)
{
        char ref[16];

        (void)snprintf(ref, sizeof ref, "%u", entry->outbox);
        const char *source = json_string_value(json_object_get(gaps->sources, ref));
        gaps->found++;
        if (!gaps->cli->json) {
                printf(qf_cli_say(gaps->cli,
                                  "%s：第 %" PRIu64 " 至 %" PRIu64 " 号，第 %" PRIu64 " 条记录：%.*s\n",
                                  "%s: numbers %" PRIu64 " to %" PRIu64 ", record %" PRIu64 ": %.*s\n"),
                       source ? source : "?", control->first, control->through, head->position,
                       (int)control->reason.len, control->reason.at);
                return 0;
        }
        json_t *line =
                json_pack("{s:s, s:I, s:I, s:I, s:o}", "source", source ? source : "", "first",
                          (json_int_t)control->first, "through", (json_int_t)control->through, "position",
                          (json_int_t)head->position, "reason", qf_json_text(control->reason));
        return qf_json_print(line);
}

static int take_record(void *ctx, const struct qf_record_head *head, struct qf_view record)
{
        struct gaps *gaps = ctx;
        struct qf_entry entry;
        int r = 0;

        for (size_t offset = 0; r == 0 && qf_record_next(record, &offset, &entry);) {
                struct qf_wire_fault fault;
                struct qf_control control;
                qf_arena_reset(gaps->arena);
                if (entry.kind != QF_ENTRY_CONTROL ||
                    qf_control_decode(gaps->arena, entry.facts, &control, &fault) != 0)
                        continue;
                if (control.what == QF_CONTROL_OUTBOX)
                        r = note_outbox(gaps, &control);
                else if (control.what == QF_CONTROL_SKIPPED)
                        r = print_skip(gaps, head, &entry, &control);
        }
        return r;
}

static int run_gaps(struct qf_cli *cli, int argc, char **argv)
{
        struct gaps gaps = {.cli = cli};
        struct options options = {0};
        int count;

        if (qf_cli_parse(cli, &options, argc, argv, &count) != 0)
                return cli->exit_code;
        cli->archive = options.archive;
        gaps.sources = json_object();
        int r = gaps.sources ? qf_arena_new(QF_DECODE_ARENA_BYTES, &gaps.arena) : -ENOMEM;
        if (r < 0)
                qf_cli_broke(cli, r, "qf gaps");
        else if (qf_journal_read(cli, NULL, 0, take_record, &gaps) == 0 && gaps.found == 0 && !cli->json)
                puts(qf_cli_say(cli, "没有声明遗失的编号", "no numbers were declared lost"));
        qf_arena_free(gaps.arena);
        json_decref(gaps.sources);
        return cli->exit_code;
}

const struct qf_command qf_cmd_gaps = {
        .name = "gaps",
        .zh = "声明遗失的编号",
        .en = "numbers that were declared lost",
        .run = run_gaps,
        .options = table,
        .more_zh =
                "列出日志里声明遗失的编号（数据源、编号、原因）。正等着声明的发件箱，ingest 的日志里有名字和编号；"
                "在报送单位那里用 qf feed --flush --skip 原因 声明。",
        .more_en =
                "Lists the numbers that were declared lost (source, numbers, reason). Outboxes that wait for it now are named in "
                "the log of ingest; it is declared at the partner's: qf feed --flush --skip REASON.",
};
