/* Why: the edges of ingest: sockets, keys, clock, log. All that decides lies in
 * core.c and consumers.c.
 *
 *     partners  ══ CURVE ══►  ROUTER feed (one or more) ─┐
 *     ZAP ── asks for each key ──►  registers            ├─► core ─► journal
 *     consumers ◄── ipc ──►  ROUTER journal ◄────────────┘
 *
 * A turn drains what waits, up to 8,192 messages or 8 MiB, commits it as one
 * group, answers, and sends the new records on. */
#include "ingest/daemon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/rate.h"
#include "base/log.h"
#include "base/text.h"
#include "ingest/absent.h"
#include "ingest/config.h"
#include "ingest/core.h"
#include "ingest/journal_door.h"
#include "ingest/gauges.h"
#include "ingest/hold.h"
#include "ingest/kept.h"
#include "ingest/marks.h"
#include "ingest/shield.h"
#include "ingest/tap.h"
#include "ingest/unopened.h"
#include "service/listening.h"
#include "store/begun.h"
#include "store/directory.h"
#include "wire/keys.h"
#include "wire/socket.h"

enum {
        DOORS_MAX = 16,
        BEAT_MS = 1000,
        READERS_MS = 60 * 1000,
        FEED_RECEIVE_HWM = 64,
        FEED_SEND_HWM = 256,
        CONNECTIONS_PER_ADDRESS = 256,
        HANDSHAKES_PER_S = 50,
        LOG_TEXT = 256,
};

#define MIB (UINT64_C(1) << 20)
#define MAP_FIRST (UINT64_C(4) << 30)
#define MAP_MOST (UINT64_C(1) << 40)

struct daemon_door {
        struct qf_daemon *daemon;
        struct qf_socket *socket;
};

enum { JOURNAL_DOORS = 2 }; /* for consumers: here, and with keys from elsewhere */

struct qf_daemon {
        struct qf_loop *loop;
        struct qf_context *context;
        struct qf_zap *zap;
        struct qf_ingest *ingest;
        const char *directory;
        struct qf_kept kept;
        struct qf_shield *shield;
        struct qf_tap tap;
        uint32_t gaps;    /* said last */
        uint32_t crashed; /* what the last process was judging when it did */
        struct daemon_door doors[DOORS_MAX];
        uint32_t doors_count;
        struct qf_journal_door *journal[JOURNAL_DOORS];
        uint32_t journal_count;
        struct qf_curve curve;
        struct qf_logbook *book;
        struct qf_marks marks;
        int64_t group_ns; /* since when this turn takes messages; 0: it took none */
        struct qf_hold hold;
        int64_t flood_ns;    /* until when no door is read, since messages were put off */
        bool more;           /* messages wait that this turn did not take */
        struct qf_rate rate; /* of events, for the status line */
        uint64_t messages, dropped, put_off, crowded;
        uint64_t refused, refused_said; /* keys; those since the last beat are said in one line */
        struct qf_gauges *gauges;
        char refused_from[LOG_TEXT / 2];
        char user[QF_ADMISSION_USER_TEXT];
};

/* --- what the parts ask of the edges ------------------------------------ */

static void send_answer(void *ctx, const struct qf_asker *asker, struct qf_view message)
{
        struct qf_daemon *daemon = ctx;
        int result =
                qf_socket_send(daemon->doors[asker->door].socket, &asker->peer, message, (struct qf_view){0});
        if (result != 0) /* full or gone: it asks again with a Hello */
                daemon->dropped++;
}

static void raise_alarm(void *ctx, const char *text)
{
        (void)ctx;
        qf_log(QF_LOG_ERROR, "alarm: %s", text);
}

static void note_judging(void *ctx, uint32_t source)
{
        struct qf_daemon *daemon = ctx;
        qf_shield_judging(daemon->shield, source);
}

static bool is_shut(void *ctx, uint32_t source, int64_t now_ms)
{
        const struct qf_daemon *daemon = ctx;
        return qf_shield_is_shut(daemon->shield, source, now_ms);
}

