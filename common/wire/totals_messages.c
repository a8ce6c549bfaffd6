/* Why: live totals and queries as tables. Guarantee of decoding: columns have one
 * length, every index names a text, and an answer's rows have one member for each
 * "by", so that receivers walk arrays without looking at bounds. */
#include "wire/totals_messages.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "totals.pb-c.h"
#include "wire/feed_messages.h"
#include "wire/layouts.h"
#include "wire/metrics.h"

enum {
        SAY_MAX = 2048,
        BY_MAX = 4,
        ANSWER_BY_MAX = QF_DIMENSIONS_MAX + 4, /* of a list: date, partner, key and all dimensions */
        MEASURES_MAX = 16,
        DECLARED_MAX = 8192,
        WHERE_MAX = 16,
        WHERE_BYTES_MAX = 128,
        NOTES_MAX = 32,
        CELLS_MAX = 65536,
        TEXTS_MAX = 131072,
        ROWS_MAX = 65536,
        ANSWER_ROWS_MAX = 50000,
        JSON_BYTES_MAX = 1024 * 1024,
        EVENTS_MAX = 8192,
        TEXT_BYTES_MAX = 2048,
};

#define FROM(member) QF_NUMBER_AT(struct qf_from_reader, member)

static const struct qf_field subscribe_fields[] = {
        FROM(version),
        FROM(id),
        QF_BYTES_AT(struct qf_from_reader, epoch, 0),
        FROM(have),
        QF_MANY_VIEWS_AT(struct qf_from_reader, prefixes, prefixes_count, QF_PREFIXES_MAX,
                         QF_PREFIX_BYTES_MAX),
        FROM(credit),
        FROM(every_ms),
        FROM(want),
};
static const struct qf_field more_fields[] = {FROM(id), FROM(credit)};
static const struct qf_field query_fields[] = {
        FROM(id),
        FROM(query),
        QF_MANY_VIEWS_AT(struct qf_from_reader, by, by_count, BY_MAX, QF_CODE_BYTES_MAX),
        QF_MANY_VIEWS_AT(struct qf_from_reader, where, where_count, WHERE_MAX, WHERE_BYTES_MAX),
        FROM(first_day),
        FROM(last_day),
        FROM(year),
        FROM(base),
        FROM(at_least),
        FROM(limit),
        QF_VIEW_AT(struct qf_from_reader, kind, QF_CODE_BYTES_MAX, 0),
        QF_MANY_VIEWS_AT(struct qf_from_reader, measures, measures_count, MEASURES_MAX,
                         QF_CODE_BYTES_MAX + 4),
        QF_VIEW_AT(struct qf_from_reader, page, QF_PAGE_BYTES_MAX, 0),
        QF_VIEW_AT(struct qf_from_reader, scope, QF_CODE_BYTES_MAX, 0),
        FROM(edition),
        QF_VIEW_AT(struct qf_from_reader, file, QF_CODE_BYTES_MAX, 0),
        FROM(offset),
        QF_VIEW_AT(struct qf_from_reader, key, QF_KEY_BYTES_MAX, 0),
        QF_VIEW_AT(struct qf_from_reader, partner, QF_CODE_BYTES_MAX, 0),
        QF_VIEW_AT(struct qf_from_reader, verdict, QF_CODE_BYTES_MAX, 0),
};
static const struct qf_field leave_fields[] = {FROM(id)};

static const struct qf_layout subscribe_layout = {&qf__subscribe__descriptor, QF_FIELDS(subscribe_fields),
                                                  QF_PLAIN};
static const struct qf_layout more_layout = {&qf__more__descriptor, QF_FIELDS(more_fields), QF_PLAIN};
static const struct qf_layout query_layout = {&qf__query__descriptor, QF_FIELDS(query_fields), QF_PLAIN};
static const struct qf_layout leave_layout = {&qf__leave__descriptor, QF_FIELDS(leave_fields), QF_PLAIN};

static const struct qf_field from_reader_fields[] = {
        QF_INSIDE_AT(0, subscribe_layout),
        QF_INSIDE_AT(0, more_layout),
        QF_INSIDE_AT(0, query_layout),
        QF_INSIDE_AT(0, leave_layout),
};
const struct qf_layout qf_from_reader_layout = {
        &qf__from_reader__descriptor,
        QF_FIELDS(from_reader_fields),
        .what_offset = offsetof(struct qf_from_reader, what),
        .what_size = sizeof(enum qf_from_reader_what),
        .stated_offset = QF_NOWHERE,
};

