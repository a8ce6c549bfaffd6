/* Why a copy: LMDB gives pages back with the bytes that were in them, and whoever
 * searches the file would find the text. The old file is removed, not set aside.
 *
 *     DIRECTORY ─all rows, some records without a text─► DIRECTORY.redacted ─control entries─► changes places
 *     with DIRECTORY, and is removed */
#include "ingest/redact.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "ingest/beginning.h"
#include "ingest/journal_copy.h"
#include "ingest/judge.h"
#include "ingest/known.h"
#include "ingest/redaction.h"
#include "store/begun.h"
#include "store/directory.h"
#include "wire/body.h"

enum { RECORDS_PER_TXN = 4096 };

struct redact {
        const char *directory;
        const struct qf_redact_wanted *wanted;
        struct qf_group *group; /* what stands, read only */
        struct qf_judge *judge; /* for what its programme calls things */
        uint32_t partner;       /* ref; 0: not known yet */
        struct qf_arena *arena;
        struct qf_sha256 *sha;
        struct qf_buffer canonical;
        struct qf_redactions redactions;
        struct qf_redacting *redacting;
        qf_redact_tell tell;
        void *ctx;
        struct qf_redact_about *about;
};

/* --- what is to go ------------------------------------------------------------------ */

struct place {
        const struct qf_record_head *head;
        const struct qf_entry *entry;
        uint32_t number; /* in its record */
};

static bool is_wanted(const struct redact *redact, const struct place *place, uint32_t index,
                      const struct qf_event *event)
{
        const struct qf_redact_place *at = &redact->wanted->at;
        return qf_view_same(event->key, redact->wanted->key) && !event->registered &&
               (at->position == 0 ||
                (at->position == place->head->position && at->entry == place->number && at->index == index));
}

static uint8_t there(const struct qf_words *words, uint8_t wanted)
{
        unsigned bits = 0;
        for (unsigned word = 0; words && word < QF_WORDS; word++)
                bits |= (unsigned)(qf_words_text(words, word).len > 0) << word;
        return (uint8_t)(bits & wanted);
}

/* What is kept of the texts: said when the first of them goes, and as it was said from then on. */
static int describe(struct redact *redact, struct qf_batch *batch, uint32_t index, uint8_t gone,
                    struct qf_redacted *ret_redacted)
{
        const struct qf_event *event = &batch->events[index];
        const struct qf_words *words = event->words;
        const uint8_t *key = qf_group_committed(redact->group)->digest_key;
        struct qf_redacted redacted = {.at = index, .gone = gone};
        uint8_t longer = qf_programme_long_words(words), personal = qf_programme_personal_words(words);
        int result = 0;
        if (words->redacted) {
                redacted = *words->redacted;
                redacted.gone |= gone;
        } else {
                result = qf_known_digest(key, words, redacted.words);
                redact->canonical.len = 0;
                if (result == 0)
                        result =
                                qf_programme_resolve(qf_judge_programme(redact->judge), batch, redact->arena);
                if (result == 0)
                        result = qf_programme_canonical(batch, event, &redact->canonical);
                if (result == 0)
                        qf_content_digest(key, redact->canonical.at, redact->canonical.len, redacted.content);
        }
        redacted.longer = longer & redacted.gone;
        redacted.personal = personal & redacted.gone;
        *ret_redacted = redacted;
        return result;
}

static int take_event(struct redact *redact, const struct place *place, struct qf_batch *batch,
                      uint32_t index, uint8_t gone)
{
        struct qf_redaction redaction = {.position = place->head->position, .entry = place->number};
        const struct qf_redact_found found = {
                .at = {place->head->position, place->number, index},
                .partner =
                        qf_programme_partner_code(qf_judge_programme(redact->judge), place->entry->partner),
                .gone = gone,
                .received_at_ms = place->head->received_at_ms};
        if (redact->partner == 0)
                redact->partner = place->entry->partner;
        if (redact->partner != place->entry->partner)
                return QF_REDACT_SEVERAL;
        int result = describe(redact, batch, index, gone, &redaction.redacted);
        if (result == 0)
                result = qf_redactions_add(&redact->redactions, &redaction);
        if (result != 0)
                return result;
        if (redact->about->found++ == 0)
                redact->about->earliest = found.at.position;
        redact->tell(redact->ctx, &found);
        return 0;
}

