/* Why: LMDB is safe only when it is used in one way, and this file is that way.
 * It guarantees: a directory has one process (our flock, since LMDB itself lets a
 * second writer in); a directory is either not there or complete (made beside,
 * synced, renamed); a commit that returned 0 is on disk; a full map or disk voids
 * the transaction and nothing else; whatever else fails at a commit is reported
 * as unknown; a row that is not as it was written is told by a checksum behind its
 * value. A damaged tree may make LMDB abort, or raise SIGBUS: see options.inside. */
#include "store/environment.h"

#include <errno.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "store/directory.h"
#include "store/environment_parts.h"
#include "store/format.h"

enum { MAP_BYTES = 1 << 30, SUM_BYTES = 4, GROWN = 4 /* times, while it is read */ };

/* LMDB's results are 0, positive errno, or negative of its own. */
static int outcome_of(int result)
{
        switch (result) {
        case 0: return 0;
        case MDB_NOTFOUND: return QF_STORE_NONE;
        case MDB_KEYEXIST: return QF_STORE_EXISTS;
        case MDB_MAP_FULL:
        case MDB_TXN_FULL:
        case ENOSPC:
        case EDQUOT: return QF_STORE_FULL;
        case MDB_INVALID:
        case MDB_VERSION_MISMATCH: return QF_STORE_FORMAT;
        case MDB_BAD_VALSIZE: return -EINVAL;
        case MDB_CORRUPTED:
        case MDB_PAGE_NOTFOUND:
        case MDB_CURSOR_FULL:
        case MDB_INCOMPATIBLE:
        case MDB_BAD_TXN: /* an earlier call of the transaction met damage */ return QF_STORE_DAMAGED;
        default: return result > 0 ? -result : -EIO;
        }
}

static void enter(const struct qf_environment *environment)
{
        if (environment->inside)
                ++*environment->inside;
}

static int leave(const struct qf_environment *environment, int result)
{
        if (environment->inside)
                --*environment->inside;
        return outcome_of(result);
}

/* --- open and close ----------------------------------------------------- */

static void cleanup_env(MDB_env **env)
{
        if (*env)
                mdb_env_close(*env);
}

static int open_env(const char *path, bool read_only, uint64_t map_bytes, MDB_env **ret_env)
{
        QF_CLEANUP(cleanup_env) MDB_env *env = NULL;
        int result = mdb_env_create(&env);
        if (result == 0)
                result = mdb_env_set_maxdbs(env, QF_TABLES_MAX + 1);
        if (result == 0)
                result = mdb_env_set_maxreaders(env, QF_ENVIRONMENT_READERS_MAX);
        if (result == 0)
                result = mdb_env_set_mapsize(env, map_bytes);
        if (result == 0)
                result = mdb_env_open(env, path, MDB_NOTLS | (read_only ? MDB_RDONLY : 0u), 0600);
        if (result != 0)
                return outcome_of(result);
        *ret_env = QF_TAKE(env);
        return 0;
}

static uint64_t map_first(const struct qf_environment_options *options)
{
        return options->map_bytes ? options->map_bytes : MAP_BYTES;
}

/* Who only reads maps what there is, and room for what another process writes meanwhile: there is not address space
 * everywhere for all that may ever be written. */
static uint64_t map_of(const struct qf_environment_options *options, int data_fd)
{
        struct stat about;
        return options->read_only && fstat(data_fd, &about) == 0
                       ? map_first(options) + GROWN * (uint64_t)about.st_size
                       : map_first(options);
}

static int write_tables(MDB_txn *txn, const struct qf_environment_options *options)
{
        MDB_dbi table;
        for (unsigned i = 0; options->tables[i]; i++) {
                int result = mdb_dbi_open(txn, options->tables[i], MDB_CREATE, &table);
                if (result != 0)
                        return result;
        }
        return qf_format_write(txn, options->format);
}

static int fill_new(const void *ctx, const char *made)
{
        const struct qf_environment_options *options = ctx;
        QF_CLEANUP(cleanup_env) MDB_env *env = NULL;
        MDB_txn *txn = NULL;
        int result = open_env(made, options->read_only, map_first(options), &env);
        if (result != 0)
                return result;
        result = mdb_txn_begin(env, NULL, 0, &txn);
        if (result != 0)
                return outcome_of(result);
        result = write_tables(txn, options);
        if (result != 0)
                mdb_txn_abort(txn);
        else
                result = mdb_txn_commit(txn);
        if (result == 0)
                result = mdb_env_sync(env, 1);
        return outcome_of(result);
}

