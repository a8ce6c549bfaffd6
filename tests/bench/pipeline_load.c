/* The benchmark's one feeding process: several outboxes, each a DEALER with CURVE
 * and a window of batches under way; every event is encoded in the timed loop.
 * A subscriber in the same loop sees when the counts have reached what was
 * acknowledged. At the end every count is compared with the truth.
 *
 * With a rate, events are due at fixed times (open loop): a batch is what is due
 * and not yet sent, and latency counts from the moment an event was due. With
 * seconds, it feeds for so long instead of a number of events. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/random.h"
#include "bench/load_events.h"
#include "bench/load_measure.h"
#include "bench/load_options.h"
#include "bench/load_truth.h"
#include "client/subscribe.h"
#include "wire/feed_messages.h"
#include "wire/keys.h"
#include "wire/socket.h"

enum {
        ARENA_BYTES = 1024 * 1024,
        WAIT_MS = 120000,
        VERSIONS_MAX = 1 << 20,
        SENDS_AT_ONCE = 16 /* before answers are looked at: a look costs system calls */
};

struct flight {         /* a batch under way */
        uint64_t first; /* number in its outbox */
        uint64_t event; /* number of its first event */
        uint32_t count;
};

struct lane {
        struct qf_socket *socket;
        uint8_t outbox[QF_OUTBOX_ID_BYTES];
        uint64_t holder, next;
        struct flight flights[LOAD_WINDOW_MAX];
        uint32_t begin, under_way;
        int64_t resend_ms; /* when what is under way is to be sent again; 0: it is not */
        uint64_t bytes;
};

struct reached { /* a position or version, and when it was heard of */
        uint64_t position;
        int64_t at_ns;
        uint64_t event;
        uint32_t count;
};

struct load {
        struct load_options options;
        struct qf_context *context;
        struct qf_curve curves[LOAD_KEYS_MAX];
        struct qf_arena *arena;
        struct qf_body_writer *writer;
        struct qf_buffer facts, texts, message;
        struct load_shape *shape;
        struct lane lanes[LOAD_LANES_MAX];
        struct qf_subscription *subscription;
        enum load_workload workload; /* of the phase that runs */
        uint64_t events, sent, acked;
        uint64_t position;                   /* highest that was acknowledged */
        int64_t began_ns, ends_ns, acked_ns; /* ends: 0 when it is not by time */
        int64_t heard_ms;                    /* an answer, or that none was awaited */
        struct reached *acks, *versions;     /* only with a rate */
        size_t acks_count, versions_count;
        uint64_t bytes_sent, put_off; /* put off: answers "busy" and "gap" */
};

static void die(const char *what, int r)
{
        fprintf(stderr, "pipeline_load: %s: %s\n", what, r < 0 ? strerror(-r) : "refused");
        exit(1);
}

static void must(int r, const char *what)
{
        if (r != 0)
                die(what, r);
}

/* --- connecting -------------------------------------------------------------------- */

static struct qf_socket *connect_to(struct load *load, uint32_t key, const char *endpoint)
{
        struct qf_socket_options how = {
                .type = QF_DEALER, .curve = &load->curves[key], .send_hwm = 256, .receive_hwm = 256};
        struct qf_socket *socket = NULL;

        must(qf_socket_connect(load->context, &how, endpoint, &socket), endpoint);
        must(qf_socket_wait_send(socket, 10000), endpoint);
        return socket;
}

static void receive(struct load *load, struct lane *lane, struct qf_to_partner *message)
{
        struct qf_wire_fault fault;
        struct qf_received received;
        int r = 1;
        for (int64_t until_ms = qf_clock_mono_ms() + 10000; r == 1 && qf_clock_mono_ms() < until_ms;) {
                r = qf_socket_wait(&lane->socket, 1, 1000);
                r = r < 0 ? r : qf_socket_receive(lane->socket, &received);
        }
        must(r, "waiting for ingest");
        qf_arena_reset(load->arena);
        must(qf_to_partner_decode(load->arena, received.frame[0], message, &fault), "decode");
}

