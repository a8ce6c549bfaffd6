/* Accepted events, in journal order, moved into cells. What a record counts is a
 * pure function of what stands under its key (qf_standing_contribution), so each
 * event is: read the record, change it, move the difference.
 *
 * A qf_standing has room for 256 members but uses about ten: no path here copies
 * or clears more than the used part, not even the compiler's own clearing of
 * locals (UNINITIALISED; all of what is read is written first). */
#include "model/tally.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "model/kinds.h"
#include "model/statement.h"

#define UNINITIALISED __attribute__((uninitialized))

/* By the best claim that stands; false: there is none. */
static bool find_claim(const struct qf_standing *record, uint8_t *ret_method, int64_t *ret_attendances)
{
        static const uint8_t best_first[] = {QF_SIGNED_IN, QF_HEADCOUNT, QF_REGISTERED, QF_ESTIMATED,
                                             QF_METHOD_NONE};

        if (!record->claimed) { /* as with nearly all */
                *ret_method = record->method;
                *ret_attendances = record->attendances;
                return record->stated & 1;
        }
        for (size_t i = 0; i < sizeof(best_first); i++) {
                uint8_t method = best_first[i];

                *ret_method = method;
                if (record->claimed >> method & 1) {
                        *ret_attendances = record->claims[method].attendances;
                        return true;
                }
                if ((record->stated & 1) && record->method == method) {
                        *ret_attendances = record->attendances;
                        return true;
                }
        }
        return false;
}

uint8_t qf_standing_method(const struct qf_standing *record)
{
        uint8_t method;
        int64_t attendances;

        return find_claim(record, &method, &attendances) ? method : (uint8_t)QF_METHOD_NONE;
}

bool qf_standing_attendances(const struct qf_standing *record, int64_t *ret_attendances)
{
        uint8_t method;
        int64_t claimed;

        if (find_claim(record, &method, &claimed)) {
                *ret_attendances = claimed;
                return true;
        }
        if (record->tick_events == 0)
                return false;
        *ret_attendances = record->ticks;
        return true;
}

static inline struct qf_contribution contribution_of(const struct qf_standing *record)
{
        struct qf_contribution of = {.date = 0};
        int64_t attendances = 0;
        bool known;

        if (record->state != QF_HEAD_LIVE)
                return of;
        known = qf_standing_attendances(record, &attendances);
        of.date = record->date;
        of.counts.of[QF_RECORDS] = 1;
        of.counts.of[QF_ACTIVITIES] = record->sessions;
        of.counts.of[QF_ATTENDANCES] = attendances;
        of.counts.of[QF_RECORDS_UNKNOWN] = !known;
        of.counts.of[QF_ACTIVITIES_UNKNOWN] = known ? 0 : record->sessions;
        of.members_count = record->members_count;
        of.members = record->members;
        return of;
}

struct qf_contribution qf_standing_contribution(const struct qf_standing *record)
{
        return contribution_of(record);
}

static inline uint64_t order_of(uint16_t dimension, uint32_t member)
{
        return (uint64_t)dimension << 32 | member;
}

/* Puts a member in its place, unless it is there. Gives the end of them. */
static struct qf_member_of *insert_member(struct qf_member_of *members, struct qf_member_of *end,
                                          uint16_t dimension, uint32_t member)
{
        const uint64_t order = order_of(dimension, member);
        struct qf_member_of *at = end;

        while (at > members && order_of(at[-1].dimension, at[-1].member) > order)
                at--;
        if (at > members && order_of(at[-1].dimension, at[-1].member) == order)
                return end;
        memmove(at + 1, at, (size_t)(end - at) * sizeof(*at));
        *at = (struct qf_member_of){dimension, member};
        return end + 1;
}

/* Members of an event, sorted and without repeats, which they nearly always are already. */
static uint32_t collect_members(const struct qf_batch *batch, const struct qf_event *event,
                                struct qf_member_of members[QF_VALUES_MAX])
{
        const struct qf_value *value = batch->values + event->values_first,
                              *end = value + event->values_count;
        struct qf_member_of *to = members;
        uint64_t next = 0; /* behind those taken */

