/* A reader like any other towards reporting, a publisher towards this machine:
 *
 *   reporting ROUTER, CURVE ◄─ DEALER (client/subscribe) → topics → XPUB ─► SUB clients
 *
 * A process of its own, since a flood of subscriptions is libzmq's to keep: it
 * may take this process down, and nothing else. */
#include "relay/daemon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "client/subscribe.h"
#include "relay/config.h"
#include "relay/topics.h"
#include "wire/keys.h"
#include "wire/publisher.h"

enum { STEP_MS = 50, SUBSCRIPTIONS_PER_STEP = 4096, REMARK_BYTES = 96, RECEIVE_HWM = 256 };

struct relay {
        struct qf_logbook *book;
        struct qf_context *context;
        struct qf_subscription *subscription;
        struct qf_publisher *publisher;
        struct qf_topics *topics;
        char remark[REMARK_BYTES]; /* of what is published now: the third frame */
        uint64_t published;
};

static int publish(void *ctx, struct qf_view topic, struct qf_view value)
{
        struct relay *relay = ctx;

        relay->published++;
        return qf_publisher_send(relay->publisher, topic, value, qf_view_of(relay->remark));
}

static int consistent(void *ctx, uint64_t version, bool begun_anew)
{
        struct relay *relay = ctx;

        (void)version;
        if (begun_anew)
                qf_topics_begin_anew(relay->topics);
        return 0;
}

static void remark(struct relay *relay, const struct qf_topics_source *source)
{
        static const char *const words[] = {[QF_PULSE_NONE] = "",
                                            [QF_PULSE_QUIET] = "",
                                            [QF_PULSE_LATE] = " late",
                                            [QF_PULSE_STOPPED] = " stopped",
                                            [QF_PULSE_DEAD] = " dead"};
        char epoch[2 * QF_EPOCH_BYTES + 1];

        qf_text_hex(qf_subscription_epoch(relay->subscription), QF_EPOCH_BYTES, epoch);
        (void)snprintf(relay->remark, sizeof(relay->remark), "%s %llu%s%s", epoch,
                       (unsigned long long)source->version,
                       qf_programme_settings(source->programme)->training ? " training" : "",
                       words[source->state]);
}

