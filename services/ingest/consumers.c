/* Why: anything that counts follows the journal from a position of its own, at its
 * own speed, and must notice when the journal is no longer the one it followed.
 * Guarantees: records go out in order without holes within an attachment; a slow
 * or dead consumer costs a few fields; no read transaction is held while sending. */
#include "ingest/consumers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "programme/admission.h"
#include "wire/feed_messages.h"

enum {
        VERSION = 1,
        ARENA_BYTES = 64 * 1024,
        COPY_BYTES = 1024 * 1024,     /* read from the store at once */
        TURN_BYTES = 4 * 1024 * 1024, /* sent to one consumer before others have their turn */
        FETCH_BYTES = 256 * 1024,     /* brought by one Fetch */
        SILENCE_MS = 60 * 1000,       /* full for so long: gone */
        HUNG_MS = 1000,               /* nothing sent for so long: not waited for */
};

struct consumer {
        struct qf_peer peer;
        uint32_t attach;
        bool counts;                       /* is aggregation */
        uint64_t next;                     /* position */
        uint64_t sent, credit;             /* bytes since Attach */
        int64_t full_since_ms;             /* 0: takes what it is sent */
        int64_t mono_ms, moved_ms;         /* of this turn; when it was sent a record last */
        char user[QF_ADMISSION_USER_TEXT]; /* asked about again at each beat */
};

struct qf_consumers {
        struct qf_group *group;
        struct qf_consumers_edges edges;
        struct qf_arena *arena;
        struct qf_buffer frame, copied;
        struct consumer list[QF_CONSUMERS_MAX];
        uint32_t count;
};

int qf_consumers_new(struct qf_group *group, const struct qf_consumers_edges *edges,
                     struct qf_consumers **ret_consumers)
{
        struct qf_consumers *consumers = calloc(1, sizeof *consumers);
        if (!consumers)
                return -ENOMEM;
        consumers->group = group;
        consumers->edges = *edges;
        int result = qf_arena_new(ARENA_BYTES, &consumers->arena);
        if (result < 0) {
                (void)qf_consumers_free(consumers);
                return result;
        }
        *ret_consumers = consumers;
        return 0;
}

struct qf_consumers *qf_consumers_free(struct qf_consumers *consumers)
{
        if (!consumers)
                return NULL;
        (void)qf_arena_free(consumers->arena);
        qf_buffer_deinit(&consumers->frame);
        qf_buffer_deinit(&consumers->copied);
        free(consumers);
        return NULL;
}

uint32_t qf_consumers_count(const struct qf_consumers *consumers)
{
        return consumers->count;
}

static struct consumer *find(struct qf_consumers *consumers, const struct qf_peer *peer)
{
        for (uint32_t i = 0; i < consumers->count; i++) {
                struct consumer *consumer = &consumers->list[i];
                if (consumer->peer.len == peer->len && memcmp(consumer->peer.id, peer->id, peer->len) == 0)
                        return consumer;
        }
        return NULL;
}

static void drop(struct qf_consumers *consumers, struct consumer *consumer)
{
        *consumer = consumers->list[--consumers->count];
}

static int say(struct qf_consumers *consumers, const struct qf_peer *peer,
               const struct qf_journal_message *message, struct qf_view record)
{
        consumers->frame.len = 0;
        int result = qf_journal_message_encode(false, message, &consumers->frame);
        if (result < 0)
                return result;
        struct qf_view frame = {(const char *)consumers->frame.at, (uint32_t)consumers->frame.len};
        return consumers->edges.send(consumers->edges.ctx, peer, frame, record);
}

/* --- attaching ---------------------------------------------------------- */

