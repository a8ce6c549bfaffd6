/* Why: protobuf-c's unpack takes unknown fields, repeats of single fields, NUL
 * and broken UTF-8 in strings, cuts numbers that are too large, and costs a copy
 * of everything into its own structs. This reads the same descriptors and takes
 * nothing but what the schema says.
 *
 * Guarantees: no recursion; every length is checked against what is left before
 * it is used; repeated fields are counted, and the count compared with the
 * layout's limit, before memory is taken; all memory comes from the arena. */
#include "wire/layout.h"

#include "base/text.h"

enum { DEPTH_MAX = 5, FIELDS_MAX = 32 }; /* as many as seen has bits */
enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2 };

struct frame {
        const struct qf_layout *layout;
        const uint8_t *at, *end;
        uint8_t *base;
        uint32_t seen; /* single fields met, by index */
        uint32_t near; /* index of the field met last */
};

struct token {
        uint32_t index; /* in the layout's fields */
        uint32_t wire;
        uint64_t number;     /* varint, fixed64 */
        struct qf_view view; /* length-delimited */
};

struct decoder {
        struct qf_arena *arena;
        struct qf_wire_fault *fault;
        struct frame frames[DEPTH_MAX];
        uint32_t depth;
};

int qf_wire_refuse(struct qf_wire_fault *ret_fault, const char *what, uint64_t got)
{
        *ret_fault = (struct qf_wire_fault){.what = what, .got = got};
        return 1;
}

/* Next varint of at most 64 bits; NULL: cut off, or longer. */
static const uint8_t *take_varint(const uint8_t *at, const uint8_t *end, uint64_t *ret_value)
{
        uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && at < end; shift += 7) {
                uint8_t byte = *at++;
                if (shift == 63 && byte > 1)
                        return NULL;
                value |= (uint64_t)(byte & 0x7f) << shift;
                if (byte < 0x80) {
                        *ret_value = value;
                        return at;
                }
        }
        return NULL;
}

static bool wire_fits(const ProtobufCFieldDescriptor *field, uint32_t wire)
{
        if (wire == WIRE_BYTES)
                return field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES ||
                       field->type == PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED;
        if (wire == WIRE_FIXED64)
                return field->type == PROTOBUF_C_TYPE_FIXED64;
        return wire == WIRE_VARINT && field->type != PROTOBUF_C_TYPE_FIXED64 &&
               field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_BYTES &&
               field->type != PROTOBUF_C_TYPE_MESSAGE;
}

static bool find_field(const struct frame *frame, uint64_t number, uint32_t *ret_index)
{
        const struct qf_layout *layout = frame->layout;
        for (uint32_t i = 0, at = frame->near; i < layout->fields_count; i++) {
                if (layout->descriptor->fields[at].id == number) {
                        *ret_index = at;
                        return true;
                }
                at = at + 1 == layout->fields_count ? 0 : at + 1;
        }
        return false;
}

/* Reads tag and content of the next field of the frame and moves past it. */
static int next_token(struct frame *frame, struct token *ret_token, struct qf_wire_fault *fault)
{
        const uint8_t *start = frame->at;
        uint64_t tag;
        const uint8_t *at = take_varint(start, frame->end, &tag);
        if (!at || (size_t)(at - start) != qf_varint_size(tag))
                return qf_wire_refuse(fault, "a tag is cut off or longer than need be", 0);
        struct token token = {.wire = (uint32_t)(tag & 7)};
        if (!find_field(frame, tag >> 3, &token.index))
                return qf_wire_refuse(fault, "unknown field", tag >> 3);
        if (!wire_fits(&frame->layout->descriptor->fields[token.index], token.wire))
                return qf_wire_refuse(fault, "field of another type", tag >> 3);
        if (token.wire == WIRE_FIXED64) {
                if (frame->end - at < 8)
                        return qf_wire_refuse(fault, "message is cut off", tag >> 3);
                token.number = qf_get_le64(at);
                at += 8;
        } else {
                at = take_varint(at, frame->end, &token.number);
                if (!at || (token.wire == WIRE_BYTES && token.number > (uint64_t)(frame->end - at)))
                        return qf_wire_refuse(fault, "message is cut off", tag >> 3);
        }
        if (token.wire == WIRE_BYTES) {
                token.view = (struct qf_view){(const char *)at, (uint32_t)token.number};
                at += token.number;
        }
        frame->at = at;
        frame->near = token.index;
        *ret_token = token;
        return 0;
}

