/* Why: a worksheet says where each cell stands, of what type it is and how it is
 * shown, and leaves out what is empty; a table wants the text that a person sees. */
#include "qf/sheets/feed_xlsx_sheet.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "qf/sheets/feed_encoding.h"
#include "qf/sheets/feed_xlsx.h"
#include "qf/sheets/feed_xlsx_style.h"

struct format {
        uint32_t id;
        enum qf_xlsx_shape shape;
};

void qf_xlsx_book_deinit(struct qf_xlsx_book *book)
{
        qf_buffer_deinit(&book->text);
        qf_buffer_deinit(&book->strings);
        qf_buffer_deinit(&book->formats);
        qf_buffer_deinit(&book->shapes);
}

/* A reader of XML ends with what its callbacks gave, or with an outcome of its own. */
static int xml_outcome(int result)
{
        return result == QF_XML_DAMAGED ? QF_XLSX_DAMAGED : result;
}

static int table_outcome(int result)
{
        return result == QF_GRID_ORDER  ? QF_XLSX_DAMAGED
               : result == QF_GRID_FULL ? QF_XLSX_TOO_LARGE
                                        : result;
}

static bool number_of(const char *text, uint64_t most, uint64_t *ret_number)
{
        return text && qf_text_number(qf_view_of(text), most, ret_number);
}

/* --- text --------------------------------------------------------------- */

static uint32_t hex_of(const char *digits)
{
        uint32_t value = 0;
        for (uint32_t i = 0; i < 4; i++) {
                char c = digits[i];
                uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                                 : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                 : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                                                        : 16;
                if (digit == 16)
                        return UINT32_MAX;
                value = value << 4 | digit;
        }
        return value;
}

/* Spreadsheets write characters that XML can't hold as _x000D_. Controls go, but for tab and line break. In place. */
static uint32_t unescape(char *text, uint32_t len)
{
        uint32_t used = 0;
        for (uint32_t at = 0; at < len;) {
                uint32_t point = UINT32_MAX;
                if (len - at >= 7 && text[at] == '_' && text[at + 1] == 'x' && text[at + 6] == '_')
                        point = hex_of(text + at + 2);
                if (point == '_') { /* an underscore that is meant as one */
                        text[used++] = '_';
                        at += 7;
                } else if (point < ' ') {
                        if (point == '\t' || point == '\n')
                                text[used++] = (char)point;
                        at += 7;
                } else {
                        text[used++] = text[at++];
                }
        }
        return used;
}

/* As in a text file. In place. */
static uint32_t clean(char *text, uint32_t len)
{
        return (uint32_t)qf_encoding_clean(text, unescape(text, len));
}

static int append(struct qf_buffer *buffer, size_t begin, struct qf_view text)
{
        if (buffer->len - begin + text.len > QF_XLSX_CELL_BYTES)
                return QF_XLSX_DAMAGED;
        if (buffer->len + text.len > QF_GRID_TEXT_MAX)
                return QF_XLSX_TOO_LARGE;
        return qf_buffer_append(buffer, text.at, text.len);
}

/* --- shared strings ------------------------------------------------------ */

struct strings {
        struct qf_xlsx_book *book;
        size_t begin;
        bool in_text, in_phonetic;
};

static int string_begins(void *ctx, const char *name, const char *const *attributes)
{
        struct strings *strings = ctx;
        (void)attributes;
        if (strcmp(name, "si") == 0)
                strings->begin = strings->book->text.len;
        strings->in_text |= strcmp(name, "t") == 0;
        strings->in_phonetic |= strcmp(name, "rPh") == 0; /* how to pronounce it: no part of the text */
        return 0;
}

static int string_text(void *ctx, struct qf_view text)
{
        struct strings *strings = ctx;
        if (!strings->in_text || strings->in_phonetic)
                return 0;
        return append(&strings->book->text, strings->begin, text);
}

