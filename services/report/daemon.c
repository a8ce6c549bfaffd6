/* Sockets and the loop:
 *
 *   aggregation ROUTER ◄─ DEALER upstream (registers, cells, activities)
 *   aggregation ROUTER ◄─ DEALER aggregate (questions passed on)
 *                         ROUTER doors, CURVE and ZAP ◄─ readers
 *                         HTTP (http.c), when configured ◄─ browsers, Prometheus
 *
 * Doors are bound at start, but handshakes are answered only from the first
 * picture on: before it no key is known, and a client that is refused does not
 * come back, while one that waits does. */
#include "report/daemon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rate.h"
#include "base/text.h"
#include "model/period.h"
#include "programme/admission.h"
#include "report/board_making.h"
#include "report/report.h"
#include "service/listening.h"

enum {
        MESSAGES_PER_TURN = 64,
        ARENA_BYTES = 1024 * 1024,
        SEND_HWM = 32,
        STEP_MS = 20, /* rates of subscribers, deadlines */
        PULSE_MS = 1000,
        TURN_MS = 2, /* what one door takes of a turn */
        READER_MS_PER_S = 200,
        READER_SUBSCRIPTIONS = 100,
        PUT_OFF_BYTES = 256 * 1024, /* in a turn of a door, before it is looked at no further */
        CONNECTIONS_PER_ADDRESS = 256,
        HANDSHAKES_PER_S = 50,
};

/* A routing id is unique at one door only, so the door's number is put behind it. */
static bool tag_peer(struct qf_peer *peer, uint8_t door)
{
        if (peer->len >= sizeof(peer->id))
                return false;
        peer->id[peer->len++] = door;
        return true;
}

int qf_report_send(struct qf_report *report, const struct qf_peer *peer, struct qf_view frame)
{
        struct qf_peer at_door = *peer;
        uint8_t door = at_door.id[--at_door.len];

        QF_ASSERT(door < report->doors_count);
        return qf_socket_send(report->doors[door].socket, &at_door, frame, (struct qf_view){0});
}

static int begin_updates(void *ctx, uint32_t source)
{
        struct qf_report *report = ctx;
        uint32_t retry_ms;

        report->begun_ns = qf_clock_mono_ns();
        return qf_share_ask(&report->share, QF_SHARE_UPDATES, source, report->begun_ns, &retry_ms);
}

static int end_updates(void *ctx, uint32_t source, size_t bytes)
{
        struct qf_report *report = ctx;

        return qf_share_pay(&report->share, QF_SHARE_UPDATES, source, report->begun_ns, bytes,
                            qf_clock_mono_ns());
}

static int send_to_subscriber(void *ctx, const struct qf_peer *peer, struct qf_view frame)
{
        return qf_report_send(ctx, peer, frame);
}

/* A key passes when it is a valid key of a source that may read. */
static const char *decide(void *ctx, const uint8_t public_key[32], const char *address)
{
        struct qf_report *report = ctx;
        struct qf_published now = qf_upstream_published(report->upstream);

        bool known = qf_admission_user(now.programme, public_key, now.now_ms, report->user) &&
                     qf_admission_source(now.programme, qf_view_of(report->user), now.now_ms, QF_MAY_READ);
        qf_logbook_visit(report->book, known ? "door-opened" : "door-refused", known ? report->user : "",
                         address, qf_clock_mono_ms());
        if (known)
                return report->user;
        report->refused++;
        (void)qf_text_escape(qf_view_of(address), report->refused_from, sizeof(report->refused_from));
        return NULL;
}

static int read_zap(void *ctx)
{
        struct qf_report *report = ctx;

        return qf_zap_turn(report->zap);
}

