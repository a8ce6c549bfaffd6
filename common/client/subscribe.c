/* A subscriber's protocol: Subscribe, credit, resume. It assumes of the server
 * what PROTOCOL.md 7 says, and of the connection nothing: whatever is lost shows
 * as silence or as a gap, and both end in another Subscribe from what is held.
 *
 *      ┌─ Subscribe(epoch, have) ◄─ silence, gap, nothing newer though a Pulse says there is ─┐
 *      ▼                                                                                     │
 *   arriving ── end ──► held ── Update after ≤ have ──► arriving ──────────────────────────────┘ */
#include "client/subscribe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "client/arriving.h"

enum {
        SUBSCRIPTION_ID = 1,
        NAMES_ID = 2, /* of what is asked for before, by one that resumes: what comes of it is told apart */
        PROTOCOL = 1,
        ARENA_BYTES = 8 * 1024 * 1024,
        CREDIT_BYTES = 1024 * 1024,
        CELLS_MAX = 4000000,
        SILENT_MS = 1250, /* pulses come each second: ask again */
        DEAD_MS = 3000,
        PICTURE_PATIENCE = 4, /* asked again, a picture begins anew */
        AGAIN_MS = 100,       /* between two Subscribes, whatever happens */
        BEHIND_MS = 3000,     /* nothing newer for so long though a Pulse says there is */
        MESSAGES_PER_TURN = 256,
        SAY_BYTES = 256,
};

struct qf_subscription {
        struct qf_socket *socket;
        struct qf_subscription_calls calls;
        uint32_t want, every_ms, credit_bytes;
        struct qf_view prefixes[QF_PREFIXES_MAX];
        uint32_t prefixes_count;
        struct qf_arena *arena;
        struct qf_buffer out;

        struct qf_held held;
        struct qf_arriving arriving;
        uint8_t epoch[QF_EPOCH_BYTES]; /* of what is held */
        uint8_t arriving_epoch[QF_EPOCH_BYTES];
        bool is_held;
        uint64_t
                resume; /* version to go on from, in the epoch that is "of what is held"; 0: none, or gone on */
        bool whole;     /* arriving holds all of its transfer up to now */
        bool rows_follow; /* cells are held, and not all rows yet */

        bool again;                            /* Subscribe with the next turn */
        uint32_t connections;                  /* made so far */
        int64_t asked_ms, heard_ms, update_ms; /* monotonic; 0: never */
        uint64_t received, credit;
        struct qf_pulse pulse;
        struct {
                uint8_t epoch[QF_EPOCH_BYTES];
                uint64_t version;
                int64_t at_ms;
                bool waits;
        } complete; /* what a Pulse said of totals that are still to come; those after it wait for it */
        char say[SAY_BYTES];
};

/* 0; positive 1: there is no connection yet, or its queue is full. */
static int send(struct qf_subscription *subscription, const struct qf_from_reader *message)
{
        subscription->out.len = 0;
        int r = qf_from_reader_encode(message, &subscription->out);
        return r ? r
                 : qf_socket_send(
                           subscription->socket, NULL,
                           (struct qf_view){(char *)subscription->out.at, (uint32_t)subscription->out.len},
                           (struct qf_view){0});
}

static uint32_t id_of(const struct qf_subscription *subscription)
{
        return subscription->resume ? NAMES_ID : SUBSCRIPTION_ID;
}

/* What cannot be sent now is forgotten: the server notices. */
static int leave(struct qf_subscription *subscription)
{
        const struct qf_from_reader message = {
                .what = QF_LEAVE, .version = PROTOCOL, .id = id_of(subscription)};
        return send(subscription, &message);
}

struct qf_subscription *qf_subscription_close(struct qf_subscription *subscription)
{
        if (!subscription)
                return NULL;
        if (subscription->socket) {
                (void)leave(subscription);
                subscription->socket = qf_socket_close(subscription->socket);
        }
        for (uint32_t i = 0; i < subscription->prefixes_count; i++)
                free((char *)subscription->prefixes[i].at);
        qf_arriving_deinit(&subscription->arriving);
        subscription->held.programme = qf_programme_free(subscription->held.programme);
        subscription->held.picture = qf_picture_free(subscription->held.picture);
        qf_buffer_deinit(&subscription->out);
        subscription->arena = qf_arena_free(subscription->arena);
        free(subscription);
        return NULL;
}

