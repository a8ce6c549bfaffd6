/* Why: all tables but the journal's records are a function of those, and that is
 * worth something only when it is done: here. Groups are ended by size, records
 * where they ended; nothing is taken from a clock. */
#include "ingest/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/random.h"
#include "ingest/beginning.h"
#include "ingest/judge.h"
#include "model/period.h"
#include "wire/body.h"

enum { GROUP_BYTES = 8 * 1024 * 1024, GROUP_EVENTS = 65536, SENDERS_FIRST = 64 };

static const uint64_t map_first = UINT64_C(1) << 30, map_most = UINT64_C(1) << 40;

struct qf_replay {
        struct qf_group *group;
        struct qf_judge *judge;
        struct qf_outboxes *outboxes;
        struct qf_sender **senders; /* by ref - 1 */
        uint32_t senders_count, senders_room;
        struct qf_findings findings;
        struct qf_arena *arena;
        struct qf_buffer buffer;
        struct qf_exception *exceptions; /* of an entry, unpacked: UINT16_MAX */
        uint64_t bytes, events;          /* in the open group */
        struct qf_replay_fault *fault;
        bool differs;
};

/* One entry on its way. */
struct place {
        struct qf_replay *replay;
        const struct qf_record_head *head;
        const struct qf_entry *entry;
        uint32_t number; /* in its record */
};

static void cleanup_replay(struct qf_replay **replay)
{
        (void)qf_replay_close(*replay);
}

static int open_parts(struct qf_replay *replay, const char *directory, bool records)
{
        const struct qf_environment_options environment = {QF_JOURNAL_OPTIONS, .map_bytes = map_first,
                                                           .map_bytes_max = map_most};
        uint8_t hash_key[16];
        qf_random(hash_key, sizeof hash_key);
        int result = qf_group_open(directory, &environment, &replay->group);
        if (result == 0 && qf_group_state(replay->group)->last != 0)
                result = QF_REPLAY_STANDING;
        if (result == 0)
                result = qf_judge_new(replay->group, &replay->judge);
        if (result == 0)
                result = qf_outboxes_new(hash_key, &replay->outboxes);
        if (result == 0)
                result = qf_arena_new(QF_DECODE_ARENA_BYTES, &replay->arena);
        if (result != 0)
                return result;
        if (!records)
                qf_group_forget_records(replay->group);
        replay->exceptions = calloc(UINT16_MAX, sizeof *replay->exceptions);
        return replay->exceptions ? 0 : -ENOMEM;
}

int qf_replay_open(const char *directory, bool records, struct qf_replay **ret_replay)
{
        QF_CLEANUP(cleanup_replay) struct qf_replay *replay = calloc(1, sizeof *replay);
        if (!replay)
                return -ENOMEM;
        int result = open_parts(replay, directory, records);
        if (result == QF_STORE_FULL)
                return QF_REPLAY_FULL;
        if (result != 0)
                return result < 0 ? result : QF_REPLAY_STANDING;
        *ret_replay = QF_TAKE(replay);
        return 0;
}

struct qf_replay *qf_replay_close(struct qf_replay *replay)
{
        if (!replay)
                return NULL;
        (void)qf_outboxes_free(replay->outboxes);
        (void)qf_judge_free(replay->judge);
        (void)qf_group_close(replay->group);
        qf_findings_deinit(&replay->findings);
        (void)qf_arena_free(replay->arena);
        qf_buffer_deinit(&replay->buffer);
        free(replay->exceptions);
        free(replay->senders);
        free(replay);
        return NULL;
}

struct qf_group *qf_replay_group(struct qf_replay *replay)
{
        return replay->group;
}

static int refuse(const struct place *place, const char *why)
{
        *place->replay->fault = (struct qf_replay_fault){.entry = place->number, .why = why};
        return QF_REPLAY_REFUSED;
}

/* --- outboxes ------------------------------------------------------------- */

static int note_sender(struct qf_replay *replay, struct qf_sender *sender)
{
        if (replay->senders_count == replay->senders_room) {
                uint32_t room = replay->senders_room ? replay->senders_room * 2 : SENDERS_FIRST;
                struct qf_sender **grown = realloc(replay->senders, room * sizeof *grown);
                if (!grown)
                        return -ENOMEM;
                replay->senders = grown;
                replay->senders_room = room;
        }
        replay->senders[replay->senders_count++] = sender;
        return 0;
}

static int name_outbox(const struct place *place, const struct qf_control *control)
{
        struct qf_replay *replay = place->replay;
        struct qf_journal_state *state = qf_group_state(replay->group);
        struct qf_sender *sender;
        if (control->number != state->outboxes + 1)
                return refuse(place, "an outbox has another number than it must have");
        int result = qf_outboxes_get(replay->outboxes, place->entry->source, control->nonce, &sender);
        if (result == 0 && sender->row.ref != 0)
                return refuse(place, "an outbox is named twice");
        if (result == 0)
                result = qf_group_touch(replay->group, sender);
        if (result == 0)
                result = note_sender(replay, sender);
        if (result < 0)
                return result;
        sender->row.ref = ++state->outboxes;
        sender->row.first_position = place->head->position;
        return 0;
}

