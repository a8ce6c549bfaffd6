/* Why a table of its own: a tick's whole budget is some 200 ns, of which this may
 * take thirty. Partners choose the keys, so the hash is keyed with random bits
 * that nobody outside this process knows. A value that outgrows its room moves to
 * new room; the old is lost until clear, which is why rooms have some slack. */
#include "store/standings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/pages.h"
#include "store/counts_tables.h"
#include "store/standings_order.h"

enum {
        BLOCK_BYTES = 2 * 1024 * 1024, /* with its head: a huge page */
        SPARE_BLOCKS = 16,
        BUCKETS_FIRST = 4096,
        PLACE_BITS = 18, /* BLOCK_BYTES / 8 places */
        BLOCKS_MOST = 1 << (32 - PLACE_BITS),
        AHEAD = 4,        /* a power of two */
        SLACK_BYTES = 12, /* a tick sum and an attendance may appear and grow without a move */
};

struct bucket {
        uint32_t tag;  /* upper half of the hash */
        uint32_t slot; /* block << PLACE_BITS | its place there / 8; 0, where a block's head is: empty */
};

struct block {
        struct block *next; /* of the spare ones */
        size_t used;
        uint8_t bytes[];
};

struct qf_standings {
        struct bucket *buckets;
        size_t buckets_count; /* a power of two */
        size_t count, bytes;
        struct block **blocks; /* the last one has room */
        size_t blocks_count, blocks_room;
        struct block *spare; /* dropped by clear, to be used again: memory given back costs page faults */
        struct qf_standing_slot **dirty; /* NULL: changed again after it was told of, and stands further on */
        size_t dirty_count, dirty_room, told; /* told: of those before this place */
        size_t open;                          /* slots with open ticks: they are dirty, and not told of */
        bool dirty_holes;
        struct qf_slots_order order;
        uint64_t ahead[AHEAD]; /* hashes of the keys that were announced last, in a ring */
        unsigned ahead_at;
        uint64_t seed[2];
        uint8_t scratch[QF_STANDING_BYTES]; /* for packing: a local would be cleared with every call */
};

/* The last word is the last eight bytes, some of them again: a copy of as many as are left would be a call, and reading
 * what it just wrote a wait. */
static uint64_t hash_key(const struct qf_standings *standings, uint32_t partner, struct qf_view key)
{
        const uint8_t *at = (const uint8_t *)key.at, *end = at + key.len;
        uint64_t hash = qf_fold(standings->seed[0] ^ partner, standings->seed[1] ^ key.len), last = 0;

        if (key.len < 8) {
                last = qf_get_short(at, key.len);
        } else {
                for (; end - at > 8; at += 8)
                        hash = qf_fold(hash ^ qf_get_le64(at), standings->seed[1]);
                last = qf_get_le64(end - 8);
        }
        return qf_fold(hash ^ last, standings->seed[0]);
}

static struct qf_standing_slot *slot_of(const struct qf_standings *standings, const struct bucket *bucket)
{
        enum { PLACES = 1 << PLACE_BITS };

        if (bucket->slot == 0)
                return NULL;
        uint8_t *block = (uint8_t *)standings->blocks[bucket->slot / PLACES];
        return (struct qf_standing_slot *)(void *)(block + (size_t)(bucket->slot % PLACES) * 8);
}

static int make_buckets(struct qf_standings *standings, size_t count)
{
        struct bucket *old = standings->buckets;
        size_t old_count = standings->buckets_count;
        struct bucket *buckets = qf_pages_take(count * sizeof(*buckets));

        if (!buckets)
                return -ENOMEM;
        for (size_t i = 0; i < old_count; i++) {
                if (!old[i].slot)
                        continue;
                size_t at = slot_of(standings, &old[i])->hash & (count - 1);
                while (buckets[at].slot)
                        at = (at + 1) & (count - 1);
                buckets[at] = old[i];
        }
        qf_pages_give(old, old_count * sizeof(*old));
        standings->buckets = buckets;
        standings->buckets_count = count;
        return 0;
}

int qf_standings_new(struct qf_standings **ret_standings)
{
        struct qf_standings *standings = calloc(1, sizeof(*standings));

        if (!standings)
                return -ENOMEM;
        qf_random(standings->seed, sizeof(standings->seed));
        int r = make_buckets(standings, BUCKETS_FIRST);
        if (r < 0) {
                free(standings);
                return r;
        }
        *ret_standings = standings;
        return 0;
}

