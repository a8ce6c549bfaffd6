/* Merged cells: what a cell holds that is empty only because the one above reaches
 * down to it. In a workbook that is known; in text it is assumed of columns of the
 * map that say so. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "qf/sheets/feed_map.h"
#include "qf/sheets/feed_grid.h"

struct qf_fill_column {
        struct qf_view above;  /* last text of a column that is filled down */
        struct qf_view merged; /* of the merged cell that reaches ... */
        uint32_t first, last;  /* ... over these rows; last not above first: over its own alone */
};

struct qf_fill {
        const struct qf_grid *grid;
        const struct qf_binding *binding;
        struct qf_fill_column *columns;
        uint32_t *written; /* of each row: the last one up to it that has a text */
        uint32_t row, next_merge;
};

enum qf_fill_how {
        QF_FILL_OWN,     /* the cell's own text, or nothing */
        QF_FILL_MERGED,  /* known to be merged with one above */
        QF_FILL_ASSUMED, /* empty, and taken for merged */
};

QF_CHECK int qf_fill_init(struct qf_fill *fill, const struct qf_grid *grid, const struct qf_binding *binding);
void qf_fill_deinit(struct qf_fill *fill);
/* Goes to a row below the header; rows are visited in order, none left out. */
void qf_fill_row(struct qf_fill *fill, uint32_t row);
struct qf_view qf_fill_cell(const struct qf_fill *fill, uint32_t column, enum qf_fill_how *ret_how);
bool qf_fill_spans(const struct qf_fill *fill, uint32_t column); /* the cell is one of several rows */
/* It is, and each row has its own of what it holds: how much of a count belongs to which nobody can say. */
bool qf_fill_is_shared(const struct qf_fill *fill, uint32_t column);
