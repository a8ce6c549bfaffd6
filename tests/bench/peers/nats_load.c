/* NATS JetStream on files that are written through (O_SYNC): a message is a batch. A consumer process counts in memory,
 * writes counts and position to a file with fdatasync each second, and publishes the total. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nats/nats.h>

#include "base/clock.h"
#include "bench/peers/peer.h"

struct link {
        natsConnection *connection;
        jsCtx *stream;
};

static void must(natsStatus status, const char *what)
{
        if (status != NATS_OK)
                peer_die(what, natsStatus_GetText(status));
}

static struct link connect_to(const struct peer *peer)
{
        natsOptions *options;
        struct link link;
        char url[64];

        (void)snprintf(url, sizeof url, "nats://127.0.0.1:%u", peer->port);
        must(natsOptions_Create(&options), "options");
        must(natsOptions_SetURL(options, url), "options");
        must(natsOptions_SetIOBufSize(options, 1 << 20), "options");
        must(natsOptions_SetSendAsap(options, peer->batch > 1 || peer->rate), "options");
        must(natsConnection_Connect(&link.connection, options), "connect");
        must(natsConnection_JetStream(&link.stream, link.connection, NULL), "stream");
        natsOptions_Destroy(options);
        return link;
}

/* --- the consumer ------------------------------------------------------------------------- */

_Noreturn static void consume(const struct peer *peer, struct peer_counts *counts)
{
        natsSubscription *subscription;
        jsSubOptions how;
        uint64_t told = 0;
        int64_t told_ns = 0, kept_ns = qf_clock_mono_ns();

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        struct link link = connect_to(peer);
        must(jsSubOptions_Init(&how), "subscribe");
        how.Ordered = true;
        must(js_SubscribeSync(&subscription, link.stream, "events", NULL, &how, NULL), "subscribe");
        must(natsSubscription_SetPendingLimits(subscription, -1, -1), "subscribe");
        counts->ready = true;
        for (;;) {
                natsMsg *message = NULL;
                uint64_t waiting = 0;
                natsStatus status =
                        natsSubscription_NextMsg(&message, subscription, counts->upto > told ? 1 : 200);
                if (status == NATS_OK) {
                        peer_counts_take(counts, natsMsg_GetData(message),
                                         (size_t)natsMsg_GetDataLength(message));
                        natsMsg_Destroy(message);
                } else if (status != NATS_TIMEOUT) {
                        must(status, "consume");
                }
                (void)natsSubscription_QueuedMsgs(subscription, &waiting);
                int64_t now_ns = qf_clock_mono_ns();
                if (counts->upto > told && (now_ns - told_ns > 1000000 || waiting == 0)) {
                        must(natsConnection_Publish(link.connection, "totals", &counts->upto,
                                                    sizeof counts->upto),
                             "totals");
                        told = counts->upto;
                        told_ns = now_ns;
                }
                if (now_ns - kept_ns > 1000000000) {
                        peer_counts_keep(peer, counts);
                        kept_ns = now_ns;
                }
        }
}

/* --- the publisher: answers come on threads of the library -------------------------------- */

struct publisher {
        struct peer *peer;
        pthread_mutex_t lock;
        uint64_t *upto; /* by message, in a ring of window */
        bool *acked;
        uint64_t put, done;
};

static void take_ack(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *ctx)
{
        struct publisher *of = ctx;
        const char *number = strrchr(natsMsg_GetSubject(message), '.');

        (void)connection;
        (void)subscription;
        if (!number || !strstr(natsMsg_GetData(message), "\"seq\""))
                peer_die("nats", natsMsg_GetData(message));
        pthread_mutex_lock(&of->lock);
        of->acked[strtoull(number + 1, NULL, 10) % of->peer->window] = true;
        while (of->done < of->put && of->acked[(of->done + 1) % of->peer->window]) {
                of->done++;
                of->acked[of->done % of->peer->window] = false;
                peer_acked(of->peer, of->upto[of->done % of->peer->window]);
        }
        pthread_mutex_unlock(&of->lock);
        natsMsg_Destroy(message);
}

static void take_total(natsConnection *connection, natsSubscription *subscription, natsMsg *message,
                       void *ctx)
{
        struct publisher *of = ctx;
        uint64_t total;

        (void)connection;
        (void)subscription;
        memcpy(&total, natsMsg_GetData(message), sizeof total);
        pthread_mutex_lock(&of->lock);
        peer_live(of->peer, total);
        pthread_mutex_unlock(&of->lock);
        natsMsg_Destroy(message);
}

static void run(struct publisher *of, const struct link *link, uint8_t *bytes)
{
        struct peer *peer = of->peer;
        char answer[64];
        uint64_t sent = 0;

        for (;;) {
                pthread_mutex_lock(&of->lock);
                uint32_t count = of->put - of->done < peer->window ? peer_due(peer, sent) : 0;
                bool over = peer->acked >= peer->events && peer->live >= peer->events;
                if (count)
                        of->upto[++of->put % peer->window] = sent + count;
                pthread_mutex_unlock(&of->lock);
                if (over)
                        return;
                if (!count) {
                        peer_nap();
                        continue;
                }
                size_t len = peer_write(peer, sent, count, bytes);
                (void)snprintf(answer, sizeof answer, "acks.%llu", (unsigned long long)of->put);
                must(natsConnection_PublishRequest(link->connection, "events", answer, bytes, (int)len),
                     "publish");
                sent += count;
        }
}

int main(int argc, char **argv)
{
        struct peer peer;
        struct publisher of = {.peer = &peer, .lock = PTHREAD_MUTEX_INITIALIZER};
        natsSubscription *acks, *totals;
        const char *subjects[] = {"events"};
        jsStreamConfig stream;

        peer_options(&peer, "nats", argc, argv);
        struct peer_counts *counts = peer_counts_new();
        pid_t maker = fork(); /* the library's threads do not live through a fork */
        if (maker == 0) {
                struct link link = connect_to(&peer);
                must(jsStreamConfig_Init(&stream), "stream");
                stream.Name = "EVENTS";
                stream.Subjects = subjects;
                stream.SubjectsLen = 1;
                stream.Storage = js_FileStorage;
                must(js_AddStream(NULL, link.stream, &stream, NULL, NULL), "stream");
                consume(&peer, counts);
        }
        while (!counts->ready) {
                if (waitpid(maker, NULL, WNOHANG) != 0)
                        peer_die("nats", "the consumer ended");
                peer_nap();
        }
        of.upto = calloc(peer.window, sizeof *of.upto);
        of.acked = calloc(peer.window, sizeof *of.acked);
        struct link link = connect_to(&peer);
        must(natsConnection_Subscribe(&acks, link.connection, "acks.*", take_ack, &of), "subscribe");
        must(natsSubscription_SetPendingLimits(acks, -1, -1), "subscribe");
        must(natsConnection_Subscribe(&totals, link.connection, "totals", take_total, &of), "subscribe");
        peer_begin(&peer);
        run(&of, &link, malloc((size_t)peer.batch * PEER_RECORD_BYTES));
        (void)kill(maker, SIGKILL);
        (void)waitpid(maker, NULL, 0);
        return peer_end(&peer, counts->cells);
}