static int look_through(struct redact *redact, const struct place *place)
{
        struct qf_batch batch = {0};
        struct qf_wire_fault fault;
        const struct qf_entry *entry = place->entry;
        if (entry->kind != QF_ENTRY_BATCH || entry->texts.len == 0 ||
            (redact->wanted->partner.len > 0 && entry->partner != redact->partner))
                return 0;
        qf_arena_reset(redact->arena);
        int result = qf_body_decode(redact->arena, entry->facts, entry->texts, entry->count, &batch, &fault);
        if (result > 0)
                return QF_REDACT_DAMAGED;
        /* Also those before entry->skip, which were known: they lie here once more. */
        for (uint32_t index = 0; result == 0 && index < entry->count; index++) {
                const struct qf_event *event = &batch.events[index];
                const uint8_t gone = there(event->words, redact->wanted->words);
                if (gone && is_wanted(redact, place, index, event))
                        result = take_event(redact, place, &batch, index, gone);
        }
        return result;
}

static int look_at(struct redact *redact, uint64_t position, struct qf_view record)
{
        struct qf_record_head head;
        struct qf_entry entry;
        struct place place = {&head, &entry, 0};
        int result = 0;
        redact->about->last = position;
        if (qf_record_open(record, redact->sha, &head) != 0)
                return QF_REDACT_DAMAGED;
        for (size_t offset = 0; result == 0 && qf_record_next(record, &offset, &entry); place.number++)
                result = look_through(redact, &place);
        return result;
}

/* A reader that stays holds the pages that a running ingest could use again. */
static int renew(struct redact *redact, struct qf_txn **txn)
{
        qf_txn_abort(txn);
        return qf_group_read(redact->group, txn);
}

static int find(struct redact *redact)
{
        const struct qf_journal_state *state = qf_group_committed(redact->group);
        const uint64_t only = redact->wanted->at.position;
        struct qf_txn *txn = NULL;
        struct qf_view record;
        redact->about->first = state->first;
        if (redact->wanted->partner.len > 0) {
                redact->partner =
                        qf_programme_find_partner(qf_judge_programme(redact->judge), redact->wanted->partner);
                if (redact->partner == 0)
                        return QF_REDACT_PARTNER;
        }
        int result = qf_group_read(redact->group, &txn);
        for (uint64_t at = only ? only : state->first; result == 0 && at <= (only ? only : state->last);
             at++) {
                if (at % RECORDS_PER_TXN == 0)
                        result = renew(redact, &txn);
                if (result == 0)
                        result = qf_journal_get(txn, at, &record);
                redact->about->last = at;
                if (result == QF_STORE_NONE)
                        result = only ? QF_REDACT_NOTHING : QF_REDACT_DAMAGED;
                else if (result == QF_STORE_DAMAGED)
                        result = QF_REDACT_DAMAGED;
                else if (result == 0)
                        result = look_at(redact, at, record);
        }
        qf_txn_abort(&txn);
        return result == 0 && redact->about->found == 0 ? QF_REDACT_NOTHING : result;
}

/* --- the journal without it ------------------------------------------------------------ */

static int change(void *ctx, uint64_t position, struct qf_view record, struct qf_view *ret_record)
{
        struct redact *redact = ctx;
        struct qf_record_head head;
        (void)position;
        if (qf_record_open(record, redact->sha, &head) != 0)
                return -EBADMSG;
        return qf_redacting_record(redact->redacting, &redact->redactions, &head, record, ret_record);
}

static int say_redacted(struct redact *redact, struct qf_group *group, struct qf_buffer *buffer)
{
        const struct qf_entry about = {0};
        int result = 0;
        for (uint32_t i = 0; result == 0 && i < redact->redactions.count; i++) {
                const struct qf_redaction *redaction = &redact->redactions.list[i];
                struct qf_control control = {.what = QF_CONTROL_REDACTION,
                                             .position = redaction->position,
                                             .entry = redaction->entry,
                                             .redacted = redaction->redacted,
                                             .reason = redact->wanted->reason,
                                             .by = redact->wanted->by};
                memcpy(control.texts, redaction->texts, sizeof control.texts);
                result = qf_group_begin(group, qf_group_received_ms(group));
                if (result == 0)
                        result = qf_control_add(group, buffer, &control, &about, NULL);
        }
        return result;
}