static int string_ends(void *ctx, const char *name)
{
        struct strings *strings = ctx;
        struct qf_xlsx_book *book = strings->book;
        strings->in_text &= strcmp(name, "t") != 0;
        strings->in_phonetic &= strcmp(name, "rPh") != 0;
        if (strcmp(name, "si") != 0)
                return 0;
        if (book->strings.len / sizeof(uint32_t) >= QF_XLSX_STRINGS_MAX)
                return QF_XLSX_TOO_LARGE;
        uint32_t len = (uint32_t)(book->text.len - strings->begin);
        if (len > 0)
                book->text.len = strings->begin + clean((char *)book->text.at + strings->begin, len);
        uint32_t end = (uint32_t)book->text.len;
        return qf_buffer_append(&book->strings, &end, sizeof(end));
}

int qf_xlsx_strings_read(struct qf_xlsx_book *book, struct qf_view part)
{
        struct strings strings = {.book = book};
        return xml_outcome(qf_xml_read(
                part, &(struct qf_xml_reader){&strings, string_begins, string_ends, string_text}));
}

static bool shared_string(const struct qf_xlsx_book *book, struct qf_view index, struct qf_view *ret_text)
{
        uint64_t i;
        uint32_t begin = 0, end;
        if (!qf_text_number(index, QF_XLSX_STRINGS_MAX, &i) || i >= book->strings.len / sizeof(uint32_t))
                return false;
        memcpy(&end, book->strings.at + i * sizeof(end), sizeof(end));
        if (i > 0)
                memcpy(&begin, book->strings.at + (i - 1) * sizeof(begin), sizeof(begin));
        *ret_text = (struct qf_view){(const char *)book->text.at + begin, end - begin};
        return true;
}

/* --- styles -------------------------------------------------------------- */

struct styles {
        struct qf_xlsx_book *book;
        bool in_cells; /* cellXfs; others are templates of them */
};

static enum qf_xlsx_shape shape_of(const struct qf_xlsx_book *book, uint32_t id)
{
        for (size_t i = 0; i < book->formats.len / sizeof(struct format); i++) {
                struct format format;
                memcpy(&format, book->formats.at + i * sizeof(format), sizeof(format));
                if (format.id == id)
                        return format.shape;
        }
        return qf_xlsx_shape_of_id(id);
}

static int style_begins(void *ctx, const char *name, const char *const *attributes)
{
        struct styles *styles = ctx;
        struct qf_xlsx_book *book = styles->book;
        uint64_t id = 0;
        styles->in_cells |= strcmp(name, "cellXfs") == 0;
        (void)number_of(qf_xml_attribute(attributes, "numFmtId"), UINT32_MAX, &id);
        if (strcmp(name, "numFmt") == 0) {
                const char *code = qf_xml_attribute(attributes, "formatCode");
                struct format format = {(uint32_t)id, qf_xlsx_shape_of_code(code ? code : "")};
                if (book->formats.len / sizeof(format) >= UINT16_MAX)
                        return QF_XLSX_TOO_LARGE;
                return qf_buffer_append(&book->formats, &format, sizeof(format));
        }
        if (!styles->in_cells || strcmp(name, "xf") != 0)
                return 0;
        uint8_t shape = (uint8_t)shape_of(book, (uint32_t)id);
        return book->shapes.len >= UINT16_MAX ? QF_XLSX_TOO_LARGE
                                              : qf_buffer_append(&book->shapes, &shape, sizeof(shape));
}

static int style_ends(void *ctx, const char *name)
{
        struct styles *styles = ctx;
        styles->in_cells &= strcmp(name, "cellXfs") != 0;
        return 0;
}

int qf_xlsx_styles_read(struct qf_xlsx_book *book, struct qf_view part)
{
        struct styles styles = {.book = book};
        return xml_outcome(
                qf_xml_read(part, &(struct qf_xml_reader){&styles, style_begins, style_ends, NULL}));
}

/* --- a sheet ------------------------------------------------------------- */

enum type { TYPE_NUMBER, TYPE_SHARED, TYPE_BOOL, TYPE_TEXT };

struct sheet {
        const struct qf_xlsx_book *book;
        struct qf_grid *grid;
        struct qf_buffer text; /* of the cell under way */
        uint32_t row, column;  /* of the cell under way; row counts from 0 once one began */
        uint32_t next_row;
        enum type type;
        enum qf_xlsx_shape shape;
        bool in_text, in_phonetic, is_formula;
        bool has_value; /* of the cell, though it may be empty */
        bool hidden;    /* the row, and nobody was told yet */
};

