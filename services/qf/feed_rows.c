/* Why: a row is checked here with the very function that ingest judges with, so
 * that a clerk sees at once what would come back, and sees it with the column and
 * the text of the file.
 *
 * A row without a number is known by a hash of all its cells and its ordinal
 * among equal rows: the same file gives the same keys, in any order of rows. */
#include "qf/feed_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/text.h"
#include "model/period.h"
#include "qf/feed_check.h"
#include "qf/feed_ordinals.h"

enum {
        ROW_HASH_BYTES = 12,
        TITLE_CHARACTERS = 120,
        NOTE_CHARACTERS = 500,
        REASON_CHARACTERS = 200,
        RECORDED_BY_CHARACTERS = 40,
};

struct qf_rows {
        struct qf_rows_options options;
        struct qf_notes_list notes;
        struct qf_control_total control;
        struct qf_sha256 *sha;
        struct qf_ordinals *ordinals;
        struct qf_view *above; /* last text of the columns that are filled down */
        uint32_t row;          /* the next */
        uint32_t hashed, identical;
        bool wrong; /* the row that is being read */
        int result; /* -ENOMEM of a note */
};

int qf_rows_new(const struct qf_rows_options *options, struct qf_rows **ret_rows)
{
        struct qf_rows *rows = calloc(1, sizeof(*rows));
        if (!rows)
                return -ENOMEM;
        rows->options = *options;
        rows->row = options->binding->header_row + 1;
        rows->above = calloc(options->binding->columns_count + 1u, sizeof(*rows->above));
        int result = rows->above ? qf_sha256_new(&rows->sha) : -ENOMEM;
        if (result == 0)
                result = qf_ordinals_new(&rows->ordinals);
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
                free(rows->above);
                free(rows);
        }
        return NULL;
}

const struct qf_notes_list *qf_rows_notes(const struct qf_rows *rows)
{
        return &rows->notes;
}

