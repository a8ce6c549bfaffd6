/* See the header. Credit is absolute since Subscribe and counts the bytes of
 * Updates without their envelope, so that a subscriber who counts either the
 * message or the Update never grants less than we think. */
#include "report/subscribers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/audience.h"

enum {
        ARENA_BYTES = 1024 * 1024,
        FRAMES_PER_TURN = 4, /* of one subscriber, so that none holds up the others */
        AGAIN_MS = 100,      /* after a connection took nothing */
        FORGET_MS = 15000,
};

struct subscriber {
        struct qf_peer peer;
        uint32_t id;
        char user[QF_ADMISSION_USER_TEXT]; /* its key: numbers are another journal's after a restore */
        uint32_t source;                   /* by the registers of stamp */
        uint64_t stamp;                    /* of the registers that its key was looked up in last, */
        uint32_t today;                    /* and the day */
        uint64_t rights;                   /* position of what it may read, as far as it was sent */
        struct qf_audience *audience;
        struct qf_stand stand;
        uint64_t sent, credit; /* bytes since Subscribe */
        uint32_t every_ms;
        int64_t next_ms;    /* not before */
        int64_t refused_ms; /* since when the connection takes nothing; 0: it does */
};

struct qf_subscribers {
        struct qf_subscribers_calls calls;
        struct qf_arena *arena;
        struct qf_audience *audiences;
        uint32_t count;
        struct subscriber *at[QF_SUBSCRIBERS_MAX];
};

int qf_subscribers_new(const struct qf_subscribers_calls *calls, struct qf_subscribers **ret_subscribers)
{
        struct qf_subscribers *subscribers = calloc(1, sizeof(*subscribers));
        int r = subscribers ? qf_arena_new(ARENA_BYTES, &subscribers->arena) : -ENOMEM;

        if (r < 0) {
                free(subscribers);
                return r;
        }
        subscribers->calls = *calls;
        *ret_subscribers = subscribers;
        return 0;
}

static void forget(struct qf_subscribers *subscribers, uint32_t i)
{
        struct subscriber *gone = subscribers->at[i];

        qf_audience_leave(&subscribers->audiences, gone->audience);
        free(gone);
        subscribers->at[i] = subscribers->at[--subscribers->count];
}

struct qf_subscribers *qf_subscribers_free(struct qf_subscribers *subscribers)
{
        if (!subscribers)
                return NULL;
        while (subscribers->count > 0)
                forget(subscribers, subscribers->count - 1);
        (void)qf_arena_free(subscribers->arena);
        free(subscribers);
        return NULL;
}

void qf_subscribers_set_most(struct qf_subscribers *subscribers, uint32_t of_source_max)
{
        subscribers->calls.of_source_max = of_source_max;
}

uint32_t qf_subscribers_count(const struct qf_subscribers *subscribers)
{
        return subscribers->count;
}

static bool is_peer(const struct subscriber *subscriber, const struct qf_peer *peer)
{
        return subscriber->peer.len == peer->len && memcmp(subscriber->peer.id, peer->id, peer->len) == 0;
}

/* Its index, or count. */
static uint32_t find(const struct qf_subscribers *subscribers, const struct qf_peer *peer, uint32_t id)
{
        uint32_t i = 0;

        while (i < subscribers->count && !(subscribers->at[i]->id == id && is_peer(subscribers->at[i], peer)))
                i++;
        return i;
}

/* Those of a source whose connection takes nothing make way for what it asks anew. */
static void forget_stuck(struct qf_subscribers *subscribers, uint32_t source)
{
        for (uint32_t i = subscribers->count; i-- > 0;)
                if (subscribers->at[i]->source == source && subscribers->at[i]->refused_ms != 0)
                        forget(subscribers, i);
}

static bool may_join(const struct qf_subscribers *subscribers, const struct qf_peer *peer, uint32_t source)
{
        const uint32_t of_source_max = subscribers->calls.of_source_max;
        uint32_t of_peer = 0, of_source = 0;

        for (uint32_t i = 0; i < subscribers->count; i++) {
                of_peer += is_peer(subscribers->at[i], peer);
                of_source += subscribers->at[i]->source == source;
        }
        return subscribers->count < QF_SUBSCRIBERS_MAX && of_peer < QF_SUBSCRIPTIONS_PER_PEER_MAX &&
               (of_source_max == 0 || of_source < of_source_max);
}

static bool well_formed(const struct qf_from_reader *ask)
{
        if (ask->prefixes_count > QF_PREFIXES_MAX ||
            (ask->want & ~(uint32_t)(QF_WANT_CELLS | QF_WANT_REGISTERS)) != 0)
                return false;
        for (uint32_t i = 0; i < ask->prefixes_count; i++)
                if (ask->prefixes[i].len > QF_PREFIX_BYTES_MAX)
                        return false;
        return true;
}

static void take_stand(struct subscriber *subscriber, const struct qf_published *now, bool fresh,
                       uint64_t have)
{
        qf_fanout_begin(&subscriber->stand.fanout, have, fresh);
        subscriber->stand.registers_next = fresh ? 0 : qf_register_log_after(now->log, have);
}

