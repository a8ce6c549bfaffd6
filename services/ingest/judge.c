/* Why: ingest judges and all others obey, so what is said here is said for ever.
 * Guarantees: each event of a batch gets exactly one verdict; one bad event does
 * not touch the others; a verdict depends on the journal, the record's time and
 * the event alone, so that audit can judge again. */
#include "ingest/judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "ingest/judge_edition.h"
#include "ingest/known_keys.h"
#include "ingest/standing.h"
#include "model/statement.h"
#include "store/history.h"
#include "wire/body.h"

enum { WAITING_KEYS_MAX = 100000, ASIDE_MAX = 10000, DETAILS_PER_BATCH = 64 };
enum { REGISTER_ARENA = 1 << 20 };

struct qf_judge {
        struct qf_group *group;
        struct qf_programme *programme;
        struct qf_known_keys *known;
        struct qf_lookback *lookback;
        struct qf_buffer canonical; /* of one event */
        bool registers_changed;     /* in the open group */
};

/* One event on its way to a verdict. */
struct trial {
        struct qf_judge *judge;
        const struct qf_judge_batch *of;
        const struct qf_event *event;
        struct qf_head_key key;
        uint8_t content[QF_CONTENT_BYTES];
        const struct qf_source *source;
        uint32_t partner; /* whose records they are */
        uint16_t org;     /* dimension of the lead organisation */
        bool office;      /* it speaks for that partner, and is entitled to all */
        bool wants_detail;
        uint32_t lead_org;
        uint32_t date; /* of its head */
        uint32_t was_org,
                was_date; /* of what stood, or of the activity that a count is of; date 0: nothing did */
        struct qf_detail detail; /* field NULL: nothing to mend is named */
        struct qf_standing_texts standing;
        char period[32]; /* detail's text, of a closed one */
};

static struct qf_verdict said(uint16_t class, uint16_t code)
{
        return (struct qf_verdict){class, code};
}

static bool is_taken(struct qf_verdict verdict)
{
        return verdict.class == QF_ACCEPTED || verdict.class == QF_LATE;
}

/* --- registers ---------------------------------------------------------- */

static int replay_registers(struct qf_judge *judge)
{
        struct qf_arena *arena = NULL;
        struct qf_txn *txn = NULL;
        struct qf_wire_fault fault;
        uint64_t position;
        struct qf_view row;
        struct qf_event event;
        int result = qf_arena_new(REGISTER_ARENA, &arena);
        if (result == 0)
                result = qf_group_read(judge->group, &txn);
        for (uint32_t i = 0; result == 0 && i < qf_group_committed(judge->group)->registers; i++) {
                qf_arena_reset(arena);
                result = qf_register_row_get(txn, i, &position, &row);
                if (result == 0)
                        result = qf_register_decode(arena, row, &event, &fault);
                if (result == 0)
                        result = qf_programme_apply(judge->programme, &event, position);
                if (result > 0)
                        result = -EBADMSG;
        }
        qf_txn_abort(&txn);
        (void)qf_arena_free(arena);
        return result;
}

static void cleanup_judge(struct qf_judge **judge)
{
        (void)qf_judge_free(*judge);
}

int qf_judge_new(struct qf_group *group, struct qf_judge **ret_judge)
{
        QF_CLEANUP(cleanup_judge) struct qf_judge *judge = calloc(1, sizeof *judge);
        if (!judge)
                return -ENOMEM;
        judge->group = group;
        int result = qf_known_keys_new(&judge->known);
        if (result == 0)
                result = qf_lookback_new(&judge->lookback);
        if (result == 0)
                result = qf_programme_new(&judge->programme);
        if (result == 0)
                result = replay_registers(judge);
        if (result < 0)
                return result;
        *ret_judge = QF_TAKE(judge);
        return 0;
}

struct qf_judge *qf_judge_free(struct qf_judge *judge)
{
        if (!judge)
                return NULL;
        (void)qf_programme_free(judge->programme);
        (void)qf_known_keys_free(judge->known);
        (void)qf_lookback_free(judge->lookback);
        qf_buffer_deinit(&judge->canonical);
        free(judge);
        return NULL;
}

