/* Why own charts: three kinds, drawn alike as PDF and as SVG, from the very cells
 * of the table below them; a library for each form would draw them differently. */
#include "qf/reports/document_chart.h"

#include <stdio.h>
#include <string.h>

#include "model/ratio.h"
#include "qf/cli/text_table.h"

enum {
        BARS_MOST = 15,
        COLUMNS_MOST = 24,
        RINGS_MOST = 6,
        RINGS_A_LINE = 3,
        TICKS = 5,
        LABEL_COLUMNS = 26,
        TEXT_BYTES = 256
};

static const double SIZE = 8.5, BAR = 17, BAR_LABEL = 124, BAR_VALUE = 54, LEGEND = 18, PLOT = 114, AXIS = 40,
                    RING = 118;

unsigned qf_ink_rgb(enum qf_ink ink)
{
        static const unsigned rgb[QF_INKS] = {0xB3282D, 0xD8C3B5, 0xE3DAD3, 0x3F3A37, 0xEFE6DF};
        return rgb[ink];
}

/* --- text that fits ------------------------------------------------------------- */

static uint32_t character_bytes(struct qf_view text)
{
        uint32_t len = 1;
        while (len < text.len && ((uint8_t)text.at[len] & 0xc0) == 0x80)
                len++;
        return len;
}

/* Bytes of the beginning that takes at most so many columns; broken behind a space or hyphen where one is near the end. */
static uint32_t fitting(struct qf_view text, unsigned columns)
{
        uint32_t len = 0, space = 0;
        for (unsigned taken = 0; len < text.len;) {
                const struct qf_view rest = {text.at + len, text.len - len};
                const uint32_t bytes = character_bytes(rest);
                taken += qf_text_columns((struct qf_view){rest.at, bytes});
                if (taken > columns)
                        return space > len / 2 ? space : len;
                len += bytes;
                if (*rest.at == ' ' || *rest.at == '-')
                        space = len;
        }
        return len;
}

/* As much of a text as fits so many columns of a terminal, with "…" when that is not all; written into room. */
static struct qf_view cut(struct qf_view text, unsigned columns, char *room, size_t room_bytes)
{
        const uint32_t len = fitting(text, columns);
        if (len == text.len)
                return text;
        (void)snprintf(room, room_bytes, "%.*s…", (int)fitting(text, columns - 1), text.at);
        return qf_view_of(room);
}

/* In one line or two, around the middle. */
static void draw_label(const struct qf_pen *pen, double x, double middle, unsigned columns, int align,
                       struct qf_view text)
{
        char room[TEXT_BYTES];
        uint32_t len = fitting(text, columns);
        if (len == text.len) {
                pen->text(pen->ctx, x, middle - SIZE * 0.72, SIZE, align, QF_INK_TEXT, text);
                return;
        }
        const double size = SIZE - 1.5;
        columns = (unsigned)(columns * SIZE / size);
        len = fitting(text, columns);
        pen->text(pen->ctx, x, middle - size * 1.2, size, align, QF_INK_TEXT, (struct qf_view){text.at, len});
        pen->text(pen->ctx, x, middle - size * 0.1, size, align, QF_INK_TEXT,
                  cut((struct qf_view){text.at + len, text.len - len}, columns, room, sizeof(room)));
}

static void draw_number(const struct qf_pen *pen, double x, double y, double size, int align, int64_t value)
{
        char text[32];
        pen->text(pen->ctx, x, y, size, align, QF_INK_TEXT,
                  qf_view_of(qf_ratio_grouped(value, text, sizeof(text))));
}

/* --- what is shown ---------------------------------------------------------------- */

/* What has no name is in the table and not in the picture: it would be the longest bar and say nothing. */
static bool is_named(const struct qf_document_table *table, const struct qf_document_chart *chart,
                     uint32_t row)
{
        return qf_document_cell(table, row, chart->labels)->kind != QF_CELL_NOTHING;
}

