/* Guarantees: records are handed out in order, without a hole, each once, each
 * under one unbroken chain of hashes from the place given. Credit is the bytes of
 * records handed out or dropped plus a window, absolute since Attach, so that a
 * lost or doubled Credit does no harm. A record that does not check is asked for
 * again, three times; then it is the journal that is wrong, and this stops. */
#include "client/follow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "wire/feed_messages.h"

enum {
        ASK_AGAIN_MS = 1000, /* Attach not answered */
        AWAY_RETRY_MS = 100, /* Attach not sent, or to be asked about another record */
        SILENT_MS = 3000,    /* three beats missed */
        TOO_MANY_RETRY_MS = 10000,
        ARENA_BYTES = 64 * 1024,
        TRIES = 3,
};

static const uint64_t credit_default = 32 * 1024 * 1024;

enum state { AWAY, ASKED, READING, STOPPED };

struct qf_follow {
        enum state state;
        bool paused;
        bool proving,
                proven;  /* asks whether the journal still has the furthest record; has heard that it does */
        uint32_t attach; /* number of the attachment */
        unsigned faults; /* bad records in a row */
        struct qf_place place;
        struct qf_follow_past past;
        uint64_t credit, taken, granted; /* window; bytes since Attach; last total said */
        int64_t heard_ms, ask_at_ms;
        uint64_t first, last;
        int64_t beat_ms;
        uint32_t gaps;
        struct qf_buffer metrics;
        const char *say;
        char *name;
        struct qf_arena *arena;
        struct qf_sha256 *sha;
};

const char qf_follow_gone_back[] =
        "the journal is behind the counts: it was restored by copying, or the disk lost writes; "
        "to go on from the journal as it is, stop, run qf restore --adopt, and start again";
const char qf_follow_other_journal[] =
        "this is another journal than the one that was counted; to count it, stop, remove counts and "
        "counts.set-aside, and start again";
const char qf_follow_newer[] = "ingest speaks a newer protocol: upgrade this program";
const char qf_follow_not_allowed[] = "this key may not follow the journal: that takes the role admin";
const char qf_follow_trimmed[] =
        "the journal was trimmed and begins behind these counts; what is before lies in its archive: run qf "
        "rebuild --archive DIR";
const char qf_follow_too_many[] = "the journal feed has too many consumers: waiting";
const char qf_follow_damaged[] =
        "a record of the journal cannot be read, or does not check, three times over: the journal is damaged: run "
        "qf audit";
const char qf_follow_away[] = "ingest does not answer";

int qf_follow_new(const struct qf_follow_options *options, struct qf_follow **ret_follow)
{
        struct qf_follow *follow = calloc(1, sizeof(*follow));

        if (!follow)
                return -ENOMEM;
        follow->name = strdup(options->name);
        int r = follow->name ? qf_arena_new(ARENA_BYTES, &follow->arena) : -ENOMEM;
        if (r == 0)
                r = qf_sha256_new(&follow->sha);
        if (r != 0) {
                qf_follow_free(follow);
                return r;
        }
        follow->credit = options->credit_bytes ? options->credit_bytes : credit_default;
        follow->say = "";
        follow->past = options->past;
        qf_follow_restart(follow, &options->from);
        *ret_follow = follow;
        return 0;
}

struct qf_follow *qf_follow_free(struct qf_follow *follow)
{
        if (!follow)
                return NULL;
        qf_arena_free(follow->arena);
        qf_sha256_free(follow->sha);
        free(follow->name);
        qf_buffer_deinit(&follow->metrics);
        free(follow);
        return NULL;
}

/* Leaves the attachment: what still arrives for it is dropped by its number. */
static void leave(struct qf_follow *follow, int64_t ask_at_ms)
{
        follow->state = AWAY;
        follow->attach++;
        follow->ask_at_ms = ask_at_ms;
}

void qf_follow_try_again(struct qf_follow *follow)
{
        follow->faults = 0;
        follow->paused = false;
        leave(follow, INT64_MIN);
}

void qf_follow_restart(struct qf_follow *follow, const struct qf_place *from)
{
        follow->place = *from;
        qf_follow_try_again(follow);
}

void qf_follow_pause(struct qf_follow *follow, bool paused)
{
        if (follow->state != STOPPED)
                leave(follow, INT64_MIN);
        follow->paused = paused;
}

static void stop(struct qf_follow *follow, const char *say, struct qf_follow_step *step)
{
        follow->state = STOPPED;
        follow->say = say;
        step->what = QF_FOLLOW_STOPPED;
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
        for (size_t i = 0; i < len; i++)
                if (bytes[i])
                        return false;
        return true;
}

