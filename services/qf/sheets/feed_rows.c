/* Why: a row is checked here with the very function that ingest judges with, so
 * that a clerk sees at once what would come back, and sees it with the column and
 * the text of the file. */
#include "qf/sheets/feed_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/period.h"
#include "qf/sheets/feed_check.h"
#include "qf/sheets/feed_rows_parts.h"
#include "wire/body.h"

enum {
        TITLE_CHARACTERS = 120,
        NOTE_CHARACTERS = 500,
        REASON_CHARACTERS = 200,
        RECORDED_BY_CHARACTERS = 40,
};

int qf_rows_new(const struct qf_rows_options *options, struct qf_rows **ret_rows)
{
        struct qf_rows *rows = calloc(1, sizeof(*rows));
        if (!rows)
                return -ENOMEM;
        rows->options = *options;
        rows->row = options->binding->header_row + 1;
        rows->section = rows->row;
        int result = qf_fill_init(&rows->fill, options->grid, options->binding);
        if (result == 0)
                result = qf_sha256_new(&rows->sha);
        if (result == 0)
                result = qf_ordinals_new(&rows->ordinals);
        if (result == 0)
                result = qf_ordinals_new(&rows->alike);
        if (result) {
                qf_rows_free(rows);
                return result;
        }
        *ret_rows = rows;
        return 0;
}

struct qf_rows *qf_rows_free(struct qf_rows *rows)
{
        if (rows) {
                qf_notes_list_deinit(&rows->notes);
                qf_sha256_free(rows->sha);
                qf_ordinals_free(rows->ordinals);
                qf_ordinals_free(rows->alike);
                qf_buffer_deinit(&rows->controls);
                qf_fill_deinit(&rows->fill);
                free(rows);
        }
        return NULL;
}

const struct qf_notes_list *qf_rows_notes(const struct qf_rows *rows)
{
        return &rows->notes;
}

const struct qf_control_total *qf_rows_controls(const struct qf_rows *rows, uint32_t *ret_count)
{
        *ret_count = (uint32_t)(rows->controls.len / sizeof(struct qf_control_total));
        return (const struct qf_control_total *)(const void *)rows->controls.at;
}

uint32_t qf_rows_hashed(const struct qf_rows *rows)
{
        return rows->hashed;
}

uint32_t qf_rows_identical(const struct qf_rows *rows)
{
        return rows->identical;
}

/* --- cells -------------------------------------------------------------- */

struct qf_view qf_rows_header(const struct qf_rows *rows, int32_t column)
{
        if (column < 0)
                return QF_VIEW("");
        return qf_map_header(rows->options.grid, rows->options.binding->header_row, (uint32_t)column);
}

void qf_rows_note(struct qf_rows *rows, const struct qf_note *note)
{
        rows->wrong |= qf_note_returns(note);
        int result = qf_notes_list_add(&rows->notes, note);
        if (result)
                rows->result = result;
}

void qf_rows_say(struct qf_rows *rows, enum qf_note_code code, int32_t column, struct qf_view got,
                 struct qf_view near)
{
        struct qf_note note = {.code = code,
                               .line = rows->row + 1,
                               .column = qf_rows_header(rows, column),
                               .got = got,
                               .near = near};
        qf_rows_note(rows, &note);
}

struct qf_view qf_rows_cell(const struct qf_rows *rows, uint32_t column)
{
        enum qf_fill_how how;
        struct qf_view cell = qf_fill_cell(&rows->fill, column, &how);
        if (cell.len > 1 && cell.at[0] == '\'' && strchr("=+-@", cell.at[1]) &&
            rows->options.binding->by_field[QF_FIELD_SEAL] >= 0) {
                cell.at++; /* a ledger keeps texts from being taken for formulas */
                cell.len--;
        }
        return how == QF_FILL_OWN && qf_map_is_missing(rows->options.map, cell) ? QF_VIEW("") : cell;
}

static struct qf_view constant_of(const struct qf_rows *rows, enum qf_field field, struct qf_view dimension)
{
        const struct qf_map *map = rows->options.map;
        for (uint32_t i = 0; i < map->constants_count; i++) {
                const struct qf_map_constant *constant = &map->constants[i];
                if (constant->field == field &&
                    (field != QF_FIELD_VALUE || qf_view_same(qf_view_of(constant->dimension), dimension)))
                        return qf_view_of(constant->value);
        }
        return QF_VIEW("");
}

struct qf_view qf_rows_field(const struct qf_rows *rows, enum qf_field field, int32_t *ret_column)
{
        int32_t column = rows->options.binding->by_field[field];
        struct qf_view cell = column >= 0 ? qf_rows_cell(rows, (uint32_t)column) : QF_VIEW("");
        *ret_column = column;
        return cell.len > 0 ? cell : constant_of(rows, field, QF_VIEW(""));
}