        QF_ASSERT(event->values_count <= QF_VALUES_MAX);
        for (; value < end; value++) {
                const uint64_t order = order_of(value->dimension, value->member);

                if (order < next) {
                        to = insert_member(members, to, value->dimension, value->member);
                        continue;
                }
                to->dimension = value->dimension; /* one by one: as a struct it would be put together first */
                to->member = value->member;
                to++;
                next = order + 1;
        }
        return (uint32_t)(to - members);
}

/* A correction that comes late leaves what came in time; what begins to stand anew is as late as it comes. */
static void mark_late(struct qf_standing *record, struct qf_verdict verdict)
{
        if (record->state != QF_HEAD_LIVE)
                record->late = verdict.class == QF_LATE;
}

static void state_activity(struct qf_tally *tally, struct qf_standing *record, const struct qf_event *event,
                           struct qf_verdict verdict)
{
        if (event->action == QF_WITHDRAW) {
                record->state = event->merged_into.len ? QF_HEAD_MERGED : QF_HEAD_WITHDRAWN;
                return;
        }
        if (record->row == 0)
                record->row = ++tally->rows;
        mark_late(record, verdict);
        record->state = QF_HEAD_LIVE;
        record->date = event->date;
        record->sessions = (uint16_t)event->sessions;
        record->stated = event->stated & QF_STATED_ATTENDANCES ? 1 : 0;
        record->attendances = record->stated ? event->attendances : 0;
        record->method = event->method <= QF_ESTIMATED ? event->method : QF_METHOD_NONE;
}

static void claim_attendance(struct qf_standing *record, const struct qf_event *event)
{
        const uint8_t method = event->method <= QF_ESTIMATED ? event->method : QF_METHOD_NONE;

        record->claims[method] = (struct qf_claim){0};
        record->claimed = (uint8_t)(record->claimed & ~(1u << method));
        if (event->action == QF_WITHDRAW || !(event->stated & QF_STATED_ATTENDANCES))
                return;
        record->claims[method] = (struct qf_claim){event->attendances, event->at_ms};
        record->claimed = (uint8_t)(record->claimed | 1u << method);
}

static int finish(struct qf_tally *tally, struct qf_view key, struct qf_standing *record,
                  const struct qf_contribution *old, const struct qf_contribution *new, uint64_t position)
{
        bool counted = old->date != 0 || new->date != 0;
        int r = 0;

        if (counted)
                r = qf_picture_note(tally->picture, old, new, tally->counted_dimensions, position);
        if (r < 0)
                return r;
        if (new->members_count &&new->members != record->members)
                memcpy(record->members, new->members, new->members_count * sizeof(*new->members));
        record->changed = position;
        r = tally->store.put(tally->store.ctx, record->partner, key, record);
        if (r < 0)
                return r;
        if (counted && tally->store.moved)
                tally->store.moved(tally->store.ctx, key, record);
        return 0;
}

static int apply_activity(struct qf_tally *tally, const struct qf_batch *batch, const struct qf_event *event,
                          struct qf_verdict verdict, struct qf_standing *record, uint64_t position)
{
        struct qf_contribution old = contribution_of(record), new;
        UNINITIALISED struct qf_member_of members[QF_VALUES_MAX];

        state_activity(tally, record, event, verdict);
        if (event->action == QF_WITHDRAW) {
                new = contribution_of(record);
        } else {
                struct qf_member_of *to =
                        old.date ? members : record->members; /* what counts is kept until it is moved */

                record->members_count = collect_members(batch, event, to);
                new = contribution_of(record);
                new.members = to;
        }
        return finish(tally, event->key, record, &old, &new, position);
}

static int apply_attendance(struct qf_tally *tally, const struct qf_event *event, struct qf_standing *record,
                            uint64_t position)
{
        struct qf_contribution old = contribution_of(record), new;

        claim_attendance(record, event);
        new = contribution_of(record);
        return finish(tally, event->key, record, &old, &new, position);
}

static int apply_ticks(struct qf_tally *tally, struct qf_view key, struct qf_standing *record,
                       struct qf_open_ticks ticks)
{
        struct qf_contribution old = contribution_of(record), new;

        if (__builtin_add_overflow(record->ticks, (int64_t)ticks.amount, &record->ticks))
                return -EOVERFLOW;
        record->tick_events += ticks.events;
        new = contribution_of(record);
        if (memcmp(&old.counts, &new.counts, sizeof(old.counts)) == 0)
                old.date = new.date = 0; /* a claim stands, or nothing does: no cell is touched */
        return finish(tally, key, record, &old, &new, ticks.position);
}

