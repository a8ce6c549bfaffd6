/* Why: what happens now (sign-ins, scripts) comes line by line for hours, so lines
 * are kept as they come: on disk when no more are waiting, or 512 of them; sent
 * and answered meanwhile. With --json each verdict is a line of its own. */
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "qf/feeding/feed_command.h"
#include "client/feed_json.h"
#include "qf/feeding/feed_summary.h"
#include "qf/feeding/feed_tally.h"
#include "qf/feeding/feed_told.h"
#include "qf/feeding/feeding.h"

enum { READ_BYTES = 64 * 1024, LINE_BYTES_MAX = 64 * 1024, FLUSH_EVENTS = 512, TURN_MS = 10 };

struct lines {
        struct qf_cli *cli;
        const struct qf_feed_command *command;
        struct qf_feed *feed;
        const struct qf_programme *programme; /* NULL: none known, ingest judges names */
        struct qf_feed_tally tally;
        struct qf_buffer input;
        uint32_t line;
        uint32_t unflushed;
        bool skipping; /* the rest of a line that is too long */
};

static void lines_deinit(struct lines *lines)
{
        qf_feed_close(lines->feed);
        qf_feed_tally_deinit(&lines->tally);
        qf_buffer_deinit(&lines->input);
}

/* --- telling ------------------------------------------------------------ */

static int say_json(const struct lines *lines, const struct qf_note *note, uint64_t number,
                    struct qf_verdict verdict, uint32_t line)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer text = {0};
        int result = note ? qf_note_print(note, lines->cli->chinese, &text) : 0;
        if (result)
                return result;
        json_t *object = json_pack("{s:i, s:I, s:s}", "line", (int)line, "number", (json_int_t)number,
                                   "verdict", number ? qf_verdict_class_name(verdict.class) : "returned");
        if (object && note &&
            (json_object_set_new(object, "code", json_string(qf_note_name(note))) ||
             json_object_set_new(object, "text", json_stringn((const char *)text.at, text.len)))) {
                json_decref(object);
                return -ENOMEM;
        }
        if (!object)
                return -ENOMEM;
        (void)json_dumpf(object, stdout, JSON_COMPACT);
        (void)fputc('\n', stdout);
        json_decref(object);
        return 0;
}

static int say_note(const struct lines *lines, const struct qf_note *note)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer text = {0};
        if (lines->cli->json)
                return say_json(lines, note, 0, (struct qf_verdict){0}, note->line);
        int result = qf_note_print(note, lines->cli->chinese, &text);
        if (result == 0)
                fprintf(stderr, "%.*s\n", (int)text.len, (const char *)text.at);
        return result;
}

static int hear_verdict(void *ctx, const struct qf_feed_verdict *verdict)
{
        struct lines *lines = ctx;
        bool news;
        const struct qf_fed *fed =
                qf_feed_tally_verdict(&lines->tally, verdict->number, verdict->verdict, &news);
        if (!fed || !news)
                return 0;
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer told = {0};
        struct qf_note note;
        int result = qf_told_verdict(fed->kind, verdict, lines->cli->chinese, &told, &note);
        if (result)
                return result;
        note.line = fed->line;
        bool returned = fed->class == QF_REJECTED || fed->class == QF_QUARANTINED;
        if (lines->cli->json)
                return say_json(lines, fed->code || told.len ? &note : NULL, verdict->number,
                                verdict->verdict, fed->line);
        return returned || told.len ? say_note(lines, &note) : 0;
}

/* --- lines -------------------------------------------------------------- */

static int return_line(struct lines *lines, struct qf_note note)
{
        lines->tally.returned_here++;
        note.line = lines->line;
        int result = say_note(lines, &note);
        return result ? qf_cli_broke(lines->cli, result, "-") : 0;
}

/* What fits no batch is a line that is returned, as others are: those before and behind it are fed. */
static int take_event(struct lines *lines, const struct qf_json_event *event)
{
        int result = qf_feed_add(lines->feed, &event->event, event->values, event->values_count, NULL);
        if (result == QF_FEED_TOO_LARGE)
                return return_line(lines, (struct qf_note){.code = QF_NOTE_TOO_LONG});
        if (result) {
                qf_feeding_say(lines->cli, lines->feed, result);
                return lines->cli->exit_code;
        }
        lines->unflushed++;
        result = qf_feed_tally_add(&lines->tally, &event->event, lines->line);
        return result ? qf_cli_broke(lines->cli, result, "-") : 0;
}

static int take_line(struct lines *lines, struct qf_view line)
{
        QF_CLEANUP(qf_json_event_deinit) struct qf_json_event event = {0};
        lines->line++;
        if (line.len > 0 && line.at[line.len - 1] == '\r')
                line.len--;
        if (line.len == 0)
                return 0;
        lines->tally.lines++;
        int result = qf_json_event_read(line, lines->programme, &event);
        if (result < 0)
                return qf_cli_broke(lines->cli, result, "-");
        return result ? return_line(lines, event.note) : take_event(lines, &event);
}

