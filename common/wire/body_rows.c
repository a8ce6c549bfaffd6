/* Why: a partner's programmer can send one readable message per event, in any
 * language, without learning columns; and registers come this way only. */
#include "wire/body_parts.h"

#include <stdio.h>

struct rows { /* what is going on for one body */
        struct qf_arena *arena;
        struct qf_batch *batch;
        struct qf_view *dimensions, *texts;
        struct qf_wire_fault *fault;
};

static const char *register_word(uint8_t kind)
{
        switch (kind) {
        case QF_KIND_SETTING: return "setting";
        case QF_KIND_DIMENSION: return "dimension";
        case QF_KIND_MEMBER: return "member";
        case QF_KIND_COUNTER: return "counter";
        default: return "source";
        }
}

/* The key under which a register event stands: "member/DIM/CODE", "setting/NAME" … */
static int name_register(struct qf_arena *arena, struct qf_event *event, const struct qf_register *registered,
                         struct qf_wire_fault *ret_fault)
{
        char key[QF_KEY_BYTES_MAX + 1];
        bool member = event->kind == QF_KIND_MEMBER;
        const struct qf_edition_said said = qf_edition_said(event);
        int len =
                event->kind >= QF_KIND_PERIOD_CLOSE
                        ? qf_edition_key(event->kind, &said, key, sizeof key)
                        : snprintf(key, sizeof key, "%s/%.*s%s%.*s", register_word(event->kind),
                                   member ? (int)registered->dimension.len : 0,
                                   member ? registered->dimension.at : "", member ? "/" : "",
                                   (int)registered->code.len, registered->code.at ? registered->code.at : "");
        char *kept = qf_arena_take(arena, (size_t)len);
        if (!kept)
                return qf_wire_refuse(ret_fault, "more than a message may take of memory", (uint64_t)len);
        memcpy(kept, key, (size_t)len);
        event->key = (struct qf_view){kept, (uint32_t)len};
        return 0;
}

int qf_row_finish(struct qf_arena *arena, const struct qf_event_row *row, struct qf_event *ret_event,
                  struct qf_wire_fault *ret_fault)
{
        *ret_event = row->event;
        qf_event_complete(ret_event);
        if (ret_event->kind < QF_KIND_SETTING)
                return 0;
        struct qf_register *registered = qf_arena_take(arena, sizeof *registered);
        if (!registered)
                return qf_wire_refuse(ret_fault, "more than a message may take of memory",
                                      sizeof *registered);
        *registered = row->registered;
        ret_event->registered = registered;
        return name_register(arena, ret_event, registered, ret_fault);
}

static int keep_values(struct rows *rows, const struct qf_event_row *row, struct qf_event *event)
{
        struct qf_batch *batch = rows->batch;
        event->values_first = batch->values_count;
        event->values_count = (uint16_t)row->pairs_count;
        for (uint32_t i = 0; i < row->pairs_count; i++) {
                struct qf_value value = {.dimension = QF_DIMENSION_UNKNOWN,
                                         .member = QF_MEMBER_UNKNOWN,
                                         .member_at = batch->texts_count};
                int r = qf_body_dimension(rows->dimensions, &batch->dimensions_count, row->pairs[i].dimension,
                                          &value.dimension_at, rows->fault);
                if (r != 0)
                        return r;
                rows->texts[batch->texts_count++] = row->pairs[i].member;
                batch->values[batch->values_count++] = value;
        }
        return 0;
}

/* Decodes all rows, so that the number of values is known before memory is taken for them. */
static int decode_rows(struct rows *rows, const struct qf_body *body, struct qf_event_row *decoded,
                       uint64_t *ret_values)
{
        uint64_t values = 0;
        for (uint32_t i = 0; i < body->rows_count; i++) {
                int r = qf_layout_decode(rows->arena, &qf_event_layout, body->rows[i], &decoded[i],
                                         rows->fault);
                if (r != 0)
                        return r;
                values += decoded[i].pairs_count;
        }
        if (values > QF_BATCH_VALUES_MAX)
                return qf_wire_refuse(rows->fault, "more than 196608 values in a batch", values);
        *ret_values = values;
        return 0;
}

int qf_body_rows(struct qf_arena *arena, const struct qf_body *body, struct qf_batch *batch,
                 struct qf_wire_fault *ret_fault)
{
        struct rows rows = {.arena = arena, .batch = batch, .fault = ret_fault};
        uint64_t values = 0;
        struct qf_event_row *decoded = qf_arena_zero(arena, body->rows_count, sizeof *decoded);
        if (!decoded)
                return qf_wire_refuse(ret_fault, "more than a message may take of memory", body->rows_count);
        int r = decode_rows(&rows, body, decoded, &values);
        if (r != 0)
                return r;
        rows.dimensions = qf_arena_take(arena, QF_BATCH_DIMENSIONS_MAX * sizeof *rows.dimensions);
        rows.texts = qf_arena_take(arena, values * sizeof *rows.texts);
        batch->values = qf_arena_take(arena, values * sizeof *batch->values);
        if (!rows.dimensions || !rows.texts || !batch->values)
                return qf_wire_refuse(ret_fault, "more than a message may take of memory", values);
        for (uint32_t i = 0; i < body->rows_count && r == 0; i++) {
                r = qf_row_finish(arena, &decoded[i], &batch->events[i], ret_fault);
                if (r == 0)
                        r = keep_values(&rows, &decoded[i], &batch->events[i]);
        }
        batch->texts = rows.texts;
        batch->dimensions = rows.dimensions;
        return r;
}

int qf_register_decode(struct qf_arena *arena, struct qf_view bytes, struct qf_event *ret_event,
                       struct qf_wire_fault *ret_fault)
{
        struct qf_event_row row = {0};
        int r = qf_layout_decode(arena, &qf_event_layout, bytes, &row, ret_fault);
        if (r != 0)
                return r;
        if (row.event.kind < QF_KIND_SETTING)
                return qf_wire_refuse(ret_fault, "an event that is not of a register", row.event.kind);
        return qf_row_finish(arena, &row, ret_event, ret_fault);
}

int qf_register_encode(const struct qf_event *event, struct qf_buffer *buffer)
{
        QF_ASSERT(event->registered && event->kind >= QF_KIND_SETTING);
        struct qf_event_row row = {.event = {.kind = event->kind}, .registered = *event->registered};
        return qf_layout_encode(&qf_event_layout, &row, buffer);
}
