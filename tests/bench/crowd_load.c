/* So many connections with CURVE in one process, one thread:
 *
 *         crowd_load idle FEED KEY SERVER COUNT          partners that have said Hello, and nothing more
 *         crowd_load watch READ KEY SERVER COUNT         subscribers of the total
 *
 * Says "connected SECONDS" when all are in (watch: hold a picture), then waits for a line on standard input. Idle: ends. Watch:
 * the line is "BEGAN_NS EVENTS PER_S" of a feed that was at a steady rate; prints how long after each event was due each
 * subscriber held a total with it in it, and how many never did. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zmq.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/random.h"
#include "bench/load_measure.h"
#include "wire/feed_messages.h"
#include "wire/keys.h"
#include "wire/totals_messages.h"

enum {
        COUNT_MAX = 8192,
        PATIENCE_MS = 300000,
        LAST_MS = 5000,
        HEARTBEAT_MS = 2000, /* as our clients */
        CREDIT_BYTES = 1024 * 1024,
        ARENA_BYTES = 1024 * 1024,
        DAYS = 13 * 32, /* of the one year that the events lie in */
};

struct seen {
        int64_t at_ns, total;
};

struct watcher { /* one connection; the rest only of those who watch */
        void *socket;
        bool held;
        int64_t day[DAYS], total;
        struct seen *seen;
        size_t seen_count, seen_room;
};

/* ZeroMQ itself, since wire/socket.h is for hundreds of sockets of a process, not thousands; with its options for clients
 * that matter here. */
struct crowd {
        void *context;
        uint8_t public_key[32], secret_key[32], server_key[32];
        struct qf_arena *arena;
        struct qf_buffer message;
        uint32_t count;
        struct watcher watchers[COUNT_MAX];
};

static void must(bool good, const char *what)
{
        if (good)
                return;
        fprintf(stderr, "crowd_load: %s: %s\n", what, zmq_strerror(errno));
        exit(1);
}

static void connect_all(struct crowd *crowd, const char *endpoint)
{
        const int none = 0, patience = PATIENCE_MS, heartbeat = HEARTBEAT_MS, dead = 3 * HEARTBEAT_MS;

        crowd->context = zmq_ctx_new();
        must(crowd->context && zmq_ctx_set(crowd->context, ZMQ_MAX_SOCKETS, COUNT_MAX + 16) == 0, "context");
        for (uint32_t i = 0; i < crowd->count; i++) {
                void *socket = crowd->watchers[i].socket = zmq_socket(crowd->context, ZMQ_DEALER);
                must(socket && zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none) == 0 &&
                             zmq_setsockopt(socket, ZMQ_SNDTIMEO, &patience, sizeof patience) == 0 &&
                             zmq_setsockopt(socket, ZMQ_HEARTBEAT_IVL, &heartbeat, sizeof heartbeat) == 0 &&
                             zmq_setsockopt(socket, ZMQ_HEARTBEAT_TIMEOUT, &dead, sizeof dead) == 0 &&
                             zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, crowd->server_key, 32) == 0 &&
                             zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, crowd->public_key, 32) == 0 &&
                             zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, crowd->secret_key, 32) == 0 &&
                             zmq_connect(socket, endpoint) == 0,
                     endpoint);
        }
}

static void send_message(struct crowd *crowd, struct watcher *watcher)
{
        must(zmq_send(watcher->socket, crowd->message.at, crowd->message.len, 0) == (int)crowd->message.len,
             "send");
}

/* --- partners -------------------------------------------------------------------------- */

static void greet(struct crowd *crowd, struct watcher *watcher)
{
        struct qf_from_partner hello = {.what = QF_HELLO,
                                        .version = 1,
                                        .next = 1,
                                        .first_kept = 1,
                                        .holder = UINT64_C(1) << 32 | 7,
                                        .agent = QF_VIEW("crowd_load")};

        qf_random(hello.outbox, sizeof hello.outbox);
        crowd->message.len = 0;
        must(qf_from_partner_encode(&hello, &crowd->message) == 0, "encode");
        send_message(crowd, watcher);
}

