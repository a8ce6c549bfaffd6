/* Why: partners feed by the hundred thousand; in columns an event costs a few
 * bytes and a few tens of nanoseconds. Each column is checked as a whole (length,
 * range, sums) and then poured into the events by the table of its kind. */
#include "wire/body_parts.h"

#include <errno.h>

struct pour { /* what is going on for one body */
        struct qf_batch *batch;
        struct qf_view *dimensions;
        uint32_t values_used;
        struct qf_wire_fault *fault;
};

/* A dimension's column while values are collected event by event. */
struct cursor {
        const uint32_t *u, *n; /* what comes next; how many belong to each event, NULL: one */
        uint32_t step;         /* 0: one value holds for all */
        uint16_t dimension;    /* in batch.dimensions */
};

/* An upper bound of all numbers, cheaply: no number is larger than all of their bits together. */
static uint32_t all_bits(const uint32_t *numbers, uint32_t count)
{
        uint64_t bits = 0;
        uint32_t i = 0;
        for (; i + 2 <= count; i += 2) {
                uint64_t two;
                memcpy(&two, numbers + i, sizeof two);
                bits |= two;
        }
        return (uint32_t)(bits | bits >> 32) | (i < count ? numbers[i] : 0);
}

/* Whether some number is above the bound, and which is the largest. */
static bool exceeds(const uint32_t *numbers, uint32_t count, uint64_t bound, uint32_t *ret_largest)
{
        if (all_bits(numbers, count) <= bound)
                return false;
        uint32_t most = 0;
        for (uint32_t i = 0; i < count; i++)
                most = numbers[i] > most ? numbers[i] : most;
        *ret_largest = most;
        return most > bound;
}

static uint64_t sum(const uint32_t *numbers, uint32_t count)
{
        uint64_t total = 0;
        for (uint32_t i = 0; i < count; i++)
                total += numbers[i];
        return total;
}

static int pour_keys(struct pour *pour, const struct qf_run *run, struct qf_event *events)
{
        const struct qf_view *texts = pour->batch->texts;
        uint32_t texts_count = pour->batch->texts_count;
        if (run->keys_count == 0 && (run->key_from > texts_count || run->n > texts_count - run->key_from))
                return qf_wire_refuse(pour->fault, "keys beyond the texts", run->key_from);
        if (run->keys_count && (run->keys_count != run->n || run->key_from != 0))
                return qf_wire_refuse(pour->fault, "another number of keys than events", run->keys_count);
        uint32_t most;
        if (run->keys_count && (texts_count == 0 || exceeds(run->keys, run->n, texts_count - 1, &most)))
                return qf_wire_refuse(pour->fault, "keys beyond the texts", run->keys_count);
        for (uint32_t i = 0; i < run->n; i++) {
                struct qf_view key = texts[run->keys_count ? run->keys[i] : run->key_from + i];
                if (key.len > QF_KEY_BYTES_MAX)
                        return qf_wire_refuse(pour->fault, "a key of more than 96 bytes", key.len);
                events[i].kind = (uint8_t)run->kind;
                events[i].key = key;
        }
        return 0;
}

/* One member of the struct, for each event. u 0: not stated. Larger than the place: held as the largest. */
#define POUR(type, most)                                                                                     \
        for (uint32_t i = 0; i < n; i++, at += sizeof(struct qf_event)) {                                    \
                uint32_t u = column->u[i & step];                                                            \
                uint64_t value = column->offset + u - 1;                                                     \
                type held = value > (most) ? (type)(most) : (type)value;                                     \
                if (u != 0)                                                                                  \
                        memcpy(at, &held, sizeof held);                                                      \
        }

static int pour_numbers(struct pour *pour, const struct qf_field *field, const struct qf_column *column,
                        struct qf_event *events, uint32_t n)
{
        if (column->offset > INT64_MAX - UINT32_MAX)
                return qf_wire_refuse(pour->fault, "an offset too large", column->field);
        uint32_t most;
        if (field->size == 4 &&
            (column->offset > (uint64_t)UINT32_MAX + 1 ||
             exceeds(column->u, column->u_count, (uint64_t)UINT32_MAX + 1 - column->offset, &most)))
                return qf_wire_refuse(pour->fault, "a number too large for its field", column->field);
        uint32_t step = column->u_count == 1 ? 0 : UINT32_MAX;
        uint8_t *at = (uint8_t *)events + field->offset;
        switch (field->size) {
        case 1: POUR(uint8_t, UINT8_MAX) break;
        case 2: POUR(uint16_t, UINT16_MAX) break;
        case 4: POUR(uint32_t, UINT32_MAX) break;
        default: POUR(uint64_t, UINT64_MAX) break;
        }
        if (field->stated)
                for (uint32_t i = 0; i < n; i++)
                        if (column->u[i & step] != 0)
                                events[i].stated |= field->stated;
        return 0;
}