static const char *decide(void *ctx, const uint8_t public_key[32], const char *address)
{
        struct qf_daemon *daemon = ctx;
        int64_t key_ms = qf_ingest_key_ms(daemon->ingest, qf_clock_wall_ms());
        bool known = qf_admission_user(qf_ingest_programme(daemon->ingest), public_key, key_ms, daemon->user);
        qf_logbook_visit(daemon->book, known ? "door-opened" : "door-refused", known ? daemon->user : "",
                         address, qf_clock_mono_ms());
        if (known)
                return daemon->user;
        daemon->refused++;
        (void)qf_text_escape(qf_view_of(address), daemon->refused_from, sizeof daemon->refused_from);
        return NULL;
}

/* --- readable ----------------------------------------------------------- */

static int read_door(void *ctx)
{
        struct daemon_door *door = ctx;
        struct qf_daemon *daemon = door->daemon;
        struct qf_asker asker = {.door = (uint32_t)(door - daemon->doors)};
        struct qf_received received;
        int64_t now_ms = qf_clock_wall_ms(), mono_ns = qf_clock_mono_ns();
        while (!qf_ingest_is_full(daemon->ingest)) {
                int result = qf_socket_receive(door->socket, &received);
                if (result != 0)
                        return result < 0 ? result : 0;
                daemon->messages++;
                daemon->group_ns = daemon->group_ns ? daemon->group_ns : mono_ns;
                if (received.user.len == 0 || received.frames != 1) {
                        daemon->dropped++;
                        continue;
                }
                asker.peer = received.peer;
                qf_tap_note(&daemon->tap, received.user, received.frame[0], mono_ns / 1000000);
                result = qf_ingest_take(daemon->ingest, &asker, received.user, received.frame[0], now_ms);
                qf_gauges_taken(daemon->gauges, mono_ns);
                if (result < 0)
                        return result;
        }
        daemon->more = true;
        return 0;
}

static int note_consumer(void *ctx)
{
        qf_journal_door_knock(ctx);
        return 0;
}

static int ask_zap(void *ctx)
{
        struct qf_daemon *daemon = ctx;
        return qf_zap_turn(daemon->zap);
}

/* In which a flood fills its own connection instead of our memory and time, and counting on this machine comes up with
 * what was taken. */
static void rest(struct qf_daemon *daemon)
{
        const int64_t now_ns = qf_clock_mono_ns(),
                      flood_ns = (int64_t)qf_ingest_rest_us(daemon->ingest) * 1000;
        if (daemon->group_ns)
                qf_hold_note(&daemon->hold, daemon->group_ns, now_ns);
        daemon->group_ns = 0;
        if (flood_ns > 0)
                daemon->flood_ns = now_ns + flood_ns;
        const uint32_t behind = daemon->journal_count > 0 ? qf_journal_door_behind(daemon->journal[0]) : 0;
        const int64_t held_ns = qf_hold_until_ns(&daemon->hold, behind);
        for (uint32_t i = 0; i < daemon->doors_count; i++)
                qf_loop_rest(daemon->loop, qf_socket_handle(daemon->doors[i].socket),
                             held_ns > daemon->flood_ns ? held_ns : daemon->flood_ns);
}

static int turn(void *ctx, bool *ret_more)
{
        struct qf_daemon *daemon = ctx;
        const int64_t began_ns = qf_clock_mono_ns();
        int result = qf_ingest_turn(daemon->ingest, qf_clock_wall_ms());
        const int64_t ended_ns = qf_clock_mono_ns();
        qf_gauges_turned(daemon->gauges, began_ns, ended_ns);
        if (result < 0) {
                qf_log(QF_LOG_ERROR, "the journal cannot be written, stopping error=%d", -result);
                return result;
        }
        for (uint32_t i = 0; result == 0 && i < daemon->journal_count; i++)
                result = qf_journal_door_serve(daemon->journal[i], ended_ns / 1000000, &daemon->more);
        *ret_more = daemon->more;
        daemon->more = false;
        rest(daemon);
        return result;
}

