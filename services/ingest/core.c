/* Why: the rules of the numbers (PROTOCOL.md 2) in one place. Guarantees: a number
 * is used exactly once; a message is taken whole or not at all; nothing is said
 * that is not on disk; what fails clean leaves memory as it was. */
#include "ingest/core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "programme/admission.h"
#include "ingest/beginning.h"
#include "ingest/core_parts.h"
#include "ingest/known.h"
#include "model/period.h"
#include "programme/programme.h"

enum {
        LIVE_OUTBOXES_MAX = 1000,
        VERSION = 1,
};

/* Decoding has looked that numbers are below 2^62, no range is empty, and no cursor is longer than there is room for. */
_Static_assert((int)QF_CURSOR_BYTES_MAX == (int)QF_OUTBOX_CURSOR_MAX,
               "a cursor that may be sent can be kept");

/* --- entries ------------------------------------------------------------ */

/* Makes sure that the sender has a row that may be changed, and a name in the journal. */
static int own_sender(struct qf_arrival *arrival)
{
        struct qf_ingest *ingest = arrival->ingest;
        const struct qf_source *source = arrival->source;
        int result = 0;
        if (!arrival->sender)
                result = qf_outboxes_get(ingest->outboxes, source->ref, arrival->message->outbox,
                                         &arrival->sender);
        if (result == 0)
                result = qf_group_touch(ingest->group, arrival->sender);
        if (result < 0 || arrival->sender->row.ref != 0)
                return result;
        struct qf_journal_outbox *row = &arrival->sender->row;
        row->ref = ++qf_group_state(ingest->group)->outboxes;
        row->first_position = qf_group_position(ingest->group);
        struct qf_control control = {.what = QF_CONTROL_OUTBOX, .number = row->ref, .source = source->name};
        memcpy(control.nonce, row->id, sizeof control.nonce);
        struct qf_entry about = {.outbox = row->ref, .source = source->ref, .partner = source->partner};
        result = qf_control_add(ingest->group, &ingest->control, &control, &about, arrival->sender);
        return result == 0 ? qf_group_begin(ingest->group, arrival->now_ms) : result;
}

static struct qf_entry entry_of(const struct qf_arrival *arrival, const struct qf_batch *batch, uint32_t skip)
{
        const struct qf_from_partner *message = arrival->message;
        struct qf_ingest *ingest = arrival->ingest;
        struct qf_entry entry = {.kind = QF_ENTRY_BATCH,
                                 .flags = 1,
                                 .outbox = arrival->sender->row.ref,
                                 .source = arrival->source->ref,
                                 .partner = qf_judge_partner(ingest->judge, arrival->source->ref, batch),
                                 .count = message->count,
                                 .skip = skip,
                                 .first = message->first,
                                 .holder = message->holder,
                                 .facts = message->facts,
                                 .texts = message->texts,
                                 .cursor = message->cursor};
        if (entry.texts.len > 0) {
                qf_sha256_begin(ingest->sha);
                qf_sha256_add(ingest->sha, entry.texts.at, entry.texts.len);
                qf_sha256_end(ingest->sha, entry.texts_hash);
        }
        return entry;
}

static void move_sender(const struct qf_arrival *arrival, uint64_t last, uint64_t position)
{
        const struct qf_sender_move move = {last, arrival->message->holder, position,
                                            arrival->message->cursor,
                                            qf_group_received_ms(arrival->ingest->group)};
        qf_sender_move(arrival->sender, &move);
}

/* --- Send --------------------------------------------------------------- */

/* Events from skip on are new: judges them and writes the entry. */
static int take_new(struct qf_arrival *arrival, struct qf_batch *batch, uint32_t skip,
                    struct qf_answer *answer)
{
        struct qf_ingest *ingest = arrival->ingest;
        const struct qf_programme *programme = qf_judge_programme(ingest->judge);
        int result = own_sender(arrival);
        if (result == 0)
                result = qf_programme_resolve(programme, batch, ingest->arena);
        if (result != 0)
                return result;
        struct qf_judge_batch of = {.batch = batch,
                                    .source = arrival->source->ref,
                                    .skip = skip,
                                    .today = qf_date_at(qf_group_received_ms(ingest->group),
                                                        qf_programme_settings(programme)->zone_minutes)};
        uint32_t fresh = ingest->findings.exceptions_count;
        struct qf_entry entry = entry_of(arrival, batch, skip);
        result = qf_judge_batch(ingest->judge, &of, &ingest->findings);
        if (result != 0)
                return result;
        entry.exceptions_count = ingest->findings.exceptions_count - fresh;
        answer->position = qf_group_position(ingest->group);
        answer->in_group = true;
        move_sender(arrival, entry.first + entry.count - 1, answer->position);
        if (batch->sent_at_ms != 0)
                qf_sender_told_time(arrival->sender, arrival->now_ms, batch->sent_at_ms);
        answer->sender = arrival->sender;
        return qf_group_add(ingest->group, &entry, qf_findings_from(&ingest->findings, fresh),
                            answer->sender);
}

