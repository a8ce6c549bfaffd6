/* Why: a clerk's rules do not ask whether commas or XML parted the cells, so what
 * reads files fills this, and nothing behind it knows what was read. */
#include "qf/sheets/feed_grid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/feed_cell.h"

struct row {
        uint32_t first, cells;
};

struct cell {
        uint32_t at, len; /* in text */
};

struct range { /* of columns */
        uint32_t first, last;
};

struct qf_grid {
        struct qf_buffer text, cells, rows; /* bytes; struct cell; struct row */
        struct qf_buffer remarks, merges;   /* struct qf_grid_remark, qf_grid_merge */
        struct qf_buffer hidden;            /* struct range */
        bool from_1904;
};

int qf_grid_new(struct qf_grid **ret_grid)
{
        struct qf_grid *grid = calloc(1, sizeof(*grid));
        if (!grid)
                return -ENOMEM;
        *ret_grid = grid;
        return 0;
}

struct qf_grid *qf_grid_free(struct qf_grid *grid)
{
        if (grid) {
                qf_buffer_deinit(&grid->text);
                qf_buffer_deinit(&grid->cells);
                qf_buffer_deinit(&grid->rows);
                qf_buffer_deinit(&grid->remarks);
                qf_buffer_deinit(&grid->merges);
                qf_buffer_deinit(&grid->hidden);
                free(grid);
        }
        return NULL;
}

/* --- building ----------------------------------------------------------- */

static struct row *row_at(const struct qf_grid *grid, uint32_t row)
{
        return (struct row *)(void *)grid->rows.at + row; /* the buffer comes from realloc: aligned */
}

static int add_cell(struct qf_grid *grid, struct row *row, struct qf_view text)
{
        const struct cell cell = {(uint32_t)grid->text.len, text.len};
        if (grid->cells.len / sizeof(cell) >= QF_GRID_CELLS_MAX ||
            grid->text.len + text.len > QF_GRID_TEXT_MAX)
                return QF_GRID_FULL;
        int result = text.len > 0 ? qf_buffer_append(&grid->text, text.at, text.len) : 0;
        if (result == 0)
                result = qf_buffer_append(&grid->cells, &cell, sizeof(cell));
        row->cells += result == 0;
        return result;
}

int qf_grid_put(struct qf_grid *grid, uint32_t row, uint32_t column, struct qf_view text)
{
        int result = 0;
        if (row >= QF_GRID_ROWS_MAX || column >= QF_GRID_COLUMNS_MAX)
                return QF_GRID_FULL;
        if (row + 1 < qf_grid_rows(grid))
                return QF_GRID_ORDER;
        while (qf_grid_rows(grid) <= row && result == 0) {
                const struct row fresh = {(uint32_t)(grid->cells.len / sizeof(struct cell)), 0};
                result = qf_buffer_append(&grid->rows, &fresh, sizeof(fresh));
        }
        if (result)
                return result;
        struct row *last = row_at(grid, row);
        if (column < last->cells)
                return QF_GRID_ORDER;
        while (last->cells < column && result == 0)
                result = add_cell(grid, last, QF_VIEW(""));
        return result ? result : add_cell(grid, last, qf_cell_trim(text));
}

int qf_grid_remark(struct qf_grid *grid, uint32_t row, uint32_t column, enum qf_grid_mark mark)
{
        const struct qf_grid_remark remark = {row, column, mark};
        if (grid->remarks.len / sizeof(remark) >= QF_GRID_MARKS_MAX)
                return QF_GRID_FULL;
        return qf_buffer_append(&grid->remarks, &remark, sizeof(remark));
}

int qf_grid_merge(struct qf_grid *grid, const struct qf_grid_merge *merge)
{
        if (grid->merges.len / sizeof(*merge) >= QF_GRID_MARKS_MAX)
                return QF_GRID_FULL;
        return qf_buffer_append(&grid->merges, merge, sizeof(*merge));
}

int qf_grid_hide(struct qf_grid *grid, uint32_t first, uint32_t last)
{
        const struct range range = {first, last};
        if (grid->hidden.len / sizeof(range) >= QF_GRID_COLUMNS_MAX)
                return QF_GRID_FULL;
        return qf_buffer_append(&grid->hidden, &range, sizeof(range));
}

void qf_grid_count_from_1904(struct qf_grid *grid)
{
        grid->from_1904 = true;
}

static int by_row(const void *a, const void *b)
{
        const struct qf_grid_merge *one = a, *other = b;
        if (one->first != other->first)
                return one->first < other->first ? -1 : 1;
        return one->column < other->column ? -1 : one->column > other->column;
}

void qf_grid_sort(struct qf_grid *grid)
{
        if (grid->merges.len > 0)
                qsort(grid->merges.at, grid->merges.len / sizeof(struct qf_grid_merge),
                      sizeof(struct qf_grid_merge), by_row);
}

/* --- reading ------------------------------------------------------------ */

uint32_t qf_grid_rows(const struct qf_grid *grid)
{
        return (uint32_t)(grid->rows.len / sizeof(struct row));
}

uint32_t qf_grid_cells(const struct qf_grid *grid, uint32_t row)
{
        return row_at(grid, row)->cells;
}

struct qf_view qf_grid_cell(const struct qf_grid *grid, uint32_t row, uint32_t column)
{
        const struct row *found = row_at(grid, row);
        struct cell cell;
        if (column >= found->cells)
                return QF_VIEW("");
        memcpy(&cell, grid->cells.at + (found->first + column) * sizeof(cell), sizeof(cell));
        if (cell.len == 0)
                return QF_VIEW("");
        return (struct qf_view){(const char *)grid->text.at + cell.at, cell.len};
}

bool qf_grid_is_hidden(const struct qf_grid *grid, uint32_t column)
{
        struct range range;
        for (size_t i = 0; i + sizeof(range) <= grid->hidden.len; i += sizeof(range)) {
                memcpy(&range, grid->hidden.at + i, sizeof(range));
                if (range.first <= column && column <= range.last)
                        return true;
        }
        return false;
}

bool qf_grid_counts_from_1904(const struct qf_grid *grid)
{
        return grid->from_1904;
}

bool qf_grid_date_is_twofold(const struct qf_grid *grid, struct qf_view cell)
{
        return qf_cell_date_is_twofold(cell) || (grid->from_1904 && qf_cell_is_serial(cell));
}

struct qf_view qf_grid_first_text(const struct qf_grid *grid, uint32_t row, uint32_t *ret_column)
{
        uint32_t count = qf_grid_cells(grid, row);
        for (uint32_t i = 0; i < count; i++) {
                struct qf_view cell = qf_grid_cell(grid, row, i);
                *ret_column = i;
                if (cell.len > 0)
                        return cell;
        }
        return QF_VIEW("");
}

const struct qf_grid_remark *qf_grid_remarks(const struct qf_grid *grid, uint32_t *ret_count)
{
        *ret_count = (uint32_t)(grid->remarks.len / sizeof(struct qf_grid_remark));
        return (const struct qf_grid_remark *)(const void *)grid->remarks.at;
}

const struct qf_grid_merge *qf_grid_merges(const struct qf_grid *grid, uint32_t *ret_count)
{
        *ret_count = (uint32_t)(grid->merges.len / sizeof(struct qf_grid_merge));
        return (const struct qf_grid_merge *)(const void *)grid->merges.at;
}