static void free_spare(struct block *spare)
{
        while (spare) {
                struct block *next = spare->next;
                qf_pages_give(spare, BLOCK_BYTES);
                spare = next;
        }
}

/* Keeps a few blocks; what one large group needed beyond is given back. */
static void drop_blocks(struct qf_standings *standings, size_t keep)
{
        for (size_t i = 0; i < standings->blocks_count; i++) {
                struct block *block = standings->blocks[i];
                if (i < keep) {
                        block->next = standings->spare;
                        standings->spare = block;
                } else {
                        qf_pages_give(block, BLOCK_BYTES);
                }
        }
        standings->blocks_count = 0;
        standings->bytes = 0;
}

static int reserve_block(struct qf_standings *standings)
{
        size_t room = standings->blocks_room ? standings->blocks_room * 2 : 16;

        if (standings->blocks_count == BLOCKS_MOST)
                return -ENOMEM;
        if (standings->blocks_count < standings->blocks_room)
                return 0;
        struct block **blocks = realloc(standings->blocks, room * sizeof(struct block *));
        if (!blocks)
                return -ENOMEM;
        standings->blocks = blocks;
        standings->blocks_room = room;
        return 0;
}

/* A block with nothing in it. NULL: no memory. */
static struct block *make_block(struct qf_standings *standings)
{
        struct block *block = standings->spare;

        if (reserve_block(standings) < 0)
                return NULL;
        if (block)
                standings->spare = block->next;
        else
                block = qf_pages_take(BLOCK_BYTES);
        if (block) {
                block->used = 0;
                standings->blocks[standings->blocks_count++] = block;
        }
        return block;
}

struct qf_standings *qf_standings_free(struct qf_standings *standings)
{
        if (!standings)
                return NULL;
        drop_blocks(standings, 0);
        free_spare(standings->spare);
        free(standings->blocks);
        qf_pages_give(standings->buckets, standings->buckets_count * sizeof(*standings->buckets));
        free(standings->dirty);
        qf_slots_order_deinit(&standings->order);
        free(standings);
        return NULL;
}

static void forget_dirty(struct qf_standings *standings)
{
        standings->dirty_count = standings->told = 0;
        standings->dirty_holes = false;
        qf_slots_order_begin(&standings->order);
}

void qf_standings_clear(struct qf_standings *standings)
{
        drop_blocks(standings, SPARE_BLOCKS);
        memset(standings->buckets, 0, standings->buckets_count * sizeof(*standings->buckets));
        standings->count = 0;
        forget_dirty(standings);
}

size_t qf_standings_count(const struct qf_standings *standings)
{
        return standings->count;
}

size_t qf_standings_bytes(const struct qf_standings *standings)
{
        return standings->bytes;
}

/* The bucket that holds the key, or the empty one where it belongs; and the slot, NULL: none. */
static struct bucket *probe(const struct qf_standings *standings, uint64_t hash, uint32_t partner,
                            struct qf_view key, struct qf_standing_slot **ret_slot)
{
        size_t mask = standings->buckets_count - 1;

        for (size_t at = hash & mask;; at = (at + 1) & mask) {
                struct bucket *bucket = &standings->buckets[at];
                *ret_slot = slot_of(standings, bucket);
                if (!*ret_slot)
                        return bucket;
                if (bucket->tag == (uint32_t)(hash >> 32) && (*ret_slot)->partner == partner &&
                    (*ret_slot)->key_len == key.len && memcmp((*ret_slot)->bytes, key.at, key.len) == 0)
                        return bucket;
        }
}

struct qf_standing_slot *qf_standings_find(const struct qf_standings *standings, uint32_t partner,
                                           struct qf_view key)
{
        struct qf_standing_slot *slot;

        (void)probe(standings, hash_key(standings, partner, key), partner, key, &slot);
        return slot;
}

/* The bucket is fetched at once, and the slot it leads to when the bucket has had time to arrive. */
void qf_standings_ahead(struct qf_standings *standings, uint32_t partner, struct qf_view key)
{
        size_t mask = standings->buckets_count - 1;
        uint64_t *place = &standings->ahead[standings->ahead_at++ % AHEAD], earlier = *place;

        *place = hash_key(standings, partner, key);
        __builtin_prefetch(&standings->buckets[*place & mask]);
        const struct qf_standing_slot *slot = slot_of(standings, &standings->buckets[earlier & mask]);
        if (slot) {
                __builtin_prefetch(slot);
                __builtin_prefetch((const char *)slot + 64);
        }
}