static int detach(struct qf_consumers *consumers, const struct qf_peer *peer,
                  const struct qf_journal_message *asked, enum qf_detached_why why)
{
        static const char *const said[] = {
                [QF_DETACHED_ROLLED_BACK] = "the journal was restored: count again from its beginning",
                [QF_DETACHED_BEHIND] =
                        "the journal is behind the counts: it was restored by copying, or the disk lost "
                        "writes",
                [QF_DETACHED_OTHER_JOURNAL] = "this is another journal",
                [QF_DETACHED_VERSION] = "this version of the protocol is not spoken here",
                [QF_DETACHED_TOO_MANY] = "16 consumers are attached already",
                [QF_DETACHED_DAMAGED] = "the next record cannot be read: the journal is damaged",
                [QF_DETACHED_TRIMMED] = "the journal was trimmed: what comes next lies in its archive",
                [QF_DETACHED_NOT_ALLOWED] = "this key may not follow the journal: that takes the role admin",
        };
        const struct qf_journal_state *state = qf_group_committed(consumers->group);
        struct consumer *consumer = find(consumers, peer);
        if (consumer)
                drop(consumers, consumer);
        struct qf_journal_message message = {.what = QF_DETACHED,
                                             .attach = asked->attach,
                                             .why = why,
                                             .first = state->first ? state->first : 1,
                                             .last = state->last,
                                             .life_number = state->life_number,
                                             .life_begins = state->life_begins,
                                             .say = qf_view_of(said[why])};
        memcpy(message.life, state->life, sizeof message.life);
        int result = say(consumers, peer, &message, (struct qf_view){0});
        return result < 0 ? result : 0;
}

static bool all_zero(const uint8_t *at, size_t len)
{
        uint8_t any = 0;
        for (size_t i = 0; i < len; i++)
                any |= at[i];
        return any == 0;
}

/* Whether the journal is the one that the consumer followed. 0 in *ret_why: it is. */
static int check_past(struct qf_consumers *consumers, const struct qf_journal_message *asked,
                      uint32_t *ret_why)
{
        const struct qf_journal_state *state = qf_group_committed(consumers->group);
        uint8_t hash[QF_SHA256_BYTES] = {0};
        bool found = false;
        *ret_why = 0;
        if (asked->version != VERSION)
                *ret_why = QF_DETACHED_VERSION;
        else if (!all_zero(asked->journal, sizeof asked->journal) &&
                 memcmp(asked->journal, state->journal, sizeof state->journal) != 0)
                *ret_why = QF_DETACHED_OTHER_JOURNAL;
        else if (asked->position + 1 < state->first)
                *ret_why = QF_DETACHED_TRIMMED;
        if (*ret_why != 0 || asked->position == 0)
                return 0;
        int result = asked->position <= state->last
                             ? qf_group_hash_at(consumers->group, asked->position, hash, &found)
                             : 0;
        if (result < 0)
                return result;
        if (!found || memcmp(hash, asked->hash, sizeof hash) != 0) {
                /* The consumer knows which lives it followed: one that it does not know tells it why. */
                *ret_why = state->life_number > 1 ? QF_DETACHED_ROLLED_BACK : QF_DETACHED_BEHIND;
        }
        if (!found && asked->position <= state->last)
                *ret_why = QF_DETACHED_DAMAGED;
        return 0;
}

/* Room for one more: whoever is full or gone makes it. */
static bool make_room(struct qf_consumers *consumers)
{
        for (uint32_t i = 0; consumers->count == QF_CONSUMERS_MAX && i < consumers->count; i++) {
                if (consumers->list[i].full_since_ms != 0)
                        drop(consumers, &consumers->list[i]);
        }
        return consumers->count < QF_CONSUMERS_MAX;
}

static bool may(const struct qf_consumers *consumers, struct qf_view user)
{
        return !consumers->edges.may || consumers->edges.may(consumers->edges.ctx, user);
}

static int attach(struct qf_consumers *consumers, const struct qf_peer *peer, struct qf_view user,
                  const struct qf_journal_message *asked)
{
        const struct qf_journal_state *state = qf_group_committed(consumers->group);
        uint32_t why;
        int result = check_past(consumers, asked, &why);
        if (result < 0)
                return result;
        struct consumer *consumer = find(consumers, peer);
        if (why == 0 && !consumer && !make_room(consumers))
                why = QF_DETACHED_TOO_MANY;
        if (why != 0)
                return detach(consumers, peer, asked, why);
        if (!consumer)
                consumer = &consumers->list[consumers->count++];
        *consumer = (struct consumer){.peer = *peer,
                                      .attach = asked->attach,
                                      .counts = qf_view_same(asked->name, QF_VIEW("aggregate")),
                                      .next = asked->position + 1,
                                      .credit = asked->credit};
        qf_admission_copy(user, consumer->user);
        struct qf_journal_message message = {.what = QF_ATTACHED,
                                             .attach = asked->attach,
                                             .first = state->first ? state->first : 1,
                                             .last = state->last};
        memcpy(message.journal, state->journal, sizeof message.journal);
        memcpy(message.life, state->life, sizeof message.life);
        result = say(consumers, peer, &message, (struct qf_view){0});
        if (result > 0)
                drop(consumers, consumer);
        return result < 0 ? result : 0;
}

