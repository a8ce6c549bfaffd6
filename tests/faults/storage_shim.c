/* Kills a program at one of its storage calls, to be preloaded (LD_PRELOAD).
 *
 * Watched are the calls that move a database towards the disk: writes, syncs and
 * truncations of files whose name ends in QF_SHIM_MATCH (default "data.mdb"), and
 * renames of folders with one. Only the program named by QF_SHIM_PROGRAM is
 * touched, so that one environment serves all daemons of an installation.
 *
 * QF_SHIM_ORDER names a file "N" or "N torn". From the moment it exists calls are
 * counted; before call N it is removed and the process kills itself ("torn": after
 * doing half of the write). The next process finds no order and lives.
 * QF_SHIM_COUNT names a file whose length grows by one byte with each call. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FDS = 4096 };

static struct {
        pthread_mutex_t lock;
        bool begun, meant; /* environment was read; this is the program */
        const char *order, *count, *match;
        long calls; /* since the order was first seen */
        bool watched[FDS];
} shim = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Finds the function that ours stands before. */
#define NEXT(name)                                                                                           \
        static __typeof__(&name) next;                                                                       \
        if (!next)                                                                                           \
        *(void **)&next = dlsym(RTLD_NEXT, #name)

static long real_write(int fd, const void *bytes, size_t len)
{
        NEXT(write);
        return next(fd, bytes, len);
}

static int real_open(const char *path, int flags)
{
        NEXT(open);
        return next(path, flags, 0600);
}

static int real_close(int fd)
{
        NEXT(close);
        return next(fd);
}

static void begin(void)
{
        if (shim.begun)
                return;
        shim.begun = true;
        const char *program = getenv("QF_SHIM_PROGRAM");
        shim.meant = program && strcmp(program, program_invocation_short_name) == 0;
        shim.order = getenv("QF_SHIM_ORDER");
        shim.count = getenv("QF_SHIM_COUNT");
        shim.match = getenv("QF_SHIM_MATCH");
        if (!shim.match)
                shim.match = "data.mdb";
}

/* Reads the order; 0: there is none. */
static long read_order(bool *ret_torn)
{
        char text[32] = "";
        char *rest;
        NEXT(read);

        int fd = shim.order ? real_open(shim.order, O_RDONLY | O_CLOEXEC) : -1;
        if (fd < 0)
                return 0;
        if (next(fd, text, sizeof(text) - 1) < 0)
                text[0] = '\0';
        real_close(fd);
        long at = strtol(text, &rest, 10);
        *ret_torn = strstr(rest, "torn") != NULL;
        return at;
}

static void note_call(void)
{
        if (!shim.count)
                return;
        int fd = real_open(shim.count, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC);
        if (fd < 0)
                return;
        if (real_write(fd, ".", 1) < 0)
                shim.count = NULL;
        real_close(fd);
}

/* Called before each watched call. True: this is the one, and it is to be torn. Does not return when it is to die. */
static bool arrive(void)
{
        bool torn = false;

        note_call();
        long order = read_order(&torn);
        if (order == 0) {
                shim.calls = 0;
                return false;
        }
        if (++shim.calls < order)
                return false;
        (void)unlink(shim.order);
        if (torn)
                return true;
        (void)kill(getpid(), SIGKILL);
        return false;
}

static bool watches(int fd)
{
        begin();
        return shim.meant && fd >= 0 && fd < FDS && shim.watched[fd];
}

static int watch(int fd, const char *path)
{
        begin();
        if (fd >= 0 && fd < FDS) {
                size_t len = strlen(path), end = strlen(shim.match);
                shim.watched[fd] = len >= end && strcmp(path + len - end, shim.match) == 0;
        }
        return fd;
}

static mode_t mode_of(int flags, va_list rest)
{
        return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

#define OPEN(name)                                                                                           \
        int name(const char *path, int flags, ...)                                                           \
        {                                                                                                    \
                NEXT(name);                                                                                  \
                va_list rest;                                                                                \
                va_start(rest, flags);                                                                       \
                mode_t mode = mode_of(flags, rest);                                                          \
                va_end(rest);                                                                                \
                return watch(next(path, flags, mode), path);                                                 \
        }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                                         \
        int name(int at, const char *path, int flags, ...)                                                   \
        {                                                                                                    \
                NEXT(name);                                                                                  \
                va_list rest;                                                                                \
                va_start(rest, flags);                                                                       \
                mode_t mode = mode_of(flags, rest);                                                          \
                va_end(rest);                                                                                \
                return watch(next(at, path, flags, mode), path);                                             \
        }
OPENAT(openat)
OPENAT(openat64)

int close(int fd)
{
        if (fd >= 0 && fd < FDS)
                shim.watched[fd] = false;
        return real_close(fd);
}

/* A watched call: counted, and perhaps the last one. half is what a torn write still does. */
#define WATCHED(fd, call, half)                                                                              \
        do {                                                                                                 \
                if (!watches(fd))                                                                            \
                        return (call);                                                                       \
                (void)pthread_mutex_lock(&shim.lock);                                                        \
                if (arrive()) {                                                                              \
                        (void)!(half);                                                                       \
                        (void)kill(getpid(), SIGKILL);                                                       \
                }                                                                                            \
                __typeof__(call) result = (call);                                                            \
                (void)pthread_mutex_unlock(&shim.lock);                                                      \
                return result;                                                                               \
        } while (0)

#define PWRITE(name)                                                                                         \
        ssize_t name(int fd, const void *bytes, size_t len, off_t at)                                        \
        {                                                                                                    \
                NEXT(name);                                                                                  \
                WATCHED(fd, next(fd, bytes, len, at), next(fd, bytes, len / 2, at));                         \
        }
PWRITE(pwrite)
PWRITE(pwrite64)

#define PWRITEV(name)                                                                                        \
        ssize_t name(int fd, const struct iovec *parts, int count, off_t at)                                 \
        {                                                                                                    \
                NEXT(name);                                                                                  \
                WATCHED(fd, next(fd, parts, count, at), next(fd, parts, (count + 1) / 2, at));               \
        }
PWRITEV(pwritev)
PWRITEV(pwritev64)

ssize_t writev(int fd, const struct iovec *parts, int count)
{
        NEXT(writev);
        WATCHED(fd, next(fd, parts, count), next(fd, parts, (count + 1) / 2));
}

ssize_t write(int fd, const void *bytes, size_t len)
{
        NEXT(write);
        WATCHED(fd, next(fd, bytes, len), next(fd, bytes, len / 2));
}

int fsync(int fd)
{
        NEXT(fsync);
        WATCHED(fd, next(fd), 0);
}

int fdatasync(int fd)
{
        NEXT(fdatasync);
        WATCHED(fd, next(fd), 0);
}

#define FTRUNCATE(name)                                                                                      \
        int name(int fd, off_t len)                                                                          \
        {                                                                                                    \
                NEXT(name);                                                                                  \
                WATCHED(fd, next(fd, len), 0);                                                               \
        }
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

int msync(void *address, size_t len, int flags)
{
        NEXT(msync);
        begin();
        if (shim.meant && arrive())
                (void)kill(getpid(), SIGKILL);
        return next(address, len, flags);
}

int rename(const char *from, const char *to)
{
        NEXT(rename);
        begin();
        if (shim.meant && arrive())
                (void)kill(getpid(), SIGKILL);
        return next(from, to);
}
