/* Why: programs that feed want five calls, not a protocol. This is the edge that
 * runs the pure machine of feed_core.c over an outbox on disk and a socket; it
 * keeps its promises by the order of its steps: write, then send; receive, write,
 * then tell.
 *
 *     application ── add, flush ──► outbox (LMDB) ──► core says what ──► DEALER ──► ingest
 *     application ◄── verdict ───── outbox (LMDB) ◄── core says what ◄── DEALER ◄── */
#include "client/feed.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/random.h"
#include "client/feed_parts.h"
#include "wire/body.h"

enum {
        BATCH_EVENTS = 512,
        PENDING_BYTES = 32 * 1024 * 1024, /* of one transaction */
        ARENA_BYTES = 4 * 1024 * 1024,
        TRIM_EVERY = 256, /* answers */
};

/* --- opening and closing ------------------------------------------------ */

int qf_feed_outcome(int result)
{
        switch (result) {
        case QF_STORE_IN_USE: return QF_FEED_IN_USE;
        case QF_STORE_FULL: return QF_FEED_FULL;
        case QF_STORE_NEWER: return QF_FEED_NEWER;
        case QF_OUTBOX_ANOTHERS: return QF_FEED_ANOTHERS;
        case QF_STORE_FORMAT:
        case QF_STORE_OLDER:
        case QF_STORE_NONE: return QF_FEED_FORMAT; /* a row that has to be there */
        default: return result;
        }
}

static int begin(struct qf_feed *feed)
{
        uint64_t seed;
        int result = qf_arena_new(ARENA_BYTES, &feed->arena);
        if (result == 0)
                result = qf_feed_batch_init(&feed->batch, feed->options.batch_events);
        if (result == 0)
                result = qf_outbox_open(feed->options.outbox, &feed->outbox);
        if (result == 0 && feed->options.source)
                result = qf_outbox_claim(feed->outbox, qf_view_of(feed->options.source));
        if (result)
                return qf_feed_outcome(result);
        qf_random(&seed, sizeof(seed));
        feed->progress_ms = qf_clock_mono_ms();
        qf_feed_core_init(&feed->core, qf_outbox_standing(feed->outbox), seed, qf_clock_mono_ms());
        if (feed->options.skip_reason)
                qf_feed_core_allow_skip(&feed->core);
        return 0;
}

int qf_feed_open(const struct qf_feed_options *options, struct qf_feed **ret_feed)
{
        struct qf_socket *socket = options->socket ? *options->socket : NULL;
        struct qf_feed *feed = calloc(1, sizeof(*feed));

        if (options->socket)
                *options->socket = NULL;
        if (!feed) {
                qf_socket_close(socket);
                return -ENOMEM;
        }
        feed->socket = socket;
        feed->options = *options;
        feed->options.socket = NULL;
        if (feed->options.batch_events == 0)
                feed->options.batch_events = BATCH_EVENTS;
        if (feed->options.batch_events > QF_BATCH_EVENTS_MAX)
                feed->options.batch_events = QF_BATCH_EVENTS_MAX;
        int result = begin(feed);
        if (result) {
                qf_feed_close(feed);
                return result;
        }
        *ret_feed = feed;
        return 0;
}

struct qf_feed *qf_feed_close(struct qf_feed *feed)
{
        if (!feed)
                return NULL;
        qf_feed_batch_deinit(&feed->batch);
        qf_socket_close(feed->socket);
        qf_outbox_close(feed->outbox);
        qf_programme_free(feed->programme);
        qf_buffer_deinit(&feed->chunk);
        qf_buffer_deinit(&feed->message);
        qf_buffer_deinit(&feed->registers);
        qf_arena_free(feed->arena);
        free(feed);
        return NULL;
}

struct qf_outbox *qf_feed_outbox(struct qf_feed *feed)
{
        return feed->outbox;
}

const struct qf_to_partner *qf_feed_welcome(const struct qf_feed *feed)
{
        return feed->welcomed ? &feed->welcome : NULL;
}