/* A number, when one is written; false: none, or wrong and said. */
static bool take_number(struct qf_rows *rows, enum qf_field field, uint32_t most, uint32_t *ret_number)
{
        int32_t column;
        uint32_t above;
        struct qf_view cell = qf_rows_field(rows, field, &column);
        if (column >= 0 && qf_fill_is_shared(&rows->fill, (uint32_t)column)) {
                qf_rows_say(rows, QF_NOTE_SPANS, column, cell, QF_VIEW(""));
                return false;
        }
        if (qf_cell_number_is_twofold(cell)) {
                qf_rows_say(rows, QF_NOTE_TWOFOLD_NUMBER, column, cell, QF_VIEW(""));
                return false;
        }
        int result = qf_cell_number(cell, most, ret_number);
        if (result == QF_CELL_UNCLEAR && qf_cell_number(cell, UINT32_MAX, &above) == 0 && above > most) {
                struct qf_note note = {.code = QF_NOTE_ABOVE_BOUND,
                                       .line = rows->row + 1,
                                       .column = qf_rows_header(rows, column),
                                       .got = cell,
                                       .a = most};
                qf_rows_note(rows, &note);
        } else if (result == QF_CELL_UNCLEAR) {
                qf_rows_say(rows, QF_NOTE_NOT_A_NUMBER, column, cell, QF_VIEW(""));
        }
        return result == 0;
}

static struct qf_view take_text(struct qf_rows *rows, enum qf_field field, uint32_t characters)
{
        int32_t column;
        struct qf_view cell = qf_rows_field(rows, field, &column);
        bool lines = field == QF_FIELD_NOTE || field == QF_FIELD_REASON;
        if (qf_text_characters(cell) > characters || !qf_text_valid(cell, lines)) {
                qf_rows_say(rows, QF_NOTE_TOO_LONG, column, QF_VIEW(""), QF_VIEW(""));
                return QF_VIEW("");
        }
        return cell;
}

/* --- dates -------------------------------------------------------------- */

static uint32_t date_of_parts(struct qf_rows *rows)
{
        const int32_t *by_field = rows->options.binding->by_field;
        uint32_t year = 0, month = 0, day = 0;

        if (!take_number(rows, QF_FIELD_YEAR, 2999, &year)) {
                if (!rows->wrong)
                        qf_rows_say(rows, QF_NOTE_MISSING, by_field[QF_FIELD_YEAR], QF_VIEW(""), QF_VIEW(""));
                return 0;
        }
        int32_t column;
        const bool no_month = qf_rows_field(rows, QF_FIELD_MONTH, &column).len == 0;
        (void)take_number(rows, QF_FIELD_MONTH, 99, &month);
        if (take_number(rows, QF_FIELD_DAY, 99, &day) && no_month) {
                qf_rows_say(rows, QF_NOTE_MISSING, column, QF_VIEW(""), QF_VIEW(""));
                return 0;
        }
        uint32_t date = year * 10000 + month * 100 + day;
        if (qf_date_valid(date))
                return date;
        column = by_field[QF_FIELD_DAY] >= 0 && day ? by_field[QF_FIELD_DAY] : by_field[QF_FIELD_MONTH];
        if (!rows->wrong)
                qf_rows_say(rows, QF_NOTE_NO_SUCH_DATE, column,
                            column < 0 ? QF_VIEW("") : qf_rows_cell(rows, (uint32_t)column), QF_VIEW(""));
        return 0;
}

static uint32_t take_date(struct qf_rows *rows)
{
        const struct qf_binding *binding = rows->options.binding;
        int32_t column = binding->by_field[QF_FIELD_DATE];
        uint32_t date = 0;

        if (column < 0 && binding->by_field[QF_FIELD_YEAR] >= 0)
                return date_of_parts(rows);
        struct qf_view cell = qf_rows_field(rows, QF_FIELD_DATE, &column);
        const struct qf_map_column *map = column >= 0 ? binding->columns[column].map : NULL;
        if (qf_grid_date_is_twofold(rows->options.grid, cell)) {
                qf_rows_say(rows, QF_NOTE_UNCLEAR_DATE, column, cell, QF_VIEW(""));
                return 0;
        }
        switch (qf_cell_date(cell, map ? map->order : QF_ORDER_YMD, &date)) {
        case 0: return date;
        case QF_CELL_EMPTY: qf_rows_say(rows, QF_NOTE_MISSING, column, QF_VIEW(""), QF_VIEW("")); break;
        case QF_CELL_NO_SUCH: qf_rows_say(rows, QF_NOTE_NO_SUCH_DATE, column, cell, QF_VIEW("")); break;
        default: qf_rows_say(rows, QF_NOTE_UNCLEAR_DATE, column, cell, QF_VIEW("")); break;
        }
        return 0;
}

