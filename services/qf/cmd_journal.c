/* `qf journal dump`: the journal as lines of JSON, so that anybody can count again
 * with a program of their own. Events that an entry only repeats (places before
 * its skip) are not printed: they stand with the entry that brought them. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "programme/programme.h"
#include "qf/dump_event.h"
#include "qf/journal_reader.h"
#include "wire/body.h"
#include "wire/feed_messages.h"

enum { ARENA_BYTES = 2 * QF_DECODE_ARENA_BYTES };

struct options {
        uint64_t from, to;
};

static const struct qf_option table[] = {
        {"from", QF_OPTION_NUMBER, offsetof(struct options, from), "P", "从这个位置起", "from this position",
         0},
        {"to", QF_OPTION_NUMBER, offsetof(struct options, to), "P", "到这个位置止", "to this position", 0},
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

static const struct qf_usage usage = {
        .arguments = "dump",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = table,
        .zh = "把日志逐行打印成 JSON：每个事件一行，带裁决。位置 P 是记录号。",
        .en = "Prints the journal as lines of JSON, one for each event, with its verdict. A position P is a record.",
};

struct outbox_name {
        uint8_t id[QF_OUTBOX_ID_BYTES];
};

struct dump {
        struct options options;
        struct qf_programme *programme; /* names behind the references, as the journal tells them */
        struct qf_arena *arena;
        struct outbox_name *outboxes; /* by ref - 1 */
        uint32_t outboxes_count;
};

static int print(json_t *line)
{
        int r = line ? json_dumpf(line, stdout, JSON_COMPACT) : -1;

        json_decref(line);
        if (r != 0)
                return -ENOMEM;
        return putchar('\n') == EOF ? -EIO : 0;
}

/* --- names ------------------------------------------------------------------------ */

static int name_outbox(struct dump *dump, uint32_t ref, const uint8_t *id)
{
        if (ref == 0 || ref > UINT32_MAX / sizeof(struct outbox_name))
                return 0;
        if (ref > dump->outboxes_count) {
                struct outbox_name *outboxes = realloc(dump->outboxes, ref * sizeof(*outboxes));
                if (!outboxes)
                        return -ENOMEM;
                memset(outboxes + dump->outboxes_count, 0, (ref - dump->outboxes_count) * sizeof(*outboxes));
                dump->outboxes = outboxes;
                dump->outboxes_count = ref;
        }
        memcpy(dump->outboxes[ref - 1].id, id, sizeof(dump->outboxes[0].id));
        return 0;
}

static json_t *outbox_of(const struct dump *dump, uint32_t ref)
{
        if (ref == 0 || ref > dump->outboxes_count)
                return json_string("");
        return qf_dump_hex(dump->outboxes[ref - 1].id, QF_OUTBOX_ID_BYTES);
}

static struct qf_view source_of(const struct dump *dump, uint32_t ref)
{
        if (ref == 0 || ref > qf_programme_sources(dump->programme))
                return QF_VIEW("");
        return qf_programme_source(dump->programme, ref)->name;
}

static json_t *partner_of(const struct dump *dump, uint32_t partner)
{
        if (partner == 0 || partner > qf_programme_partners(dump->programme))
                return json_string("");
        return json_string(qf_programme_partner_code(dump->programme, partner));
}

/* --- events --------------------------------------------------------------------------- */

struct place {
        const struct qf_record_head *head;
        const struct qf_entry *entry;
        uint32_t entry_at;
        bool wanted; /* between from and to */
};

static int print_event(const struct dump *dump, const struct place *place, const struct qf_batch *batch,
                       uint32_t at)
{
        const struct qf_event *event = &batch->events[at];
        struct qf_verdict verdict = qf_entry_verdict(place->entry, at);
        struct qf_view source = source_of(dump, place->entry->source);
        const char *code = verdict.code ? qf_code_text(verdict.code)->name : NULL;

        return print(json_pack("{s:I, s:i, s:i, s:I, s:s%, s:o, s:s, s:s, s:s?, s:I, s:o, s:o}", "position",
                               (json_int_t)place->head->position, "entry", (int)place->entry_at, "index",
                               (int)at, "received_at", (json_int_t)place->head->received_at_ms, "source",
                               source.at ? source.at : "", (size_t)source.len, "partner",
                               partner_of(dump, place->entry->partner), "kind", qf_dump_kind(event->kind),
                               "verdict", qf_verdict_class_name(verdict.class), "code", code, "number",
                               (json_int_t)(place->entry->first + at), "outbox",
                               outbox_of(dump, place->entry->outbox), "event", qf_dump_event(batch, event)));
}

static int take_batch(struct dump *dump, const struct place *place)
{
        struct qf_wire_fault fault;
        struct qf_batch batch;
        int r = qf_body_decode(dump->arena, place->entry->facts, place->entry->texts, place->entry->count,
                               &batch, &fault);

        if (r != 0)
                return r < 0 ? r : -EBADMSG;
        for (uint32_t at = place->entry->skip; at < place->entry->count && r == 0; at++) {
                const struct qf_event *event = &batch.events[at];
                if (event->registered && qf_entry_verdict(place->entry, at).class <= QF_LATE)
                        r = qf_programme_apply(dump->programme, event, place->head->position);
                if (r == 0 && place->wanted)
                        r = print_event(dump, place, &batch, at);
        }
        return r;
}

