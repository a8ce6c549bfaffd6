/* Why: the table of a section stands at the top of its sheet, its head frozen, so that it is worked with; what is said
 * about it, and its charts, stand below. */
#include "render/sheet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "qf/cli/text_table.h"
#include "qf/reports/document_chart.h"
#include "qf/reports/document_forms.h"

enum {
        PAPER_A4 = 9,
        NAME_CHARACTERS = 31,
        WIDTH_LEAST = 9,
        WIDTH_MOST = 42,
        CHART_HEIGHT = 300,
        CHART_WIDTH = 760,
        CHART_HALF = 500,
        PAGE_HEIGHT = 550, /* below the rows that are on each page */
        ROW_HEIGHT = 18,
        ROW_HIGHEST = 409, /* Excel's */
        LINE_HEIGHT = 14,
        BAR_PIXELS = 22,
        BAR_SMALL = 16, /* lower than this its name is smaller */
        ROWS_FILTERED = 20,
        ROWS_TAIL = 6, /* of a table, at least, with what is said about it, are on its last page */
        PAGES_COUNTED = 6,
        FILTER_WIDTH = 2, /* of its button */
        RATE_WIDTH = 12,
        HEAD_WIDTH = 16 /* of the name of a column of numbers; a longer one is broken */
};

/* Points: what a page holds, a title's row, a row that was not set, a character's width. A page that is as full as this
 * of what another begins is narrowed to hold it. */
#define PRINTED_WIDE 755.0
#define PRINTED_HIGH 494.0
#define TITLE_HIGH 30.0
#define PLAIN_HIGH 15.0
#define CHARACTER_WIDE 5.4
#define PIXEL 0.75
#define NARROWED 0.66 /* to one page */
#define TAIL 0.25

/* --- the book --------------------------------------------------------------------------- */

/* The bytes of its first characters that are so many units of UTF-16. */
static uint32_t cell_bytes(struct qf_view text, uint32_t units)
{
        uint32_t at = 0;
        for (; at < text.len; at++) {
                const uint8_t byte = (uint8_t)text.at[at];
                const uint32_t takes = (byte & 0xc0) == 0x80 ? 0 : byte >= 0xf0 ? 2 : 1;
                if (takes > units)
                        break;
                units -= takes;
        }
        return at;
}

const char *book_text(struct book *book, struct qf_view text)
{
        const bool whole = cell_bytes(text, SHEET_CELL_UNITS) == text.len;
        const uint32_t bytes = whole ? text.len : cell_bytes(text, SHEET_CELL_UNITS - 1);
        (void)snprintf(book->scratch, sizeof(book->scratch), "%.*s%s", (int)bytes, bytes ? text.at : "",
                       whole ? "" : "…");
        return book->scratch;
}

void book_sheet_name(struct qf_view heading, char ret_name[SHEET_NAME_BYTES])
{
        size_t len = 0;
        for (uint32_t i = 0, characters = 0; i < heading.len && len + 1 < SHEET_NAME_BYTES; i++) {
                characters += ((uint8_t)heading.at[i] & 0xc0) != 0x80;
                if (characters > NAME_CHARACTERS)
                        break;
                ret_name[len++] = strchr("[]:*?/\\'", heading.at[i]) ? '-' : heading.at[i];
        }
        ret_name[len] = '\0';
}

double book_number(struct qf_view plain)
{
        double value = 0, part = 0;
        bool negative = false;
        for (uint32_t i = 0; i < plain.len; i++) {
                if (plain.at[i] == '-')
                        negative = true;
                else if (plain.at[i] == '.')
                        part = 1;
                else if (plain.at[i] >= '0' && plain.at[i] <= '9') {
                        value = value * 10 + (plain.at[i] - '0');
                        part *= 10;
                }
        }
        value /= part > 0 ? part : 1;
        return negative ? -value : value;
}