static int pour_texts(struct pour *pour, const struct qf_field *field, const struct qf_column *column,
                      struct qf_event *events, uint32_t n)
{
        if (column->offset != 0)
                return qf_wire_refuse(pour->fault, "an offset where texts are named", column->field);
        uint32_t most;
        if (exceeds(column->u, column->u_count, pour->batch->texts_count, &most))
                return qf_wire_refuse(pour->fault, "a name beyond the texts", most);
        uint32_t step = column->u_count == 1 ? 0 : UINT32_MAX;
        for (uint32_t i = 0; i < n; i++) {
                uint32_t u = column->u[i & step];
                if (u == 0)
                        continue;
                struct qf_view text = pour->batch->texts[u - 1];
                if (text.len > field->each)
                        return qf_wire_refuse(pour->fault, "a text or bytes longer than allowed", text.len);
                memcpy((uint8_t *)&events[i] + field->offset, &text, sizeof text);
        }
        return 0;
}

static int check_members(struct pour *pour, const struct qf_run *run, const struct qf_column *column)
{
        if (column->offset != 0)
                return qf_wire_refuse(pour->fault, "an offset where texts are named", column->field);
        uint32_t most;
        if (exceeds(column->u, column->u_count, pour->batch->texts_count, &most))
                return qf_wire_refuse(pour->fault, "a name beyond the texts", most);
        if (column->n_count == 0) {
                if (column->u_count != 1 && column->u_count != run->n)
                        return qf_wire_refuse(pour->fault, "a column of another length than its run",
                                              column->u_count);
                return 0;
        }
        if (column->n_count != run->n)
                return qf_wire_refuse(pour->fault, "a column of another length than its run",
                                      column->n_count);
        if (sum(column->n, column->n_count) != column->u_count)
                return qf_wire_refuse(pour->fault, "members per event that do not add up", column->u_count);
        for (uint32_t i = 0; i < column->u_count; i++)
                if (column->u[i] == 0)
                        return qf_wire_refuse(pour->fault, "a member that is not stated in a list of members",
                                              i);
        return 0;
}

/* Written in any case, kept when it is stated: returns where the next one goes. */
static inline uint32_t pour_value(struct qf_value *values, uint32_t used, uint16_t dimension, uint32_t u)
{
        values[used] = (struct qf_value){dimension, QF_DIMENSION_UNKNOWN, u - 1, QF_MEMBER_UNKNOWN};
        return used + (u != 0);
}

/* Events first, dimensions within: so the values of one event lie side by side, written once. */
static int pour_values(struct pour *pour, const struct qf_run *run, struct cursor *cursors,
                       uint32_t cursors_count, struct qf_event *events)
{
        struct qf_value *values = pour->batch->values;
        uint32_t used = pour->values_used;
        for (uint32_t i = 0; i < run->n; i++) {
                uint32_t first = used;
                for (struct cursor *cursor = cursors; cursor < cursors + cursors_count; cursor++) {
                        if (!cursor->n) {
                                used = pour_value(values, used, cursor->dimension, *cursor->u);
                                cursor->u += cursor->step;
                                continue;
                        }
                        for (uint32_t k = 0; k < cursor->n[i]; k++)
                                used = pour_value(values, used, cursor->dimension, *cursor->u++);
                }
                if (used - first > QF_VALUES_MAX)
                        return qf_wire_refuse(pour->fault, "an event of more than 256 values", used - first);
                events[i].values_first = first;
                events[i].values_count = (uint16_t)(used - first);
        }
        pour->values_used = used;
        return 0;
}

static int pour_column(struct pour *pour, const struct qf_run *run, const struct qf_column *column,
                       const struct qf_layout *kind, struct qf_event *events, uint64_t *seen)
{
        const struct qf_field *field = qf_kind_field(kind, column->field);
        if (!field || field->hold == QF_HOLD_MANY)
                return qf_wire_refuse(pour->fault, "a column of a field that its kind does not have",
                                      column->field);
        uint64_t bit = UINT64_C(1) << (field - kind->fields);
        if (*seen & bit)
                return qf_wire_refuse(pour->fault, "two columns of one field", column->field);
        *seen |= bit;
        if (column->n_count || column->dimension)
                return qf_wire_refuse(pour->fault, "a column of one value each with dimension or n",
                                      column->field);
        if (column->u_count != 1 && column->u_count != run->n)
                return qf_wire_refuse(pour->fault, "a column of another length than its run",
                                      column->u_count);
        if (field->hold == QF_HOLD_VIEW)
                return pour_texts(pour, field, column, events, run->n);
        return pour_numbers(pour, field, column, events, run->n);
}

