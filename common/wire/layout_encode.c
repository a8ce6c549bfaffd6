/* Why: our structs hold views, which protobuf-c's packer cannot read (it wants
 * NUL-terminated strings in structs of its own). The same layouts that decode
 * write fields in number order, zero values left out, so that equal structs give
 * equal bytes. */
#include "wire/layout.h"

#include <errno.h>

enum { DEPTH_MAX = 5, VARINT_MAX = 10 };
enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2 };

size_t qf_varint_size(uint64_t value)
{
        unsigned bits = 64u - (unsigned)__builtin_clzll(value | 1);
        return (bits + 6) / 7;
}

uint8_t *qf_varint_put(uint8_t *at, uint64_t value)
{
        while (value >= 0x80) {
                *at++ = (uint8_t)(value | 0x80);
                value >>= 7;
        }
        *at++ = (uint8_t)value;
        return at;
}

static void append_varint(struct qf_buffer *buffer, uint64_t value)
{
        buffer->len = (size_t)(qf_varint_put(buffer->at + buffer->len, value) - buffer->at);
}

int qf_nested_begin(struct qf_buffer *buffer, uint32_t number, size_t *ret_mark)
{
        int r = qf_buffer_reserve(buffer, VARINT_MAX);
        if (r < 0)
                return r;
        append_varint(buffer, (uint64_t)number << 3 | WIRE_BYTES);
        *ret_mark = buffer->len;
        return 0;
}

int qf_nested_end(struct qf_buffer *buffer, size_t mark)
{
        size_t len = buffer->len - mark;
        int r = qf_buffer_reserve(buffer, VARINT_MAX);
        if (r < 0)
                return r;
        size_t shift = qf_varint_size(len);
        memmove(buffer->at + mark + shift, buffer->at + mark, len);
        (void)qf_varint_put(buffer->at + mark, len);
        buffer->len += shift;
        return 0;
}

struct frame {
        const struct qf_layout *layout;
        const uint8_t *base;
        uint32_t field;   /* next field to write */
        uint32_t element; /* next element of it, of repeated messages */
        size_t mark;      /* where the content of this message begins */
};

static uint64_t load_number(const uint8_t *at, uint16_t size)
{
        uint32_t narrow = 0;
        uint16_t small = 0;
        if (size == 8)
                return qf_get_le64(at);
        if (size == 4) {
                memcpy(&narrow, at, 4);
                return narrow;
        }
        if (size == 2) {
                memcpy(&small, at, 2);
                return small;
        }
        return *at;
}

static uint64_t as_type(ProtobufCType type, uint64_t value)
{
        return type == PROTOBUF_C_TYPE_SINT64 ? qf_zigzag((int64_t)value) : value;
}

static int append_bytes(struct qf_buffer *buffer, uint32_t number, const void *bytes, size_t len)
{
        int r = qf_buffer_reserve(buffer, 2 * VARINT_MAX + len);
        if (r < 0)
                return r;
        append_varint(buffer, (uint64_t)number << 3 | WIRE_BYTES);
        append_varint(buffer, len);
        return qf_buffer_append(buffer, bytes, len);
}

static int append_number(struct qf_buffer *buffer, const ProtobufCFieldDescriptor *described, uint64_t value)
{
        int r = qf_buffer_reserve(buffer, 2 * VARINT_MAX);
        if (r < 0)
                return r;
        if (described->type == PROTOBUF_C_TYPE_FIXED64) {
                append_varint(buffer, (uint64_t)described->id << 3 | WIRE_FIXED64);
                qf_put_le64(buffer->at + buffer->len, value);
                buffer->len += 8;
        } else {
                append_varint(buffer, (uint64_t)described->id << 3 | WIRE_VARINT);
                append_varint(buffer, as_type(described->type, value));
        }
        return 0;
}

static uint8_t *put_narrow(uint8_t *at, const uint8_t *elements, uint32_t count)
{
        for (uint32_t i = 0; i < count; i++, elements += sizeof(uint32_t)) {
                uint32_t value;
                memcpy(&value, elements, sizeof value);
                at = qf_varint_put_short(at, value);
        }
        return at;
}

