/* Why: see shield.h. The note is a page that is mapped and shared: the kernel keeps
 * what was written there when the process is gone, and writing costs one store.
 *
 * page  0 magic u32 · 4 version u32 · 8 judging u32 · 12 crashed u32 · 16 64 × {source u32, times u32, last ms i64} */
#include "ingest/shield.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { MAGIC = 0x314a4d51, VERSION = 1, NOTED = 64, HOUR_MS = 60 * 60 * 1000 };

struct noted {
        uint32_t source, times;
        int64_t last_ms;
};

struct page {
        uint32_t magic, version;
        volatile uint32_t judging;
        volatile uint32_t crashed;
        struct noted noted[NOTED];
};

struct qf_shield {
        struct page *page;
};

/* A signal handler is given nothing: this is how it finds the page. Set once, before signals are watched. */
static struct page *volatile watched;

static void note_crash(int number)
{
        struct page *page = watched;
        if (page)
                page->crashed = page->judging;
        (void)raise(number); /* the handler was reset: as it would have been */
}

int qf_shield_watch(struct qf_shield *shield)
{
        static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
        struct sigaction action = {.sa_handler = note_crash, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
        watched = shield->page;
        for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++) {
                if (sigaction(crashes[i], &action, NULL) < 0)
                        return -errno;
        }
        return 0;
}

/* The row of a source, or the one that was noted longest ago. */
static struct noted *row_for(struct page *page, uint32_t source)
{
        struct noted *oldest = &page->noted[0];
        for (uint32_t i = 0; i < NOTED; i++) {
                if (page->noted[i].source == source)
                        return &page->noted[i];
                if (page->noted[i].last_ms < oldest->last_ms)
                        oldest = &page->noted[i];
        }
        *oldest = (struct noted){.source = source};
        return oldest;
}

static uint32_t take_down(struct page *page, int64_t now_ms)
{
        uint32_t crashed = page->crashed;
        if (page->magic != MAGIC || page->version != VERSION) {
                memset(page, 0, sizeof *page);
                page->magic = MAGIC;
                page->version = VERSION;
                return 0;
        }
        page->judging = page->crashed = 0;
        if (crashed != 0) {
                struct noted *row = row_for(page, crashed);
                if (now_ms - row->last_ms >= HOUR_MS)
                        row->times = 0;
                row->times++;
                row->last_ms = now_ms;
        }
        return crashed;
}

int qf_shield_open(const char *directory, int64_t now_ms, struct qf_shield **ret_shield,
                   uint32_t *ret_crashed)
{
        char path[PATH_MAX];
        int len = snprintf(path, sizeof path, "%s.judging", directory);
        if (len < 0 || len >= (int)sizeof path)
                return -ENAMETOOLONG;
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0 || ftruncate(fd, sizeof(struct page)) < 0)
                return -errno;
        int full = posix_fallocate(fd, 0, sizeof(struct page)); /* a store must never meet a full disk */
        if (full != 0)
                return -full;
        QF_CLEANUP(qf_cleanup_free) struct qf_shield *shield = malloc(sizeof *shield);
        if (!shield)
                return -ENOMEM;
        shield->page = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (shield->page == MAP_FAILED)
                return -errno;
        *ret_crashed = take_down(shield->page, now_ms);
        *ret_shield = QF_TAKE(shield);
        return 0;
}

struct qf_shield *qf_shield_close(struct qf_shield *shield)
{
        if (!shield)
                return NULL;
        if (watched == shield->page)
                watched = NULL;
        (void)munmap(shield->page, sizeof(struct page));
        free(shield);
        return NULL;
}

void qf_shield_judging(struct qf_shield *shield, uint32_t source)
{
        shield->page->judging = source;
}

bool qf_shield_is_shut(const struct qf_shield *shield, uint32_t source, int64_t now_ms)
{
        for (uint32_t i = 0; i < NOTED; i++) {
                const struct noted *row = &shield->page->noted[i];
                if (row->source == source && row->times >= QF_SHIELD_CRASHES)
                        return now_ms - row->last_ms < HOUR_MS;
        }
        return false;
}
