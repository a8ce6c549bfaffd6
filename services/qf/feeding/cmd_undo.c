/* `qf undo FILE`: takes back what a file fed. The outbox knows its numbers, and what
 * became of each; a row is withdrawn with the revision that follows the one it fed,
 * so the server itself refuses where somebody corrected it since. What was known
 * before the file came is not the file's, and stays. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "views/event_json.h"
#include "qf/feeding/feed_command.h"
#include "qf/feeding/feed_open.h"
#include "qf/feeding/feeding.h"
#include "qf/cli/json_out.h"

enum { PATIENCE_MS = 30000 };

struct options {
        struct qf_feed_command how;
        const char *numbers, *reason;
};

static const struct qf_option option_table[] = {
        {"reason", QF_OPTION_TEXT, offsetof(struct options, reason), "TEXT", "原因，记入日志",
         "why; it is journaled", 0},
        {"numbers", QF_OPTION_TEXT, offsetof(struct options, numbers), "FIRST-LAST",
         "不写文件，写发件箱里的编号", "instead of a file: numbers of the outbox", 0},
        {"map", QF_OPTION_TEXT, offsetof(struct options, how.map), "MAP.yaml", "报送时用的，见 qf feed",
         "as it was fed: see qf feed", 0},
        {"sheet", QF_OPTION_TEXT, offsetof(struct options, how.sheet), "NAME", "报送时用的", "as it was fed",
         0},
        {"kind", QF_OPTION_TEXT, offsetof(struct options, how.kind), "KIND", "报送时用的", "as it was fed",
         0},
        {0},
};

enum fate { WAITS, WITHDRAWN, DONE_BEFORE, CHANGED, CORRECTS, REFUSED };

struct row { /* the last that the file fed under a key */
        char *key;
        uint8_t kind, method;
        uint32_t revision; /* that it fed; 0: not known, it corrected what stood */
        enum fate fate;
        struct qf_verdict verdict;
};

struct undo {
        struct qf_cli *cli;
        struct options options;
        const char *path;
        struct qf_feed *feed;
        uint64_t first, count, lost;          /* numbers; of those the outbox does not keep any more */
        uint64_t not_its_own;                 /* were known, set aside or rejected */
        uint32_t rows_count, rows_room, next; /* next: that hears its verdict */
        struct row *rows;
        json_t *places; /* of rows, by kind, method and key */
        uint64_t said_first;
};

static void close_undo(struct undo *undo)
{
        undo->feed = qf_feed_close(undo->feed);
        for (uint32_t i = 0; i < undo->rows_count; i++)
                free(undo->rows[i].key);
        free(undo->rows);
        json_decref(undo->places);
}

static int broke(struct undo *undo, int error)
{
        return qf_cli_broke(undo->cli, error, undo->path ? undo->path : undo->cli->outbox);
}

/* --- what the file fed ---------------------------------------------------------------- */

/* 0, or the exit code. */
static int find_file(struct undo *undo)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer bytes = {0};
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer name = {0};
        uint8_t hash[QF_OUTBOX_HASH];
        struct qf_fed_file file;
        int r = qf_file_bytes(undo->path, &bytes);

        if (r < 0)
                return qf_cli_unread(undo->cli, r, undo->path);
        if (qf_feed_file_hash(undo->cli, &undo->options.how,
                              (struct qf_view){(const char *)bytes.at, (uint32_t)bytes.len}, hash))
                return undo->cli->exit_code;
        r = qf_outbox_find_file(qf_feed_outbox(undo->feed), hash, &name, &file);
        if (r < 0)
                return broke(undo, r);
        if (r > 0 || file.first == 0)
                return qf_cli_fail(
                        undo->cli, QF_EXIT_USAGE,
                        "“%s”没有从这里报送过，或之后改过、换过发件箱。\n用报送时的那个文件；或者写编号：--numbers",
                        "%s was not fed from here, or was changed since, or the outbox is another one.\nTake the file as it was fed, or "
                        "name --numbers.",
                        undo->path);
        undo->first = file.first;
        undo->count = file.count;
        return 0;
}

