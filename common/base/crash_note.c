/* Why: see crash_note.h. A damaged file or a batch that brings a daemon down would
 * do so again after each restart, unless the next process knows.
 *
 * page  0 magic u32 · 4 version u32 · 8 doing u32 · 12 crashed u32 · 16 the caller's */
#include "base/crash_note.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { MAGIC = 0x314a4d51, VERSION = 1 };

struct page {
        uint32_t magic, version;
        volatile uint32_t doing;
        volatile uint32_t crashed;
        uint8_t more[];
};

struct qf_crash_note {
        struct page *page;
        size_t bytes;
};

/* A signal handler is given nothing: this is how it finds the page. Set once, before signals are watched. */
static struct page *volatile watched;
static volatile uint32_t bus_is, own_from;

static void note_crash(int number, siginfo_t *info, void *context)
{
        struct page *page = watched;
        bool sent = info->si_code <= 0 && info->si_pid != getpid();
        (void)context;
        if (page) {
                uint32_t doing = page->doing == 0 && number == SIGBUS ? bus_is : page->doing;
                page->crashed = sent && doing >= own_from ? 0 : doing;
        }
        (void)raise(number); /* the handler was reset: as it would have been */
}

int qf_crash_note_watch(struct qf_crash_note *note, uint32_t bus, uint32_t own)
{
        static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
        struct sigaction action = {.sa_sigaction = note_crash,
                                   .sa_flags = (int)(SA_RESETHAND | SA_NODEFER | SA_SIGINFO)};
        watched = note->page;
        bus_is = bus;
        own_from = own;
        for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++) {
                if (sigaction(crashes[i], &action, NULL) < 0)
                        return -errno;
        }
        return 0;
}

static uint32_t take_down(struct page *page, size_t bytes)
{
        if (page->magic != MAGIC || page->version != VERSION) {
                memset(page, 0, bytes);
                page->magic = MAGIC;
                page->version = VERSION;
        }
        uint32_t crashed = page->crashed;
        page->doing = page->crashed = 0;
        return crashed;
}

int qf_crash_note_open(const char *path, size_t more, struct qf_crash_note **ret_note, uint32_t *ret_crashed)
{
        size_t bytes = sizeof(struct page) + more;
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0 || ftruncate(fd, (off_t)bytes) < 0)
                return -errno;
        int full = posix_fallocate(fd, 0, (off_t)bytes); /* a store must never meet a full disk */
        if (full != 0)
                return -full;
        QF_CLEANUP(qf_cleanup_free) struct qf_crash_note *note = malloc(sizeof *note);
        if (!note)
                return -ENOMEM;
        note->bytes = bytes;
        note->page = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (note->page == MAP_FAILED)
                return -errno;
        *ret_crashed = take_down(note->page, bytes);
        *ret_note = QF_TAKE(note);
        return 0;
}

struct qf_crash_note *qf_crash_note_close(struct qf_crash_note *note)
{
        if (!note)
                return NULL;
        if (watched == note->page)
                watched = NULL;
        (void)munmap(note->page, note->bytes);
        free(note);
        return NULL;
}

volatile uint32_t *qf_crash_note_doing(struct qf_crash_note *note)
{
        return &note->page->doing;
}

void *qf_crash_note_more(struct qf_crash_note *note)
{
        return note->page->more;
}
