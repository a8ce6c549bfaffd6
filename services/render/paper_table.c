/* Why: the columns of a report are as its programme has them, one or thirty, with
 * names of a few characters or of a hundred: widths are worked out from what is in
 * the cells, numbers are never broken, names are. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "render/paper.h"

enum {
        ROWS_LAST = PAPER_ROWS_TORN - PAPER_ROWS_KEPT, /* of its end on one page, with what stands below it */
        ROWS_TRIED = 60,                               /* to see which widths make it lower */
        HALVINGS = 14,
        HALVINGS_EVEN = 5
};

#define SIZE 8.8
#define SIZE_WHOLE 7.8 /* down to this letters are made smaller before a row is broken */
#define SIZE_LEAST 5.0
#define SIZE_TURNED 6.4 /* what would be smaller than this lies on its side */
#define PAD 5.0
#define NAME_SHORT 7.0 /* is not broken; a longer one into three lines, which end where words do, */
#define NAME_LINES 2.6
#define NAME_LEAST 13.0 /* unless that takes more than this */
#define HEAD_MOST 7.0   /* of a head on one line */
#define INDENT_MOST 3.0
#define LINES_SAVED 0.92 /* of the lines left: letters are smaller where that breaks fewer names */

/* How wide a column would be, with its head on one line and on two, and what it can do with, at size 1. Names are broken
 * where there is no room, words only when they are too long, and numbers never. */
