/* Why: the same line must be the same event in every copy of a file, whatever
 * program saved it: in another encoding, as text or as a workbook, sorted anew. So
 * a row without a number is known by what its cells mean, and its ordinal among
 * rows that mean the same. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "client/figure_text.h"
#include "qf/sheets/feed_rows_parts.h"

enum { ROW_HASH_BYTES = 12 };

/* --- a hash of the row ---------------------------------------------------- */

static enum qf_field field_of(const struct qf_rows *rows, uint32_t column)
{
        return column < rows->options.binding->columns_count ? rows->options.binding->columns[column].field
                                                             : QF_FIELD_NONE;
}

static struct qf_view written_date(struct qf_view cell, enum qf_date_order order, char room[16])
{
        uint32_t date = 0;
        if (qf_cell_date(cell, order, &date))
                return cell;
        unsigned year = date / 10000, month = date / 100 % 100, day = date % 100;
        int len = day     ? snprintf(room, 16, "%04u-%02u-%02u", year, month, day)
                  : month ? snprintf(room, 16, "%04u-%02u", year, month)
                          : snprintf(room, 16, "%04u", year);
        return (struct qf_view){room, (uint32_t)len};
}

static struct qf_view written_number(struct qf_view cell, char room[16])
{
        uint32_t number = 0;
        if (qf_cell_number(cell, UINT32_MAX, &number))
                return cell;
        return (struct qf_view){room, (uint32_t)snprintf(room, 16, "%u", number)};
}

static struct qf_view written_clock(struct qf_view cell, char room[16])
{
        uint16_t minutes = 0;
        if (qf_cell_clock(cell, &minutes))
                return cell;
        return (struct qf_view){room,
                                (uint32_t)snprintf(room, 16, "%02u:%02u", minutes / 60u, minutes % 60u)};
}

static struct qf_view written_figure(const struct qf_figure *figure, struct qf_view cell, char room[16])
{
        uint32_t value = 0;
        if (qf_figure_read(figure, cell, &value))
                return cell;
        return (struct qf_view){room, (uint32_t)snprintf(room, 16, "%u", value)};
}

/* Of a column that is not read: whatever it may be. A number that begins with 0 is one of those that name something; what
 * begins or ends with a word stays as it is. */
static struct qf_view written_somehow(struct qf_view cell, char room[16])
{
        struct qf_view plain = cell;
        uint16_t minutes;
        if (cell.len > 0 && cell.at[0] != '0')
                plain = written_number(cell, room);
        if (plain.at == cell.at)
                plain = written_date(cell, QF_ORDER_YMD, room);
        return plain.at == cell.at && qf_cell_clock_plain(cell, &minutes) == 0 ? written_clock(cell, room)
                                                                               : plain;
}

/* Dates, numbers and times as they are written plainly; any other cell as it is. A workbook has them so, and a program
 * that saves it as text writes them as they looked. */
static struct qf_view plainly(const struct qf_rows *rows, uint32_t column, struct qf_view cell, char room[16])
{
        const enum qf_field field = field_of(rows, column);
        const struct qf_map_column *map =
                field == QF_FIELD_NONE ? NULL : rows->options.binding->columns[column].map;
        if (field >= QF_FIELD_FIGURE)
                return written_figure(&rows->options.map->kind->figures[field - QF_FIELD_FIGURE], cell, room);
        switch (field) {
        case QF_FIELD_NONE: return written_somehow(cell, room);
        case QF_FIELD_START: return written_clock(cell, room);
        case QF_FIELD_DATE: return written_date(cell, map ? map->order : QF_ORDER_YMD, room);
        case QF_FIELD_YEAR:
        case QF_FIELD_MONTH:
        case QF_FIELD_DAY:
        case QF_FIELD_SESSIONS:
        case QF_FIELD_ATTENDANCES:
        case QF_FIELD_PARTICIPANTS:
        case QF_FIELD_MINUTES:
        case QF_FIELD_EVIDENCE:
        case QF_FIELD_REVISION: return written_number(cell, room);
        default: return cell;
        }
}

/* All cells but the empty ones at the end, each behind its length, merged ones filled. */
static void hash_row(struct qf_rows *rows, uint8_t ret_hash[QF_SHA256_BYTES])
{
        const struct qf_grid *grid = rows->options.grid;
        uint32_t count = qf_grid_cells(grid, rows->row), last = 0;
        for (uint32_t i = 0; i < count; i++)
                if (field_of(rows, i) != QF_FIELD_OURS && qf_grid_cell(grid, rows->row, i).len > 0)
                        last = i + 1;
        qf_sha256_begin(rows->sha);
        for (uint32_t i = 0; i < last; i++) {
                enum qf_fill_how how;
                char room[16];
                uint8_t len[4];
                if (field_of(rows, i) == QF_FIELD_OURS)
                        continue;
                struct qf_view cell = i < rows->options.binding->columns_count
                                              ? qf_fill_cell(&rows->fill, i, &how)
                                              : qf_grid_cell(grid, rows->row, i);
                cell = plainly(rows, i, cell, room);
                qf_put_le32(len, cell.len);
                qf_sha256_add(rows->sha, len, sizeof(len));
                qf_sha256_add(rows->sha, cell.at, cell.len);
        }
        qf_sha256_end(rows->sha, ret_hash);
}

