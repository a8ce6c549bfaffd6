/* `qf history KEY`: everything that was ever said under a key, in the order of the
 * journal, with who said it, what it was answered and why it was corrected. With
 * --verdict all events that were answered so: what came late, what waits for us. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/period.h"
#include "qf/dump.h"
#include "qf/dump_event.h"
#include "qf/journal_reader.h"
#include "qf/json_out.h"

enum { DAY_MS = 24 * 60 * 60 * 1000, MINUTE_MS = 60 * 1000 };

struct options {
        const char *partner, *verdict, *archive;
        uint64_t limit;
};

static const struct qf_option table[] = {
        {"partner", QF_OPTION_TEXT, offsetof(struct options, partner), "ORG", "只看这个单位报的",
         "only what this organisation's sources said", 0},
        {"verdict", QF_OPTION_TEXT, offsetof(struct options, verdict), "CLASS",
         "只看这样裁决的：accepted、late、duplicate、quarantined、rejected",
         "only what was answered so: accepted, late, duplicate, quarantined, rejected", 0},
        {"limit", QF_OPTION_NUMBER, offsetof(struct options, limit), "N", "最多几条（默认 1000）",
         "at most so many (1000 when not said)", 0},
        QF_ARCHIVE_OPTION,
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

static const struct qf_usage usage = {
        .arguments = "[KEY]",
        .arguments_min = 0,
        .arguments_max = 1,
        .options = table,
        .zh = "例：qf history HX/2023-017；qf history --verdict late --partner HX。读的是日志，在服务端的机器上运行。",
        .en = "Examples: qf history HX/2023-017; qf history --verdict late --partner HX.\n"
              "It reads the journal: run it on the server's machine.",
};

struct history {
        struct qf_cli *cli;
        struct options options;
        struct qf_view key; /* empty: any */
        struct qf_dump names;
        uint64_t found;
};

/* --- one line of what was said -------------------------------------------------------- */

static int append_values(struct qf_buffer *text, const json_t *values)
{
        const char *dimension;
        json_t *members, *member;
        size_t at;
        int r = 0;

        json_object_foreach ((json_t *)values, dimension, members) {
                if (r == 0)
                        r = qf_buffer_print(text, "  %s=", dimension);
                json_array_foreach (members, at, member) {
                        if (r == 0)
                                r = qf_buffer_print(text, "%s%s", at ? "," : "", json_string_value(member));
                }
        }
        return r;
}

/* Names of fields as in proto/; the key and the action are said before, the reason behind. */
static int append_facts(struct qf_buffer *text, const json_t *event)
{
        const char *name;
        json_t *value;
        int r = 0;

        json_object_foreach ((json_t *)event, name, value) {
                if (r != 0 || strcmp(name, "key") == 0 || strcmp(name, "action") == 0 ||
                    strcmp(name, "reason") == 0)
                        continue;
                if (strcmp(name, "values") == 0)
                        r = append_values(text, value);
                else if (json_is_string(value))
                        r = qf_buffer_print(text, "  %s=%s", name, json_string_value(value));
                else if (json_is_integer(value))
                        r = qf_buffer_print(text, "  %s=%" JSON_INTEGER_FORMAT, name,
                                            json_integer_value(value));
        }
        return r;
}

/* The verdict's words are common/model's; the moment is in the programme's time zone. */
static int append_head(struct qf_buffer *text, const struct history *history,
                       const struct qf_dump_place *place, const struct qf_event *event, uint32_t at,
                       const json_t *line)
{
        const int32_t zone = qf_programme_settings(history->names.programme)->zone_minutes;
        const int64_t local_ms = place->head->received_at_ms + (int64_t)zone * MINUTE_MS;
        const uint32_t day = qf_date_at(place->head->received_at_ms, zone);
        const int64_t minute = (local_ms % DAY_MS + DAY_MS) % DAY_MS / MINUTE_MS;
        const struct qf_verdict verdict = qf_entry_verdict(place->entry, at);
        const char *action = json_string_value(json_object_get(json_object_get(line, "event"), "action"));

        return qf_buffer_print(
                text, "%04u-%02u-%02u %02d:%02d  %" PRIu64 ".%u.%u  %s  %s %.*s%s%s → %s%s%s\n", day / 10000,
                day / 100 % 100, day % 100, (int)(minute / 60), (int)(minute % 60), place->head->position,
                place->entry_at, at, json_string_value(json_object_get(line, "source")),
                qf_dump_kind(event->kind), (int)event->key.len, event->key.at, action ? "  " : "",
                action ? action : "", qf_verdict_class_name(verdict.class), verdict.code ? " " : "",
                verdict.code ? qf_dump_code(verdict) : "");
}