static int copy_prefixes(struct qf_subscription *subscription, const struct qf_subscription_options *options)
{
        if (options->prefixes_count > QF_PREFIXES_MAX)
                return -E2BIG;
        for (uint32_t i = 0; i < options->prefixes_count; i++) {
                char *copy = strdup(options->prefixes[i]);
                if (!copy)
                        return -ENOMEM;
                subscription->prefixes[subscription->prefixes_count++] = qf_view_of(copy);
        }
        return 0;
}

static int prepare(struct qf_subscription *subscription, const struct qf_subscription_options *options)
{
        int r = copy_prefixes(subscription, options);
        if (!r)
                r = qf_arena_new(ARENA_BYTES, &subscription->arena);
        if (!r)
                r = qf_programme_new(&subscription->held.programme);
        if (!r)
                r = qf_picture_new(&subscription->held.picture);
        qf_arriving_init(&subscription->arriving, options->cells_max ? options->cells_max : CELLS_MAX,
                         options->keeps);
        return r;
}

int qf_subscription_open(struct qf_socket **socket, const struct qf_subscription_options *options,
                         struct qf_subscription **ret_subscription)
{
        struct qf_subscription *subscription = calloc(1, sizeof(*subscription));
        if (!subscription) {
                *socket = qf_socket_close(*socket);
                return -ENOMEM;
        }
        subscription->socket = QF_TAKE(*socket);
        subscription->calls = options->calls;
        subscription->want = options->want == QF_WANT_REGISTERS
                                     ? QF_WANT_REGISTERS
                                     : options->want | QF_WANT_CELLS | QF_WANT_REGISTERS;
        subscription->every_ms = options->every_ms;
        subscription->credit_bytes = options->credit_bytes ? options->credit_bytes : CREDIT_BYTES;
        subscription->again = true;
        int r = prepare(subscription, options);
        if (r) {
                subscription = qf_subscription_close(subscription);
                return r;
        }
        *ret_subscription = subscription;
        return 0;
}

void qf_subscription_resume(struct qf_subscription *subscription, const uint8_t epoch[QF_EPOCH_BYTES],
                            uint64_t version)
{
        memcpy(subscription->epoch, epoch, sizeof(subscription->epoch));
        subscription->resume = version;
}

/* --- asking ------------------------------------------------------------- */

static int subscribe(struct qf_subscription *subscription, int64_t mono_ms)
{
        const bool goes_on = subscription->is_held && !subscription->rows_follow;
        struct qf_from_reader message = {
                .what = QF_SUBSCRIBE,
                .version = PROTOCOL,
                .id = id_of(subscription),
                .have = goes_on ? subscription->held.version : 0,
                .prefixes_count = subscription->prefixes_count,
                .prefixes = subscription->prefixes,
                .credit = subscription->credit_bytes,
                .every_ms = subscription->every_ms,
                .want = subscription->resume ? QF_WANT_REGISTERS : subscription->want,
        };
        if (subscription->is_held)
                memcpy(message.epoch, subscription->epoch, sizeof(message.epoch));
        subscription->asked_ms = mono_ms;
        /* The server goes on from what is held, and says again all that had half arrived: that may stay, and has to,
         * as the rest of it can be on its way. A picture that began anew is given up. */
        int r = subscription->arriving.programme ? qf_arriving_begin(&subscription->arriving, false) : 0;
        if (r)
                return r;
        subscription->whole = false;
        r = send(subscription, &message);
        subscription->again = r > 0; /* not connected yet */
        if (r)
                return r < 0 ? r : 0;
        subscription->received = 0;
        subscription->credit = subscription->credit_bytes;
        subscription->update_ms = mono_ms;
        return 0;
}

static int give_credit(struct qf_subscription *subscription)
{
        if (subscription->credit - subscription->received >= subscription->credit_bytes / 2 &&
            subscription->credit > subscription->received)
                return 0;
        const struct qf_from_reader message = {
                .what = QF_MORE,
                .version = PROTOCOL,
                .id = id_of(subscription),
                .credit = subscription->received + subscription->credit_bytes,
        };
        int r = send(subscription, &message);
        if (!r)
                subscription->credit = message.credit;
        return r < 0 ? r : 0;
}

