/* RabbitMQ with a quorum queue and publisher confirms; a message is a batch. A consumer process counts in memory, writes
 * counts and position to a file with fdatasync before it acknowledges what it took, and publishes the total. What is sent
 * again is counted again. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <amqp.h>
#include <amqp_tcp_socket.h>

#include "base/clock.h"
#include "bench/peers/peer.h"

static void check(amqp_rpc_reply_t reply, const char *what)
{
        if (reply.reply_type != AMQP_RESPONSE_NORMAL)
                peer_die(what, reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION
                                       ? amqp_error_string2(reply.library_error)
                                       : "the server refused");
}

static amqp_connection_state_t connect_to(const struct peer *peer)
{
        amqp_connection_state_t connection = amqp_new_connection();
        amqp_socket_t *socket = amqp_tcp_socket_new(connection);

        if (!socket || amqp_socket_open(socket, "127.0.0.1", peer->port) != AMQP_STATUS_OK)
                peer_die("rabbit", "connect");
        check(amqp_login(connection, "/", 0, 1 << 20, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest"), "login");
        amqp_channel_open(connection, 1);
        check(amqp_get_rpc_reply(connection), "channel");
        return connection;
}

static amqp_bytes_t text(const char *of)
{
        return amqp_cstring_bytes(of);
}

/* --- the consumer ------------------------------------------------------------------------- */

_Noreturn static void consume(const struct peer *peer, struct peer_counts *counts)
{
        uint64_t most = peer->batch > 1 ? 16 : 1000, taken = 0, tag = 0;
        int64_t first_ns = 0;

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        amqp_connection_state_t connection = connect_to(peer);
        amqp_basic_qos(connection, 1, 0, peer->batch > 1 ? 64 : 2000, 0);
        check(amqp_get_rpc_reply(connection), "qos");
        amqp_basic_consume(connection, 1, text("events"), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
        check(amqp_get_rpc_reply(connection), "consume");
        for (;;) {
                amqp_envelope_t envelope;
                amqp_maybe_release_buffers(connection);
                struct timeval patience = {.tv_usec = taken ? 500 : 100000};
                amqp_rpc_reply_t reply = amqp_consume_message(connection, &envelope, &patience, 0);
                bool got = reply.reply_type == AMQP_RESPONSE_NORMAL;
                if (!got && reply.library_error != AMQP_STATUS_TIMEOUT)
                        check(reply, "consume");
                if (got) {
                        peer_counts_take(counts, envelope.message.body.bytes, envelope.message.body.len);
                        tag = envelope.delivery_tag;
                        first_ns = taken++ ? first_ns : qf_clock_mono_ns();
                        amqp_destroy_envelope(&envelope);
                }
                if (taken && (!got || taken >= most || qf_clock_mono_ns() - first_ns > 2000000)) {
                        peer_counts_keep(peer, counts);
                        amqp_basic_ack(connection, 1, tag, 1);
                        amqp_basic_publish(connection, 1, text("totals"), amqp_empty_bytes, 0, 0, NULL,
                                           (amqp_bytes_t){sizeof counts->upto, &counts->upto});
                        taken = 0;
                }
        }
}

/* --- the publisher ------------------------------------------------------------------------- */

struct publisher {
        struct peer *peer;
        amqp_connection_state_t feed, totals;
        uint64_t *upto; /* by message, in a ring of window: events before its end */
        bool *confirmed;
        uint64_t put, done; /* messages */
        uint8_t *bytes;
};

static void declare(struct publisher *of)
{
        amqp_table_entry_t kind = {
                .key = text("x-queue-type"),
                .value = {.kind = AMQP_FIELD_KIND_UTF8, .value = {.bytes = text("quorum")}}};
        amqp_table_t table = {1, &kind};

        amqp_queue_declare(of->feed, 1, text("events"), 0, 1, 0, 0, table);
        check(amqp_get_rpc_reply(of->feed), "queue");
        amqp_exchange_declare(of->feed, 1, text("totals"), text("fanout"), 0, 0, 0, 0, amqp_empty_table);
        check(amqp_get_rpc_reply(of->feed), "exchange");
        amqp_queue_declare(of->totals, 1, text("seen"), 0, 0, 1, 1, amqp_empty_table);
        check(amqp_get_rpc_reply(of->totals), "queue");
        amqp_queue_bind(of->totals, 1, text("seen"), text("totals"), amqp_empty_bytes, amqp_empty_table);
        check(amqp_get_rpc_reply(of->totals), "bind");
        amqp_basic_consume(of->totals, 1, text("seen"), amqp_empty_bytes, 0, 1, 0, amqp_empty_table);
        check(amqp_get_rpc_reply(of->totals), "consume");
        amqp_confirm_select(of->feed, 1);
        check(amqp_get_rpc_reply(of->feed), "confirm");
}

static void take_confirms(struct publisher *of, long wait_us)
{
        struct timeval patience = {.tv_usec = wait_us};
        amqp_frame_t frame;
        int r;

        amqp_maybe_release_buffers(of->feed);
        while ((r = amqp_simple_wait_frame_noblock(of->feed, &frame, &patience)) == AMQP_STATUS_OK) {
                patience.tv_usec = 0;
                if (frame.frame_type != AMQP_FRAME_METHOD)
                        continue;
                if (frame.payload.method.id != AMQP_BASIC_ACK_METHOD)
                        peer_die("rabbit", "not confirmed");
                const amqp_basic_ack_t *ack = frame.payload.method.decoded;
                for (uint64_t tag = ack->multiple ? of->done + 1 : ack->delivery_tag;
                     tag <= ack->delivery_tag; tag++)
                        of->confirmed[tag % of->peer->window] = true;
                while (of->done < of->put && of->confirmed[(of->done + 1) % of->peer->window]) {
                        of->done++;
                        of->confirmed[of->done % of->peer->window] = false;
                        peer_acked(of->peer, of->upto[of->done % of->peer->window]);
                }
        }
        if (r != AMQP_STATUS_TIMEOUT)
                peer_die("rabbit", amqp_error_string2(r));
}

static void look_at_totals(struct publisher *of, long wait_us)
{
        for (;; wait_us = 0) {
                amqp_envelope_t envelope;
                struct timeval patience = {.tv_usec = wait_us};
                uint64_t total;
                amqp_maybe_release_buffers(of->totals);
                amqp_rpc_reply_t reply = amqp_consume_message(of->totals, &envelope, &patience, 0);
                if (reply.reply_type != AMQP_RESPONSE_NORMAL) {
                        if (reply.library_error != AMQP_STATUS_TIMEOUT)
                                check(reply, "totals");
                        return;
                }
                memcpy(&total, envelope.message.body.bytes, sizeof total);
                peer_live(of->peer, total);
                amqp_destroy_envelope(&envelope);
        }
}

static void publish(struct publisher *of, uint64_t first, uint32_t count)
{
        amqp_basic_properties_t how = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG, .delivery_mode = 2};
        amqp_bytes_t message = {peer_write(of->peer, first, count, of->bytes), of->bytes};

        of->upto[++of->put % of->peer->window] = first + count;
        if (amqp_basic_publish(of->feed, 1, amqp_empty_bytes, text("events"), 0, 0, &how, message) !=
            AMQP_STATUS_OK)
                peer_die("rabbit", "publish");
}