uint64_t qf_feed_waiting(const struct qf_feed *feed)
{
        const struct qf_outbox_standing *standing = qf_outbox_standing(feed->outbox);
        return standing->next - 1 - standing->acked;
}

bool qf_feed_drained(const struct qf_feed *feed)
{
        const struct qf_feed_core *core = &feed->core;
        if (qf_feed_waiting(feed) > 0)
                return false;
        if (!feed->socket)
                return true;
        return core->state == QF_FEED_GOING && core->flight_count == 0 && core->send == core->next;
}

uint64_t qf_feed_gone(const struct qf_feed *feed)
{
        return feed->core.may_skip ? 0 : feed->core.gone;
}

int64_t qf_feed_stalled_ms(const struct qf_feed *feed)
{
        return qf_clock_mono_ms() - feed->progress_ms;
}

int64_t qf_feed_silent_ms(const struct qf_feed *feed)
{
        return qf_clock_mono_ms() - feed->core.heard_ms;
}

/* --- adding ------------------------------------------------------------- */

int qf_feed_add(struct qf_feed *feed, const struct qf_event *event, const struct qf_pair *values,
                uint32_t values_count, uint64_t *ret_number)
{
        uint64_t number = qf_outbox_standing(feed->outbox)->next + qf_feed_batch_events(&feed->batch);
        int result = qf_feed_batch_add(&feed->batch, event, values, values_count);
        if (result)
                return result < 0 ? result : QF_FEED_TOO_LARGE;
        if (ret_number)
                *ret_number = number;
        return feed->batch.bytes >= PENDING_BYTES ? qf_feed_flush(feed, NULL) : 0;
}

int qf_feed_set_partner(struct qf_feed *feed, struct qf_view partner)
{
        int result = qf_feed_batch_set_partner(&feed->batch, partner);
        return result > 0 ? QF_FEED_TOO_LARGE : result;
}

int qf_feed_flush(struct qf_feed *feed, const struct qf_fed_file *file)
{
        int result = qf_feed_outcome(qf_feed_batch_write(&feed->batch, feed->outbox, file));
        qf_feed_core_kept(&feed->core, qf_outbox_standing(feed->outbox));
        return result;
}

int qf_feed_forget(struct qf_feed *feed)
{
        return qf_feed_batch_forget(&feed->batch);
}

/* --- sending ------------------------------------------------------------ */

static int send_message(struct qf_feed *feed, struct qf_from_partner *message)
{
        const struct qf_outbox_standing *standing = qf_outbox_standing(feed->outbox);
        memcpy(message->outbox, standing->id, sizeof(message->outbox));
        message->holder = standing->holder;
        feed->message.len = 0;
        int result = qf_from_partner_encode(message, &feed->message);
        if (result)
                return result;
        return qf_socket_send(feed->socket, NULL, qf_buffer_view(&feed->message), (struct qf_view){0});
}

static int send_hello(struct qf_feed *feed)
{
        const struct qf_outbox_standing *standing = qf_outbox_standing(feed->outbox);
        struct qf_from_partner message = {
                .what = QF_HELLO,
                .version = 1,
                .next = standing->next,
                .acked = standing->acked,
                .first_kept = standing->first_kept,
                .agent = qf_view_of(feed->options.agent ? feed->options.agent : "libqingfeng"),
        };
        memcpy(message.life, standing->life, sizeof(message.life));
        return send_message(feed, &message);
}

static int send_chunk(struct qf_feed *feed, uint64_t number)
{
        struct qf_chunk chunk;
        int result = qf_outbox_chunk(feed->outbox, number, &feed->chunk, &chunk);
        if (result)
                return result < 0 ? result : -EBADMSG; /* the core asks only for what is kept */
        struct qf_from_partner message = {
                .what = QF_SEND,
                .first = chunk.first,
                .count = chunk.count,
                .facts = chunk.facts,
                .texts = chunk.texts,
                .cursor = chunk.cursor,
        };
        result = send_message(feed, &message);
        if (result == 0)
                qf_feed_core_sent(&feed->core, chunk.first, chunk.count, (uint32_t)feed->message.len,
                                  qf_clock_mono_ms());
        return result;
}

