#include "bench/peers/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "bench/load_measure.h"

void peer_die(const char *what, const char *why)
{
        fprintf(stderr, "%s: %s\n", what, why ? why : "");
        _Exit(1);
}

void peer_options(struct peer *peer, const char *name, int argc, char **argv)
{
        *peer = (struct peer){.name = name, .batch = 500, .window = 8, .events = 100000, .place = "."};
        for (int i = 1; i + 1 < argc; i += 2) {
                uint64_t number = strtoull(argv[i + 1], NULL, 10);
                if (strcmp(argv[i], "--events") == 0)
                        peer->events = number;
                else if (strcmp(argv[i], "--seconds") == 0)
                        peer->seconds = (uint32_t)number;
                else if (strcmp(argv[i], "--batch") == 0)
                        peer->batch = (uint32_t)number;
                else if (strcmp(argv[i], "--window") == 0)
                        peer->window = (uint32_t)number;
                else if (strcmp(argv[i], "--rate") == 0)
                        peer->rate = number;
                else if (strcmp(argv[i], "--port") == 0)
                        peer->port = (uint16_t)number;
                else if (strcmp(argv[i], "--place") == 0)
                        peer->place = argv[i + 1];
                else
                        peer_die(argv[i], "not an option");
        }
        peer->shape = load_shape_new();
        if (!peer->shape || peer->batch == 0 || peer->window == 0)
                peer_die(name, "options");
}

void peer_begin(struct peer *peer)
{
        if (peer->seconds)
                peer->events = peer->rate ? peer->rate * peer->seconds : UINT64_MAX;
        if (peer->rate) {
                peer->acked_at_ns = calloc(peer->events, sizeof *peer->acked_at_ns);
                peer->live_at_ns = calloc(peer->events, sizeof *peer->live_at_ns);
                if (!peer->acked_at_ns || !peer->live_at_ns)
                        peer_die(peer->name, "no memory");
        }
        peer->began_ns = qf_clock_mono_ns();
        if (peer->seconds && !peer->rate)
                peer->ends_ns = peer->began_ns + peer->seconds * INT64_C(1000000000);
}

uint32_t peer_due(struct peer *peer, uint64_t sent)
{
        uint64_t all = peer->events;

        if (peer->ends_ns && qf_clock_mono_ns() >= peer->ends_ns && peer->events == UINT64_MAX)
                all = peer->events = sent;
        if (peer->rate) {
                uint64_t due =
                        (uint64_t)(qf_clock_mono_ns() - peer->began_ns) / 1000 * peer->rate / 1000000 + 1;
                all = due < all ? due : all;
        }
        return all - sent < peer->batch ? (uint32_t)(all - sent) : peer->batch;
}

static void note(int64_t *at_ns, uint64_t from, uint64_t upto, int64_t now_ns)
{
        for (; at_ns && from < upto; from++)
                at_ns[from] = now_ns;
}

void peer_acked(struct peer *peer, uint64_t upto)
{
        peer->acked_ns = qf_clock_mono_ns();
        note(peer->acked_at_ns, peer->acked, upto, peer->acked_ns);
        peer->acked = upto > peer->acked ? upto : peer->acked;
}

void peer_live(struct peer *peer, uint64_t total)
{
        note(peer->live_at_ns, peer->live, total, qf_clock_mono_ns());
        peer->live = total > peer->live ? total : peer->live;
}

void peer_nap(void)
{
        (void)ppoll(NULL, 0, &(struct timespec){.tv_nsec = 50000}, NULL); /* more is due by then */
}

struct peer_event peer_make(const struct peer *peer, uint64_t number)
{
        struct load_event made = load_make(peer->shape, number);
        struct peer_event event = {
                .number = number, .month = made.date / 100 % 100 - 1, .attendances = made.attendances};

        memcpy(event.id, "HX-000000000000", sizeof event.id);
        for (unsigned i = 14; number > 0; i--, number /= 10)
                event.id[i] = (char)('0' + number % 10);
        memcpy(event.member, made.member, sizeof event.member);
        return event;
}

void peer_count(struct peer_cell *cells, const struct peer_event *event)
{
        for (unsigned i = 0; i <= PEER_DIMENSIONS; i++) {
                struct peer_cell *cell =
                        &cells[(i ? event->member[i - 1] : 0) * (unsigned)PEER_MONTHS + event->month];
                cell->activities++;
                cell->attendances += event->attendances;
        }
}