int qf_from_reader_decode(struct qf_arena *arena, struct qf_view message, struct qf_from_reader *ret_message,
                          struct qf_wire_fault *ret_fault)
{
        struct qf_from_reader decoded = {0};
        int r = qf_layout_decode(arena, &qf_from_reader_layout, message, &decoded, ret_fault);
        if (r == 0)
                *ret_message = decoded;
        return r;
}

int qf_from_reader_encode(const struct qf_from_reader *message, struct qf_buffer *buffer)
{
        return qf_layout_encode(&qf_from_reader_layout, message, buffer);
}

/* As on the wire: each column with a length of its own. */
struct cells {
        struct qf_cells_part part;
        uint32_t dimension_count, member_count, period_count, value_count, changed_count;
};
struct rows {
        struct qf_rows_part part;
        uint32_t row_count, date_count, sessions_count, attendances_count, values_count, dimension_count,
                member_count, changed_count, partner_count, key_count, mark_count;
};
struct answer_row {
        uint32_t members_count;
        const struct qf_view *members;
        struct qf_counts counts;
        uint32_t figures_count;
        const int64_t *figures;
};
struct to_reader {
        struct qf_to_reader message;
        uint32_t cells_count, rows_count, answer_count, all_count;
        const struct cells *cells;
        const struct rows *rows;
        const struct answer_row *answer, *all;
};

#define TO(member) QF_NUMBER_AT(struct to_reader, message.member)
#define TO_EPOCH QF_BYTES_AT(struct to_reader, message.epoch, 0)
#define SAY QF_VIEW_AT(struct to_reader, message.say, SAY_MAX, QF_FIELD_LINES)
#define METRICS(member) QF_VIEW_AT(struct to_reader, message.member, QF_METRICS_BYTES_MAX, 0)
#define CELL(member) QF_MANY_AT(struct cells, part.member, member##_count, uint32_t, CELLS_MAX)
#define ROW(member, most) QF_MANY_AT(struct rows, part.member, member##_count, uint32_t, most)
#define COUNT(measure) QF_NUMBER_AT(struct answer_row, counts.of[measure])

static const struct qf_field cells_fields[] = {
        QF_MANY_VIEWS_AT(struct cells, part.texts, part.texts_count, TEXTS_MAX, TEXT_BYTES_MAX),
        QF_MANY_AT(struct cells, part.measures, part.measures_count, uint32_t, QF_MEASURES),
        CELL(dimension),
        CELL(member),
        CELL(period),
        QF_MANY_AT(struct cells, part.value, value_count, int64_t, CELLS_MAX *QF_MEASURES),
        QF_MANY_AT(struct cells, part.changed, changed_count, uint64_t, CELLS_MAX),
};
static const struct qf_field rows_fields[] = {
        QF_MANY_VIEWS_AT(struct rows, part.texts, part.texts_count, TEXTS_MAX, TEXT_BYTES_MAX),
        ROW(row, ROWS_MAX),
        ROW(date, ROWS_MAX),
        ROW(sessions, ROWS_MAX),
        ROW(attendances, ROWS_MAX),
        ROW(values, ROWS_MAX),
        ROW(dimension, ROWS_MAX * 4),
        ROW(member, ROWS_MAX * 4),
        QF_MANY_AT(struct rows, part.changed, changed_count, uint64_t, ROWS_MAX),
        ROW(partner, ROWS_MAX),
        QF_MANY_VIEWS_AT(struct rows, part.key, key_count, ROWS_MAX, QF_KEY_BYTES_MAX),
        ROW(mark, ROWS_MAX),
};
static const struct qf_field answer_row_fields[] = {
        QF_MANY_VIEWS_AT(struct answer_row, members, members_count, ANSWER_BY_MAX, TEXT_BYTES_MAX),
        COUNT(QF_RECORDS),
        COUNT(QF_ACTIVITIES),
        COUNT(QF_ATTENDANCES),
        COUNT(QF_RECORDS_UNKNOWN),
        COUNT(QF_ACTIVITIES_UNKNOWN),
        QF_MANY_AT(struct answer_row, figures, figures_count, int64_t, 3 * MEASURES_MAX),
};
static const struct qf_field declared_value_fields[] = {
        QF_VIEW_AT(struct qf_pair, dimension, QF_CODE_BYTES_MAX, QF_FIELD_NEEDED),
        QF_VIEW_AT(struct qf_pair, member, TEXT_BYTES_MAX, 0),
};
static const struct qf_layout declared_value_layout = {&qf__declared_value__descriptor,
                                                       QF_FIELDS(declared_value_fields), QF_PLAIN};