struct qf_programme *qf_judge_programme(const struct qf_judge *judge)
{
        return judge->programme;
}

void qf_judge_settle(struct qf_judge *judge)
{
        qf_lookback_settle(judge->lookback);
        judge->registers_changed = false;
}

int qf_judge_undo(struct qf_judge *judge)
{
        qf_lookback_settle(judge->lookback);
        qf_known_keys_clear(judge->known);
        if (!judge->registers_changed)
                return 0;
        judge->registers_changed = false;
        judge->programme = qf_programme_free(judge->programme);
        int result = qf_programme_new(&judge->programme);
        return result < 0 ? result : replay_registers(judge);
}

int qf_judge_apply(struct qf_judge *judge, const struct qf_event *event)
{
        struct qf_journal_state *state = qf_group_state(judge->group);
        uint64_t position = qf_group_position(judge->group);
        judge->canonical.len = 0;
        int result = qf_register_encode(event, &judge->canonical);
        if (result < 0)
                return result;
        struct qf_view row = {(const char *)judge->canonical.at, (uint32_t)judge->canonical.len};
        result = qf_register_row_add(qf_group_txn(judge->group), state->registers, position, row);
        if (result != 0)
                return result;
        state->registers++;
        state->registers_position = position;
        judge->registers_changed = true;
        return qf_programme_apply(judge->programme, event, position);
}

/* --- statements --------------------------------------------------------- */

enum { SPACE_OF_KIND = 64 }; /* beyond all methods: each other kind has keys of its own, known or not */

static uint8_t space_of(const struct qf_event *event)
{
        switch (event->kind) {
        case QF_KIND_ACTIVITY: return 0;
        case QF_KIND_ATTENDANCE: return event->method;
        default: return (uint8_t)(SPACE_OF_KIND + event->kind);
        }
}

static uint64_t fingerprint_of(const struct trial *trial)
{
        uint8_t digest[QF_CONTENT_BYTES];
        qf_content_digest(qf_group_state(trial->judge->group)->digest_key, trial->key.at, trial->key.len,
                          digest);
        return qf_get_le64(digest);
}

static int digest_content(struct trial *trial)
{
        struct qf_buffer *canonical = &trial->judge->canonical;
        const struct qf_words *words = trial->event->words;
        if (words && words->redacted) { /* judged again: what was said then */
                memcpy(trial->content, words->redacted->content, sizeof trial->content);
                return 0;
        }
        canonical->len = 0;
        int result = trial->event->registered
                             ? qf_register_encode(trial->event, canonical)
                             : qf_programme_canonical(trial->of->batch, trial->event, canonical);
        if (result < 0)
                return result;
        qf_content_digest(qf_group_state(trial->judge->group)->digest_key, canonical->at, canonical->len,
                          trial->content);
        return 0;
}

/* Field by field where it is wanted: a copy of what was just written in pieces waits for them. */
static void make_head(const struct trial *trial, uint8_t state, uint32_t revision, struct qf_head *ret_head)
{
        ret_head->state = state;
        ret_head->kind = trial->event->kind;
        ret_head->revision = revision;
        ret_head->lead_org = trial->lead_org;
        ret_head->date = trial->date;
        ret_head->position = qf_group_position(trial->judge->group);
        ret_head->entry = qf_group_entry(trial->judge->group);
        ret_head->index = (uint32_t)(trial->event - trial->of->batch->events);
        memcpy(ret_head->content, trial->content, sizeof ret_head->content);
}

static struct qf_heads *heads_of(const struct trial *trial)
{
        return qf_group_heads(trial->judge->group);
}

/* A new head: ticks that waited for it wait no more. */
static int welcome_head(const struct trial *trial)
{
        if (trial->event->kind != QF_KIND_ACTIVITY)
                return 0;
        return qf_waiting_remove(qf_group_txn(trial->judge->group), &trial->key);
}

