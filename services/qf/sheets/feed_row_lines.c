/* Why: what stands below a header is not all records. Totals are promises of the
 * clerk to hold the rows against; headers of a second page, names of groups and
 * signatures are none. Whatever is not read is said, so that nothing is lost unseen. */
#include "qf/sheets/feed_rows_parts.h"

static const struct qf_grid *grid_of(const struct qf_rows *rows)
{
        return rows->options.grid;
}

static uint32_t texts_in_row(const struct qf_rows *rows)
{
        uint32_t count = qf_grid_cells(grid_of(rows), rows->row), texts = 0;
        for (uint32_t i = 0; i < count; i++)
                texts += qf_grid_cell(grid_of(rows), rows->row, i).len > 0;
        return texts;
}

/* --- totals --------------------------------------------------------------- */

/* A line of totals holds 人次 in its column, and perhaps "40场" anywhere. */
static void read_total(const struct qf_rows *rows, struct qf_control_total *control)
{
        int32_t attendances = rows->options.binding->by_field[QF_FIELD_ATTENDANCES];
        int32_t sessions = rows->options.binding->by_field[QF_FIELD_SESSIONS];

        for (uint32_t i = 0; i < qf_grid_cells(grid_of(rows), rows->row); i++) {
                struct qf_view cell = qf_grid_cell(grid_of(rows), rows->row, i);
                bool is_activities = (int32_t)i == sessions ||
                                     (cell.len > 3 && memcmp(cell.at + cell.len - 3, "场", 3) == 0);
                if ((int32_t)i == attendances)
                        control->has_attendances =
                                qf_cell_number(cell, UINT32_MAX, &control->attendances) == 0;
                else if (is_activities && !control->has_activities)
                        control->has_activities = qf_cell_number(cell, UINT32_MAX, &control->activities) == 0;
        }
}

static void add_control(struct qf_rows *rows, uint32_t first_line, uint32_t last_line)
{
        struct qf_control_total control = {
                .line = rows->row + 1, .first_line = first_line, .last_line = last_line};
        if (!rows->options.map->kind) /* of other kinds no sums are told */
                read_total(rows, &control);
        int result = qf_buffer_append(&rows->controls, &control, sizeof(control));
        if (result)
                rows->result = result;
}

/* A total holds for the rows above it; one that stands above all of them holds for those below. */
static void take_total(struct qf_rows *rows)
{
        uint32_t below_header = rows->options.binding->header_row + 2;
        if (rows->data_rows == 0) {
                add_control(rows, rows->row + 2, UINT32_MAX);
                return;
        }
        add_control(rows, below_header, rows->row);
        rows->total_row = rows->row;
}

static void take_subtotal(struct qf_rows *rows)
{
        if (rows->section < rows->row)
                add_control(rows, rows->section + 1, rows->row);
        rows->section = rows->row + 1;
}

/* --- lines that are no records ---------------------------------------------- */

static bool is_header(const struct qf_rows *rows)
{
        uint32_t same = 0;
        for (uint32_t i = 0; i < qf_grid_cells(grid_of(rows), rows->row); i++) {
                struct qf_view cell = qf_grid_cell(grid_of(rows), rows->row, i);
                if (cell.len > 0 && !qf_cell_same(cell, qf_rows_header(rows, (int32_t)i)))
                        return false;
                same += cell.len > 0;
        }
        return same >= 3;
}

static enum qf_field field_of(const struct qf_rows *rows, uint32_t column)
{
        const struct qf_binding *binding = rows->options.binding;
        return column < binding->columns_count ? binding->columns[column].field : QF_FIELD_NONE;
}

/* One text alone, where no record could begin with it: the name of a group, a signature. */
static bool is_remark(const struct qf_rows *rows, struct qf_view text, uint32_t column)
{
        if (texts_in_row(rows) != 1 || !rows->options.map->is_template)
                return false;
        switch (field_of(rows, column)) {
        case QF_FIELD_NONE:
        case QF_FIELD_OURS:
        case QF_FIELD_VALUE:
        case QF_FIELD_NOTE: return true;
        default: return memmem(text.at, text.len, "：", 3) != NULL || memchr(text.at, ':', text.len) != NULL;
        }
}