#define DECLARED(member) QF_NUMBER_AT(struct qf_declared_row, member)
static const struct qf_field declared_fields[] = {
        DECLARED(row),
        DECLARED(kind),
        QF_VIEW_AT(struct qf_declared_row, partner, QF_CODE_BYTES_MAX, 0),
        QF_VIEW_AT(struct qf_declared_row, key, QF_KEY_BYTES_MAX, 0),
        DECLARED(date),
        DECLARED(stated),
        QF_MANY_AT(struct qf_declared_row, figures, figures_count, uint32_t, QF_FIGURES_MAX),
        QF_MANY_MESSAGES_AT(struct qf_declared_row, values, values_count, struct qf_pair, QF_VALUES_MAX,
                            declared_value_layout),
        DECLARED(changed),
        DECLARED(late),
};
static const struct qf_layout declared_layout = {&qf__declared__descriptor, QF_FIELDS(declared_fields),
                                                 QF_PLAIN};
static const struct qf_layout cells_layout = {&qf__cells__descriptor, QF_FIELDS(cells_fields), QF_PLAIN};
static const struct qf_layout rows_layout = {&qf__rows__descriptor, QF_FIELDS(rows_fields), QF_PLAIN};
static const struct qf_layout answer_row_layout = {&qf__answer_row__descriptor, QF_FIELDS(answer_row_fields),
                                                   QF_PLAIN};

static const struct qf_field update_fields[] = {
        TO(id),
        TO_EPOCH,
        TO(after),
        TO(upto),
        TO(end),
        TO(fresh),
        TO(catching_up),
        QF_MANY_VIEWS_AT(struct to_reader, message.events, message.events_count, EVENTS_MAX,
                         QF_REGISTER_BYTES_MAX),
        QF_MANY_MESSAGES_AT(struct to_reader, cells, cells_count, struct cells, 1, cells_layout),
        QF_MANY_MESSAGES_AT(struct to_reader, rows, rows_count, struct rows, 1, rows_layout),
        QF_MANY_MESSAGES_AT(struct to_reader, message.declared, message.declared_count,
                            struct qf_declared_row, DECLARED_MAX, declared_layout),
        TO(rows_follow),
};
static const struct qf_field pulse_fields[] = {
        TO(id),          TO_EPOCH,    TO(version), TO(journal_last), TO(complete_at_ms),
        TO(catching_up), TO(stopped), SAY,         METRICS(ingest),  METRICS(aggregate),
};
static const struct qf_field answer_fields[] = {
        TO(id),
        TO_EPOCH,
        TO(version),
        TO(code),
        SAY,
        QF_MANY_VIEWS_AT(struct to_reader, message.notes, message.notes_count, NOTES_MAX, SAY_MAX),
        QF_MANY_VIEWS_AT(struct to_reader, message.by, message.by_count, ANSWER_BY_MAX, QF_CODE_BYTES_MAX),
        QF_MANY_MESSAGES_AT(struct to_reader, answer, answer_count, struct answer_row, ANSWER_ROWS_MAX,
                            answer_row_layout),
        QF_MANY_MESSAGES_AT(struct to_reader, all, all_count, struct answer_row, 1, answer_row_layout),
        TO(complete_at_ms),
        QF_VIEW_AT(struct to_reader, message.json, JSON_BYTES_MAX, QF_FIELD_LINES),
        QF_MANY_VIEWS_AT(struct to_reader, message.measures, message.measures_count, MEASURES_MAX,
                         QF_CODE_BYTES_MAX + 4),
        QF_VIEW_AT(struct to_reader, message.next, QF_PAGE_BYTES_MAX, 0),
        QF_VIEW_AT(struct to_reader, message.data, JSON_BYTES_MAX, 0),
        TO(size),
        QF_BYTES_AT(struct to_reader, message.digest, 0),
        TO(offset),
};
static const struct qf_field denied_fields[] = {TO(id), TO(why), SAY};

