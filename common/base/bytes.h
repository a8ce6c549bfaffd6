/* Views of bytes, and the fixed-width little- and big-endian forms that files
 * and keys use. A view owns nothing: it is valid as long as what it looks at. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

struct qf_view {
        const char *at;
        uint32_t len;
};

#define QF_VIEW(literal) ((struct qf_view){(literal), sizeof(literal) - 1})

struct qf_view qf_view_of(const char *text); /* of a C string; NULL gives an empty view */

/* Inline, as what follows: a call for each number or name is what a row's reading would mostly consist of. */
static inline int qf_view_order(struct qf_view a, struct qf_view b) /* as memcmp, shorter first */
{
        const uint32_t shared = a.len < b.len ? a.len : b.len;
        const int order = shared ? memcmp(a.at, b.at, shared) : 0;
        return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}
/* Names that differ often do so at their end: d1, d2. */
static inline bool qf_view_same(struct qf_view a, struct qf_view b)
{
        return a.len == b.len &&
               (a.len == 0 || (a.at[a.len - 1] == b.at[a.len - 1] && memcmp(a.at, b.at, a.len) == 0));
}

static inline void qf_put_le16(uint8_t *at, uint16_t value)
{
        memcpy(at, &value, sizeof value);
}
static inline void qf_put_le32(uint8_t *at, uint32_t value)
{
        memcpy(at, &value, sizeof value);
}
static inline void qf_put_le64(uint8_t *at, uint64_t value)
{
        memcpy(at, &value, sizeof value);
}
static inline uint16_t qf_get_le16(const uint8_t *at)
{
        uint16_t value;
        memcpy(&value, at, sizeof value);
        return value;
}
static inline uint32_t qf_get_le32(const uint8_t *at)
{
        uint32_t value;
        memcpy(&value, at, sizeof value);
        return value;
}
static inline uint64_t qf_get_le64(const uint8_t *at)
{
        uint64_t value;
        memcpy(&value, at, sizeof value);
        return value;
}
/* At most seven bytes as one number, different for different bytes of one length; those that are not there are zero. */
static inline uint64_t qf_get_short(const void *bytes, uint32_t len)
{
        const uint8_t *at = bytes;
        if (len == 0)
                return 0;
        if (len < 4)
                return at[0] | (uint64_t)at[len / 2] << 8 | (uint64_t)at[len - 1] << 16;
        return qf_get_le32(at) | (uint64_t)qf_get_le32(at + len - 4) << 32;
}
/* For hashes: both halves of the product together, so that every bit of both reaches every bit. */
static inline uint64_t qf_fold(uint64_t a, uint64_t b)
{
        __extension__ unsigned __int128 product = (unsigned __int128)a * b;
        return (uint64_t)product ^ (uint64_t)(product >> 64);
}
/* Of keys: the order of bytes is the order of numbers. */
static inline void qf_put_be32(uint8_t *at, uint32_t value)
{
        qf_put_le32(at, __builtin_bswap32(value));
}
static inline void qf_put_be64(uint8_t *at, uint64_t value)
{
        qf_put_le64(at, __builtin_bswap64(value));
}
static inline uint32_t qf_get_be32(const uint8_t *at)
{
        return __builtin_bswap32(qf_get_le32(at));
}
static inline uint64_t qf_get_be64(const uint8_t *at)
{
        return __builtin_bswap64(qf_get_le64(at));
}

/* A growable buffer. Zero-initialised is empty. Appending fails only with -ENOMEM. */
struct qf_buffer {
        uint8_t *at;
        size_t len;
        size_t room;
};

/* Of what is in it, until it is appended to. */
static inline struct qf_view qf_buffer_view(const struct qf_buffer *buffer)
{
        return (struct qf_view){(const char *)buffer->at, (uint32_t)buffer->len};
}

void qf_buffer_deinit(struct qf_buffer *buffer);
QF_CHECK int qf_buffer_reserve(struct qf_buffer *buffer, size_t more); /* room for so many more bytes */
QF_CHECK int qf_buffer_append(struct qf_buffer *buffer, const void *bytes, size_t len);
QF_CHECK int qf_buffer_print(struct qf_buffer *buffer, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