/* What happened to a batch, as far as its sender must know. */
static int conclude(struct qf_arrival *arrival, int result, struct qf_answer *answer,
                    const struct qf_known_part *part)
{
        struct qf_ingest *ingest = arrival->ingest;
        switch (result) {
        case 0:
                answer->exceptions_count = ingest->findings.exceptions_count - answer->exceptions_from;
                answer->details_count = ingest->findings.details_count - answer->details_from;
                return qf_answers_add(ingest->answers, answer);
        case QF_STORE_FULL: return qf_arrival_refuse_full(arrival);
        case QF_KNOWN_MALFORMED: return qf_arrival_refuse_fault(arrival, &part->fault);
        case QF_STORE_DAMAGED:
        case QF_KNOWN_DAMAGED:
                ingest->failed |= result == QF_STORE_DAMAGED; /* part of the batch is judged in the group */
                qf_core_alarm(ingest, arrival->now_ms, "the journal is damaged: run qf audit");
                return qf_arrival_refuse(arrival, QF_REFUSED_BUSY,
                                         QF_VIEW("the server's journal is damaged"));
        case QF_KNOWN_FORKED: {
                struct qf_answer forked = qf_arrival_answer(arrival, QF_REFUSED);
                forked.why = QF_REFUSED_FORKED;
                forked.first = part->number;
                forked.say = qf_view_of(qf_refusal_text(QF_REFUSED_FORKED)->en);
                return qf_answers_add(ingest->answers, &forked);
        }
        default: return result < 0 ? result : -EIO;
        }
}

/* known numbers from the front are answered from the journal, the rest is new. */
static int take_numbers(struct qf_arrival *arrival, uint32_t known)
{
        struct qf_ingest *ingest = arrival->ingest;
        const struct qf_from_partner *message = arrival->message;
        struct qf_batch batch = {0};
        struct qf_answer answer = qf_arrival_answer(arrival, QF_VERDICTS);
        struct qf_known_part part = {.send = message,
                                     .count = known,
                                     .batch = &batch,
                                     .arena = ingest->arena,
                                     .stored = ingest->stored};
        ingest->events += message->count;
        answer.count = message->count;
        answer.known = known;
        answer.exceptions_from = ingest->findings.exceptions_count;
        answer.details_from = ingest->findings.details_count;
        int result = qf_group_begin(ingest->group, arrival->now_ms);
        if (result == 0 && known > 0)
                result = qf_known_answer(ingest->group, arrival->sender, &part, &ingest->findings);
        answer.position = part.position;
        memcpy(answer.hash, part.hash, sizeof answer.hash);
        if (result == 0 && known < message->count) {
                if (batch.count == 0)
                        result = qf_known_decode(ingest->arena, message, &batch, &part.fault);
                if (result == 0)
                        result = qf_group_begin(ingest->group,
                                                arrival->now_ms); /* answering may have ended a record */
                if (result == 0)
                        result = take_new(arrival, &batch, known, &answer);
        }
        return conclude(arrival, result, &answer, &part);
}

static bool is_behind(const struct qf_ingest *ingest, int64_t now_ms)
{
        return qf_group_clock_is_behind(ingest->group, now_ms);
}

int64_t qf_ingest_key_ms(const struct qf_ingest *ingest, int64_t now_ms)
{
        return qf_group_key_ms(ingest->group, now_ms);
}

