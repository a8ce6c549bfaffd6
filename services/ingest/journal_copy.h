/* A journal written anew beside the one that stands, row by row, for what LMDB does
 * not do in place: giving room back, and forgetting bytes for good. */
#pragma once

#include <stdbool.h>

#include "ingest/group.h"

struct qf_journal_change { /* what is to be another record in the copy */
        void *ctx;
        /* The record that is kept in place of one: it, or another that lives until the next call. 0 or negative. */
        int (*record)(void *ctx, uint64_t position, struct qf_view record, struct qf_view *ret_record);
};

/* Copies all tables of a journal that is open for reading, its records from a position on, into a new one. change may be
 * NULL. 0, QF_STORE_FULL, negative. */
QF_CHECK int qf_journal_copy(struct qf_group *group, uint64_t first, const char *made,
                             const struct qf_journal_change *change);
/* Of whoever opens a journal that no daemon has, to read it beside its lock, or to write it. */
struct qf_environment_options qf_journal_copy_options(bool read_only);