static int ask_past(const struct trial *trial, const struct qf_head *standing,
                    const struct qf_statement *statement, enum qf_past *ret_past, bool *ret_content)
{
        struct qf_txn *txn = qf_group_txn(trial->judge->group);
        struct qf_head past;
        bool withdraws = statement->action == QF_WITHDRAW;
        *ret_past = QF_PAST_NEVER;
        *ret_content = false;
        if (statement->revision != 0) {
                int result = qf_history_past(txn, &trial->key, standing, statement->revision, &past);
                if (result != 0 && result != QF_STORE_NONE)
                        return result;
                bool same = withdraws ? past.state == QF_HEAD_WITHDRAWN
                                      : past.state == QF_HEAD_LIVE && memcmp(past.content, trial->content,
                                                                             sizeof past.content) == 0;
                if (result == 0)
                        *ret_past = same ? QF_PAST_SAME : QF_PAST_OTHER;
        }
        if (statement->action == QF_REPLACE || withdraws) /* only a create asks whether it was ever said */
                return 0;
        return qf_history_had(txn, &trial->key, standing, trial->content, ret_content);
}

/* What a judgement does to the tables. */
static int carry_out(const struct trial *trial, const struct qf_head *standing,
                     const struct qf_judgement *judgement)
{
        struct qf_txn *txn = qf_group_txn(trial->judge->group);
        bool withdraws = trial->event->action == QF_WITHDRAW;
        bool changes =
                qf_group_position(trial->judge->group) >= qf_group_state(trial->judge->group)->changes_from;
        if (judgement->adds_history) {
                struct qf_head past = {0};
                make_head(trial, withdraws ? QF_HEAD_WITHDRAWN : QF_HEAD_LIVE, judgement->revision, &past);
                return changes ? qf_history_put(txn, &trial->key, &past)
                               : qf_history_put_3(txn, &trial->key, &past);
        }
        if (!judgement->moves_head)
                return 0;
        struct qf_head head = {0};
        make_head(trial, judgement->state, judgement->revision, &head);
        if (withdraws) { /* it says nothing of its own: kept is what it withdrew */
                memcpy(head.content, standing->content, sizeof head.content);
                head.lead_org = standing->lead_org;
                head.date = standing->date;
        }
        if (standing->state != QF_HEAD_NONE && changes)
                return qf_heads_change(heads_of(trial), txn, &trial->key, standing, &head);
        int result = standing->state == QF_HEAD_NONE ? welcome_head(trial)
                                                     : qf_history_put_3(txn, &trial->key, standing);
        return result == 0 ? qf_head_put(txn, &trial->key, &head) : result;
}

static void note_place(struct trial *trial, const struct qf_head *head)
{
        if (head->state != QF_HEAD_LIVE)
                return;
        trial->was_org = head->lead_org;
        trial->was_date = head->date;
}

static int judge_against(struct trial *trial, const struct qf_head *standing, struct qf_verdict *ret_verdict)
{
        struct qf_statement statement = {trial->event->action, trial->event->revision, trial->content,
                                         trial->office, trial->event->merged_into.len > 0};
        enum qf_past past = QF_PAST_NEVER;
        bool past_content = false;
        if (trial->event->registered) /* what is new is created, what is there is replaced: content decides */
                statement.action = standing->state == QF_HEAD_NONE ? QF_CREATE : QF_REPLACE;
        if (qf_statement_needs_past(standing, &statement)) {
                int result = ask_past(trial, standing, &statement, &past, &past_content);
                if (result != 0)
                        return result;
        }
        struct qf_judgement judgement = qf_statement_judge(standing, &statement, past, past_content);
        if (!is_taken(judgement.verdict) || judgement.verdict.code != QF_CODE_NONE ||
            ret_verdict->class != QF_LATE)
                *ret_verdict = judgement.verdict;
        if (trial->wants_detail)
                qf_standing_tell(trial->judge->lookback, trial->judge->group, standing, trial->of->batch,
                                 trial->event, &judgement, &trial->standing, &trial->detail);
        return carry_out(trial, standing, &judgement);
}

/* The sender must be entitled to what stands, on its date, and not only to what it says. */
static bool may_touch(const struct trial *trial, const struct qf_head *standing)
{
        return trial->office || standing->lead_org == QF_MEMBER_NONE ||
               (standing->lead_org == trial->lead_org && standing->date == trial->event->date) ||
               qf_programme_entitled(trial->judge->programme, trial->source, standing->lead_org,
                                     standing->date);
}

