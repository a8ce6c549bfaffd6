/* Items of one size in memory that never moves: the picture's cells and months. Slabs begin with a line of the cache. */
#pragma once

#include <stddef.h>

#include "base/error.h"

enum { QF_SLAB_BYTES = 2 * 1024 * 1024 }; /* item i lies in slab i / (QF_SLAB_BYTES / item_bytes) */

struct qf_slabs { /* all zero but item_bytes: nothing yet */
        char **at;
        size_t count, room;
        size_t items, item_bytes;
        void *first; /* what the first slab lies in */
};

/* Room for one more item, zeroed; it is there when the caller counts it in items. -ENOMEM. */
QF_CHECK int qf_slabs_reserve(struct qf_slabs *slabs);
void qf_slabs_deinit(struct qf_slabs *slabs);