/* A name is one line of a list (kept.h). */
static int take_kept(struct qf_consumers *consumers, const struct qf_journal_message *message)
{
        const struct qf_journal_state *state = qf_group_committed(consumers->group);
        uint8_t hash[QF_SHA256_BYTES];
        bool found = false;
        if (!consumers->edges.kept || message->position == 0 || message->position > state->last ||
            message->name.len == 0)
                return 0;
        int result = qf_group_hash_at(consumers->group, message->position, hash, &found);
        if (result == 0 && found && memcmp(hash, message->hash, sizeof hash) == 0)
                consumers->edges.kept(consumers->edges.ctx, message->name, message->position, hash);
        return result;
}

/* Whole records from a position that the journal has on, and at least one. positive: it cannot be read. */
static int copy_from(struct qf_consumers *consumers, uint64_t position, size_t most_bytes)
{
        consumers->copied.len = 0;
        int result = qf_group_copy_records(consumers->group, position, most_bytes, &consumers->copied);
        return result == QF_STORE_DAMAGED || (result == 0 && consumers->copied.len == 0) ? 1 : result;
}

/* A few records, once: who asks keeps the place. What its socket does not take it asks for again. */
static int take_fetch(struct qf_consumers *consumers, const struct qf_peer *peer,
                      const struct qf_journal_message *asked)
{
        const struct qf_journal_state *state = qf_group_committed(consumers->group);
        const uint64_t first = state->first ? state->first : 1;
        const uint64_t least = asked->credit ? asked->credit : 1;
        const size_t most = least < FETCH_BYTES ? (size_t)least : FETCH_BYTES;
        struct qf_journal_message message = {.what = QF_RECORD,
                                             .attach = asked->attach,
                                             .position = asked->position > first ? asked->position : first};
        int result = 0;

        consumers->copied.len = 0;
        if (message.position <= state->last)
                result = copy_from(consumers, message.position, most);
        if (result > 0)
                return detach(consumers, peer, asked, QF_DETACHED_DAMAGED);
        for (size_t at = 0; result == 0 && at < consumers->copied.len;) {
                const uint32_t len = qf_get_le32(consumers->copied.at + at);
                result = say(consumers, peer, &message,
                             (struct qf_view){(const char *)consumers->copied.at + at + 4, len});
                message.position += result == 0;
                at += 4 + (size_t)len;
        }
        message.what = QF_FETCHED;
        message.first = first;
        message.last = state->last;
        if (result >= 0)
                result = say(consumers, peer, &message, (struct qf_view){0});
        return result < 0 ? result : 0;
}

int qf_consumers_take(struct qf_consumers *consumers, const struct qf_peer *peer, struct qf_view user,
                      struct qf_view bytes)
{
        struct qf_journal_message message;
        struct qf_wire_fault fault;
        qf_arena_reset(consumers->arena);
        int result = qf_journal_message_decode(consumers->arena, true, bytes, &message, &fault);
        if (result != 0)
                return result < 0 ? result
                                  : 0; /* one of our own programs speaks nonsense: nothing to answer */
        if (!may(consumers, user))
                return detach(consumers, peer, &message, QF_DETACHED_NOT_ALLOWED);
        if (message.what == QF_ATTACH)
                return attach(consumers, peer, user, &message);
        if (message.what == QF_KEPT)
                return take_kept(consumers, &message);
        if (message.what == QF_FETCH)
                return take_fetch(consumers, peer, &message);
        struct consumer *consumer = find(consumers, peer);
        if (message.what == QF_CREDIT && consumer && consumer->attach == message.attach &&
            message.credit > consumer->credit)
                consumer->credit = message.credit;
        return 0;
}

/* --- sending ------------------------------------------------------------ */