static uint8_t *put_wide(uint8_t *at, const uint8_t *elements, uint32_t count, bool zigzag)
{
        for (uint32_t i = 0; i < count; i++, elements += sizeof(uint64_t)) {
                uint64_t value;
                memcpy(&value, elements, sizeof value);
                at = qf_varint_put_short(at, zigzag ? qf_zigzag((int64_t)value) : value);
        }
        return at;
}

static int append_packed(struct qf_buffer *buffer, const ProtobufCFieldDescriptor *described, uint16_t size,
                         const uint8_t *elements, uint32_t count)
{
        size_t mark = 0;
        int r = qf_nested_begin(buffer, described->id, &mark);
        if (r == 0)
                r = qf_buffer_reserve(buffer, (size_t)count * VARINT_MAX);
        if (r < 0)
                return r;
        uint8_t *at = buffer->at + buffer->len;
        at = size == sizeof(uint32_t)
                     ? put_narrow(at, elements, count)
                     : put_wide(at, elements, count, described->type == PROTOBUF_C_TYPE_SINT64);
        buffer->len = (size_t)(at - buffer->at);
        return qf_nested_end(buffer, mark);
}

static bool all_zero(const uint8_t *at, uint16_t size)
{
        uint8_t any = 0;
        for (uint16_t i = 0; i < size; i++)
                any |= at[i];
        return any == 0;
}

static int write_single(struct qf_buffer *buffer, const struct frame *frame, const struct qf_field *field,
                        const ProtobufCFieldDescriptor *described)
{
        const uint8_t *at = frame->base + field->offset;
        if (field->hold == QF_HOLD_VIEW) {
                struct qf_view view;
                memcpy(&view, at, sizeof view);
                return view.len ? append_bytes(buffer, described->id, view.at, view.len) : 0;
        }
        if (field->hold == QF_HOLD_BYTES) {
                bool said = (field->flags & QF_FIELD_NEEDED) || !all_zero(at, field->size);
                return said ? append_bytes(buffer, described->id, at, field->size) : 0;
        }
        uint64_t value = load_number(at, field->size);
        bool there =
                field->stated ? (frame->base[frame->layout->stated_offset] & field->stated) != 0 : value != 0;
        return there ? append_number(buffer, described, value) : 0;
}

static int write_many(struct qf_buffer *buffer, const struct qf_field *field,
                      const ProtobufCFieldDescriptor *described, const uint8_t *elements, uint32_t count)
{
        if (count == 0)
                return 0;
        if (described->type != PROTOBUF_C_TYPE_STRING && described->type != PROTOBUF_C_TYPE_BYTES &&
            described->type != PROTOBUF_C_TYPE_MESSAGE)
                return append_packed(buffer, described, field->size, elements, count);
        int r = 0;
        for (uint32_t i = 0; i < count && r == 0; i++) {
                struct qf_view view;
                memcpy(&view, elements + (size_t)i * field->size, sizeof view);
                r = append_bytes(buffer, described->id, view.at, view.len);
        }
        return r;
}

/* Whether the field holds messages that are written by their own layout, and the next of them. */
static bool next_message(struct frame *frame, const struct qf_field *field, const uint8_t **ret_base)
{
        if (field->hold == QF_HOLD_INSIDE) {
                *ret_base = frame->base + field->offset;
                return frame->element++ == 0;
        }
        const uint8_t *elements;
        uint32_t count;
        memcpy(&elements, frame->base + field->offset, sizeof elements);
        memcpy(&count, frame->base + field->count_offset, sizeof count);
        if (frame->element == count)
                return false;
        *ret_base = elements + (size_t)frame->element++ * field->size;
        return true;
}

/* Whether this field of an envelope is the one that is there; true for all fields of other messages. */
static bool is_chosen(const struct frame *frame, uint32_t number)
{
        const struct qf_layout *layout = frame->layout;
        if (layout->what_offset == QF_NOWHERE)
                return true;
        return load_number(frame->base + layout->what_offset, (uint16_t)layout->what_size) ==
               number + layout->what_add;
}