static uint32_t lead_org_of(const struct trial *trial)
{
        const struct qf_value *values = &trial->of->batch->values[trial->event->values_first];
        for (uint32_t i = 0; i < trial->event->values_count; i++) {
                if (values[i].dimension == trial->org)
                        return values[i].member;
        }
        return QF_MEMBER_NONE;
}

/* The usual case, a create of a key that is not there, is one step down the tree. */
static int judge_statement(struct trial *trial, struct qf_verdict *ret_verdict)
{
        struct qf_txn *txn = qf_group_txn(trial->judge->group);
        const struct qf_event *event = trial->event;
        struct qf_head standing = {0};
        int result = digest_content(trial);
        if (result < 0)
                return result;
        if (event->action == QF_CREATE && event->revision <= 1) {
                struct qf_head fresh = {0};
                make_head(trial, QF_HEAD_LIVE, 1, &fresh);
                result = qf_heads_insert(heads_of(trial), txn, &trial->key, &fresh, &standing);
                if (result == 0)
                        return welcome_head(trial);
                if (result == QF_STORE_EXISTS)
                        result = 0;
        } else {
                result = qf_heads_get(heads_of(trial), txn, &trial->key, &standing);
                if (result == QF_STORE_NONE)
                        result = 0;
        }
        if (result != 0)
                return result;
        if (!may_touch(trial, &standing)) {
                *ret_verdict = said(QF_REJECTED, QF_E103_NOT_YOURS);
                trial->detail.field = "org";
                return 0;
        }
        if (event->kind != QF_KIND_ATTENDANCE)
                note_place(trial, &standing);
        return judge_against(trial, &standing, ret_verdict);
}

/* An attendance count stands apart from its activity, but whoever may not touch the activity may not count it. */
static int judge_attendance(struct trial *trial, struct qf_verdict *ret_verdict)
{
        struct qf_head activity = {0};
        qf_head_key_pack(trial->partner, trial->event->key, 0, &trial->key);
        int result = qf_heads_get(heads_of(trial), qf_group_txn(trial->judge->group), &trial->key, &activity);
        if (result != 0 && result != QF_STORE_NONE)
                return result;
        if (!may_touch(trial, &activity)) {
                *ret_verdict = said(QF_REJECTED, QF_E103_NOT_YOURS);
                trial->detail.field = "org";
                return 0;
        }
        note_place(trial, &activity);
        qf_head_key_pack(trial->partner, trial->event->key, trial->event->method, &trial->key);
        return judge_statement(trial, ret_verdict);
}

static int judge_tick(struct trial *trial, struct qf_verdict *ret_verdict)
{
        struct qf_judge *judge = trial->judge;
        struct qf_txn *txn = qf_group_txn(judge->group);
        struct qf_head head;
        qf_head_key_pack(trial->partner, trial->event->key, 0, &trial->key);
        uint64_t fingerprint = fingerprint_of(trial);
        if (qf_programme_editions(judge->programme) == 0 && qf_known_keys_has(judge->known, fingerprint))
                return 0;
        int result = qf_heads_get(heads_of(trial), txn, &trial->key, &head);
        if (result == 0) {
                qf_known_keys_add(judge->known, fingerprint);
                note_place(trial, &head);
        }
        if (result != QF_STORE_NONE)
                return result;
        result = qf_waiting_add(txn, &trial->key, qf_group_position(judge->group), WAITING_KEYS_MAX);
        if (result != QF_WAITING_TOO_MANY)
                return result;
        *ret_verdict = said(QF_REJECTED, QF_E150_TOO_MANY_WAITING);
        trial->detail.field = "key";
        return 0;
}