lxw_worksheet *book_sheet(struct book *book, struct qf_view heading)
{
        char name[SHEET_NAME_BYTES];
        book_sheet_name(heading, name);
        lxw_worksheet *sheet = workbook_add_worksheet(book->workbook, name);
        if (!sheet) { /* the name is taken: a name of its own */
                book->error = LXW_ERROR_SHEETNAME_ALREADY_USED;
                sheet = workbook_add_worksheet(book->workbook, NULL);
        }
        worksheet_gridlines(sheet, LXW_HIDE_ALL_GRIDLINES);
        return sheet;
}

double sheet_wide(struct book *book, lxw_worksheet *sheet, lxw_row_t row, unsigned columns, double width,
                  struct qf_view text, lxw_format *format)
{
        if (columns > 1)
                worksheet_merge_range(sheet, row, 0, row, (lxw_col_t)(columns - 1), book_text(book, text),
                                      format);
        else
                worksheet_write_string(sheet, row, 0, book_text(book, text), format);
        return width > 0 ? sheet_height(sheet, row, sheet_lines(text, width * columns)) : 0;
}

static void escape_footer(struct qf_view text, char *room, size_t room_bytes)
{
        size_t len = 0;
        for (uint32_t i = 0; i < text.len && len + 3 < room_bytes; i++) {
                room[len++] = text.at[i];
                if (text.at[i] == '&')
                        room[len++] = '&';
        }
        room[len] = '\0';
}

void sheet_print(struct book *book, lxw_worksheet *sheet, lxw_row_t head)
{
        char title[160], footer[255];
        const struct qf_view said = book->document->title;
        escape_footer((struct qf_view){said.at, said.len < 90 ? said.len : 0}, title, sizeof(title));
        (void)snprintf(footer, sizeof(footer),
                       book->document->chinese ? "&L&8 %s&C&8 第 &P 页，共 &N 页"
                                               : "&L&8 %s&C&8 Page &P of &N",
                       title); /* a digit after &8 would be part of it */
        worksheet_set_landscape(sheet);
        worksheet_set_paper(sheet, PAPER_A4);
        worksheet_fit_to_pages(sheet, 1, head ? 0 : 1);
        worksheet_set_margins(sheet, 0.6, 0.6, 0.7, 0.7);
        worksheet_center_horizontally(sheet);
        worksheet_set_footer(sheet, footer);
        if (head)
                worksheet_repeat_rows(sheet, 0, head);
}

/* --- a section's table --------------------------------------------------------------------- */

struct sheet {
        struct book *book;
        lxw_worksheet *sheet;
        const struct qf_document_table *table;
        lxw_row_t head, row; /* of the columns' names; the next free one */
        double above, below; /* points of the rows that are on every page, and of those after them */
        double widths[QF_TABLE_COLUMNS_MAX];
};

/* A rate is three columns. */
static lxw_col_t column_at(const struct qf_document_table *table, uint32_t column)
{
        lxw_col_t at = 0;
        for (uint32_t i = 0; i < column; i++)
                at = (lxw_col_t)(at + (table->columns[i].rate ? 3 : 1));
        return at;
}

/* A total that is the sum of its column is so as a formula. */
static bool is_sum(const struct qf_document_table *table, uint32_t column)
{
        int64_t sum = 0;
        const uint32_t rows = qf_document_rows(table);
        for (uint32_t row = 0; row < rows; row++) {
                const struct qf_document_cell *cell = qf_document_cell(table, row, column);
                if (cell->kind != QF_CELL_NUMBER || __builtin_add_overflow(sum, cell->value, &sum))
                        return false;
        }
        return rows && sum == qf_document_cell(table, rows, column)->value;
}

static void put_number(struct sheet *sheet, lxw_col_t at, int64_t value, bool total)
{
        worksheet_write_number(sheet->sheet, sheet->row, at, (double)value,
                               sheet->book->cells[total][QF_CELL_NUMBER]);
}

