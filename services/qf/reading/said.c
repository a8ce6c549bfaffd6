/* Why: who corrects, compares or asks must not care where it stands. On the server's
 * machine the journal is read as it is; a partner asks with its read key, page by
 * page. A page begins where the one before ended in the journal, which only grows:
 * nothing is missed or told twice, however long it takes. */
#include "qf/reading/said.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "model/period.h"
#include "qf/operator/journal_reader.h"
#include "views/event_json.h"

enum { PAGE_BYTES = 64 };

struct reading {
        const struct qf_said_filter *filter;
        qf_said_take take;
        void *ctx;
        struct qf_saying *saying;
};

void qf_said_close(struct qf_saying *saying)
{
        saying->registers = qf_subscription_close(saying->registers);
        qf_dump_deinit(&saying->names);
}

/* --- the journal beside the daemons ------------------------------------------------------- */

static bool is_wanted(const struct reading *reading, const struct qf_dump_place *where,
                      const struct qf_event *event, uint32_t at)
{
        const struct qf_said_filter *filter = reading->filter;
        const char *partner =
                qf_programme_partner_code(reading->saying->names.programme, where->entry->partner);

        if (event->registered || (filter->key && !qf_view_same(event->key, qf_view_of(filter->key))))
                return false;
        if (filter->verdict &&
            strcmp(filter->verdict, qf_verdict_class_name(qf_entry_verdict(where->entry, at).class)) != 0)
                return false;
        if ((filter->kind && strcmp(filter->kind, qf_event_kind_code(event->kind)) != 0) ||
            (filter->first_day && qf_date_last_day(event->date) < filter->first_day) ||
            (filter->last_day && qf_date_first_day(event->date) > filter->last_day))
                return false;
        return !filter->partner || strcmp(filter->partner, partner) == 0;
}

static int take_batch(const struct reading *reading, const struct qf_dump_place *where)
{
        struct qf_batch batch;
        int r = qf_dump_take_batch(&reading->saying->names, where->head, where->entry, &batch);

        for (uint32_t at = where->entry->skip; r == 0 && at < where->entry->count; at++) {
                if (!is_wanted(reading, where, &batch.events[at], at))
                        continue;
                json_t *line = qf_dump_line(&reading->saying->names, where, &batch, at);
                r = line ? reading->take(reading->ctx, line) : -ENOMEM;
                json_decref(line);
        }
        return r;
}

static int take_record(void *ctx, const struct qf_record_head *head, struct qf_view record)
{
        const struct reading *reading = ctx;
        struct qf_control control;
        struct qf_entry entry;
        struct qf_dump_place where = {.head = head, .entry = &entry};
        size_t offset = 0;
        int r = 0;

        for (; r == 0 && qf_record_next(record, &offset, &entry); where.entry_at++)
                r = entry.kind == QF_ENTRY_BATCH
                            ? take_batch(reading, &where)
                            : qf_dump_take_control(&reading->saying->names, head, &entry, &control);
        return r;
}

static int read_here(struct qf_cli *cli, struct reading *reading)
{
        struct qf_saying *saying = reading->saying;
        int r = qf_dump_init(&saying->names);

        if (r < 0) {
                qf_cli_broke(cli, r, cli->journal);
                return 1;
        }
        saying->programme = saying->names.programme;
        return qf_journal_read(cli, NULL, 0, take_record, reading);
}

/* --- from elsewhere ----------------------------------------------------------------------- */

static int take_lines(const struct reading *reading, struct qf_view lines)
{
        int r = 0;

        while (r == 0 && lines.len) {
                const char *end = memchr(lines.at, '\n', lines.len);
                const uint32_t len = end ? (uint32_t)(end - lines.at) : lines.len;
                json_t *line = json_loadb(lines.at, len, 0, NULL);
                r = line ? reading->take(reading->ctx, line) : -EBADMSG;
                json_decref(line);
                lines.at += len + (end != NULL);
                lines.len -= len + (end != NULL);
        }
        return r;
}

static void close_asking(struct qf_asking **asking)
{
        *asking = qf_asking_close(*asking);
}

