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
        uint32_t near; /* index of the field expected: a repeated one met last, or the one behind it */
        bool has_room; /* for the elements of its repeated fields */
};

struct token {
        const struct qf_field *field;
        const ProtobufCFieldDescriptor *described;
        uint32_t index; /* of both */
        uint32_t wire;
        uint64_t number;     /* of a varint or fixed64 */
        struct qf_view view; /* of what is length-delimited */
};

struct decoder {
        struct qf_arena *arena;
        struct qf_wire_fault *fault;
        struct frame *top;                  /* frames: the message is read */
        struct frame frames[1 + DEPTH_MAX]; /* none in the first */
};

/* Returned, not stored through pointers: so it stays in registers. */
struct varint {
        const uint8_t *at; /* behind it; NULL: cut off, or of more than 64 bits */
        uint64_t value;
};

int qf_wire_refuse(struct qf_wire_fault *ret_fault, const char *what, uint64_t got)
{
        *ret_fault = (struct qf_wire_fault){.what = what, .got = got};
        return 1;
}

/* Dates and positions are of three or four bytes: where eight can be read, the number is put together at once. */
static __attribute__((noinline)) struct varint take_long_varint(const uint8_t *at, const uint8_t *end)
{
        const uint64_t word = end - at >= 8 ? qf_get_le64(at) : UINT64_MAX,
                       ends = ~word & 0x8080808080808080u;
        uint64_t value = 0;
        if (ends) {
                value = word & (ends ^ (ends - 1)) & 0x7f7f7f7f7f7f7f7fu;
                value = (value & 0x007f007f007f007fu) | (value & 0x7f007f007f007f00u) >> 1;
                value = (value & 0x00003fff00003fffu) | (value & 0x3fff00003fff0000u) >> 2;
                value = (value & 0x000000000fffffffu) | (value & 0x0fffffff00000000u) >> 4;
                return (struct varint){at + __builtin_ctzll(ends) / 8 + 1, value};
        }
        for (unsigned shift = 0; shift < 64 && at < end; shift += 7) {
                uint8_t byte = *at++;
                if (shift == 63 && byte > 1)
                        break;
                value |= (uint64_t)(byte & 0x7f) << shift;
                if (byte < 0x80)
                        return (struct varint){at, value};
        }
        return (struct varint){NULL, 0};
}

/* Most are of one byte. */
static inline struct varint take_varint(const uint8_t *at, const uint8_t *end)
{
        if (at < end && *at < 0x80)
                return (struct varint){at + 1, *at};
        return take_long_varint(at, end);
}

static inline uint32_t wire_of(ProtobufCType type)
{
        const uint32_t with_length =
                1u << PROTOBUF_C_TYPE_STRING | 1u << PROTOBUF_C_TYPE_BYTES | 1u << PROTOBUF_C_TYPE_MESSAGE;
        if (with_length >> type & 1)
                return WIRE_BYTES;
        return type == PROTOBUF_C_TYPE_FIXED64 ? WIRE_FIXED64 : WIRE_VARINT;
}

static inline bool wire_fits(const ProtobufCFieldDescriptor *field, uint32_t wire)
{
        return wire == wire_of(field->type) ||
               (wire == WIRE_BYTES && field->label == PROTOBUF_C_LABEL_REPEATED);
}

/* Index of the field with a number; fields_count: none. Fields mostly come in their order. */
static inline uint32_t find_field(const struct frame *frame, uint64_t number)
{
        const struct qf_layout *layout = frame->layout;
        const ProtobufCFieldDescriptor *fields = layout->descriptor->fields;
        for (uint32_t at = frame->near; at < layout->fields_count; at++)
                if (fields[at].id == number)
                        return at;
        for (uint32_t at = 0; at < frame->near; at++)
                if (fields[at].id == number)
                        return at;
        return layout->fields_count;
}

/* Reads tag and content of the next field of the frame and moves past it. Inline: a message of one event is forty such
 * steps, of which a call would be a third. */