static struct qf_place furthest_of(const struct qf_follow *follow)
{
        return follow->past.furthest ? follow->past.furthest(follow->past.ctx) : (struct qf_place){0};
}

static void take_attached(struct qf_follow *follow, const struct qf_journal_message *message,
                          struct qf_follow_step *step)
{
        if (follow->state != ASKED)
                return;
        if (is_zero(follow->place.journal, sizeof(follow->place.journal))) {
                memcpy(follow->place.journal, message->journal, sizeof(follow->place.journal));
        } else if (memcmp(follow->place.journal, message->journal, sizeof(follow->place.journal)) != 0) {
                stop(follow, qf_follow_other_journal, step);
                return;
        }
        if (follow->proving) {
                follow->proven = true;
                leave(follow, INT64_MIN);
                return;
        }
        follow->state = READING;
        follow->first = message->first;
        follow->last = message->last;
        follow->say = "";
        step->what = QF_FOLLOW_ATTACHED;
}

static void take_detached(struct qf_follow *follow, int64_t mono_ms, const struct qf_journal_message *message,
                          struct qf_follow_step *step)
{
        switch (message->why) {
        case QF_DETACHED_ROLLED_BACK:
                if (follow->past.knows && follow->past.knows(follow->past.ctx, message->life)) {
                        stop(follow, qf_follow_gone_back, step);
                        return;
                }
                follow->state = STOPPED;
                step->what = QF_FOLLOW_ROLLED_BACK;
                return;
        case QF_DETACHED_TOO_MANY:
                follow->say = qf_follow_too_many;
                leave(follow, mono_ms + TOO_MANY_RETRY_MS);
                return;
        case QF_DETACHED_TRIMMED:
                follow->first = message->first;
                step->another_life =
                        follow->past.knows && !follow->past.knows(follow->past.ctx, message->life);
                stop(follow, qf_follow_trimmed, step);
                step->what = QF_FOLLOW_TRIMMED;
                return;
        case QF_DETACHED_DAMAGED: stop(follow, qf_follow_damaged, step); return;
        case QF_DETACHED_BEHIND: stop(follow, qf_follow_gone_back, step); return;
        case QF_DETACHED_OTHER_JOURNAL: stop(follow, qf_follow_other_journal, step); return;
        case QF_DETACHED_NOT_ALLOWED: stop(follow, qf_follow_not_allowed, step); return;
        default: stop(follow, qf_follow_newer, step); return;
        }
}

/* A record that is not what must come next: the next time it may be. */
static void take_fault(struct qf_follow *follow, int64_t mono_ms, int fault, struct qf_follow_step *step)
{
        if (fault == QF_RECORD_VERSION)
                stop(follow, qf_follow_newer, step);
        else if (++follow->faults >= TRIES)
                stop(follow, qf_follow_damaged, step);
        else
                leave(follow, mono_ms);
}

static int check_record(struct qf_follow *follow, struct qf_view record, struct qf_record_head *ret_head)
{
        int r = qf_record_open(record, follow->sha, ret_head);

        if (r != 0)
                return r;
        if (ret_head->position != follow->place.position + 1 ||
            memcmp(ret_head->previous, follow->place.hash, sizeof(ret_head->previous)) != 0 ||
            memcmp(ret_head->writer, follow->place.journal, sizeof(ret_head->writer)) != 0)
                return QF_RECORD_CHAIN;
        return 0;
}

/* What was counted and shown before a restart must come again. */
static bool is_another(const struct qf_follow *follow, const struct qf_record_head *head)
{
        const struct qf_place furthest = furthest_of(follow);

        return head->position == furthest.position &&
               memcmp(head->hash, furthest.hash, sizeof(head->hash)) != 0;
}

static void take_record(struct qf_follow *follow, int64_t mono_ms, struct qf_view record,
                        struct qf_follow_step *step)
{
        if (follow->state != READING)
                return;
        int r = check_record(follow, record, &step->head);
        if (r != 0) {
                take_fault(follow, mono_ms, r, step);
                return;
        }
        if (is_another(follow,
                       &step->head)) { /* ingest says what that means, when it is asked for the other one */
                leave(follow, mono_ms + AWAY_RETRY_MS);
                return;
        }
        follow->faults = 0;
        follow->taken += record.len;
        follow->place.position = step->head.position;
        memcpy(follow->place.hash, step->head.hash, sizeof(follow->place.hash));
        if (follow->last < step->head.position)
                follow->last = step->head.position;
        step->what = QF_FOLLOW_RECORD;
        step->record = record;
}

int qf_follow_take(struct qf_follow *follow, int64_t mono_ms, struct qf_view frame, struct qf_view second,
                   struct qf_follow_step *ret_step)
{
        struct qf_journal_message message;
        struct qf_wire_fault fault;