static int take_step(struct qf_feed *feed, const struct qf_feed_step *step)
{
        struct qf_from_partner learn = {.what = QF_LEARN, .from = (uint32_t)step->number};
        struct qf_from_partner seal = {.what = QF_SEAL, .through = step->number};
        struct qf_from_partner skip = {.what = QF_SKIP, .first = step->number, .through = step->through};

        if (feed->options.skip_reason)
                skip.reason = qf_view_of(feed->options.skip_reason);
        switch (step->what) {
        case QF_STEP_HELLO: return send_hello(feed);
        case QF_STEP_SEND: return send_chunk(feed, step->number);
        case QF_STEP_LEARN: return send_message(feed, &learn);
        case QF_STEP_SEAL: return send_message(feed, &seal);
        case QF_STEP_SKIP: return send_message(feed, &skip);
        case QF_STEP_WAIT: break;
        }
        return 0;
}

/* The old name is left behind with all it made answered: a new one goes on from 1. */
static int renew(struct qf_feed *feed)
{
        int result = qf_outbox_renew(feed->outbox, false);
        if (result == 0)
                qf_feed_core_init(&feed->core, qf_outbox_standing(feed->outbox), feed->core.random,
                                  qf_clock_mono_ms());
        return result;
}

/* Does all that can be done now; *ret_wait_ms: until when there is nothing more. */
static int take_steps(struct qf_feed *feed, int64_t *ret_until_ms)
{
        for (;;) {
                struct qf_feed_step step = qf_feed_core_next(&feed->core, qf_clock_mono_ms());
                if (step.what == QF_STEP_WAIT) {
                        *ret_until_ms = step.until_ms;
                        return 0;
                }
                int result = take_step(feed, &step);
                if (result > 0)
                        qf_feed_core_unsent(&feed->core, &step, qf_clock_mono_ms());
                else if (result == 0 && step.what == QF_STEP_SEAL)
                        result = renew(feed);
                if (result < 0)
                        return result;
        }
}

/* --- hearing ------------------------------------------------------------ */

static void raise_alarm(struct qf_feed *feed, uint32_t alarm, uint64_t number, struct qf_view say)
{
        if (feed->options.alarm)
                feed->options.alarm(feed->options.alarm_ctx, alarm, number, say);
}

static const struct qf_detail_text *detail_of(const struct qf_to_partner *message, uint64_t place)
{
        for (uint32_t i = 0; i < message->details_count; i++)
                if (message->details[i].at == place)
                        return &message->details[i];
        return NULL;
}

static int tell_verdicts(struct qf_feed *feed, const struct qf_to_partner *message, uint64_t from,
                         uint64_t upto, uint64_t acked_before)
{
        uint32_t run = 0;
        for (uint64_t number = from; number < upto && feed->options.verdict; number++) {
                uint64_t place = number - message->first;
                while (run < message->exceptions_count &&
                       (uint64_t)message->exceptions[run].at + message->exceptions[run].len <= place)
                        run++;
                struct qf_feed_verdict verdict = {
                        .number = number,
                        .position = message->position,
                        .again = number <= acked_before,
                        .detail = detail_of(message, place),
                };
                if (run < message->exceptions_count && message->exceptions[run].at <= place)
                        verdict.verdict = message->exceptions[run].verdict;
                int result = feed->options.verdict(feed->options.ctx, &verdict);
                if (result)
                        return result;
        }
        return 0;
}