static int check_format(MDB_txn *txn, const char *format)
{
        struct qf_view found;
        int result = outcome_of(qf_format_read(txn, &found));
        if (result != 0)
                return result == QF_STORE_NONE ? QF_STORE_FORMAT : result;
        return qf_format_compare(found, qf_view_of(format));
}

static int open_tables(struct qf_environment *environment, const struct qf_environment_options *options)
{
        MDB_txn *txn = NULL;
        int result = mdb_txn_begin(environment->env, NULL, MDB_RDONLY, &txn);
        if (result != 0)
                return outcome_of(result);
        result = check_format(txn, options->format);
        for (unsigned i = 0; result == 0 && options->tables[i]; i++) {
                QF_ASSERT(i < QF_TABLES_MAX);
                result = outcome_of(mdb_dbi_open(txn, options->tables[i], 0, &environment->tables[i]));
                if (result == QF_STORE_NONE)
                        result = QF_STORE_FORMAT;
                environment->tables_count = i + 1;
        }
        if (result == 0)
                return outcome_of(mdb_txn_commit(txn)); /* keeps the tables' handles */
        mdb_txn_abort(txn);
        return result;
}

/* Locks the directory and finds its data, making it when there is none. */
static int own_directory(struct qf_environment *environment, const char *directory,
                         const struct qf_environment_options *options)
{
        int outcome = 0;
        int result =
                options->beside ? 0 : qf_directory_lock(directory, options->read_only, &environment->lock_fd);
        if (result != 0)
                return result < 0 ? result : QF_STORE_IN_USE;
        result = qf_directory_find(directory, &environment->data_fd);
        if (result == QF_DIRECTORY_MISSING && !options->read_only) {
                result = qf_directory_create(directory, fill_new, options, &outcome);
                if (result == QF_DIRECTORY_UNFILLED)
                        return outcome;
                if (result == 0)
                        result = qf_directory_find(directory, &environment->data_fd);
        }
        if (result <= 0)
                return result;
        return result == QF_DIRECTORY_EMPTY ? QF_STORE_FORMAT : -ENOENT;
}

static void cleanup_environment(struct qf_environment **environment)
{
        (void)qf_environment_close(*environment);
}

int qf_environment_open(const char *directory, const struct qf_environment_options *options,
                        struct qf_environment **ret_environment)
{
        QF_CLEANUP(cleanup_environment) struct qf_environment *environment = malloc(sizeof *environment);
        if (!environment)
                return -ENOMEM;
        *environment = (struct qf_environment){.map_bytes_max = options->map_bytes_max,
                                               .disk_floor_bytes = options->disk_floor_bytes,
                                               .plain = options->plain,
                                               .inside = options->inside,
                                               .lock_fd = -1,
                                               .data_fd = -1};
        environment->txn.environment = environment->beside.environment = environment;
        int result = own_directory(environment, directory, options);
        enter(environment);
        if (result == 0)
                result = open_env(directory, options->read_only, map_of(options, environment->data_fd),
                                  &environment->env);
        if (result == 0)
                result = open_tables(environment, options);
        if (result == 0)
                result = qf_environment_check_readers(environment);
        (void)leave(environment, 0);
        if (result != 0)
                return result;
        *ret_environment = QF_TAKE(environment);
        return 0;
}

struct qf_environment *qf_environment_close(struct qf_environment *environment)
{
        if (!environment)
                return NULL;
        struct qf_txn *open = environment->txn.txn ? &environment->txn : NULL;
        qf_txn_abort(&open);
        if (environment->env)
                mdb_env_close(environment->env);
        qf_cleanup_close(&environment->data_fd);
        qf_cleanup_close(&environment->lock_fd);
        free(environment);
        return NULL;
}

int qf_environment_check_readers(struct qf_environment *environment)
{
        int dead = 0;
        return outcome_of(mdb_reader_check(environment->env, &dead));
}

bool qf_environment_fresh(const struct qf_environment *environment)
{
        MDB_envinfo info;
        return mdb_env_info(environment->env, &info) == 0 && info.me_last_txnid <= 1; /* 1: its creation */
}

/* --- transactions ------------------------------------------------------- */

