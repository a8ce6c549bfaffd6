/* The order is the journal's, always: a register event holds for the events after
 * it, a verdict for its own event alone, and known events (places before skip)
 * were applied with the entry that brought them. */
#include "client/apply.h"

#include <errno.h>

#include "wire/body.h"

const char qf_apply_bad_register[] = "a register event that ingest accepted cannot be applied",
           qf_apply_bad_name[] = "an accepted event names what no register event told",
           qf_apply_bad_batch[] = "a batch of the journal does not decode",
           qf_apply_bad_control[] = "a control entry does not decode: upgrade this program",
           qf_apply_bad_kind[] = "an entry of a kind this program does not know: upgrade it";

enum { AHEAD = 8 }; /* events between announcing a key and asking for it */

static int fault(struct qf_apply *apply, const char *why)
{
        apply->why = why;
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

/* Dimensions that events carry since now: what is counted so far is "not stated" in them. Ticks that were noted add to it
 * when they are counted. */
static int count_new_dimensions(struct qf_apply *apply, uint64_t position)
{
        uint32_t new = qf_programme_counted(apply->programme) & ~apply->tally.counted_dimensions & ~1u;

        for (; new; new &= new - 1) {
                uint16_t dimension = (uint16_t)__builtin_ctz(new);
                int r = qf_picture_add_dimension(apply->tally.picture, dimension, position);
                if (r < 0)
                        return r;
                apply->tally.counted_dimensions |= UINT32_C(1) << dimension;
        }
        return 0;
}

static int apply_register(struct qf_apply *apply, const struct qf_event *event, uint64_t position)
{
        int r = qf_programme_apply(apply->programme, event, position);

        if (r == -ENOMEM || r == -EOVERFLOW)
                return r;
        if (r != 0)
                return fault(apply, qf_apply_bad_register);
        r = apply->calls.registered ? apply->calls.registered(apply->calls.ctx, event, position) : 0;
        return r == 0 ? count_new_dimensions(apply, position) : r;
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

static int apply_event(struct qf_apply *apply, struct batch *batch, const struct qf_event *event,
                       struct qf_verdict verdict)
{
        if (verdict.class > QF_LATE)
                return 0;
        if (event->kind >= QF_KIND_SETTING) {
                batch->resolved = false;
                return apply_register(apply, event, batch->position);
        }
        if (!batch->resolved) {
                int r = qf_programme_resolve(apply->programme, &batch->body, apply->arena);
                if (r < 0)
                        return r;
                batch->resolved = true;
        }
        if (batch->body.unknown && !names_known(&batch->body, event))
                return fault(apply, qf_apply_bad_name);
        return qf_tally_apply(&apply->tally, &batch->body, event, verdict, batch->partner, batch->position);
}

static int apply_batch(struct qf_apply *apply, const struct qf_entry *entry, uint64_t position)
{
        struct batch batch = {.partner = entry->partner, .position = position};
        struct verdicts verdicts = {.entry = entry};
        struct qf_wire_fault wire_fault;
        int r = qf_body_decode(apply->arena, entry->facts, entry->texts, entry->count, &batch.body,
                               &wire_fault);

        if (r != 0)
                return r < 0 ? r : fault(apply, qf_apply_bad_batch);
        next_exception(&verdicts);
        for (uint32_t at = entry->skip; at < entry->count && r == 0; at++) {
                if (apply->calls.ahead && at + AHEAD < entry->count)
                        apply->calls.ahead(apply->tally.store.ctx, entry->partner,
                                           batch.body.events[at + AHEAD].key);
                r = apply_event(apply, &batch, &batch.body.events[at], verdict_of(&verdicts, at));
        }
        apply->events += entry->count > entry->skip ? entry->count - entry->skip : 0;
        return r;
}

/* --- control entries ------------------------------------------------------------- */

static int apply_control(struct qf_apply *apply, const struct qf_entry *entry, uint64_t position)
{
        struct qf_wire_fault wire_fault;
        struct qf_control control;
        int r = qf_control_decode(apply->arena, entry->facts, &control, &wire_fault);

        if (r < 0)
                return r;
        if (r > 0)
                return entry->flags & 1 ? fault(apply, qf_apply_bad_control) : 0;
        switch (control.what) {
        case QF_CONTROL_LIFE: return apply->calls.life ? apply->calls.life(apply->calls.ctx, &control) : 0;
        case QF_CONTROL_OFFICE: return apply_register(apply, &control.office, position);
        case QF_CONTROL_OUTBOX:
        case QF_CONTROL_SKIPPED:
        case QF_CONTROL_SEALED:
        case QF_CONTROL_CLOCK:
        case QF_CONTROL_ANCHOR:
        case QF_CONTROL_REDACTION: return 0;
        }
        return 0;
}

static int apply_entry(struct qf_apply *apply, const struct qf_entry *entry, uint64_t position)
{
        qf_arena_reset(apply->arena);
        apply->source = entry->kind == QF_ENTRY_BATCH ? entry->source : 0;
        switch (entry->kind) {
        case QF_ENTRY_BATCH: return apply_batch(apply, entry, position);
        case QF_ENTRY_CONTROL: return apply_control(apply, entry, position);
        default: return entry->flags & 1 ? fault(apply, qf_apply_bad_kind) : 0;
        }
}

int qf_apply_record(struct qf_apply *apply, const struct qf_record_head *head, struct qf_view record)
{
        struct qf_entry entry;
        size_t offset = 0;
        int r = 0;

        apply->received_at_ms = head->received_at_ms;
        while (r == 0 && qf_record_next(record, &offset, &entry))
                r = apply_entry(apply, &entry, head->position);
        return r;
}
