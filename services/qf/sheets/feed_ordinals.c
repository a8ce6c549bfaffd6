/* Why: two sessions that look alike in every cell are two sessions, and must be
 * two when the file is fed again. An open-addressed grid, as large as the file. */
#include "qf/sheets/feed_ordinals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

struct slot {
        uint8_t hash[QF_SHA256_BYTES];
        struct qf_ordinal ordinal; /* seen 0: free */
};

struct qf_ordinals {
        struct slot *slots;
        size_t room, used; /* room: a power of two */
};

enum { ROOM_FIRST = 1024 };

int qf_ordinals_new(struct qf_ordinals **ret_ordinals)
{
        struct qf_ordinals *ordinals = calloc(1, sizeof(*ordinals));
        if (!ordinals)
                return -ENOMEM;
        ordinals->room = ROOM_FIRST;
        ordinals->slots = calloc(ordinals->room, sizeof(*ordinals->slots));
        if (!ordinals->slots) {
                free(ordinals);
                return -ENOMEM;
        }
        *ret_ordinals = ordinals;
        return 0;
}

struct qf_ordinals *qf_ordinals_free(struct qf_ordinals *ordinals)
{
        if (ordinals)
                free(ordinals->slots);
        free(ordinals);
        return NULL;
}

static struct slot *find(struct slot *slots, size_t room, const uint8_t hash[QF_SHA256_BYTES])
{
        size_t at = qf_get_le64(hash) & (room - 1);
        while (slots[at].ordinal.seen && memcmp(slots[at].hash, hash, QF_SHA256_BYTES) != 0)
                at = (at + 1) & (room - 1);
        return &slots[at];
}

static int grow(struct qf_ordinals *ordinals)
{
        size_t room = ordinals->room * 2;
        struct slot *slots = calloc(room, sizeof(*slots));
        if (!slots)
                return -ENOMEM;
        for (size_t i = 0; i < ordinals->room; i++)
                if (ordinals->slots[i].ordinal.seen)
                        *find(slots, room, ordinals->slots[i].hash) = ordinals->slots[i];
        free(ordinals->slots);
        ordinals->slots = slots;
        ordinals->room = room;
        return 0;
}

int qf_ordinals_next(struct qf_ordinals *ordinals, const uint8_t hash[QF_SHA256_BYTES], uint32_t at,
                     struct qf_ordinal *ret_ordinal)
{
        if (ordinals->used * 2 >= ordinals->room) {
                int result = grow(ordinals);
                if (result)
                        return result;
        }
        struct slot *slot = find(ordinals->slots, ordinals->room, hash);
        if (slot->ordinal.seen == 0) {
                memcpy(slot->hash, hash, QF_SHA256_BYTES);
                slot->ordinal.first = at;
                ordinals->used++;
        }
        slot->ordinal.seen++;
        *ret_ordinal = slot->ordinal;
        return 0;
}