struct qf_outbox_now qf_feed_now(const struct qf_feed *feed)
{
        const int64_t here = qf_clock_wall_ms();
        if (!feed->welcomed || feed->welcome.now_ms <= 0)
                return (struct qf_outbox_now){0, here};
        const int64_t there = feed->welcome.now_ms + qf_clock_mono_ms() - feed->welcomed_ms;
        return here < there ? (struct qf_outbox_now){here, there} : (struct qf_outbox_now){there, here};
}

/* What the server lost and asks for again is acknowledged, and may be old: nothing is forgotten before it has all of that. */
static int trim(struct qf_feed *feed)
{
        if (!qf_feed_core_may_forget(&feed->core))
                return 0;
        int result = qf_outbox_trim(feed->outbox, feed->keep_from, qf_feed_now(feed));
        qf_feed_core_kept(&feed->core, qf_outbox_standing(feed->outbox));
        return result == QF_STORE_FULL ? 0 : qf_feed_outcome(result); /* forgetting can wait */
}

static int hear_answer(struct qf_feed *feed, const struct qf_to_partner *message)
{
        struct qf_outbox_answer answer = {
                .first = message->first,
                .count = message->count,
                .position = message->position,
                .exceptions_count = message->exceptions_count,
                .exceptions = message->exceptions,
        };
        struct qf_outbox_answered answered = {0};
        uint64_t acked_before = qf_outbox_standing(feed->outbox)->acked;

        feed->progress_ms = qf_clock_mono_ms();
        memcpy(answer.hash, message->hash, sizeof(answer.hash));
        int result = qf_outbox_answer(feed->outbox, &answer, &answered);
        if (result)
                return qf_feed_outcome(result);
        qf_feed_core_stored(&feed->core, answered.upto, qf_outbox_standing(feed->outbox));
        if (answered.changed > 0)
                raise_alarm(feed, answered.same_life ? QF_ALARM_VERDICT_CHANGED : QF_ALARM_RESTORED,
                            answered.changed_first, (struct qf_view){0});
        feed->keep_from = message->keep_from;
        if (++feed->answers % TRIM_EVERY == 0)
                result = trim(feed);
        return result ? result : tell_verdicts(feed, message, answered.news, answered.upto, acked_before);
}

static int hear_welcome(struct qf_feed *feed, const struct qf_to_partner *message,
                        const struct qf_feed_news *news)
{
        int result = qf_outbox_set_life(feed->outbox, message->journal, message->life);
        if (result)
                return qf_feed_outcome(result);
        feed->welcome = *message;
        feed->welcome.outboxes_count = 0; /* views into the message */
        feed->welcome.outboxes = NULL;
        feed->welcome.source = (struct qf_view){0};
        feed->welcomed_ms = qf_clock_mono_ms();
        if (!feed->welcomed)
                feed->progress_ms = feed->welcomed_ms;
        feed->welcomed = true;
        feed->keep_from = message->keep_from;
        if (news->alarm != QF_ALARM_GONE_HERE || !feed->told_gone)
                if (news->alarm)
                        raise_alarm(feed, news->alarm, news->number, (struct qf_view){0});
        feed->told_gone = news->alarm == QF_ALARM_GONE_HERE;
        return trim(feed);
}

static int halted(const struct qf_feed *feed)
{
        return feed->refused ? QF_FEED_REFUSED : QF_FEED_STOPPED;
}

static int hear_halt(struct qf_feed *feed, const struct qf_to_partner *message,
                     const struct qf_feed_news *news)
{
        raise_alarm(feed, news->alarm, news->number, message->say);
        feed->refused = news->alarm == QF_REFUSED_NOT_ALLOWED;
        int result = news->keep ? qf_outbox_stop(feed->outbox, news->alarm, message->say) : 0;
        return result ? qf_feed_outcome(result) : halted(feed);
}

