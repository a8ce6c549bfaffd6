/* A sheet as a grid of cells, whatever file it came from. The number of a row is
 * that of the spreadsheet's line, so that messages point where people look. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
        QF_GRID_ROWS_MAX = 1 << 20, /* as a spreadsheet has */
        QF_GRID_COLUMNS_MAX = 1 << 14,
        QF_GRID_CELLS_MAX = 1 << 25, /* with those between that are empty */
        QF_GRID_TEXT_MAX = 256 * 1024 * 1024,
        QF_GRID_MARKS_MAX = 1 << 20, /* merges; remarks */
};

enum qf_grid_outcome {
        QF_GRID_FULL = 1,  /* beyond one of the bounds above */
        QF_GRID_ORDER = 2, /* a cell before the last one */
};

enum qf_grid_mark {
        QF_MARK_FORMULA,   /* the text is what the spreadsheet last worked out */
        QF_MARK_NO_RESULT, /* a formula without its result: the cell is empty */
        QF_MARK_NO_YEAR,   /* shown without its year, which is in the file all the same */
        QF_MARK_HIDDEN,    /* the row is hidden; column: 0 */
        QF_MARK_SWALLOWED, /* a quoted text that holds what reads as further rows */
};

struct qf_grid_remark {
        uint32_t row, column;
        enum qf_grid_mark mark;
};

struct qf_grid_merge { /* one column of merged cells: the first row holds the text */
        uint32_t first, last, column;
};

struct qf_grid;

QF_CHECK int qf_grid_new(struct qf_grid **ret_grid);
struct qf_grid *qf_grid_free(struct qf_grid *grid);

/* Building: rows and columns from 0, rising; what is left out between them is empty. */
QF_CHECK int qf_grid_put(struct qf_grid *grid, uint32_t row, uint32_t column, struct qf_view text);
QF_CHECK int qf_grid_remark(struct qf_grid *grid, uint32_t row, uint32_t column, enum qf_grid_mark mark);
QF_CHECK int qf_grid_merge(struct qf_grid *grid, const struct qf_grid_merge *merge);
QF_CHECK int qf_grid_hide(struct qf_grid *grid, uint32_t first, uint32_t last); /* columns */
/* Its workbook counts days from 1904: a plain number that would be a day is another one, or comes from elsewhere. */
void qf_grid_count_from_1904(struct qf_grid *grid);
void qf_grid_sort(struct qf_grid *grid); /* merges, once all are there */

/* Reading. */
uint32_t qf_grid_rows(const struct qf_grid *grid);
uint32_t qf_grid_cells(const struct qf_grid *grid, uint32_t row);
/* Trimmed; empty beyond the row's end. Lives as long as the table. */
struct qf_view qf_grid_cell(const struct qf_grid *grid, uint32_t row, uint32_t column);
bool qf_grid_is_hidden(const struct qf_grid *grid, uint32_t column);
bool qf_grid_counts_from_1904(const struct qf_grid *grid);
/* A cell that, as a date, may be two: 2023.1, or 45052 where days are counted from 1904. */
bool qf_grid_date_is_twofold(const struct qf_grid *grid, struct qf_view cell);
/* Of a row, and its column; empty: there is none. */
struct qf_view qf_grid_first_text(const struct qf_grid *grid, uint32_t row, uint32_t *ret_column);
const struct qf_grid_remark *qf_grid_remarks(const struct qf_grid *grid, uint32_t *ret_count);
const struct qf_grid_merge *qf_grid_merges(const struct qf_grid *grid,
                                           uint32_t *ret_count); /* by first row */
