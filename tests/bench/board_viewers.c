/* So many viewers of the board, in one thread: board_viewers PORT VIEWERS SECONDS.
 * Prints one line of JSON: how long it took to connect them all, what came while the
 * seconds passed, and how old each status was ("now_ms" in it) when it arrived. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"

enum { READ_BYTES = 64 * 1024, AT_ONCE = 512, AGES_MAX = 4 * 1024 * 1024, SETTLE_MS = 3000 };

struct seen {
        uint64_t statuses, bytes, closed;
        uint32_t ages_count;
        uint32_t *ages_ms;
};

static int order(const void *a, const void *b)
{
        const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

        return x < y ? -1 : x > y;
}

static int connect_viewer(uint16_t port)
{
        static const char request[] = "GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
        const struct sockaddr_in to = {
                .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        QF_ASSERT(fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0);
        QF_ASSERT(send(fd, request, sizeof(request) - 1, 0) == (ssize_t)sizeof(request) - 1);
        QF_ASSERT(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
        return fd;
}

/* A status may be cut between two reads: it is then not counted, which is rare and the same for all. */
static void look(struct seen *seen, const char *text)
{
        static const char name[] = "\"now_ms\":";
        const int64_t now_ms = qf_clock_wall_ms();

        for (const char *at = text; (at = strstr(at, name));) {
                at += sizeof(name) - 1;
                const int64_t age_ms = now_ms - strtoll(at, NULL, 10);
                seen->statuses++;
                if (seen->ages_count < AGES_MAX && age_ms >= 0 && age_ms < 60 * 1000)
                        seen->ages_ms[seen->ages_count++] = (uint32_t)age_ms;
        }
}

static void read_viewer(int fd, bool counts, struct seen *seen)
{
        static char room[READ_BYTES + 1];
        ssize_t got;

        while ((got = read(fd, room, READ_BYTES)) > 0) {
                room[got] = '\0';
                if (!counts)
                        continue;
                seen->bytes += (uint64_t)got;
                look(seen, room);
        }
        if (got < 0 && errno == EAGAIN)
                return;
        seen->closed++;
        (void)close(fd);
}

static void watch(int epoll, int64_t seconds, struct seen *seen)
{
        static struct epoll_event events[AT_ONCE];
        const int64_t from_ms = qf_clock_mono_ms() + SETTLE_MS, until_ms = from_ms + seconds * 1000;

        for (int64_t now_ms; (now_ms = qf_clock_mono_ms()) < until_ms;) {
                int count = epoll_wait(epoll, events, AT_ONCE, 100);

                for (int i = 0; i < count; i++)
                        read_viewer(events[i].data.fd, now_ms >= from_ms, seen);
        }
}

static uint32_t share(const struct seen *seen, uint32_t percent)
{
        return seen->ages_count ? seen->ages_ms[(uint64_t)(seen->ages_count - 1) * percent / 100] : 0;
}

int main(int argc, char **argv)
{
        struct seen seen = {.ages_ms = calloc(AGES_MAX, sizeof(*seen.ages_ms))};
        struct rlimit files;

        if (argc != 4 || !seen.ages_ms || getrlimit(RLIMIT_NOFILE, &files) != 0) {
                (void)fprintf(stderr, "usage: board_viewers PORT VIEWERS SECONDS\n");
                return 64;
        }
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
        const long viewers = strtol(argv[2], NULL, 10);
        const int64_t seconds = strtoll(argv[3], NULL, 10), begun_ms = qf_clock_mono_ms();
        int epoll = epoll_create1(EPOLL_CLOEXEC);
        for (long i = 0; i < viewers; i++) {
                struct epoll_event event = {.events = EPOLLIN,
                                            .data.fd = connect_viewer((uint16_t)strtoul(argv[1], NULL, 10))};
                QF_ASSERT(epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event) == 0);
        }
        const int64_t connected_ms = qf_clock_mono_ms() - begun_ms;
        (void)printf("connected\n");
        (void)fflush(stdout);
        watch(epoll, seconds, &seen);
        qsort(seen.ages_ms, seen.ages_count, sizeof(*seen.ages_ms), order);
        (void)printf(
                "{\"viewers\":%ld,\"connected_ms\":%lld,\"statuses\":%llu,\"bytes\":%llu,\"closed\":%llu,"
                "\"p50_ms\":%u,\"p99_ms\":%u,\"max_ms\":%u}\n",
                viewers, (long long)connected_ms, (unsigned long long)seen.statuses,
                (unsigned long long)seen.bytes, (unsigned long long)seen.closed, share(&seen, 50),
                share(&seen, 99), share(&seen, 100));
        free(seen.ages_ms);
        return 0;
}
