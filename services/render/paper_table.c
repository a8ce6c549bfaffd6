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
        HALVINGS_EVEN = 5,
        LINES_KEPT = 3 /* of a row that is higher than a page, where it begins */
};

#define SIZE 8.8
#define SIZE_WHOLE 7.8 /* down to this letters are made smaller before a row is broken */
#define SIZE_LEAST 5.0
#define SIZE_TURNED 6.4 /* what would be smaller than this lies on its side */
#define LINE 1.5        /* the least height of a line, of its letters' */
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

/* What a row says in one column. */
struct piece {
        struct paper_lines lines;
        double x, height;
};

struct grid {
        const struct qf_document_table *table;
        struct measured *measured;
        double *widths;
        struct piece *head, *row; /* while they are put: the head again and again within a row */
        double size;
        double page; /* how high a row may be that is not torn */
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
                              .widths = calloc(table->columns_count, sizeof(*grid->widths)),
                              .head = calloc(table->columns_count, sizeof(*grid->head)),
                              .row = calloc(table->columns_count, sizeof(*grid->row))};
        if (!grid->measured || !grid->widths || !grid->head || !grid->row) {
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
        free(grid->head);
        free(grid->row);
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
static double around(const struct grid *grid, int64_t row, double text)
{
        return fmax(grid->size * LINE, text) + PAD + (row < 0 ? 2 : 0);
}

static double row_height(struct paper *paper, const struct grid *grid, int64_t row)
{
        double height = 0;
        for (uint32_t i = 0; i < grid->table->columns_count; i++) {
                const struct paper_look look = look_of(grid, i, row < 0, is_total(grid, row));
                struct qf_view text = text_of(grid, row, i);
                const double indent = indent_of(paper, grid, &look, &text);
                height = fmax(height,
                              paper_text_height(paper, grid->widths[i] - 2 * PAD - indent, &look, text));
        }
        return around(grid, row, height);
}

/* With the head. */
static double rows_height(struct paper *paper, const struct grid *grid, uint32_t rows)
{
        double height = 0;
        for (int64_t row = -1; row < (int64_t)grid->table->rows_count && row < (int64_t)rows; row++)
                height += row_height(paper, grid, row);
        return height;
}

/* Of a row of this height, what must be on the page where it begins. */
static double begins_with(const struct grid *grid, double height)
{
        return height <= grid->page ? height : around(grid, 0, LINES_KEPT * grid->size * LINE);
}

/* Of the head and the first rows, what must be on one page. */
static double beginning_height(struct paper *paper, const struct grid *grid)
{
        const uint32_t rows =
                grid->table->rows_count < PAPER_ROWS_KEPT ? grid->table->rows_count : PAPER_ROWS_KEPT;
        const double all = rows_height(paper, grid, rows);
        return all <= paper_high(paper) || !rows
                       ? all
                       : row_height(paper, grid, -1) + begins_with(grid, row_height(paper, grid, 0));
}

static void pieces_begin(struct paper *paper, const struct grid *grid, int64_t row, struct piece *pieces)
{
        double x = QF_PAPER_MARGIN + PAD;
        for (uint32_t i = 0; i < grid->table->columns_count; i++) {
                const struct paper_look look = look_of(grid, i, row < 0, is_total(grid, row));
                struct qf_view text = text_of(grid, row, i);
                const double indent = indent_of(paper, grid, &look, &text),
                             wide = grid->widths[i] - 2 * PAD - indent,
                             even = even_width(paper, wide, &look, text);
                paper_lines_begin(paper, &pieces[i].lines, even, &look, text);
                pieces[i].x = x + indent + (look.align == PAPER_RIGHT ? wide - even : 0);
                pieces[i].height = paper_lines_height(&pieces[i].lines, HUGE_VAL);
                x += grid->widths[i];
        }
}

static void pieces_end(const struct grid *grid, struct piece *pieces)
{
        for (uint32_t i = 0; i < grid->table->columns_count; i++)
                paper_lines_end(&pieces[i].lines);
}

static void put_ground(struct paper *paper, const struct grid *grid, int64_t row, double height)
{
        if (row < 0)
                paper_box(paper, QF_PAPER_MARGIN, paper->y, paper_wide(paper), height, QF_PAPER_RED);
        else if (row % 2 && !is_total(grid, row))
                paper_box(paper, QF_PAPER_MARGIN, paper->y, paper_wide(paper), height, QF_PAPER_PALE);
        if (is_total(grid, row))
                paper_box(paper, QF_PAPER_MARGIN, paper->y, paper_wide(paper), 1, QF_PAPER_RED);
}

/* The lines that have room. True: some are left. */
static bool put_part(struct paper *paper, const struct grid *grid, int64_t row, struct piece *pieces,
                     double room)
{
        double height = 0;
        bool left = false;
        for (uint32_t i = 0; i < grid->table->columns_count; i++)
                height = fmax(height, paper_lines_height(&pieces[i].lines, room));
        height = around(grid, row, height);
        put_ground(paper, grid, row, height);
        for (uint32_t i = 0; i < grid->table->columns_count; i++) {
                const double above = fmax(PAD, height - pieces[i].height) / 2;
                paper_lines_put(paper, &pieces[i].lines, pieces[i].x, paper->y + above, room);
                left |= pieces[i].lines.left;
        }
        paper->y += height;
        return left;
}

static void put_head(struct paper *paper, const struct grid *grid)
{
        pieces_begin(paper, grid, -1, grid->head);
        (void)put_part(paper, grid, -1, grid->head, HUGE_VAL);
        pieces_end(grid, grid->head);
}

static void go_on(struct paper *paper, const struct grid *grid)
{
        paper_begin(paper, paper_is_lying(paper));
        put_head(paper, grid);
}

static void put_row(struct paper *paper, const struct grid *grid, int64_t row)
{
        pieces_begin(paper, grid, row, grid->row);
        while (put_part(paper, grid, row, grid->row, paper_room(paper) - PAD))
                go_on(paper, grid);
        pieces_end(grid, grid->row);
}

/* --- the table ------------------------------------------------------------------------ */

bool paper_table_is_wide(struct paper *paper, const struct qf_document_table *table)
{
        struct grid grid;
        const bool begun = grid_init(paper, table, &grid);
        const bool wide = begun && size_for(&grid, QF_PAPER_STANDING) < SIZE_TURNED;
        grid_deinit(&grid);
        return wide;
}

/* As it is on pages of this shape. */
static bool grid_laid(struct paper *paper, const struct qf_document_table *table, struct grid *grid)
{
        if (!grid_init(paper, table, grid))
                return false;
        share_out(paper, grid, paper_wide(paper));
        grid->page = paper_high(paper) - row_height(paper, grid, -1);
        return true;
}

double paper_table_height(struct paper *paper, const struct qf_document_table *table)
{
        struct grid grid;
        const double height =
                grid_laid(paper, table, &grid) ? rows_height(paper, &grid, table->rows_count) : 0;
        grid_deinit(&grid);
        return height;
}

double paper_table_least(struct paper *paper, const struct qf_document_table *table)
{
        struct grid grid;
        const double height = grid_laid(paper, table, &grid) ? beginning_height(paper, &grid) : 0;
        grid_deinit(&grid);
        return height;
}

static void put_rows(struct paper *paper, const struct grid *grid, double below)
{
        const uint32_t count = grid->table->rows_count;
        double rest = rows_height(paper, grid, count) + below; /* what is yet to come */
        paper_need(paper, count < PAPER_ROWS_TORN && rest <= paper_high(paper)
                                  ? rest
                                  : beginning_height(paper, grid));
        rest -= row_height(paper, grid, -1);
        put_head(paper, grid);
        for (uint32_t row = 0; row < count; row++) {
                const double height = row_height(paper, grid, row);
                const bool last = row + ROWS_LAST == count && rest <= grid->page;
                if ((last ? rest : begins_with(grid, height)) > paper_room(paper))
                        go_on(paper, grid);
                put_row(paper, grid, row);
                rest -= height;
        }
        paper_box(paper, QF_PAPER_MARGIN, paper->y, paper_wide(paper), 0.8, 0xD8C3B5);
        paper->y += 1;
}

void paper_table(struct paper *paper, const struct qf_document_table *table, double below)
{
        struct grid grid;
        if (grid_laid(paper, table, &grid))
                put_rows(paper, &grid, below);
        grid_deinit(&grid);
}