/* The outbox of an entry, kept for being taken back. */
static int own_sender(const struct place *place, struct qf_sender **ret_sender)
{
        struct qf_replay *replay = place->replay;
        uint32_t ref = place->entry->outbox;
        if (ref == 0 || ref > replay->senders_count)
                return refuse(place, "an entry is of an outbox that was never named");
        *ret_sender = replay->senders[ref - 1];
        return qf_group_touch(replay->group, *ret_sender);
}

static void move(const struct place *place, struct qf_sender *sender, uint64_t last)
{
        const struct qf_sender_move to = {last, place->entry->holder, place->head->position,
                                          place->entry->cursor, place->head->received_at_ms};
        qf_sender_move(sender, &to);
}

/* --- control entries -------------------------------------------------------- */

static int begin_life(const struct place *place, const struct qf_control *life)
{
        struct qf_journal_state *state = qf_group_state(place->replay->group);
        if (life->number <=
            state->life_number) /* one above, or more: lives that a restore took back count too */
                return refuse(place, "a life has another number than it must have");
        if (life->number == 1) {
                memcpy(state->journal, place->head->writer, sizeof state->journal);
                memcpy(state->digest_key, life->digest_key, sizeof state->digest_key);
        }
        state->life_number = life->number;
        state->life_begins = place->head->position;
        memcpy(state->life, life->nonce, sizeof state->life);
        return 0;
}

static int apply_office(const struct place *place, const struct qf_control *control)
{
        const struct qf_register *office = control->office.registered;
        struct qf_journal_state *state = qf_group_state(place->replay->group);
        if (office->keys_count != 1)
                return refuse(place, "the office has no key");
        memcpy(state->office_key, office->keys[0].public_key, sizeof state->office_key);
        int result = qf_judge_apply(place->replay->judge, &control->office);
        return result == 0 || result < 0 || result == QF_STORE_FULL
                       ? result
                       : refuse(place, "the office cannot be registered");
}

static int skip_numbers(const struct place *place, const struct qf_control *skip, struct qf_sender *sender)
{
        if (skip->first != sender->row.last + 1 || skip->through < skip->first)
                return refuse(place, "a Skip is not of the numbers that come next");
        move(place, sender, skip->through);
        return qf_sender_skip(qf_group_txn(place->replay->group), sender, skip->first);
}

static int apply_control(const struct place *place, const struct qf_control *control,
                         struct qf_sender **ret_sender)
{
        int result = 0;
        switch (control->what) {
        case QF_CONTROL_LIFE: return begin_life(place, control);
        case QF_CONTROL_OFFICE: return apply_office(place, control);
        case QF_CONTROL_OUTBOX:
                result = name_outbox(place, control);
                return result == 0 ? own_sender(place, ret_sender) : result;
        case QF_CONTROL_SKIPPED:
                result = own_sender(place, ret_sender);
                return result == 0 ? skip_numbers(place, control, *ret_sender) : result;
        case QF_CONTROL_SEALED:
                result = own_sender(place, ret_sender);
                if (result == 0) {
                        move(place, *ret_sender, (*ret_sender)->row.last);
                        (*ret_sender)->row.sealed = true;
                }
                return result;
        case QF_CONTROL_ANCHOR: /* what it says is of a journal that was trimmed, not of what was taken */
        case QF_CONTROL_REDACTION:
                return 0; /* its record came by, with what is gone already taken out (redaction.h) */
        case QF_CONTROL_CLOCK:
                qf_group_state(place->replay->group)->clock_accepted_ms = control->journal_ms;
                return 0;
        }
        return refuse(place, "a control entry of a kind that is not known");
}

static int take_control(const struct place *place)
{
        struct qf_replay *replay = place->replay;
        struct qf_wire_fault fault;
        struct qf_control control;
        struct qf_sender *sender = NULL;
        qf_arena_reset(replay->arena);
        int result = qf_control_decode(replay->arena, place->entry->facts, &control, &fault);
        if (result > 0)
                return refuse(place, "a control entry does not decode");
        if (result == 0)
                result = apply_control(place, &control, &sender);
        return result == 0 ? qf_group_add(replay->group, place->entry, NULL, sender) : result;
}

/* --- batches ------------------------------------------------------------------ */

static bool same_exception(const struct qf_exception *a, const struct qf_exception *b)
{
        return a->at == b->at && a->len == b->len && a->verdict.class == b->verdict.class &&
               a->verdict.code == b->verdict.code;
}

static struct qf_verdict verdict_among(const struct qf_exception *exceptions, uint32_t count, uint32_t at)
{
        for (uint32_t i = 0; i < count; i++)
                if (at >= exceptions[i].at && at - exceptions[i].at < exceptions[i].len)
                        return exceptions[i].verdict;
        return (struct qf_verdict){QF_ACCEPTED, QF_CODE_NONE};
}