static const struct qf_layout update_layout = {&qf__update__descriptor, QF_FIELDS(update_fields), QF_PLAIN};
static const struct qf_layout pulse_layout = {&qf__pulse__descriptor, QF_FIELDS(pulse_fields), QF_PLAIN};
static const struct qf_layout answer_layout = {&qf__answer__descriptor, QF_FIELDS(answer_fields), QF_PLAIN};
static const struct qf_layout denied_layout = {&qf__denied__descriptor, QF_FIELDS(denied_fields), QF_PLAIN};

static const struct qf_field to_reader_fields[] = {
        QF_INSIDE_AT(0, update_layout),
        QF_INSIDE_AT(0, pulse_layout),
        QF_INSIDE_AT(0, answer_layout),
        QF_INSIDE_AT(0, denied_layout),
};
const struct qf_layout qf_to_reader_layout = {
        &qf__to_reader__descriptor,
        QF_FIELDS(to_reader_fields),
        .what_offset = offsetof(struct to_reader, message.what),
        .what_size = sizeof(enum qf_to_reader_what),
        .stated_offset = QF_NOWHERE,
};

static bool below(const uint32_t *numbers, uint32_t count, uint32_t end)
{
        for (uint32_t i = 0; i < count; i++)
                if (numbers[i] >= end)
                        return false;
        return true;
}

static int check_cells(const struct cells *cells, struct qf_cells_part *ret_part, struct qf_wire_fault *fault)
{
        const struct qf_cells_part *part = &cells->part;
        uint32_t count = cells->dimension_count;
        if (cells->member_count != count || cells->period_count != count || cells->changed_count != count ||
            cells->value_count != (uint64_t)count * part->measures_count)
                return qf_wire_refuse(fault, "columns of different length", count);
        if (!below(part->dimension, count, part->texts_count) ||
            !below(part->member, count, part->texts_count))
                return qf_wire_refuse(fault, "a name beyond the texts", part->texts_count);
        if (!below(part->measures, part->measures_count, QF_MEASURES))
                return qf_wire_refuse(fault, "a measure that there is not", part->measures_count);
        *ret_part = *part;
        ret_part->count = count;
        return 0;
}

static int check_rows(const struct rows *rows, struct qf_rows_part *ret_part, struct qf_wire_fault *fault)
{
        const struct qf_rows_part *part = &rows->part;
        uint32_t count = rows->row_count;
        uint64_t values = 0;
        if (rows->date_count != count || rows->sessions_count != count || rows->attendances_count != count ||
            rows->values_count != count || rows->changed_count != count || rows->partner_count != count ||
            rows->key_count != count || (rows->mark_count && rows->mark_count != count) ||
            rows->dimension_count != rows->member_count)
                return qf_wire_refuse(fault, "columns of different length", count);
        for (uint32_t i = 0; i < count; i++)
                values += part->values[i];
        if (values != rows->dimension_count)
                return qf_wire_refuse(fault, "values per row that do not add up", values);
        if (!below(part->dimension, rows->dimension_count, part->texts_count) ||
            !below(part->member, rows->member_count, part->texts_count) ||
            !below(part->partner, count, part->texts_count))
                return qf_wire_refuse(fault, "a name beyond the texts", part->texts_count);
        if (!below(part->mark, rows->mark_count, QF_MARKS))
                return qf_wire_refuse(fault, "a mark that there is not", QF_MARKS);
        *ret_part = *part;
        ret_part->count = count;
        if (!rows->mark_count)
                ret_part->mark = NULL;
        ret_part->values_count = rows->dimension_count;
        return 0;
}

static int check_declared(const struct qf_to_reader *message, struct qf_wire_fault *fault)
{
        for (uint32_t i = 0; i < message->declared_count; i++) {
                const struct qf_declared_row *row = &message->declared[i];
                if (row->stated >> QF_FIGURES_MAX ||
                    row->figures_count != (uint32_t)__builtin_popcount(row->stated))
                        return qf_wire_refuse(fault, "another number of figures than are stated", i);
        }
        return 0;
}

static int finish_update(struct to_reader *held, struct qf_wire_fault *fault)
{
        int r = check_declared(&held->message, fault);
        if (r == 0 && held->cells_count)
                r = check_cells(held->cells, &held->message.cells, fault);
        if (r == 0 && held->rows_count)
                r = check_rows(held->rows, &held->message.rows, fault);
        return r;
}