/* "41-160". 0, or the exit code. */
static int read_numbers(struct undo *undo)
{
        const char *text = undo->options.numbers, *dash = strchr(text, '-');
        const uint64_t next = qf_outbox_standing(qf_feed_outbox(undo->feed))->next;
        uint64_t last = 0;

        if (!dash ||
            !qf_text_number((struct qf_view){text, (uint32_t)(dash - text)}, UINT64_MAX, &undo->first) ||
            !qf_text_number(qf_view_of(dash + 1), UINT64_MAX, &last) || undo->first == 0 ||
            last < undo->first || last >= next)
                return qf_cli_misused(undo->cli,
                                      "--numbers 写成 首号-末号，如 1-2；这个发件箱报过 %" PRIu64
                                      " 条，不含“%s”。",
                                      "--numbers is FIRST-LAST, such as 1-2, of the %" PRIu64
                                      " events that this outbox has fed, not \"%s\".",
                                      next - 1, text);
        undo->count = last - undo->first + 1;
        return 0;
}

static struct qf_verdict verdict_of(const struct qf_outbox_answer *answer, uint64_t number)
{
        for (uint32_t i = 0; i < answer->exceptions_count; i++) {
                const struct qf_exception *exception = &answer->exceptions[i];
                if (number - answer->first >= exception->at &&
                    number - answer->first - exception->at < exception->len)
                        return exception->verdict;
        }
        return (struct qf_verdict){QF_ACCEPTED, QF_CODE_NONE};
}

static int row_of(struct undo *undo, const struct qf_event *event, struct row **ret_row)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer place = {0};
        int r = qf_buffer_print(&place, "%u/%u/%.*s", event->kind, event->method, (int)event->key.len,
                                event->key.at);

        if (r == 0)
                r = qf_buffer_append(&place, "", 1);
        if (r < 0)
                return r;
        const json_t *index = json_object_get(undo->places, (const char *)place.at);
        if (index) {
                *ret_row = &undo->rows[json_integer_value(index)];
                return 0;
        }
        if (undo->rows_count == undo->rows_room) {
                const uint32_t room = undo->rows_room ? 2 * undo->rows_room : 256;
                struct row *rows = realloc(undo->rows, room * sizeof(*rows));
                if (!rows)
                        return -ENOMEM;
                undo->rows = rows;
                undo->rows_room = room;
        }
        char *key = strndup(event->key.at, event->key.len);
        if (!key ||
            json_object_set_new(undo->places, (const char *)place.at, json_integer(undo->rows_count)) != 0) {
                free(key);
                return -ENOMEM;
        }
        *ret_row = &undo->rows[undo->rows_count++];
        **ret_row = (struct row){.key = key, .kind = event->kind, .method = event->method};
        return 0;
}

/* A correction without a number corrected what stood: the one after a row of the same file is its next revision. */
static int take_event(struct undo *undo, const struct qf_event *event, struct qf_verdict verdict)
{
        const bool taken = qf_verdict_counts(verdict), fresh = event->action != QF_REPLACE;
        struct row *row;

        if (!taken || event->registered || event->kind == QF_KIND_TICK || event->action == QF_WITHDRAW) {
                undo->not_its_own++;
                return 0;
        }
        int r = row_of(undo, event, &row);
        if (r < 0)
                return r;
        const uint32_t next = fresh ? 1 : row->revision ? row->revision + 1 : 0;
        row->revision = event->revision ? event->revision : next;
        row->fate = row->revision ? WAITS : CORRECTS;
        return 0;
}

/* The events of the chunk that holds a number; *number moves behind them. QF_STORE_NONE: it is not kept. */
static int take_chunk(struct undo *undo, struct qf_arena *arena, uint64_t *number)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer bytes = {0};
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer verdicts = {0};
        struct qf_outbox *outbox = qf_feed_outbox(undo->feed);
        const uint64_t end = undo->first + undo->count;
        struct qf_outbox_answer answer;
        struct qf_wire_fault fault;
        struct qf_batch batch;
        struct qf_chunk chunk;
        int r = qf_outbox_chunk(outbox, *number, &bytes, &chunk);

        if (r == 0)
                r = qf_outbox_verdicts(outbox, *number, &verdicts, &answer);
        if (r != 0)
                return r;
        qf_arena_reset(arena);
        r = qf_body_decode(arena, chunk.facts, chunk.texts, chunk.count, &batch, &fault);
        for (; r == 0 && *number < chunk.first + chunk.count && *number < end; ++*number)
                r = take_event(undo, &batch.events[*number - chunk.first], verdict_of(&answer, *number));
        return r > 0 ? -EBADMSG : r;
}