static int judge_register(struct trial *trial, struct qf_verdict *ret_verdict)
{
        if (!(trial->source->roles & QF_ROLE_ADMIN)) {
                *ret_verdict = said(QF_REJECTED, QF_E160_NOT_ADMIN);
                return 0;
        }
        *ret_verdict = qf_programme_check_register(trial->judge->programme, trial->event, &trial->detail);
        if (!is_taken(*ret_verdict))
                return 0;
        /* Partner 0 and the kind behind the key: no record of a partner can have such a key. */
        qf_head_key_pack(0, trial->event->key, trial->event->kind, &trial->key);
        struct qf_head standing = {0};
        int result = digest_content(trial);
        if (result == 0)
                result = qf_heads_get(heads_of(trial), qf_group_txn(trial->judge->group), &trial->key,
                                      &standing);
        if (result != 0 && result != QF_STORE_NONE)
                return result;
        const struct qf_edition_trial of = {qf_group_txn(trial->judge->group), trial->judge->programme,
                                            trial->event, trial->of->today, trial->content};
        result = trial->event->kind < QF_KIND_PERIOD_CLOSE
                         ? 0
                         : qf_edition_judge(&of, &standing, &trial->detail, ret_verdict, &trial->date);
        if (result != 0 || !is_taken(*ret_verdict))
                return result;
        result = judge_against(trial, &standing, ret_verdict);
        if (result == 0 && ret_verdict->class == QF_ACCEPTED && trial->event->kind != QF_KIND_EDITION_PART)
                result = qf_judge_apply(trial->judge, trial->event);
        return result;
}

/* --- quarantine ---------------------------------------------------------- */

/* A statement that is taken mends what was quarantined under its key, and so does the office's own word that it is
 * known; one more than a source may have open is not set aside. */
static int keep_quarantine(struct trial *trial, struct qf_verdict *verdict)
{
        struct qf_judge *judge = trial->judge;
        const bool mends = qf_verdict_counts(*verdict) || (trial->office && verdict->class == QF_DUPLICATE);
        struct qf_head_key key;
        bool was;
        if (trial->event->kind == QF_KIND_TICK || (!mends && verdict->class != QF_QUARANTINED))
                return 0;
        if (mends) /* judged by what stands under its key */
                return qf_aside_remove(qf_group_txn(judge->group), &trial->key, &was);
        qf_head_key_pack(trial->partner, trial->event->key, space_of(trial->event), &key);
        int result = qf_aside_add(qf_group_txn(judge->group), &key, trial->of->source,
                                  qf_group_position(judge->group), ASIDE_MAX);
        if (result != QF_WAITING_TOO_MANY)
                return result;
        *verdict = said(QF_REJECTED, QF_E199_QUARANTINE_FULL);
        return 0;
}

/* What waits under a key is given up, by the office, for a reason; what stands there is not touched. */
static int judge_drop(struct trial *trial, struct qf_verdict *ret_verdict)
{
        const struct qf_words *words = trial->event->words;
        struct qf_head_key key;
        bool was = false;
        if (trial->event->kind == QF_KIND_TICK || !qf_words_say(words, QF_WORD_REASON)) {
                trial->detail.field = trial->event->kind == QF_KIND_TICK ? "action" : "reason";
                *ret_verdict = said(QF_REJECTED, QF_E109_MISSING);
                return 0;
        }
        qf_head_key_pack(trial->partner, trial->event->key, space_of(trial->event), &key);
        int result = qf_aside_remove(qf_group_txn(trial->judge->group), &key, &was);
        *ret_verdict = said(was ? QF_ACCEPTED : QF_DUPLICATE, was ? QF_N105_DROPPED : QF_CODE_NONE);
        return result;
}

/* --- batches ------------------------------------------------------------ */

static int judge_entry(struct trial *trial, struct qf_verdict *ret_verdict)
{
        const struct qf_judge_batch *of = trial->of;
        const struct qf_event *event = trial->event;
        *ret_verdict =
                qf_programme_check(trial->judge->programme, trial->office ? NULL : trial->source, of->batch,
                                   event, of->today, trial->wants_detail ? &trial->detail : NULL);
        if (!is_taken(*ret_verdict))
                return 0;
        if (event->kind == QF_KIND_TICK)
                return judge_tick(trial, ret_verdict);
        if (event->kind == QF_KIND_ATTENDANCE)
                return judge_attendance(trial, ret_verdict);
        trial->lead_org = event->action == QF_WITHDRAW ? QF_MEMBER_NONE : lead_org_of(trial);
        qf_head_key_pack(trial->partner, event->key, space_of(event), &trial->key);
        return judge_statement(trial, ret_verdict);
}