static void open_lane(struct load *load, struct lane *lane)
{
        struct qf_from_partner hello = {.what = QF_HELLO,
                                        .version = 1,
                                        .next = 1,
                                        .first_kept = 1,
                                        .agent = QF_VIEW("pipeline_load")};
        struct qf_to_partner welcome;

        lane->socket = connect_to(load, (uint32_t)(lane - load->lanes) % load->options.keys_count,
                                  load->options.feed);
        lane->next = 1;
        lane->holder = UINT64_C(1) << 32 | 7;
        qf_random(lane->outbox, sizeof lane->outbox);
        memcpy(hello.outbox, lane->outbox, sizeof hello.outbox);
        hello.holder = lane->holder;
        load->message.len = 0;
        must(qf_from_partner_encode(&hello, &load->message), "encode");
        must(qf_socket_send(lane->socket, NULL, qf_buffer_view(&load->message), (struct qf_view){0}),
             "hello");
        receive(load, lane, &welcome);
        if (welcome.what != QF_WELCOME)
                die("hello", 1);
}

/* --- the picture --------------------------------------------------------------------- */

static int note_version(void *ctx, uint64_t version, bool begun_anew)
{
        struct load *load = ctx;

        (void)begun_anew;
        if (load->versions && load->versions_count < VERSIONS_MAX)
                load->versions[load->versions_count++] =
                        (struct reached){.position = version, .at_ns = qf_clock_mono_ns()};
        return 0;
}

static void subscribe(struct load *load, const char *prefix, uint32_t every_ms)
{
        struct qf_subscription_options how = {
                .want = QF_WANT_CELLS | QF_WANT_REGISTERS,
                .every_ms = every_ms,
                .prefixes_count = prefix ? 1 : 0,
                .prefixes = &prefix,
                .calls = {.ctx = load, .consistent = note_version},
        };
        struct qf_socket *socket = connect_to(load, 0, load->options.read);

        load->subscription = qf_subscription_close(load->subscription);
        must(qf_subscription_open(&socket, &how, &load->subscription), "subscribe");
}

static void wait_counted(struct load *load)
{
        must(qf_subscription_wait_version(load->subscription, load->position, WAIT_MS),
             "waiting for the counts");
}

/* --- feeding --------------------------------------------------------------------------- */

/* Adds so many events to the writer, or as many as fit a body; returns how many. */
static uint32_t add_events(struct load *load, uint64_t first, uint32_t count)
{
        for (uint32_t i = 0; i < count; i++) {
                int r = load_add(load->writer, load->shape, load->workload, first + i);
                if (r > 0 && i > 0)
                        return i;
                must(r, "adding an event");
        }
        return count;
}

static void gone(const struct load *load, const char *how)
{
        fprintf(stderr, "pipeline_load: %s %s: is qf-ingest still running?\n", how, load->options.feed);
        exit(1);
}

/* Sends what was added to the writer. */
static void send_added(struct load *load, struct lane *lane, uint64_t first, uint32_t count)
{
        struct qf_from_partner send = {
                .what = QF_SEND, .holder = lane->holder, .first = first, .count = count};

        load->facts.len = load->texts.len = load->message.len = 0;
        must(qf_body_writer_end(load->writer, qf_clock_wall_ms(), &load->facts, &load->texts), "encode");
        memcpy(send.outbox, lane->outbox, sizeof send.outbox);
        send.facts = qf_buffer_view(&load->facts);
        send.texts = qf_buffer_view(&load->texts);
        must(qf_from_partner_encode(&send, &load->message), "encode");
        int r = qf_socket_send(lane->socket, NULL, qf_buffer_view(&load->message), (struct qf_view){0});
        if (r > 0)
                gone(load, "nobody takes what is sent to");
        must(r, "send");
        load->bytes_sent += load->message.len;
}

static void send_batch(struct load *load, struct lane *lane, uint32_t most)
{
        uint32_t count = add_events(load, load->sent, most);

        send_added(load, lane, lane->next, count);
        lane->flights[(lane->begin + lane->under_way++) % LOAD_WINDOW_MAX] =
                (struct flight){lane->next, load->sent, count};
        lane->next += count;
        load->sent += count;
}

/* After "busy" or "gap": everything under way again, in order; what is known by then is answered as it was. */
static void send_again(struct load *load, struct lane *lane)
{
        for (uint32_t i = 0; i < lane->under_way; i++) {
                const struct flight *flight = &lane->flights[(lane->begin + i) % LOAD_WINDOW_MAX];
                (void)add_events(load, flight->event, flight->count);
                send_added(load, lane, flight->first, flight->count);
        }
        lane->resend_ms = 0;
}

