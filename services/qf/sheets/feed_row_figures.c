/* Rows of declared kinds: their figures by the table of kinds, and keys made of
 * what such a record is known by, so that a table without numbers of its own says
 * the same when it is fed again. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "qf/sheets/feed_rows_parts.h"
#include "client/figure_text.h"

/* "2023-05-06 19:30" says the day and when it began. */
static void take_start(const struct qf_rows *rows, const struct qf_kind_spec *spec, struct qf_event *event)
{
        const int place = qf_kind_figure(spec, QF_VIEW("start"));
        int32_t column;
        uint16_t minutes;
        const struct qf_view cell = qf_rows_field(rows, QF_FIELD_DATE, &column);

        if (place == QF_NO_FIGURE || event->stated >> place & 1 || qf_cell_date_clock(cell, &minutes))
                return;
        event->figures[place] = minutes;
        event->stated |= (uint8_t)(1u << place);
}

void qf_rows_take_figures(struct qf_rows *rows, struct qf_row_event *row)
{
        const struct qf_kind_spec *spec = rows->options.map->kind;

        for (uint32_t i = 0; i < spec->figures_count; i++) {
                enum qf_note_code wrong;
                int32_t column;
                const struct qf_view cell =
                        qf_rows_field(rows, (enum qf_field)(QF_FIELD_FIGURE + i), &column);
                if (column >= 0 && qf_fill_is_shared(&rows->fill, (uint32_t)column)) {
                        qf_rows_say(rows, QF_NOTE_SPANS, column, cell, QF_VIEW(""));
                        continue;
                }
                if (spec->figures[i].type == QF_FIGURE_DATE &&
                    qf_grid_date_is_twofold(rows->options.grid, cell)) {
                        qf_rows_say(rows, QF_NOTE_UNCLEAR_DAY, column, cell, QF_VIEW(""));
                        continue;
                }
                switch (qf_figure_state(&spec->figures[i], cell, &row->event.figures[i], &wrong)) {
                case 0: row->event.stated |= (uint8_t)(1u << i); break;
                case QF_CELL_EMPTY:
                        if (spec->figures[i].required)
                                qf_rows_say(rows, QF_NOTE_MISSING, column, QF_VIEW(""), QF_VIEW(""));
                        break;
                default: qf_rows_say(rows, wrong, column, cell, QF_VIEW("")); break;
                }
        }
        take_start(rows, spec, &row->event);
}

static struct qf_view member_of(const struct qf_row_event *row, struct qf_view dimension)
{
        for (uint32_t i = 0; i < row->values_count; i++)
                if (qf_view_same(row->values[i].dimension, dimension))
                        return row->values[i].member;
        return QF_VIEW("");
}

static struct qf_view part_of(const struct qf_rows *rows, const struct qf_row_event *row, struct qf_view word,
                              char date[16])
{
        int32_t column;

        if (qf_view_same(word, QF_VIEW("number")))
                return qf_rows_field(rows, QF_FIELD_KEY, &column);
        if (!qf_view_same(word, QF_VIEW("date")))
                return member_of(row, word);
        (void)snprintf(date, 16, "%04u-%02u-%02u", row->event.date / 10000, row->event.date / 100 % 100,
                       row->event.date % 100);
        return qf_view_of(date);
}

/* A withdrawal says nothing but its key: what that was made of goes. */
static void forget_facts(struct qf_row_event *row)
{
        if (row->event.action != QF_WITHDRAW)
                return;
        row->event.date = 0;
        row->event.stated = 0;
        memset(row->event.figures, 0, sizeof(row->event.figures));
        row->values_count = 0;
}

/* Without a number a record is the first of its site and day, and a further one in the same file is not guessed to be the
 * same, which would not count, nor the next. */
static void look_for_same(struct qf_rows *rows, const struct qf_row_event *row, bool numbered)
{
        uint8_t hash[QF_SHA256_BYTES];
        struct qf_ordinal ordinal = {0};

        if (row->event.action != QF_CREATE)
                return;
        qf_sha256_begin(rows->sha);
        qf_sha256_add(rows->sha, row->event.key.at, row->event.key.len);
        qf_sha256_end(rows->sha, hash);
        int result = qf_ordinals_next(rows->alike, hash, rows->row, &ordinal);
        if (result)
                rows->result = result;
        if (ordinal.seen < 2 || numbered)
                return;
        struct qf_note note = {.code = QF_NOTE_WHICH_NUMBER,
                               .line = rows->row + 1,
                               .column = qf_rows_header(rows, rows->options.binding->by_field[QF_FIELD_KEY]),
                               .a = ordinal.first + 1u};
        qf_rows_note(rows, &note);
}

/* Where one of its parts is not there the number alone stands, or the row's hash, as in any table. */
static void compose_key(struct qf_rows *rows, struct qf_row_event *row)
{
        const char *rest = rows->options.map->kind->key_parts;
        char key[QF_KEY_BYTES_MAX], date[16];
        struct qf_view word;
        uint32_t used = 0;
        bool numbered = true;

        if (!rest || row->event.date == 0)
                return;
        while (qf_kind_word(&rest, &word)) {
                struct qf_view part = part_of(rows, row, word, date);
                if (part.len == 0 && qf_view_same(word, QF_VIEW("number"))) {
                        part = QF_VIEW("1");
                        numbered = false;
                }
                if (part.len == 0 || used + 1 + part.len > sizeof(key) || !qf_text_valid(part, false))
                        return;
                if (used)
                        key[used++] = '/';
                memcpy(key + used, part.at, part.len);
                used += part.len;
        }
        memcpy(row->key, key, used);
        row->event.key = (struct qf_view){row->key, used};
        row->hashed = false;
        row->ordinal = 0;
        look_for_same(rows, row, numbered);
}

void qf_rows_compose_key(struct qf_rows *rows, struct qf_row_event *row)
{
        compose_key(rows, row);
        forget_facts(row);
}
