/* Redis with appendfsync=always: a batch is one EVALSHA; the script on the server refuses a repeated batch, keeps it in a
 * stream, decodes and counts it, adds to two hashes, and publishes the total. */
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/peers/peer.h"

static const char script[] =
        "local first, last, b = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]\n"
        "if first < tonumber(redis.call('GET', 'last') or '0') then return 0 end\n"
        "redis.call('XADD', 'events', '*', 'b', b)\n"
        "local n, a, up = {}, {}, struct.unpack\n"
        "for p = 29, #b, 60 do\n"
        "  local m, d1, d2, d3, d4, d5, d6, d7, d8, att = up('<I4HHHHHHHHI4', b, p)\n"
        "  local c = m n[c] = (n[c] or 0) + 1 a[c] = (a[c] or 0) + att\n"
        "  c = d1 * 12 + m n[c] = (n[c] or 0) + 1 a[c] = (a[c] or 0) + att\n"
        "  c = d2 * 12 + m n[c] = (n[c] or 0) + 1 a[c] = (a[c] or 0) + att\n"
        "  c = d3 * 12 + m n[c] = (n[c] or 0) + 1 a[c] = (a[c] or 0) + att\n"
        "  c = d4 * 12 + m n[c] = (n[c] or 0) + 1 a[c] = (a[c] or 0) + att\n"
        "  c = d5 * 12 + m n[c] = (n[c] or 0) + 1 a[c] = (a[c] or 0) + att\n"
        "  c = d6 * 12 + m n[c] = (n[c] or 0) + 1 a[c] = (a[c] or 0) + att\n"
        "  c = d7 * 12 + m n[c] = (n[c] or 0) + 1 a[c] = (a[c] or 0) + att\n"
        "  c = d8 * 12 + m n[c] = (n[c] or 0) + 1 a[c] = (a[c] or 0) + att\n"
        "end\n"
        "for c, x in pairs(n) do redis.call('HINCRBY', 'activities', c, x) redis.call('HINCRBY', 'attendances', c, a[c]) end\n"
        "redis.call('SET', 'last', last) redis.call('PUBLISH', 'totals', last)\n"
        "return last";

struct link {
        redisContext *feed, *totals;
        char sha[64];
        uint8_t *bytes;
};

static redisContext *connect_to(const char *path)
{
        redisContext *context = redisConnectUnix(path);

        if (!context || context->err)
                peer_die("redis", "connect");
        return context;
}

static redisReply *check(redisReply *reply)
{
        if (!reply || reply->type == REDIS_REPLY_ERROR)
                peer_die("redis", reply ? reply->str : "the connection is gone");
        return reply;
}

static void put(struct link *link, const struct peer *peer, uint64_t first, uint32_t count)
{
        char from[24], upto[24];
        size_t len = peer_write(peer, first, count, link->bytes);
        int done = 0;

        (void)snprintf(from, sizeof from, "%" PRIu64, first);
        (void)snprintf(upto, sizeof upto, "%" PRIu64, first + count);
        const char *words[] = {"EVALSHA", link->sha, "0", from, upto, (const char *)link->bytes};
        const size_t lens[] = {7, 40, 1, strlen(from), strlen(upto), len};
        if (redisAppendCommandArgv(link->feed, 6, words, lens) != REDIS_OK)
                peer_die("redis", link->feed->errstr);
        while (!done)
                if (redisBufferWrite(link->feed, &done) != REDIS_OK)
                        peer_die("redis", link->feed->errstr);
}

/* Takes what has come of a connection; waits for the first when told. NULL: nothing. */
static redisReply *take(redisContext *context)
{
        redisReply *reply = NULL;

        if (redisGetReplyFromReader(context, (void **)&reply) != REDIS_OK)
                peer_die("redis", context->errstr);
        return reply;
}

static void look(redisContext *context, short got)
{
        if (got && redisBufferRead(context) != REDIS_OK)
                peer_die("redis", context->errstr);
}

static void run(struct link *link, struct peer *peer)
{
        uint64_t *upto = calloc(peer->window, sizeof *upto), sent = 0, put_count = 0, taken = 0;
        redisReply *reply;

        while (peer->acked < peer->events || peer->live < peer->events) {
                uint32_t count = put_count - taken < peer->window ? peer_due(peer, sent) : 0;
                if (count) {
                        put(link, peer, sent, count);
                        sent += count;
                        upto[put_count++ % peer->window] = sent;
                }
                struct pollfd fds[] = {{.fd = link->feed->fd, .events = POLLIN},
                                       {.fd = link->totals->fd, .events = POLLIN}};
                bool full = put_count - taken == peer->window || sent == peer->events;
                if (poll(fds, 2, full ? 1000 : 0) == 0 && count == 0)
                        peer_nap();
                look(link->feed, fds[0].revents);
                look(link->totals, fds[1].revents);
                while ((reply = take(link->feed))) {
                        freeReplyObject(check(reply));
                        peer_acked(peer, upto[taken++ % peer->window]);
                }
                while ((reply = take(link->totals))) {
                        if (reply->elements == 3 && reply->element[2]->str)
                                peer_live(peer, strtoull(reply->element[2]->str, NULL, 10));
                        freeReplyObject(reply);
                }
        }
        free(upto);
}

static void read_hash(redisContext *context, const char *name, bool activities, struct peer_cell *cells)
{
        redisReply *reply = check(redisCommand(context, "HGETALL %s", name));

        for (size_t i = 0; i + 1 < reply->elements; i += 2) {
                struct peer_cell *cell = &cells[strtoul(reply->element[i]->str, NULL, 10) % PEER_CELLS];
                int64_t value = strtoll(reply->element[i + 1]->str, NULL, 10);
                *(activities ? &cell->activities : &cell->attendances) = value;
        }
        freeReplyObject(reply);
}

int main(int argc, char **argv)
{
        static struct peer_cell cells[PEER_CELLS];
        struct link link;
        struct peer peer;

        peer_options(&peer, "redis", argc, argv);
        if (peer.rate)
                peer.window = 1;
        link.feed = connect_to(peer.place);
        link.totals = connect_to(peer.place);
        link.bytes = malloc((size_t)peer.batch * PEER_RECORD_BYTES);
        redisReply *reply = check(redisCommand(link.feed, "SCRIPT LOAD %s", script));
        (void)snprintf(link.sha, sizeof link.sha, "%s", reply->str);
        freeReplyObject(reply);
        freeReplyObject(check(redisCommand(link.totals, "SUBSCRIBE totals")));
        peer_begin(&peer);
        run(&link, &peer);
        read_hash(link.feed, "activities", true, cells);
        read_hash(link.feed, "attendances", false, cells);
        int r = peer_end(&peer, cells);
        redisFree(link.feed);
        redisFree(link.totals);
        free(link.bytes);
        return r;
}