/* Doubling costs only address space; it must happen while no transaction is open. */
static int grow_map(struct qf_environment *environment)
{
        uint64_t map = qf_environment_map(environment);
        if (!environment->grow && qf_environment_used(environment) <= map / 2)
                return 0;
        environment->grow = false;
        uint64_t wanted = map * 2 < environment->map_bytes_max ? map * 2 : environment->map_bytes_max;
        return wanted > map ? outcome_of(mdb_env_set_mapsize(environment->env, wanted)) : 0;
}

static int check_floor(const struct qf_environment *environment)
{
        struct statvfs about;
        if (environment->disk_floor_bytes == 0)
                return 0;
        if (fstatvfs(environment->data_fd, &about) < 0)
                return -errno;
        return (uint64_t)about.f_bavail * about.f_frsize < environment->disk_floor_bytes ? QF_STORE_FULL : 0;
}

void qf_environment_set_floor(struct qf_environment *environment, uint64_t disk_floor_bytes)
{
        environment->disk_floor_bytes = disk_floor_bytes;
}

static int begin(struct qf_txn *txn, bool write, struct qf_txn **ret_txn)
{
        struct qf_environment *environment = txn->environment;
        QF_ASSERT(!txn->txn);
        enter(environment);
        int result =
                leave(environment, mdb_txn_begin(environment->env, NULL, write ? 0 : MDB_RDONLY, &txn->txn));
        if (result != 0) {
                txn->txn = NULL;
                return result;
        }
        txn->write = write;
        txn->full = false;
        txn->empty = 0;
        *ret_txn = txn;
        return 0;
}

int qf_txn_begin(struct qf_environment *environment, bool write, struct qf_txn **ret_txn)
{
        QF_ASSERT(!environment->txn.txn);
        int result = write ? check_floor(environment) : 0;
        if (result == 0 && write)
                result = grow_map(environment);
        if (result == 0 && write)
                result = qf_environment_write_ahead(environment);
        return result == 0 ? begin(&environment->txn, write, ret_txn) : result;
}

int qf_txn_begin_beside(struct qf_environment *environment, struct qf_txn **ret_txn)
{
        return begin(&environment->beside, false, ret_txn);
}

static void close_cursor(struct qf_txn *txn, unsigned table)
{
        if (txn->cursors[table])
                mdb_cursor_close(txn->cursors[table]);
        txn->cursors[table] = NULL;
}

static void close_cursors(struct qf_txn *txn)
{
        for (unsigned i = 0; i < txn->environment->tables_count; i++)
                close_cursor(txn, i);
}

/* Nothing was written for certain only when LMDB still works: had the page of roots failed, it would refuse. */
static int check_alive(struct qf_environment *environment)
{
        MDB_txn *probe = NULL;
        int result = mdb_txn_begin(environment->env, NULL, MDB_RDONLY, &probe);
        if (result != 0)
                return -EIO;
        mdb_txn_abort(probe);
        return QF_STORE_FULL;
}

int qf_txn_commit(struct qf_txn **txn)
{
        struct qf_txn *ended = *txn;
        *txn = NULL;
        close_cursors(ended);
        MDB_txn *lmdb = ended->txn;
        ended->txn = NULL;
        if (ended->full) {
                mdb_txn_abort(lmdb);
                return QF_STORE_FULL;
        }
        enter(ended->environment);
        int result = leave(ended->environment, mdb_txn_commit(lmdb));
        if (result == QF_STORE_FULL) {
                ended->environment->grow = true;
                return check_alive(ended->environment);
        }
        return result > 0 ? -EIO : result;
}

void qf_txn_abort(struct qf_txn **txn)
{
        struct qf_txn *ended = *txn;
        *txn = NULL;
        if (!ended)
                return;
        close_cursors(ended);
        mdb_txn_abort(ended->txn);
        ended->txn = NULL;
}

static int cursor_of(struct qf_txn *txn, unsigned table, MDB_cursor **ret_cursor)
{
        QF_ASSERT(table < txn->environment->tables_count);
        if (txn->full)
                return QF_STORE_FULL;
        if (!txn->cursors[table]) {
                int result = mdb_cursor_open(txn->txn, txn->environment->tables[table], &txn->cursors[table]);
                if (result != 0) {
                        txn->cursors[table] = NULL;
                        return outcome_of(result);
                }
        }
        *ret_cursor = txn->cursors[table];
        return 0;
}

static int write_outcome(struct qf_txn *txn, int result)
{
        result = leave(txn->environment, result);
        if (result == QF_STORE_FULL) {
                txn->full = true;
                txn->environment->grow = true;
        }
        return result;
}