static int64_t value_of(const struct qf_document_table *table, const struct qf_document_chart *chart,
                        uint32_t row, uint32_t series)
{
        const struct qf_document_cell *cell = qf_document_cell(table, row, chart->series[series]);
        if (!is_named(table, chart, row))
                return 0;
        return cell->kind == QF_CELL_NUMBER && cell->value > 0 ? cell->value : 0;
}

static int64_t most_of(const struct qf_document_table *table, const struct qf_document_chart *chart)
{
        int64_t most = 0;
        for (uint32_t row = 0; row < qf_document_rows(table); row++)
                for (uint32_t i = 0; i < chart->series_count; i++) {
                        const int64_t value = value_of(table, chart, row, i);
                        most = value > most ? value : most;
                }
        return most;
}

/* The next row of a bar chart: the largest that is not yet drawn, of equal ones the first. rows_count: none. */
static uint32_t next_longest(const struct qf_document_table *table, const struct qf_document_chart *chart,
                             uint32_t last, int64_t bound)
{
        const uint32_t rows = qf_document_rows(table);
        uint32_t found = rows;
        for (uint32_t row = 0; row < rows; row++) {
                const int64_t value = value_of(table, chart, row, 0);
                const bool drawn = value > bound || (value == bound && row <= last && last < rows);
                if (value && !drawn && (found == rows || value > value_of(table, chart, found, 0)))
                        found = row;
        }
        return found;
}

static bool is_ring(const struct qf_document_cell *cell)
{
        return cell->kind == QF_CELL_RATE && cell->among > 0;
}

uint32_t qf_document_rings(const struct qf_document_table *table, const struct qf_document_chart *chart,
                           uint32_t *ret_first, uint32_t *ret_last)
{
        struct qf_view first = {0};
        uint32_t count = 0;
        *ret_first = *ret_last = 0;
        for (uint32_t row = 0; row < qf_document_rows(table); row++) {
                const struct qf_view name = qf_document_cell(table, row, chart->labels)->text;
                if (!is_ring(qf_document_cell(table, row, chart->series[0])))
                        continue;
                if (count && qf_view_same(name, first))
                        break;
                *ret_first = count ? *ret_first : row;
                *ret_last = row;
                first = count++ ? first : name;
        }
        return count;
}

static uint32_t count_shown(const struct qf_document_table *table, const struct qf_document_chart *chart)
{
        uint32_t count = 0, first, last;
        if (chart->kind == QF_CHART_RINGS)
                return qf_document_rings(table, chart, &first, &last);
        for (uint32_t row = 0; row < qf_document_rows(table); row++)
                count += value_of(table, chart, row, 0) > 0;
        return count;
}

static uint32_t at_most(uint32_t count, uint32_t most)
{
        return count < most ? count : most;
}

double qf_chart_height(const struct qf_document_table *table, const struct qf_document_chart *chart,
                       double width)
{
        const uint32_t shown = count_shown(table, chart);
        const double legend = chart->series_count > 1 ? LEGEND : 0;
        if (!shown || width < 200)
                return 0;
        const uint32_t lines = (at_most(shown, RINGS_MOST) + RINGS_A_LINE - 1) / RINGS_A_LINE;
        if (chart->kind == QF_CHART_RINGS)
                return RING * lines;
        if (chart->kind == QF_CHART_BARS)
                return BAR * at_most(shown, BARS_MOST) + legend;
        return qf_document_rows(table) > COLUMNS_MOST || qf_document_rows(table) < 2
                       ? 0
                       : PLOT + AXIS / 2 + legend;
}

struct qf_view qf_chart_title(bool chinese, const struct qf_document_table *table,
                              const struct qf_document_chart *chart, char *room, size_t room_bytes)
{
        if (chart->kind != QF_CHART_BARS || count_shown(table, chart) <= BARS_MOST)
                return chart->title;
        (void)snprintf(room, room_bytes, chinese ? "%.*s（最多的%d个）" : "%.*s (the %d with most)",
                       (int)chart->title.len, chart->title.at, BARS_MOST);
        return qf_view_of(room);
}