/* "AB12" → row 11, column 27; false: it is no place. */
static bool place_of(const char *text, uint32_t *ret_row, uint32_t *ret_column)
{
        uint32_t column = 0;
        uint64_t row;
        for (; *text >= 'A' && *text <= 'Z' && column < QF_GRID_COLUMNS_MAX; text++)
                column = column * 26 + (uint32_t)(*text - 'A' + 1);
        if (column == 0 || !number_of(text, UINT32_MAX, &row) || row == 0)
                return false;
        *ret_row = (uint32_t)(row - 1);
        *ret_column = column - 1;
        return true;
}

static int row_begins(struct sheet *sheet, const char *const *attributes)
{
        uint64_t row = sheet->next_row + 1;
        const char *said = qf_xml_attribute(attributes, "r");
        if (said && (!number_of(said, UINT32_MAX, &row) || row == 0))
                return QF_XLSX_DAMAGED;
        sheet->row = (uint32_t)row - 1;
        sheet->next_row = (uint32_t)row;
        sheet->column = UINT32_MAX; /* the next is 0 */
        sheet->hidden = qf_xml_is_true(qf_xml_attribute(attributes, "hidden"));
        return 0;
}

static enum type type_of(const char *said)
{
        if (!said || strcmp(said, "n") == 0)
                return TYPE_NUMBER;
        if (strcmp(said, "s") == 0)
                return TYPE_SHARED;
        return strcmp(said, "b") == 0 ? TYPE_BOOL : TYPE_TEXT; /* str, inlineStr, e, d */
}

static int cell_begins(struct sheet *sheet, const char *const *attributes)
{
        uint64_t style = 0;
        const char *said = qf_xml_attribute(attributes, "r");
        sheet->column++;
        if (said && !place_of(said, &sheet->row, &sheet->column))
                return QF_XLSX_DAMAGED;
        sheet->type = type_of(qf_xml_attribute(attributes, "t"));
        (void)number_of(qf_xml_attribute(attributes, "s"), UINT16_MAX, &style);
        sheet->shape = style < sheet->book->shapes.len ? (enum qf_xlsx_shape)sheet->book->shapes.at[style]
                                                       : QF_SHAPE_PLAIN;
        sheet->is_formula = sheet->has_value = sheet->in_text = sheet->in_phonetic = false;
        sheet->text.len = 0;
        return 0;
}

/* Of cells over several columns the first holds the text; of a single row nothing has to be filled. */
static int merge_begins(struct sheet *sheet, const char *const *attributes)
{
        const char *reference = qf_xml_attribute(attributes, "ref");
        const char *colon = reference ? strchr(reference, ':') : NULL;
        char first[32];
        struct qf_grid_merge merge;
        uint32_t last_column;
        if (!colon || (size_t)(colon - reference) >= sizeof(first))
                return 0;
        memcpy(first, reference, (size_t)(colon - reference));
        first[colon - reference] = '\0';
        if (!place_of(first, &merge.first, &merge.column) ||
            !place_of(colon + 1, &merge.last, &last_column) || merge.last <= merge.first)
                return 0;
        return table_outcome(qf_grid_merge(sheet->grid, &merge));
}

/* Counted from 1. */
static int columns_begin(struct sheet *sheet, const char *const *attributes)
{
        uint64_t first, last;
        if (!qf_xml_is_true(qf_xml_attribute(attributes, "hidden")) ||
            !number_of(qf_xml_attribute(attributes, "min"), UINT32_MAX, &first) ||
            !number_of(qf_xml_attribute(attributes, "max"), UINT32_MAX, &last) || first == 0 || last < first)
                return 0;
        return table_outcome(qf_grid_hide(sheet->grid, (uint32_t)first - 1, (uint32_t)last - 1));
}