static bool is_put_off(struct load *load, struct lane *lane, const struct qf_to_partner *answer)
{
        if (answer->what != QF_REFUSED || (answer->why != QF_REFUSED_BUSY && answer->why != QF_REFUSED_GAP))
                return false;
        load->put_off++;
        if (lane->resend_ms == 0)
                lane->resend_ms = qf_clock_mono_ms() + (answer->retry_ms ? answer->retry_ms : 100);
        return true;
}

static void take_verdicts(struct load *load, struct lane *lane, const struct qf_to_partner *verdicts,
                          int64_t now_ns)
{
        if (verdicts->what != QF_VERDICTS || verdicts->exceptions_count) {
                fprintf(stderr, "pipeline_load: answer %d why %u at %" PRIu64 ": %.*s\n", (int)verdicts->what,
                        verdicts->why, verdicts->first, (int)verdicts->say.len,
                        verdicts->say.at ? verdicts->say.at : "");
                exit(1);
        }
        uint64_t end = verdicts->first + verdicts->count;
        while (lane->under_way && lane->flights[lane->begin].first < end) {
                const struct flight *flight = &lane->flights[lane->begin];
                if (load->acks)
                        load->acks[load->acks_count++] =
                                (struct reached){verdicts->position, now_ns, flight->event, flight->count};
                load->acked += flight->count;
                lane->begin = (lane->begin + 1) % LOAD_WINDOW_MAX;
                lane->under_way--;
        }
        if (load->position < verdicts->position)
                load->position = verdicts->position;
        load->acked_ns = now_ns;
}

static void take_answers(struct load *load, struct lane *lane)
{
        struct qf_to_partner message;
        struct qf_wire_fault fault;
        struct qf_received received;

        while (qf_socket_receive(lane->socket, &received) == 0) {
                load->heard_ms = qf_clock_mono_ms();
                qf_arena_reset(load->arena);
                must(qf_to_partner_decode(load->arena, received.frame[0], &message, &fault), "decode");
                if (!is_put_off(load, lane, &message))
                        take_verdicts(load, lane, &message, qf_clock_mono_ns());
        }
}

/* How many events may be sent now. */
static uint64_t due(const struct load *load)
{
        if (!load->options.rate || !load->acks)
                return load->events - load->sent;
        uint64_t passed = (uint64_t)(qf_clock_mono_ns() - load->began_ns);
        uint64_t all = passed / 1000 * load->options.rate / 1000000 + 1;
        return (all < load->events ? all : load->events) - load->sent;
}

static bool send_what_is_due(struct load *load, struct lane *lane)
{
        uint64_t count = due(load);

        if (lane->resend_ms != 0) {
                if (qf_clock_mono_ms() >= lane->resend_ms)
                        send_again(load, lane);
                return false;
        }
        if (count == 0 || lane->under_way >= load->options.window)
                return false;
        send_batch(load, lane, (uint32_t)(count < load->options.batch ? count : load->options.batch));
        return true;
}

static void wait_for_something(struct load *load)
{
        struct qf_socket *sockets[LOAD_LANES_MAX + 1];
        uint32_t count = (uint32_t)load->options.lanes;

        for (uint32_t i = 0; i < count; i++)
                sockets[i] = load->lanes[i].socket;
        sockets[count] = qf_subscription_socket(load->subscription);
        int r = qf_socket_wait(sockets, count + 1, 1);
        if (r < 0)
                die("wait", r);
}

/* Servers that are gone answer nothing, and connecting again goes on for ever. */
static void check_heard(struct load *load)
{
        int64_t now_ms = qf_clock_mono_ms();
        bool awaits = false;

        for (uint32_t i = 0; i < load->options.lanes; i++)
                awaits |= load->lanes[i].under_way > 0;
        if (!awaits)
                load->heard_ms = now_ms;
        if (now_ms - load->heard_ms <= (int64_t)load->options.patience * 1000)
                return;
        gone(load, "no answer in time (--patience SECONDS) from");
}