/* --- a row -------------------------------------------------------------- */

static void take_words(struct qf_rows *rows, struct qf_row_event *row)
{
        row->words = (struct qf_words){
                .title = take_text(rows, QF_FIELD_TITLE, TITLE_CHARACTERS),
                .note = take_text(rows, QF_FIELD_NOTE, NOTE_CHARACTERS),
                .reason = take_text(rows, QF_FIELD_REASON, REASON_CHARACTERS),
                .recorded_by = take_text(rows, QF_FIELD_RECORDED_BY, RECORDED_BY_CHARACTERS),
        };
        if (row->words.title.len + row->words.note.len + row->words.reason.len + row->words.recorded_by.len >
            0)
                row->event.words = &row->words;
}

static void take_action(struct qf_rows *rows, struct qf_event *event)
{
        int32_t column;
        struct qf_view cell = qf_rows_field(rows, QF_FIELD_ACTION, &column);
        event->action = QF_CREATE;
        if (qf_cell_action(cell, &event->action) == QF_CELL_UNCLEAR)
                qf_rows_say(rows, QF_NOTE_WORD, column, cell, QF_VIEW(""));
        (void)take_number(rows, QF_FIELD_REVISION, QF_WRITTEN_MAX, &event->revision);
}

/* A row of a ledger has the revision that stood: as it is, it says just that, and is known; changed, it is the next
 * one, and stale when somebody else was quicker. */
static void take_seal(struct qf_rows *rows, struct qf_event *event)
{
        char seal[QF_ROW_SEAL_CHARACTERS + 1];
        int32_t column;
        struct qf_view cell = qf_rows_field(rows, QF_FIELD_SEAL, &column);
        if (cell.len == 0 || event->action == QF_CREATE || event->revision == 0 ||
            event->revision == QF_WRITTEN_MAX)
                return;
        qf_rows_seal(rows, rows->row, seal);
        if (event->action == QF_WITHDRAW || !qf_view_same(cell, qf_view_of(seal)))
                event->revision++;
}

static void take_attendances(struct qf_rows *rows, struct qf_event *event)
{
        int32_t column;
        struct qf_view cell = qf_rows_field(rows, QF_FIELD_METHOD, &column);
        if (qf_cell_method(cell, &event->method) == QF_CELL_UNCLEAR)
                qf_rows_say(rows, QF_NOTE_WORD, column, cell, QF_VIEW(""));
        if (take_number(rows, QF_FIELD_ATTENDANCES, QF_ATTENDANCES_MAX, &event->attendances))
                event->stated |= QF_STATED_ATTENDANCES;
        else
                event->method = QF_METHOD_NONE;
        if (take_number(rows, QF_FIELD_PARTICIPANTS, QF_ATTENDANCES_MAX, &event->participants))
                event->stated |= QF_STATED_PARTICIPANTS;
}

static void take_numbers(struct qf_rows *rows, struct qf_event *event)
{
        uint32_t number;
        int32_t column;

        event->sessions = 1;
        if (take_number(rows, QF_FIELD_SESSIONS, QF_SESSIONS_MAX, &event->sessions)) {
                if (event->sessions == 0)
                        qf_rows_say(rows, QF_NOTE_NOT_A_NUMBER,
                                    rows->options.binding->by_field[QF_FIELD_SESSIONS], QF_VIEW("0"),
                                    QF_VIEW(""));
                event->stated |= QF_STATED_SESSIONS;
        }
        struct qf_view start = qf_rows_field(rows, QF_FIELD_START, &column);
        int result = qf_cell_clock(start, &event->start);
        if (result == 0)
                event->stated |= QF_STATED_START;
        else if (result == QF_CELL_UNCLEAR)
                qf_rows_say(rows, QF_NOTE_CLOCK, column, start, QF_VIEW(""));
        if (take_number(rows, QF_FIELD_MINUTES, 1440, &number) && number > 0) {
                event->minutes = (uint16_t)number;
                event->stated |= QF_STATED_MINUTES;
        }
        if (take_number(rows, QF_FIELD_EVIDENCE, 99, &number)) {
                event->evidence = (uint16_t)number;
                event->stated |= QF_STATED_EVIDENCE;
        }
}

/* What people call a field that has no column in this file: as the map would have it, else its code. */
static struct qf_view name_of(const struct qf_rows *rows, const char *field)
{
        const struct qf_map *map = rows->options.map;
        const struct qf_view code = qf_view_of(field ? field : "");
        for (uint32_t i = 0; i < map->columns_count; i++)
                if (map->columns[i].dimension && qf_view_same(qf_view_of(map->columns[i].dimension), code))
                        return qf_view_of(map->columns[i].headers[0]);
        return code;
}

