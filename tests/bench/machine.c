/* What the machine itself can do at this moment, as JSON: an append of 4 KiB with fdatasync in a directory, a write in
 * sequence, memcpy, TCP over loopback. Taken in the same run as each figure, so that figures of different hours and
 * machines can be told apart. About a second. Usage: machine DIRECTORY */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum { APPENDS = 500, MIB = 1024 * 1024, WRITTEN_MIB = 256, COPIED_MIB = 64, COPIES = 16, SENT_MIB = 512 };

static void must(bool good, const char *what)
{
        if (good)
                return;
        fprintf(stderr, "machine: %s: %s\n", what, strerror(errno));
        exit(1);
}

static int order(const void *a, const void *b)
{
        const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

        return (x > y) - (x < y);
}

static void measure_disk(const char *directory, char *block)
{
        static int64_t took[APPENDS];
        char path[4096];

        (void)snprintf(path, sizeof path, "%s/machine.tmp", directory);
        int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
        must(fd >= 0, path);
        for (int i = 0; i < APPENDS; i++) {
                int64_t began = qf_clock_mono_ns();
                must(write(fd, block, 4096) == 4096 && fdatasync(fd) == 0, "append");
                took[i] = qf_clock_mono_ns() - began;
        }
        qsort(took, APPENDS, sizeof took[0], order);
        int64_t began = qf_clock_mono_ns();
        for (int i = 0; i < WRITTEN_MIB; i++)
                must(write(fd, block, MIB) == MIB, "write");
        must(fdatasync(fd) == 0, "fdatasync");
        double seconds = (double)(qf_clock_mono_ns() - began) / 1e9;
        (void)close(fd);
        (void)unlink(path);
        printf("{\"fdatasync_p50_ms\":%.3f,\"fdatasync_p99_ms\":%.3f,\"write_mb_per_s\":%.0f",
               (double)took[APPENDS / 2] / 1e6, (double)took[APPENDS * 99 / 100] / 1e6,
               WRITTEN_MIB * 1.048576 / seconds);
}

static void measure_memory(void)
{
        const size_t size = (size_t)COPIED_MIB * MIB;
        char *from = malloc(size), *to = malloc(size);

        must(from && to, "memory");
        memset(from, 1, size);
        memset(to, 2, size);
        int64_t began = qf_clock_mono_ns();
        for (int i = 0; i < COPIES; i++) {
                memcpy(to, from, size);
                __asm__ volatile("" : : "r"(to) : "memory"); /* it is not to be left out */
        }
        printf(",\"memcpy_gb_per_s\":%.2f",
               (double)COPIES * (double)size / (double)(qf_clock_mono_ns() - began));
        free(from);
        free(to);
}

static void *drain(void *ctx)
{
        int connection = accept4(*(const int *)ctx, NULL, NULL, SOCK_CLOEXEC);
        static char taken[65536];

        must(connection >= 0, "accept");
        for (size_t all = 0; all < (size_t)SENT_MIB * MIB;) {
                ssize_t got = read(connection, taken, sizeof taken);
                must(got > 0, "receive");
                all += (size_t)got;
        }
        must(write(connection, "", 1) == 1, "answer");
        (void)close(connection);
        return NULL;
}

static void measure_loopback(const char *block)
{
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof address;
        int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int sending = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        pthread_t thread;
        char answer;

        must(bind(listening, (struct sockaddr *)&address, len) == 0 && listen(listening, 1) == 0, "listen");
        must(getsockname(listening, (struct sockaddr *)&address, &len) == 0, "listen");
        must(pthread_create(&thread, NULL, drain, &listening) == 0, "thread");
        must(connect(sending, (struct sockaddr *)&address, len) == 0, "connect");
        int64_t began = qf_clock_mono_ns();
        for (size_t left = (size_t)SENT_MIB * MIB; left > 0;) {
                ssize_t sent = write(sending, block, left < 65536 ? left : 65536);
                must(sent > 0, "send");
                left -= (size_t)sent;
        }
        must(read(sending, &answer, 1) == 1, "answer");
        printf(",\"loopback_gb_per_s\":%.2f}\n",
               SENT_MIB * 1.048576e6 / (double)(qf_clock_mono_ns() - began));
        (void)pthread_join(thread, NULL);
        (void)close(sending);
        (void)close(listening);
}

int main(int argc, char **argv)
{
        static char block[MIB];

        if (argc != 2) {
                fprintf(stderr, "usage: machine DIRECTORY\n");
                return 64;
        }
        memset(block, 7, sizeof block);
        measure_disk(argv[1], block);
        measure_memory();
        measure_loopback(block);
        return 0;
}
