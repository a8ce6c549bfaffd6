/* Packed standings in memory, by partner and key: aggregation's write-back cache
 * over table rec, and all that qf verify needs for a tally of its own. One look-up
 * is one hash and one probe; nothing is allocated for each event but room in a
 * bump arena that is dropped as a whole. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "model/tally.h"

struct qf_standings;

/* One record. Its address lives until the next put or clear. */
struct qf_standing_slot {
        uint64_t hash;
        uint32_t partner;
        uint32_t dirty_at; /* place in the dirty list + 1; 0: clean */
        uint16_t value_len, value_room;
        uint8_t key_len;
        uint8_t waiting; /* enum qf_waiting, as it is in table wait: for the owner */
        uint32_t
                stored; /* checksum of its row on disk, 0: none; and of the row being written: for the owner */
        uint32_t written;
        struct qf_open_ticks open;
        uint8_t bytes[]; /* key, then value */
};

QF_CHECK int qf_standings_new(struct qf_standings **ret_standings);
struct qf_standings *qf_standings_free(struct qf_standings *standings);
void qf_standings_clear(struct qf_standings *standings);
size_t qf_standings_count(const struct qf_standings *standings);
size_t qf_standings_bytes(const struct qf_standings *standings); /* of the arena, in use */

struct qf_standing_slot *qf_standings_find(const struct qf_standings *standings, uint32_t partner,
                                           struct qf_view key); /* NULL: none */
/* Sets the value under a key, making it if need be; dirty: adds it to the dirty list. -ENOMEM. */
QF_CHECK int qf_standings_put(struct qf_standings *standings, uint32_t partner, struct qf_view key,
                              struct qf_view value, bool dirty, struct qf_standing_slot **ret_slot);
/* The same for a slot that was just found, when the value fits its room. False: it does not, or no memory: put it. */
bool qf_standings_set(struct qf_standings *standings, struct qf_standing_slot *slot, struct qf_view value,
                      bool dirty);
/* This key will be looked for soon, after a few others: begins to fetch what that needs. */
void qf_standings_ahead(struct qf_standings *standings, uint32_t partner, struct qf_view key);
static inline struct qf_view qf_standing_slot_key(const struct qf_standing_slot *slot)
{
        return (struct qf_view){(const char *)slot->bytes, slot->key_len};
}
static inline struct qf_view qf_standing_slot_value(const struct qf_standing_slot *slot)
{
        return (struct qf_view){(const char *)slot->bytes + slot->key_len, slot->value_len};
}

/* Each slot, in no order. Negative stops, and is returned. */
QF_CHECK int qf_standings_each(const struct qf_standings *standings,
                               int (*each)(void *ctx, const struct qf_standing_slot *slot), void *ctx);

/* The dirty ones in order of (partner, key); the array lives until the next put or clear. -ENOMEM. */
QF_CHECK int qf_standings_dirty(struct qf_standings *standings, struct qf_standing_slot *const **ret_slots,
                                size_t *ret_count);
/* Those that became dirty, or changed again, since this was asked last; in no order, each once; it lives as long. */
struct qf_standing_slot *const *qf_standings_untold(struct qf_standings *standings, size_t *ret_count);
/* Notes a tick at a slot, which becomes dirty. Positive: there is no room for its amount; -ENOMEM. */
QF_CHECK int qf_standings_note(struct qf_standings *standings, struct qf_standing_slot *slot, uint32_t amount,
                               uint64_t position);
/* Takes the open ticks of a slot. */
struct qf_open_ticks qf_standings_take_open(struct qf_standings *standings, struct qf_standing_slot *slot);
/* Among so many slots are all that have open ticks; the array lives until one is put that had none. */
struct qf_standing_slot *const *qf_standings_open(const struct qf_standings *standings, size_t *ret_count);
/* What the two lists hold together, which is what a ring of what was told needs room for. */
size_t qf_standings_dirty_count(const struct qf_standings *standings);
/* Empties the dirty list; settle, where it is not NULL, is called with each that was on it. What it returns when that is
 * not 0, and then not with those behind. */
QF_CHECK int qf_standings_clean(struct qf_standings *standings, int (*settle)(struct qf_standing_slot *slot));

/* Slots lie in the order of arrival: while slot i of a list is looked at, one further on is fetched. */
static inline void qf_standing_slots_ahead(struct qf_standing_slot *const *slots, size_t i, size_t count)
{
        enum { AHEAD = 6 };

        if (i + AHEAD < count) {
                __builtin_prefetch(slots[i + AHEAD]);
                __builtin_prefetch((const char *)slots[i + AHEAD] + 64);
        }
}

/* The tally's store over this memory alone; ctx is the qf_standings. */
struct qf_tally_store qf_standings_store(struct qf_standings *standings);
