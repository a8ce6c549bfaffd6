/* How a picture lies in memory: for picture.c, and for picture_move.c, which goes
 * straight to its cells. */
#pragma once

#include "model/picture.h"
#include "model/picture_slabs.h"

struct qf_picture_slot {
        uint32_t tag;    /* of the key's hash: its upper half */
        uint32_t number; /* of the month, plus 1; 0: empty */
};

struct qf_picture {
        struct qf_picture_slot *slots;
        size_t slots_count; /* a power of two */
        struct qf_slabs cells, months;
        uint32_t newest, oldest; /* months on the list, plus 1; 0: it is empty */
        uint64_t latest;         /* the highest position that a cell was touched at */
};

bool qf_picture_is_possible(struct qf_cell_key key);
/* The cell of a day in a month, 0 the month's own; made when it is not there. -ENOMEM. */
QF_CHECK int qf_picture_cell_in(struct qf_picture *picture, uint32_t month_number, uint32_t day,
                                struct qf_cell **ret_cell);
/* Puts a month where those are that changed last. */
void qf_picture_string(struct qf_picture *picture, struct qf_cell_month *month, uint64_t position);

/* These two know their item's size, so that dividing by it costs nothing. */
static inline struct qf_cell *qf_picture_cell_of(const struct qf_picture *picture, size_t number)
{
        enum { MANY = QF_SLAB_BYTES / sizeof(struct qf_cell) };

        return (struct qf_cell *)(void *)picture->cells.at[number / MANY] + number % MANY;
}

static inline struct qf_cell_month *qf_picture_month_of(const struct qf_picture *picture, size_t number)
{
        enum { MANY = QF_SLAB_BYTES / sizeof(struct qf_cell_month) };

        return (struct qf_cell_month *)(void *)picture->months.at[number / MANY] + number % MANY;
}

static inline uint64_t qf_picture_hash(uint32_t month, uint16_t dimension, uint32_t member)
{
        enum { MONTH_BITS = 25 }; /* 299912 < 2^25 */
        uint64_t packed = (uint64_t)member << 32 | (uint64_t)dimension << MONTH_BITS | month;
        uint64_t hash = (packed ^ packed >> 29) * UINT64_C(0x9E3779B97F4A7C15);

        return hash ^ hash >> 32;
}