/* What is taken into a closed period, out of it or within it counts like all else, and is said to come after the close. */
static void note_close(struct trial *trial, struct qf_verdict *verdict)
{
        const struct qf_edition *edition = qf_edition_changed(trial->judge->programme, trial->was_date,
                                                              trial->was_org, trial->event, trial->lead_org);
        if (!edition || !is_taken(*verdict) || verdict->code != QF_CODE_NONE)
                return;
        verdict->code = QF_E151_AFTER_CLOSE;
        if (trial->detail.field) /* that a figure fell says more */
                return;
        (void)snprintf(trial->period, sizeof trial->period, "%u-%u/%u", edition->first, edition->last,
                       edition->number);
        trial->detail =
                (struct qf_detail){.field = "period", .got = qf_view_of(trial->period), .near = QF_VIEW("")};
}

static int judge_event(struct trial *trial, struct qf_verdict *ret_verdict)
{
        if (trial->event->key.len == 0) {
                trial->detail.field = "key";
                *ret_verdict = said(QF_REJECTED, QF_E109_MISSING);
                return 0;
        }
        if (trial->of->batch->partner.len && !trial->office) {
                trial->detail.field = "partner";
                trial->detail.got = trial->of->batch->partner;
                *ret_verdict = said(QF_REJECTED, QF_E103_NOT_YOURS);
                return 0;
        }
        if (trial->event->registered)
                return judge_register(trial, ret_verdict);
        if (trial->office && trial->event->action == QF_DROP)
                return judge_drop(trial, ret_verdict);
        int result = judge_entry(trial, ret_verdict);
        if (result == 0)
                result = keep_quarantine(trial, ret_verdict);
        if (result == 0 && qf_programme_editions(trial->judge->programme))
                note_close(trial, ret_verdict);
        return result;
}

/* The partner that the office speaks for; 0: nobody's office speaks. */
static uint32_t spoken_for(const struct qf_judge *judge, const struct qf_source *source,
                           const struct qf_batch *batch)
{
        if (batch->partner.len == 0 || !(source->roles & QF_ROLE_ADMIN))
                return 0;
        return qf_programme_find_partner(judge->programme, batch->partner);
}

uint32_t qf_judge_partner(const struct qf_judge *judge, uint32_t source, const struct qf_batch *batch)
{
        const struct qf_source *of = qf_programme_source(judge->programme, source);
        const uint32_t partner = spoken_for(judge, of, batch);
        return partner ? partner : of->partner;
}

int qf_judge_batch(struct qf_judge *judge, const struct qf_judge_batch *of, struct qf_findings *findings)
{
        uint32_t from = findings->exceptions_count, details_from = findings->details_count;
        struct trial trial = {.judge = judge,
                              .of = of,
                              .source = qf_programme_source(judge->programme, of->source),
                              .partner = qf_judge_partner(judge, of->source, of->batch),
                              .org = qf_programme_find_dimension(judge->programme, QF_VIEW("org"))};
        trial.office = spoken_for(judge, trial.source, of->batch) != 0;
        for (uint32_t at = of->skip; at < of->batch->count; at++) {
                struct qf_verdict verdict = {QF_ACCEPTED, QF_CODE_NONE};
                trial.event = &of->batch->events[at];
                trial.lead_org = QF_MEMBER_NONE;
                trial.date = trial.event->date;
                trial.was_org = QF_MEMBER_NONE;
                trial.was_date = 0;
                trial.wants_detail = findings->details_count - details_from < DETAILS_PER_BATCH;
                trial.detail = (struct qf_detail){0};
                int result = judge_event(&trial, &verdict);
                if (result == 0)
                        result = qf_findings_add(findings, from, of->skip, at, 1, verdict);
                if (result == 0 && trial.detail.field && trial.wants_detail)
                        result = qf_findings_tell(findings, at, verdict.code, &trial.detail);
                if (result != 0)
                        return result;
        }
        return 0;
}