/* Writes the frame's next field; true in *ret_push with *ret_frame: a message lies in it, to be written first. */
static int write_field(struct qf_buffer *buffer, struct frame *frame, bool *ret_push, struct frame *ret_frame)
{
        const struct qf_field *field = &frame->layout->fields[frame->field];
        const ProtobufCFieldDescriptor *described = &frame->layout->descriptor->fields[frame->field];
        *ret_push = false;
        if (is_chosen(frame, described->id)) {
                if (field->layout) {
                        const uint8_t *base;
                        if (next_message(frame, field, &base)) {
                                *ret_push = true;
                                *ret_frame = (struct frame){.layout = field->layout, .base = base};
                                return qf_nested_begin(buffer, described->id, &ret_frame->mark);
                        }
                } else if (field->hold == QF_HOLD_MANY) {
                        const uint8_t *elements;
                        uint32_t count;
                        memcpy(&elements, frame->base + field->offset, sizeof elements);
                        memcpy(&count, frame->base + field->count_offset, sizeof count);
                        int r = write_many(buffer, field, described, elements, count);
                        if (r < 0)
                                return r;
                } else {
                        int r = write_single(buffer, frame, field, described);
                        if (r < 0)
                                return r;
                }
        }
        frame->field++;
        frame->element = 0;
        return 0;
}

int qf_layout_encode(const struct qf_layout *layout, const void *from, struct qf_buffer *buffer)
{
        struct frame frames[DEPTH_MAX] = {{.layout = layout, .base = from}};
        uint32_t depth = 1;
        while (depth > 0) {
                struct frame *frame = &frames[depth - 1];
                if (frame->field == frame->layout->fields_count) {
                        depth--;
                        int r = depth > 0 ? qf_nested_end(buffer, frame->mark) : 0;
                        if (r < 0)
                                return r;
                        continue;
                }
                QF_ASSERT(depth < DEPTH_MAX);
                bool pushed;
                int r = write_field(buffer, frame, &pushed, &frames[depth]);
                if (r < 0)
                        return r;
                depth += pushed;
        }
        return 0;
}

static bool field_fits(const struct qf_field *field, const ProtobufCFieldDescriptor *described)
{
        bool repeated = described->label == PROTOBUF_C_LABEL_REPEATED;
        bool text = described->type == PROTOBUF_C_TYPE_STRING || described->type == PROTOBUF_C_TYPE_BYTES;
        bool message = described->type == PROTOBUF_C_TYPE_MESSAGE;
        bool wide = described->type == PROTOBUF_C_TYPE_UINT64 || described->type == PROTOBUF_C_TYPE_SINT64 ||
                    described->type == PROTOBUF_C_TYPE_FIXED64;
        switch ((enum qf_hold)field->hold) {
        case QF_HOLD_INSIDE: return message && !repeated && field->layout;
        case QF_HOLD_VIEW: return (text || message) && !repeated;
        case QF_HOLD_BYTES: return described->type == PROTOBUF_C_TYPE_BYTES && !repeated;
        case QF_HOLD_MANY:
                if (!repeated || field->most == 0)
                        return false;
                if (field->layout)
                        return message && field->layout->descriptor == described->descriptor;
                if (text || message)
                        return field->size == sizeof(struct qf_view);
                return field->size == sizeof(uint64_t) || (field->size == sizeof(uint32_t) && !wide);
        case QF_HOLD_NUMBER: break;
        }
        return !repeated && !text && !message && (!wide || field->size == 8);
}

bool qf_layout_fits(const struct qf_layout *layout)
{
        if (layout->descriptor->n_fields != layout->fields_count)
                return false;
        for (uint32_t i = 0; i < layout->fields_count; i++) {
                const struct qf_field *field = &layout->fields[i];
                if (!field_fits(field, &layout->descriptor->fields[i]))
                        return false;
                if (field->stated && layout->stated_offset == QF_NOWHERE)
                        return false;
                if (i > 0 && layout->descriptor->fields[i].id <= layout->descriptor->fields[i - 1].id)
                        return false;
        }
        return true;
}