static bool is_stated(enum qf_field field)
{
        switch (field) {
        case QF_FIELD_NONE:
        case QF_FIELD_OURS:
        case QF_FIELD_ACTION:
        case QF_FIELD_REVISION:
        case QF_FIELD_SEAL:
        case QF_FIELD_REASON:
        case QF_FIELD_RECORDED_BY: return false;
        default: return true;
        }
}

void qf_rows_seal(struct qf_rows *rows, uint32_t row, char ret_seal[QF_ROW_SEAL_CHARACTERS + 1])
{
        const struct qf_binding *binding = rows->options.binding;
        uint8_t hash[QF_SHA256_BYTES];
        qf_sha256_begin(rows->sha);
        for (uint32_t i = 0; i < binding->columns_count; i++) {
                char room[16];
                uint8_t place[12];
                struct qf_view cell = plainly(rows, i, qf_grid_cell(rows->options.grid, row, i), room);
                if (!is_stated(field_of(rows, i)) || cell.len == 0)
                        continue;
                qf_put_le32(place, (uint32_t)field_of(rows, i));
                qf_put_le32(place + 4, binding->columns[i].dimension);
                qf_put_le32(place + 8, cell.len);
                qf_sha256_add(rows->sha, place, sizeof(place));
                qf_sha256_add(rows->sha, cell.at, cell.len);
        }
        qf_sha256_end(rows->sha, hash);
        qf_text_hex(hash, QF_ROW_SEAL_CHARACTERS / 2, ret_seal);
}

static void key_of_hash(struct qf_rows *rows, struct qf_row_event *row)
{
        uint8_t hash[QF_SHA256_BYTES];
        char text[2 * ROW_HASH_BYTES + 1];
        struct qf_ordinal ordinal = {0};

        hash_row(rows, hash);
        int result = qf_ordinals_next(rows->ordinals, hash, rows->row, &ordinal);
        if (result)
                rows->result = result;
        row->hashed = true;
        row->ordinal = ordinal.seen;
        qf_text_hex(hash, ROW_HASH_BYTES, text);
        int len = snprintf(row->key, sizeof(row->key), "row-%s-%u", text, ordinal.seen);
        row->event.key = (struct qf_view){row->key, (uint32_t)len};
}

/* --- the key --- */

/* False: no room. A slash within one of several is written wide, so that it parts none. */
static bool add_column(struct qf_row_event *row, uint32_t *used, struct qf_view cell, bool several)
{
        static const struct qf_view wide = {"／", 3};
        if (*used == QF_KEY_BYTES_MAX)
                return false;
        if (*used > 0)
                row->key[(*used)++] = '/';
        for (uint32_t i = 0; i < cell.len; i++) {
                const struct qf_view piece =
                        several && cell.at[i] == '/' ? wide : (struct qf_view){cell.at + i, 1};
                if (*used + piece.len > QF_KEY_BYTES_MAX)
                        return false;
                memcpy(row->key + *used, piece.at, piece.len);
                *used += piece.len;
        }
        return true;
}

/* A number in one cell for several rows tells none of them from the others: said. */
static bool is_own(struct qf_rows *rows, int32_t column, struct qf_view cell)
{
        if (column < 0 || !qf_fill_spans(&rows->fill, (uint32_t)column))
                return true;
        qf_rows_say(rows, QF_NOTE_KEY_SPANS, column, cell, QF_VIEW(""));
        return false;
}

/* 2.02305E+11: what a spreadsheet saves of 202305060001, and of all numbers that begin alike. */
static bool is_rounded(struct qf_view key)
{
        uint32_t at = 0;
        uint64_t power;
        while (at < key.len && ((key.at[at] >= '0' && key.at[at] <= '9') || (at == 1 && key.at[at] == '.')))
                at++;
        return at > 0 && at + 2 < key.len && (key.at[at] == 'E' || key.at[at] == 'e') &&
               key.at[at + 1] == '+' &&
               qf_text_number((struct qf_view){key.at + at + 2, key.len - at - 2}, UINT32_MAX, &power);
}