static int read_subscriptions(struct relay *relay)
{
        for (int i = 0; i < SUBSCRIPTIONS_PER_STEP; i++) {
                struct qf_view prefix;
                bool begins;
                int r = qf_publisher_next(relay->publisher, &prefix, &begins);

                if (r == QF_PUBLISHER_FLOODED) {
                        qf_log(QF_LOG_WARNING,
                               "too many subscriptions: all are thrown away and may begin again");
                        qf_topics_forget(relay->topics);
                        continue;
                }
                if (r != 0)
                        return r < 0 ? r : 0;
                if (begins)
                        r = qf_topics_subscribe(relay->topics, prefix);
                else
                        qf_topics_unsubscribe(relay->topics, prefix);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Subscriptions are read here, not when they come: the publisher's socket may be another one by then. */
static int step(void *ctx)
{
        struct relay *relay = ctx;
        const int64_t mono_ms = qf_clock_mono_ms();
        int r = read_subscriptions(relay);

        if (r < 0 || !qf_subscription_held(relay->subscription))
                return r;
        const struct qf_topics_source source = {
                qf_subscription_programme(relay->subscription),
                qf_subscription_picture(relay->subscription),
                qf_subscription_version(relay->subscription),
                qf_subscription_state(relay->subscription, mono_ms),
        };
        remark(relay, &source);
        return qf_topics_step(relay->topics, &source, mono_ms);
}

static int wake(void *ctx)
{
        (void)ctx;
        return 0;
}

static int turn(void *ctx, bool *ret_more)
{
        struct relay *relay = ctx;
        int r = qf_subscription_turn(relay->subscription, qf_clock_mono_ms());

        (void)ret_more;
        if (r == 0 && qf_socket_refused(qf_subscription_socket(relay->subscription))) {
                /* libzmq does not try again after a refusal: whoever started this may. */
                qf_log(QF_LOG_ERROR, "reporting does not know the key, or it may not read");
                return -EACCES;
        }
        if (r <= 0)
                return r;
        qf_logbook_note(relay->book, "reading-denied", "code=%d", r);
        qf_log(QF_LOG_ERROR, "cannot read totals: %s",
               r == QF_SUBSCRIPTION_DENIED ? qf_subscription_say(relay->subscription)
                                           : "there are too many cells");
        return r == QF_SUBSCRIPTION_DENIED ? -EACCES : -E2BIG;
}

static int read_keys(const struct qf_relay_config *config, struct qf_curve *ret_curve)
{
        int r = qf_key_read_secret(config->key, ret_curve->secret_key, ret_curve->public_key);

        if (r == 0)
                r = qf_key_read_servers(config->server_public, ret_curve->server_key,
                                        ret_curve->other_server_key);
        if (r == 0)
                return 0;
        qf_log(QF_LOG_ERROR, "cannot use the keys: %s", qf_key_why(r));
        return QF_SERVICE_CONFIG;
}

static int connect_reporting(struct relay *relay, const struct qf_relay_config *config)
{
        struct qf_curve curve = {0};
        const struct qf_socket_options socket_options = {
                .type = QF_DEALER, .curve = &curve, .receive_hwm = RECEIVE_HWM};
        const struct qf_subscription_options options = {
                .want = QF_WANT_CELLS | QF_WANT_REGISTERS,
                .every_ms = QF_TOPICS_CHANGES_MS, /* what comes sooner would not be published */
                .keeps = qf_topics_keeps,
                .calls = {.ctx = relay, .consistent = consistent},
        };
        struct qf_socket *socket = NULL;
        int r = read_keys(config, &curve);

        if (r == 0)
                r = qf_socket_connect(relay->context, &socket_options, config->read, &socket);
        explicit_bzero(&curve, sizeof(curve));
        return r == 0 ? qf_subscription_open(&socket, &options, &relay->subscription) : r;
}

static int open_publisher(struct relay *relay, const char *endpoint)
{
        int r = qf_publisher_open(relay->context, endpoint, &relay->publisher);

        if (r == -EACCES) {
                qf_log(QF_LOG_ERROR, "topics are without keys: publish on ipc or a loopback address only");
                return QF_SERVICE_CONFIG;
        }
        if (r < 0)
                qf_log(QF_LOG_ERROR, "cannot bind the endpoint of the topics error=\"%s\"", strerror(-r));
        return r;
}

static int start_relay(struct qf_loop *loop, const void *config, struct qf_logbook *book, void **ret_daemon)
{
        const struct qf_relay_config *read = config;
        struct relay *relay = calloc(1, sizeof(*relay));
        int r;

        if (!relay)
                return -ENOMEM;
        *ret_daemon = relay;
        relay->book = book;
        r = qf_topics_new(publish, relay, &relay->topics);
        if (r == 0)
                r = qf_context_new(1, &relay->context);
        if (r == 0)
                r = open_publisher(relay, read->publish);
        if (r == 0)
                r = connect_reporting(relay, read);
        if (r == 0)
                r = qf_loop_add_socket(loop, qf_socket_handle(qf_subscription_socket(relay->subscription)),
                                       wake, relay);
        if (r == 0)
                r = qf_loop_every(loop, STEP_MS, step, relay);
        if (r == 0)
                qf_loop_set_turn(loop, turn, relay);
        return r;
}

static void stop_relay(void *daemon)
{
        struct relay *relay = daemon;

        if (!relay)
                return;
        (void)qf_subscription_close(relay->subscription);
        (void)qf_publisher_close(relay->publisher);
        (void)qf_context_free(relay->context);
        (void)qf_topics_free(relay->topics);
        free(relay);
}

static void describe(void *daemon, char *ret_text, unsigned room)
{
        const struct relay *relay = daemon;

        (void)snprintf(ret_text, room, "%llu values published", (unsigned long long)relay->published);
}

const struct qf_service qf_relay_service = {
        .name = "qf-relay",
        .summary = "publishes headline totals as plain topics on this machine",
        .schema = &qf_relay_schema,
        .sandbox = qf_relay_sandbox,
        .logbook = offsetof(struct qf_relay_config, logbook),
        .start = start_relay,
        .stop = stop_relay,
        .status = describe,
};