static void *take_room(struct qf_standings *standings, size_t size)
{
        struct block *block = standings->blocks_count ? standings->blocks[standings->blocks_count - 1] : NULL;

        size = (size + 7) & ~(size_t)7;
        if (!block || BLOCK_BYTES - sizeof(*block) - block->used < size)
                block = make_block(standings);
        if (!block)
                return NULL;
        void *room = block->bytes + block->used;
        block->used += size;
        standings->bytes += size;
        return room;
}

static struct qf_standing_slot *make_slot(struct qf_standings *standings, uint64_t hash, uint32_t partner,
                                          struct qf_view key, size_t value_room)
{
        struct qf_standing_slot *slot = take_room(standings, sizeof(*slot) + key.len + value_room);

        if (!slot)
                return NULL;
        /* One by one: a literal would be made elsewhere and copied. */
        slot->hash = hash;
        slot->partner = partner;
        slot->dirty_at = 0;
        slot->value_len = 0;
        slot->value_room = (uint16_t)value_room;
        slot->key_len = (uint8_t)key.len;
        slot->waiting = 0;
        slot->stored = slot->written = 0;
        slot->open.amount = slot->open.events = 0;
        slot->open.position = 0;
        memcpy(slot->bytes, key.at, key.len);
        return slot;
}

static int add_dirty(struct qf_standings *standings, struct qf_standing_slot *slot, struct qf_view key)
{
        if (slot->dirty_at > standings->told)
                return 0;
        if (standings->dirty_count == standings->dirty_room) {
                size_t room = standings->dirty_room ? standings->dirty_room * 2 : 1024;
                struct qf_standing_slot **dirty =
                        realloc(standings->dirty, room * sizeof(struct qf_standing_slot *));
                if (!dirty)
                        return -ENOMEM;
                standings->dirty = dirty;
                standings->dirty_room = room;
        }
        if (slot->dirty_at) {
                standings->dirty[slot->dirty_at - 1] = NULL;
                standings->dirty_holes = true;
                qf_slots_order_mix(&standings->order);
        }
        if (qf_slots_order_known(&standings->order))
                qf_slots_order_add(&standings->order, standings->dirty, standings->dirty_count, slot->partner,
                                   key);
        standings->dirty[standings->dirty_count++] = slot;
        slot->dirty_at = (uint32_t)standings->dirty_count;
        return 0;
}

/* Makes the slot one with room for the value: the standing one, or a new one in its place. */
static int find_room(struct qf_standings *standings, struct bucket *bucket, uint64_t hash, uint32_t partner,
                     struct qf_view key, size_t value_len, struct qf_standing_slot **slot)
{
        const struct qf_standing_slot *old = *slot;

        if (old && old->value_room >= value_len)
                return 0;
        struct qf_standing_slot *new = make_slot(standings, hash, partner, key, value_len + SLACK_BYTES);
        if (!new)
                return -ENOMEM;
        if (old) {
                new->waiting = old->waiting;
                new->stored = old->stored;
                new->dirty_at = old->dirty_at;
                if (new->dirty_at)
                        standings->dirty[new->dirty_at - 1] = new;
        } else {
                standings->count++;
        }
        const size_t block = standings->blocks_count - 1;
        const size_t place = (size_t)((const char *)new - (const char *)standings->blocks[block]) / 8;
        *bucket = (struct bucket){(uint32_t)(hash >> 32), (uint32_t)(block << PLACE_BITS | place)};
        *slot = new;
        return 0;
}

bool qf_standings_set(struct qf_standings *standings, struct qf_standing_slot *slot, struct qf_view value,
                      bool dirty)
{
        if (slot->value_room < value.len ||
            (dirty && add_dirty(standings, slot, qf_standing_slot_key(slot)) < 0))
                return false;
        memcpy(slot->bytes + slot->key_len, value.at, value.len);
        slot->value_len = (uint16_t)value.len;
        return true;
}

int qf_standings_put(struct qf_standings *standings, uint32_t partner, struct qf_view key,
                     struct qf_view value, bool dirty, struct qf_standing_slot **ret_slot)
{
        QF_ASSERT(key.len <= QF_STANDING_KEY_BYTES);
        QF_ASSERT(value.len <= QF_STANDING_BYTES);
        if (standings->count * 2 >= standings->buckets_count) {
                int r = make_buckets(standings, standings->buckets_count * 2);
                if (r < 0)
                        return r;
        }
        uint64_t hash = hash_key(standings, partner, key);
        struct qf_standing_slot *slot;
        struct bucket *bucket = probe(standings, hash, partner, key, &slot);
        int r = find_room(standings, bucket, hash, partner, key, value.len, &slot);
        if (r < 0)
                return r;
        memcpy(slot->bytes + slot->key_len, value.at, value.len);
        slot->value_len = (uint16_t)value.len;
        r = dirty ? add_dirty(standings, slot, key) : 0;
        if (r < 0)
                return r;
        if (ret_slot)
                *ret_slot = slot;
        return 0;
}