/* --- subscribers ------------------------------------------------------------------------ */

static void subscribe(struct crowd *crowd, struct watcher *watcher)
{
        const struct qf_view prefix = QF_VIEW("activities/total/all/");
        struct qf_from_reader ask = {.what = QF_SUBSCRIBE,
                                     .version = 1,
                                     .id = 1,
                                     .credit = CREDIT_BYTES,
                                     .want = QF_WANT_CELLS,
                                     .prefixes_count = 1,
                                     .prefixes = &prefix};

        crowd->message.len = 0;
        must(qf_from_reader_encode(&ask, &crowd->message) == 0, "encode");
        send_message(crowd, watcher);
}

static void note(struct watcher *watcher)
{
        if (watcher->seen_count == watcher->seen_room) {
                watcher->seen_room = watcher->seen_room ? watcher->seen_room * 2 : 256;
                watcher->seen = realloc(watcher->seen, watcher->seen_room * sizeof *watcher->seen);
                must(watcher->seen != NULL, "memory");
        }
        watcher->seen[watcher->seen_count++] = (struct seen){qf_clock_mono_ns(), watcher->total};
}

static void take_update(struct watcher *watcher, const struct qf_to_reader *update)
{
        const struct qf_cells_part *cells = &update->cells;

        for (uint32_t i = 0; i < cells->count && cells->measures_count; i++) {
                uint32_t period = cells->period[i];
                if (period % 100 == 0) /* a month or a year: its days say it */
                        continue;
                int64_t *day = &watcher->day[period / 100 % 100 * 32 + period % 100];
                int64_t value = cells->value[i * cells->measures_count];
                watcher->total += value - *day;
                *day = value;
        }
        if (!update->end)
                return;
        watcher->held = true;
        note(watcher);
}

/* Takes in all that waits; gives how many messages came. */
static uint32_t turn_all(struct crowd *crowd)
{
        uint32_t came = 0;
        zmq_msg_t message;

        (void)zmq_msg_init(&message);
        for (uint32_t i = 0; i < crowd->count; i++) {
                struct watcher *watcher = &crowd->watchers[i];
                while (zmq_msg_recv(&message, watcher->socket, ZMQ_DONTWAIT) >= 0) {
                        struct qf_wire_fault fault;
                        struct qf_to_reader told;
                        struct qf_view bytes = {zmq_msg_data(&message), (uint32_t)zmq_msg_size(&message)};
                        qf_arena_reset(crowd->arena);
                        must(qf_to_reader_decode(crowd->arena, bytes, &told, &fault) == 0, "decode");
                        must(told.what != QF_DENIED, "denied");
                        if (told.what == QF_UPDATE)
                                take_update(watcher, &told);
                        came++;
                }
                must(errno == EAGAIN, "receive");
        }
        (void)zmq_msg_close(&message);
        return came;
}

/* Until every subscriber holds a picture, or every partner has its welcome. */
static void wait_all(struct crowd *crowd, bool watches)
{
        int64_t until_ms = qf_clock_mono_ms() + PATIENCE_MS;

        for (uint32_t in = 0; in < crowd->count;) {
                must(qf_clock_mono_ms() < until_ms, "waiting for answers");
                if (!watches) {
                        zmq_pollitem_t item = {.socket = crowd->watchers[in].socket, .events = ZMQ_POLLIN};
                        in += zmq_poll(&item, 1, 100) > 0;
                        continue;
                }
                (void)turn_all(crowd);
                for (in = 0; in < crowd->count && crowd->watchers[in].held;)
                        in++;
        }
}

