/* All cells in memory: what aggregation writes through, reporting holds and a
 * subscriber is told. The cells of a member's month belong together, since a day and
 * its month change together, and months are strung on a list by their last change:
 * "changed after V" is a walk from its newest end; there is no replay buffer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/cell.h"

struct qf_cell { /* a line of the processor's cache: a change touches one */
        struct qf_cell_key key;
        uint32_t month; /* number of the month it lies in */
        struct qf_counts counts;
        uint64_t changed; /* position of the record that touched it last */
};
_Static_assert(sizeof(struct qf_cell) == 64, "a line of the cache");

/* The cells of one member in one month: its days and the month itself. */
enum { QF_MONTH_CELLS = 32 };
struct qf_cell_month {
        uint32_t month; /* yyyymm, or yyyy00 for what is known to the year only */
        uint32_t member;
        uint16_t dimension;
        uint32_t number;
        uint32_t newer, older;          /* numbers of its neighbours on the list, plus 1; 0: none */
        uint64_t changed;               /* none of its cells was touched later */
        struct qf_cell *own;            /* the month itself; NULL: it has no cell */
        uint32_t days;                  /* bitmap of those that have a cell, bit 0 the month itself */
        uint32_t cells[QF_MONTH_CELLS]; /* by day, 0 the month itself: number of the cell, plus 1; 0: none */
};

struct qf_picture;

QF_CHECK int qf_picture_new(struct qf_picture **ret_picture);
struct qf_picture *qf_picture_free(struct qf_picture *picture);
size_t qf_picture_cells(const struct qf_picture *picture);

struct qf_cell *qf_picture_find(const struct qf_picture *picture, struct qf_cell_key key); /* NULL: none */
/* Finds or makes (zero). The cell's address is stable until free. -ENOMEM; -EINVAL: no cell has such a key. */
QF_CHECK int qf_picture_cell(struct qf_picture *picture, struct qf_cell_key key, struct qf_cell **ret_cell);
/* The cell made as number i, 0 .. cells - 1: numbers are stable, so a scan by number may pause. */
struct qf_cell *qf_picture_at(const struct qf_picture *picture, size_t i);
size_t qf_picture_number(const struct qf_picture *picture,
                         const struct qf_cell *cell); /* of one of its cells */
/* Months have numbers like cells, 0 .. months - 1. Finding makes it, without cells. -ENOMEM; -EINVAL as above. */
size_t qf_picture_months(const struct qf_picture *picture);
struct qf_cell_month *qf_picture_month_at(const struct qf_picture *picture, size_t i);
void qf_picture_month_cells(const struct qf_picture *picture, const struct qf_cell_month *month,
                            struct qf_cell *ret_cells[QF_MONTH_CELLS]); /* by day, those of month->days */
/* Its cells will be read soon, after others: begins to fetch them. */
void qf_picture_ahead(const struct qf_picture *picture, const struct qf_cell_month *month);
QF_CHECK int qf_picture_month(struct qf_picture *picture, struct qf_cell_key key, uint32_t *ret_number);
/* Marks a cell as changed at a position. */
void qf_picture_touch(struct qf_picture *picture, struct qf_cell *cell, uint64_t position);
uint64_t qf_picture_latest(
        const struct qf_picture *picture); /* the highest position that a cell was touched at */

/* The months by their last change: each one's changed is not below that of the next. NULL: there is none. */
struct qf_cell_month *qf_picture_newest(const struct qf_picture *picture);
struct qf_cell_month *qf_picture_older(const struct qf_picture *picture, const struct qf_cell_month *month);

/* The cells changed after a position, in no order; the picture stays as it is meanwhile. */
struct qf_picture_walk {
        const struct qf_picture *picture;
        const struct qf_cell_month *month; /* NULL: the end */
        uint32_t days;                     /* of the month, not looked at yet */
        uint64_t after;
};
struct qf_picture_walk qf_picture_changed(const struct qf_picture *picture, uint64_t after);
struct qf_cell *qf_picture_walk_next(struct qf_picture_walk *walk); /* NULL at the end */

/* Moves a record's contribution: takes the old one out (NULL: none), puts the new one in, touching
 * every cell of both at the position, also when the change cancels to zero. counted_dimensions:
 * bitmap of the dimension ids that events carry (bit 0, the total, is always meant): in each of them a
 * record without a member counts as "not stated". -EOVERFLOW stops the daemon; -ENOMEM. */
QF_CHECK int qf_picture_move(struct qf_picture *picture, const struct qf_contribution *old,
                             const struct qf_contribution *new, uint32_t counted_dimensions,
                             uint64_t position);
/* The same, not waited for: nobody looks at the picture before what was noted is settled. Errors may be those of moves noted
 * before, and after them the picture is void. */
QF_CHECK int qf_picture_note(struct qf_picture *picture, const struct qf_contribution *old,
                             const struct qf_contribution *new, uint32_t counted_dimensions,
                             uint64_t position);
QF_CHECK int qf_picture_settle(struct qf_picture *picture);
/* A new dimension: all that is counted so far is "not stated" in it. */
QF_CHECK int qf_picture_add_dimension(struct qf_picture *picture, uint16_t dimension, uint64_t position);
