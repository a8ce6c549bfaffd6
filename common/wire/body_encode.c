/* Why: columns say once what is the same for all events, and small numbers for
 * the rest; one event by itself has nothing to share, and is a row. Names come
 * first in the string table, sorted, so that neighbours share their beginnings and
 * columns name them in one byte; keys follow in the order of the events, so that
 * most runs need no key column. */
#include "wire/body_writer.h"

#include <errno.h>
#include <stdlib.h>

enum {
        VARINT_MAX = 10,
        ROW_VALUES_MAX = 16,
        ROW_BYTES = 192, /* of a row without its texts */
        PAIR_BYTES = 12,
};

/* One column being written: u of every event of the run, and what is the same. */
struct plan {
        uint32_t field, dimension;
        uint64_t offset;
        const uint32_t *u, *n;
        uint32_t u_count, n_count;
};

static int reserve_scratch(struct qf_body_writer *writer, size_t numbers)
{
        if (numbers <= writer->scratch_room)
                return 0;
        uint32_t *larger = realloc(writer->scratch, numbers * sizeof *larger);
        if (!larger)
                return -ENOMEM;
        writer->scratch = larger;
        writer->scratch_room = numbers;
        return 0;
}

static int put_number(struct qf_buffer *buffer, uint32_t number, uint64_t value)
{
        int r = value ? qf_buffer_reserve(buffer, 2 * VARINT_MAX) : 0;
        if (r < 0 || value == 0)
                return r;
        uint8_t *at = qf_varint_put(buffer->at + buffer->len, (uint64_t)number << 3);
        buffer->len = (size_t)(qf_varint_put(at, value) - buffer->at);
        return 0;
}

static int put_packed(struct qf_buffer *buffer, uint32_t number, const uint32_t *numbers, uint32_t count)
{
        size_t mark = 0;
        int r = count ? qf_nested_begin(buffer, number, &mark) : 0;
        if (r == 0 && count)
                r = qf_buffer_reserve(buffer, (size_t)count * 5);
        if (r < 0 || count == 0)
                return r;
        uint8_t *at = buffer->at + buffer->len;
        for (uint32_t i = 0; i < count; i++)
                at = qf_varint_put_short(at, numbers[i]);
        buffer->len = (size_t)(at - buffer->at);
        return qf_nested_end(buffer, mark);
}

static bool all_equal(const uint32_t *numbers, uint32_t count)
{
        uint32_t i = 1;
        while (i < count && numbers[i] == numbers[0])
                i++;
        return i >= count;
}

static int put_column(struct qf_buffer *buffer, struct plan *plan)
{
        size_t mark = 0;
        if (plan->n_count == 0 && all_equal(plan->u, plan->u_count))
                plan->u_count = 1;
        int r = qf_nested_begin(buffer, 5, &mark);
        if (r == 0)
                r = put_number(buffer, 1, plan->field);
        if (r == 0)
                r = put_number(buffer, 2, plan->dimension);
        if (r == 0)
                r = put_number(buffer, 3, plan->offset);
        if (r == 0)
                r = put_packed(buffer, 4, plan->u, plan->u_count);
        if (r == 0)
                r = put_packed(buffer, 5, plan->n, plan->n_count);
        return r == 0 ? qf_nested_end(buffer, mark) : r;
}

static inline uint64_t load(const struct qf_event *event, const struct qf_field *field)
{
        const uint8_t *at = (const uint8_t *)event + field->offset;
        uint64_t value = 0;
        if (field->size == 4)
                memcpy(&value, at, 4);
        else if (field->size == 8)
                memcpy(&value, at, 8);
        else
                memcpy(&value, at, field->size == 2 ? 2 : 1);
        return value;
}

/* What is left unsaid: not stated, or the value that not saying it means. */
static bool is_said(const struct qf_event *event, const struct qf_field *field, uint64_t value)
{
        if (field->stated)
                return (event->stated & field->stated) != 0;
        if (field->offset == offsetof(struct qf_event, action))
                return value != QF_CREATE;
        return value != 0;
}

/* The events are walked once: they are larger than what is wanted of them. */
static int put_numbers(struct qf_body_writer *writer, uint32_t number, const struct qf_field *field,
                       const struct qf_held_event *events, uint32_t n, struct qf_buffer *facts)
{
        int r = reserve_scratch(writer, 3 * (size_t)n + 2);
        if (r < 0)
                return r;
        uint32_t *u = writer->scratch;
        uint64_t *values = (uint64_t *)(void *)(u + n + (n & 1)), least = UINT64_MAX;
        for (uint32_t i = 0; i < n; i++) {
                values[i] = load(&events[i].event, field);
                u[i] = is_said(&events[i].event, field, values[i]);
                if (u[i] && values[i] < least)
                        least = values[i];
        }
        if (least == UINT64_MAX)
                return 0;
        uint64_t offset = least < 64 && field->size < 8 ? 0 : least; /* small numbers need none */
        for (uint32_t i = 0; i < n; i++)
                u[i] = u[i] ? (uint32_t)(values[i] - offset + 1) : 0;
        struct plan plan = {.field = number, .offset = offset, .u = u, .u_count = n};
        return put_column(facts, &plan);
}

