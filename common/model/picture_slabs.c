/* Whole slabs are given back and never shrunk: addresses and numbers of items stay until all are dropped. */
#include "model/picture_slabs.h"

#include <errno.h>
#include <stdlib.h>

#include "base/pages.h"

static size_t items_a_slab(const struct qf_slabs *slabs)
{
        return QF_SLAB_BYTES / slabs->item_bytes;
}

/* The first slab is ordinary memory: most pictures are small. */
static size_t slab_bytes(const struct qf_slabs *slabs, size_t slab)
{
        return slab == 0 ? items_a_slab(slabs) * slabs->item_bytes : QF_SLAB_BYTES;
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
        char *slab = qf_pages_take(slab_bytes(slabs, slabs->count));
        if (!slab)
                return -ENOMEM;
        slabs->at[slabs->count++] = slab;
        return 0;
}

int qf_slabs_reserve(struct qf_slabs *slabs)
{
        return slabs->items == slabs->count * items_a_slab(slabs) ? add_slab(slabs) : 0;
}

void qf_slabs_drop(struct qf_slabs *slabs)
{
        for (size_t i = 0; i < slabs->count; i++)
                qf_pages_give(slabs->at[i], slab_bytes(slabs, i));
        slabs->count = slabs->items = 0;
}

void qf_slabs_deinit(struct qf_slabs *slabs)
{
        qf_slabs_drop(slabs);
        free(slabs->at);
        slabs->at = NULL;
        slabs->room = 0;
}