static int print_text(const struct history *history, const struct qf_dump_place *place,
                      const struct qf_event *event, uint32_t at, const json_t *line)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer text = {0};
        const json_t *said = json_object_get(line, "event");
        const char *reason = json_string_value(json_object_get(said, "reason"));
        int r = append_head(&text, history, place, event, at, line);

        if (r == 0)
                r = qf_buffer_print(&text, "   ");
        if (r == 0)
                r = append_facts(&text, said);
        if (r == 0)
                r = qf_buffer_print(&text, "\n");
        if (r == 0 && reason)
                r = qf_buffer_print(&text, qf_cli_say(history->cli, "     原因：%s\n", "     reason: %s\n"),
                                    reason);
        if (r == 0 && fwrite(text.at, 1, text.len, stdout) != text.len)
                r = -EIO;
        return r;
}

static int print_event(struct history *history, const struct qf_dump_place *place,
                       const struct qf_batch *batch, uint32_t at)
{
        json_t *line = qf_dump_line(&history->names, place, batch, at);
        int r = -ENOMEM;

        if (history->cli->json)
                return qf_json_print(line);
        if (line)
                r = print_text(history, place, &batch->events[at], at, line);
        json_decref(line);
        return r;
}

/* --- looking for them ------------------------------------------------------------------ */

static bool is_wanted(const struct history *history, const struct qf_dump_place *place,
                      const struct qf_event *event, uint32_t at)
{
        const struct options *options = &history->options;

        if (event->registered || (history->key.len && !qf_view_same(event->key, history->key)))
                return false;
        if (options->verdict &&
            strcmp(options->verdict, qf_verdict_class_name(qf_entry_verdict(place->entry, at).class)) != 0)
                return false;
        return !options->partner ||
               (place->entry->partner &&
                place->entry->partner <= qf_programme_partners(history->names.programme) &&
                strcmp(options->partner,
                       qf_programme_partner_code(history->names.programme, place->entry->partner)) == 0);
}

static int take_batch(struct history *history, const struct qf_dump_place *place)
{
        struct qf_batch batch;
        int r = qf_dump_take_batch(&history->names, place->head, place->entry, &batch);

        for (uint32_t at = place->entry->skip; r == 0 && at < place->entry->count; at++) {
                if (!is_wanted(history, place, &batch.events[at], at))
                        continue;
                if (++history->found <= history->options.limit)
                        r = print_event(history, place, &batch, at);
        }
        return r;
}

static int take_record(void *ctx, const struct qf_record_head *head, struct qf_view record)
{
        struct history *history = ctx;
        struct qf_control control;
        struct qf_entry entry;
        struct qf_dump_place place = {.head = head, .entry = &entry};
        size_t offset = 0;
        int r = 0;

        for (; r == 0 && qf_record_next(record, &offset, &entry); place.entry_at++)
                r = entry.kind == QF_ENTRY_BATCH
                            ? take_batch(history, &place)
                            : qf_dump_take_control(&history->names, head, &entry, &control);
        return r;
}

/* 0 found; else the exit code. */
static int say_outcome(const struct history *history)
{
        struct qf_cli *cli = history->cli;

        if (fflush(stdout) != 0)
                return qf_cli_broke(cli, -errno, "stdout");
        if (history->found == 0)
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "没有这样的事件。\n编号要与报送时完全一样；qf ledger 列出现有的编号。",
                        "there is no such event.\nA key is written as it was fed; qf ledger lists those that stand.");
        if (history->found > history->options.limit)
                fprintf(stderr,
                        qf_cli_say(cli, "共 %" PRIu64 " 条，只列出前 %" PRIu64 " 条：用 --limit\n",
                                   "%" PRIu64 " events, of which the first %" PRIu64 " are shown: --limit\n"),
                        history->found, history->options.limit);
        return QF_EXIT_DONE;
}

static bool is_class(const char *name)
{
        for (int class = QF_ACCEPTED; class <= QF_REJECTED; class ++)
                if (strcmp(name, qf_verdict_class_name((uint16_t) class)) == 0)
                        return true;
        return false;
}

int qf_cmd_history(struct qf_cli *cli, int argc, char **argv)
{
        struct history history = {.cli = cli, .options = {.limit = 1000}};
        int count;

        if (qf_cli_parse(cli, &usage, &history.options, argc, argv, &count) != 0)
                return cli->exit_code;
        if (count == 0 && !history.options.verdict)
                return qf_cli_misused(cli, "要看哪个编号？或者用 --verdict 看一类裁决。",
                                      "Which key? Or name a --verdict.");
        if (history.options.verdict && !is_class(history.options.verdict))
                return qf_cli_misused(cli, "没有“%s”这种裁决。", "There is no verdict \"%s\".",
                                      history.options.verdict);
        history.key = count ? qf_view_of(argv[0]) : QF_VIEW("");
        cli->archive = history.options.archive;
        int r = qf_dump_init(&history.names);
        if (r < 0)
                qf_cli_broke(cli, r, "history");
        else if (qf_journal_read(cli, NULL, 0, take_record, &history) == 0)
                cli->exit_code = say_outcome(&history);
        qf_dump_deinit(&history.names);
        return cli->exit_code;
}