static inline __attribute__((always_inline)) int next_token(struct frame *frame, struct token *ret_token,
                                                            struct qf_wire_fault *fault)
{
        const uint8_t *end = frame->end;
        const struct varint tag = take_varint(frame->at, end);
        if (!tag.at || (tag.at - frame->at > 1 && (size_t)(tag.at - frame->at) != qf_varint_size(tag.value)))
                return qf_wire_refuse(fault, "a tag is cut off or longer than need be", 0);
        const uint32_t wire = tag.value & 7, index = find_field(frame, tag.value >> 3);
        if (index == frame->layout->fields_count)
                return qf_wire_refuse(fault, "unknown field", tag.value >> 3);
        const ProtobufCFieldDescriptor *described = &frame->layout->descriptor->fields[index];
        if (!wire_fits(described, wire))
                return qf_wire_refuse(fault, "field of another type", described->id);
        struct varint number = {tag.at, 0};
        if (wire != WIRE_FIXED64)
                number = take_varint(tag.at, end);
        else if (end - tag.at >= 8)
                number = (struct varint){tag.at + 8, qf_get_le64(tag.at)};
        else
                number.at = NULL;
        if (!number.at || (wire == WIRE_BYTES && number.value > (uint64_t)(end - number.at)))
                return qf_wire_refuse(fault, "message is cut off", described->id);
        ret_token->field = &frame->layout->fields[index];
        ret_token->described = described;
        ret_token->index = index;
        frame->near = index + (described->label != PROTOBUF_C_LABEL_REPEATED);
        ret_token->wire = wire;
        ret_token->number = number.value;
        const uint32_t len = wire == WIRE_BYTES ? (uint32_t)number.value : 0;
        ret_token->view = (struct qf_view){(const char *)number.at, len};
        frame->at = number.at + len;
        return 0;
}

/* The same for one more of a repeated text that follows at once, where tag and length are of a byte each: keys come so by
 * the hundred. False: whatever follows is for next_token. */