        ret_step->what = QF_FOLLOW_NOTHING;
        qf_arena_reset(follow->arena);
        int r = qf_journal_message_decode(follow->arena, false, frame, &message, &fault);
        if (r != 0)
                return r < 0 ? r : 0;
        if (follow->state == STOPPED || message.attach != follow->attach)
                return 0;
        follow->heard_ms = mono_ms;
        switch (message.what) {
        case QF_ATTACHED: take_attached(follow, &message, ret_step); break;
        case QF_DETACHED: take_detached(follow, mono_ms, &message, ret_step); break;
        case QF_RECORD: take_record(follow, mono_ms, second, ret_step); break;
        case QF_BEAT:
                follow->last = message.last;
                follow->beat_ms = message.now_ms;
                follow->gaps = message.gaps;
                follow->metrics.len = 0;
                return message.metrics.len
                               ? qf_buffer_append(&follow->metrics, message.metrics.at, message.metrics.len)
                               : 0;
        case QF_ATTACH:
        case QF_CREDIT:
        case QF_KEPT:
        case QF_FETCH:
        case QF_FETCHED: break;
        }
        return 0;
}

static int say_attach(struct qf_follow *follow, int64_t mono_ms, struct qf_buffer *buffer)
{
        /* What is known is held against the journal: where it stands, or before that the furthest that ever was. */
        const struct qf_place furthest = furthest_of(follow);
        const bool proving = !follow->proven && furthest.position > follow->place.position;
        const struct qf_place *known = proving ? &furthest : &follow->place;
        struct qf_journal_message message = {
                .what = QF_ATTACH,
                .version = 1,
                .attach = ++follow->attach,
                .position = known->position,
                .credit = proving ? 0 : follow->credit,
                .name = qf_view_of(follow->name),
        };
        memcpy(message.journal, known->journal, sizeof(message.journal));
        memcpy(message.hash, known->hash, sizeof(message.hash));
        follow->proving = proving;
        follow->proven = false;
        follow->state = ASKED;
        follow->taken = 0;
        follow->granted = follow->credit;
        follow->heard_ms = mono_ms;
        follow->ask_at_ms = mono_ms + ASK_AGAIN_MS;
        return qf_journal_message_encode(true, &message, buffer);
}

static int say_credit(struct qf_follow *follow, struct qf_buffer *buffer)
{
        struct qf_journal_message message = {
                .what = QF_CREDIT,
                .attach = follow->attach,
                .credit = follow->taken + follow->credit,
        };
        follow->granted = message.credit;
        return qf_journal_message_encode(true, &message, buffer);
}

int qf_follow_say_next(struct qf_follow *follow, int64_t mono_ms, struct qf_buffer *buffer)
{
        if (follow->state == STOPPED || follow->paused)
                return 1;
        if (follow->state == READING && mono_ms - follow->heard_ms > SILENT_MS) {
                follow->say = qf_follow_away;
                leave(follow, mono_ms);
        }
        if (follow->state != READING)
                return mono_ms >= follow->ask_at_ms ? say_attach(follow, mono_ms, buffer) : 1;
        if (follow->taken + follow->credit - follow->granted >= follow->credit / 4)
                return say_credit(follow, buffer);
        return 1;
}

void qf_follow_unsent(struct qf_follow *follow, int64_t mono_ms)
{
        if (follow->state == ASKED) {
                follow->say = qf_follow_away;
                leave(follow, mono_ms + AWAY_RETRY_MS);
        } else if (follow->state == READING) {
                follow->granted =
                        follow->credit; /* the window stands open by a quarter again: said next time */
        }
}

const struct qf_place *qf_follow_place(const struct qf_follow *follow)
{
        return &follow->place;
}

bool qf_follow_attached(const struct qf_follow *follow)
{
        return follow->state == READING;
}

uint64_t qf_follow_last(const struct qf_follow *follow)
{
        return follow->last;
}

uint64_t qf_follow_first(const struct qf_follow *follow)
{
        return follow->first;
}

uint32_t qf_follow_gaps(const struct qf_follow *follow)
{
        return follow->gaps;
}

struct qf_view qf_follow_metrics(const struct qf_follow *follow)
{
        return (struct qf_view){(const char *)follow->metrics.at, (uint32_t)follow->metrics.len};
}

int64_t qf_follow_silent_ms(const struct qf_follow *follow, int64_t mono_ms)
{
        return mono_ms - follow->heard_ms;
}

int64_t qf_follow_beat_ms(const struct qf_follow *follow)
{
        return follow->beat_ms;
}

const char *qf_follow_say(const struct qf_follow *follow)
{
        return follow->say;
}
