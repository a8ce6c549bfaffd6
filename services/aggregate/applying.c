/* One record of the journal into the counts: entries in order, events in order.
 * Ingest judged; here its verdicts are obeyed. What can't be obeyed, because it
 * does not decode or names what no register event told, stops the counting at
 * that record, with the reason in why: it is never guessed at or left out. */
#include "aggregate/applying.h"

#include <errno.h>
#include <string.h>

#include "aggregate/counting.h"
#include "wire/body.h"
#include "wire/feed_messages.h"

static int fault(struct qf_counting *counting, const char *why)
{
        counting->why = why;
        return -EBADMSG;
}

/* The verdicts of an entry in order of place: exceptions are sorted and do not overlap. */
struct verdicts {
        const struct qf_entry *entry;
        uint32_t next;
        struct qf_exception exception;
};

static void next_exception(struct verdicts *verdicts)
{
        if (verdicts->next < verdicts->entry->exceptions_count)
                verdicts->exception = qf_entry_exception(verdicts->entry, verdicts->next++);
        else
                verdicts->exception = (struct qf_exception){.at = UINT32_MAX};
}

static struct qf_verdict verdict_of(struct verdicts *verdicts, uint32_t at)
{
        while (verdicts->exception.at != UINT32_MAX && verdicts->exception.at + verdicts->exception.len <= at)
                next_exception(verdicts);
        if (at >= verdicts->exception.at)
                return verdicts->exception.verdict;
        return (struct qf_verdict){QF_ACCEPTED, QF_CODE_NONE};
}

/* --- registers --------------------------------------------------------------- */

/* Dimensions that events carry since now: what is counted so far is "not stated" in them. */
static int count_new_dimensions(struct qf_counting *counting, uint64_t position)
{
        uint32_t new = qf_programme_counted(counting->programme) & ~counting->tally.counted_dimensions & ~1u;

        for (; new; new &= new - 1) {
                uint16_t dimension = (uint16_t)__builtin_ctz(new);
                int r = qf_picture_add_dimension(counting->picture, dimension, position);
                if (r < 0)
                        return r;
                counting->tally.counted_dimensions |= UINT32_C(1) << dimension;
        }
        return 0;
}

static int apply_register(struct qf_counting *counting, const struct qf_event *event, uint64_t position)
{
        int r = qf_registers_add(counting->registers, counting->programme, event, position);

        if (r == -ENOMEM)
                return r;
        if (r != 0)
                return fault(counting, "a register event that ingest accepted cannot be applied");
        return count_new_dimensions(counting, position);
}

/* --- batches ------------------------------------------------------------------- */

static bool names_known(const struct qf_batch *batch, const struct qf_event *event)
{
        const struct qf_value *values = batch->values + event->values_first;

        for (uint32_t i = 0; i < event->values_count; i++)
                if (values[i].dimension == QF_DIMENSION_UNKNOWN || values[i].member == QF_MEMBER_UNKNOWN)
                        return false;
        return true;
}

struct batch {
        struct qf_batch body;
        uint32_t partner;
        uint64_t position;
        bool resolved; /* names are looked up again after a register event of the same batch */
};

static int apply_event(struct qf_counting *counting, struct batch *batch, const struct qf_event *event,
                       struct qf_verdict verdict)
{
        if (verdict.class > QF_LATE)
                return 0;
        if (event->kind >= QF_KIND_SETTING) {
                batch->resolved = false;
                return apply_register(counting, event, batch->position);
        }
        if (!batch->resolved) {
                int r = qf_programme_resolve(counting->programme, &batch->body, counting->arena);
                if (r < 0)
                        return r;
                batch->resolved = true;
        }
        if (event->values_count && !names_known(&batch->body, event))
                return fault(counting, "an accepted event names what no register event told");
        return qf_tally_apply(&counting->tally, &batch->body, event, verdict, batch->partner,
                              batch->position);
}

static int apply_batch(struct qf_counting *counting, const struct qf_entry *entry, uint64_t position)
{
        struct batch batch = {.partner = entry->partner, .position = position};
        struct verdicts verdicts = {.entry = entry};
        struct qf_wire_fault wire_fault;
        int r = qf_body_decode(counting->arena, entry->facts, entry->texts, entry->count, &batch.body,
                               &wire_fault);

        if (r != 0)
                return r < 0 ? r : fault(counting, "a batch of the journal does not decode");
        next_exception(&verdicts);
        for (uint32_t at = entry->skip; at < entry->count && r == 0; at++)
                r = apply_event(counting, &batch, &batch.body.events[at], verdict_of(&verdicts, at));
        counting->events += entry->count > entry->skip ? entry->count - entry->skip : 0;
        return r;
}

/* --- control entries ------------------------------------------------------------- */

static int apply_control(struct qf_counting *counting, const struct qf_entry *entry, uint64_t position)
{
        struct qf_wire_fault wire_fault;
        struct qf_control control;
        int r = qf_control_decode(counting->arena, entry->facts, &control, &wire_fault);

        if (r < 0)
                return r;
        if (r > 0)
                return entry->flags & 1
                               ? fault(counting, "a control entry does not decode: upgrade this program")
                               : 0;
        switch (control.what) {
        case QF_CONTROL_LIFE:
                counting->meta.life_number = control.number;
                memcpy(counting->meta.life, control.nonce, sizeof(counting->meta.life));
                qf_counting_set_epoch(counting);
                return 0;
        case QF_CONTROL_OFFICE: return apply_register(counting, &control.office, position);
        case QF_CONTROL_OUTBOX:
        case QF_CONTROL_SKIPPED:
        case QF_CONTROL_SEALED: return 0;
        }
        return 0;
}

static int apply_entry(struct qf_counting *counting, const struct qf_entry *entry, uint64_t position)
{
        qf_arena_reset(counting->arena);
        switch (entry->kind) {
        case QF_ENTRY_BATCH: return apply_batch(counting, entry, position);
        case QF_ENTRY_CONTROL: return apply_control(counting, entry, position);
        default:
                return entry->flags & 1
                               ? fault(counting, "an entry of a kind this program does not know: upgrade it")
                               : 0;
        }
}

int qf_counting_apply(struct qf_counting *counting, const struct qf_record_head *head, struct qf_view record)
{
        struct qf_entry entry;
        size_t offset = 0;
        int r = 0;

        QF_ASSERT(head->position == counting->meta.position + 1);
        while (r == 0 && qf_record_next(record, &offset, &entry))
                r = apply_entry(counting, &entry, head->position);
        if (r < 0)
                return r;
        if (head->position == 1)
                memcpy(counting->meta.journal, head->writer, sizeof(counting->meta.journal));
        memcpy(counting->meta.hash, head->hash, sizeof(counting->meta.hash));
        counting->meta.position = head->position;
        counting->meta.received_at_ms = head->received_at_ms;
        counting->group_bytes += record.len;
        return 0;
}