static void turn_subscription(struct load *load)
{
        int r = qf_subscription_turn(load->subscription, qf_clock_mono_ms());

        if (r != 0)
                die("subscription", r);
}

/* Feeds the events of a phase; returns when all are acknowledged. */
static void feed(struct load *load, enum load_workload workload, uint64_t events)
{
        const unsigned at_once =
                load->options.rate ? 1 : SENDS_AT_ONCE; /* what came due meanwhile is no batch */

        load->workload = workload;
        load->events = events;
        load->sent = load->acked = 0;
        load->began_ns = qf_clock_mono_ns();
        load->heard_ms = qf_clock_mono_ms();
        while (load->acked < load->events) {
                bool busy = false;
                if (load->ends_ns && qf_clock_mono_ns() >= load->ends_ns)
                        load->events = load->sent;
                for (uint32_t i = 0; i < load->options.lanes; i++) {
                        take_answers(load, &load->lanes[i]);
                        for (unsigned sent = 0; sent < at_once && send_what_is_due(load, &load->lanes[i]);
                             sent++)
                                busy = true;
                }
                turn_subscription(load);
                check_heard(load);
                if (!busy)
                        wait_for_something(load);
        }
}

/* --- measuring ---------------------------------------------------------------------------- */

/* When the subscriber first held a version that has the position. */
static int64_t seen_at(const struct load *load, uint64_t position)
{
        size_t low = 0, high = load->versions_count;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                if (load->versions[middle].position < position)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < load->versions_count ? load->versions[low].at_ns : INT64_MAX;
}

/* The first tenth warms up and is left out. */
static void print_latencies(const struct load *load)
{
        double *ack = calloc(load->events, sizeof *ack), *live = calloc(load->events, sizeof *live);
        size_t count = 0;

        for (size_t i = 0; ack && live && i < load->acks_count; i++) {
                const struct reached *reached = &load->acks[i];
                int64_t seen_ns = seen_at(load, reached->position);
                for (uint64_t event = reached->event; event < reached->event + reached->count; event++) {
                        if (event < load->events / 10)
                                continue;
                        int64_t due_ns = load->began_ns + (int64_t)(event * 1000000000 / load->options.rate);
                        ack[count] = (double)(reached->at_ns - due_ns) / 1e6;
                        live[count++] = (double)(seen_ns - due_ns) / 1e6;
                }
        }
        load_print_percentiles("ack", ack, count);
        load_print_percentiles("live", live, count);
        free(ack);
        free(live);
}

static bool check_counts(struct load *load)
{
        struct load_truth *truth = load_truth_new(load->shape, load->options.workload, load->events);

        if (!truth)
                die("truth", -ENOMEM);
        subscribe(load, NULL, 0);
        wait_counted(load);
        bool right = load_truth_holds(truth, load->subscription);
        load_truth_free(truth);
        return right;
}

static void print_line(struct load *load, const double cpu[2], int64_t counted_ns)
{
        const struct load_options *options = &load->options;
        double events = (double)load->events;

        printf("{\"bench\":\"pipeline\",\"workload\":\"%c\",\"shape\":\"%s\",\"batch\":%" PRIu64
               ",\"window\":%" PRIu64 ",\"outboxes\":%" PRIu64 ",\"sources\":%u,\"events\":%" PRIu64
               ",\"rate\":%" PRIu64 ",\"began_ns\":%" PRId64
               ",\"seconds\":%.2f,\"wire_bytes_per_event\":%.1f,\"acked_per_s\":%.0f,"
               "\"counted_per_s\":%.0f",
               "SRCT"[(int)options->workload], options -> own_shape ? "123+N" : "peers", options->batch,
               options->window, options->lanes, options->keys_count, load->events, options->rate,
               load->began_ns, (double)(counted_ns - load->began_ns) / 1e9, (double)load->bytes_sent / events,
               events * 1e9 / (double)(load->acked_ns - load->began_ns),
               events * 1e9 / (double)(counted_ns - load->began_ns));
        printf(",\"cpu_ingest_s_per_million\":%.3f,\"cpu_aggregate_s_per_million\":%.3f"
               ",\"anon_ingest_mib\":%.1f,\"anon_aggregate_mib\":%.1f",
               cpu[0] * 1e6 / events, cpu[1] * 1e6 / events, load_anon_mib_of((int)options->pids[0]),
               load_anon_mib_of((int)options->pids[1]));
        if (options->rate)
                print_latencies(load);
}