static void free_arena(struct qf_arena **arena)
{
        *arena = qf_arena_free(*arena);
}

static int collect(struct undo *undo)
{
        QF_CLEANUP(free_arena) struct qf_arena *arena = NULL;
        int r = qf_arena_new(QF_DECODE_ARENA_BYTES, &arena);

        undo->places = json_object();
        if (!undo->places)
                return -ENOMEM;
        for (uint64_t number = undo->first; r == 0 && number < undo->first + undo->count;) {
                r = take_chunk(undo, arena, &number);
                if (r != QF_STORE_NONE)
                        continue;
                undo->lost++; /* answered long ago and in every backup, or not answered yet */
                number++;
                r = 0;
        }
        return r;
}

/* --- taking it back -------------------------------------------------------------------- */

static enum fate fate_of(struct qf_verdict verdict)
{
        if (verdict.class == QF_DUPLICATE)
                return DONE_BEFORE;
        if (verdict.class == QF_REJECTED && verdict.code != QF_E142_STALE)
                return REFUSED;
        return qf_verdict_counts(verdict) ? WITHDRAWN : CHANGED;
}

static int hear(void *ctx, const struct qf_feed_verdict *verdict)
{
        struct undo *undo = ctx;

        if (undo->said_first == 0 || verdict->number < undo->said_first)
                return 0;
        while (undo->next < undo->rows_count && undo->rows[undo->next].fate == CORRECTS)
                undo->next++;
        if (undo->next < undo->rows_count) {
                struct row *row = &undo->rows[undo->next++];
                row->verdict = verdict->verdict;
                row->fate = fate_of(verdict->verdict);
        }
        return 0;
}

/* 0, or the exit code. */
static int withdraw(struct undo *undo)
{
        const struct qf_words words = {.reason = qf_view_of(undo->options.reason)};
        uint64_t number;

        for (uint32_t i = 0; i < undo->rows_count; i++) {
                const struct row *row = &undo->rows[i];
                const struct qf_event event = {.kind = row->kind,
                                               .action = QF_WITHDRAW,
                                               .method = row->method,
                                               .revision = row->revision + 1,
                                               .key = qf_view_of(row->key),
                                               .words = &words};
                if (row->fate == CORRECTS)
                        continue;
                if (qf_feeding_add(undo->cli, undo->feed, &event, NULL, 0, &number))
                        return undo->cli->exit_code;
                if (undo->said_first == 0)
                        undo->said_first = number;
        }
        if (undo->said_first == 0)
                return 0;
        if (qf_feeding_flush(undo->cli, undo->feed, NULL) ||
            qf_feeding_drain(undo->cli, undo->feed, PATIENCE_MS, NULL, NULL))
                return undo->cli->exit_code;
        return 0;
}

/* --- telling ------------------------------------------------------------------------------- */

static const char *fate_name(enum fate fate)
{
        static const char *const names[] = {"waits",   "withdrawn", "withdrawn_before",
                                            "changed", "corrects",  "refused"};
        return names[fate];
}

static void print_kept(const struct qf_cli *cli, const struct row *row)
{
        const char *why = row->fate == CHANGED ? qf_cli_say(cli, "之后改过", "was corrected since")
                          : row->fate == CORRECTS ? qf_cli_say(cli, "它更正了原有的：要改回去请再更正一次",
                                                               "corrected what stood: correct it once more")
                                                  : qf_cli_say(cli, qf_code_text(row->verdict.code)->zh,
                                                               qf_code_text(row->verdict.code)->en);
        printf(qf_cli_say(cli, "留下 %s %s：%s\n", "kept %s %s: %s\n"), qf_event_kind_code(row->kind),
               row->key, why);
}

