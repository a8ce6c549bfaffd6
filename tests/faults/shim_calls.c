/* Stands before the calls that move a database towards the disk: writes and
 * truncations of files whose name ends in "data.mdb", every sync, and the making,
 * renaming and removing of folders and files. See shim.h. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "faults/shim.h"

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static bool is_data(const char *path)
{
        static const char name[] = "data.mdb";
        size_t len = strlen(path);
        return len >= sizeof name - 1 && strcmp(path + len - (sizeof name - 1), name) == 0;
}

/* --- writes ------------------------------------------------------------- */

struct written { /* a write of any form; at < 0: where the file stands */
        int fd;
        const struct iovec *parts;
        int count;
        off_t at;
};

static ssize_t really_write(const struct written *what, const struct iovec *parts, int count)
{
        if (what->at < 0) {
                SHIM_NEXT(writev);
                return next(what->fd, parts, count);
        }
        SHIM_NEXT(pwritev);
        return next(what->fd, parts, count, what->at);
}

/* Half of it: of one part half its bytes, of several half the parts. */
static ssize_t write_half(const struct written *what)
{
        struct iovec half = what->parts[0];
        half.iov_len /= 2;
        if (what->count == 1)
                return really_write(what, &half, 1);
        return really_write(what, what->parts, what->count / 2);
}

static void tear(void *ctx)
{
        (void)write_half(ctx);
}

static void note_write(const struct written *what, const char *path, off_t at, size_t done)
{
        bool synced = (fcntl(what->fd, F_GETFL) & O_DSYNC) != 0;
        struct iovec part = what->parts[0];
        for (int i = 0; i < what->count && done > 0; i++) {
                part = what->parts[i];
                if (part.iov_len > done)
                        part.iov_len = done;
                shim_note(synced ? SHIM_WRITE_SYNCED : SHIM_WRITE, path, (uint64_t)at, &part, 1);
                at += (off_t)part.iov_len;
                done -= part.iov_len;
        }
}

/* Zeros behind the end of a file (store/environment_ahead.c), of which nobody asks how they went: every page of LMDB's
 * begins with its number. */
static bool is_ahead(const struct written *what)
{
        static const uint8_t zeros[4096];
        return what->count == 1 && what->parts[0].iov_len >= sizeof zeros &&
               memcmp(what->parts[0].iov_base, zeros, sizeof zeros) == 0;
}

static ssize_t write_watched(struct written *what)
{
        char path[SHIM_PATH] = "";
        ssize_t done = -1;

        if (shim_meant())
                shim_path_of(what->fd, path);
        if (!is_data(path))
                return really_write(what, what->parts, what->count);
        (void)pthread_mutex_lock(&one_at_a_time);
        off_t at = what->at < 0 ? lseek(what->fd, 0, SEEK_CUR) : what->at;
        switch (is_ahead(what) ? SHIM_GO : shim_arrive(tear, what)) {
        case SHIM_GO: done = really_write(what, what->parts, what->count); break;
        case SHIM_HALF: done = write_half(what); break;
        case SHIM_FAIL: break;
        }
        int error = errno;
        if (done > 0 && shim_records())
                note_write(what, path, at, (size_t)done);
        (void)pthread_mutex_unlock(&one_at_a_time);
        errno = error;
        return done;
}

static ssize_t write_one(int fd, const void *bytes, size_t len, off_t at)
{
        struct iovec part = {(void *)(uintptr_t)bytes, len};
        return write_watched(&(struct written){fd, &part, 1, at});
}

ssize_t write(int fd, const void *bytes, size_t len)
{
        return write_one(fd, bytes, len, -1);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
        return write_one(fd, bytes, len, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
        return write_one(fd, bytes, len, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
        return write_watched(&(struct written){fd, parts, count, -1});
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
        return write_watched(&(struct written){fd, parts, count, at});
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at)
{
        return write_watched(&(struct written){fd, parts, count, at});
}

/* --- all others --------------------------------------------------------- */

/* A watched call that either is done or fails: what it is noted as, and of whom. */
#define WATCHED(call, what, name, at, more, count)                                                           \
        do {                                                                                                 \
                if (!shim_meant())                                                                           \
                        return (call);                                                                       \
                (void)pthread_mutex_lock(&one_at_a_time);                                                    \
                int result = shim_arrive(NULL, NULL) == SHIM_FAIL ? -1 : (call);                             \
                int error = errno;                                                                           \
                if (result == 0)                                                                             \
                        shim_note(what, name, at, more, count);                                              \
                (void)pthread_mutex_unlock(&one_at_a_time);                                                  \
                errno = error;                                                                               \
                return result;                                                                               \
        } while (0)

int fsync(int fd)
{
        SHIM_NEXT(fsync);
        char path[SHIM_PATH];
        shim_path_of(fd, path);
        WATCHED(next(fd), SHIM_SYNC, path, 0, NULL, 0);
}

int fdatasync(int fd)
{
        SHIM_NEXT(fdatasync);
        char path[SHIM_PATH];
        shim_path_of(fd, path);
        WATCHED(next(fd), SHIM_SYNC, path, 0, NULL, 0);
}

static int truncate_watched(int fd, off_t len)
{
        SHIM_NEXT(ftruncate);
        char path[SHIM_PATH];
        shim_path_of(fd, path);
        if (!is_data(path))
                return next(fd, len);
        WATCHED(next(fd, len), SHIM_TRUNCATE, path, (uint64_t)len, NULL, 0);
}

int ftruncate(int fd, off_t len)
{
        return truncate_watched(fd, len);
}

int ftruncate64(int fd, off64_t len)
{
        return truncate_watched(fd, len);
}

int mkdir(const char *path, mode_t mode)
{
        SHIM_NEXT(mkdir);
        if (access(path, F_OK) ==
            0) /* nothing moves to the disk; counters of coverage begin with such calls */
                return next(path, mode);
        WATCHED(next(path, mode), SHIM_MKDIR, path, 0, NULL, 0);
}

int rename(const char *from, const char *to)
{
        SHIM_NEXT(rename);
        struct iovec target = {(void *)(uintptr_t)to, strlen(to)};
        WATCHED(next(from, to), SHIM_RENAME, from, 0, &target, 1);
}

/* Noted, but never made to fail: libzmq removes its sockets, too. */
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
        SHIM_NEXT(renameat2);
        struct iovec target = {(void *)(uintptr_t)to, strlen(to)};
        WATCHED(next(from_folder, from, to_folder, to, flags), SHIM_RENAME, from, 0, &target, 1);
}

int unlink(const char *path)
{
        SHIM_NEXT(unlink);
        int result = next(path);
        if (result == 0 && shim_meant())
                shim_note(SHIM_REMOVE, path, 0, NULL, 0);
        return result;
}

int rmdir(const char *path)
{
        SHIM_NEXT(rmdir);
        int result = next(path);
        if (result == 0 && shim_meant())
                shim_note(SHIM_REMOVE, path, 0, NULL, 0);
        return result;
}