/* The last Pulse is of other totals than what is held: versions are none of each other's. */
static bool pulse_is_other(const struct qf_subscription *subscription)
{
        return subscription->is_held && subscription->pulse.heard &&
               memcmp(subscription->pulse.epoch, subscription->epoch, QF_EPOCH_BYTES) != 0;
}

static bool is_behind(const struct qf_subscription *subscription, int64_t mono_ms)
{
        if (subscription->is_held && !pulse_is_other(subscription) &&
            subscription->pulse.version <= subscription->held.version)
                return false;
        return subscription->pulse.version &&
               mono_ms - subscription->update_ms > BEHIND_MS + (int64_t)subscription->every_ms;
}

static bool should_ask(const struct qf_subscription *subscription, int64_t mono_ms)
{
        if (!subscription->asked_ms)
                return true;
        const int64_t asked = mono_ms - subscription->asked_ms, heard = mono_ms - subscription->heard_ms;
        if (subscription->again)
                return asked >= AGAIN_MS;
        const int64_t silent = subscription->arriving.programme ? SILENT_MS * PICTURE_PATIENCE : SILENT_MS;
        return (heard >= silent && asked >= silent) || is_behind(subscription, mono_ms);
}

/* --- what arrives ------------------------------------------------------- */

static int begin_anew(struct qf_subscription *subscription, const struct qf_to_reader *update)
{
        int r = qf_arriving_begin(&subscription->arriving, true);
        if (r)
                return r;
        memcpy(subscription->arriving_epoch, update->epoch, sizeof(update->epoch));
        subscription->whole = true;
        return subscription->calls.begins && !subscription->resume
                       ? subscription->calls.begins(subscription->calls.ctx)
                       : 0;
}

/* Whether a frame can be made use of: 0; positive 1: not, as it is old or follows something lost. */
static int fits(struct qf_subscription *subscription, const struct qf_to_reader *update)
{
        if (update->fresh)
                return begin_anew(subscription, update);
        if (subscription->arriving.programme && update->after > 0) {
                /* Frames of a picture from nothing follow nothing: the server gave it up, and goes on from what is
                 * held. What came of it must not be taken for a whole picture with these frames. */
                int r = qf_arriving_begin(&subscription->arriving, false);
                if (r)
                        return r;
                subscription->whole = false;
        }
        const bool anew = subscription->arriving.programme != NULL;
        const uint8_t *epoch = anew ? subscription->arriving_epoch : subscription->epoch;
        const bool known = (anew || subscription->is_held) && !memcmp(epoch, update->epoch, QF_EPOCH_BYTES);
        if (known && !anew &&
            (update->upto + subscription->rows_follow <= subscription->held.version ||
             (update->after == 0 && subscription->held.version > 0)))
                return 1; /* of a server that counts again what is held here; of a picture that was given up */
        if (known && (anew ? subscription->whole : update->after <= subscription->held.version))
                return 0;
        subscription->again = true;
        return 1;
}

static int take_parts(struct qf_subscription *subscription, const struct qf_to_reader *update)
{
        const struct qf_subscription_calls *calls = &subscription->calls;
        int r = 0;
        for (uint32_t i = 0; !r && i < update->events_count; i++) {
                r = qf_arriving_register(&subscription->arriving, &subscription->held, subscription->arena,
                                         update->events[i], update->upto);
                if (!r && calls->registered && !subscription->resume)
                        r = calls->registered(calls->ctx, update->events[i]);
        }
        if (!r)
                r = qf_arriving_cells(&subscription->arriving, &subscription->held, subscription->arena,
                                      &update->cells);
        if (!r && update->rows.count && calls->rows)
                r = calls->rows(calls->ctx, &update->rows);
        if (!r && update->declared_count && calls->declared)
                r = calls->declared(calls->ctx, update->declared, update->declared_count);
        return r;
}

/* The names are known: from here on as after a connection that was lost. */
static int settle_names(struct qf_subscription *subscription, uint64_t version)
{
        int r = qf_arriving_settle(&subscription->arriving, &subscription->held, version,
                                   &(struct qf_arriving_calls){0});
        if (r)
                return r;
        (void)leave(subscription);
        subscription->held.version = subscription->resume;
        subscription->resume = 0;
        subscription->is_held = true;
        subscription->again = true;
        return 0;
}