/* --- control entries ---------------------------------------------------------------------- */

static json_t *control_json(const struct dump *dump, const struct place *place,
                            const struct qf_control *control)
{
        switch (control->what) {
        case QF_CONTROL_LIFE:
                return json_pack("{s:s, s:i, s:o, s:I, s:o}", "control", "life", "life", (int)control->number,
                                 "nonce", qf_dump_hex(control->nonce, sizeof(control->nonce)),
                                 "previous_last", (json_int_t)control->previous_last, "reason",
                                 qf_dump_text(control->reason));
        case QF_CONTROL_OUTBOX:
                return json_pack("{s:s, s:i, s:o, s:o}", "control", "outbox", "ref", (int)control->number,
                                 "outbox", qf_dump_hex(control->nonce, sizeof(control->nonce)), "source",
                                 qf_dump_text(control->source));
        case QF_CONTROL_SKIPPED:
                return json_pack("{s:s, s:o, s:I, s:I, s:o}", "control", "skipped", "outbox",
                                 outbox_of(dump, place->entry->outbox), "first", (json_int_t)control->first,
                                 "through", (json_int_t)control->through, "reason",
                                 qf_dump_text(control->reason));
        case QF_CONTROL_SEALED:
                return json_pack("{s:s, s:o, s:I}", "control", "sealed", "outbox",
                                 outbox_of(dump, place->entry->outbox), "last",
                                 (json_int_t)control->previous_last);
        case QF_CONTROL_CLOCK:
                return json_pack("{s:s, s:I, s:I, s:o}", "control", "clock", "journal_ms",
                                 (json_int_t)control->journal_ms, "clock_ms", (json_int_t)control->clock_ms,
                                 "reason", qf_dump_text(control->reason));
        case QF_CONTROL_OFFICE:
                return json_pack("{s:s, s:o}", "control", "office", "event",
                                 qf_dump_event(NULL, &control->office));
        }
        return json_pack("{s:s}", "control", "unknown");
}

static int take_control(struct dump *dump, const struct place *place)
{
        struct qf_wire_fault fault;
        struct qf_control control;
        int r = qf_control_decode(dump->arena, place->entry->facts, &control, &fault);

        if (r != 0)
                return r < 0 ? r : -EBADMSG;
        if (control.what == QF_CONTROL_OUTBOX)
                r = name_outbox(dump, control.number, control.nonce);
        else if (control.what == QF_CONTROL_OFFICE)
                r = qf_programme_apply(dump->programme, &control.office, place->head->position);
        if (r != 0 || !place->wanted)
                return r;
        json_t *line =
                json_pack("{s:I, s:i, s:I}", "position", (json_int_t)place->head->position, "entry",
                          (int)place->entry_at, "received_at", (json_int_t)place->head->received_at_ms);
        json_t *more = control_json(dump, place, &control);
        if (!line || !more || json_object_update(line, more) != 0) {
                json_decref(line);
                line = NULL;
        }
        json_decref(more);
        return print(line);
}

/* --- reading ------------------------------------------------------------------------------ */

static int take_record(void *ctx, const struct qf_record_head *head, struct qf_view record)
{
        struct dump *dump = ctx;
        struct qf_entry entry;
        struct place place = {.head = head, .entry = &entry, .wanted = head->position >= dump->options.from};
        size_t offset = 0;
        int r = 0;

        for (; r == 0 && qf_record_next(record, &offset, &entry); place.entry_at++) {
                qf_arena_reset(dump->arena);
                if (entry.kind == QF_ENTRY_BATCH)
                        r = take_batch(dump, &place);
                else if (entry.kind == QF_ENTRY_CONTROL)
                        r = take_control(dump, &place);
        }
        return r;
}

int qf_cmd_journal(struct qf_cli *cli, int argc, char **argv)
{
        struct dump dump = {.programme = NULL};
        int count;

        if (qf_cli_parse(cli, &usage, &dump.options, argc, argv, &count) != 0)
                return cli->exit_code;
        if (strcmp(argv[0], "dump") != 0)
                return qf_cli_misused(cli, "journal 只有 dump 一种用法。", "journal knows only dump.");
        int r = qf_programme_new(&dump.programme);
        if (r == 0)
                r = qf_arena_new(ARENA_BYTES, &dump.arena);
        if (r < 0)
                qf_cli_broke(cli, r, "dump");
        else if (qf_journal_read(cli, NULL, dump.options.to, take_record, &dump) == 0)
                cli->exit_code = fflush(stdout) == 0 ? QF_EXIT_DONE : qf_cli_broke(cli, -errno, "stdout");
        qf_arena_free(dump.arena);
        qf_programme_free(dump.programme);
        free(dump.outboxes);
        return cli->exit_code;
}
