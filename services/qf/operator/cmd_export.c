/* `qf export`: the whole journal as lines of JSON, for moving to another
 * installation and for programs that know nothing of records. PROTOCOL.md 4.5 has
 * the format: what is imported again are the facts and texts as they were fed; what
 * they say stands beside them in words. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "qf/cli/progress.h"
#include "qf/operator/dump.h"
#include "views/event_json.h"
#include "qf/operator/journal_reader.h"
#include "qf/cli/json_out.h"

struct options {
        const char *archive;
};

static const struct qf_option table[] = {
        QF_ARCHIVE_OPTION,
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

struct export
{
        struct qf_dump names;
        struct qf_record_head last;
        uint64_t entries;
        char *hex; /* room for bytes as text */
        size_t room;
};

/* Nothing for nothing. -ENOMEM. */
static int set_bytes(struct export *export, json_t *line, const char *name, struct qf_view bytes)
{
        if (bytes.len == 0)
                return 0;
        if (2 * (size_t)bytes.len + 1 > export->room) {
                char *grown = realloc(export->hex, 2 * (size_t)bytes.len + 1);
                if (!grown)
                        return -ENOMEM;
                export->hex = grown;
                export->room = 2 * (size_t)bytes.len + 1;
        }
        qf_text_hex((const uint8_t *)bytes.at, bytes.len, export->hex);
        return json_object_set_new(line, name, json_string(export->hex)) == 0 ? 0 : -ENOMEM;
}

/* --- entries ------------------------------------------------------------------- */

static json_t *events_of(const struct qf_entry *entry, const struct qf_batch *batch)
{
        json_t *events = json_array();

        for (uint32_t at = entry->skip; at < entry->count; at++) {
                const struct qf_event *event = &batch->events[at];
                struct qf_verdict verdict = qf_entry_verdict(entry, at);
                (void)json_array_append_new(events, json_pack("{s:I, s:s, s:s, s:s?, s:o}", "number",
                                                              (json_int_t)(entry->first + at), "kind",
                                                              qf_event_kind_code(event->kind), "verdict",
                                                              qf_verdict_class_name(verdict.class), "code",
                                                              qf_verdict_code_name(verdict), "event",
                                                              qf_event_json(batch, event)));
        }
        return events;
}

static json_t *exceptions_of(const struct qf_entry *entry)
{
        json_t *exceptions = json_array();

        for (uint32_t i = 0; i < entry->exceptions_count; i++) {
                struct qf_exception exception = qf_entry_exception(entry, i);
                (void)json_array_append_new(
                        exceptions, json_pack("[i, i, i, i]", (int)exception.at, (int)exception.len,
                                              (int)exception.verdict.class, (int)exception.verdict.code));
        }
        return exceptions;
}

/* What says the entry in words. */
static int describe(struct export *export, const struct qf_record_head *head, const struct qf_entry *entry,
                    json_t **ret_words)
{
        struct qf_control control;
        struct qf_batch batch;
        int r;

        if (entry->kind == QF_ENTRY_BATCH) {
                r = qf_dump_take_batch(&export->names, head, entry, &batch);
                if (r == 0)
                        *ret_words = json_pack("{s:o}", "events", events_of(entry, &batch));
        } else {
                r = qf_dump_take_control(&export->names, head, entry, &control);
                if (r == 0)
                        *ret_words =
                                json_pack("{s:o}", "says", qf_dump_control(&export->names, entry, &control));
        }
        return r == 0 && !*ret_words ? -ENOMEM : r;
}

static void decref(json_t **json)
{
        json_decref(*json);
}