static inline bool next_alike(struct frame *frame, const ProtobufCFieldDescriptor *described,
                              struct qf_view *ret_view)
{
        const uint8_t *at = frame->at;
        if (described->id > 15 || frame->end - at < 2 || at[0] != (described->id << 3 | WIRE_BYTES) ||
            at[1] >= 0x80 || at[1] > frame->end - at - 2)
                return false;
        *ret_view = (struct qf_view){(const char *)at + 2, at[1]};
        frame->at = at + 2 + at[1];
        return true;
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

static inline __attribute__((always_inline)) int store_view(const struct qf_field *field,
                                                            const ProtobufCFieldDescriptor *described,
                                                            struct qf_view view, uint8_t *at,
                                                            struct qf_wire_fault *fault)
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
        const bool small = described->type == PROTOBUF_C_TYPE_UINT32 && size == 4;
        for (uint32_t i = 0; i < count; i++, to += size) {
                uint64_t raw, value;
                if (small && end - at >= 2 &&
                    (at[0] < 0x80 || at[1] < 0x80)) { /* nearly all: nothing to look at */
                        const uint32_t more = at[0] >> 7;
                        const uint32_t two = (at[0] & 0x7fu) | (more ? (uint32_t)at[1] << 7 : 0);
                        memcpy(to, &two, 4);
                        at += 1 + more;
                        continue;
                }
                const struct varint varint = take_varint(at, end);
                if (!varint.at)
                        return qf_wire_refuse(fault, "a number of more than 64 bits", described->id);
                raw = varint.value;
                at = varint.at;
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

static uint32_t elements_in(const struct token *token)
{
        const bool packed = token->wire == WIRE_BYTES && wire_of(token->described->type) != WIRE_BYTES;
        return packed ? count_packed(token->view) : 1;
}

static int take_elements(struct decoder *decoder, const struct frame *frame, uint32_t index, uint32_t count)
{
        const struct qf_field *field = &frame->layout->fields[index];
        if (count == 0)
                return 0;
        if (count > field->most)
                return qf_wire_refuse(decoder->fault, "more of a repeated field than allowed", count);
        void *elements = qf_arena_take(decoder->arena, (size_t)count * field->size);
        if (!elements)
                return qf_wire_refuse(decoder->fault, "more than a message may take of memory", count);
        memcpy(frame->base + field->offset, &elements, sizeof elements);
        return 0;
}

/* At the first repeated field of a frame: counts the elements of all, in what is left of it, and takes memory for
 * them. The counts in the struct grow while elements are stored. */
static int make_room(struct decoder *decoder, struct frame *frame, const struct token *first)
{
        frame->has_room = true;
        if (frame->at == frame->end)
                return take_elements(decoder, frame, first->index, elements_in(first));
        uint32_t counts[FIELDS_MAX] = {0};
        struct frame skim = *frame;
        struct token token = {0};
        counts[first->index] = elements_in(first);
        while (skim.at < skim.end) {
                int r = next_token(&skim, &token, decoder->fault);
                if (r != 0)
                        return r;
                counts[token.index] += elements_in(&token);
                while (wire_of(token.described->type) == WIRE_BYTES &&
                       next_alike(&skim, token.described, &token.view))
                        counts[token.index]++;
        }
        int r = 0;
        for (uint32_t i = 0; r == 0 && i < frame->layout->fields_count; i++)
                if (frame->layout->fields[i].hold == QF_HOLD_MANY)
                        r = take_elements(decoder, frame, i, counts[i]);
        return r;
}

static void push(struct decoder *decoder, const struct qf_layout *layout, struct qf_view view, uint8_t *base)
{
        QF_ASSERT(decoder->top < decoder->frames + DEPTH_MAX);
        QF_ASSERT(layout->fields_count <= FIELDS_MAX);
        const uint8_t *at = (const uint8_t *)(view.len ? view.at : "");
        *++decoder->top = (struct frame){.layout = layout, .at = at, .end = at + view.len, .base = base};
}

/* Nearly every value of an event: a message of texts, each there and in its place. False: it is to be read field by field,
 * and what is at to does not count. */
static bool take_texts(const struct qf_layout *layout, struct qf_view message, uint8_t *to)
{
        const uint8_t *at = (const uint8_t *)message.at, *end = at + message.len;
        if (layout->what_offset != QF_NOWHERE || layout->stated_offset != QF_NOWHERE)
                return false;
        for (uint32_t i = 0; i < layout->fields_count; i++) {
                const struct qf_field *field = &layout->fields[i];
                const ProtobufCFieldDescriptor *described = &layout->descriptor->fields[i];
                if (field->hold != QF_HOLD_VIEW || described->type != PROTOBUF_C_TYPE_STRING ||
                    end - at < 2 || at[0] != (described->id << 3 | WIRE_BYTES) || at[1] == 0 ||
                    at[1] >= 0x80 || at[1] > end - at - 2)
                        return false;
                const struct qf_view text = {(const char *)at + 2, at[1]};
                if ((field->each != 0 && text.len > field->each) ||
                    !qf_text_valid(text, field->flags & QF_FIELD_LINES))
                        return false;
                memcpy(to + field->offset, &text, sizeof text);
                at += 2 + text.len;
        }
        return at == end;
}

static int store_views(struct decoder *decoder, struct frame *frame, const struct token *token, uint8_t *to,
                       uint32_t *ret_count)
{
        struct qf_view view = token->view;
        int r;
        *ret_count = 0;
        do {
                r = store_view(token->field, token->described, view, to, decoder->fault);
                to += sizeof view;
                ++*ret_count;
        } while (r == 0 && next_alike(frame, token->described, &view));
        return r;
}

static int store_many(struct decoder *decoder, struct frame *frame, const struct token *token)
{
        const struct qf_field *field = token->field;
        const ProtobufCFieldDescriptor *described = token->described;
        uint8_t *elements, *count_at = frame->base + field->count_offset;
        uint32_t count;
        int r = frame->has_room ? 0 : make_room(decoder, frame, token);
        if (r != 0)
                return r;
        memcpy(&elements, frame->base + field->offset, sizeof elements);
        memcpy(&count, count_at, sizeof count);
        if (!elements) /* a packed list without one whole number: no room was taken for it */
                return token->view.len == 0
                               ? 0
                               : qf_wire_refuse(decoder->fault, "message is cut off", described->id);
        uint8_t *to = elements + (size_t)count * field->size;
        uint32_t more = 1;
        if (described->type == PROTOBUF_C_TYPE_MESSAGE && field->layout) {
                memset(to, 0, field->size);
                if (!take_texts(field->layout, token->view, to)) {
                        memset(to, 0, field->size);
                        push(decoder, field->layout, token->view, to);
                }
        } else if (wire_of(described->type) == WIRE_BYTES) {
                r = store_views(decoder, frame, token, to, &more);
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
        const struct qf_field *field = token->field;
        const ProtobufCFieldDescriptor *described = token->described;
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
        case QF_HOLD_INSIDE: push(decoder, field->layout, token->view, to); return 0;
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
        if (frame->seen + 1u == 1u << layout->fields_count) /* all */
                return 0;
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
        struct token token = {0};
        int r = 0;
        decoder.top = decoder.frames;
        push(&decoder, layout, bytes, ret_struct);
        while (r == 0 && decoder.top != decoder.frames) {
                struct frame *frame = decoder.top;
                if (frame->at == frame->end) {
                        r = check_complete(frame, ret_fault);
                        decoder.top--;
                        continue;
                }
                r = next_token(frame, &token, ret_fault);
                if (r != 0)
                        break;
                r = token.field->hold == QF_HOLD_MANY ? store_many(&decoder, frame, &token)
                                                      : store_single(&decoder, frame, &token);
        }
        return r;
}
