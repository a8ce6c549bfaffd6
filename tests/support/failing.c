#include "support/failing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

static struct {
        bool armed, reached;
        enum failing_kind kind;
        uint32_t left;
        const char *call;      /* that failed */
        FILE *stream;          /* of which reading failed */
        const MDB_txn *writes; /* the last one that was begun to write: others need no room */
} fault;

void failing_arm(enum failing_kind kind, uint32_t calls)
{
        fault.armed = true;
        fault.reached = false;
        fault.kind = kind;
        fault.left = calls;
        fault.stream = NULL;
}

bool failing_disarm(void)
{
        fault.armed = false;
        fault.stream = NULL;
        return fault.reached;
}

static int error_of(enum failing_kind kind)
{
        static const int errors[] = {[FAILING_MEMORY] = ENOMEM,
                                     [FAILING_STORAGE] = EIO,
                                     [FAILING_ROOM] = ENOSPC,
                                     [FAILING_FILES] = EIO,
                                     [FAILING_EXCHANGE] = EINVAL};
        return errors[kind];
}

static bool fails(enum failing_kind kind, const char *call)
{
        if (!fault.armed || fault.reached || fault.kind != kind)
                return false;
        if (fault.left-- > 0)
                return false;
        fault.reached = true;
        fault.call = call;
        errno = error_of(kind);
        return true;
}

void failing_each(enum failing_kind kind, int (*scenario)(void *ctx), void (*after)(void *ctx), void *ctx,
                  uint32_t at_least, uint32_t done_without)
{
        uint32_t calls = 0, without = 0;
        char names[512] = ""; /* of what it did without */
        size_t at = 0;

        for (;; calls++) {
                failing_arm(kind, calls);
                int result = scenario(ctx);
                if (!failing_disarm()) {
                        assert_int_equal(result, 0);
                        break;
                }
                if (result != 0 && result != -error_of(kind))
                        fail_msg("call %u, %s, failed, and the scenario gave %d", calls + 1, fault.call,
                                 result);
                without += result == 0;
                if (result == 0 && at < sizeof names)
                        at += (size_t)snprintf(names + at, sizeof names - at, " %u %s", calls + 1,
                                               fault.call);
                if (after)
                        after(ctx);
        }
        assert_true(calls >= at_least);
        if (without != done_without)
                fail_msg("the scenario did without %u calls, not %u:%s", without, done_without, names);
}

/* A function stands before the real one: it fails as that would, or does what that does. */
#define BEFORE(kind, type, name, failure, parameters, arguments)                                             \
        type __real_##name parameters;                                                                       \
        type __wrap_##name parameters;                                                                       \
        type __wrap_##name parameters                                                                        \
        {                                                                                                    \
                return fails(kind, #name) ? (failure) : __real_##name arguments;                             \
        }

BEFORE(FAILING_MEMORY, void *, malloc, NULL, (size_t size), (size))
BEFORE(FAILING_MEMORY, void *, calloc, NULL, (size_t count, size_t size), (count, size))
BEFORE(FAILING_MEMORY, void *, realloc, NULL, (void *at, size_t size), (at, size))
BEFORE(FAILING_MEMORY, char *, strdup, NULL, (const char *text), (text))
BEFORE(FAILING_MEMORY, void *, mmap, MAP_FAILED,
       (void *at, size_t size, int access, int flags, int fd, off_t from),
       (at, size, access, flags, fd, from))

BEFORE(FAILING_STORAGE, int, mdb_env_create, EIO, (MDB_env * *env), (env))
BEFORE(FAILING_STORAGE, int, mdb_env_open, EIO,
       (MDB_env * env, const char *path, unsigned flags, mode_t mode), (env, path, flags, mode))
BEFORE(FAILING_STORAGE, int, mdb_env_set_mapsize, EIO, (MDB_env * env, size_t size), (env, size))
BEFORE(FAILING_STORAGE, int, mdb_env_sync, EIO, (MDB_env * env, int force), (env, force))
BEFORE(FAILING_STORAGE, int, mdb_reader_check, EIO, (MDB_env * env, int *dead), (env, dead))
BEFORE(FAILING_STORAGE, int, mdb_dbi_open, EIO,
       (MDB_txn * txn, const char *name, unsigned flags, MDB_dbi *table), (txn, name, flags, table))
BEFORE(FAILING_STORAGE, int, mdb_get, EIO, (MDB_txn * txn, MDB_dbi table, MDB_val *key, MDB_val *value),
       (txn, table, key, value))
BEFORE(FAILING_STORAGE, int, mdb_del, EIO, (MDB_txn * txn, MDB_dbi table, MDB_val *key, MDB_val *value),
       (txn, table, key, value))
BEFORE(FAILING_STORAGE, int, mdb_cursor_open, EIO, (MDB_txn * txn, MDB_dbi table, MDB_cursor **cursor),
       (txn, table, cursor))
BEFORE(FAILING_STORAGE, int, mdb_cursor_get, EIO,
       (MDB_cursor * cursor, MDB_val *key, MDB_val *value, MDB_cursor_op op), (cursor, key, value, op))

int __real_mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned flags, MDB_txn **txn);
int __wrap_mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned flags, MDB_txn **txn);
int __wrap_mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned flags, MDB_txn **txn)
{
        if (fails(FAILING_STORAGE, "mdb_txn_begin"))
                return EIO;
        const int result = __real_mdb_txn_begin(env, parent, flags, txn);
        if (result == 0 && !(flags & MDB_RDONLY))
                fault.writes = *txn;
        else if (result == 0 && *txn == fault.writes) /* it ended, and this one has its place in memory */
                fault.writes = NULL;
        return result;
}