/* Refusals that hold for all that writes. 0: go on; 1: it was refused; negative. */
static int check_writer(const struct qf_arrival *arrival)
{
        struct qf_ingest *ingest = arrival->ingest;
        const bool begins = !arrival->sender || arrival->sender->row.ref == 0;
        const struct qf_sender *other = begins ? qf_outboxes_elsewhere(ingest->outboxes, arrival->source->ref,
                                                                       arrival->message->outbox)
                                               : NULL;
        uint32_t why =
                arrival->sender ? qf_outboxes_refusal(&arrival->sender->row, arrival->message->holder) : 0;
        int result = 0;
        if (ingest->failed) {
                result = qf_arrival_refuse(arrival, QF_REFUSED_BUSY, QF_VIEW(""));
        } else if (why != 0) {
                result = qf_arrival_refuse(arrival, why, QF_VIEW(""));
        } else if (other) {
                result = qf_arrival_refuse_anothers(arrival, other->row.source);
        } else if (is_behind(ingest, arrival->now_ms)) {
                qf_core_alarm(
                        ingest, arrival->now_ms,
                        "our clock is more than 5 minutes behind the journal: set it, partners are told to wait");
                result = qf_arrival_refuse(arrival, QF_REFUSED_BUSY, QF_VIEW("the server's clock is behind"));
        } else if (begins && qf_outboxes_live(ingest->outboxes, arrival->source->ref) >= LIVE_OUTBOXES_MAX) {
                result = qf_arrival_refuse(
                        arrival, QF_REFUSED_NOT_ALLOWED,
                        QF_VIEW("this source has 1,000 live outboxes: seal those that send no more"));
        } else {
                return 0;
        }
        return result < 0 ? result : 1;
}

static int take_send(struct qf_arrival *arrival)
{
        const struct qf_from_partner *message = arrival->message;
        int result = check_writer(arrival);
        if (result != 0)
                return result < 0 ? result : 0;
        uint64_t expected = arrival->sender ? arrival->sender->row.last + 1 : 1;
        if (message->first > expected)
                return qf_arrival_refuse_gap(arrival);
        uint64_t known = expected - message->first;
        return take_numbers(arrival, known < message->count ? (uint32_t)known : message->count);
}

/* --- Skip, Seal, Hello, Learn -------------------------------------------- */

static int welcome(const struct qf_arrival *arrival)
{
        struct qf_answer answer = qf_arrival_answer(arrival, QF_WELCOME);
        return qf_answers_add(arrival->ingest->answers, &answer);
}

static int write_skip(struct qf_arrival *arrival)
{
        struct qf_ingest *ingest = arrival->ingest;
        const struct qf_from_partner *message = arrival->message;
        struct qf_control control = {.what = QF_CONTROL_SKIPPED,
                                     .first = message->first,
                                     .through = message->through,
                                     .reason = message->reason};
        int result = qf_group_begin(ingest->group, arrival->now_ms);
        if (result == 0)
                result = own_sender(arrival);
        if (result != 0)
                return result;
        struct qf_entry about = {.outbox = arrival->sender->row.ref,
                                 .source = arrival->source->ref,
                                 .partner = arrival->source->partner,
                                 .first = message->first,
                                 .holder = message->holder};
        uint64_t position = qf_group_position(ingest->group);
        result = qf_control_add(ingest->group, &ingest->control, &control, &about, arrival->sender);
        if (result != 0)
                return result;
        move_sender(arrival, message->through, position);
        return qf_sender_skip(qf_group_txn(ingest->group), arrival->sender, message->first);
}

static int take_skip(struct qf_arrival *arrival)
{
        const struct qf_from_partner *message = arrival->message;
        if (message->through - message->first >= QF_FEED_SKIP_MOST ||
            message->reason.len > QF_FEED_SKIP_REASON_BYTES)
                return qf_arrival_refuse(
                        arrival, QF_REFUSED_MALFORMED,
                        QF_VIEW("a Skip of more than 1,000,000 numbers, or of a longer reason than 800 bytes"));
        int result = check_writer(arrival);
        if (result != 0)
                return result < 0 ? result : 0;
        uint64_t expected = arrival->sender ? arrival->sender->row.last + 1 : 1;
        if (message->through < expected) /* said before */
                return welcome(arrival);
        if (message->first != expected)
                return qf_arrival_refuse_gap(arrival);
        result = write_skip(arrival);
        if (result == QF_STORE_FULL)
                return qf_arrival_refuse_full(arrival);
        return result < 0 ? result : welcome(arrival);
}