static void look_at_backups(struct qf_daemon *daemon)
{
        uint64_t before = daemon->kept.position;
        qf_kept_watch(&daemon->kept, daemon->directory, qf_ingest_group(daemon->ingest), qf_clock_mono_ms());
        if (daemon->kept.position != before)
                qf_logbook_note(daemon->book, "backup", "every_backup_reaches=%llu",
                                (unsigned long long)daemon->kept.position);
        qf_ingest_set_kept(daemon->ingest, daemon->kept.position);
}

static void say_put_off(struct qf_daemon *daemon)
{
        char shown[LOG_TEXT];
        uint32_t source;
        uint64_t put_off = qf_ingest_put_off(daemon->ingest, &source), since = put_off - daemon->put_off;
        if (since == 0)
                return;
        daemon->put_off = put_off;
        struct qf_view name = qf_programme_source(qf_ingest_programme(daemon->ingest), source)->name;
        qf_log(QF_LOG_WARNING,
               "messages over their source's quota were put off count=%llu last_source=\"%s\"",
               (unsigned long long)since, qf_text_escape(name, shown, sizeof shown));
}

static void say_crowded(struct qf_daemon *daemon)
{
        const char *last;
        uint64_t crowded = qf_zap_crowded(daemon->zap, &last), since = crowded - daemon->crowded;
        if (since > 0) {
                qf_log(QF_LOG_WARNING,
                       "connections over their address's limit were put off count=%llu last_from=\"%s\"",
                       (unsigned long long)since, last);
                qf_logbook_visit(daemon->book, "address-over-limit", "", last, qf_clock_mono_ms());
        }
        daemon->crowded = crowded;
}

/* Names those that only a human can help. */
static void say_gaps(const struct qf_daemon *daemon)
{
        const struct qf_programme *programme = qf_ingest_programme(daemon->ingest);
        char shown[LOG_TEXT];
        uint32_t at = 0;
        for (const struct qf_sender *sender;
             (sender = qf_outboxes_next(qf_ingest_outboxes(daemon->ingest), &at));) {
                if (!qf_sender_in_gap(sender) || sender->row.source > qf_programme_sources(programme))
                        continue;
                const struct qf_source *source = qf_programme_source(programme, sender->row.source);
                qf_log(QF_LOG_WARNING,
                       "an outbox no longer has what it is asked for: it waits for a Skip (qf feed --flush --skip) "
                       "source=\"%s\" expected=%llu first_kept=%llu",
                       qf_text_escape(source->name, shown, sizeof shown),
                       (unsigned long long)sender->row.last + 1, (unsigned long long)sender->first_kept);
        }
}

static uint32_t count_consumers(const struct qf_daemon *daemon)
{
        uint32_t count = 0;
        for (uint32_t i = 0; i < daemon->journal_count; i++)
                count += qf_journal_door_count(daemon->journal[i]);
        return count;
}

static int measure(struct qf_daemon *daemon, struct qf_view *ret_metrics)
{
        struct qf_gauges_about about = {.messages = daemon->messages,
                                        .dropped = daemon->dropped,
                                        .keys_refused = daemon->refused,
                                        .connections = qf_zap_connections(daemon->zap),
                                        .consumers = count_consumers(daemon),
                                        .backup_position = daemon->kept.position};
        return qf_gauges_make(daemon->gauges, daemon->ingest, &about, ret_metrics);
}

static int beat(void *ctx)
{
        struct qf_daemon *daemon = ctx;
        int64_t now_ms = qf_clock_wall_ms();
        if (daemon->refused > daemon->refused_said)
                qf_log(QF_LOG_WARNING,
                       "keys that are not registered were refused count=%llu last_from=\"%s\"",
                       (unsigned long long)(daemon->refused - daemon->refused_said), daemon->refused_from);
        daemon->refused_said = daemon->refused;
        say_put_off(daemon);
        say_crowded(daemon);
        qf_logbook_beat(daemon->book, qf_clock_mono_ms());
        int result = qf_zap_turn(daemon->zap); /* also when nobody asks: connections are counted there */
        if (result == 0)
                result = qf_ingest_turn(daemon->ingest, now_ms);
        if (result == 0)
                look_at_backups(daemon);
        if (result == 0)
                result = qf_marks_look(&daemon->marks, qf_ingest_programme(daemon->ingest), daemon->book);
        qf_tap_look(&daemon->tap, daemon->directory, qf_ingest_programme(daemon->ingest),
                    qf_group_committed(qf_ingest_group(daemon->ingest)), daemon->book, qf_clock_mono_ms());
        struct qf_beat news = {.now_ms = now_ms,
                               .gaps = qf_outboxes_gaps(qf_ingest_outboxes(daemon->ingest))};
        if (news.gaps != daemon->gaps)
                say_gaps(daemon);
        daemon->gaps = news.gaps;
        if (result == 0)
                result = measure(daemon, &news.metrics);
        for (uint32_t i = 0; result >= 0 && i < daemon->journal_count; i++)
                result = qf_journal_door_beat(daemon->journal[i], qf_clock_mono_ms(), &news);
        return result;
}