static int report(struct undo *undo)
{
        struct qf_cli *cli = undo->cli;
        uint64_t counts[REFUSED + 1] = {0};
        int r = 0;

        for (uint32_t i = 0; i < undo->rows_count && r == 0; i++) {
                const struct row *row = &undo->rows[i];
                counts[row->fate]++;
                if (cli->json)
                        r = qf_json_print(json_pack("{s:s, s:s, s:s, s:s?}", "kind",
                                                    qf_event_kind_code(row->kind), "key", row->key, "fate",
                                                    fate_name(row->fate), "code",
                                                    qf_verdict_code_name(row->verdict)));
                else if (row->fate >= CHANGED)
                        print_kept(cli, row);
        }
        const uint64_t kept = counts[CHANGED] + counts[CORRECTS] + counts[REFUSED];
        if (r < 0)
                return qf_cli_broke(cli, r, "stdout");
        cli->exit_code = kept || undo->lost ? QF_EXIT_RETURNED : QF_EXIT_DONE;
        if (cli->json) {
                r = qf_json_say(cli, json_pack("{s:I, s:I, s:I, s:I, s:I}", "withdrawn",
                                               (json_int_t)counts[WITHDRAWN], "withdrawn_before",
                                               (json_int_t)counts[DONE_BEFORE], "kept", (json_int_t)kept,
                                               "not_its_own", (json_int_t)undo->not_its_own, "not_kept_here",
                                               (json_int_t)undo->lost));
                return r != QF_EXIT_DONE || cli->exit_code == QF_EXIT_DONE ? r : QF_EXIT_RETURNED;
        }
        printf(qf_cli_say(cli,
                          "撤回 %" PRIu64 "，之前已撤回 %" PRIu64 "，留下 %" PRIu64 "；不是它报上的 %" PRIu64
                          "\n",
                          "withdrawn %" PRIu64 ", withdrawn before %" PRIu64 ", kept %" PRIu64
                          "; not by this file %" PRIu64 "\n"),
               counts[WITHDRAWN], counts[DONE_BEFORE], kept, undo->not_its_own);
        if (undo->lost)
                printf(qf_cli_say(
                               cli, "发件箱里已没有的 %" PRIu64 " 条：没有动，请对着台账逐条撤回。\n",
                               "%" PRIu64
                               " are no longer kept in this outbox and were left alone: withdraw them by qf ledger.\n"),
                       undo->lost);
        return cli->exit_code;
}

static int run_undo(struct qf_cli *cli, int argc, char **argv)
{
        QF_CLEANUP(close_undo) struct undo undo = {.cli = cli};
        int count;

        if (qf_cli_parse(cli, &undo.options, argc, argv, &count))
                return cli->exit_code;
        if ((count == 0) == (undo.options.numbers == NULL))
                return qf_cli_misused(cli, "写文件名，或者 --numbers。", "name a file, or --numbers.");
        if (!undo.options.reason || !undo.options.reason[0])
                return qf_cli_misused(cli, "用 --reason 写明原因，它记入日志。",
                                      "say why with --reason: it is journaled.");
        undo.path = count ? argv[0] : NULL;
        if (qf_feeding_open(cli, true, hear, &undo, &undo.feed) ||
            (count ? find_file(&undo) : read_numbers(&undo)) ||
            qf_feeding_drain(cli, undo.feed, PATIENCE_MS, NULL,
                             NULL)) /* what still waits has no verdict yet */
                return cli->exit_code;
        int r = collect(&undo);
        if (r < 0)
                return broke(&undo, r);
        return withdraw(&undo) ? cli->exit_code : report(&undo);
}

const struct qf_command qf_cmd_undo = {
        .name = "undo",
        .zh = "整个文件撤回",
        .en = "take a whole file back",
        .run = run_undo,
        .arguments = "[FILE]",
        .arguments_max = 1,
        .options = option_table,
        .more_zh =
                "报错了整个文件：\n"
                "  qf undo 活动.csv --as hx --reason 报成了别的年份\n"
                "它报上的每一行，还是它报的那样的，撤回；之后改过的、它只是更正的、报它之前就有的，留着并列出来。\n"
                "文件要与报送时一个字不差，在同一台机器上。退出码：0 全部撤回，2 有留下的。",
        .more_en =
                "A whole file was wrong:\n"
                "  qf undo activities.csv --as hx --reason \"another year's\"\n"
                "Each row that stands as it fed it is withdrawn; rows that were corrected since, that only corrected others, or that were known before are kept, and listed.\n"
                "The file must be as it was fed, on the same machine. Exit codes: 0 all withdrawn, 2 some were kept.",
};
