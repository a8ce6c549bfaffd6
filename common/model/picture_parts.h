/* How a picture lies in memory: for picture.c, and for picture_move.c, which goes
 * straight to its cells. */
#pragma once

#include "model/picture.h"
#include "model/picture_slabs.h"

struct qf_picture_slot {
        uint64_t
                key; /* qf_picture_key: all of it, so that the month need not be asked whether it is the one */
        struct qf_cell_month *month; /* NULL: empty */
};

/* Some of the cells that one change goes to (picture_move.c). */
enum { QF_PICTURE_TARGETS = 16, QF_PICTURE_ROUNDS = 4 };
struct qf_picture_target {
        uint64_t key;
        size_t home;                 /* of the key, in the table */
        struct qf_cell_month *month; /* NULL: not there yet */
};
struct qf_picture_handful {
        struct qf_counts counts; /* what is added */
        uint64_t position;
        uint32_t date, count, cells_count;
        struct qf_picture_target at[QF_PICTURE_TARGETS];
        struct qf_cell *cells[QF_PICTURE_TARGETS * 2];
};

struct qf_picture {
        struct qf_picture_slot *slots;
        size_t slots_count;   /* a power of two */
        unsigned slots_shift; /* takes that many bits, the highest, of a hash */
        struct qf_slabs cells, months;
        uint32_t newest, oldest; /* months on the list, plus 1; 0: it is empty */
        uint64_t latest;         /* the highest position that a cell was touched at */
        unsigned gathered;       /* handfuls; those that came last are not counted yet */
        struct qf_picture_handful handfuls[QF_PICTURE_ROUNDS];
};

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

/* A member's month in one number: 32 bits of the member, 6 of the dimension and the month's, 299912 < 2^25. */
enum { QF_PICTURE_MONTH_BITS = 25, QF_PICTURE_DIMENSION_MOST = 63, QF_PICTURE_PERIOD_MOST = 29991231 };
static inline uint64_t qf_picture_key(uint32_t month, uint16_t dimension, uint32_t member)
{
        return (uint64_t)member << 32 | (uint64_t)dimension << QF_PICTURE_MONTH_BITS | month;
}

static inline bool qf_picture_is_possible(struct qf_cell_key key)
{
        return key.dimension <= QF_PICTURE_DIMENSION_MOST && key.period != 0 &&
               key.period <= QF_PICTURE_PERIOD_MOST && key.period % 100 < QF_MONTH_CELLS;
}

/* Where to look for it first. */
static inline size_t qf_picture_home(const struct qf_picture *picture, uint64_t key)
{
        return (key ^ key >> 29) * UINT64_C(0x9E3779B97F4A7C15) >> picture->slots_shift;
}

/* Its slot, or the empty one where it belongs; home: where to look first. */
static inline struct qf_picture_slot *qf_picture_slot_of(const struct qf_picture *picture, uint64_t key,
                                                         size_t home)
{
        struct qf_picture_slot *slot = &picture->slots[home];

        while (slot->key != key && slot->month)
                slot = &picture->slots[home = (home + 1) & (picture->slots_count - 1)];
        return slot;
}