size_t peer_write(const struct peer *peer, uint64_t first, uint32_t count, uint8_t *ret_bytes)
{
        uint8_t *at = ret_bytes;

        for (uint64_t number = first; number < first + count; number++, at += PEER_RECORD_BYTES) {
                struct peer_event event = peer_make(peer, number);
                qf_put_le32(at, 1); /* source */
                qf_put_le64(at + 4, number);
                memcpy(at + 12, event.id, sizeof event.id);
                qf_put_le32(at + 28, event.month);
                memcpy(at + 32, event.member, sizeof event.member);
                qf_put_le32(at + 48, event.attendances);
                qf_put_le64(at + 52, number);
        }
        return (size_t)(at - ret_bytes);
}

struct peer_event peer_read(const uint8_t *record)
{
        struct peer_event event = {.number = qf_get_le64(record + 4),
                                   .month = qf_get_le32(record + 28),
                                   .attendances = qf_get_le32(record + 48)};

        memcpy(event.id, record + 12, sizeof event.id);
        memcpy(event.member, record + 32, sizeof event.member);
        return event;
}

struct peer_counts *peer_counts_new(void)
{
        struct peer_counts *counts =
                mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        if (counts == MAP_FAILED)
                peer_die("memory", strerror(errno));
        return counts;
}

void peer_counts_take(struct peer_counts *counts, const void *records, size_t len)
{
        for (const uint8_t *at = records, *end = at + len; at < end; at += PEER_RECORD_BYTES) {
                struct peer_event event = peer_read(at);
                if (event.number < counts->upto)
                        continue;
                counts->upto = event.number + 1;
                peer_count(counts->cells, &event);
        }
}

void peer_counts_keep(const struct peer *peer, const struct peer_counts *counts)
{
        char now[4096], kept[4096];

        (void)snprintf(now, sizeof now, "%s/counts.new", peer->place);
        (void)snprintf(kept, sizeof kept, "%s/counts", peer->place);
        int fd = open(now, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
        if (fd < 0 || write(fd, counts, sizeof *counts) != sizeof *counts || fdatasync(fd) != 0 ||
            close(fd) != 0 || rename(now, kept) != 0)
                peer_die(now, strerror(errno));
}

static bool is_right(const struct peer *peer, const struct peer_cell *cells)
{
        static struct peer_cell truth[PEER_CELLS];

        for (uint64_t number = 0; number < peer->events; number++) {
                struct peer_event event = peer_make(peer, number);
                peer_count(truth, &event);
        }
        return memcmp(truth, cells, sizeof truth) == 0;
}

/* The first tenth warms up and is left out. */
static void print_latency(const struct peer *peer, const char *name, const int64_t *at_ns)
{
        double *ms = calloc(peer->events, sizeof *ms);
        size_t count = 0;

        for (uint64_t i = peer->events / 10; ms && i < peer->events; i++)
                ms[count++] =
                        (double)(at_ns[i] - peer->began_ns - (int64_t)(i * 1000000000 / peer->rate)) / 1e6;
        load_print_percentiles(name, ms, count);
        free(ms);
}

static double cpu_used(int whose)
{
        struct rusage used;

        (void)getrusage(whose, &used);
        return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

int peer_end(struct peer *peer, const struct peer_cell *cells)
{
        int64_t counted_ns = qf_clock_mono_ns();
        double events = (double)peer->events, used = cpu_used(RUSAGE_SELF),
               counting = cpu_used(RUSAGE_CHILDREN);
        bool right = is_right(peer, cells);

        printf("{\"bench\":\"peer\",\"peer\":\"%s\",\"batch\":%u,\"window\":%u,\"events\":%" PRIu64
               ",\"rate\":%" PRIu64 ",\"seconds\":%.2f,\"acked_per_s\":%.0f,\"counted_per_s\":%.0f"
               ",\"cpu_client_s_per_million\":%.3f,\"cpu_consumer_s_per_million\":%.3f",
               peer->name, peer->batch, peer->window, peer->events, peer->rate,
               (double)(counted_ns - peer->began_ns) / 1e9,
               events * 1e9 / (double)(peer->acked_ns - peer->began_ns),
               events * 1e9 / (double)(counted_ns - peer->began_ns), used * 1e6 / events,
               counting * 1e6 / events);
        if (peer->rate) {
                print_latency(peer, "ack", peer->acked_at_ns);
                print_latency(peer, "live", peer->live_at_ns);
        }
        printf(",\"right\":%s}\n", right ? "true" : "false");
        (void)fflush(stdout);
        return right ? 0 : 1;
}