static void note_complete(struct qf_subscription *subscription)
{
        if (!subscription->complete.waits || !subscription->is_held ||
            subscription->complete.version > subscription->held.version ||
            memcmp(subscription->complete.epoch, subscription->epoch, QF_EPOCH_BYTES) != 0)
                return;
        subscription->complete.waits = false;
        subscription->pulse.complete_at_ms = subscription->complete.at_ms;
}

static int settle(struct qf_subscription *subscription, uint64_t version, bool rows_follow)
{
        const struct qf_subscription_calls *calls = &subscription->calls;
        const bool anew = subscription->arriving.programme != NULL;
        if (subscription->resume)
                return settle_names(subscription, version);
        if (anew && memcmp(subscription->epoch, subscription->arriving_epoch, QF_EPOCH_BYTES) != 0) {
                memcpy(subscription->epoch, subscription->arriving_epoch, sizeof(subscription->epoch));
                subscription->pulse.complete_at_ms = 0;
        }
        int r = qf_arriving_settle(
                &subscription->arriving, &subscription->held, version,
                &(struct qf_arriving_calls){.ctx = calls->ctx, .moves = calls->moves, .moved = calls->moved});
        if (r)
                return r;
        subscription->is_held = true;
        subscription->rows_follow = rows_follow;
        note_complete(subscription);
        return calls->consistent ? calls->consistent(calls->ctx, version, anew) : 0;
}

static int take_update(struct qf_subscription *subscription, const struct qf_to_reader *update,
                       int64_t mono_ms)
{
        int r = fits(subscription, update);
        if (r)
                return r < 0 ? r : 0;
        subscription->update_ms = mono_ms;
        r = take_parts(subscription, update);
        if (!r && update->end)
                r = settle(subscription, update->upto, update->rows_follow);
        if (r == QF_ARRIVING_TOO_LARGE)
                return QF_SUBSCRIPTION_TOO_LARGE;
        if (r == QF_ARRIVING_STRANGE) {
                /* Names that were lost: all again, from what is held. */
                subscription->again = true;
                subscription->whole = false;
                return qf_arriving_begin(&subscription->arriving, false);
        }
        return r;
}

static void take_say(struct qf_subscription *subscription, struct qf_view say)
{
        const uint32_t len = say.len < SAY_BYTES ? say.len : SAY_BYTES - 1;
        if (len)
                memcpy(subscription->say, say.at, len);
        subscription->say[len] = 0;
}

static int take_pulse(struct qf_subscription *subscription, const struct qf_to_reader *message)
{
        subscription->pulse = (struct qf_pulse){
                .version = message->version,
                .journal_last = message->journal_last,
                .complete_at_ms = subscription->pulse.complete_at_ms,
                .catching_up = message->catching_up,
                .stopped = message->stopped,
                .heard = true,
        };
        memcpy(subscription->pulse.epoch, message->epoch, sizeof(subscription->pulse.epoch));
        if (!subscription->complete.waits ||
            memcmp(subscription->complete.epoch, message->epoch, QF_EPOCH_BYTES) != 0) {
                memcpy(subscription->complete.epoch, message->epoch, QF_EPOCH_BYTES);
                subscription->complete.version = message->version;
                subscription->complete.at_ms = message->complete_at_ms;
                subscription->complete.waits = true;
        }
        note_complete(subscription);
        take_say(subscription, message->say);
        const struct qf_subscription_calls *calls = &subscription->calls;
        return calls->pulsed ? calls->pulsed(calls->ctx, message) : 0;
}

static int take(struct qf_subscription *subscription, struct qf_view frame, int64_t mono_ms)
{
        struct qf_to_reader message;
        struct qf_wire_fault fault;
        qf_arena_reset(subscription->arena);
        int r = qf_to_reader_decode(subscription->arena, frame, &message, &fault);
        if (r < 0)
                return r;
        subscription->heard_ms = mono_ms;
        subscription->received += frame.len;
        if (r || message.id != id_of(subscription)) {
                subscription->again |= r != 0;
                return 0;
        }
        switch (message.what) {
        case QF_UPDATE: return take_update(subscription, &message, mono_ms);
        case QF_PULSE: return take_pulse(subscription, &message);
        case QF_DENIED:
                take_say(subscription, message.say);
                /* Not now: the silence that follows asks again. */
                return message.why == QF_REFUSED_BUSY ? 0 : QF_SUBSCRIPTION_DENIED;
        case QF_ANSWER: return 0;
        }
        return 0;
}