struct measured {
        double whole, most, least;
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

/* Of the cells: on one line, and its longest word. */
static void measure_cells(struct paper *paper, const struct grid *grid, uint32_t column, double *ret_cells,
                          double *ret_word)
{
        const struct qf_document_table *table = grid->table;
        *ret_cells = *ret_word = 0;
        for (uint32_t row = 0; row < table->rows_count; row++) {
                const struct paper_look look = look_of(grid, column, false, row == qf_document_rows(table));
                const struct qf_view text = qf_document_cell(table, row, column)->text;
                *ret_cells = fmax(*ret_cells, paper_text_width(paper, &look, text) / grid->size);
                if (!table->columns[column].right)
                        *ret_word = fmax(*ret_word, paper_word_width(paper, &look, text) / grid->size);
        }
}

static void measure(struct paper *paper, struct grid *grid)
{
        grid->size = 10;
        for (uint32_t i = 0; i < grid->table->columns_count; i++) {
                const struct paper_look look = look_of(grid, i, true, false);
                const struct qf_view label = grid->table->columns[i].label;
                const double head = paper_text_width(paper, &look, label) / grid->size,
                             broken = fmax(paper_word_width(paper, &look, label) / grid->size,
                                           fmin(head * 0.6, HEAD_MOST));
                double cells, word;
                measure_cells(paper, grid, i, &cells, &word);
                const double names = fmax(fmin(cells, NAME_SHORT), fmax(word, cells / NAME_LINES));
                grid->measured[i] = (struct measured){
                        .whole = fmax(cells, fmax(fmin(head, HEAD_MOST), broken)),
                        .most = fmax(cells, broken),
                        .least = fmax(broken,
                                      grid->table->columns[i].right ? cells : fmin(names, NAME_LEAST))};
        }
}

static double padded(double width, double size)
{
        return width * size * 1.02 + 2 * PAD + 1;
}

static double whole(const struct grid *grid, uint32_t column, double size)
{
        return padded(grid->measured[column].whole, size);
}

static double wanted(const struct grid *grid, uint32_t column, double size)
{
        return padded(grid->measured[column].most, size);
}

static double least(const struct grid *grid, uint32_t column, double size)
{
        return padded(grid->measured[column].least, size);
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
        while (size > SIZE_WHOLE && sum(grid, size, wanted) > wide)
                size -= 0.2;
        if (sum(grid, size, wanted) <= wide)
                return size;
        size = SIZE;
        while (size > SIZE_LEAST && sum(grid, size, least) > wide)
                size -= 0.2;
        return size;
}

/* How a page is shared out that has no room for all on one line. */
enum sharing {
        SHARE_EVENLY,  /* short names stay on one line, the long ones have as much each */
        SHARE_BY_NEED, /* each is broken into as many lines */
        SHARINGS
};

/* What a column has of a bound that is the same for all. */
static double share_of(const struct grid *grid, uint32_t column, enum sharing sharing, double bound)
{
        const double want = wanted(grid, column, grid->size), few = least(grid, column, grid->size);
        return fmax(few, sharing == SHARE_EVENLY ? fmin(want, bound) : fmin(want, want * bound));
}

static void share_out_as(struct grid *grid, double wide, enum sharing sharing)
{
        double low = 0, high = sharing == SHARE_EVENLY ? wide : 1;
        for (int halved = 0; halved < HALVINGS; halved++) {
                const double middle = (low + high) / 2;
                double all = 0;
                for (uint32_t i = 0; i < grid->table->columns_count; i++)
                        all += share_of(grid, i, sharing, middle);
                if (all > wide)
                        high = middle;
                else
                        low = middle;
        }
        for (uint32_t i = 0; i < grid->table->columns_count; i++)
                grid->widths[i] = share_of(grid, i, sharing, low);
}

static double rows_height(struct paper *paper, const struct grid *grid, uint32_t rows);

/* Widths in the way that makes the table lower; its height. */
static double share_out_low(struct paper *paper, struct grid *grid, double wide)
{
        double heights[SHARINGS];
        for (enum sharing sharing = 0; sharing < SHARINGS; sharing++) {
                share_out_as(grid, wide, sharing);
                heights[sharing] = rows_height(paper, grid, ROWS_TRIED);
        }
        if (heights[SHARE_EVENLY] > heights[SHARE_BY_NEED])
                return heights[SHARE_BY_NEED];
        share_out_as(grid, wide, SHARE_EVENLY);
        return heights[SHARE_EVENLY];
}

static void share_out(struct paper *paper, struct grid *grid, double wide)
{
        const uint32_t count = grid->table->columns_count;
        grid->size = size_for(grid, wide);
        const bool heads = sum(grid, grid->size, whole) <= wide;
        const double all = sum(grid, grid->size, heads ? whole : wanted), bare = sum(grid, grid->size, least);
        for (uint32_t i = 0; i < count && all <= wide; i++) /* what is left over goes to all alike */
                grid->widths[i] = (heads ? whole : wanted)(grid, i, grid->size) + (wide - all) / count;
        for (uint32_t i = 0; i < count && bare > wide; i++)
                grid->widths[i] = least(grid, i, grid->size) * wide / bare;
        if (all <= wide || bare > wide)
                return;
        const double size = grid->size, high = share_out_low(paper, grid, wide);
        grid->size = SIZE_WHOLE;
        if (size > SIZE_WHOLE && share_out_low(paper, grid, wide) / SIZE_WHOLE < high / size * LINES_SAVED)
                return;
        grid->size = size;
        (void)share_out_low(paper, grid, wide);
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

/* A name that stands below another begins with spaces: all its lines do. */
static double indent_of(struct paper *paper, const struct grid *grid, const struct paper_look *look,
                        struct qf_view *text)
{
        uint32_t spaces = 0;
        while (spaces < text->len && text->at[spaces] == ' ')
                spaces++;
        const struct qf_view before = {text->at, spaces};
        *text = (struct qf_view){text->at + spaces, text->len - spaces};
        return spaces ? fmin(paper_text_width(paper, look, before), grid->size * INDENT_MOST) : 0;
}

/* A text that takes two lines is broken in its middle: no character stands alone. */
static double even_width(struct paper *paper, double wide, const struct paper_look *look, struct qf_view text)
{
        const double high = paper_text_height(paper, wide, look, text),
                     line = paper_text_height(paper, 0, look, text);
        double low = fmax(wide / 2, paper_word_width(paper, look, text)), even = wide;
        if (high < line * 1.5 || high > line * 2.5)
                return wide;
        for (int halved = 0; halved < HALVINGS_EVEN && low < even; halved++) {
                const double middle = (low + even) / 2;
                if (paper_text_height(paper, middle, look, text) > high)
                        low = middle;
                else
                        even = middle;
        }
        return even;
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
                struct qf_view text = text_of(grid, row, i);
                const double indent = indent_of(paper, grid, &look, &text);
                height = fmax(height,
                              paper_text_height(paper, grid->widths[i] - 2 * PAD - indent, &look, text));
        }
        return height + PAD + (row < 0 ? 2 : 0);
}

/* With the head. */
static double rows_height(struct paper *paper, const struct grid *grid, uint32_t rows)
{
        double height = 0;
        for (int64_t row = -1; row < (int64_t)grid->table->rows_count && row < (int64_t)rows; row++)
                height += row_height(paper, grid, row);
        return height;
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
                struct qf_view text = text_of(grid, row, i);
                const double indent = indent_of(paper, grid, &look, &text),
                             wide = grid->widths[i] - 2 * PAD - indent,
                             even = even_width(paper, wide, &look, text),
                             high = paper_text_height(paper, even, &look, text),
                             left = look.align == PAPER_RIGHT ? wide - even : 0;
                (void)paper_text(paper, x + PAD + indent + left, paper->y + (height - high) / 2, even, &look,
                                 text);
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
        const bool wide = begun && size_for(&grid, QF_PAPER_STANDING) < SIZE_TURNED;
        grid_deinit(&grid);
        return wide;
}

double paper_table_height(struct paper *paper, const struct qf_document_table *table, uint32_t rows)
{
        struct grid grid;
        double height = 0;
        if (grid_init(paper, table, &grid)) {
                share_out(paper, &grid, paper_wide(paper));
                height = rows_height(paper, &grid, rows);
        }
        grid_deinit(&grid);
        return height;
}

void paper_table(struct paper *paper, const struct qf_document_table *table, double below)
{
        struct grid grid;
        if (grid_init(paper, table, &grid)) {
                share_out(paper, &grid, paper_wide(paper));
                double rest = rows_height(paper, &grid, table->rows_count) + below; /* what is yet to come */
                paper_need(paper, table->rows_count < PAPER_ROWS_TORN
                                          ? rest
                                          : rows_height(paper, &grid, PAPER_ROWS_KEPT));
                rest -= row_height(paper, &grid, -1);
                put_head(paper, &grid);
                for (uint32_t row = 0; row < table->rows_count; row++) {
                        const double height = row_height(paper, &grid, row);
                        if ((row + ROWS_LAST == table->rows_count ? rest : height) > paper_room(paper)) {
                                paper_begin(paper, paper_is_lying(paper));
                                put_head(paper, &grid);
                        }
                        put_row(paper, &grid, row, height);
                        rest -= height;
                }
                paper_box(paper, QF_PAPER_MARGIN, paper->y, paper_wide(paper), 0.8, 0xD8C3B5);
                paper->y += 1;
        }
        grid_deinit(&grid);
}