int qf_standings_each(const struct qf_standings *standings,
                      int (*each)(void *ctx, const struct qf_standing_slot *slot), void *ctx)
{
        int r = 0;

        for (size_t i = 0; i < standings->buckets_count && r >= 0; i++)
                if (standings->buckets[i].slot)
                        r = each(ctx, slot_of(standings, &standings->buckets[i]));
        return r < 0 ? r : 0;
}

static void close_holes(struct qf_standings *standings)
{
        size_t count = 0;

        for (size_t i = 0; i < standings->dirty_count; i++) {
                struct qf_standing_slot *slot = standings->dirty[i];
                if (!slot)
                        continue;
                standings->dirty[count++] = slot;
                slot->dirty_at = (uint32_t)count;
        }
        standings->told -= standings->dirty_count - count; /* holes are only before it */
        standings->dirty_count = count;
        standings->dirty_holes = false;
}

struct qf_standing_slot *const *qf_standings_untold(struct qf_standings *standings, size_t *ret_count)
{
        *ret_count = standings->dirty_count - standings->told;
        struct qf_standing_slot *const *untold = standings->dirty + standings->told;
        standings->told = standings->dirty_count;
        return untold;
}

int qf_standings_dirty(struct qf_standings *standings, struct qf_standing_slot *const **ret_slots,
                       size_t *ret_count)
{
        if (standings->dirty_holes)
                close_holes(standings);
        *ret_count = standings->dirty_count;
        return qf_slots_order_of(&standings->order, standings->dirty, standings->dirty_count, ret_slots);
}

size_t qf_standings_dirty_count(const struct qf_standings *standings)
{
        return standings->dirty_count;
}

int qf_standings_clean(struct qf_standings *standings, int (*settle)(struct qf_standing_slot *slot))
{
        int r = 0;

        if (standings->dirty_holes)
                close_holes(standings);
        for (size_t i = 0; i < standings->dirty_count && r == 0; i++) {
                qf_standing_slots_ahead(standings->dirty, i, standings->dirty_count);
                standings->dirty[i]->dirty_at = 0;
                r = settle ? settle(standings->dirty[i]) : 0;
        }
        forget_dirty(standings);
        return r;
}

int qf_standings_note(struct qf_standings *standings, struct qf_standing_slot *slot, uint32_t amount,
                      uint64_t position)
{
        uint32_t sum;
        int r;

        if (__builtin_add_overflow(slot->open.amount, amount, &sum))
                return 1;
        r = add_dirty(standings, slot, qf_standing_slot_key(slot));
        if (r < 0)
                return r;
        standings->open += slot->open.events == 0;
        slot->open = (struct qf_open_ticks){sum, slot->open.events + 1, position};
        return 0;
}

struct qf_open_ticks qf_standings_take_open(struct qf_standings *standings, struct qf_standing_slot *slot)
{
        const struct qf_open_ticks open = slot->open;

        standings->open -= open.events != 0;
        slot->open = (struct qf_open_ticks){0};
        return open;
}

struct qf_standing_slot *const *qf_standings_open(const struct qf_standings *standings, size_t *ret_count)
{
        *ret_count = standings->open ? standings->dirty_count - standings->told : 0;
        return standings->dirty + standings->told;
}

static int memory_get(void *ctx, uint32_t partner, struct qf_view key, struct qf_standing *ret_record)
{
        struct qf_standing_slot *slot = qf_standings_find(ctx, partner, key);

        if (slot)
                return qf_standing_unpack(qf_standing_slot_value(slot), ret_record);
        qf_standing_clear(ret_record);
        return 0;
}

static int memory_put(void *ctx, uint32_t partner, struct qf_view key, const struct qf_standing *record)
{
        struct qf_standings *standings = ctx;
        struct qf_view value = {(const char *)standings->scratch, 0};

        value.len = (uint32_t)qf_standing_pack(record, standings->scratch);
        return qf_standings_put(standings, partner, key, value, false, NULL);
}

struct qf_tally_store qf_standings_store(struct qf_standings *standings)
{
        return (struct qf_tally_store){.ctx = standings, .get = memory_get, .put = memory_put};
}