/* --- drawing ------------------------------------------------------------------------ */

static void draw_legend(const struct qf_document_table *table, const struct qf_document_chart *chart,
                        double width, const struct qf_pen *pen)
{
        double right = width;
        for (uint32_t i = 0; i < chart->series_count && chart->series_count > 1; i++) {
                const struct qf_view label = table->columns[chart->series[i]].label;
                right -= qf_text_columns(label) * SIZE * 0.55;
                pen->text(pen->ctx, right, 0, SIZE, -1, QF_INK_TEXT, label);
                right -= 12;
                pen->box(pen->ctx, right, 2.5, 8, 8, i ? QF_INK_SOFT : QF_INK_STRONG);
                right -= 14;
        }
}

static void draw_bars(const struct qf_document_table *table, const struct qf_document_chart *chart,
                      double width, const struct qf_pen *pen)
{
        const bool compared = chart->series_count > 1;
        const double legend = compared ? LEGEND : 0, room = width - BAR_LABEL - BAR_VALUE;
        const int64_t most = most_of(table, chart);
        const uint32_t rows = qf_document_rows(table), shown = at_most(count_shown(table, chart), BARS_MOST);
        uint32_t row = rows;
        int64_t bound = INT64_MAX;
        draw_legend(table, chart, width, pen);
        for (uint32_t i = 0; i < shown; i++) {
                row = next_longest(table, chart, row, bound);
                bound = value_of(table, chart, row, 0);
                const double middle = legend + BAR * (i + 0.5), length = room * (double)bound / (double)most;
                draw_label(pen, BAR_LABEL - 8, middle, LABEL_COLUMNS, 1,
                           qf_document_cell(table, row, chart->labels)->text);
                if (compared) {
                        const double other = room * (double)value_of(table, chart, row, 1) / (double)most;
                        pen->box(pen->ctx, BAR_LABEL, middle + 1, other, 4, QF_INK_SOFT);
                }
                pen->box(pen->ctx, BAR_LABEL, middle - (compared ? 7 : 5), length, compared ? 7 : 10,
                         QF_INK_STRONG);
                /* At the end of the bar that it is of, above the other where that is longer. */
                draw_number(pen, BAR_LABEL + length + 5, middle - (compared ? 9 : 7), SIZE, -1, bound);
        }
}

/* 1, 2 or 5 times a power of ten, TICKS of which reach the largest. */
static int64_t step_of(int64_t most)
{
        int64_t ten = 1;
        for (;; ten *= 10) {
                static const int64_t times[] = {1, 2, 5};
                for (unsigned i = 0; i < 3; i++)
                        if (ten * times[i] * TICKS >= most || ten > INT64_MAX / 100)
                                return ten * times[i];
        }
}

static double draw_axis(const struct qf_pen *pen, double top, double width, int64_t most, int64_t *ret_reach)
{
        const int64_t step = step_of(most), ticks = (most + step - 1) / step;
        const double bottom = top + PLOT;
        for (int64_t i = 0; i <= ticks; i++) {
                const double y = bottom - (PLOT - 12) * (double)i / (double)ticks;
                pen->box(pen->ctx, AXIS, y, width - AXIS, i ? 0.5 : 0.9, i ? QF_INK_LINE : QF_INK_SOFT);
                draw_number(pen, AXIS - 6, y - 6, SIZE - 0.5, 1, i * step);
        }
        *ret_reach = ticks * step;
        return bottom;
}