static void put_sum(struct sheet *sheet, lxw_col_t at, int64_t value)
{
        char formula[96], first[LXW_MAX_CELL_NAME_LENGTH], last[LXW_MAX_CELL_NAME_LENGTH];
        lxw_rowcol_to_cell(first, sheet->head + 1, at);
        lxw_rowcol_to_cell(last, sheet->row - 1, at);
        (void)snprintf(formula, sizeof(formula), "=SUM(%s:%s)", first, last);
        worksheet_write_formula_num(sheet->sheet, sheet->row, at, formula,
                                    sheet->book->cells[1][QF_CELL_NUMBER], (double)value);
}

/* "promised 23" is the number 23, whose format has the word. */
static void put_said_number(struct sheet *sheet, lxw_col_t at, const struct qf_document_cell *cell)
{
        char format[SHEET_TEXT_BYTES];
        uint32_t word = 0;
        while (word < cell->text.len && !strchr("0123456789-", cell->text.at[word]))
                word++;
        if (!word || memchr(cell->text.at, '"', word)) {
                put_number(sheet, at, cell->value, false);
                return;
        }
        (void)snprintf(format, sizeof(format), "\"%.*s\"#,##0", (int)word, cell->text.at);
        worksheet_write_number(sheet->sheet, sheet->row, at, (double)cell->value,
                               book_number_format(sheet->book, format));
}

static void put_nothing(struct sheet *sheet, lxw_col_t at, struct qf_view text, bool total)
{
        const enum qf_document_kind kind =
                at ? QF_CELL_NOTHING : QF_CELL_WORDS; /* a name that is not stated is one */
        worksheet_write_string(sheet->sheet, sheet->row, at, book_text(sheet->book, text),
                               sheet->book->cells[total][kind]);
}

static void put_rate(struct sheet *sheet, lxw_col_t at, const struct qf_document_cell *cell, bool total)
{
        char formula[96], k[LXW_MAX_CELL_NAME_LENGTH], n[LXW_MAX_CELL_NAME_LENGTH];
        if (cell->kind != QF_CELL_RATE) {
                for (lxw_col_t i = 0; i < 3; i++)
                        put_nothing(sheet, at + i, cell->text, total);
                return;
        }
        put_number(sheet, at, cell->value, total);
        put_number(sheet, at + 1, cell->among, total);
        if (!cell->plain.len) {
                put_nothing(sheet, at + 2, QF_VIEW("—"), total);
                return;
        }
        if (sheet->table->rounding == QF_HALF_EVEN) { /* ROUND of a workbook is half up */
                worksheet_write_number(sheet->sheet, sheet->row, at + 2, book_number(cell->plain) / 100,
                                       sheet->book->cells[total][QF_CELL_RATE]);
                return;
        }
        lxw_rowcol_to_cell(k, sheet->row, at);
        lxw_rowcol_to_cell(n, sheet->row, at + 1);
        (void)snprintf(formula, sizeof(formula), "=ROUND(%s/%s,3)", k, n);
        worksheet_write_formula_num(sheet->sheet, sheet->row, at + 2, formula,
                                    sheet->book->cells[total][QF_CELL_RATE], book_number(cell->plain) / 100);
}

/* Days and years are calculated with; a month is neither. */
static void put_date(struct sheet *sheet, lxw_col_t at, const struct qf_document_cell *cell,
                     lxw_format *format)
{
        const int date = (int)cell->value;
        lxw_datetime day = {0};

        day.year = date / 10000;
        day.month = date / 100 % 100;
        day.day = date % 100;
        if (!day.month)
                worksheet_write_number(sheet->sheet, sheet->row, at, day.year, sheet->book->year);
        else if (day.day)
                worksheet_write_datetime(sheet->sheet, sheet->row, at, &day, format);
        else
                worksheet_write_string(sheet->sheet, sheet->row, at, book_text(sheet->book, cell->text),
                                       sheet->book->cells[0][QF_CELL_WORDS]);
}

