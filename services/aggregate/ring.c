/* Cursors are bytes since the beginning and never go back; the place in memory is
 * the cursor modulo the size. An entry never wraps: when it does not fit before
 * the end of the memory, a gap is left, marked by a length that no row has. */
#include "aggregate/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/tally.h"

enum { ENTRY_GAP = UINT16_MAX, LATEST = 128 * 1024 };

struct entry {
        uint64_t version;
        uint32_t partner, row;
        uint16_t len;
        uint8_t key_len;
        uint8_t bytes[]; /* packed, then key */
};

/* Where a row stands last. Rows share these by their number's end: who is pushed out is merely sent twice. */
struct latest {
        uint64_t cursor;
        uint32_t row;
};

struct qf_ring {
        uint8_t *at;
        struct latest *latest;
        uint64_t begin, end;
        uint64_t covers; /* all rows changed after this version are in it */
};

int qf_ring_new(struct qf_ring **ret_ring)
{
        struct qf_ring *ring = calloc(1, sizeof(*ring));

        if (!ring)
                return -ENOMEM;
        ring->at = malloc(QF_RING_BYTES + sizeof(struct entry)); /* a gap's head may reach beyond the end */
        ring->latest = calloc(LATEST, sizeof(*ring->latest));
        if (!ring->at || !ring->latest) {
                qf_ring_free(ring);
                return -ENOMEM;
        }
        *ret_ring = ring;
        return 0;
}

struct qf_ring *qf_ring_free(struct qf_ring *ring)
{
        if (!ring)
                return NULL;
        free(ring->at);
        free(ring->latest);
        free(ring);
        return NULL;
}

void qf_ring_forget(struct qf_ring *ring, uint64_t version)
{
        ring->begin = ring->end;
        ring->covers = version;
}

static struct entry *entry_at(const struct qf_ring *ring, uint64_t cursor)
{
        return (struct entry *)(void *)(ring->at + cursor % QF_RING_BYTES);
}

/* What lies between the cursor and the end of the ring: a multiple of 16. */
static uint64_t room_at(uint64_t cursor)
{
        return QF_RING_BYTES - cursor % QF_RING_BYTES;
}

static uint64_t entry_size(uint64_t len)
{
        return (sizeof(struct entry) + len + 15) & ~UINT64_C(15);
}

static void drop_oldest(struct qf_ring *ring)
{
        const struct entry *entry = entry_at(ring, ring->begin);

        if (entry->len == ENTRY_GAP) {
                ring->begin += room_at(ring->begin);
        } else {
                ring->covers = entry->version;
                ring->begin += entry_size(entry->len + (uint64_t)entry->key_len);
        }
}

static void make_room(struct qf_ring *ring, uint64_t size)
{
        while (ring->end + size - ring->begin > QF_RING_BYTES)
                drop_oldest(ring);
}

void qf_ring_add(struct qf_ring *ring, uint64_t version, uint32_t partner, struct qf_view key, uint32_t row,
                 struct qf_view packed)
{
        uint64_t size = entry_size(packed.len + key.len);

        QF_ASSERT(packed.len < ENTRY_GAP);
        if (room_at(ring->end) < size) {
                make_room(ring, room_at(ring->end));
                entry_at(ring, ring->end)->len = ENTRY_GAP;
                ring->end += room_at(ring->end);
        }
        make_room(ring, size);
        struct entry *entry = entry_at(ring, ring->end);
        *entry = (struct entry){.version = version,
                                .partner = partner,
                                .row = row,
                                .len = (uint16_t)packed.len,
                                .key_len = (uint8_t)key.len};
        memcpy(entry->bytes, packed.at, packed.len);
        memcpy(entry->bytes + packed.len, key.at, key.len);
        ring->latest[row % LATEST] = (struct latest){ring->end, row};
        ring->end += size;
}

bool qf_ring_covers(const struct qf_ring *ring, uint64_t have)
{
        return have >= ring->covers;
}

uint64_t qf_ring_begin(const struct qf_ring *ring)
{
        return ring->begin;
}

uint64_t qf_ring_end(const struct qf_ring *ring)
{
        return ring->end;
}

bool qf_ring_holds(const struct qf_ring *ring, uint64_t cursor)
{
        return cursor >= ring->begin;
}

/* Asked when somebody begins to read the table: a walk over all of it. */
uint64_t qf_ring_after(const struct qf_ring *ring, uint64_t version)
{
        uint64_t cursor = ring->begin;

        while (cursor < ring->end) {
                const struct entry *entry = entry_at(ring, cursor);
                if (entry->len == ENTRY_GAP)
                        cursor += room_at(cursor);
                else if (entry->version > version)
                        break;
                else
                        cursor += entry_size(entry->len + (uint64_t)entry->key_len);
        }
        return cursor;
}

/* Where a row stands last lies anywhere: that of the next one is fetched while this one is sent. */
static void ask_ahead(const struct qf_ring *ring, uint64_t cursor)
{
        if (cursor < ring->end)
                __builtin_prefetch(&ring->latest[entry_at(ring, cursor)->row % LATEST]);
}

static bool stands_again(const struct qf_ring *ring, uint64_t cursor, uint32_t row)
{
        const struct latest *latest = &ring->latest[row % LATEST];

        return latest->row == row && latest->cursor > cursor;
}

bool qf_ring_next(const struct qf_ring *ring, uint64_t *cursor, uint32_t *ret_partner,
                  struct qf_view *ret_key, struct qf_view *ret_packed)
{
        while (*cursor < ring->end) {
                const struct entry *entry = entry_at(ring, *cursor);
                uint64_t at = *cursor;

                if (entry->len == ENTRY_GAP) {
                        *cursor += room_at(at);
                        continue;
                }
                *cursor += entry_size(entry->len + (uint64_t)entry->key_len);
                ask_ahead(ring, *cursor);
                if (stands_again(ring, at, entry->row))
                        continue;
                *ret_partner = entry->partner;
                *ret_packed = (struct qf_view){(const char *)entry->bytes, entry->len};
                *ret_key = (struct qf_view){(const char *)entry->bytes + entry->len, entry->key_len};
                return true;
        }
        return false;
}