static int64_t unzigzag(uint64_t value)
{
        return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* The value as it is held, or false: larger than its type. */
static bool number_of_type(ProtobufCType type, uint64_t raw, uint64_t *ret_value)
{
        if (type == PROTOBUF_C_TYPE_SINT64)
                raw = (uint64_t)unzigzag(raw);
        else if (type == PROTOBUF_C_TYPE_BOOL && raw > 1)
                return false;
        else if ((type == PROTOBUF_C_TYPE_UINT32 || type == PROTOBUF_C_TYPE_ENUM) && raw > UINT32_MAX)
                return false;
        *ret_value = raw;
        return true;
}

static void store_number(uint8_t *at, uint16_t size, uint64_t value)
{
        if (size == 8) {
                memcpy(at, &value, 8);
        } else if (size == 4) {
                uint32_t narrow = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
                memcpy(at, &narrow, 4);
        } else if (size == 2) {
                uint16_t narrow = value > UINT16_MAX ? UINT16_MAX : (uint16_t)value;
                memcpy(at, &narrow, 2);
        } else {
                *at = value > UINT8_MAX ? UINT8_MAX : (uint8_t)value;
        }
}

static int store_view(const struct qf_field *field, const ProtobufCFieldDescriptor *described,
                      struct qf_view view, uint8_t *at, struct qf_wire_fault *fault)
{
        if (field->each != 0 && view.len > field->each)
                return qf_wire_refuse(fault, "a text or bytes longer than allowed", view.len);
        if (view.len == 0 && (field->flags & QF_FIELD_NEEDED))
                return qf_wire_refuse(fault, "a field is empty that must not be", described->id);
        if (described->type == PROTOBUF_C_TYPE_STRING && !qf_text_valid(view, field->flags & QF_FIELD_LINES))
                return qf_wire_refuse(fault, "a text that is not UTF-8, or holds NUL or controls",
                                      described->id);
        memcpy(at, &view, sizeof view);
        return 0;
}

static int store_bytes(const struct qf_field *field, const struct token *token, uint8_t *at,
                       struct qf_wire_fault *fault)
{
        if (token->view.len != field->size && (token->view.len != 0 || (field->flags & QF_FIELD_NEEDED)))
                return qf_wire_refuse(fault, "bytes of another length than they must have", token->view.len);
        if (token->view.len)
                memcpy(at, token->view.at, token->view.len);
        return 0;
}

/* How many varints lie in a packed field: bytes without the high bit, eight at a time. */
static uint32_t count_packed(struct qf_view packed)
{
        uint64_t count = 0;
        uint32_t i = 0;
        for (; i + 8 <= packed.len; i += 8) {
                uint64_t word;
                memcpy(&word, packed.at + i, 8);
                word = ~word >> 7 & 0x0101010101010101u;
                count += word * 0x0101010101010101u >> 56;
        }
        for (; i < packed.len; i++)
                count += (uint8_t)packed.at[i] < 0x80;
        return (uint32_t)count;
}

/* Numbers below 128 into 4 bytes each: most columns. */
static void widen(struct qf_view packed, uint8_t *to)
{
        for (uint32_t i = 0; i < packed.len; i++) {
                uint32_t narrow = (uint8_t)packed.at[i];
                memcpy(to + 4 * (size_t)i, &narrow, 4);
        }
}

/* Unpacks count numbers; at least as many bytes are there. */
static int store_packed(const ProtobufCFieldDescriptor *described, uint16_t size, struct qf_view packed,
                        uint8_t *to, uint32_t count, struct qf_wire_fault *fault)
{
        const uint8_t *at = (const uint8_t *)packed.at, *end = at + packed.len;
        if (count == packed.len && described->type == PROTOBUF_C_TYPE_UINT32 && size == 4) {
                widen(packed, to);
                return 0;
        }
        for (uint32_t i = 0; i < count; i++, to += size) {
                uint64_t raw, value;
                if (*at < 0x80) {
                        raw = *at++;
                } else if (end - at >= 2 && at[1] < 0x80) {
                        raw = (at[0] & 0x7fu) | (uint32_t)at[1] << 7;
                        at += 2;
                } else {
                        at = take_varint(at, end, &raw);
                        if (!at)
                                return qf_wire_refuse(fault, "a number of more than 64 bits", described->id);
                }
                if (!number_of_type(described->type, raw, &value))
                        return qf_wire_refuse(fault, "a number too large for its field", raw);
                if (size == 4) {
                        uint32_t narrow = (uint32_t)value;
                        memcpy(to, &narrow, 4);
                } else {
                        memcpy(to, &value, 8);
                }
        }
        if (at != end)
                return qf_wire_refuse(fault, "message is cut off", described->id);
        return 0;
}

/* Counts elements of the frame's repeated fields, and takes memory for them. The counts are set to 0 again: they grow
 * while elements are stored. */
static int prepare_many(struct decoder *decoder, struct frame *frame)
{
        const struct qf_layout *layout = frame->layout;
        uint32_t counts[FIELDS_MAX] = {0};
        bool any = false;
        for (uint32_t i = 0; i < layout->fields_count; i++)
                any |= layout->fields[i].hold == QF_HOLD_MANY;
        if (!any)
                return 0;
        struct frame skim = *frame;
        while (skim.at < skim.end) {
                struct token token;
                int r = next_token(&skim, &token, decoder->fault);
                if (r != 0)
                        return r;
                ProtobufCType type = layout->descriptor->fields[token.index].type;
                bool packed = token.wire == WIRE_BYTES && type != PROTOBUF_C_TYPE_STRING &&
                              type != PROTOBUF_C_TYPE_BYTES && type != PROTOBUF_C_TYPE_MESSAGE;
                counts[token.index] += packed ? count_packed(token.view) : 1;
        }
        for (uint32_t i = 0; i < layout->fields_count; i++) {
                const struct qf_field *field = &layout->fields[i];
                if (field->hold != QF_HOLD_MANY || counts[i] == 0)
                        continue;
                if (counts[i] > field->most)
                        return qf_wire_refuse(decoder->fault, "more of a repeated field than allowed",
                                              counts[i]);
                void *elements = qf_arena_take(decoder->arena, (size_t)counts[i] * field->size);
                if (!elements)
                        return qf_wire_refuse(decoder->fault, "more than a message may take of memory",
                                              counts[i]);
                memcpy(frame->base + field->offset, &elements, sizeof elements);
        }
        return 0;
}

static int push(struct decoder *decoder, const struct qf_layout *layout, struct qf_view view, uint8_t *base)
{
        QF_ASSERT(decoder->depth < DEPTH_MAX);
        QF_ASSERT(layout->fields_count <= FIELDS_MAX);
        struct frame *frame = &decoder->frames[decoder->depth++];
        const uint8_t *at = (const uint8_t *)(view.len ? view.at : "");
        *frame = (struct frame){.layout = layout, .at = at, .end = at + view.len, .base = base};
        return prepare_many(decoder, frame);
}

static int store_many(struct decoder *decoder, struct frame *frame, const struct token *token)
{
        const struct qf_field *field = &frame->layout->fields[token->index];
        const ProtobufCFieldDescriptor *described = &frame->layout->descriptor->fields[token->index];
        uint8_t *elements, *count_at = frame->base + field->count_offset;
        uint32_t count;
        memcpy(&elements, frame->base + field->offset, sizeof elements);
        memcpy(&count, count_at, sizeof count);
        if (!elements) /* a packed list without one whole number: no room was taken for it */
                return token->view.len == 0
                               ? 0
                               : qf_wire_refuse(decoder->fault, "message is cut off", described->id);
        uint8_t *to = elements + (size_t)count * field->size;
        uint32_t more = 1;
        int r = 0;
        if (described->type == PROTOBUF_C_TYPE_MESSAGE && field->layout) {
                memset(to, 0, field->size);
                r = push(decoder, field->layout, token->view, to);
        } else if (described->type == PROTOBUF_C_TYPE_STRING || described->type == PROTOBUF_C_TYPE_BYTES ||
                   described->type == PROTOBUF_C_TYPE_MESSAGE) {
                r = store_view(field, described, token->view, to, decoder->fault);
        } else if (token->wire == WIRE_BYTES) {
                more = count_packed(token->view);
                r = store_packed(described, field->size, token->view, to, more, decoder->fault);
        } else {
                uint64_t value;
                if (!number_of_type(described->type, token->number, &value))
                        return qf_wire_refuse(decoder->fault, "a number too large for its field",
                                              token->number);
                store_number(to, field->size, value);
        }
        count += more;
        memcpy(count_at, &count, sizeof count);
        return r;
}

static int note_what(struct frame *frame, uint32_t number, struct qf_wire_fault *fault)
{
        const struct qf_layout *layout = frame->layout;
        if (layout->what_offset == QF_NOWHERE)
                return 0;
        if (frame->seen != 0)
                return qf_wire_refuse(fault, "two messages where one may be", number);
        store_number(frame->base + layout->what_offset, (uint16_t)layout->what_size,
                     number + layout->what_add);
        return 0;
}

static int store_single(struct decoder *decoder, struct frame *frame, const struct token *token)
{
        const struct qf_field *field = &frame->layout->fields[token->index];
        const ProtobufCFieldDescriptor *described = &frame->layout->descriptor->fields[token->index];
        if (frame->seen & 1u << token->index)
                return qf_wire_refuse(decoder->fault, "a single field is given twice", described->id);
        int r = note_what(frame, described->id, decoder->fault);
        if (r != 0)
                return r;
        frame->seen |= 1u << token->index;
        if (field->stated)
                frame->base[frame->layout->stated_offset] |= field->stated;
        uint8_t *to = frame->base + field->offset;
        switch ((enum qf_hold)field->hold) {
        case QF_HOLD_INSIDE: return push(decoder, field->layout, token->view, to);
        case QF_HOLD_VIEW: return store_view(field, described, token->view, to, decoder->fault);
        case QF_HOLD_BYTES: return store_bytes(field, token, to, decoder->fault);
        case QF_HOLD_MANY:
        case QF_HOLD_NUMBER: break;
        }
        uint64_t value;
        if (!number_of_type(described->type, token->number, &value))
                return qf_wire_refuse(decoder->fault, "a number too large for its field", token->number);
        store_number(to, field->size, value);
        return 0;
}

/* What must have been there once a message is at its end. */
static int check_complete(const struct frame *frame, struct qf_wire_fault *fault)
{
        const struct qf_layout *layout = frame->layout;
        if (layout->what_offset != QF_NOWHERE && frame->seen == 0)
                return qf_wire_refuse(fault, "an empty message", 0);
        for (uint32_t i = 0; i < layout->fields_count; i++) {
                const struct qf_field *field = &layout->fields[i];
                if ((field->flags & QF_FIELD_NEEDED) && field->hold != QF_HOLD_MANY &&
                    !(frame->seen & 1u << i))
                        return qf_wire_refuse(fault, "a field is missing", layout->descriptor->fields[i].id);
        }
        return 0;
}

int qf_layout_decode(struct qf_arena *arena, const struct qf_layout *layout, struct qf_view bytes,
                     void *ret_struct, struct qf_wire_fault *ret_fault)
{
        struct decoder decoder = {.arena = arena, .fault = ret_fault};
        int r = push(&decoder, layout, bytes, ret_struct);
        while (r == 0 && decoder.depth > 0) {
                struct frame *frame = &decoder.frames[decoder.depth - 1];
                if (frame->at == frame->end) {
                        r = check_complete(frame, ret_fault);
                        decoder.depth--;
                        continue;
                }
                struct token token;
                r = next_token(frame, &token, ret_fault);
                if (r != 0)
                        break;
                bool many = frame->layout->fields[token.index].hold == QF_HOLD_MANY;
                r = many ? store_many(&decoder, frame, &token) : store_single(&decoder, frame, &token);
        }
        return r;
}