static int settle_record(void *ctx, struct qf_view key, struct qf_standing *record)
{
        return apply_ticks(ctx, key, record, record->open);
}

int qf_tally_settle(struct qf_tally *tally)
{
        int r = tally->store.each_open ? tally->store.each_open(tally->store.ctx, settle_record, tally) : 0;

        return r == 0 ? qf_picture_settle(tally->picture) : r;
}

/* A tick of nothing changes no cell, so its position is not that of the ticks before it: it is counted by itself. */
static int note_tick(struct qf_tally *tally, const struct qf_event *event, uint32_t partner,
                     uint64_t position)
{
        if (event->kind != QF_KIND_TICK || event->amount == 0 || !tally->store.note)
                return 1;
        return tally->store.note(tally->store.ctx, partner, event->key, event->amount, position);
}

struct qf_view qf_standing_key(uint8_t kind, struct qf_view key, char room[QF_STANDING_KEY_BYTES])
{
        QF_ASSERT(key.len <= QF_KEY_BYTES_MAX);
        room[0] = 0;
        room[1] = (char)kind;
        memcpy(room + 2, key.at, key.len);
        return (struct qf_view){room, 2 + key.len};
}

struct qf_view qf_standing_key_plain(struct qf_view standing_key)
{
        if (standing_key.len < 2 || standing_key.at[0] != 0)
                return standing_key;
        return (struct qf_view){standing_key.at + 2, standing_key.len - 2};
}

static void state_declared(struct qf_tally *tally, struct qf_standing *record, const struct qf_batch *batch,
                           const struct qf_event *event, struct qf_verdict verdict)
{
        record->kind = event->kind;
        if (event->action == QF_WITHDRAW) {
                record->state = QF_HEAD_WITHDRAWN;
                return;
        }
        if (record->row == 0)
                record->row = QF_ROW_DECLARED + ++tally->declared_rows;
        mark_late(record, verdict);
        record->state = QF_HEAD_LIVE;
        record->date = event->date;
        record->stated = event->stated;
        memcpy(record->figures, event->figures, sizeof(record->figures));
        record->members_count = collect_members(batch, event, record->members);
}

/* No cells: what stands is all that is kept, and what is asked is folded over it. */
static int apply_declared(struct qf_tally *tally, const struct qf_batch *batch, const struct qf_event *event,
                          struct qf_verdict verdict, uint32_t partner, uint64_t position)
{
        UNINITIALISED struct qf_standing record;
        char room[QF_STANDING_KEY_BYTES];
        struct qf_view key = qf_standing_key(event->kind, event->key, room);
        int r = tally->store.get(tally->store.ctx, partner, key, &record);

        if (r < 0)
                return r;
        record.partner = partner;
        record.changed = position;
        state_declared(tally, &record, batch, event, verdict);
        r = tally->store.put(tally->store.ctx, partner, key, &record);
        if (r == 0 && record.row != 0 && tally->store.moved)
                tally->store.moved(tally->store.ctx, key, &record);
        return r;
}

int qf_tally_apply(struct qf_tally *tally, const struct qf_batch *batch, const struct qf_event *event,
                   struct qf_verdict verdict, uint32_t partner, uint64_t position)
{
        UNINITIALISED struct qf_standing record;
        int r;

        if (!qf_verdict_counts(verdict))
                return 0;
        if (event->kind > QF_KIND_TICK)
                return qf_kind_is_declared(event->kind)
                               ? apply_declared(tally, batch, event, verdict, partner, position)
                               : 0;
        r = note_tick(tally, event, partner, position);
        if (r <= 0)
                return r;
        r = tally->store.get(tally->store.ctx, partner, event->key, &record);
        record.partner = partner;
        if (r == 0 && record.open.events)
                r = settle_record(tally, event->key, &record);
        if (r < 0)
                return r;
        switch (event->kind) {
        case QF_KIND_ACTIVITY: return apply_activity(tally, batch, event, verdict, &record, position);
        case QF_KIND_ATTENDANCE: return apply_attendance(tally, event, &record, position);
        default:
                return apply_ticks(tally, event->key, &record,
                                   (struct qf_open_ticks){event->amount, 1, position});
        }
}