/* Behind a new connection may be a server that was restarted and knows nothing of the subscription. */
static void notice_connection(struct qf_subscription *subscription)
{
        const uint32_t connections = qf_socket_connections(subscription->socket);
        if (subscription->connections && connections != subscription->connections)
                subscription->again = true;
        subscription->connections = connections;
}

int qf_subscription_turn(struct qf_subscription *subscription, int64_t mono_ms)
{
        struct qf_received received;
        int r = 0;
        notice_connection(subscription);
        if (subscription->again && should_ask(subscription, mono_ms) &&
            (r = subscribe(subscription, mono_ms)))
                return r;
        for (uint32_t i = 0; i < MESSAGES_PER_TURN; i++) {
                r = qf_socket_receive(subscription->socket, &received);
                if (r < 0)
                        return r;
                /* Silence is when nothing waits, and not when nobody looked: on a busy machine a large picture would be
                 * asked for again each time that this turn comes late, and never arrive. */
                if (r > 0)
                        return should_ask(subscription, mono_ms) ? subscribe(subscription, mono_ms) : 0;
                r = take(subscription, received.frame[0], mono_ms);
                if (!r)
                        r = give_credit(subscription);
                if (r)
                        return r;
        }
        return 0;
}

int qf_subscription_wait(struct qf_subscription *subscription, int64_t timeout_ms)
{
        struct qf_socket *sockets[] = {subscription->socket};
        int r = qf_subscription_turn(subscription, qf_clock_mono_ms());
        if (r)
                return r;
        r = qf_socket_wait(sockets, 1, timeout_ms);
        return r < 0 ? r : qf_subscription_turn(subscription, qf_clock_mono_ms());
}

int qf_subscription_wait_version(struct qf_subscription *subscription, uint64_t at_least, int64_t timeout_ms)
{
        const int64_t until = qf_clock_mono_ms() + timeout_ms;
        for (;;) {
                const int64_t left = until - qf_clock_mono_ms();
                if (subscription->is_held && subscription->held.version >= at_least)
                        return 0;
                if (left <= 0)
                        return -ETIMEDOUT;
                int r = qf_subscription_wait(subscription, left < AGAIN_MS ? left : AGAIN_MS);
                if (r)
                        return r;
        }
}

/* --- what is held ------------------------------------------------------- */

struct qf_socket *qf_subscription_socket(const struct qf_subscription *subscription)
{
        return subscription->socket;
}

bool qf_subscription_held(const struct qf_subscription *subscription)
{
        return subscription->is_held;
}

bool qf_subscription_rows_follow(const struct qf_subscription *subscription)
{
        return subscription->rows_follow;
}

uint64_t qf_subscription_version(const struct qf_subscription *subscription)
{
        return subscription->held.version;
}

const uint8_t *qf_subscription_epoch(const struct qf_subscription *subscription)
{
        return subscription->epoch;
}

const struct qf_pulse *qf_subscription_pulse(const struct qf_subscription *subscription)
{
        return &subscription->pulse;
}

int64_t qf_subscription_silent_ms(const struct qf_subscription *subscription, int64_t mono_ms)
{
        return subscription->heard_ms ? mono_ms - subscription->heard_ms : INT64_MAX;
}

enum qf_pulse_state qf_subscription_state(const struct qf_subscription *subscription, int64_t mono_ms)
{
        if (!subscription->is_held)
                return QF_PULSE_NONE;
        if (qf_subscription_silent_ms(subscription, mono_ms) > DEAD_MS)
                return QF_PULSE_DEAD;
        if (subscription->pulse.stopped)
                return QF_PULSE_STOPPED;
        return subscription->pulse.catching_up || pulse_is_other(subscription) ||
                               subscription->pulse.journal_last > subscription->held.version
                       ? QF_PULSE_LATE
                       : QF_PULSE_QUIET;
}

const char *qf_subscription_say(const struct qf_subscription *subscription)
{
        return subscription->say;
}

const struct qf_programme *qf_subscription_programme(const struct qf_subscription *subscription)
{
        return subscription->held.programme;
}

const struct qf_picture *qf_subscription_picture(const struct qf_subscription *subscription)
{
        return subscription->held.picture;
}

const struct qf_programme *qf_subscription_arriving(const struct qf_subscription *subscription)
{
        return qf_arriving_programme(&subscription->arriving, &subscription->held);
}