static int open_cursor(struct pour *pour, const struct qf_run *run, const struct qf_column *column,
                       struct cursor *cursors, uint32_t *cursors_count)
{
        if (column->dimension >= pour->batch->texts_count)
                return qf_wire_refuse(pour->fault, "a name beyond the texts", column->dimension);
        int r = check_members(pour, run, column);
        if (r != 0)
                return r;
        struct cursor *cursor = &cursors[*cursors_count];
        *cursor = (struct cursor){.u = column->u_count ? column->u : column->n, /* lists of nothing */
                                  .n = column->n_count ? column->n : NULL,
                                  .step = column->n_count || column->u_count > 1};
        r = qf_body_dimension(pour->dimensions, &pour->batch->dimensions_count,
                              pour->batch->texts[column->dimension], &cursor->dimension, pour->fault);
        for (uint32_t c = 0; r == 0 && c < *cursors_count; c++)
                if (cursors[c].dimension == cursor->dimension)
                        return qf_wire_refuse(pour->fault, "two columns of one dimension", column->dimension);
        (*cursors_count)++;
        return r;
}

static int pour_run(struct pour *pour, const struct qf_run *run, struct qf_event *events)
{
        int r = pour_keys(pour, run, events);
        const struct qf_layout *kind = qf_kind_layout(run->kind);
        if (r != 0 || !kind) /* a kind of a later version: its key is all that is known of it */
                return r;
        struct cursor cursors[QF_RUN_COLUMNS_MAX];
        uint32_t cursors_count = 0;
        uint64_t seen = 0;
        const struct qf_field *many = qf_kind_field(kind, QF_FIELD_VALUE);
        for (uint32_t c = 0; c < run->columns_count && r == 0; c++) {
                const struct qf_column *column = &run->columns[c];
                if (many && column->field == QF_FIELD_VALUE)
                        r = open_cursor(pour, run, column, cursors, &cursors_count);
                else
                        r = pour_column(pour, run, column, kind, events, &seen);
        }
        if (r == 0 && cursors_count)
                r = pour_values(pour, run, cursors, cursors_count, events);
        for (uint32_t i = 0; i < run->n && r == 0; i++)
                qf_event_complete(&events[i]);
        return r;
}

/* How many values all columns can give at most, and that each run may be. */
static int check_runs(const struct qf_body *body, uint64_t *ret_values, struct qf_wire_fault *ret_fault)
{
        uint64_t values = 0;
        for (uint32_t i = 0; i < body->runs_count; i++) {
                const struct qf_run *run = &body->runs[i];
                if (run->n == 0)
                        return qf_wire_refuse(ret_fault, "a run of no events", i);
                if (run->kind == 0 || run->kind > QF_KIND_LATER_MAX)
                        return qf_wire_refuse(ret_fault, "a kind that has no columns", run->kind);
                for (uint32_t c = 0; c < run->columns_count; c++) {
                        const struct qf_column *column = &run->columns[c];
                        if (column->u_count == 0 && column->n_count == 0)
                                return qf_wire_refuse(ret_fault, "an empty column", column->field);
                        if (column->field == QF_FIELD_VALUE)
                                values += column->n_count ? column->u_count : run->n;
                }
        }
        if (values > QF_BATCH_VALUES_MAX)
                return qf_wire_refuse(ret_fault, "more than 196608 values in a batch", values);
        *ret_values = values;
        return 0;
}

int qf_body_columns(struct qf_arena *arena, const struct qf_body *body, struct qf_batch *batch,
                    struct qf_wire_fault *ret_fault)
{
        uint64_t values = 0;
        int r = qf_body_expand(arena, body, batch, ret_fault);
        if (r == 0)
                r = check_runs(body, &values, ret_fault);
        if (r != 0)
                return r;
        struct pour pour = {.batch = batch, .fault = ret_fault};
        pour.dimensions = qf_arena_take(arena, QF_BATCH_DIMENSIONS_MAX * sizeof *pour.dimensions);
        batch->values = qf_arena_take(arena, (values + 1) * sizeof *batch->values);
        if (!pour.dimensions || !batch->values)
                return qf_wire_refuse(ret_fault, "more than a message may take of memory", values);
        batch->dimensions = pour.dimensions;
        struct qf_event *events = batch->events;
        for (uint32_t i = 0; i < body->runs_count; i++) {
                r = pour_run(&pour, &body->runs[i], events);
                if (r != 0)
                        return r;
                events += body->runs[i].n;
        }
        batch->values_count = pour.values_used;
        return 0;
}