static void put_cell(struct sheet *sheet, uint32_t column, const struct qf_document_cell *cell, bool total)
{
        lxw_format *format = sheet->book->cells[total][cell->kind];
        const lxw_col_t at = column_at(sheet->table, column);
        if (sheet->table->columns[column].rate) {
                put_rate(sheet, at, cell, total);
                return;
        }
        switch (cell->kind) {
        case QF_CELL_NUMBER:
                if (total && is_sum(sheet->table, column))
                        put_sum(sheet, at, cell->value);
                else if (total)
                        put_number(sheet, at, cell->value, true);
                else
                        put_said_number(sheet, at, cell);
                break;
        case QF_CELL_DECIMAL:
                worksheet_write_number(sheet->sheet, sheet->row, at, book_number(cell->plain), format);
                break;
        case QF_CELL_PERCENT:
                worksheet_write_number(sheet->sheet, sheet->row, at, book_number(cell->plain) / 100, format);
                break;
        case QF_CELL_DATE: put_date(sheet, at, cell, format); break;
        case QF_CELL_RATE:
        case QF_CELL_NOTHING: put_nothing(sheet, at, cell->text, total); break;
        case QF_CELL_WORDS:
                worksheet_write_string(sheet->sheet, sheet->row, at, book_text(sheet->book, cell->text),
                                       sheet->table->columns[column].right
                                               ? sheet->book->cells[total][QF_CELL_NOTHING]
                                               : format);
                break;
        }
}

static double width_of(const struct qf_document_table *table, uint32_t column)
{
        double width = qf_text_columns(table->columns[column].label);
        width = width > HEAD_WIDTH && table->columns[column].right ? HEAD_WIDTH : width;
        for (uint32_t row = 0; row < table->rows_count; row++) {
                const double cell = qf_text_columns(qf_document_cell(table, row, column)->text);
                width = cell > width ? cell : width;
        }
        width = width * 1.1 + 2;
        return width < WIDTH_LEAST ? WIDTH_LEAST : width > WIDTH_MOST ? WIDTH_MOST : width;
}

/* Of each of its three columns: its name and " k" or " 分子". */
static double rate_width(struct qf_view label, bool chinese)
{
        const double name = qf_text_columns(label) + (chinese ? 5 : 2);
        return fmax(RATE_WIDTH, fmin(name, HEAD_WIDTH) * 1.1 + 0.5);
}

double sheet_height(lxw_worksheet *sheet, lxw_row_t row, unsigned lines)
{
        const double high = lines > 1 ? fmin(LINE_HEIGHT * lines + 4, ROW_HIGHEST) : ROW_HEIGHT;
        worksheet_set_row(sheet, row, high, NULL);
        return high;
}

unsigned sheet_lines(struct qf_view text, double width)
{
        return 1 + (unsigned)(qf_text_columns(text) * 1.1 / width);
}

/* As many lines as its longest name takes. */
static void put_height(struct sheet *sheet, uint32_t row)
{
        unsigned lines = 1;
        for (uint32_t i = 0; i < sheet->table->columns_count; i++) {
                const unsigned needs =
                        sheet->table->columns[i].right
                                ? 1
                                : sheet_lines(qf_document_cell(sheet->table, row, i)->text, sheet->widths[i]);
                lines = needs > lines ? needs : lines;
        }
        sheet->below += sheet_height(sheet->sheet, sheet->row, lines);
}

/* What is looked through can be filtered. */
static bool is_long(const struct qf_document_table *table)
{
        return qf_document_rows(table) > ROWS_FILTERED;
}