static bool speaks_of_us(const struct qf_feed *feed, const struct qf_to_partner *message)
{
        const struct qf_outbox_standing *standing = qf_outbox_standing(feed->outbox);
        static const uint8_t nobody[QF_OUTBOX_ID_BYTES];
        if (message->what == QF_REFUSED && memcmp(message->outbox, nobody, sizeof(nobody)) == 0)
                return true; /* refused before it was read: the key has no right, or the bytes make no sense */
        return message->what == QF_REGISTERS ||
               memcmp(message->outbox, standing->id, QF_OUTBOX_ID_BYTES) == 0;
}

static int hear(struct qf_feed *feed, struct qf_view bytes)
{
        struct qf_to_partner message;
        struct qf_wire_fault fault;

        qf_arena_reset(feed->arena);
        int result = qf_to_partner_decode(feed->arena, bytes, &message, &fault);
        if (result)
                return result < 0 ? result : 0; /* noise is dropped; silence asks again */
        if (!speaks_of_us(feed, &message))
                return 0;
        if (message.source.len > 0) { /* before anything is sent to it */
                result = qf_outbox_claim(feed->outbox, message.source);
                if (result)
                        return qf_feed_outcome(result);
        }
        enum qf_life_seen life = message.what == QF_WELCOME
                                         ? qf_outbox_life(feed->outbox, message.journal, message.life)
                                         : QF_LIFE_SAME;
        struct qf_feed_news news = qf_feed_core_heard(&feed->core, &message, life, qf_clock_mono_ms());
        switch (news.what) {
        case QF_NEWS_NONE: return 0;
        case QF_NEWS_WELCOME: return hear_welcome(feed, &message, &news);
        case QF_NEWS_ANSWER: return hear_answer(feed, &message);
        case QF_NEWS_HALT: return hear_halt(feed, &message, &news);
        case QF_NEWS_REGISTERS: return qf_feed_hear_registers(feed, &message);
        }
        return 0;
}

/* Takes all that waits. */
static int hear_all(struct qf_feed *feed, bool *ret_heard)
{
        for (;;) {
                struct qf_received received;
                int result = qf_socket_receive(feed->socket, &received);
                if (result)
                        return result < 0 ? result : 0;
                *ret_heard = true;
                result = hear(feed, received.frame[0]);
                if (result)
                        return result;
        }
}

/* --- pumping ------------------------------------------------------------ */

static bool is_readable(int fd)
{
        struct pollfd looked_at = {.fd = fd, .events = POLLIN};
        return fd >= 0 && poll(&looked_at, 1, 0) > 0;
}

static int wait_until(struct qf_feed *feed, int fd, int64_t until_ms)
{
        int64_t wait_ms = until_ms - qf_clock_mono_ms();
        int result = qf_socket_wait_or(feed->socket, fd, wait_ms > 0 ? wait_ms : 0);
        return result < 0 ? result : 0;
}

static void notice_connection(struct qf_feed *feed)
{
        uint32_t connections = qf_socket_connections(feed->socket);
        if (feed->connections != 0 && connections != feed->connections)
                qf_feed_core_reconnected(&feed->core, qf_clock_mono_ms());
        feed->connections = connections;
}

int qf_feed_pump(struct qf_feed *feed, int64_t timeout_ms)
{
        return qf_feed_pump_beside(feed, -1, timeout_ms);
}

int qf_feed_pump_beside(struct qf_feed *feed, int fd, int64_t timeout_ms)
{
        int64_t deadline_ms = qf_clock_mono_ms() + timeout_ms;
        bool heard = false;

        if (!feed->socket)
                return 0;
        for (;;) {
                int64_t until_ms;
                int result = hear_all(feed, &heard);
                if (result)
                        return result;
                if (qf_socket_refused(feed->socket))
                        return QF_FEED_REFUSED;
                if (feed->core.state == QF_FEED_HALTED)
                        return halted(feed);
                notice_connection(feed);
                result = take_steps(feed, &until_ms);
                if (result || heard || qf_clock_mono_ms() >= deadline_ms || is_readable(fd))
                        return result;
                result = wait_until(feed, fd, until_ms < deadline_ms ? until_ms : deadline_ms);
                if (result)
                        return result;
        }
}