/* A field of text: counter or merged_into. */
static int put_names(struct qf_body_writer *writer, uint32_t number, const struct qf_field *field,
                     const struct qf_held_event *events, uint32_t n, const uint32_t *index,
                     struct qf_buffer *facts)
{
        bool counter = field->offset == offsetof(struct qf_event, counter), any = false;
        for (uint32_t i = 0; i < n; i++) {
                uint32_t name = counter ? events[i].counter : events[i].merged_into;
                writer->scratch[i] = name ? index[name - 1] + 1 : 0;
                any |= name != 0;
        }
        struct plan plan = {.field = number, .u = writer->scratch, .u_count = n};
        return any ? put_column(facts, &plan) : 0;
}

static int put_fields(struct qf_body_writer *writer, const struct qf_held_event *events, uint32_t n,
                      const uint32_t *index, struct qf_buffer *facts)
{
        const struct qf_layout *kind = qf_kind_layout(events[0].event.kind);
        for (uint32_t f = 1; f < kind->fields_count; f++) {
                const struct qf_field *field = &kind->fields[f];
                uint32_t number = kind->descriptor->fields[f].id;
                int r = 0;
                if (!(writer->used & 1u << number))
                        continue;
                if (field->hold == QF_HOLD_NUMBER)
                        r = put_numbers(writer, number, field, events, n, facts);
                else if (field->hold == QF_HOLD_VIEW)
                        r = put_names(writer, number, field, events, n, index, facts);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The members of one dimension that events name several times. */
static int put_many(struct qf_body_writer *writer, uint32_t dimension, const struct qf_held_event *events,
                    uint32_t n, const uint32_t *index, struct plan *plan, struct qf_buffer *facts)
{
        uint32_t count = 0;
        for (uint32_t i = 0; i < n; i++)
                count += events[i].event.values_count;
        int r = reserve_scratch(writer, (size_t)n + count);
        if (r < 0)
                return r;
        uint32_t *many = writer->scratch, *u = writer->scratch + n;
        plan->u_count = 0;
        for (uint32_t i = 0; i < n; i++) {
                many[i] = 0;
                for (uint32_t v = 0; v < events[i].event.values_count; v++) {
                        const struct qf_held_value *value = &writer->values[events[i].values_first + v];
                        if (value->dimension != dimension)
                                continue;
                        many[i]++;
                        u[plan->u_count++] = index[value->member] + 1;
                }
        }
        plan->u = u;
        plan->n = many;
        plan->n_count = n;
        return put_column(facts, plan);
}

/* Values turned: for each dimension, what each event has in it. */
static int put_values(struct qf_body_writer *writer, const struct qf_held_event *events, uint32_t n,
                      const uint32_t *index, struct qf_buffer *facts)
{
        uint32_t dimensions = writer->dimensions_count;
        uint64_t any = 0, multi = 0;
        int r = reserve_scratch(writer, (size_t)n * (dimensions + 1));
        if (r < 0)
                return r;
        memset(writer->scratch, 0, (size_t)n * dimensions * sizeof *writer->scratch);
        for (uint32_t i = 0; i < n; i++) {
                for (uint32_t v = 0; v < events[i].event.values_count; v++) {
                        const struct qf_held_value *value = &writer->values[events[i].values_first + v];
                        uint32_t *u = &writer->scratch[(size_t)value->dimension * n + i];
                        any |= UINT64_C(1) << value->dimension;
                        multi |= (uint64_t)(*u != 0) << value->dimension;
                        *u = index[value->member] + 1;
                }
        }
        for (int pass = 0; pass < 2; pass++) { /* lists last: they write over the scratch */
                for (uint32_t d = 0; d < dimensions; d++) {
                        bool several = multi >> d & 1;
                        if (!(any >> d & 1) || several != (pass == 1))
                                continue;
                        struct plan plan = {.field = QF_FIELD_VALUE,
                                            .dimension = index[writer->dimensions[d]],
                                            .u = &writer->scratch[(size_t)d * n],
                                            .u_count = n};
                        r = several ? put_many(writer, d, events, n, index, &plan, facts)
                                    : put_column(facts, &plan);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

/* Keys that follow each other in the table need no column. */
static int put_keys(struct qf_body_writer *writer, const struct qf_held_event *events, uint32_t n,
                    struct qf_buffer *facts)
{
        bool follow = true;
        for (uint32_t i = 0; i < n; i++) {
                writer->scratch[i] = writer->names.count + events[i].key;
                follow &= events[i].key == events[0].key + i;
        }
        return follow ? put_number(facts, 3, writer->names.count + events[0].key)
                      : put_packed(facts, 4, writer->scratch, n);
}

static int put_run(struct qf_body_writer *writer, uint32_t first, uint32_t n, const uint32_t *index,
                   struct qf_buffer *facts)
{
        const struct qf_held_event *events = &writer->events[first];
        size_t mark = 0;
        int r = reserve_scratch(writer, n);
        if (r == 0)
                r = qf_nested_begin(facts, 8, &mark);
        if (r == 0)
                r = put_number(facts, 1, events[0].event.kind);
        if (r == 0)
                r = put_number(facts, 2, n);
        if (r == 0)
                r = put_keys(writer, events, n, facts);
        if (r == 0)
                r = put_fields(writer, events, n, index, facts);
        if (r == 0)
                r = put_values(writer, events, n, index, facts);
        return r == 0 ? qf_nested_end(facts, mark) : r;
}

static struct qf_view table_text(const struct qf_body_writer *writer, const uint32_t *order, uint32_t i)
{
        if (i < writer->names.count)
                return qf_names_view(&writer->names, order[i]);
        return qf_names_view(&writer->keys, i - writer->names.count);
}

/* The string table, front-coded: suffixes, their lengths, what each shares with the one before. */
static int put_table(struct qf_body_writer *writer, const uint32_t *order, struct qf_buffer *facts)
{
        uint32_t count = writer->keys.count + writer->names.count;
        size_t mark = 0;
        int r = reserve_scratch(writer, 2 * (size_t)count);
        if (r == 0)
                r = qf_nested_begin(facts, 5, &mark);
        if (r == 0)
                r = qf_buffer_reserve(facts, writer->keys.bytes.len + writer->names.bytes.len);
        if (r < 0)
                return r;
        uint32_t *lens = writer->scratch, *shared = writer->scratch + count;
        struct qf_view before = {NULL, 0};
        for (uint32_t i = 0; i < count; i++) {
                struct qf_view text = table_text(writer, order, i);
                shared[i] = qf_body_shared(before, text);
                lens[i] = text.len - shared[i];
                memcpy(facts->at + facts->len, text.at + shared[i], lens[i]);
                facts->len += lens[i];
                before = text;
        }
        r = qf_nested_end(facts, mark);
        if (r == 0)
                r = put_packed(facts, 6, lens, count);
        return r == 0 ? put_packed(facts, 7, shared, count) : r;
}

int qf_body_encode_columns(struct qf_body_writer *writer, struct qf_buffer *facts)
{
        if (writer->count == 0)
                return 0;
        uint32_t names = writer->names.count;
        uint32_t *order = malloc(2 * ((size_t)names + 1) * sizeof *order);
        if (!order)
                return -ENOMEM;
        uint32_t *index = order + names;
        qf_names_sort(&writer->names, order);
        for (uint32_t i = 0; i < names; i++) /* number in names → place in the table */
                index[order[i]] = i;
        int r = put_table(writer, order, facts);
        for (uint32_t i = 0; i < writer->runs_count && r == 0; i++) {
                uint32_t end = i + 1 < writer->runs_count ? writer->runs[i + 1].first : writer->count;
                r = put_run(writer, writer->runs[i].first, end - writer->runs[i].first, index, facts);
        }
        free(order);
        return r;
}

/* --- one event ------------------------------------------------------------- */

static struct qf_view optional_name(const struct qf_body_writer *writer, uint32_t number_plus_1)
{
        return number_plus_1 ? qf_names_view(&writer->names, number_plus_1 - 1) : (struct qf_view){0};
}

static size_t list_pairs(const struct qf_body_writer *writer, struct qf_pair *pairs)
{
        const struct qf_held_event *held = &writer->events[0];
        size_t bytes = 0;
        for (uint32_t i = 0; i < held->event.values_count; i++) {
                const struct qf_held_value *value = &writer->values[held->values_first + i];
                pairs[i] =
                        (struct qf_pair){qf_names_view(&writer->names, writer->dimensions[value->dimension]),
                                         qf_names_view(&writer->names, value->member)};
                bytes += PAIR_BYTES + pairs[i].dimension.len + pairs[i].member.len;
        }
        return bytes;
}

int qf_body_encode_row(const struct qf_body_writer *writer, struct qf_buffer *facts)
{
        const struct qf_held_event *held = writer->events;
        struct qf_pair pairs[ROW_VALUES_MAX];
        if (writer->count != 1 || held->event.values_count > ROW_VALUES_MAX)
                return QF_BODY_NO_ROW;
        struct qf_event_row row = {
                .event = held->event, .pairs_count = held->event.values_count, .pairs = pairs};
        row.event.key = qf_names_view(&writer->keys, held->key);
        row.event.counter = optional_name(writer, held->counter);
        row.event.merged_into = optional_name(writer, held->merged_into);
        if (row.event.action == QF_CREATE) /* as in columns: what is not said is a create */
                row.event.action = 0;
        const size_t bytes = ROW_BYTES + list_pairs(writer, pairs) + row.event.key.len +
                             row.event.counter.len + row.event.merged_into.len;
        size_t mark = 0, inner = 0;
        if (bytes > writer->size) /* what was promised holds for columns */
                return QF_BODY_NO_ROW;
        int r = qf_nested_begin(facts, 3, &mark);
        if (r == 0)
                r = qf_nested_begin(facts, row.event.kind, &inner);
        if (r == 0)
                r = qf_layout_encode(qf_kind_layout(row.event.kind), &row, facts);
        if (r == 0)
                r = qf_nested_end(facts, inner);
        return r == 0 ? qf_nested_end(facts, mark) : r;
}