static double put_head(struct sheet *sheet)
{
        static const char *const said[][3] = {{" k", " n", " %"}, {" 分子", " 分母", " %"}};
        const char *const *parts = said[sheet->book->document->chinese];
        double all = 0;
        unsigned lines = 1;
        for (uint32_t i = 0; i < sheet->table->columns_count; i++) {
                const struct qf_document_column *column = &sheet->table->columns[i];
                const lxw_col_t at = column_at(sheet->table, i);
                const double width =
                        column->rate ? rate_width(column->label, sheet->book->document->chinese)
                                     : width_of(sheet->table, i) + (is_long(sheet->table) ? FILTER_WIDTH : 0);
                sheet->widths[i] = width;
                char label[256];
                for (lxw_col_t part = 0; part < (column->rate ? 3 : 1); part++) {
                        (void)snprintf(label, sizeof(label), "%.*s%s", (int)column->label.len,
                                       column->label.at, column->rate ? parts[part] : "");
                        worksheet_write_string(sheet->sheet, sheet->head, at + part, label,
                                               column->right ? sheet->book->head_right : sheet->book->head);
                        worksheet_set_column(sheet->sheet, at + part, at + part, width, NULL);
                        all += width;
                        lines = sheet_lines(qf_view_of(label), width) > lines
                                        ? sheet_lines(qf_view_of(label), width)
                                        : lines;
                }
        }
        sheet->above += sheet_height(sheet->sheet, sheet->head, lines);
        worksheet_freeze_panes(sheet->sheet, sheet->head + 1, 1);
        return all;
}

/* --- its charts ---------------------------------------------------------------------------- */

struct shown { /* rows of the table */
        uint32_t first, last;
};

static struct shown rows_of(const struct sheet *sheet, const struct qf_document_chart *said)
{
        struct shown shown = {0};
        uint32_t rows = qf_document_rows(sheet->table);
        if (said->kind == QF_CHART_RINGS &&
            qf_document_rings(sheet->table, said, &shown.first, &shown.last) > 0)
                return shown;
        while (rows > 1 && qf_document_cell(sheet->table, rows - 1, said->labels)->kind == QF_CELL_NOTHING)
                rows--; /* what is not stated stands last */
        return (struct shown){0, rows ? rows - 1 : 0};
}

static void add_series(struct sheet *sheet, lxw_chart *chart, const struct qf_document_chart *said,
                       uint32_t column, bool strong)
{
        const struct shown rows = rows_of(sheet, said);
        const lxw_row_t first = sheet->head + 1 + rows.first, last = sheet->head + 1 + rows.last;
        const lxw_col_t labels = column_at(sheet->table, said->labels),
                        values = (lxw_col_t)(column_at(sheet->table, column) +
                                             (sheet->table->columns[column].rate ? 2 : 0));
        lxw_chart_fill fill = {.color = qf_ink_rgb(strong ? QF_INK_STRONG : QF_INK_SOFT)};
        lxw_chart_font font = {.size = 8, .color = 0x3F3A37};
        lxw_chart_series *series = chart_add_series(chart, NULL, NULL);
        chart_series_set_categories(series, sheet->sheet->name, first, labels, last, labels);
        chart_series_set_values(series, sheet->sheet->name, first, values, last, values);
        chart_series_set_name_range(series, sheet->sheet->name, sheet->head, values);
        chart_series_set_fill(series, &fill);
        if (strong) {
                chart_series_set_labels(series);
                chart_series_set_labels_font(series, &font);
        }
}

/* In pixels. One that is somewhat higher than a page is as high as the page. */
static double chart_height(const struct sheet *sheet, const struct qf_document_chart *said)
{
        const struct shown shown = rows_of(sheet, said);
        const double needed = (shown.last - shown.first + 1) * BAR_PIXELS + 110,
                     least = said->kind == QF_CHART_RINGS ? 0 : CHART_HEIGHT;
        if (said->kind == QF_CHART_COLUMNS || needed < least)
                return CHART_HEIGHT;
        return needed > PAGE_HEIGHT && needed < PAGE_HEIGHT * 1.7 ? PAGE_HEIGHT : needed;
}