static int sheet_begins(void *ctx, const char *name, const char *const *attributes)
{
        struct sheet *sheet = ctx;
        if (strcmp(name, "row") == 0)
                return row_begins(sheet, attributes);
        if (strcmp(name, "c") == 0)
                return cell_begins(sheet, attributes);
        if (strcmp(name, "col") == 0)
                return columns_begin(sheet, attributes);
        if (strcmp(name, "mergeCell") == 0)
                return merge_begins(sheet, attributes);
        sheet->is_formula |= strcmp(name, "f") == 0;
        sheet->has_value |= strcmp(name, "v") == 0;
        sheet->in_phonetic |= strcmp(name, "rPh") == 0;
        sheet->in_text |= strcmp(name, "v") == 0 || strcmp(name, "t") == 0;
        return 0;
}

static int sheet_text(void *ctx, struct qf_view text)
{
        struct sheet *sheet = ctx;
        return sheet->in_text && !sheet->in_phonetic ? append(&sheet->text, 0, text) : 0;
}

/* The text of the cell as people see it. */
static bool cell_value(struct sheet *sheet, char room[QF_XLSX_VALUE_ROOM], struct qf_view *ret_text)
{
        struct qf_view text = {(const char *)sheet->text.at, (uint32_t)sheet->text.len};
        switch (sheet->type) {
        case TYPE_SHARED: return shared_string(sheet->book, text, ret_text);
        case TYPE_BOOL:
                *ret_text = qf_view_same(text, QF_VIEW("1")) ? QF_VIEW("TRUE") : QF_VIEW("FALSE");
                break;
        case TYPE_NUMBER: *ret_text = qf_xlsx_value(text, sheet->shape, sheet->book->epoch_1904, room); break;
        default:
                text.len = clean((char *)sheet->text.at, text.len);
                *ret_text = text;
                break;
        }
        return true;
}

/* =IF(A2="","",1) gives a text of none; a number of none is what programs write that work nothing out. */
static bool is_empty_result(const struct sheet *sheet)
{
        return sheet->has_value && sheet->type == TYPE_TEXT;
}

static int remark(const struct sheet *sheet, enum qf_grid_mark mark)
{
        uint32_t column = mark == QF_MARK_HIDDEN ? 0 : sheet->column;
        return table_outcome(qf_grid_remark(sheet->grid, sheet->row, column, mark));
}

static int cell_ends(struct sheet *sheet)
{
        char room[QF_XLSX_VALUE_ROOM];
        struct qf_view text;
        int result = 0;
        if (sheet->text.len == 0)
                return sheet->is_formula && !is_empty_result(sheet) ? remark(sheet, QF_MARK_NO_RESULT) : 0;
        if (!cell_value(sheet, room, &text))
                return QF_XLSX_DAMAGED;
        if (text.len == 0)
                return 0;
        if (sheet->hidden) {
                sheet->hidden = false;
                result = remark(sheet, QF_MARK_HIDDEN);
        }
        if (result == 0 && sheet->is_formula)
                result = remark(sheet, QF_MARK_FORMULA);
        if (result == 0 && sheet->type == TYPE_NUMBER && sheet->shape == QF_SHAPE_NO_YEAR)
                result = remark(sheet, QF_MARK_NO_YEAR);
        if (result == 0)
                result = table_outcome(qf_grid_put(sheet->grid, sheet->row, sheet->column, text));
        return result;
}

static int sheet_ends(void *ctx, const char *name)
{
        struct sheet *sheet = ctx;
        if (strcmp(name, "c") == 0)
                return cell_ends(sheet);
        sheet->in_phonetic &= strcmp(name, "rPh") != 0;
        sheet->in_text &= strcmp(name, "v") != 0 && strcmp(name, "t") != 0;
        return 0;
}

int qf_xlsx_sheet_read(const struct qf_xlsx_book *book, struct qf_view part, struct qf_grid *grid)
{
        struct sheet sheet = {.book = book, .grid = grid, .column = UINT32_MAX};
        int result = xml_outcome(
                qf_xml_read(part, &(struct qf_xml_reader){&sheet, sheet_begins, sheet_ends, sheet_text}));
        qf_buffer_deinit(&sheet.text);
        if (result == 0)
                qf_grid_sort(grid);
        if (book->epoch_1904)
                qf_grid_count_from_1904(grid);
        return result;
}