/* Cells that changed before it may read them it was never sent: who holds an older picture begins from nothing. */
static uint64_t rights_of(const struct qf_published *now, const struct qf_source *source)
{
        return source->roles & QF_ROLE_ADMIN ? 0 : qf_programme_rights_changed(now->programme, source);
}

static const struct qf_source *source_of(const struct qf_published *now, struct qf_view user)
{
        return qf_admission_source(now->programme, user, now->now_ms, QF_MAY_READ);
}

int qf_subscribers_join(struct qf_subscribers *subscribers, const struct qf_published *now,
                        const struct qf_peer *peer, struct qf_view user, const struct qf_from_reader *ask,
                        int64_t mono_ms)
{
        const struct qf_source *source = source_of(now, user);
        uint32_t i = find(subscribers, peer, ask->id);
        struct subscriber *subscriber;
        int r;

        if (!source)
                return QF_REFUSED_NOT_ALLOWED;
        if (!well_formed(ask))
                return QF_REFUSED_MALFORMED;
        if (i < subscribers->count)
                forget(subscribers, i);
        if (!may_join(subscribers, peer, source->ref))
                forget_stuck(subscribers, source->ref);
        if (!may_join(subscribers, peer, source->ref))
                return QF_REFUSED_BUSY;
        subscriber = calloc(1, sizeof(*subscriber));
        if (!subscriber)
                return -ENOMEM;
        r = qf_audience_join(&subscribers->audiences, ask, source, &subscriber->audience);
        if (r < 0) {
                free(subscriber);
                return r;
        }
        subscriber->peer = *peer;
        subscriber->id = ask->id;
        qf_admission_copy(user, subscriber->user);
        subscriber->source = source->ref;
        subscriber->stamp = now->stamp;
        subscriber->today = qf_admission_today(now->programme, now->now_ms);
        subscriber->credit = ask->credit;
        subscriber->every_ms = ask->every_ms;
        subscriber->next_ms = mono_ms;
        subscriber->rights = rights_of(now, source);
        take_stand(subscriber, now,
                   memcmp(ask->epoch, now->epoch, sizeof(now->epoch)) != 0 || ask->have < subscriber->rights,
                   ask->have);
        subscribers->at[subscribers->count++] = subscriber;
        return 0;
}

void qf_subscribers_more(struct qf_subscribers *subscribers, const struct qf_peer *peer, uint32_t id,
                         uint64_t credit)
{
        uint32_t i = find(subscribers, peer, id);

        if (i < subscribers->count && credit > subscribers->at[i]->credit)
                subscribers->at[i]->credit = credit;
}

void qf_subscribers_leave(struct qf_subscribers *subscribers, const struct qf_peer *peer, uint32_t id)
{
        uint32_t i = find(subscribers, peer, id);

        if (i < subscribers->count)
                forget(subscribers, i);
}

void qf_subscribers_begin_anew(struct qf_subscribers *subscribers, const struct qf_published *now,
                               bool another_epoch)
{
        for (struct qf_audience *audience = subscribers->audiences; audience; audience = audience->next)
                qf_audience_forget(audience);
        for (uint32_t i = 0; i < subscribers->count; i++) {
                struct subscriber *subscriber = subscribers->at[i];
                bool fresh = another_epoch || subscriber->stand.fanout.fresh;

                take_stand(subscriber, now, fresh, subscriber->stand.fanout.held);
        }
}

/* The Update's own bytes: the message without the tag and length around it. */
static uint64_t update_bytes(struct qf_view frame)
{
        uint32_t length_bytes = frame.len < 130 ? 1 : frame.len < 16388 ? 2 : 3;

        return frame.len > length_bytes + 1 ? frame.len - length_bytes - 1 : frame.len;
}

/* 0 sent; positive 1: the connection took it not, and the place is as it was. */
static int send_frame(struct qf_subscribers *subscribers, struct subscriber *subscriber,
                      const struct qf_published *now, int64_t mono_ms)
{
        struct qf_stand stand = subscriber->stand;
        struct qf_view frame;
        int r = qf_audience_frame(subscriber->audience, now, subscribers->arena, subscriber->id, &stand,
                                  &frame);

        if (r == 0)
                r = subscribers->calls.send(subscribers->calls.ctx, &subscriber->peer, frame);
        if (r < 0)
                return r;
        if (r > 0) {
                if (subscriber->refused_ms == 0)
                        subscriber->refused_ms = mono_ms;
                subscriber->next_ms = mono_ms + AGAIN_MS;
                return 1;
        }
        subscriber->refused_ms = 0;
        subscriber->sent += update_bytes(frame);
        subscriber->stand = stand;
        return 0;
}

static bool is_due(const struct subscriber *subscriber, const struct qf_published *now)
{
        return subscriber->sent < subscriber->credit &&
               qf_audience_due(subscriber->audience, now, &subscriber->stand);
}