static int read_door(void *ctx)
{
        struct qf_report_door *door = ctx;
        int64_t mono_ms = qf_clock_mono_ms(), until_ms = mono_ms + TURN_MS;

        for (int i = 0; i < MESSAGES_PER_TURN && door->report->share.put_off_bytes < PUT_OFF_BYTES &&
                        qf_clock_mono_ms() < until_ms;
             i++) {
                struct qf_received received;
                int r = qf_socket_receive(door->socket, &received);

                if (r != 0)
                        return r < 0 ? r : 0;
                if (!tag_peer(&received.peer, door->number))
                        continue;
                r = qf_report_take(door->report, &received.peer, received.user, received.frame[0], mono_ms);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_aggregate(void *ctx)
{
        struct qf_report *report = ctx;
        int64_t mono_ms = qf_clock_mono_ms();

        for (int i = 0; i < MESSAGES_PER_TURN; i++) {
                struct qf_received received;
                int r = qf_socket_receive(report->aggregate, &received);

                if (r == 0)
                        r = qf_report_take_aside(report, received.frame[0], mono_ms);
                if (r != 0)
                        return r < 0 ? r : 0;
        }
        return 0;
}

static int read_fetched(void *ctx)
{
        struct qf_report *report = ctx;
        int64_t mono_ms = qf_clock_mono_ms(), until_ms = mono_ms + TURN_MS;

        for (int i = 0; i < MESSAGES_PER_TURN && qf_clock_mono_ms() < until_ms; i++) {
                struct qf_received received;
                int r = qf_socket_receive(report->journal, &received);

                if (r == 0)
                        r = qf_report_take_fetched(report, received.frame[0], received.frame[1], mono_ms);
                if (r != 0)
                        return r < 0 ? r : 0;
        }
        return 0;
}

/* Upstream and HTTP have their part of each turn; their sockets only wake the loop. */
static int wake(void *ctx)
{
        (void)ctx;
        return 0;
}

void qf_report_pulse(const struct qf_report *report, int64_t mono_ms, struct qf_to_reader *ret_pulse)
{
        const struct qf_subscription *subscription = report->upstream->subscription;
        const struct qf_pulse *pulse = qf_subscription_pulse(subscription);
        struct qf_published now = qf_upstream_published(report->upstream);
        const bool away = qf_subscription_state(subscription, mono_ms) == QF_PULSE_DEAD;
        const bool other = qf_upstream_held(report->upstream) && pulse->heard &&
                           memcmp(pulse->epoch, now.epoch, sizeof(now.epoch)) != 0;

        *ret_pulse = (struct qf_to_reader){
                .what = QF_PULSE,
                .version = now.version,
                .journal_last =
                        !other && pulse->journal_last > now.version ? pulse->journal_last : now.version,
                .complete_at_ms = pulse->complete_at_ms,
                .catching_up = pulse->catching_up || other,
                .stopped = pulse->stopped || away,
                .say = away ? QF_VIEW("aggregation is away: these are the last numbers it gave")
                            : qf_view_of(qf_subscription_say(subscription)),
        };
        memcpy(ret_pulse->epoch, now.epoch, sizeof(now.epoch));
}

static void say_put_off(struct qf_report *report)
{
        const struct qf_programme *programme = qf_upstream_published(report->upstream).programme;
        const struct qf_source *source = qf_programme_source(programme, report->share.put_off_source);
        char shown[QF_CODE_BYTES_MAX * 4 + 1];

        if (report->share.put_off == report->put_off)
                return;
        qf_log(QF_LOG_WARNING,
               "messages of readers over their share were put off count=%llu last_source=\"%s\"",
               (unsigned long long)(report->share.put_off - report->put_off),
               qf_text_escape(source ? source->name : QF_VIEW(""), shown, sizeof(shown)));
        report->put_off = report->share.put_off;
}

static void say_refused(struct qf_report *report)
{
        const char *last;
        uint64_t crowded = qf_zap_crowded(report->zap, &last);

        if (report->refused > 0)
                qf_log(QF_LOG_WARNING, "keys that may not read were refused count=%u last_from=\"%s\"",
                       report->refused, report->refused_from);
        if (crowded > report->crowded)
                qf_log(QF_LOG_WARNING,
                       "connections over their address's limit were put off count=%llu last_from=\"%s\"",
                       (unsigned long long)(crowded - report->crowded), last);
        if (crowded > report->crowded)
                qf_logbook_visit(report->book, "address-over-limit", "", last, qf_clock_mono_ms());
        qf_logbook_beat(report->book, qf_clock_mono_ms());
        report->refused = 0;
        report->crowded = crowded;
}

uint32_t qf_report_today(const struct qf_report *report)
{
        const struct qf_programme *programme = qf_upstream_published(report->upstream).programme;

        return qf_date_at(qf_clock_wall_ms(), qf_programme_settings(programme)->zone_minutes);
}

/* What the board shows depends on the version, the day and what the tokens may read. */
void qf_report_set_live(struct qf_report *report)
{
        const struct qf_published now = qf_upstream_published(report->upstream);
        const uint32_t rights = qf_http_tokens_stamp(report->http);
        char epoch[17], id[QF_LIVE_ID];

        qf_text_hex(now.epoch, 8, epoch);
        (void)snprintf(id, sizeof(id), "%s.%llu.%u.%x", epoch, (unsigned long long)now.version,
                       qf_report_today(report), rights);
        qf_live_set(report->live, id, rights, qf_http_web_version(report->http));
}

static int turn_board(struct qf_report *report, int64_t mono_ms, bool *ret_more)
{
        bool news = false;
        int r = qf_live_turn(report->live, mono_ms, &news, ret_more);

        if (news)
                qf_http_wake(report->http);
        return r;
}

static int pulse_all(void *ctx)
{
        struct qf_report *report = ctx;
        int64_t mono_ms = qf_clock_mono_ms();
        struct qf_to_reader pulse;

        qf_report_measure(report, mono_ms);
        qf_measured_sample(report->upstream->measured, mono_ms);
        if (!qf_upstream_held(report->upstream))
                return 0;
        say_put_off(report);
        if (report->http && qf_upstream_whole(report->upstream)) {
                qf_report_set_live(report);
                qf_live_tick(report->live);
        }
        int r = qf_zap_turn(report->zap); /* also when nobody asks: connections are counted there */
        if (r < 0)
                return r;
        say_refused(report);
        qf_report_pulse(report, mono_ms, &pulse);
        return qf_subscribers_pulse(report->subscribers, &pulse, mono_ms);
}

static int open_door_once(struct qf_report *report)
{
        int r;

        if (report->zap_open || !qf_upstream_held(report->upstream))
                return 0;
        r = qf_loop_add_socket(report->loop, qf_zap_handle(report->zap), read_zap, report);
        if (r < 0)
                return r;
        report->zap_open = true;
        qf_log(QF_LOG_NOTICE, "the first picture is complete, readers are let in version=%llu",
               (unsigned long long)qf_upstream_published(report->upstream).version);
        return 0;
}

/* What is put off was decrypted already: what holds a flood back is a connection that is not read from. */
static void rest(struct qf_report *report)
{
        const uint32_t rest_us = qf_share_rest_us(&report->share);

        for (uint32_t i = 0; rest_us > 0 && i < report->doors_count; i++)
                qf_loop_rest(report->loop, qf_socket_handle(report->doors[i].socket),
                             qf_clock_mono_ns() + (int64_t)rest_us * 1000);
}

static int turn(void *ctx, bool *ret_more)
{
        struct qf_report *report = ctx;
        int64_t mono_ms = qf_clock_mono_ms();
        struct qf_published now;
        int r = qf_upstream_turn(report->upstream, mono_ms);
        const bool makes_boards = report->http && qf_upstream_whole(report->upstream);

        if (r == 0 && makes_boards)
                r = turn_board(report, mono_ms, ret_more);
        if (r == 0 && report->http)
                r = qf_http_turn(report->http, mono_ms, ret_more);
        if (r == 0 && makes_boards)
                *ret_more |= qf_live_is_busy(report->live);
        if (r == 0)
                r = open_door_once(report);
        if (r < 0 || !report->zap_open)
                return r;
        now = qf_upstream_published(report->upstream);
        if (report->upstream->begun_anew)
                qf_subscribers_begin_anew(report->subscribers, &now, report->upstream->another_epoch);
        report->upstream->begun_anew = report->upstream->another_epoch = false;
        rest(report);
        r = qf_subscribers_turn(report->subscribers, &now, mono_ms, ret_more);
        return r < 0 ? r : qf_report_settle_questions(report, mono_ms, ret_more);
}

static int open_doors(struct qf_report *report, const struct qf_report_config *config)
{
        struct qf_socket_options options = {
                .type = QF_ROUTER, .server = true, .curve = &report->curve, .send_hwm = SEND_HWM};
        const struct qf_crowd_limits limits = {
                config->address_connections ? *config->address_connections : CONNECTIONS_PER_ADDRESS,
                config->address_handshakes_per_s ? *config->address_handshakes_per_s : HANDSHAKES_PER_S};
        char shown[256];
        int r = qf_key_read_server(config->server_key_now, config->server_key, &report->curve);

        if (r != 0) {
                qf_log(QF_LOG_ERROR, "the key file cannot be used path=\"%s\" why=\"%s\"",
                       qf_text_escape(
                               qf_view_of(qf_key_server_file(config->server_key_now, config->server_key)),
                               shown, sizeof shown),
                       qf_key_why(r));
                return QF_SERVICE_CONFIG;
        }
        r = qf_zap_limit(report->zap, limits);
        for (uint32_t i = 0; i < config->read_count && i < QF_REPORT_READ_MAX && r == 0; i++) {
                struct qf_report_door *door = &report->doors[i];

                *door = (struct qf_report_door){.report = report, .number = (uint8_t)i};
                r = qf_listening_twice(config->read[i], options.listening, &options.removes);
                if (r == 0)
                        r = qf_socket_bind(report->context, &options, config->read[i], &door->socket);
                if (r < 0) {
                        qf_log(QF_LOG_ERROR, "cannot bind an endpoint for readers endpoint=%s error=\"%s\"",
                               config->read[i], strerror(-r));
                        break;
                }
                report->doors_count++;
                r = qf_zap_watch(report->zap, report->context, door->socket);
                if (r == 0)
                        r = qf_loop_add_socket(report->loop, qf_socket_handle(door->socket), read_door, door);
        }
        return r;
}

static int open_http(struct qf_report *report, const struct qf_http_config *config)
{
        struct qf_live_calls calls = qf_board_calls;
        int r;

        calls.ctx = report;
        r = qf_live_new(&calls, &report->live);
        if (r == 0)
                r = qf_http_open(config, qf_report_routes, qf_report_routes_count, report, report->book,
                                 &report->http);

        return r == 0 ? qf_loop_add_fd(report->loop, qf_http_fd(report->http), wake, report) : r;
}

static int connect_journal(struct qf_report *report, const char *endpoint)
{
        const struct qf_socket_options options = {.type = QF_DEALER, .frame_bytes_max = 2 * 1024 * 1024};
        int r = qf_sha256_new(&report->sha);

        if (r == 0)
                r = qf_arena_new(QF_DECODE_ARENA_BYTES, &report->said);
        if (r == 0)
                r = qf_socket_connect(report->context, &options, endpoint, &report->journal);
        return r == 0 ? qf_loop_add_socket(report->loop, qf_socket_handle(report->journal), read_fetched,
                                           report)
                      : r;
}

static int connect_aggregation(struct qf_report *report, const char *endpoint)
{
        const struct qf_socket_options options = {.type = QF_DEALER, .frame_bytes_max = 2 * 1024 * 1024};
        const struct qf_upstream_calls calls = {report, qf_report_changes};
        int r = qf_upstream_open(report->context, endpoint, &calls, &report->upstream);

        if (r == 0)
                r = qf_socket_connect(report->context, &options, endpoint, &report->aggregate);
        if (r == 0)
                r = qf_loop_add_socket(
                        report->loop,
                        qf_socket_handle(qf_subscription_socket(report->upstream->subscription)), wake,
                        report);
        if (r == 0)
                r = qf_loop_add_socket(report->loop, qf_socket_handle(report->aggregate), read_aggregate,
                                       report);
        return r;
}

static uint32_t or_default(const uint32_t *number, uint32_t otherwise)
{
        return number ? *number : otherwise;
}

static int make_parts(struct qf_report *report, const struct qf_report_config *config)
{
        const struct qf_subscribers_calls calls = {.ctx = report,
                                                   .send = send_to_subscriber,
                                                   .begin = begin_updates,
                                                   .end = end_updates,
                                                   .of_source_max = config->reader_subscriptions
                                                                            ? *config->reader_subscriptions
                                                                            : READER_SUBSCRIPTIONS};
        int r = qf_share_init(&report->share, or_default(config->reader_ms_per_s, READER_MS_PER_S));

        if (r == 0)
                r = qf_share_init(&report->http_share, or_default(config->reader_ms_per_s, READER_MS_PER_S));

        if (r == 0)
                r = qf_arena_new(ARENA_BYTES, &report->arena);

        if (r == 0)
                r = qf_board_making_new(report, &report->board);
        if (r == 0)
                r = qf_subscribers_new(&calls, &report->subscribers);
        if (r == 0)
                r = qf_context_new(1, &report->context);
        if (r == 0)
                r = qf_zap_open(report->context, decide, report, &report->zap);
        return r;
}

static int start_report(struct qf_loop *loop, const void *config, struct qf_logbook *book, void **ret_daemon)
{
        const struct qf_report_config *read = config;
        struct qf_report *report = calloc(1, sizeof(*report));
        int r;

        if (!report)
                return -ENOMEM;
        *ret_daemon = report;
        report->book = book;
        report->loop = loop;
        report->started_ms = qf_clock_wall_ms();
        r = make_parts(report, read);
        if (r == 0)
                r = connect_aggregation(report, read->totals);
        if (r == 0 && read->journal)
                r = connect_journal(report, read->journal);
        if (r == 0)
                r = open_doors(report, read);
        if (r == 0 && read->http)
                r = open_http(report, read->http);
        if (r == 0)
                r = qf_loop_every(loop, STEP_MS, wake, report);
        if (r == 0)
                r = qf_loop_every(loop, PULSE_MS, pulse_all, report);
        if (r == 0)
                qf_loop_set_turn(loop, turn, report);
        return r;
}

static int reload_report(void *daemon, const void *config)
{
        struct qf_report *report = daemon;
        const struct qf_report_config *read = config;
        char marks[QF_KEY_MARKS];

        qf_share_set(&report->share, or_default(read->reader_ms_per_s, READER_MS_PER_S));
        qf_share_set(&report->http_share, or_default(read->reader_ms_per_s, READER_MS_PER_S));
        qf_subscribers_set_most(report->subscribers,
                                or_default(read->reader_subscriptions, READER_SUBSCRIPTIONS));
        int r = qf_zap_rekey(report->zap, read->server_key_now, read->server_key, &report->curve, marks);
        if (r == 0)
                qf_logbook_note(report->book, "server-key-changed", "keys=%s", marks);
        return r < 0 ? r : 0;
}

static void stop_report(void *daemon)
{
        struct qf_report *report = daemon;

        if (!report)
                return;
        (void)qf_http_close(report->http);
        (void)qf_live_free(report->live);
        (void)qf_subscribers_free(report->subscribers);
        (void)qf_zap_close(report->zap);
        for (uint32_t i = 0; i < report->doors_count; i++)
                (void)qf_socket_close(report->doors[i].socket);
        (void)qf_socket_close(report->aggregate);
        (void)qf_socket_close(report->journal);
        qf_recalls_deinit(&report->recalls);
        (void)qf_arena_free(report->said);
        (void)qf_sha256_free(report->sha);
        qf_underway_deinit(&report->underway);
        qf_underway_deinit(&report->http_underway);
        (void)qf_board_making_free(report->board);
        (void)qf_upstream_close(report->upstream);
        (void)qf_context_free(report->context);
        qf_deferred_deinit(&report->deferred);
        qf_share_deinit(&report->share);
        qf_share_deinit(&report->http_share);
        qf_buffer_deinit(&report->out);
        (void)qf_arena_free(report->arena);
        explicit_bzero(&report->curve, sizeof(report->curve));
        free(report);
}

static void describe(void *daemon, char *ret_text, unsigned room)
{
        struct qf_report *report = daemon;
        struct qf_published now = qf_upstream_published(report->upstream);
        struct qf_to_reader pulse;

        qf_report_pulse(report, qf_clock_mono_ms(), &pulse);
        (void)snprintf(
                ret_text, room,
                "version %llu, %llu behind, %zu cells, %u activities, %u subscribers, %llu queries, %llu/s",
                (unsigned long long)now.version, (unsigned long long)(pulse.journal_last - pulse.version),
                qf_picture_cells(now.picture), qf_table_columns(report->upstream->table).rows,
                qf_subscribers_count(report->subscribers), (unsigned long long)report->queries,
                (unsigned long long)qf_rate_next(&report->rate, report->queries, qf_clock_mono_ms()));
}

const struct qf_service qf_report_service = {
        .name = "qf-report",
        .summary = "serves live totals and answers questions about them",
        .schema = &qf_report_schema,
        .sandbox = qf_report_sandbox,
        .logbook = offsetof(struct qf_report_config, logbook),
        .start = start_report,
        .stop = stop_report,
        .reload = reload_report,
        .status = describe,
};