static int write_seal(struct qf_arrival *arrival)
{
        struct qf_ingest *ingest = arrival->ingest;
        struct qf_control control = {.what = QF_CONTROL_SEALED, .previous_last = arrival->message->through};
        int result = qf_group_begin(ingest->group, arrival->now_ms);
        if (result == 0)
                result = own_sender(arrival);
        if (result != 0)
                return result;
        struct qf_entry about = {.outbox = arrival->sender->row.ref,
                                 .source = arrival->source->ref,
                                 .partner = arrival->source->partner,
                                 .holder = arrival->message->holder};
        uint64_t position = qf_group_position(ingest->group);
        result = qf_control_add(ingest->group, &ingest->control, &control, &about, arrival->sender);
        if (result == 0) {
                move_sender(arrival, arrival->sender->row.last, position);
                arrival->sender->row.sealed = true;
        }
        return result;
}

/* Sealed is answered as every later message of this outbox will be. */
static int take_seal(struct qf_arrival *arrival)
{
        int result = check_writer(arrival);
        if (result != 0)
                return result < 0 ? result : 0;
        uint64_t last = arrival->sender ? arrival->sender->row.last : 0;
        if (arrival->message->through > last)
                return qf_arrival_refuse_gap(arrival);
        if (arrival->message->through < last)
                return qf_arrival_refuse(arrival, QF_REFUSED_FORKED,
                                         QF_VIEW("the journal has later numbers of this outbox"));
        result = write_seal(arrival);
        if (result == QF_STORE_FULL)
                return qf_arrival_refuse_full(arrival);
        return result < 0 ? result : qf_arrival_refuse(arrival, QF_REFUSED_SEALED, QF_VIEW(""));
}

static int take_learn(const struct qf_arrival *arrival)
{
        struct qf_answer answer = qf_arrival_answer(arrival, QF_REGISTERS);
        answer.from = arrival->message->from;
        return qf_answers_add(arrival->ingest->answers, &answer);
}

/* --- messages ----------------------------------------------------------- */

static bool makes_outbox(const struct qf_arrival *arrival)
{
        enum qf_from_partner_what what = arrival->message->what;
        return what != QF_HELLO && what != QF_LEARN && (!arrival->sender || arrival->sender->row.ref == 0);
}

/* 0: it is within the source's quota; 1: it was put off; negative. */
static int check_quota(const struct qf_arrival *arrival, size_t bytes, bool readable)
{
        struct qf_ingest *ingest = arrival->ingest;
        bool sends = readable && arrival->message->what == QF_SEND;
        const uint64_t costs[QF_QUOTA_KINDS] = {
                [QF_QUOTA_EVENTS] = sends ? arrival->message->count : 0,
                [QF_QUOTA_BYTES] = bytes,
                [QF_QUOTA_ASKS] = !sends,
                [QF_QUOTA_OUTBOXES] = readable && makes_outbox(arrival),
                [QF_QUOTA_HELLOS] = readable && arrival->message->what == QF_HELLO,
        };
        uint32_t retry_ms;
        int result = qf_quotas_take(ingest->quotas, arrival->source->ref, costs, arrival->now_ms, &retry_ms);
        if (result != QF_QUOTA_OVER)
                return result;
        ingest->put_off_messages++;
        ingest->put_off_bytes += bytes;
        result = qf_arrival_refuse_over(arrival, retry_ms);
        return result < 0 ? result : 1;
}

static int take_decoded(struct qf_arrival *arrival, size_t bytes)
{
        struct qf_ingest *ingest = arrival->ingest;
        const struct qf_from_partner *message = arrival->message;
        if (message->what != QF_LEARN)
                arrival->sender = qf_outboxes_find(ingest->outboxes, arrival->source->ref, message->outbox);
        int result = check_quota(arrival, bytes, true);
        if (result != 0)
                return result < 0 ? result : 0;
        switch (message->what) {
        case QF_HELLO:
                if (message->version != VERSION)
                        return qf_arrival_refuse(arrival, QF_REFUSED_VERSION, QF_VIEW(""));
                result = qf_outboxes_said_hello(ingest->outboxes, qf_group_state(ingest->group),
                                                arrival->source->ref, message->outbox, message->first_kept);
                return result < 0 ? result : welcome(arrival);
        case QF_SEND: return take_send(arrival);
        case QF_SKIP: return take_skip(arrival);
        case QF_SEAL: return take_seal(arrival);
        case QF_LEARN: return take_learn(arrival);
        }
        return qf_arrival_refuse(arrival, QF_REFUSED_MALFORMED, QF_VIEW(""));
}