/* Months that are all of one year are said without it. */
static uint32_t shared_year(const struct qf_document_table *table, const struct qf_document_chart *chart)
{
        enum { YEAR = 5, MONTH = 7 };
        const struct qf_view first = qf_document_cell(table, 0, chart->labels)->text;
        for (uint32_t row = 0; row < qf_document_rows(table); row++) {
                const struct qf_view label = qf_document_cell(table, row, chart->labels)->text;
                if (label.len != MONTH || label.at[YEAR - 1] != '-' || memcmp(label.at, first.at, YEAR) != 0)
                        return 0;
        }
        return YEAR;
}

static void draw_columns(const struct qf_document_table *table, const struct qf_document_chart *chart,
                         double width, const struct qf_pen *pen)
{
        const uint32_t rows = qf_document_rows(table), year = shared_year(table, chart);
        const double slot = (width - AXIS) / rows, bar = slot * 0.62 / chart->series_count;
        int64_t reach;
        draw_legend(table, chart, width, pen);
        const double bottom =
                draw_axis(pen, chart->series_count > 1 ? LEGEND : 0, width, most_of(table, chart), &reach);
        for (uint32_t row = 0; row < rows; row++) {
                const double middle = AXIS + slot * (row + 0.5);
                for (uint32_t i = 0; i < chart->series_count; i++) {
                        /* What it is about stands last, at the right. */
                        const bool strong = i + 1 == chart->series_count;
                        const int64_t value = value_of(table, chart, row, chart->series_count - 1 - i);
                        const double height = (PLOT - 12) * (double)value / (double)reach,
                                     x = middle - bar * chart->series_count / 2 + bar * i;
                        pen->box(pen->ctx, x + 0.5, bottom - height, bar - 1, height,
                                 strong ? QF_INK_STRONG : QF_INK_SOFT);
                        if (strong && value && slot > 26)
                                draw_number(pen, x + bar / 2, bottom - height - 11, SIZE - 1.5, 0, value);
                }
                char room[TEXT_BYTES];
                const unsigned fits = (unsigned)(slot / (SIZE * 0.52));
                const struct qf_view label = qf_document_cell(table, row, chart->labels)->text;
                pen->text(pen->ctx, middle, bottom + 4, SIZE, 0, QF_INK_TEXT,
                          cut((struct qf_view){label.at + year, label.len - year}, fits < 4 ? 4 : fits, room,
                              sizeof(room)));
        }
}

static void draw_rings(const struct qf_document_table *table, const struct qf_document_chart *chart,
                       double width, const struct qf_pen *pen)
{
        const uint32_t shown = at_most(count_shown(table, chart), RINGS_MOST),
                       a_line = at_most(shown, RINGS_A_LINE);
        uint32_t at = 0;
        for (uint32_t row = 0; row < qf_document_rows(table) && at < shown; row++) {
                const struct qf_document_cell *cell = qf_document_cell(table, row, chart->series[0]);
                char percent[TEXT_BYTES];
                if (!is_ring(cell))
                        continue;
                const uint32_t line = at / a_line;
                const double x = width * (at % a_line + 0.5) / a_line, y = RING * line + 46;
                (void)snprintf(percent, sizeof(percent), "%.*s%%", (int)cell->plain.len, cell->plain.at);
                pen->ring(pen->ctx, x, y, 38, (double)cell->value / (double)cell->among);
                pen->text(pen->ctx, x, y - 11, 15, 0, QF_INK_STRONG, qf_view_of(percent));
                draw_label(pen, x, y + 53, LABEL_COLUMNS, 0,
                           qf_document_cell(table, row, chart->labels)->text);
                at++;
        }
}

void qf_chart_draw(const struct qf_document_table *table, const struct qf_document_chart *chart, double width,
                   const struct qf_pen *pen)
{
        if (!(qf_chart_height(table, chart, width) > 0))
                return;
        if (chart->kind == QF_CHART_BARS)
                draw_bars(table, chart, width, pen);
        else if (chart->kind == QF_CHART_COLUMNS)
                draw_columns(table, chart, width, pen);
        else
                draw_rings(table, chart, width, pen);
}