/* at: which of so many; they stand side by side. */
static void put_chart(struct sheet *sheet, const struct qf_document_chart *said, uint32_t at, uint32_t count)
{
        const bool columns = said->kind == QF_CHART_COLUMNS;
        const double high = chart_height(sheet, said);
        lxw_chart *chart =
                workbook_add_chart(sheet->book->workbook, columns ? LXW_CHART_COLUMN : LXW_CHART_BAR);
        const uint32_t bars = rows_of(sheet, said).last - rows_of(sheet, said).first + 1;
        lxw_chart_font title = {.size = 11, .bold = LXW_TRUE}, small = {.size = 8},
                       names = {.size = !columns && (high - 110) / bars < BAR_SMALL ? 6.5 : 8};
        lxw_chart_line grid = {.color = qf_ink_rgb(QF_INK_LINE), .width = 0.5f};
        lxw_chart_line unseen = {.none = LXW_TRUE};
        const int width = count > 1 ? CHART_HALF : CHART_WIDTH;
        lxw_chart_options place = {.object_position = LXW_OBJECT_MOVE_DONT_SIZE,
                                   .x_offset = 4 + (int)at * (width + 16),
                                   .y_offset = 4};
        for (uint32_t i = said->series_count; i-- > 0;)
                add_series(sheet, chart, said, said->series[i], i == 0);
        chart_title_set_name(chart, book_text(sheet->book, said->title));
        chart_title_set_name_font(chart, &title);
        chart_axis_set_num_font(chart->x_axis, &small);
        chart_axis_set_num_font(chart->y_axis, columns ? &small : &names);
        /* Of a bar chart the y axis is the one of the names, at the left. */
        lxw_chart_axis *values = columns ? chart->y_axis : chart->x_axis;
        chart_axis_major_gridlines_set_line(values, &grid);
        chart_chartarea_set_line(chart, &unseen);
        chart_axis_set_num_format(values, "#,##0");
        if (!columns) {
                chart_axis_set_reverse(chart->y_axis);
                chart_axis_set_interval_unit(chart->y_axis, 1); /* each is named */
                chart_axis_set_crossing_max(chart->y_axis);     /* the numbers below, not above */
        }
        chart_axis_set_min(values, 0); /* or a small difference looks like a large one */
        if (said->kind == QF_CHART_RINGS) {
                chart_axis_set_max(values, 1);
                chart_axis_set_num_format(values, "0%");
        }
        if (said->series_count > 1)
                chart_legend_set_position(chart, LXW_CHART_LEGEND_BOTTOM);
        else
                chart_legend_set_position(chart, LXW_CHART_LEGEND_NONE);
        chart_set_series_gap(chart, 60);
        place.x_scale = width / 480.0;
        place.y_scale = high / 288.0;
        worksheet_insert_chart_opt(sheet->sheet, sheet->row, 0, chart, &place);
}

/* Pages of so many points that hold so much: what would be the beginning of another is narrowed into them. */
static uint16_t pages_of(double high, double page)
{
        const double pages = fmax(1, floor(high / page + 1 - TAIL));
        return pages < PAGES_COUNTED ? (uint16_t)pages : 0; /* 0: as many as it takes */
}

/* The sheet is on one page, or else its charts are on a page of their own: never torn. wide: points of its columns. */
static void put_pages(struct sheet *sheet, const struct qf_document_section *section, double wide,
                      double charts)
{
        const double beside = section->charts_count > 1 ? 2 * CHART_HALF
                              : section->charts_count   ? CHART_WIDTH
                                                        : 0,
                     scale = fmin(1, PRINTED_WIDE / fmax(wide, beside * PIXEL)),
                     page = PRINTED_HIGH / scale - sheet->above;
        if (PRINTED_HIGH >= (sheet->above + sheet->below + charts) * fmin(NARROWED, scale))
                worksheet_fit_to_pages(sheet->sheet, 1, 1);
        else if (charts == 0)
                worksheet_fit_to_pages(sheet->sheet, 1, pages_of(sheet->below, page));
        else { /* where a sheet is to be so many pages high, its breaks are not kept */
                const bool tail = fmod(sheet->below, page) < ROWS_TAIL * ROW_HEIGHT && sheet->below > page;
                worksheet_set_h_pagebreaks(sheet->sheet,
                                           tail ? (lxw_row_t[]){sheet->row - ROWS_TAIL, sheet->row, 0}
                                                : (lxw_row_t[]){sheet->row, 0});
        }
}