static int take_unreadable(const struct qf_arrival *arrival, size_t bytes, const struct qf_wire_fault *fault)
{
        int result = check_quota(arrival, bytes, false);
        if (result != 0)
                return result < 0 ? result : 0;
        return qf_arrival_refuse_fault(arrival, fault);
}

int qf_ingest_take(struct qf_ingest *ingest, const struct qf_asker *asker, struct qf_view user,
                   struct qf_view message, int64_t now_ms)
{
        struct qf_from_partner decoded = {0};
        struct qf_wire_fault fault = {0};
        struct qf_arrival arrival = {.ingest = ingest, .asker = asker, .message = &decoded, .now_ms = now_ms};
        if (ingest->broken < 0)
                return ingest->broken;
        ingest->messages++;
        ingest->bytes += message.len;
        qf_arena_reset(ingest->arena);
        arrival.source = qf_admission_source(qf_judge_programme(ingest->judge), user,
                                             qf_ingest_key_ms(ingest, now_ms), QF_MAY_FEED);
        uint32_t ref = arrival.source ? arrival.source->ref : 0;
        if (ref != 0 && ingest->edges.is_shut(ingest->edges.ctx, ref, now_ms))
                return qf_arrival_refuse_shut(&arrival);
        ingest->edges.judging(ingest->edges.ctx, ref);
        int result = qf_from_partner_decode(ingest->arena, message, &decoded, &fault);
        if (result >= 0 && ref == 0)
                result = qf_arrival_refuse(&arrival, QF_REFUSED_NOT_ALLOWED, QF_VIEW(""));
        else if (result == 0)
                result = take_decoded(&arrival, message.len);
        else if (result > 0)
                result = take_unreadable(&arrival, message.len, &fault);
        ingest->edges.judging(ingest->edges.ctx, 0);
        ingest->broken = result;
        return result;
}

bool qf_ingest_is_full(const struct qf_ingest *ingest)
{
        return ingest->failed || ingest->messages >= QF_INGEST_GROUP_MESSAGES ||
               ingest->events >= QF_INGEST_GROUP_EVENTS || ingest->bytes >= QF_INGEST_GROUP_BYTES ||
               ingest->put_off_messages >= QF_INGEST_PUT_OFF_MESSAGES ||
               ingest->put_off_bytes >= QF_INGEST_PUT_OFF_BYTES;
}

static void count_rest(struct qf_ingest *ingest)
{
        ingest->rest_us = qf_quota_rest_us(ingest->put_off_messages, ingest->put_off_bytes);
        ingest->put_off_messages = 0;
        ingest->put_off_bytes = 0;
}

uint32_t qf_ingest_rest_us(const struct qf_ingest *ingest)
{
        return ingest->rest_us;
}

int qf_ingest_turn(struct qf_ingest *ingest, int64_t now_ms)
{
        count_rest(ingest);
        if (ingest->messages == 0 || ingest->broken < 0)
                return ingest->broken;
        int result = ingest->failed ? QF_STORE_FULL : qf_group_commit(ingest->group);
        if (result == QF_STORE_FULL) {
                qf_group_undo(ingest->group);
                qf_answers_withdraw(ingest->answers);
                qf_core_alarm(ingest, now_ms, "the disk or the map is full: partners are told to wait");
                result = qf_judge_undo(ingest->judge);
        } else if (result == 0) {
                qf_judge_settle(ingest->judge);
        }
        struct qf_answers_about about = {ingest->group, ingest->outboxes, &ingest->findings,
                                         now_ms,        ingest->kept,     qf_judge_programme(ingest->judge)};
        if (result == 0)
                result = qf_answers_flush(ingest->answers, &about);
        qf_findings_clear(&ingest->findings);
        ingest->failed = false;
        ingest->messages = ingest->events = 0;
        ingest->bytes = 0;
        ingest->broken = result;
        return result;
}

void qf_ingest_set_limits(struct qf_ingest *ingest, const struct qf_quota_limit quotas[QF_QUOTA_KINDS],
                          uint64_t disk_floor_bytes)
{
        qf_quotas_set(ingest->quotas, quotas);
        qf_group_set_floor(ingest->group, disk_floor_bytes);
}

