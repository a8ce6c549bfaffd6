/* Why: whoever prints the journal must say who and what, and a record says only
 * numbers; what they mean is told by earlier records. */
#include "qf/operator/dump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "views/event_json.h"
#include "views/json.h"

enum { ARENA_BYTES = 2 * QF_DECODE_ARENA_BYTES };

int qf_dump_init(struct qf_dump *dump)
{
        *dump = (struct qf_dump){.programme = NULL};
        int r = qf_programme_new(&dump->programme);
        return r == 0 ? qf_arena_new(ARENA_BYTES, &dump->arena) : r;
}

void qf_dump_deinit(struct qf_dump *dump)
{
        qf_arena_free(dump->arena);
        qf_programme_free(dump->programme);
        free(dump->outboxes);
}

/* --- what entries say of names ------------------------------------------------------- */

static int name_outbox(struct qf_dump *dump, uint32_t ref, const uint8_t *id)
{
        if (ref == 0 || ref > UINT32_MAX / sizeof(struct qf_dump_outbox))
                return 0;
        if (ref > dump->outboxes_count) {
                struct qf_dump_outbox *outboxes = realloc(dump->outboxes, ref * sizeof(*outboxes));
                if (!outboxes)
                        return -ENOMEM;
                memset(outboxes + dump->outboxes_count, 0, (ref - dump->outboxes_count) * sizeof(*outboxes));
                dump->outboxes = outboxes;
                dump->outboxes_count = ref;
        }
        memcpy(dump->outboxes[ref - 1].id, id, sizeof(dump->outboxes[0].id));
        return 0;
}

int qf_dump_take_batch(struct qf_dump *dump, const struct qf_record_head *head, const struct qf_entry *entry,
                       struct qf_batch *ret_batch)
{
        struct qf_wire_fault fault;

        qf_arena_reset(dump->arena);
        int r = qf_body_decode(dump->arena, entry->facts, entry->texts, entry->count, ret_batch, &fault);
        if (r != 0)
                return r < 0 ? r : -EBADMSG;
        for (uint32_t at = entry->skip; at < entry->count && r == 0; at++) {
                const struct qf_event *event = &ret_batch->events[at];
                if (event->registered && qf_entry_verdict(entry, at).class <= QF_LATE)
                        r = qf_programme_apply(dump->programme, event, head->position);
        }
        return r;
}

int qf_dump_take_control(struct qf_dump *dump, const struct qf_record_head *head,
                         const struct qf_entry *entry, struct qf_control *ret_control)
{
        struct qf_wire_fault fault;

        qf_arena_reset(dump->arena);
        int r = qf_control_decode(dump->arena, entry->facts, ret_control, &fault);
        if (r != 0)
                return r < 0 ? r : -EBADMSG;
        if (ret_control->what == QF_CONTROL_OUTBOX)
                return name_outbox(dump, ret_control->number, ret_control->nonce);
        if (ret_control->what == QF_CONTROL_OFFICE)
                return qf_programme_apply(dump->programme, &ret_control->office, head->position);
        return 0;
}

static struct qf_view source_of(const struct qf_dump *dump, uint32_t ref)
{
        const struct qf_source *source = qf_programme_source(dump->programme, ref);

        return source ? source->name : QF_VIEW("");
}

static struct qf_view outbox_of(const struct qf_dump *dump, uint32_t ref)
{
        if (ref == 0 || ref > dump->outboxes_count)
                return QF_VIEW("");
        return (struct qf_view){(const char *)dump->outboxes[ref - 1].id, QF_OUTBOX_ID_BYTES};
}

json_t *qf_dump_line(const struct qf_dump *dump, const struct qf_dump_place *place,
                     const struct qf_batch *batch, uint32_t at)
{
        const struct qf_event_line line = {
                .position = place->head->position,
                .number = place->entry->first + at,
                .entry = place->entry_at,
                .index = at,
                .received_at_ms = place->head->received_at_ms,
                .source = source_of(dump, place->entry->source),
                .partner = qf_view_of(qf_programme_partner_code(dump->programme, place->entry->partner)),
                .outbox = outbox_of(dump, place->entry->outbox),
                .verdict = qf_entry_verdict(place->entry, at)};

        return qf_event_line_json(&line, batch, &batch->events[at]);
}

/* --- names --------------------------------------------------------------------------- */

json_t *qf_dump_outbox_of(const struct qf_dump *dump, uint32_t ref)
{
        const struct qf_view id = outbox_of(dump, ref);

        return qf_hex_json((const uint8_t *)id.at, id.len);
}

json_t *qf_dump_source_of(const struct qf_dump *dump, uint32_t ref)
{
        return qf_json_text(source_of(dump, ref));
}

json_t *qf_dump_partner_of(const struct qf_dump *dump, uint32_t ref)
{
        return json_string(qf_programme_partner_code(dump->programme, ref));
}

json_t *qf_dump_control(const struct qf_dump *dump, const struct qf_entry *entry,
                        const struct qf_control *control)
{
        switch (control->what) {
        case QF_CONTROL_LIFE:
                return json_pack("{s:s, s:i, s:o, s:I, s:o}", "control", "life", "life", (int)control->number,
                                 "nonce", qf_hex_json(control->nonce, sizeof(control->nonce)),
                                 "previous_last", (json_int_t)control->previous_last, "reason",
                                 qf_json_text(control->reason));
        case QF_CONTROL_OUTBOX:
                return json_pack("{s:s, s:i, s:o, s:o}", "control", "outbox", "ref", (int)control->number,
                                 "outbox", qf_hex_json(control->nonce, sizeof(control->nonce)), "source",
                                 qf_json_text(control->source));
        case QF_CONTROL_SKIPPED:
                return json_pack("{s:s, s:o, s:I, s:I, s:o}", "control", "skipped", "outbox",
                                 qf_dump_outbox_of(dump, entry->outbox), "first", (json_int_t)control->first,
                                 "through", (json_int_t)control->through, "reason",
                                 qf_json_text(control->reason));
        case QF_CONTROL_SEALED:
                return json_pack("{s:s, s:o, s:I}", "control", "sealed", "outbox",
                                 qf_dump_outbox_of(dump, entry->outbox), "last",
                                 (json_int_t)control->previous_last);
        case QF_CONTROL_CLOCK:
                return json_pack("{s:s, s:I, s:I, s:o}", "control", "clock", "journal_ms",
                                 (json_int_t)control->journal_ms, "clock_ms", (json_int_t)control->clock_ms,
                                 "reason", qf_json_text(control->reason));
        case QF_CONTROL_ANCHOR:
                return json_pack("{s:s, s:I, s:o, s:o}", "control", "anchor", "last",
                                 (json_int_t)control->previous_last, "hash",
                                 qf_hex_json(control->previous_hash, sizeof control->previous_hash), "reason",
                                 qf_json_text(control->reason));
        case QF_CONTROL_REDACTION:
                return json_pack("{s:s, s:I, s:i, s:i, s:o, s:o, s:o}", "control", "redaction", "record",
                                 (json_int_t)control->position, "entry", (int)control->entry, "index",
                                 (int)control->redacted.at, "gone", qf_words_json(control->redacted.gone),
                                 "reason", qf_json_text(control->reason), "by", qf_json_text(control->by));
        case QF_CONTROL_OFFICE:
                return json_pack("{s:s, s:o}", "control", "office", "event",
                                 qf_event_json(NULL, &control->office));
        }
        return json_pack("{s:s}", "control", "unknown");
}