static int check_readers(void *ctx)
{
        struct qf_daemon *daemon = ctx;
        int result = qf_group_check_readers(qf_ingest_group(daemon->ingest));
        return result < 0 ? result : 0;
}

/* --- start and stop ----------------------------------------------------- */

/* Why a key file cannot be used, said once. */
static int key_outcome(int result, const char *path)
{
        char shown[LOG_TEXT];
        if (result != 0)
                qf_log(QF_LOG_ERROR, "the key file cannot be used path=\"%s\" why=\"%s\"",
                       qf_text_escape(qf_view_of(path), shown, sizeof shown), qf_key_why(result));
        return result == 0 ? 0 : QF_SERVICE_CONFIG;
}

static int open_core(struct qf_daemon *daemon, const struct qf_ingest_config *config)
{
        uint64_t most = config->map_mib ? *config->map_mib * MIB : MAP_MOST;
        struct qf_ingest_options options = {.directory = config->directory,
                                            .map_bytes = most < MAP_FIRST ? most : MAP_FIRST,
                                            .map_bytes_max = most,
                                            .disk_floor_bytes = qf_ingest_floor(config)};
        const struct qf_ingest_edges edges = {daemon,    send_answer,  raise_alarm,
                                              qf_random, note_judging, is_shut};
        int result =
                key_outcome(qf_key_read_public(config->office_key, options.office_key), config->office_key);
        if (result != 0)
                return result;
        if (qf_ingest_absent(config->directory))
                return QF_SERVICE_CONFIG;
        qf_ingest_quotas(config, options.quotas);
        result = qf_ingest_open(&options, &edges, qf_clock_wall_ms(), &daemon->ingest);
        if (result == 0 && qf_begun_note(config->directory) < 0)
                qf_log(QF_LOG_WARNING, "it cannot be noted that there is a journal now");
        return qf_ingest_unopened(result);
}

/* Before the journal is touched: who crashes on it must not crash for ever. */
static int open_shield(struct qf_daemon *daemon, const struct qf_ingest_config *config)
{
        int result = qf_shield_open(config->directory, qf_clock_wall_ms(), &daemon->shield, &daemon->crashed);
        if (result == 0)
                result = qf_shield_watch(daemon->shield);
        if (result < 0)
                qf_log(QF_LOG_ERROR, "the note of crashes cannot be kept error=\"%s\"", strerror(-result));
        else if (daemon->crashed == QF_SHIELD_OPENING)
                result = qf_ingest_say_damaged("the last process crashed while it opened it");
        else
                qf_shield_judging(daemon->shield, QF_SHIELD_OPENING);
        return result;
}

/* Names the source that the last process was judging when it crashed. */
static void say_crashed(const struct qf_daemon *daemon)
{
        const struct qf_programme *programme = qf_ingest_programme(daemon->ingest);
        char shown[LOG_TEXT];
        if (daemon->crashed == 0 || daemon->crashed > qf_programme_sources(programme))
                return;
        const struct qf_source *source = qf_programme_source(programme, daemon->crashed);
        bool shut = qf_shield_is_shut(daemon->shield, daemon->crashed, qf_clock_wall_ms());
        qf_log(QF_LOG_ERROR, "alarm: qf-ingest crashed while it judged a batch%s source=\"%s\"",
               shut ? ", its source is shut for an hour" : "",
               qf_text_escape(source->name, shown, sizeof shown));
}

