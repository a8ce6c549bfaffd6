/* One LMDB environment in a directory of its own, in its default (synced) mode:
 * own lock, safe creation, a map that grows before it is full, one transaction at
 * a time. The only module, with the typed tables beside it, that knows LMDB.
 *
 * faults.md rules kept here: no NOSYNC, NOMETASYNC, MAPASYNC, WRITEMAP, DUPSORT or
 * INTEGERKEY; never opened twice; no read transaction across a send; readers
 * checked at start and each minute; created in DIR.new, committed, synced, renamed. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum qf_store_outcome {
        QF_STORE_NONE = 1,   /* no such key */
        QF_STORE_EXISTS = 2, /* key is there (append, insert) */
        QF_STORE_FULL = 3,   /* map or disk full: the transaction is void, nothing was written */
        QF_STORE_IN_USE = 4, /* another process has the directory */
        QF_STORE_FORMAT = 5, /* not ours */
        QF_STORE_NEWER = 6,  /* made by a newer version, whose format is another one */
        QF_STORE_OLDER = 7,  /* made by an older version, whose format is no longer read */
};

enum { QF_TABLES_MAX = 16 };

/* What every read may give besides: a row, or the tree that leads to it, is not what was written. LMDB has no
 * checksums; each row but those of plain tables carries one of ours, over key and value. */
#define QF_STORE_DAMAGED (-EUCLEAN)

struct qf_environment;
struct qf_txn;

struct qf_environment_options {
        const char *format;        /* "qf-journal-1": written at creation, checked at open (store/format.h) */
        const char *const *tables; /* names, NULL-terminated; a table's number is its index */
        uint64_t map_bytes; /* to start with; grows by doubling up to map_bytes_max; with read_only: room
                                      beside what there is */
        uint64_t map_bytes_max;
        uint64_t disk_floor_bytes; /* writing stops (FULL) when less would be free */
        uint32_t plain; /* bit of each table whose rows are written as they are: they check themselves */
        bool read_only;
        bool beside; /* with read_only: another process has the directory and may be writing */
        /* Not NULL: raised while LMDB works on the file. Whoever dies meanwhile, or of SIGBUS, died of what is on disk. */
        volatile uint32_t *inside;
};

QF_CHECK int qf_environment_open(const char *directory, const struct qf_environment_options *options,
                                 struct qf_environment **ret_environment);
struct qf_environment *qf_environment_close(struct qf_environment *environment);
QF_CHECK int qf_environment_check_readers(struct qf_environment *environment);
/* Nothing was ever committed: a row that is missed is not missing because of damage. */
bool qf_environment_fresh(const struct qf_environment *environment);
uint64_t qf_environment_used(const struct qf_environment *environment); /* bytes of the map in use */
uint64_t qf_environment_map(const struct qf_environment *environment);

void qf_environment_set_floor(struct qf_environment *environment, uint64_t disk_floor_bytes);
struct qf_environment_facts {           /* what cannot be known is 0 */
        uint64_t used_bytes, map_bytes; /* map_bytes: what it may grow to */
        uint64_t disk_free_bytes, disk_floor_bytes;
        uint32_t readers; /* slots taken */
};
void qf_environment_facts(const struct qf_environment *environment, struct qf_environment_facts *ret_facts);

/* Begins a transaction; a writing one first grows the map when it is more than half full, and checks the disk floor:
 * QF_STORE_FULL. */
QF_CHECK int qf_txn_begin(struct qf_environment *environment, bool write, struct qf_txn **ret_txn);
/* What was of an older format, and is of this one with this transaction. QF_STORE_FULL. */
QF_CHECK int qf_txn_renew_format(struct qf_txn *txn, const char *format);
/* One that reads what is committed while another may be open: damage that it meets does not void the other. */
QF_CHECK int qf_txn_begin_beside(struct qf_environment *environment, struct qf_txn **ret_txn);
/* Ends it either way; *txn is NULL afterwards. 0; QF_STORE_FULL: nothing was written; negative: nobody knows what
 * is on disk, the process must end. */
QF_CHECK int qf_txn_commit(struct qf_txn **txn);
void qf_txn_abort(struct qf_txn **txn); /* NULL inside is a no-op */

/* Views live until the transaction ends or, in a writing one, until the next write. */
QF_CHECK int qf_txn_get(struct qf_txn *txn, unsigned table, struct qf_view key, struct qf_view *ret_value);
QF_CHECK int qf_txn_put(struct qf_txn *txn, unsigned table, struct qf_view key, struct qf_view value);
/* The same for whoever has the row's checksum already (qf_row_sum). last: its key is beyond all of the table, which saves
 * looking for its place; EXISTS: it is not. Not for plain tables. */
QF_CHECK int qf_txn_put_summed(struct qf_txn *txn, unsigned table, struct qf_view key, struct qf_view value,
                               uint32_t sum, bool last);
QF_CHECK int qf_txn_insert(struct qf_txn *txn, unsigned table, struct qf_view key, struct qf_view value,
                           struct qf_view *ret_standing); /* EXISTS: *ret_standing is what stands */
QF_CHECK int qf_txn_append(
        struct qf_txn *txn, unsigned table, struct qf_view key, size_t size,
        uint8_t **ret_room); /* room to write the value into; key beyond all others; plain */
QF_CHECK int qf_txn_delete(struct qf_txn *txn, unsigned table, struct qf_view key);
/* First row with key >= from, in key order; advance with the key found and after = true. NONE at the end. */
QF_CHECK int qf_txn_seek(struct qf_txn *txn, unsigned table, struct qf_view from, bool after,
                         struct qf_view *ret_key, struct qf_view *ret_value);
QF_CHECK int qf_txn_last(struct qf_txn *txn, unsigned table, struct qf_view *ret_key,
                         struct qf_view *ret_value);
/* Last row with key <= upto. */
QF_CHECK int qf_txn_seek_back(struct qf_txn *txn, unsigned table, struct qf_view upto,
                              struct qf_view *ret_key, struct qf_view *ret_value);
uint64_t qf_txn_rows(struct qf_txn *txn, unsigned table);
/* The checksum that a row of a table carries; never 0. */
uint32_t qf_row_sum(struct qf_view key, struct qf_view value);