void qf_ingest_set_kept(struct qf_ingest *ingest, uint64_t position)
{
        ingest->kept = position;
}

const struct qf_outboxes *qf_ingest_outboxes(const struct qf_ingest *ingest)
{
        return ingest->outboxes;
}

const struct qf_answers_said *qf_ingest_said(const struct qf_ingest *ingest)
{
        return qf_answers_said(ingest->answers);
}

struct qf_group *qf_ingest_group(struct qf_ingest *ingest)
{
        return ingest->group;
}

uint64_t qf_ingest_put_off(const struct qf_ingest *ingest, uint32_t *ret_source)
{
        *ret_source = ingest->put_off_source;
        return ingest->put_off;
}

const struct qf_programme *qf_ingest_programme(const struct qf_ingest *ingest)
{
        return qf_judge_programme(ingest->judge);
}

/* --- open and close ----------------------------------------------------- */

static int read_outboxes(struct qf_ingest *ingest)
{
        struct qf_txn *txn = NULL;
        int result = qf_group_read(ingest->group, &txn);
        if (result == 0)
                result = qf_outboxes_read(ingest->outboxes, txn, qf_group_committed(ingest->group));
        if (result == 0)
                result = qf_outboxes_read_times(ingest->outboxes, txn, ingest->sha);
        qf_txn_abort(&txn);
        return result;
}

static int open_parts(struct qf_ingest *ingest, const struct qf_ingest_options *options)
{
        const struct qf_environment_options environment = {
                QF_JOURNAL_OPTIONS, .map_bytes = options->map_bytes, .map_bytes_max = options->map_bytes_max,
                .disk_floor_bytes = options->disk_floor_bytes};
        uint8_t hash_key[16];
        ingest->edges.random(hash_key, sizeof hash_key);
        int result = qf_group_open(options->directory, &environment, &ingest->group);
        if (result == 0)
                result = qf_judge_new(ingest->group, &ingest->judge);
        if (result == 0)
                result = qf_outboxes_new(hash_key, &ingest->outboxes);
        if (result == 0)
                result = qf_answers_new(ingest->edges.answer, ingest->edges.ctx, &ingest->answers);
        if (result == 0)
                result = qf_quotas_new(options->quotas, QF_QUOTA_KINDS, &ingest->quotas);
        if (result == 0)
                result = qf_arena_new(QF_DECODE_ARENA_BYTES, &ingest->arena);
        if (result == 0)
                result = qf_arena_new(QF_DECODE_ARENA_BYTES, &ingest->stored);
        return result == 0 ? qf_sha256_new(&ingest->sha) : result;
}

static void cleanup_ingest(struct qf_ingest **ingest)
{
        (void)qf_ingest_close(*ingest);
}

int qf_ingest_open(const struct qf_ingest_options *options, const struct qf_ingest_edges *edges,
                   int64_t now_ms, struct qf_ingest **ret_ingest)
{
        QF_CLEANUP(cleanup_ingest) struct qf_ingest *ingest = calloc(1, sizeof *ingest);
        if (!ingest)
                return -ENOMEM;
        const struct qf_beginning beginning = {
                .office_key = options->office_key, .random = edges->random, .now_ms = now_ms};
        ingest->edges = *edges;
        int result = open_parts(ingest, options);
        if (result == 0)
                result = qf_beginning_write(ingest->group, ingest->judge, &beginning);
        if (result == 0)
                result = read_outboxes(ingest);
        if (result != 0)
                return result;
        *ret_ingest = QF_TAKE(ingest);
        return 0;
}

struct qf_ingest *qf_ingest_close(struct qf_ingest *ingest)
{
        if (!ingest)
                return NULL;
        (void)qf_answers_free(ingest->answers);
        (void)qf_outboxes_free(ingest->outboxes);
        (void)qf_quotas_free(ingest->quotas);
        (void)qf_judge_free(ingest->judge);
        (void)qf_group_close(ingest->group);
        qf_findings_deinit(&ingest->findings);
        (void)qf_arena_free(ingest->arena);
        (void)qf_arena_free(ingest->stored);
        (void)qf_sha256_free(ingest->sha);
        qf_buffer_deinit(&ingest->control);
        free(ingest);
        return NULL;
}
