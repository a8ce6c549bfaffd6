/* A small open-addressing hash from a text's hash to ids. Only administrators
 * add to it, so it needs no secret: partners' names are looked up, never put in. */
#include "programme/registers.h"

#include <errno.h>
#include <stdlib.h>

enum { ROOM_FIRST = 32 };

uint32_t qf_index_hash(struct qf_view text)
{
        uint64_t hash = 0xcbf29ce484222325u;
        for (uint32_t i = 0; i < text.len; i++)
                hash = (hash ^ (uint8_t)text.at[i]) * 0x100000001b3u;
        return (uint32_t)(hash >> 32) ^ (uint32_t)hash;
}

static void put(struct qf_index_slot *slots, uint32_t room, struct qf_index_slot slot)
{
        uint32_t at = slot.hash & (room - 1);
        while (slots[at].id)
                at = (at + 1) & (room - 1);
        slots[at] = slot;
}

static int grow(struct qf_index *index)
{
        const uint32_t room = index->room ? index->room * 2 : ROOM_FIRST;
        struct qf_index_slot *slots = calloc(room, sizeof(*slots));
        if (!slots)
                return -ENOMEM;
        for (uint32_t i = 0; i < index->room; i++)
                if (index->slots[i].id)
                        put(slots, room, index->slots[i]);
        free(index->slots);
        index->slots = slots;
        index->room = room;
        return 0;
}

int qf_index_add(struct qf_index *index, uint32_t hash, uint32_t id)
{
        QF_ASSERT(id != 0);
        if (index->used >= index->room / 2) {
                int r = grow(index);
                if (r)
                        return r;
        }
        put(index->slots, index->room, (struct qf_index_slot){.hash = hash, .id = id});
        index->used++;
        return 0;
}

void qf_index_deinit(struct qf_index *index)
{
        free(index->slots);
        *index = (struct qf_index){0};
}