/* Unpacks the entry's verdicts and holds them against those found now. */
static void compare_verdicts(const struct place *place, const struct qf_exception *judged, uint32_t count)
{
        struct qf_replay *replay = place->replay;
        const struct qf_entry *entry = place->entry;
        bool same = count == entry->exceptions_count;
        for (uint32_t i = 0; i < entry->exceptions_count; i++) {
                replay->exceptions[i] = qf_entry_exception(entry, i);
                same = same && same_exception(&replay->exceptions[i], &judged[i]);
        }
        for (uint32_t at = entry->skip; !same && at < entry->count; at++) {
                struct qf_verdict stored = qf_entry_verdict(entry, at);
                struct qf_verdict now = verdict_among(judged, count, at);
                if (replay->differs || (stored.class == now.class && stored.code == now.code))
                        continue;
                replay->differs = true;
                *replay->fault = (struct qf_replay_fault){.entry = place->number,
                                                          .number = entry->first + at,
                                                          .stored = stored,
                                                          .judged = now,
                                                          .why = "an event is judged otherwise today"};
        }
}

static int judge_batch(const struct place *place, struct qf_batch *batch)
{
        struct qf_replay *replay = place->replay;
        const struct qf_programme *programme = qf_judge_programme(replay->judge);
        struct qf_judge_batch of = {.batch = batch,
                                    .source = place->entry->source,
                                    .skip = place->entry->skip,
                                    .today = qf_date_at(place->head->received_at_ms,
                                                        qf_programme_settings(programme)->zone_minutes)};
        int result = qf_programme_resolve(programme, batch, replay->arena);
        qf_findings_clear(&replay->findings);
        if (result == 0)
                result = qf_judge_batch(replay->judge, &of, &replay->findings);
        if (result == 0)
                compare_verdicts(place, replay->findings.exceptions, replay->findings.exceptions_count);
        return result;
}

static int take_batch(const struct place *place)
{
        struct qf_replay *replay = place->replay;
        const struct qf_entry *entry = place->entry;
        const struct qf_programme *programme = qf_judge_programme(replay->judge);
        struct qf_wire_fault fault;
        struct qf_batch batch = {0};
        struct qf_sender *sender = NULL;
        qf_arena_reset(replay->arena);
        int result = own_sender(place, &sender);
        if (result != 0)
                return result;
        if (entry->source == 0 || entry->source > qf_programme_sources(programme))
                return refuse(place, "a batch is of a source that was never registered");
        if (entry->first + entry->skip != sender->row.last + 1 || entry->skip >= entry->count)
                return refuse(place, "the numbers of an outbox have a hole or repeat");
        result = qf_body_decode(replay->arena, entry->facts, entry->texts, entry->count, &batch, &fault);
        if (result > 0)
                return refuse(place, "a batch does not decode");
        if (result == 0 && entry->partner != qf_judge_partner(replay->judge, entry->source, &batch))
                return refuse(place, "a batch is of another partner than its source");
        if (result == 0)
                result = judge_batch(place, &batch);
        if (result != 0)
                return result;
        replay->events += entry->count - entry->skip;
        move(place, sender, entry->first + entry->count - 1);
        return qf_group_add(replay->group, entry, replay->exceptions, sender);
}

/* --- records -------------------------------------------------------------------- */

static int take_entries(struct qf_replay *replay, const struct qf_record_head *head, struct qf_view record)
{
        struct place place = {.replay = replay, .head = head};
        struct qf_entry entry;
        int result = qf_group_begin(replay->group, head->received_at_ms);
        for (size_t offset = 0; result == 0 && qf_record_next(record, &offset, &entry); place.number++) {
                place.entry = &entry;
                if (place.number > 0 && qf_group_entry(replay->group) != place.number)
                        return refuse(&place, "the record goes on where one ends");
                result = entry.kind == QF_ENTRY_BATCH     ? take_batch(&place)
                         : entry.kind == QF_ENTRY_CONTROL ? take_control(&place)
                                                          : refuse(&place, "an entry of an unknown kind");
        }
        if (result == 0)
                result = qf_group_end_record(replay->group);
        const struct qf_journal_state *state = qf_group_state(replay->group);
        if (result == 0 && (state->last != head->position || memcmp(state->hash, head->hash, 32) != 0))
                return refuse(&place, "made again, it is another record");
        return result;
}

int qf_replay_take(struct qf_replay *replay, const struct qf_record_head *head, struct qf_view record,
                   struct qf_replay_fault *ret_fault)
{
        replay->fault = ret_fault;
        replay->differs = false;
        int result = take_entries(replay, head, record);
        replay->bytes += record.len;
        if (result == QF_STORE_FULL)
                return QF_REPLAY_FULL;
        if (result != 0)
                return result;
        if (replay->bytes >= GROUP_BYTES || replay->events >= GROUP_EVENTS)
                result = qf_replay_commit(replay);
        return result == 0 && replay->differs ? QF_REPLAY_DIFFERS : result;
}

int qf_replay_commit(struct qf_replay *replay)
{
        replay->bytes = replay->events = 0;
        int result = qf_group_commit(replay->group);
        if (result == 0)
                qf_judge_settle(replay->judge);
        return result == QF_STORE_FULL ? QF_REPLAY_FULL : result;
}