static void run(struct publisher *of)
{
        struct peer *peer = of->peer;
        uint64_t sent = 0;

        while (peer->acked < peer->events || peer->live < peer->events) {
                uint32_t count = of->put - of->done < peer->window ? peer_due(peer, sent) : 0;
                if (count) {
                        publish(of, sent, count);
                        sent += count;
                }
                if (!count || peer->batch > 1 || peer->rate || of->put % 64 == 0) {
                        take_confirms(of, count || peer->rate ? 0 : 100);
                        look_at_totals(of, 0);
                }
                if (!count && peer->rate)
                        peer_nap();
        }
}

int main(int argc, char **argv)
{
        struct peer peer;
        struct publisher of = {.peer = &peer};

        peer_options(&peer, "rabbitmq", argc, argv);
        struct peer_counts *counts = peer_counts_new();
        of.feed = connect_to(&peer);
        of.totals = connect_to(&peer);
        declare(&of);
        of.upto = calloc(peer.window, sizeof *of.upto);
        of.confirmed = calloc(peer.window, sizeof *of.confirmed);
        of.bytes = malloc((size_t)peer.batch * PEER_RECORD_BYTES);
        pid_t consumer = fork();
        if (consumer == 0)
                consume(&peer, counts);
        peer_begin(&peer);
        run(&of);
        (void)kill(consumer, SIGKILL);
        (void)waitpid(consumer, NULL, 0);
        return peer_end(&peer, counts->cells);
}