static int write_control(struct redact *redact, const char *made, int64_t now_ms)
{
        const struct qf_environment_options options = qf_journal_copy_options(false);
        struct qf_group *group = NULL;
        struct qf_buffer buffer = {0};
        int result = qf_group_open(made, &options, &group);
        if (result == 0)
                result = qf_group_begin(group, now_ms);
        if (result == 0)
                result = say_redacted(redact, group, &buffer);
        if (result == 0)
                result = qf_group_commit(group);
        if (result == 0)
                redact->about->last = qf_group_committed(group)->last;
        (void)qf_group_close(group);
        qf_buffer_deinit(&buffer);
        return result;
}

static int make(struct redact *redact, int64_t now_ms)
{
        const struct qf_journal_change changes = {redact, change};
        char made[PATH_MAX];
        int result = qf_path_beside(redact->directory, QF_REDACT_LEFT, made);
        if (result == 0)
                result = qf_redacting_new(&redact->redacting);
        if (result == 0)
                result = qf_journal_copy(redact->group, redact->about->first, made, &changes);
        if (result == 0)
                result = write_control(redact, made, now_ms);
        if (result != 0) /* half made, it would hold the room that was too little */
                (void)!qf_directory_forget(redact->directory, QF_REDACT_LEFT);
        if (result == 0)
                result = qf_directory_exchange(redact->directory, made);
        if (result == 0)
                result = qf_directory_forget(redact->directory, QF_REDACT_LEFT);
        return result == QF_STORE_FULL ? QF_REDACT_FULL : result > 0 ? -EIO : result;
}

static int open_parts(struct redact *redact)
{
        const struct qf_environment_options options = qf_journal_copy_options(true);
        int result = qf_group_open(redact->directory, &options, &redact->group);
        if (result != 0)
                return result == -ENOMEM ? result : QF_REDACT_MISSING;
        result = qf_judge_new(redact->group, &redact->judge);
        if (result == 0)
                result = qf_arena_new(QF_DECODE_ARENA_BYTES, &redact->arena);
        return result == 0 ? qf_sha256_new(&redact->sha) : result;
}

static void close_parts(struct redact *redact)
{
        (void)qf_redacting_free(redact->redacting);
        qf_redactions_deinit(&redact->redactions);
        qf_buffer_deinit(&redact->canonical);
        (void)qf_arena_free(redact->arena);
        (void)qf_sha256_free(redact->sha);
        (void)qf_judge_free(redact->judge);
        (void)qf_group_close(redact->group);
}

/* An earlier journal stands aside: whether it is still wanted is for a human to say. */
static int check_aside(const char *directory)
{
        const int result = qf_directory_marked(directory, QF_DIRECTORY_ASIDE);
        return result == QF_DIRECTORY_MARKED ? QF_REDACT_SET_ASIDE : result;
}

/* What a redaction, trim or restore that was killed left has the text too. Only where the journal stands: where it does
 * not, one of them may be all there is. */
static int forget_left(const char *directory)
{
        static const char *const left[] = {QF_REDACT_LEFT, ".trimmed", ".restored"};
        int result = 0;
        for (size_t i = 0; result == 0 && i < sizeof left / sizeof left[0]; i++)
                result = qf_directory_forget(directory, left[i]);
        return result;
}

int qf_redact(const char *directory, const struct qf_redact_wanted *wanted, int64_t now_ms,
              qf_redact_tell tell, void *ctx, struct qf_redact_about *ret_about)
{
        QF_CLEANUP(close_parts)
        struct redact redact = {
                .directory = directory, .wanted = wanted, .tell = tell, .ctx = ctx, .about = ret_about};
        QF_CLEANUP(qf_cleanup_close) int lock = -1;
        *ret_about = (struct qf_redact_about){0};
        int result = 0; /* who only looks may look beside a running ingest */
        if (wanted->write)
                result = qf_directory_lock(directory, false, &lock);
        if (result != 0)
                return result < 0 ? result : QF_REDACT_IN_USE;
        result = open_parts(&redact);
        if (result == 0 && wanted->write)
                result = forget_left(directory);
        if (result == 0)
                result = find(&redact);
        if (result == 0 && wanted->write)
                result = check_aside(directory);
        if (result == 0 && wanted->write)
                result = make(&redact, now_ms);
        return result;
}
