/* Messages ↔ plain structs. The schema is the descriptor that protoc-c makes of
 * the .proto file; a layout adds, field by field in the same order, where each
 * lies in our struct and how much of it is taken. One strict decoder and one
 * encoder serve all messages. Internal to common/wire. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "wire/body.h"

enum qf_hold {
        QF_HOLD_NUMBER, /* in size bytes; what is too large for 1 or 2 bytes is held as the largest */
        QF_HOLD_VIEW,   /* string, bytes, or a message left undecoded: struct qf_view */
        QF_HOLD_BYTES,  /* exactly size bytes, or none, which leaves zeros */
        QF_HOLD_INSIDE, /* message: its fields lie in the struct at offset, with no presence of their own */
        QF_HOLD_MANY,   /* repeated: pointer at offset, count u32 at count_offset, elements of size bytes */
};

enum qf_field_flag {
        QF_FIELD_NEEDED = 1, /* may not be missing or empty */
        QF_FIELD_LINES = 2,  /* text may hold tabs and newlines */
};

struct qf_field {
        uint8_t hold;
        uint8_t flags;
        uint8_t stated; /* bit set in the struct's stated byte when the field is there; 0: no presence */
        uint16_t size;
        uint32_t offset, count_offset;
        uint32_t most;                  /* elements at most */
        uint32_t each;                  /* bytes of a string or bytes at most */
        const struct qf_layout *layout; /* of messages that are decoded */
};

#define QF_NOWHERE UINT32_MAX

struct qf_layout {
        const ProtobufCMessageDescriptor *descriptor;
        const struct qf_field *fields; /* fields_count = descriptor->n_fields, in number order */
        uint32_t fields_count;
        uint32_t
                what_offset; /* envelopes, of which exactly one field is there: its number + what_add is put here */
        uint32_t what_size, what_add;
        uint32_t stated_offset; /* of the byte of presence bits; QF_NOWHERE: none */
};

#define QF_NUMBER_AT(type, member)                                                                           \
        {                                                                                                    \
                .hold = QF_HOLD_NUMBER, .size = sizeof(((type *)0)->member),                                 \
                .offset = offsetof(type, member)                                                             \
        }
#define QF_STATED_AT_BIT(type, member, bit)                                                                  \
        {                                                                                                    \
                .hold = QF_HOLD_NUMBER, .size = sizeof(((type *)0)->member),                                 \
                .offset = offsetof(type, member), .stated = (bit)                                            \
        }
#define QF_VIEW_AT(type, member, bytes, flag)                                                                \
        {                                                                                                    \
                .hold = QF_HOLD_VIEW, .offset = offsetof(type, member), .each = (bytes), .flags = (flag)     \
        }
#define QF_BYTES_AT(type, member, flag)                                                                      \
        {                                                                                                    \
                .hold = QF_HOLD_BYTES, .size = sizeof(((type *)0)->member),                                  \
                .offset = offsetof(type, member), .flags = (flag)                                            \
        }
#define QF_INSIDE_AT(where, of)                                                                              \
        {                                                                                                    \
                .hold = QF_HOLD_INSIDE, .offset = (uint32_t)(where), .layout = &(of)                         \
        }
#define QF_MANY_AT(type, member, count, element, count_most)                                                 \
        {                                                                                                    \
                .hold = QF_HOLD_MANY, .size = sizeof(element), .offset = offsetof(type, member),             \
                .count_offset = offsetof(type, count), .most = (count_most)                                  \
        }
#define QF_MANY_VIEWS_AT(type, member, count, count_most, bytes)                                             \
        {                                                                                                    \
                .hold = QF_HOLD_MANY, .size = sizeof(struct qf_view), .offset = offsetof(type, member),      \
                .count_offset = offsetof(type, count), .most = (count_most), .each = (bytes)                 \
        }
#define QF_MANY_MESSAGES_AT(type, member, count, element, count_most, of)                                    \
        {                                                                                                    \
                .hold = QF_HOLD_MANY, .size = sizeof(element), .offset = offsetof(type, member),             \
                .count_offset = offsetof(type, count), .most = (count_most), .layout = &(of)                 \
        }
#define QF_FIELDS(array) .fields = (array), .fields_count = sizeof(array) / sizeof((array)[0])
#define QF_PLAIN .what_offset = QF_NOWHERE, .stated_offset = QF_NOWHERE

/* Decodes into a zeroed struct. 0, or positive 1 with *ret_fault: bytes that are not this message, a field that is
 * unknown, given twice, too long, too many, not UTF-8, or an arena that is full. */
QF_CHECK int qf_layout_decode(struct qf_arena *arena, const struct qf_layout *layout, struct qf_view bytes,
                              void *ret_struct, struct qf_wire_fault *ret_fault);
/* Appends the message. -ENOMEM. */
QF_CHECK int qf_layout_encode(const struct qf_layout *layout, const void *from, struct qf_buffer *buffer);
/* Whether the layout names the fields of its descriptor, with fitting types; for tests of tables. */
bool qf_layout_fits(const struct qf_layout *layout);

/* Sets the fault and says 1, so that checks read: return qf_wire_refuse(...). */
int qf_wire_refuse(struct qf_wire_fault *ret_fault, const char *what, uint64_t got);

/* Low-level writing, for what is faster written by hand. Room must have been reserved. */
size_t qf_varint_size(uint64_t value);
uint8_t *qf_varint_put(uint8_t *at, uint64_t value);
/* The same where most take one byte or two: those of columns. */
static inline uint8_t *qf_varint_put_short(uint8_t *at, uint64_t value)
{
        if (value < 1u << 7) {
                *at = (uint8_t)value;
                return at + 1;
        }
        if (value >= 1u << 14)
                return qf_varint_put(at, value);
        at[0] = (uint8_t)(value | 0x80);
        at[1] = (uint8_t)(value >> 7);
        return at + 2;
}
static inline uint64_t qf_zigzag(int64_t value)
{
        return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}
/* Begins a length-delimited field, and ends it: what was appended in between is its content. */
QF_CHECK int qf_nested_begin(struct qf_buffer *buffer, uint32_t number, size_t *ret_mark);
QF_CHECK int qf_nested_end(struct qf_buffer *buffer, size_t mark);