static enum qf_line not_read(struct qf_rows *rows, enum qf_note_code code, struct qf_view got)
{
        struct qf_note note = {.code = code, .line = rows->row + 1, .got = got};
        qf_rows_note(rows, &note);
        return QF_LINE_NOT_READ;
}

/* Whatever its date, since that may be what is wrong with it. */
static enum qf_line look_below_total(struct qf_rows *rows, struct qf_view first)
{
        if (qf_cell_total(first) != QF_TOTAL_NONE)
                return QF_LINE_NOT_READ;
        if (texts_in_row(rows) < 2 || qf_cell_is_label(first)) /* signatures */
                return not_read(rows, QF_NOTE_NO_RECORD, first);
        struct qf_note note = {
                .code = QF_NOTE_BELOW_TOTAL, .line = rows->row + 1, .got = first, .a = rows->total_row + 1};
        qf_rows_note(rows, &note);
        return QF_LINE_BELOW_TOTAL;
}

enum qf_line qf_rows_look_at_line(struct qf_rows *rows)
{
        uint32_t column = 0;
        struct qf_view first = qf_grid_first_text(grid_of(rows), rows->row, &column);
        if (first.len == 0)
                return QF_LINE_NOT_READ;
        if (rows->total_row)
                return look_below_total(rows, first);
        switch (qf_cell_total(first)) {
        case QF_TOTAL_ALL: take_total(rows); return QF_LINE_NOT_READ;
        case QF_TOTAL_PART: take_subtotal(rows); return QF_LINE_NOT_READ;
        case QF_TOTAL_OTHER: return QF_LINE_NOT_READ;
        case QF_TOTAL_NONE: break;
        }
        if (is_header(rows))
                return not_read(rows, QF_NOTE_HEADER_AGAIN, QF_VIEW(""));
        if (is_remark(rows, first, column))
                return not_read(rows, QF_NOTE_NO_RECORD, first);
        rows->data_rows++;
        return QF_LINE_DATA;
}

/* --- remarks of the file's reader -------------------------------------------- */

static void take_remark(struct qf_rows *rows, const struct qf_grid_remark *remark)
{
        static const enum qf_note_code codes[] = {
                [QF_MARK_FORMULA] = QF_NOTE_FORMULA,
                [QF_MARK_NO_RESULT] = QF_NOTE_NO_RESULT,
                [QF_MARK_NO_YEAR] = QF_NOTE_NO_YEAR,
                [QF_MARK_HIDDEN] = QF_NOTE_HIDDEN,
        };
        enum qf_field field = field_of(rows, remark->column);
        if (remark->mark == QF_MARK_SWALLOWED) {
                qf_rows_say(rows, QF_NOTE_SWALLOWED, (int32_t)remark->column, QF_VIEW(""), QF_VIEW(""));
        } else if (remark->mark == QF_MARK_HIDDEN) {
                qf_rows_say(rows, QF_NOTE_HIDDEN, -1, QF_VIEW(""), QF_VIEW(""));
        } else if (field != QF_FIELD_NONE && field != QF_FIELD_OURS) {
                struct qf_view cell = qf_grid_cell(grid_of(rows), remark->row, remark->column);
                bool shows = remark->mark == QF_MARK_NO_YEAR;
                if (!shows || qf_map_is_date(rows->options.map, field))
                        qf_rows_say(rows, codes[remark->mark], (int32_t)remark->column,
                                    shows ? cell : QF_VIEW(""), QF_VIEW(""));
        }
}

void qf_rows_take_remarks(struct qf_rows *rows)
{
        uint32_t count;
        const struct qf_grid_remark *remarks = qf_grid_remarks(grid_of(rows), &count);
        for (; rows->next_remark < count && remarks[rows->next_remark].row <= rows->row; rows->next_remark++)
                if (remarks[rows->next_remark].row == rows->row)
                        take_remark(rows, &remarks[rows->next_remark]);
}