/* Gives their points. */
static double put_charts(struct sheet *sheet, const struct qf_document_section *section)
{
        double high = 0;
        for (uint32_t i = 0; i < section->charts_count; i++) {
                high = fmax(high, chart_height(sheet, &section->charts[i]));
                put_chart(sheet, &section->charts[i], i, section->charts_count);
        }
        return high * PIXEL;
}

/* --- a section ------------------------------------------------------------------------------- */

static void put_lines(struct sheet *sheet, const struct qf_document_lines *lines, double width,
                      lxw_format *format)
{
        const unsigned columns =
                sheet->table->columns_count ? column_at(sheet->table, sheet->table->columns_count) : 1;
        for (uint32_t i = 0; i < lines->count; i++)
                sheet->below += sheet_wide(sheet->book, sheet->sheet, sheet->row++, columns, width / columns,
                                           lines->at[i], format);
}

/* Of a report that is one sheet: nothing stands before it that says it. */
static void put_whose(struct sheet *sheet)
{
        const struct qf_document *document = sheet->book->document;
        const struct qf_view said[] = {document->programme, document->whose, document->period};
        for (unsigned i = 0; document->sections_count == 1 && i < sizeof(said) / sizeof(said[0]); i++)
                if (said[i].len)
                        worksheet_write_string(sheet->sheet, ++sheet->head, 0,
                                               book_text(sheet->book, said[i]), sheet->book->line);
}

void sheet_section(struct book *book, const struct qf_document_section *section)
{
        struct sheet sheet = {
                .book = book, .sheet = book_sheet(book, section->heading), .table = &section->table};
        double width = 100;
        worksheet_set_row(sheet.sheet, 0, TITLE_HIGH, NULL);
        worksheet_write_string(sheet.sheet, 0, 0, book_text(book, section->heading), book->title);
        if (book->document->stamp.len)
                worksheet_write_string(sheet.sheet, ++sheet.head, 0, book_text(book, book->document->stamp),
                                       book->stamp);
        put_whose(&sheet);
        sheet.above = TITLE_HIGH + sheet.head * PLAIN_HIGH;
        sheet.row = ++sheet.head + 1;
        if (section->table.columns_count)
                width = put_head(&sheet);
        for (uint32_t row = 0; row < section->table.rows_count; row++, sheet.row++) {
                put_height(&sheet, row);
                for (uint32_t i = 0; i < section->table.columns_count; i++)
                        put_cell(&sheet, i, qf_document_cell(&section->table, row, i),
                                 row == qf_document_rows(&section->table));
        }
        if (section->table.rows_count) {
                const lxw_col_t last = column_at(sheet.table, sheet.table->columns_count) - 1;
                char range[2 * LXW_MAX_CELL_NAME_LENGTH];
                if (is_long(sheet.table))
                        worksheet_autofilter(sheet.sheet, sheet.head, 0,
                                             sheet.head + qf_document_rows(sheet.table), last);
                /* A name may consist of digits, and is one. */
                lxw_rowcol_to_range(range, sheet.head + 1, 0, sheet.row - 1, last);
                worksheet_ignore_errors(sheet.sheet, LXW_IGNORE_NUMBER_STORED_AS_TEXT, range);
        }
        if (!section->table.rows_count && section->table.columns_count)
                worksheet_write_string(sheet.sheet, sheet.row++, 0,
                                       qf_document_words(book->document->chinese)->nothing, book->grey);
        sheet.row++;
        put_lines(&sheet, &section->lines, width, book->text);
        put_lines(&sheet, &section->notes, width, book->grey);
        sheet.row++;
        sheet.below += 2 * PLAIN_HIGH;
        sheet_print(book, sheet.sheet, sheet.head);
        put_pages(&sheet, section, width * CHARACTER_WIDE, put_charts(&sheet, section));
}