/* 0: sent; positive: the consumer is full. */
static int send_record(struct qf_consumers *consumers, struct consumer *consumer, struct qf_view record)
{
        struct qf_journal_message message = {
                .what = QF_RECORD, .attach = consumer->attach, .position = consumer->next};
        int result = say(consumers, &consumer->peer, &message, record);
        if (result > 0 && consumer->full_since_ms == 0)
                consumer->full_since_ms = consumer->mono_ms;
        if (result != 0)
                return result;
        consumer->full_since_ms = 0;
        consumer->moved_ms = consumer->mono_ms;
        consumer->sent += record.len;
        consumer->next++;
        return 0;
}

/* 1: the consumer is gone. */
static int send_away(struct qf_consumers *consumers, const struct consumer *consumer,
                     enum qf_detached_why why)
{
        struct qf_peer peer = consumer->peer;
        struct qf_journal_message asked = {.attach = consumer->attach};
        int result = detach(consumers, &peer, &asked, why);
        return result < 0 ? result : 1;
}

static int send_from_store(struct qf_consumers *consumers, struct consumer *consumer)
{
        int result = copy_from(consumers, consumer->next, COPY_BYTES);
        if (result > 0)
                return send_away(consumers, consumer, QF_DETACHED_DAMAGED);
        for (size_t at = 0; result == 0 && at < consumers->copied.len && consumer->sent < consumer->credit;) {
                uint32_t len = qf_get_le32(consumers->copied.at + at);
                result = send_record(consumers, consumer,
                                     (struct qf_view){(const char *)consumers->copied.at + at + 4, len});
                at += 4 + (size_t)len;
        }
        return result;
}

static int pump_one(struct qf_consumers *consumers, struct consumer *consumer, bool *ret_more)
{
        uint64_t last = qf_group_committed(consumers->group)->last, begun = consumer->sent;
        int result = 0;
        while (result == 0 && consumer->next <= last && consumer->sent < consumer->credit) {
                struct qf_view record;
                uint8_t hash[QF_SHA256_BYTES];
                if (consumer->sent - begun >= TURN_BYTES) {
                        *ret_more = true;
                        break;
                }
                if (qf_tail_get(qf_group_tail(consumers->group), consumer->next, false, &record, hash))
                        result = send_record(consumers, consumer, record);
                else
                        result = send_from_store(consumers, consumer);
        }
        return result;
}

int qf_consumers_pump(struct qf_consumers *consumers, int64_t mono_ms, bool *ret_more)
{
        for (uint32_t i = 0; i < consumers->count; i++) {
                consumers->list[i].mono_ms = mono_ms;
                int result = pump_one(consumers, &consumers->list[i], ret_more);
                if (result < 0)
                        return result;
        }
        return 0;
}

uint32_t qf_consumers_behind(const struct qf_consumers *consumers)
{
        const struct qf_tail *tail = qf_group_tail(consumers->group);
        uint32_t most = 0;

        for (uint32_t i = 0; i < consumers->count; i++) {
                const struct consumer *consumer = &consumers->list[i];
                const bool waited_for = consumer->counts && consumer->mono_ms - consumer->moved_ms < HUNG_MS;
                const uint32_t behind = waited_for ? qf_tail_behind(tail, consumer->next) : 0;
                most = behind > most ? behind : most;
        }
        return most;
}

int qf_consumers_beat(struct qf_consumers *consumers, int64_t mono_ms, const struct qf_beat *beat)
{
        const struct qf_journal_state *state = qf_group_committed(consumers->group);
        struct qf_journal_message message = {.what = QF_BEAT,
                                             .last = state->last,
                                             .now_ms = qf_group_key_ms(consumers->group, beat->now_ms),
                                             .gaps = beat->gaps,
                                             .metrics = beat->metrics};
        memcpy(message.life, state->life, sizeof message.life);
        for (uint32_t i = consumers->count; i-- > 0;) {
                struct consumer *consumer = &consumers->list[i];
                message.attach = consumer->attach;
                if (!may(consumers, qf_view_of(consumer->user))) {
                        int gone = send_away(consumers, consumer, QF_DETACHED_NOT_ALLOWED);
                        if (gone < 0)
                                return gone;
                        continue;
                }
                int result = say(consumers, &consumer->peer, &message, (struct qf_view){0});
                if (result < 0)
                        return result;
                if (result == 0)
                        continue;
                if (consumer->full_since_ms == 0)
                        consumer->full_since_ms = mono_ms;
                if (mono_ms - consumer->full_since_ms > SILENCE_MS)
                        drop(consumers, consumer);
        }
        return 0;
}
