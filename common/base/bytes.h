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
bool qf_view_same(struct qf_view a, struct qf_view b);
int qf_view_order(struct qf_view a, struct qf_view b); /* as memcmp, shorter first */

void qf_put_le16(uint8_t *at, uint16_t value);
void qf_put_le32(uint8_t *at, uint32_t value);
void qf_put_le64(uint8_t *at, uint64_t value);
uint16_t qf_get_le16(const uint8_t *at);
uint32_t qf_get_le32(const uint8_t *at);
uint64_t qf_get_le64(const uint8_t *at);
void qf_put_be32(uint8_t *at, uint32_t value); /* keys: order of bytes = order of numbers */
void qf_put_be64(uint8_t *at, uint64_t value);
uint32_t qf_get_be32(const uint8_t *at);
uint64_t qf_get_be64(const uint8_t *at);

/* A growable buffer. Zero-initialised is empty. Appending fails only with -ENOMEM. */
struct qf_buffer {
        uint8_t *at;
        size_t len;
        size_t room;
};

void qf_buffer_deinit(struct qf_buffer *buffer);
QF_CHECK int qf_buffer_reserve(struct qf_buffer *buffer, size_t more); /* room for so many more bytes */
QF_CHECK int qf_buffer_append(struct qf_buffer *buffer, const void *bytes, size_t len);
QF_CHECK int qf_buffer_print(struct qf_buffer *buffer, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