/* Adds the latencies of a subscriber behind the first tenth; events it never saw are counted. */
static size_t add_latencies(const struct watcher *watcher, int64_t began_ns, uint64_t events, double per_s,
                            double *ms, uint64_t *missed)
{
        size_t count = 0, at = 0;

        for (uint64_t event = 0; event < events; event++) {
                while (at < watcher->seen_count && watcher->seen[at].total <= (int64_t)event)
                        at++;
                if (at == watcher->seen_count)
                        *missed += 1;
                else if (event >= events / 10)
                        ms[count++] = (double)(watcher->seen[at].at_ns - began_ns) / 1e6 -
                                      (double)event * 1e3 / per_s;
        }
        return count;
}

static bool have_all(const struct crowd *crowd, uint64_t events)
{
        for (uint32_t i = 0; i < crowd->count; i++)
                if (crowd->watchers[i].total < (int64_t)events)
                        return false;
        return true;
}

static void print_latencies(struct crowd *crowd, const char *line)
{
        char *at;
        int64_t began_ns = strtoll(line, &at, 10), until_ms = qf_clock_mono_ms() + LAST_MS;
        uint64_t events = strtoull(at, &at, 10), missed = 0, updates = 0;
        double per_s = strtod(at, NULL), *ms = calloc(events * crowd->count + 1, sizeof *ms);
        size_t count = 0;

        must(ms != NULL, "latencies");
        while (!have_all(crowd, events) && qf_clock_mono_ms() < until_ms) /* the last is on its way */
                (void)turn_all(crowd);
        for (uint32_t i = 0; i < crowd->count; i++) {
                updates += crowd->watchers[i].seen_count;
                count += add_latencies(&crowd->watchers[i], began_ns, events, per_s, ms + count, &missed);
        }
        printf("{\"subscribers\":%u,\"updates\":%" PRIu64 ",\"missed\":%" PRIu64, crowd->count, updates,
               missed);
        load_print_percentiles("seen", ms, count);
        printf("}\n");
        free(ms);
}

static bool is_told(int timeout_ms, char *line, size_t room)
{
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

        if (poll(&input, 1, timeout_ms) <= 0)
                return false;
        if (!fgets(line, (int)room, stdin))
                line[0] = '\0';
        return true;
}

int main(int argc, char **argv)
{
        static struct crowd crowd;
        char line[128];

        if (argc != 6 || (crowd.count = (uint32_t)strtoul(argv[5], NULL, 10)) > COUNT_MAX) {
                fprintf(stderr, "usage: crowd_load idle|watch ENDPOINT KEY SERVER COUNT (at most %d)\n",
                        COUNT_MAX);
                return 64;
        }
        bool watches = strcmp(argv[1], "watch") == 0;
        int64_t began_ms = qf_clock_mono_ms();
        must(qf_key_read_secret(argv[3], crowd.secret_key, crowd.public_key) == 0, argv[3]);
        must(qf_key_read_public(argv[4], crowd.server_key) == 0, argv[4]);
        must(qf_arena_new(ARENA_BYTES, &crowd.arena) == 0, "arena");
        connect_all(&crowd, argv[2]);
        for (uint32_t i = 0; i < crowd.count; i++)
                (watches ? subscribe : greet)(&crowd, &crowd.watchers[i]);
        wait_all(&crowd, watches);
        printf("connected %.1f\n", (double)(qf_clock_mono_ms() - began_ms) / 1e3);
        (void)fflush(stdout);
        for (bool rests = !watches; !is_told(watches ? rests : -1, line, sizeof line);)
                rests = turn_all(&crowd) == 0;
        if (watches)
                print_latencies(&crowd, line);
        for (uint32_t i = 0; i < crowd.count; i++) {
                (void)zmq_close(crowd.watchers[i].socket);
                free(crowd.watchers[i].seen);
        }
        (void)zmq_ctx_term(crowd.context);
        qf_arena_free(crowd.arena);
        qf_buffer_deinit(&crowd.message);
        return 0;
}
