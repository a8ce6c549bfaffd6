/* What the files of an environment share; nobody else includes it. */
#pragma once

#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/environment.h"

enum { QF_ENVIRONMENT_READERS_MAX = 8, QF_PAGE_BYTES = 4096, QF_INSERTS_UNTIL_BEHIND = 64 };

struct qf_txn {
        struct qf_environment *environment;
        MDB_txn *txn;
        bool write;
        bool full;             /* void: everything fails until it is ended */
        uint32_t empty;        /* bitmap of tables that were found so, and not put into since */
        uint32_t until_behind; /* inserts, until one is tried behind the last row; 0: that goes well */
        MDB_cursor *cursors[QF_TABLES_MAX]; /* opened when needed; rising keys find their page at once */
};

struct qf_environment {
        MDB_env *env;
        MDB_dbi tables[QF_TABLES_MAX];
        unsigned tables_count;
        uint64_t map_bytes_max, disk_floor_bytes;
        uint32_t plain;
        volatile uint32_t *inside;
        bool grow; /* the last transaction did not fit */
        uint64_t used_bytes,
                ahead_bytes;  /* when the last write began; up to where the file's blocks are there */
        int lock_fd, data_fd; /* data_fd: for asking how full the disk is */
        struct qf_txn txn;    /* one at a time: txn.txn is NULL between */
        struct qf_txn beside; /* likewise */
};

static inline MDB_val qf_val_of(struct qf_view view)
{
        return (MDB_val){view.len, (void *)(uintptr_t)view.at};
}

static inline struct qf_view qf_view_of_val(MDB_val val)
{
        return (struct qf_view){val.mv_data, (uint32_t)val.mv_size};
}

/* Before a transaction that writes: makes its file longer, so that the commit need not. 0, also when that is not done; negative. */
QF_CHECK int qf_environment_write_ahead(struct qf_environment *environment);