static bool is_plain(const struct qf_txn *txn, unsigned table)
{
        return txn->environment->plain >> table & 1;
}

/* The value of a row that was found, without its checksum, when that is right. */
static int take_value(const struct qf_txn *txn, unsigned table, struct qf_view key, MDB_val found,
                      struct qf_view *ret_value)
{
        struct qf_view value = qf_view_of_val(found);
        if (!is_plain(txn, table)) {
                if (!value.at || value.len < SUM_BYTES)
                        return QF_STORE_DAMAGED;
                value.len -= SUM_BYTES;
                if (qf_get_le32((const uint8_t *)value.at + value.len) != qf_row_sum(key, value))
                        return QF_STORE_DAMAGED;
        }
        *ret_value = value;
        return 0;
}

static int cursor_get(struct qf_txn *txn, unsigned table, MDB_cursor_op what, struct qf_view *key,
                      struct qf_view *ret_value)
{
        MDB_cursor *cursor = NULL;
        MDB_val found = qf_val_of(*key), value = {0};
        int result = cursor_of(txn, table, &cursor);
        if (result != 0)
                return result;
        enter(txn->environment);
        result = leave(txn->environment, mdb_cursor_get(cursor, &found, &value, what));
        if (result != 0)
                return result;
        *key = qf_view_of_val(found);
        return take_value(txn, table, *key, value, ret_value);
}

int qf_txn_get(struct qf_txn *txn, unsigned table, struct qf_view key, struct qf_view *ret_value)
{
        return cursor_get(txn, table, MDB_SET, &key, ret_value);
}

static int cursor_put(struct qf_txn *txn, unsigned table, struct qf_view key, MDB_val *value, unsigned flags)
{
        MDB_cursor *cursor = NULL;
        MDB_val at = qf_val_of(key);
        QF_ASSERT(txn->write);
        int result = cursor_of(txn, table, &cursor);
        if (result != 0)
                return result;
        txn->empty &= ~(UINT32_C(1) << table);
        enter(txn->environment);
        return write_outcome(txn, mdb_cursor_put(cursor, &at, value, flags));
}

/* With its checksum behind it; 0: a plain table has none. EXISTS: *standing is what LMDB found. */
static int put_row(struct qf_txn *txn, unsigned table, struct qf_view key, struct qf_view value, uint32_t sum,
                   unsigned flags, MDB_val *standing)
{
        *standing = (MDB_val){value.len + (sum ? SUM_BYTES : 0), NULL};
        int result = cursor_put(txn, table, key, standing, flags | MDB_RESERVE);
        if (result != 0)
                return result;
        uint8_t *room = standing->mv_data;
        if (value.len > 0)
                memcpy(room, value.at, value.len);
        if (sum)
                qf_put_le32(room + value.len, sum);
        return 0;
}

static uint32_t sum_of(const struct qf_txn *txn, unsigned table, struct qf_view key, struct qf_view value)
{
        return is_plain(txn, table) ? 0 : qf_row_sum(key, value);
}

int qf_txn_put(struct qf_txn *txn, unsigned table, struct qf_view key, struct qf_view value)
{
        MDB_val written;
        return put_row(txn, table, key, value, sum_of(txn, table, key, value), 0, &written);
}

int qf_txn_put_summed(struct qf_txn *txn, unsigned table, struct qf_view key, struct qf_view value,
                      uint32_t sum, bool last)
{
        MDB_val written;
        QF_ASSERT(!is_plain(txn, table) && sum != 0);
        return put_row(txn, table, key, value, sum, last ? MDB_APPEND : 0, &written);
}

int qf_txn_renew_format(struct qf_txn *txn, const char *format)
{
        enter(txn->environment);
        return write_outcome(txn, qf_format_write(txn->txn, format));
}

int qf_txn_insert(struct qf_txn *txn, unsigned table, struct qf_view key, struct qf_view value,
                  struct qf_view *ret_standing)
{
        MDB_val standing;
        const uint32_t sum = sum_of(txn, table, key, value);
        int result = QF_STORE_EXISTS;
        if (txn->until_behind == 0) /* keys that rise: no page is split for one behind all others */
                result = put_row(txn, table, key, value, sum, MDB_APPEND, &standing);
        if (result == QF_STORE_EXISTS) {
                txn->until_behind = txn->until_behind ? txn->until_behind - 1 : QF_INSERTS_UNTIL_BEHIND;
                result = put_row(txn, table, key, value, sum, MDB_NOOVERWRITE, &standing);
        }
        if (result != QF_STORE_EXISTS)
                return result;
        result = take_value(txn, table, key, standing, ret_standing);
        return result != 0 ? result : QF_STORE_EXISTS;
}