static int print_entry(struct export *export, const struct qf_record_head *head, const struct qf_entry *entry)
{
        QF_CLEANUP(decref) json_t *words = NULL;
        int r = describe(export, head, entry, &words);
        if (r != 0)
                return r;
        QF_CLEANUP(decref)
        json_t *line = json_pack("{s:i, s:i, s:o, s:o, s:o, s:[i, i, i], s:I, s:I, s:I, s:I, s:o}", "entry",
                                 (int)entry->kind, "flags", (int)entry->flags, "source",
                                 qf_dump_source_of(&export->names, entry->source), "partner",
                                 qf_dump_partner_of(&export->names, entry->partner), "outbox",
                                 qf_dump_outbox_of(&export->names, entry->outbox), "refs", (int)entry->outbox,
                                 (int)entry->source, (int)entry->partner, "first", (json_int_t)entry->first,
                                 "count", (json_int_t)entry->count, "skip", (json_int_t)entry->skip, "holder",
                                 (json_int_t)entry->holder, "exceptions", exceptions_of(entry));
        const struct qf_view texts_hash = {(const char *)entry->texts_hash, QF_SHA256_BYTES};
        static const uint8_t none[QF_SHA256_BYTES];
        if (!line)
                return -ENOMEM;
        r = set_bytes(export, line, "cursor", entry->cursor);
        if (r == 0 && memcmp(entry->texts_hash, none, sizeof none) != 0)
                r = set_bytes(export, line, "texts_sha256", texts_hash);
        if (r == 0)
                r = set_bytes(export, line, "texts", entry->texts);
        if (r == 0 && entry->redacted &&
            json_object_set_new(line, "texts_length", json_integer(entry->texts_length)) != 0)
                r = -ENOMEM;
        if (r == 0)
                r = set_bytes(export, line, "facts", entry->facts);
        if (r == 0 && json_object_update(line, words) != 0)
                r = -ENOMEM;
        export->entries++;
        return r == 0 ? qf_json_print(json_incref(line)) : r;
}

/* --- records ------------------------------------------------------------------- */

static int take_record(void *ctx, const struct qf_record_head *head, struct qf_view record)
{
        struct export *export = ctx;
        struct qf_entry entry;
        size_t offset = 0;
        int r = 0;

        if (export->last.position == 0)
                r = qf_json_print(json_pack("{s:i, s:o}", "qf_export", 1, "journal",
                                            qf_hex_json(head->writer, sizeof head->writer)));
        if (r == 0)
                r = qf_json_print(json_pack(
                        "{s:I, s:I, s:i, s:I, s:o}", "record", (json_int_t)head->position, "received_at",
                        (json_int_t)head->received_at_ms, "life", (int)head->life_number, "events_before",
                        (json_int_t)head->events_before, "hash", qf_hex_json(head->hash, sizeof head->hash)));
        while (r == 0 && qf_record_next(record, &offset, &entry))
                r = print_entry(export, head, &entry);
        export->last = *head;
        return r;
}

/* On a terminal its lines are what is to be seen. 0 or 1. */
static int read_journal(struct qf_cli *cli, struct export *export)
{
        struct qf_progress progress;

        if (isatty(STDOUT_FILENO))
                return qf_journal_read(cli, NULL, 0, take_record, export);
        qf_progress_begin(&progress, cli, qf_cli_say(cli, "导出", "exporting"),
                          qf_cli_say(cli, "条记录", "records"));
        const int failed = qf_journal_read(cli, NULL, 0, take_record, export);
        qf_progress_end(&progress);
        return failed;
}

static int run_export(struct qf_cli *cli, int argc, char **argv)
{
        struct export export = {.entries = 0};
        struct options options = {0};
        int count;

        if (qf_cli_parse(cli, &options, argc, argv, &count) != 0)
                return cli->exit_code;
        cli->archive = options.archive;
        int r = qf_dump_init(&export.names);
        if (r < 0)
                qf_cli_broke(cli, r, "export");
        else if (read_journal(cli, &export) == 0) {
                r = qf_json_print(json_pack("{s:I, s:I}", "end", (json_int_t) export.last.position, "entries",
                                            (json_int_t) export.entries));
                if (r == 0 && fflush(stdout) != 0)
                        r = -errno;
                cli->exit_code = r == 0 ? QF_EXIT_DONE : qf_cli_broke(cli, r, "stdout");
        }
        qf_dump_deinit(&export.names);
        free(export.hex);
        return cli->exit_code;
}

const struct qf_command qf_cmd_export = {
        .name = "export",
        .zh = "把整个日志导出成逐行的 JSON",
        .en = "print the whole journal as lines of JSON",
        .run = run_export,
        .options = table,
        .more_zh = "把整个日志打印成逐行的 JSON：qf export --dir DIR > 文件。由 qf import 读回。\n"
                   "里面什么都有，像备份一样保管；不含任何私钥。",
        .more_en =
                "Prints the whole journal as lines of JSON: qf export --dir DIR > FILE. qf import reads it back.\n"
                "Everything is in it: keep it as you keep a backup. No secret key is.",
};
