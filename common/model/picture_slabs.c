/* Whole slabs are given back and never shrunk: addresses and numbers of items stay until all are dropped. */
#include "model/picture_slabs.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/pages.h"

static size_t items_a_slab(const struct qf_slabs *slabs)
{
        return QF_SLAB_BYTES / slabs->item_bytes;
}

/* The first slab is ordinary memory, since most pictures are small: its pages come when they are written. */
static char *take_slab(struct qf_slabs *slabs)
{
        enum { LINE = 64 };

        if (slabs->count > 0)
                return qf_pages_take(QF_SLAB_BYTES);
        slabs->first = calloc(1, QF_SLAB_BYTES + LINE);
        return slabs->first ? (char *)(((uintptr_t)slabs->first + LINE - 1) & ~(uintptr_t)(LINE - 1)) : NULL;
}

static int add_slab(struct qf_slabs *slabs)
{
        if (slabs->count == slabs->room) {
                size_t room = slabs->room ? slabs->room * 2 : 16;
                char **at = realloc(slabs->at, room * sizeof(*at));

                if (!at)
                        return -ENOMEM;
                slabs->at = at;
                slabs->room = room;
        }
        char *slab = take_slab(slabs);
        if (!slab)
                return -ENOMEM;
        slabs->at[slabs->count++] = slab;
        return 0;
}

int qf_slabs_reserve(struct qf_slabs *slabs)
{
        return slabs->items == slabs->count * items_a_slab(slabs) ? add_slab(slabs) : 0;
}

void qf_slabs_deinit(struct qf_slabs *slabs)
{
        for (size_t i = 1; i < slabs->count; i++)
                qf_pages_give(slabs->at[i], QF_SLAB_BYTES);
        free(slabs->first);
        free(slabs->at);
        *slabs = (struct qf_slabs){.item_bytes = slabs->item_bytes};
}