static void print_table(const struct load *load)
{
        FILE *file = load->options.table ? fopen(load->options.table, "w") : NULL;

        if (!load->options.table)
                return;
        /* The fourth by the fifth dimension, of what the first member of the first has. */
        if (!file || load_table_print(load->shape, load->events, 3, 4, 1, file) != 0 || fclose(file) != 0)
                die(load->options.table, -errno);
}

/* Feeds what ticks need, and gets ready: not timed. */
static void prepare(struct load *load)
{
        const struct load_options *options = &load->options;

        subscribe(load, "activities/total/all/", options->rate ? 0 : 20);
        must(qf_subscription_wait_version(load->subscription, 1, WAIT_MS), "waiting for the programme");
        load->shape = options->own_shape ? load_shape_of(qf_subscription_programme(load->subscription))
                                         : load_shape_new();
        if (!load->shape)
                die("shape", -ENOMEM);
        load->shape->years = (unsigned)options->years;
        load->shape->days = (unsigned)options->days;
        if (options->workload == LOAD_TICKS) {
                uint64_t batch = load->options.batch;
                load->options.batch = 500;
                feed(load, LOAD_STAGE, LOAD_TICKED);
                load->options.batch = batch;
                wait_counted(load);
        }
        if (options->rate) {
                load->acks = calloc(options->events, sizeof *load->acks);
                load->versions = calloc(VERSIONS_MAX, sizeof *load->versions);
                if (!load->acks || !load->versions)
                        die("latencies", -ENOMEM);
        }
        load->bytes_sent = 0;
}

static bool run(struct load *load)
{
        const struct load_options *options = &load->options;
        double cpu[2];

        prepare(load);
        for (int i = 0; i < 2; i++)
                cpu[i] = load_cpu_of((int)options->pids[i]);
        if (options->seconds && !options->rate)
                load->ends_ns = qf_clock_mono_ns() + (int64_t)options->seconds * 1000000000;
        feed(load, options->workload, options->events);
        wait_counted(load);
        int64_t counted_ns = qf_clock_mono_ns();
        for (int i = 0; i < 2; i++)
                cpu[i] = load_cpu_of((int)options->pids[i]) - cpu[i];
        print_line(load, cpu, counted_ns);
        bool right = check_counts(load);
        printf(",\"cells\":%zu,\"put_off\":%" PRIu64 ",\"right\":%s}\n",
               qf_picture_cells(qf_subscription_picture(load->subscription)), load->put_off,
               right ? "true" : "false");
        print_table(load);
        return right;
}

/* --- open and close ---------------------------------------------------------------------------- */

static void open_load(struct load *load)
{
        for (uint32_t i = 0; i < load->options.keys_count; i++) {
                struct qf_curve *curve = &load->curves[i];
                must(qf_key_read_secret(load->options.keys[i], curve->secret_key, curve->public_key),
                     load->options.keys[i]);
                must(qf_key_read_public(load->options.server, curve->server_key), load->options.server);
        }
        must(qf_context_new(1, &load->context), "context");
        must(qf_arena_new(ARENA_BYTES, &load->arena), "arena");
        must(qf_body_writer_new(&load->writer), "writer");
        for (uint32_t i = 0; i < load->options.lanes; i++)
                open_lane(load, &load->lanes[i]);
}

static void close_load(struct load *load)
{
        load->subscription = qf_subscription_close(load->subscription);
        for (uint32_t i = 0; i < load->options.lanes; i++)
                load->lanes[i].socket = qf_socket_close(load->lanes[i].socket);
        qf_context_free(load->context);
        qf_arena_free(load->arena);
        qf_body_writer_free(load->writer);
        qf_buffer_deinit(&load->facts);
        qf_buffer_deinit(&load->texts);
        qf_buffer_deinit(&load->message);
        free(load->shape);
        free(load->acks);
        free(load->versions);
}

int main(int argc, char **argv)
{
        static struct load load;

        load.options = load_options_read(argc, argv);
        open_load(&load);
        bool right = run(&load);
        close_load(&load);
        return right ? 0 : 1;
}