/* "CODE POSITION". False: it is another note. */
static bool is_note(struct qf_view note, struct qf_view code, uint64_t *ret_position)
{
        return note.len > code.len + 1 && memcmp(note.at, code.at, code.len) == 0 &&
               note.at[code.len] == ' ' &&
               qf_text_number((struct qf_view){note.at + code.len + 1, note.len - code.len - 1}, UINT64_MAX,
                              ret_position);
}

static void take_notes(const struct qf_to_reader *answer, struct qf_saying *saying)
{
        uint64_t position;

        for (uint32_t i = 0; i < answer->notes_count; i++) {
                if (is_note(answer->notes[i], QF_VIEW("trimmed"), &position))
                        saying->begins = position;
                else if (is_note(answer->notes[i], QF_VIEW("unreadable"), &position) &&
                         saying->unreadable++ == 0)
                        saying->unreadable_first = position;
        }
}

static void say_begins(const struct qf_cli *cli, const struct qf_saying *saying)
{
        if (saying->begins)
                fprintf(stderr,
                        qf_cli_say(cli,
                                   "那里的日志修剪过，从第 %" PRIu64 " 条记录开始；之前报的这里没有列出。\n"
                                   "  → 在服务端的机器上，用同一命令加 --archive 档案目录\n",
                                   "The journal there was trimmed and begins at record %" PRIu64
                                   "; what was said before is not listed here.\n"
                                   "  → On the server's machine: the same command with --archive DIR\n"),
                        saying->begins);
}

/* What rests on all that was said is not made without it. */
static int say_unreadable(struct qf_cli *cli, const struct qf_saying *saying)
{
        (void)qf_cli_fail(cli, QF_EXIT_OTHER,
                          "那里的日志有 %" PRIu64 " 条记录读不出（第一条是第 %" PRIu64
                          " 条），里面报过什么不知道；其余的都读了。\n在服务端的机器上核查：qf audit",
                          "%" PRIu64 " of the records there cannot be read (the first is record %" PRIu64
                          "): what was said in them is not known; all others were read.\n"
                          "On the server's machine: qf audit",
                          saying->unreadable, saying->unreadable_first);
        return 1;
}

static int read_there(struct qf_cli *cli, struct reading *reading)
{
        QF_CLEANUP(close_asking) struct qf_asking *asking = NULL;
        struct qf_from_reader query = {.query = QF_QUERY_SAID,
                                       .key = qf_view_of(reading->filter->key),
                                       .partner = qf_view_of(reading->filter->partner),
                                       .verdict = qf_view_of(reading->filter->verdict),
                                       .kind = qf_view_of(reading->filter->kind)};
        struct qf_to_reader answer;
        char page[PAGE_BYTES];

        if (qf_asking_subscribe(cli, (struct qf_subscription_options){.want = QF_WANT_REGISTERS},
                                &reading->saying->registers) ||
            qf_asking_open(cli, &asking))
                return 1;
        reading->saying->programme = qf_subscription_programme(reading->saying->registers);
        do {
                if (qf_asking_query(asking, query, &answer))
                        return 1;
                int r = answer.next.len <= PAGE_BYTES ? take_lines(reading, answer.json) : -EBADMSG;
                if (r < 0) {
                        qf_cli_broke(cli, r, cli->read);
                        return 1;
                }
                if (answer.next.len)
                        memcpy(page, answer.next.at, answer.next.len);
                take_notes(&answer, reading->saying);
                query.page = (struct qf_view){page, answer.next.len};
        } while (query.page.len && !qf_cli_interrupted(cli));
        say_begins(cli, reading->saying);
        return reading->saying->unreadable ? say_unreadable(cli, reading->saying) : 0;
}

int qf_said_read(struct qf_cli *cli, const struct qf_said_filter *filter, qf_said_take take, void *ctx,
                 struct qf_saying *saying)
{
        struct reading reading = {filter, take, ctx, saying};

        saying->remote = saying->remote || !cli->journal;
        if (saying->remote ? read_there(cli, &reading) : read_here(cli, &reading))
                return 1;
        /* That nothing was said by an organisation that nobody knows is no answer. */
        return filter->partner ? qf_asking_org(cli, saying->programme, qf_view_of(filter->partner)) : 0;
}