const struct qf_control_total *qf_rows_control(const struct qf_rows *rows)
{
        return &rows->control;
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

static struct qf_view header(const struct qf_rows *rows, int32_t column)
{
        if (column < 0)
                return QF_VIEW("");
        return qf_csv_cell(rows->options.csv, rows->options.binding->header_row, (uint32_t)column);
}

static void add_note(struct qf_rows *rows, const struct qf_note *note)
{
        rows->wrong |= qf_note_returns(note);
        int result = qf_notes_list_add(&rows->notes, note);
        if (result)
                rows->result = result;
}

static void say(struct qf_rows *rows, enum qf_note_code code, int32_t column, struct qf_view got,
                struct qf_view near)
{
        struct qf_note note = {.code = code,
                               .line = rows->row + 1,
                               .column = header(rows, column),
                               .got = got,
                               .near = near};
        add_note(rows, &note);
}

/* The cell as it counts: words for missing are empty, merged ones hold what stands above. */
static struct qf_view cell_at(const struct qf_rows *rows, uint32_t column)
{
        const struct qf_bound *bound = &rows->options.binding->columns[column];
        struct qf_view cell = qf_csv_cell(rows->options.csv, rows->row, column);
        if (cell.len == 0 && bound->map && bound->map->fill_down)
                return rows->above[column];
        return qf_map_is_missing(rows->options.map, cell) ? QF_VIEW("") : cell;
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

static struct qf_view field_text(const struct qf_rows *rows, enum qf_field field, int32_t *ret_column)
{
        int32_t column = rows->options.binding->by_field[field];
        struct qf_view cell = column >= 0 ? cell_at(rows, (uint32_t)column) : QF_VIEW("");
        *ret_column = column;
        return cell.len > 0 ? cell : constant_of(rows, field, QF_VIEW(""));
}

/* A number, when one is written; false: none, or wrong and said. */
static bool take_number(struct qf_rows *rows, enum qf_field field, uint32_t most, uint32_t *ret_number)
{
        int32_t column;
        struct qf_view cell = field_text(rows, field, &column);
        int result = qf_cell_number(cell, most, ret_number);
        if (result == QF_CELL_UNCLEAR)
                say(rows, QF_NOTE_NOT_A_NUMBER, column, cell, QF_VIEW(""));
        return result == 0;
}

static struct qf_view take_text(struct qf_rows *rows, enum qf_field field, uint32_t characters)
{
        int32_t column;
        struct qf_view cell = field_text(rows, field, &column);
        bool lines = field == QF_FIELD_NOTE || field == QF_FIELD_REASON;
        if (qf_text_characters(cell) > characters || !qf_text_valid(cell, lines)) {
                say(rows, QF_NOTE_TOO_LONG, column, QF_VIEW(""), QF_VIEW(""));
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
                        say(rows, QF_NOTE_MISSING, by_field[QF_FIELD_YEAR], QF_VIEW(""), QF_VIEW(""));
                return 0;
        }
        if (take_number(rows, QF_FIELD_MONTH, 99, &month))
                (void)take_number(rows, QF_FIELD_DAY, 99, &day);
        uint32_t date = year * 10000 + month * 100 + day;
        if (qf_date_valid(date))
                return date;
        int32_t column =
                by_field[QF_FIELD_DAY] >= 0 && day ? by_field[QF_FIELD_DAY] : by_field[QF_FIELD_MONTH];
        if (!rows->wrong)
                say(rows, QF_NOTE_NO_SUCH_DATE, column,
                    column < 0 ? QF_VIEW("") : cell_at(rows, (uint32_t)column), QF_VIEW(""));
        return 0;
}

static uint32_t take_date(struct qf_rows *rows)
{
        const struct qf_binding *binding = rows->options.binding;
        int32_t column = binding->by_field[QF_FIELD_DATE];
        uint32_t date = 0;

        if (column < 0 && binding->by_field[QF_FIELD_YEAR] >= 0)
                return date_of_parts(rows);
        struct qf_view cell = field_text(rows, QF_FIELD_DATE, &column);
        const struct qf_map_column *map = column >= 0 ? binding->columns[column].map : NULL;
        switch (qf_cell_date(cell, map ? map->order : QF_ORDER_YMD, &date)) {
        case 0: return date;
        case QF_CELL_EMPTY: say(rows, QF_NOTE_MISSING, column, QF_VIEW(""), QF_VIEW("")); break;
        case QF_CELL_NO_SUCH: say(rows, QF_NOTE_NO_SUCH_DATE, column, cell, QF_VIEW("")); break;
        default: say(rows, QF_NOTE_UNCLEAR_DATE, column, cell, QF_VIEW("")); break;
        }
        return 0;
}

/* --- members ------------------------------------------------------------ */

static struct qf_view translate(const struct qf_map_column *column, struct qf_view name)
{
        for (uint32_t i = 0; column && i < column->aliases_count; i++)
                if (qf_cell_same(name, qf_view_of(column->aliases[i].from)))
                        return qf_view_of(column->aliases[i].to);
        return name;
}

static uint32_t find_member(const struct qf_programme *programme, uint16_t dimension, struct qf_view name)
{
        char room[QF_CELL_ROOM];
        uint32_t member = qf_programme_guess_member(programme, dimension, name);
        if (member != QF_MEMBER_UNKNOWN)
                return member;
        return qf_programme_guess_member(programme, dimension, qf_cell_fold(name, room));
}

static void add_value(struct qf_rows *rows, struct qf_row_event *row, uint16_t dimension,
                      struct qf_view member)
{
        struct qf_pair pair = {qf_programme_dimension(rows->options.programme, dimension)->code, member};
        for (uint32_t i = 0; i < row->values_count; i++)
                if (qf_view_same(row->values[i].dimension, pair.dimension) &&
                    qf_view_same(row->values[i].member, pair.member))
                        return;
        if (row->values_count < QF_ROW_VALUES_MAX)
                row->values[row->values_count++] = pair;
}

static void take_member(struct qf_rows *rows, struct qf_row_event *row, uint16_t dimension, int32_t column,
                        struct qf_view name)
{
        const struct qf_programme *programme = rows->options.programme;
        uint32_t id = find_member(programme, dimension, name);
        if (id == QF_MEMBER_NONE)
                return;
        if (id != QF_MEMBER_UNKNOWN) {
                add_value(rows, row, dimension, qf_programme_member(programme, dimension, id)->code);
                return;
        }
        uint16_t org = qf_programme_find_dimension(programme, QF_VIEW("org"));
        bool is_org = qf_programme_dimension(programme, dimension)->members_of == org;
        say(rows, is_org ? QF_NOTE_UNKNOWN_ORG : QF_NOTE_UNKNOWN_MEMBER, column, name,
            qf_programme_near_member(programme, dimension, name));
}

/* A whole cell that is a member is one, whatever characters it holds. */
static void take_members(struct qf_rows *rows, struct qf_row_event *row, uint16_t dimension, int32_t column,
                         struct qf_view cell)
{
        const struct qf_map_column *map = column >= 0 ? rows->options.binding->columns[column].map : NULL;
        const struct qf_dimension *is = qf_programme_dimension(rows->options.programme, dimension);
        const char *split = map && map->split ? map->split : is->multi ? "、;；，," : NULL;
        struct qf_view whole = translate(map, cell), piece;

        if (!split || find_member(rows->options.programme, dimension, whole) != QF_MEMBER_UNKNOWN) {
                take_member(rows, row, dimension, column, whole);
                return;
        }
        while (qf_cell_split(&cell, qf_view_of(split), &piece))
                if (!qf_map_is_missing(rows->options.map, piece))
                        take_member(rows, row, dimension, column, translate(map, piece));
}

static void take_values(struct qf_rows *rows, struct qf_row_event *row)
{
        const struct qf_binding *binding = rows->options.binding;
        const struct qf_map *map = rows->options.map;
        uint32_t stated = 0; /* bitmap of dimensions */

        for (uint32_t i = 0; i < binding->columns_count; i++) {
                const struct qf_bound *bound = &binding->columns[i];
                if (bound->field != QF_FIELD_VALUE)
                        continue;
                struct qf_view cell = cell_at(rows, i);
                if (cell.len == 0)
                        continue;
                stated |= UINT32_C(1) << bound->dimension;
                take_members(rows, row, bound->dimension, (int32_t)i, cell);
        }
        for (uint32_t i = 0; i < map->constants_count; i++) {
                if (map->constants[i].field != QF_FIELD_VALUE)
                        continue;
                uint16_t id = qf_programme_find_dimension(rows->options.programme,
                                                          qf_view_of(map->constants[i].dimension));
                if (id != QF_DIMENSION_UNKNOWN && !(stated >> id & 1))
                        take_members(rows, row, id, -1, qf_view_of(map->constants[i].value));
        }
}

/* --- keys --------------------------------------------------------------- */

static bool counts_in_hash(const struct qf_rows *rows, uint32_t column)
{
        return column >= rows->options.binding->columns_count ||
               rows->options.binding->columns[column].field != QF_FIELD_OURS;
}

/* All cells but the empty ones at the end, each behind its length, merged ones filled. */
static void hash_row(struct qf_rows *rows, uint8_t ret_hash[QF_SHA256_BYTES])
{
        uint32_t count = qf_csv_cells(rows->options.csv, rows->row), last = 0;
        for (uint32_t i = 0; i < count; i++)
                if (counts_in_hash(rows, i) && qf_csv_cell(rows->options.csv, rows->row, i).len > 0)
                        last = i + 1;
        qf_sha256_begin(rows->sha);
        for (uint32_t i = 0; i < last; i++) {
                struct qf_view cell = qf_csv_cell(rows->options.csv, rows->row, i);
                uint8_t len[4];
                if (!counts_in_hash(rows, i))
                        continue;
                if (cell.len == 0 && i < rows->options.binding->columns_count)
                        cell = rows->above[i];
                qf_put_le32(len, cell.len);
                qf_sha256_add(rows->sha, len, sizeof(len));
                qf_sha256_add(rows->sha, cell.at, cell.len);
        }
        qf_sha256_end(rows->sha, ret_hash);
}

static void key_of_hash(struct qf_rows *rows, struct qf_row_event *row)
{
        static const char digits[] = "0123456789";
        uint8_t hash[QF_SHA256_BYTES];
        uint32_t ordinal = 0;
        char tail[10], *at = tail + sizeof(tail);

        hash_row(rows, hash);
        int result = qf_ordinals_next(rows->ordinals, hash, &ordinal);
        if (result)
                rows->result = result;
        row->hashed = true;
        row->ordinal = ordinal;
        memcpy(row->key, "row-", 4);
        qf_text_hex(hash, ROW_HASH_BYTES, row->key + 4);
        for (uint32_t left = ordinal; left > 0 || at == tail + sizeof(tail); left /= 10)
                *--at = digits[left % 10];
        uint32_t len = 4 + 2 * ROW_HASH_BYTES, tail_len = (uint32_t)(tail + sizeof(tail) - at);
        row->key[len++] = '-';
        memcpy(row->key + len, at, tail_len);
        row->event.key = (struct qf_view){row->key, len + tail_len};
}

/* The key columns joined by a slash. */
static bool key_of_columns(struct qf_rows *rows, struct qf_row_event *row)
{
        const struct qf_binding *binding = rows->options.binding;
        uint32_t used = 0;
        for (uint32_t i = 0; i < binding->keys_count; i++) {
                struct qf_view cell = cell_at(rows, binding->keys[i]);
                if (cell.len == 0)
                        say(rows, QF_NOTE_MISSING, (int32_t)binding->keys[i], QF_VIEW(""), QF_VIEW(""));
                if (used + 1 + cell.len > QF_KEY_BYTES_MAX || !qf_text_valid(cell, false)) {
                        say(rows, QF_NOTE_KEY, (int32_t)binding->keys[i], cell, QF_VIEW(""));
                        return false;
                }
                if (used > 0)
                        row->key[used++] = '/';
                memcpy(row->key + used, cell.at, cell.len);
                used += cell.len;
        }
        row->event.key = (struct qf_view){row->key, used};
        return used > 0;
}

static void take_key(struct qf_rows *rows, struct qf_row_event *row)
{
        int32_t column;
        struct qf_view cell = field_text(rows, QF_FIELD_KEY, &column);
        if (rows->options.binding->keys_count > 0) {
                (void)key_of_columns(rows, row);
        } else if (cell.len > QF_KEY_BYTES_MAX || !qf_text_valid(cell, false)) {
                say(rows, QF_NOTE_KEY, column, cell, QF_VIEW(""));
        } else if (cell.len > 0) {
                row->event.key = cell;
        } else if (row->event.action != QF_CREATE) {
                say(rows, QF_NOTE_NEEDS_KEY, column, QF_VIEW(""), QF_VIEW(""));
        } else {
                key_of_hash(rows, row);
        }
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
        struct qf_view cell = field_text(rows, QF_FIELD_ACTION, &column);
        event->action = QF_CREATE;
        if (qf_cell_action(cell, &event->action) == QF_CELL_UNCLEAR)
                say(rows, QF_NOTE_WORD, column, cell, QF_VIEW(""));
        (void)take_number(rows, QF_FIELD_REVISION, UINT32_MAX, &event->revision);
}

static void take_attendances(struct qf_rows *rows, struct qf_event *event)
{
        int32_t column;
        struct qf_view cell = field_text(rows, QF_FIELD_METHOD, &column);
        if (qf_cell_method(cell, &event->method) == QF_CELL_UNCLEAR)
                say(rows, QF_NOTE_WORD, column, cell, QF_VIEW(""));
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
                        say(rows, QF_NOTE_NOT_A_NUMBER, rows->options.binding->by_field[QF_FIELD_SESSIONS],
                            QF_VIEW("0"), QF_VIEW(""));
                event->stated |= QF_STATED_SESSIONS;
        }
        struct qf_view start = field_text(rows, QF_FIELD_START, &column);
        int result = qf_cell_clock(start, &event->start);
        if (result == 0)
                event->stated |= QF_STATED_START;
        else if (result == QF_CELL_UNCLEAR)
                say(rows, QF_NOTE_NOT_A_NUMBER, column, start, QF_VIEW(""));
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

/* Judged as ingest judges it, but for what stands there. */
static void check(struct qf_rows *rows, struct qf_row_event *row)
{
        const struct qf_rows_options *options = &rows->options;
        struct qf_detail detail = {0};
        struct qf_verdict verdict = qf_row_check(options, row, &detail);

        if (verdict.class != QF_REJECTED && verdict.class != QF_QUARANTINED)
                return;
        int32_t column = qf_binding_column(options->binding, options->programme, detail.field);
        struct qf_note note = {
                .code = QF_NOTE_VERDICT,
                .verdict_code = verdict.code,
                .line = rows->row + 1,
                .column = column >= 0 ? header(rows, column) : name_of(rows, detail.field),
                .got = column >= 0 ? cell_at(rows, (uint32_t)column) : QF_VIEW(""),
                .near = detail.near,
        };
        add_note(rows, &note);
}

static void fill_down(struct qf_rows *rows, bool matters)
{
        const struct qf_binding *binding = rows->options.binding;
        for (uint32_t i = 0; i < binding->columns_count; i++) {
                if (!binding->columns[i].map || !binding->columns[i].map->fill_down)
                        continue;
                struct qf_view cell = qf_csv_cell(rows->options.csv, rows->row, i);
                if (cell.len > 0)
                        rows->above[i] = cell;
                else if (rows->above[i].len > 0 && matters)
                        say(rows, QF_NOTE_FILLED_DOWN, (int32_t)i, QF_VIEW(""), rows->above[i]);
        }
}

static void read_row(struct qf_rows *rows, struct qf_row_event *row)
{
        *row = (struct qf_row_event){.row = rows->row, .event = {.kind = QF_KIND_ACTIVITY}};
        rows->wrong = false;
        take_action(rows, &row->event);
        fill_down(rows, row->event.action != QF_WITHDRAW);
        take_key(rows, row);
        take_words(rows, row);
        if (row->event.action != QF_WITHDRAW) {
                row->event.date = take_date(rows);
                take_attendances(rows, &row->event);
                take_numbers(rows, &row->event);
                take_values(rows, row);
        } else {
                row->event.sessions = 1;
        }
        if (!rows->wrong && rows->options.source)
                check(rows, row);
        int32_t column = rows->options.binding->by_field[QF_FIELD_ATTENDANCES];
        bool known = row->event.stated & QF_STATED_ATTENDANCES || row->event.action == QF_WITHDRAW;
        if (!rows->wrong && !known && rows->options.map->is_template)
                say(rows, QF_NOTE_UNKNOWN_COUNT, column, QF_VIEW(""), QF_VIEW(""));
}

/* --- the file ----------------------------------------------------------- */

static struct qf_view first_text(const struct qf_rows *rows)
{
        for (uint32_t i = 0; i < qf_csv_cells(rows->options.csv, rows->row); i++) {
                struct qf_view cell = qf_csv_cell(rows->options.csv, rows->row, i);
                if (cell.len > 0)
                        return cell;
        }
        return QF_VIEW("");
}

/* A line of totals holds 人次 in its column, and perhaps "40场" anywhere. */
static void take_control(struct qf_rows *rows)
{
        struct qf_control_total *control = &rows->control;
        int32_t attendances = rows->options.binding->by_field[QF_FIELD_ATTENDANCES];
        int32_t sessions = rows->options.binding->by_field[QF_FIELD_SESSIONS];

        control->there = true;
        control->line = rows->row + 1;
        for (uint32_t i = 0; i < qf_csv_cells(rows->options.csv, rows->row); i++) {
                struct qf_view cell = qf_csv_cell(rows->options.csv, rows->row, i);
                bool is_activities = (int32_t)i == sessions ||
                                     (cell.len > 3 && memcmp(cell.at + cell.len - 3, "场", 3) == 0);
                if ((int32_t)i == attendances)
                        control->has_attendances =
                                qf_cell_number(cell, UINT32_MAX, &control->attendances) == 0;
                else if (is_activities && !control->has_activities)
                        control->has_activities = qf_cell_number(cell, UINT32_MAX, &control->activities) == 0;
        }
}

int qf_rows_next(struct qf_rows *rows, struct qf_row_event *ret_event)
{
        while (rows->row < qf_csv_rows(rows->options.csv)) {
                struct qf_view first = first_text(rows);
                if (first.len == 0 || qf_cell_is_subtotal(first)) {
                        rows->row++;
                        continue;
                }
                if (qf_cell_is_total(first)) {
                        take_control(rows);
                        rows->row = qf_csv_rows(rows->options.csv);
                        break;
                }
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