/* What a call that writes fails with; 0: it does not. */
static int writing_fails(const char *call, int full)
{
        return fails(FAILING_STORAGE, call) ? EIO : fails(FAILING_ROOM, call) ? full : 0;
}

int __real_mdb_put(MDB_txn *txn, MDB_dbi table, MDB_val *key, MDB_val *value, unsigned flags);
int __wrap_mdb_put(MDB_txn *txn, MDB_dbi table, MDB_val *key, MDB_val *value, unsigned flags);
int __wrap_mdb_put(MDB_txn *txn, MDB_dbi table, MDB_val *key, MDB_val *value, unsigned flags)
{
        const int failure = writing_fails("mdb_put", MDB_MAP_FULL);
        return failure ? failure : __real_mdb_put(txn, table, key, value, flags);
}

int __real_mdb_cursor_put(MDB_cursor *cursor, MDB_val *key, MDB_val *value, unsigned flags);
int __wrap_mdb_cursor_put(MDB_cursor *cursor, MDB_val *key, MDB_val *value, unsigned flags);
int __wrap_mdb_cursor_put(MDB_cursor *cursor, MDB_val *key, MDB_val *value, unsigned flags)
{
        const int failure = writing_fails("mdb_cursor_put", MDB_MAP_FULL);
        return failure ? failure : __real_mdb_cursor_put(cursor, key, value, flags);
}

/* A commit that fails has ended its transaction all the same. */
int __real_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_commit(MDB_txn *txn)
{
        const int failure = txn == fault.writes ? writing_fails("mdb_txn_commit", ENOSPC)
                            : fails(FAILING_STORAGE, "mdb_txn_commit") ? EIO
                                                                       : 0;
        if (failure == 0)
                return __real_mdb_txn_commit(txn);
        mdb_txn_abort(txn);
        return failure;
}

BEFORE(FAILING_FILES, int, mkdir, -1, (const char *path, mode_t mode), (path, mode))
BEFORE(FAILING_FILES, int, rename, -1, (const char *from, const char *to), (from, to))
BEFORE(FAILING_FILES, int, fsync, -1, (int fd), (fd))
BEFORE(FAILING_FILES, int, flock, -1, (int fd, int how), (fd, how))
BEFORE(FAILING_FILES, int, fstat, -1, (int fd, struct stat *about), (fd, about))
BEFORE(FAILING_FILES, int, stat, -1, (const char *path, struct stat *about), (path, about))
BEFORE(FAILING_FILES, int, access, -1, (const char *path, int how), (path, how))
BEFORE(FAILING_FILES, int, unlink, -1, (const char *path), (path))
BEFORE(FAILING_FILES, int, rmdir, -1, (const char *path), (path))

int __real_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags,
                mode_t mode); /* our callers give a mode, or it is not looked at */
int __wrap_open(const char *path, int flags, mode_t mode)
{
        return fails(FAILING_FILES, "open") ? -1 : __real_open(path, flags, mode);
}
BEFORE(FAILING_FILES, ssize_t, read, -1, (int fd, void *bytes, size_t most), (fd, bytes, most))
BEFORE(FAILING_FILES, FILE *, fopen, NULL, (const char *path, const char *how), (path, how))
BEFORE(FAILING_FILES, int, fflush, EOF, (FILE * stream), (stream))
BEFORE(FAILING_FILES, int, fseeko, -1, (FILE * stream, off_t at, int whence), (stream, at, whence))
BEFORE(FAILING_FILES, int, ftruncate, -1, (int fd, off_t length), (fd, length))

int __real_renameat2(int from_in, const char *from, int to_in, const char *to, unsigned how);
int __wrap_renameat2(int from_in, const char *from, int to_in, const char *to, unsigned how);
int __wrap_renameat2(int from_in, const char *from, int to_in, const char *to, unsigned how)
{
        if (fails(FAILING_FILES, "renameat2") || fails(FAILING_EXCHANGE, "renameat2"))
                return -1;
        return __real_renameat2(from_in, from, to_in, to, how);
}

/* Streams: reading gives too little, and only ferror tells that it was not the end. */
static bool stream_fails(FILE *stream, const char *call)
{
        if (!fails(FAILING_FILES, call))
                return false;
        fault.stream = stream;
        return true;
}

size_t __real_fread(void *bytes, size_t size, size_t count, FILE *stream);
size_t __wrap_fread(void *bytes, size_t size, size_t count, FILE *stream);
size_t __wrap_fread(void *bytes, size_t size, size_t count, FILE *stream)
{
        return stream_fails(stream, "fread") ? 0 : __real_fread(bytes, size, count, stream);
}

ssize_t __real_getline(char **line, size_t *room, FILE *stream);
ssize_t __wrap_getline(char **line, size_t *room, FILE *stream);
ssize_t __wrap_getline(char **line, size_t *room, FILE *stream)
{
        return stream_fails(stream, "getline") ? -1 : __real_getline(line, room, stream);
}

int __real_ferror(FILE *stream);
int __wrap_ferror(FILE *stream);
int __wrap_ferror(FILE *stream)
{
        return stream == fault.stream || __real_ferror(stream);
}