static int bind_doors(struct qf_daemon *daemon, const struct qf_ingest_config *config)
{
        struct qf_socket_options options = {.type = QF_ROUTER,
                                            .server = true,
                                            .curve = &daemon->curve,
                                            .receive_hwm = FEED_RECEIVE_HWM,
                                            .send_hwm = FEED_SEND_HWM};
        for (unsigned i = 0; i < config->feed_count && i < DOORS_MAX; i++) {
                struct daemon_door *door = &daemon->doors[i];
                int result = qf_listening_twice(config->feed[i], options.listening, &options.removes);
                if (result == 0)
                        result = qf_socket_bind(daemon->context, &options, config->feed[i], &door->socket);
                if (result < 0) {
                        qf_log(QF_LOG_ERROR, "cannot bind endpoint=%s error=\"%s\"", config->feed[i],
                               strerror(-result));
                        return result;
                }
                result = qf_zap_watch(daemon->zap, daemon->context, door->socket);
                if (result < 0)
                        return result;
                door->daemon = daemon;
                daemon->doors_count++;
                qf_log(QF_LOG_NOTICE, "partners feed here endpoint=%s", qf_socket_endpoint(door->socket));
        }
        return 0;
}

/* endpoint NULL: not configured. */
static int open_journal(struct qf_daemon *daemon, const char *endpoint, const struct qf_curve *curve)
{
        const struct qf_journal_door_options options = {daemon->ingest, daemon->directory, curve, endpoint};
        if (!endpoint)
                return 0;
        struct qf_journal_door **door = &daemon->journal[daemon->journal_count];
        int result = qf_journal_door_open(daemon->context, &options, door);
        if (result != 0)
                return result;
        daemon->journal_count++;
        return curve ? qf_zap_watch(daemon->zap, daemon->context, qf_journal_door_socket(*door)) : 0;
}

/* ZAP comes before any door: one that is opened first would let anybody in. */
static int open_sockets(struct qf_daemon *daemon, const struct qf_ingest_config *config)
{
        const struct qf_crowd_limits limits = {
                config->address_connections ? *config->address_connections : CONNECTIONS_PER_ADDRESS,
                config->address_handshakes_per_s ? *config->address_handshakes_per_s : HANDSHAKES_PER_S};
        int result =
                key_outcome(qf_key_read_server(config->server_key_now, config->server_key, &daemon->curve),
                            qf_key_server_file(config->server_key_now, config->server_key));
        if (result == 0)
                result = qf_context_new(1, &daemon->context);
        if (result == 0)
                result = qf_zap_open(daemon->context, decide, daemon, &daemon->zap);
        if (result == 0)
                result = qf_zap_limit(daemon->zap, limits);
        if (result == 0)
                result = bind_doors(daemon, config);
        if (result == 0)
                result = open_journal(daemon, config->journal, NULL);
        if (result == 0)
                result = open_journal(daemon, config->follow, &daemon->curve);
        return result;
}

static int join_loop(struct qf_daemon *daemon, struct qf_loop *loop)
{
        daemon->loop = loop;
        int result = qf_loop_add_socket(loop, qf_zap_handle(daemon->zap), ask_zap, daemon);
        for (uint32_t i = 0; result == 0 && i < daemon->doors_count; i++)
                result = qf_loop_add_socket(loop, qf_socket_handle(daemon->doors[i].socket), read_door,
                                            &daemon->doors[i]);
        for (uint32_t i = 0; result == 0 && i < daemon->journal_count; i++)
                result = qf_loop_add_socket(loop, qf_journal_door_handle(daemon->journal[i]), note_consumer,
                                            daemon->journal[i]);
        if (result == 0)
                result = qf_loop_every(loop, BEAT_MS, beat, daemon);
        if (result == 0)
                result = qf_loop_every(loop, READERS_MS, check_readers, daemon);
        qf_loop_set_turn(loop, turn, daemon);
        return result;
}

/* `qf redact` that was killed may leave the journal as it was before, with the text. */
static void end_redaction(const struct qf_daemon *daemon)
{
        int result = qf_directory_forget(daemon->directory, QF_REDACT_LEFT);
        if (result < 0)
                qf_log(QF_LOG_ERROR,
                       "what a redaction left cannot be removed: it holds the text path=\"%s.redacted\" error=\"%s\"",
                       daemon->directory, strerror(-result));
}