int qf_txn_append(struct qf_txn *txn, unsigned table, struct qf_view key, size_t size, uint8_t **ret_room)
{
        MDB_val written = {size, NULL};
        QF_ASSERT(is_plain(txn, table));
        int result = cursor_put(txn, table, key, &written, MDB_APPEND | MDB_RESERVE);
        if (result == 0)
                *ret_room = written.mv_data;
        return result;
}

int qf_txn_delete(struct qf_txn *txn, unsigned table, struct qf_view key)
{
        MDB_val at = qf_val_of(key);
        QF_ASSERT(txn->write && table < txn->environment->tables_count);
        if (txn->full)
                return QF_STORE_FULL;
        close_cursor(txn, table); /* 0.9.24 mends other cursors after a delete, but not always rightly */
        enter(txn->environment);
        return write_outcome(txn, mdb_del(txn->txn, txn->environment->tables[table], &at, NULL));
}

/* A row that a walk comes to must also be found from the root: a branch that leads astray is passed by walking. */
static int check_route(struct qf_txn *txn, unsigned table, struct qf_view key, struct qf_view value)
{
        MDB_val at = qf_val_of(key), found = {0};
        enter(txn->environment);
        int result = leave(txn->environment, mdb_get(txn->txn, txn->environment->tables[table], &at, &found));
        return result < 0 ? result : result == 0 && found.mv_data == value.at ? 0 : QF_STORE_DAMAGED;
}

/* One step on. Routes are checked where a leaf ends and where one begins. */
static int step_on(struct qf_txn *txn, unsigned table, struct qf_view *key, struct qf_view *value)
{
        struct qf_view from = *key, was = *value;
        int result = cursor_get(txn, table, MDB_NEXT, key, value);
        if (result == 0 && (uintptr_t)was.at / QF_PAGE_BYTES == (uintptr_t)value->at / QF_PAGE_BYTES)
                return 0;
        int route = check_route(txn, table, from, was);
        if (route == 0 && result == 0)
                route = check_route(txn, table, *key, *value);
        return route != 0 ? route : result;
}

int qf_txn_seek(struct qf_txn *txn, unsigned table, struct qf_view from, bool after, struct qf_view *ret_key,
                struct qf_view *ret_value)
{
        struct qf_view key = from, value;
        int result = cursor_get(txn, table, from.len ? MDB_SET_RANGE : MDB_FIRST, &key, &value);
        if (result == 0 && from.len == 0)
                result = check_route(txn, table, key, value);
        if (result == 0 && after && qf_view_same(key, from))
                result = step_on(txn, table, &key, &value);
        if (result != 0)
                return result;
        int order = qf_view_order(key, from);
        if (order < 0 || (after && order == 0)) /* a damaged tree may lead in a circle: a walk must end */
                return QF_STORE_DAMAGED;
        *ret_key = key;
        *ret_value = value;
        return 0;
}

int qf_txn_last(struct qf_txn *txn, unsigned table, struct qf_view *ret_key, struct qf_view *ret_value)
{
        struct qf_view key = {0};
        int result = cursor_get(txn, table, MDB_LAST, &key, ret_value);
        if (result == 0)
                *ret_key = key;
        return result;
}

int qf_txn_seek_back(struct qf_txn *txn, unsigned table, struct qf_view upto, struct qf_view *ret_key,
                     struct qf_view *ret_value)
{
        struct qf_view key = upto, value;
        int result = cursor_get(txn, table, MDB_SET_RANGE, &key, &value);
        if (result == QF_STORE_NONE)
                return qf_txn_last(txn, table, ret_key, ret_value);
        if (result == 0 && !qf_view_same(key, upto))
                result = cursor_get(txn, table, MDB_PREV, &key, &value);
        if (result != 0)
                return result;
        *ret_key = key;
        *ret_value = value;
        return 0;
}

uint64_t qf_txn_rows(struct qf_txn *txn, unsigned table)
{
        MDB_stat about;
        QF_ASSERT(table < txn->environment->tables_count);
        if (txn->empty >> table & 1 || mdb_stat(txn->txn, txn->environment->tables[table], &about) != 0)
                return 0;
        txn->empty |= (uint32_t)(about.ms_entries == 0) << table;
        return about.ms_entries;
}