static int32_t column_of(const struct qf_rows_options *options, const char *field)
{
        const struct qf_kind_spec *kind = options->map->kind;
        const int figure = kind ? qf_kind_figure(kind, qf_view_of(field ? field : "")) : QF_NO_FIGURE;

        return figure == QF_NO_FIGURE ? qf_binding_column(options->binding, options->programme, field)
                                      : options->binding->by_field[QF_FIELD_FIGURE + figure];
}

/* Judged as ingest judges it, but for what stands there. */
static void check(struct qf_rows *rows, struct qf_row_event *row)
{
        const struct qf_rows_options *options = &rows->options;
        struct qf_detail detail = {0};
        struct qf_verdict verdict = qf_row_check(options, row, &detail);

        if (verdict.class != QF_REJECTED && verdict.class != QF_QUARANTINED)
                return;
        int32_t column = column_of(options, detail.field);
        struct qf_note note = {
                .code = verdict.code == QF_Q211_PERSONAL ? QF_NOTE_PERSONAL : QF_NOTE_VERDICT,
                .verdict_code = verdict.code,
                .line = rows->row + 1,
                .column = column >= 0 ? qf_rows_header(rows, column) : name_of(rows, detail.field),
                .got = column >= 0 ? qf_rows_cell(rows, (uint32_t)column) : QF_VIEW(""),
                .near = detail.near,
        };
        qf_rows_note(rows, &note);
}

/* Cells that are taken for merged are said; those that are known to be are not. */
static void say_filled(struct qf_rows *rows)
{
        for (uint32_t i = 0; i < rows->options.binding->columns_count; i++) {
                enum qf_fill_how how;
                struct qf_view cell = qf_fill_cell(&rows->fill, i, &how);
                if (how == QF_FILL_ASSUMED)
                        qf_rows_say(rows, QF_NOTE_FILLED_DOWN, (int32_t)i, QF_VIEW(""), cell);
        }
}

static void take_counts(struct qf_rows *rows, struct qf_row_event *row)
{
        if (row->event.action == QF_WITHDRAW)
                return;
        if (rows->options.map->kind) {
                qf_rows_take_figures(rows, row);
                return;
        }
        take_attendances(rows, &row->event);
        take_numbers(rows, &row->event);
}

/* What is remarked of an activity that is right. */
static void look_at_activity(struct qf_rows *rows, const struct qf_row_event *row)
{
        int32_t column = rows->options.binding->by_field[QF_FIELD_ATTENDANCES];
        bool known = row->event.stated & QF_STATED_ATTENDANCES || row->event.action == QF_WITHDRAW;
        if (!rows->wrong && !known && rows->options.map->is_template)
                qf_rows_say(rows, QF_NOTE_UNKNOWN_COUNT, column, QF_VIEW(""), QF_VIEW(""));
        if (!rows->wrong)
                qf_rows_look_for_double(rows, row);
}

static void read_row(struct qf_rows *rows, struct qf_row_event *row)
{
        const struct qf_kind_spec *kind = rows->options.map->kind;
        *row = (struct qf_row_event){.row = rows->row,
                                     .event = {.kind = kind ? kind->kind : QF_KIND_ACTIVITY}};
        qf_rows_take_remarks(rows);
        take_action(rows, &row->event);
        take_seal(rows, &row->event);
        if (row->event.action != QF_WITHDRAW)
                say_filled(rows);
        qf_rows_take_key(rows, row);
        take_words(rows, row);
        if (row->event.action != QF_WITHDRAW || (kind && kind->key_parts)) { /* the key may be made of them */
                row->event.date = take_date(rows);
                take_counts(rows, row);
                qf_rows_take_values(rows, row);
        } else if (!kind) {
                row->event.sessions = 1;
        }
        if (kind)
                qf_rows_compose_key(rows, row);
        if (!rows->wrong && rows->options.source)
                check(rows, row);
        if (!kind)
                look_at_activity(rows, row);
}

/* --- the file ----------------------------------------------------------- */

int qf_rows_next(struct qf_rows *rows, struct qf_row_event *ret_event)
{
        for (; rows->row < qf_grid_rows(rows->options.grid); rows->row++) {
                qf_fill_row(&rows->fill, rows->row);
                rows->wrong = false;
                enum qf_line line = qf_rows_look_at_line(rows);
                if (rows->result)
                        return rows->result;
                if (line == QF_LINE_NOT_READ)
                        continue;
                if (line == QF_LINE_DATA)
                        read_row(rows, ret_event);
                rows->row++;
                if (rows->result)
                        return rows->result;
                if (rows->wrong)
                        return QF_ROW_RETURNED;
                rows->hashed += ret_event->hashed;
                rows->identical += ret_event->ordinal > 1;
                return QF_ROW_EVENT;
        }
        return QF_ROW_END;
}