static int keep(struct lines *lines)
{
        if (lines->unflushed == 0)
                return 0;
        lines->unflushed = 0;
        return qf_feeding_flush(lines->cli, lines->feed, NULL) ? lines->cli->exit_code : 0;
}

/* All whole lines that were read; the rest stays for more. */
static int take_lines(struct lines *lines, bool at_end)
{
        size_t from = 0;
        struct qf_buffer *input = &lines->input;
        while (from < input->len) {
                const uint8_t *end = memchr(input->at + from, '\n', input->len - from);
                if (!end && !at_end)
                        break;
                size_t upto = end ? (size_t)(end - input->at) : input->len;
                struct qf_view line = {(const char *)input->at + from, (uint32_t)(upto - from)};
                from = end ? upto + 1 : upto;
                if (lines->skipping) {
                        lines->skipping = false;
                        continue;
                }
                int exit_code = take_line(lines, line);
                if (exit_code == 0 && lines->unflushed >= FLUSH_EVENTS)
                        exit_code = keep(lines);
                if (exit_code)
                        return exit_code;
        }
        memmove(input->at, input->at + from, input->len - from);
        input->len -= from;
        if (input->len < LINE_BYTES_MAX)
                return 0;
        input->len = 0; /* no line of ours is so long */
        if (lines->skipping)
                return 0;
        lines->skipping = true;
        lines->line++;
        lines->tally.lines++;
        return return_line(lines, (struct qf_note){.code = QF_NOTE_TOO_LONG});
}

/* Waits a little for input. Positive 1: the end. */
static int read_some(struct lines *lines, int timeout_ms, bool *ret_more)
{
        struct pollfd waiting = {.fd = STDIN_FILENO, .events = POLLIN};
        *ret_more = false;
        int ready = poll(&waiting, 1, timeout_ms);
        if (ready < 0)
                return errno == EINTR ? 0 : -errno;
        if (ready == 0)
                return 0;
        int result = qf_buffer_reserve(&lines->input, READ_BYTES);
        if (result)
                return result;
        ssize_t got = read(STDIN_FILENO, lines->input.at + lines->input.len, READ_BYTES);
        if (got < 0)
                return errno == EINTR || errno == EAGAIN ? 0 : -errno;
        lines->input.len += (size_t)got;
        *ret_more = got > 0;
        return got == 0;
}

static int turn(struct lines *lines, bool *ret_end)
{
        bool more;
        int result = read_some(lines, TURN_MS, &more);
        if (result < 0)
                return qf_cli_broke(lines->cli, result, "-");
        *ret_end = result == 1;
        int exit_code = take_lines(lines, *ret_end);
        if (exit_code == 0 && !more)
                exit_code = keep(lines);
        if (exit_code)
                return exit_code;
        result = qf_feed_pump(lines->feed, 0);
        if (lines->cli->json)
                (void)fflush(stdout);
        if (result == 0)
                return 0;
        *ret_end = true; /* said by the drain */
        return 0;
}

static int feed_all(struct lines *lines)
{
        bool end = false;
        while (!end && !qf_cli_interrupted(lines->cli)) {
                int exit_code = turn(lines, &end);
                if (exit_code)
                        return exit_code;
        }
        return keep(lines);
}

int qf_feed_lines(struct qf_cli *cli, const struct qf_feed_command *command)
{
        QF_CLEANUP(lines_deinit) struct lines lines = {.cli = cli, .command = command};

        if (qf_feeding_open(cli, true, hear_verdict, &lines, &lines.feed))
                return cli->exit_code;
        int result = qf_feed_learn(lines.feed, qf_feeding_learn_ms(cli, lines.feed), &lines.programme, NULL);
        if (result < 0)
                return qf_cli_broke(cli, result, cli->outbox);
        if (result == QF_FEED_ANOTHERS) { /* nothing of this one is put beside what is not its own */
                qf_feeding_say(cli, lines.feed, result);
                return cli->exit_code;
        }
        lines.tally.first = qf_outbox_standing(qf_feed_outbox(lines.feed))->next;
        int exit_code = feed_all(&lines);
        if (exit_code)
                return exit_code;
        int failed = qf_feeding_drain(cli, lines.feed, (int64_t)command->patience_ms, NULL, NULL);
        struct qf_feed_report report = {
                .tally = &lines.tally, .unit_zh = "条", .unit_en = "events", .unit_en_one = "event"};
        result = qf_feed_report_print(cli, &report);
        if (failed)
                return cli->exit_code;
        return result ? qf_cli_broke(cli, result, "stdout") : qf_feed_tally_exit(&lines.tally);
}