static int start(struct qf_loop *loop, const void *config, struct qf_logbook *book, void **ret_daemon)
{
        struct qf_daemon *daemon = calloc(1, sizeof *daemon);
        if (!daemon)
                return -ENOMEM;
        *ret_daemon = daemon;
        daemon->book = book;
        int result = qf_gauges_new(qf_clock_wall_ms(), &daemon->gauges);
        if (result == 0)
                result = open_shield(daemon, config);
        if (result == 0)
                result = open_core(daemon, config);
        if (result == 0) {
                daemon->directory = ((const struct qf_ingest_config *)config)->directory;
                look_at_backups(daemon);
                end_redaction(daemon);
                qf_shield_judging(daemon->shield, 0);
                say_crashed(daemon);
                qf_marks_journal(qf_group_committed(qf_ingest_group(daemon->ingest)), book);
                result = qf_marks_look(&daemon->marks, qf_ingest_programme(daemon->ingest), book);
        }
        if (result == 0)
                result = open_sockets(daemon, config);
        if (result == 0)
                result = join_loop(daemon, loop);
        return result;
}

static int reload(void *ctx, const void *config)
{
        struct qf_daemon *daemon = ctx;
        const struct qf_ingest_config *read = config;
        struct qf_quota_limit quotas[QF_QUOTA_KINDS];
        char marks[QF_KEY_MARKS];
        qf_ingest_quotas(config, quotas);
        qf_ingest_set_limits(daemon->ingest, quotas, qf_ingest_floor(config));
        int result = qf_zap_rekey(daemon->zap, read->server_key_now, read->server_key, &daemon->curve, marks);
        if (result == 0)
                qf_logbook_note(daemon->book, "server-key-changed", "keys=%s", marks);
        return result < 0 ? result : 0;
}

static void stop(void *ctx)
{
        struct qf_daemon *daemon = ctx;
        if (!daemon)
                return;
        if (daemon->ingest && daemon->journal_count > 0 &&
            qf_ingest_turn(daemon->ingest, qf_clock_wall_ms()) < 0)
                qf_log(QF_LOG_ERROR, "the last group could not be written: its senders were not answered");
        (void)qf_zap_close(daemon->zap);
        for (uint32_t i = 0; i < DOORS_MAX; i++)
                (void)qf_socket_close(daemon->doors[i].socket);
        for (uint32_t i = 0; i < daemon->journal_count; i++)
                (void)qf_journal_door_close(daemon->journal[i]);
        (void)qf_context_free(daemon->context);
        (void)qf_ingest_close(daemon->ingest);
        qf_marks_deinit(&daemon->marks);
        qf_tap_close(&daemon->tap);
        (void)qf_shield_close(daemon->shield);
        (void)qf_gauges_free(daemon->gauges);
        explicit_bzero(&daemon->curve, sizeof daemon->curve);
        free(daemon);
}

static void status(void *ctx, char *ret_text, unsigned room)
{
        struct qf_daemon *daemon = ctx;
        const struct qf_journal_state *state = qf_group_committed(qf_ingest_group(daemon->ingest));
        uint64_t rate = qf_rate_next(&daemon->rate, state->events, qf_clock_mono_ms());
        (void)snprintf(ret_text, room,
                       "position %llu, %llu events, %llu/s, %u consumers, %llu messages, %llu dropped",
                       (unsigned long long)state->last, (unsigned long long)state->events,
                       (unsigned long long)rate, count_consumers(daemon),
                       (unsigned long long)daemon->messages, (unsigned long long)daemon->dropped);
}

const struct qf_service qf_ingest_service = {.name = "qf-ingest",
                                             .summary = "takes events from partners into the journal",
                                             .schema = &qf_ingest_schema,
                                             .sandbox = qf_ingest_sandbox,
                                             .logbook = offsetof(struct qf_ingest_config, logbook),
                                             .start = start,
                                             .reload = reload,
                                             .stop = stop,
                                             .status = status};
