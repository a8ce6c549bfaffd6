/* Why: the columns of a report are as its programme has them, one or thirty, with
 * names of a few characters or of a hundred: widths are worked out from what is in
 * the cells, numbers are never broken, names are. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "render/paper.h"

enum {
        ROWS_KEPT = 3,
        ROWS_WHOLE = 24
}; /* of a table's beginning on the page of its head; of one that is kept whole */

#define SIZE 8.8
#define SIZE_LEAST 5.0
#define SIZE_TURNED 6.4 /* what would be smaller than this lies on its side */
#define PAD 5.0
#define TEXT_LEAST 62.0

struct measured {           /* of a column at size 1 */
        double cells, head; /* the widest, on one line */
};

struct grid {
        const struct qf_document_table *table;
        struct measured *measured;
        double *widths;
        double size;
};

static struct paper_look look_of(const struct grid *grid, uint32_t column, bool head, bool total)
{
        return (struct paper_look){.size = grid->size,
                                   .bold = head || total,
                                   .rgb = head ? 0xFFFFFF : QF_PAPER_INK,
                                   .align = grid->table->columns[column].right ? PAPER_RIGHT : PAPER_LEFT};
}

/* --- widths ------------------------------------------------------------------------- */

static void measure(struct paper *paper, struct grid *grid)
{
        const struct qf_document_table *table = grid->table;
        grid->size = 10;
        for (uint32_t i = 0; i < table->columns_count; i++) {
                const struct paper_look head = look_of(grid, i, true, false);
                grid->measured[i].head = paper_text_width(paper, &head, table->columns[i].label) / grid->size;
                for (uint32_t row = 0; row < table->rows_count; row++) {
                        const struct paper_look look =
                                look_of(grid, i, false, row == qf_document_rows(table));
                        const double width =
                                paper_text_width(paper, &look, qf_document_cell(table, row, i)->text) /
                                grid->size;
                        grid->measured[i].cells = fmax(grid->measured[i].cells, width);
                }
        }
}

/* What a column wants, and the least it can do with, at a size. A head may be broken; so may names. */
static double wanted(const struct grid *grid, uint32_t column, double size)
{
        return fmax(grid->measured[column].cells, fmin(grid->measured[column].head, 7)) * size * 1.02 +
               2 * PAD + 1;
}

static double least(const struct grid *grid, uint32_t column, double size)
{
        const double want = wanted(grid, column, size);
        return grid->table->columns[column].right ? want : fmin(want, TEXT_LEAST * size / SIZE + 2 * PAD);
}

static double sum(const struct grid *grid, double size, double (*of)(const struct grid *, uint32_t, double))
{
        double all = 0;
        for (uint32_t i = 0; i < grid->table->columns_count; i++)
                all += of(grid, i, size);
        return all;
}

static double size_for(const struct grid *grid, double wide)
{
        double size = SIZE;
        while (size > SIZE_LEAST && sum(grid, size, least) > wide)
                size -= 0.2;
        return size;
}

static void share_out(struct grid *grid, double wide)
{
        const uint32_t count = grid->table->columns_count;
        grid->size = size_for(grid, wide);
        const double all = sum(grid, grid->size, wanted), bare = sum(grid, grid->size, least);
        for (uint32_t i = 0; i < count; i++) {
                const double want = wanted(grid, i, grid->size), few = least(grid, i, grid->size);
                if (all <= wide) /* what is left over goes to all alike */
                        grid->widths[i] = want + (wide - all) / count;
                else if (bare <= wide)
                        grid->widths[i] = few + (want - few) * (wide - bare) / (all - bare);
                else
                        grid->widths[i] = few * wide / bare;
        }
}

static bool grid_init(struct paper *paper, const struct qf_document_table *table, struct grid *grid)
{
        *grid = (struct grid){.table = table,
                              .measured = calloc(table->columns_count, sizeof(*grid->measured)),
                              .widths = calloc(table->columns_count, sizeof(*grid->widths))};
        if (!grid->measured || !grid->widths) {
                paper->error = -ENOMEM;
                return false;
        }
        measure(paper, grid);
        return true;
}