static int send_frames(struct qf_subscribers *subscribers, struct subscriber *subscriber,
                       const struct qf_published *now, int64_t mono_ms)
{
        for (int i = 0; i < FRAMES_PER_TURN && is_due(subscriber, now); i++) {
                int r = send_frame(subscribers, subscriber, now, mono_ms);

                if (r != 0)
                        return r < 0 ? r : 0;
                if (!qf_audience_due(subscriber->audience, now, &subscriber->stand))
                        subscriber->next_ms = mono_ms + subscriber->every_ms;
        }
        return 0;
}

static int serve(struct qf_subscribers *subscribers, struct subscriber *subscriber,
                 const struct qf_published *now, int64_t mono_ms, bool *ret_more)
{
        const struct qf_subscribers_calls *calls = &subscribers->calls;
        const uint64_t sent = subscriber->sent;
        int r = 0;

        if (mono_ms < subscriber->next_ms || !is_due(subscriber, now))
                return 0;
        if (calls->begin)
                r = calls->begin(calls->ctx, subscriber->source);
        if (r != 0)
                return r < 0 ? r : 0; /* a later turn asks again */
        r = send_frames(subscribers, subscriber, now, mono_ms);
        if (r == 0 && calls->end)
                r = calls->end(calls->ctx, subscriber->source, subscriber->sent - sent);
        *ret_more |= mono_ms >= subscriber->next_ms && is_due(subscriber, now);
        return r;
}

/* Who may read no more is told so, once, and forgotten. */
static int dismiss(struct qf_subscribers *subscribers, uint32_t i)
{
        struct subscriber *subscriber = subscribers->at[i];
        const struct qf_to_reader denied = {.what = QF_DENIED,
                                            .id = subscriber->id,
                                            .why = QF_REFUSED_NOT_ALLOWED,
                                            .say = QF_VIEW("this key may no longer read")};
        struct qf_buffer frame = {0};
        int r = qf_to_reader_encode(&denied, &frame);

        if (r == 0)
                r = subscribers->calls.send(subscribers->calls.ctx, &subscriber->peer,
                                            (struct qf_view){(const char *)frame.at, (uint32_t)frame.len});
        qf_buffer_deinit(&frame);
        forget(subscribers, i);
        return r < 0 ? r : 0;
}

/* After a change of the registers, and when a day ends. Who is no longer, or now is, an admin subscribes again with its new rights. */
static int dismiss_revoked(struct qf_subscribers *subscribers, const struct qf_published *now)
{
        uint32_t today = qf_admission_today(now->programme, now->now_ms);
        int r = 0;

        for (uint32_t i = subscribers->count; i-- > 0 && r == 0;) {
                struct subscriber *subscriber = subscribers->at[i];
                const struct qf_source *source;

                if (subscriber->stamp == now->stamp && subscriber->today == today)
                        continue;
                subscriber->stamp = now->stamp;
                subscriber->today = today;
                source = source_of(now, qf_view_of(subscriber->user));
                subscriber->source = source ? source->ref : 0;
                if (!source)
                        r = dismiss(subscribers, i);
                else if (((source->roles & QF_ROLE_ADMIN) != 0) != (subscriber->audience->source[0] == '\0'))
                        forget(subscribers, i);
                else if (rights_of(now, source) != subscriber->rights) { /* lower: another journal's */
                        subscriber->rights = rights_of(now, source);
                        take_stand(subscriber, now, true, 0);
                }
        }
        return r;
}

int qf_subscribers_turn(struct qf_subscribers *subscribers, const struct qf_published *now, int64_t mono_ms,
                        bool *ret_more)
{
        int gone = dismiss_revoked(subscribers, now);

        if (gone < 0)
                return gone;
        for (uint32_t i = 0; i < subscribers->count; i++) {
                int r = serve(subscribers, subscribers->at[i], now, mono_ms, ret_more);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int pulse_one(struct qf_subscribers *subscribers, struct subscriber *subscriber, struct qf_view frame,
                     int64_t mono_ms)
{
        int r = subscribers->calls.send(subscribers->calls.ctx, &subscriber->peer, frame);

        if (r == 0)
                subscriber->refused_ms = 0;
        else if (r > 0 && subscriber->refused_ms == 0)
                subscriber->refused_ms = mono_ms;
        return r < 0 ? r : 0;
}

int qf_subscribers_pulse(struct qf_subscribers *subscribers, struct qf_to_reader *pulse, int64_t mono_ms)
{
        struct qf_buffer frame = {0};
        bool made = false;
        int r = 0;

        for (uint32_t i = subscribers->count; i-- > 0 && r == 0;) {
                struct subscriber *subscriber = subscribers->at[i];

                if (subscriber->refused_ms && mono_ms - subscriber->refused_ms > FORGET_MS) {
                        forget(subscribers, i);
                        continue;
                }
                if (!made || pulse->id != subscriber->id) {
                        pulse->id = subscriber->id;
                        frame.len = 0;
                        r = qf_to_reader_encode(pulse, &frame);
                        made = r == 0;
                }
                if (r == 0)
                        r = pulse_one(subscribers, subscriber,
                                      (struct qf_view){(const char *)frame.at, (uint32_t)frame.len}, mono_ms);
        }
        qf_buffer_deinit(&frame);
        return r;
}