/* One for each measure, or three: as the question was. */
static bool fits_measures(const struct qf_to_reader *message, uint32_t figures)
{
        return figures == message->measures_count || figures == 3 * message->measures_count;
}

static int finish_answer(struct qf_arena *arena, struct to_reader *held, struct qf_wire_fault *fault)
{
        struct qf_to_reader *message = &held->message;
        struct qf_answer_row *rows = qf_arena_take(arena, held->answer_count * sizeof *rows);
        if (!rows)
                return qf_wire_refuse(fault, "more than a message may take of memory", held->answer_count);
        for (uint32_t i = 0; i < held->answer_count; i++) {
                if (held->answer[i].members_count != message->by_count)
                        return qf_wire_refuse(fault, "a row of another number of members than asked for", i);
                if (!fits_measures(message, held->answer[i].figures_count))
                        return qf_wire_refuse(fault, "a row of another number of figures than measures", i);
                rows[i] = (struct qf_answer_row){held->answer[i].members, held->answer[i].counts,
                                                 held->answer[i].figures_count, held->answer[i].figures};
        }
        message->answer_rows_count = held->answer_count;
        message->answer_rows = rows;
        if (held->all_count && held->all[0].figures_count &&
            !fits_measures(message, held->all[0].figures_count))
                return qf_wire_refuse(fault, "a total of another number of figures than measures", 0);
        if (held->all_count)
                message->all = (struct qf_answer_row){NULL, held->all[0].counts, held->all[0].figures_count,
                                                      held->all[0].figures};
        return 0;
}

int qf_to_reader_decode(struct qf_arena *arena, struct qf_view message, struct qf_to_reader *ret_message,
                        struct qf_wire_fault *ret_fault)
{
        struct to_reader held = {0};
        int r = qf_layout_decode(arena, &qf_to_reader_layout, message, &held, ret_fault);
        if (r == 0 && held.message.what == QF_UPDATE)
                r = finish_update(&held, ret_fault);
        if (r == 0 && held.message.what == QF_ANSWER)
                r = finish_answer(arena, &held, ret_fault);
        if (r == 0)
                *ret_message = held.message;
        return r;
}

static int encode_update(const struct qf_to_reader *message, struct qf_buffer *buffer)
{
        uint32_t count = message->cells.count, rows_count = message->rows.count;
        uint32_t values = message->rows.values_count;
        const struct cells cells = {
                message->cells, count, count, count, count * message->cells.measures_count, count};
        const struct rows rows = {message->rows, rows_count, rows_count, rows_count,
                                  rows_count,    rows_count, values,     values,
                                  rows_count,    rows_count, rows_count, message->rows.mark ? rows_count : 0};
        const struct to_reader held = {.message = *message,
                                       .cells = &cells,
                                       .cells_count = count > 0,
                                       .rows = &rows,
                                       .rows_count = rows_count > 0};
        return qf_layout_encode(&qf_to_reader_layout, &held, buffer);
}

static int encode_answer(const struct qf_to_reader *message, struct qf_buffer *buffer)
{
        uint32_t count = message->answer_rows_count;
        QF_CLEANUP(qf_cleanup_free) struct answer_row *rows = malloc(((size_t)count + 1) * sizeof *rows);
        if (!rows)
                return -ENOMEM;
        for (uint32_t i = 0; i < count; i++)
                rows[i] = (struct answer_row){
                        message->by_count, message->answer_rows[i].members, message->answer_rows[i].counts,
                        message->answer_rows[i].figures_count, message->answer_rows[i].figures};
        rows[count] = (struct answer_row){0, NULL, message->all.counts, message->all.figures_count,
                                          message->all.figures};
        const struct to_reader held = {.message = *message,
                                       .answer = rows,
                                       .answer_count = count,
                                       .all = &rows[count],
                                       .all_count = 1};
        return qf_layout_encode(&qf_to_reader_layout, &held, buffer);
}

int qf_to_reader_encode(const struct qf_to_reader *message, struct qf_buffer *buffer)
{
        if (message->what == QF_UPDATE)
                return encode_update(message, buffer);
        if (message->what == QF_ANSWER)
                return encode_answer(message, buffer);
        const struct to_reader held = {.message = *message};
        return qf_layout_encode(&qf_to_reader_layout, &held, buffer);
}