static void grid_deinit(struct grid *grid)
{
        free(grid->measured);
        free(grid->widths);
}

/* --- rows ---------------------------------------------------------------------------- */

static struct qf_view text_of(const struct grid *grid, int64_t row, uint32_t column)
{
        return row < 0 ? grid->table->columns[column].label
                       : qf_document_cell(grid->table, (uint32_t)row, column)->text;
}

static bool is_total(const struct grid *grid, int64_t row)
{
        return row >= 0 && (uint32_t)row == qf_document_rows(grid->table);
}

/* row: -1 is the head. */
static double row_height(struct paper *paper, const struct grid *grid, int64_t row)
{
        double height = grid->size * 1.5;
        for (uint32_t i = 0; i < grid->table->columns_count; i++) {
                const struct paper_look look = look_of(grid, i, row < 0, is_total(grid, row));
                height = fmax(height, paper_text_height(paper, grid->widths[i] - 2 * PAD, &look,
                                                        text_of(grid, row, i)));
        }
        return height + PAD + (row < 0 ? 2 : 0);
}

static void put_row(struct paper *paper, const struct grid *grid, int64_t row, double height)
{
        double x = QF_PAPER_MARGIN;
        if (row < 0)
                paper_box(paper, x, paper->y, paper_wide(paper), height, QF_PAPER_RED);
        else if (row % 2 && !is_total(grid, row))
                paper_box(paper, x, paper->y, paper_wide(paper), height, QF_PAPER_PALE);
        if (is_total(grid, row))
                paper_box(paper, x, paper->y, paper_wide(paper), 1, QF_PAPER_RED);
        for (uint32_t i = 0; i < grid->table->columns_count; i++) {
                const struct paper_look look = look_of(grid, i, row < 0, is_total(grid, row));
                const double wide = grid->widths[i] - 2 * PAD,
                             high = paper_text_height(paper, wide, &look, text_of(grid, row, i));
                (void)paper_text(paper, x + PAD, paper->y + (height - high) / 2, wide, &look,
                                 text_of(grid, row, i));
                x += grid->widths[i];
        }
        paper->y += height;
}

static void put_head(struct paper *paper, const struct grid *grid)
{
        put_row(paper, grid, -1, row_height(paper, grid, -1));
}

bool paper_table_is_wide(struct paper *paper, const struct qf_document_table *table)
{
        struct grid grid;
        const bool begun = grid_init(paper, table, &grid);
        const bool wide = begun && size_for(&grid, paper_wide(paper)) < SIZE_TURNED;
        grid_deinit(&grid);
        return wide;
}

double paper_table_height(struct paper *paper, const struct qf_document_table *table)
{
        struct grid grid;
        double height = 0;
        if (grid_init(paper, table, &grid)) {
                share_out(&grid, paper_wide(paper));
                for (int64_t row = -1; row < (int64_t)table->rows_count; row++)
                        height += row_height(paper, &grid, row);
        }
        grid_deinit(&grid);
        return height;
}

void paper_table(struct paper *paper, const struct qf_document_table *table)
{
        struct grid grid;
        if (grid_init(paper, table, &grid)) {
                share_out(&grid, paper_wide(paper));
                double kept = row_height(paper, &grid, -1);
                for (uint32_t row = 0;
                     row < table->rows_count && (row < ROWS_KEPT || table->rows_count <= ROWS_WHOLE); row++)
                        kept += row_height(paper, &grid, row);
                paper_need(paper, kept);
                put_head(paper, &grid);
                for (uint32_t row = 0; row < table->rows_count; row++) {
                        const double height = row_height(paper, &grid, row),
                                     last = row + 2 == table->rows_count ? row_height(paper, &grid, row + 1)
                                                                         : 0;
                        if (height + last >
                            paper_room(paper)) { /* the last row, the total, is not alone on a page */
                                paper_begin(paper, paper->width > paper->height);
                                put_head(paper, &grid);
                        }
                        put_row(paper, &grid, row, height);
                }
                paper_box(paper, QF_PAPER_MARGIN, paper->y, paper_wide(paper), 0.8, 0xD8C3B5);
                paper->y += 1;
        }
        grid_deinit(&grid);
}