/* Of a new record: what was counted under such a number can be corrected and withdrawn by it. */
static bool is_whole(struct qf_rows *rows, const struct qf_row_event *row, int32_t column,
                     struct qf_view cell)
{
        if (row->event.action != QF_CREATE || !is_rounded(cell))
                return true;
        qf_rows_say(rows, QF_NOTE_KEY_ROUNDED, column, cell, QF_VIEW(""));
        return false;
}

/* The key columns joined by a slash. One that is not read is a name, and stays as it is. */
static bool key_of_columns(struct qf_rows *rows, struct qf_row_event *row)
{
        const struct qf_binding *binding = rows->options.binding;
        uint32_t used = 0;
        for (uint32_t i = 0; i < binding->keys_count; i++) {
                char room[16];
                struct qf_view cell = qf_rows_cell(rows, binding->keys[i]);
                if ((binding->keys_count == 1 && !is_own(rows, (int32_t)binding->keys[i], cell)) ||
                    !is_whole(rows, row, (int32_t)binding->keys[i], cell))
                        return false;
                if (field_of(rows, binding->keys[i]) != QF_FIELD_NONE)
                        cell = plainly(rows, binding->keys[i], cell, room);
                if (cell.len == 0)
                        qf_rows_say(rows, QF_NOTE_MISSING, (int32_t)binding->keys[i], QF_VIEW(""),
                                    QF_VIEW(""));
                if (!qf_text_valid(cell, false) || !add_column(row, &used, cell, binding->keys_count > 1)) {
                        qf_rows_say(rows, QF_NOTE_KEY, (int32_t)binding->keys[i], cell, QF_VIEW(""));
                        return false;
                }
        }
        row->event.key = (struct qf_view){row->key, used};
        return used > 0;
}

void qf_rows_take_key(struct qf_rows *rows, struct qf_row_event *row)
{
        int32_t column;
        struct qf_view cell = qf_rows_field(rows, QF_FIELD_KEY, &column);
        if (rows->options.binding->keys_count > 0) {
                (void)key_of_columns(rows, row);
        } else if (!is_own(rows, column, cell) || !is_whole(rows, row, column, cell)) {
                return;
        } else if (cell.len > QF_KEY_BYTES_MAX || !qf_text_valid(cell, false)) {
                qf_rows_say(rows, QF_NOTE_KEY, column, cell, QF_VIEW(""));
        } else if (cell.len > 0) {
                row->event.key = cell;
        } else if (row->event.action != QF_CREATE) {
                qf_rows_say(rows, QF_NOTE_NEEDS_KEY, column, QF_VIEW(""), QF_VIEW(""));
        } else {
                key_of_hash(rows, row);
        }
}

/* --- doubles --------------------------------------------------------------- */

static struct qf_view value_of(const struct qf_row_event *row, const char *dimension)
{
        for (uint32_t i = 0; i < row->values_count; i++)
                if (qf_view_same(row->values[i].dimension, qf_view_of(dimension)))
                        return row->values[i].member;
        return QF_VIEW("");
}

static struct qf_ordinal see(struct qf_rows *rows, const struct qf_row_event *row, struct qf_view what,
                             struct qf_view org)
{
        const struct qf_view parts[] = {what, org};
        struct qf_ordinal ordinal = {0};
        uint8_t hash[QF_SHA256_BYTES], number[4];
        qf_sha256_begin(rows->sha);
        qf_put_le32(number, row->event.date);
        qf_sha256_add(rows->sha, number, sizeof(number));
        for (uint32_t i = 0; i < 2; i++) {
                qf_put_le32(number, parts[i].len);
                qf_sha256_add(rows->sha, number, sizeof(number));
                qf_sha256_add(rows->sha, parts[i].at, parts[i].len);
        }
        qf_sha256_end(rows->sha, hash);
        int result = qf_ordinals_next(rows->alike, hash, rows->row, &ordinal);
        if (result)
                rows->result = result;
        return ordinal;
}

void qf_rows_look_for_double(struct qf_rows *rows, const struct qf_row_event *row)
{
        const struct qf_view shared[] = {row->words.title, value_of(row, "site")};
        const struct qf_view org = value_of(row, "org");
        bool said = row->event.action != QF_CREATE || row->event.date % 100 == 0 || org.len == 0;
        for (uint32_t i = 0; i < 2 && !said; i++) {
                if (shared[i].len == 0)
                        continue;
                struct qf_ordinal all = see(rows, row, shared[i], QF_VIEW(""));
                struct qf_ordinal own = see(rows, row, shared[i], org);
                if (all.seen < 2 || own.seen > 1)
                        continue;
                struct qf_note note = {
                        .code = QF_NOTE_DOUBLE, .line = rows->row + 1, .got = shared[i], .a = all.first + 1u};
                qf_rows_note(rows, &note);
                said = true;
        }
}
