/* Why: files and keys have one byte order, whatever compiled the program, and
 * views let decoders hand out text without copying it. */
#include "base/bytes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct qf_view qf_view_of(const char *text)
{
        return (struct qf_view){text, text ? (uint32_t)strlen(text) : 0};
}

void qf_buffer_deinit(struct qf_buffer *buffer)
{
        free(buffer->at);
        *buffer = (struct qf_buffer){0};
}

int qf_buffer_reserve(struct qf_buffer *buffer, size_t more)
{
        size_t need;
        if (__builtin_add_overflow(buffer->len, more, &need))
                return -ENOMEM;
        if (need <= buffer->room)
                return 0;
        size_t room = buffer->room ? buffer->room : 256;
        while (room < need) {
                if (__builtin_mul_overflow(room, (size_t)2, &room))
                        return -ENOMEM;
        }
        uint8_t *at = realloc(buffer->at, room);
        if (!at)
                return -ENOMEM;
        buffer->at = at;
        buffer->room = room;
        return 0;
}

int qf_buffer_append(struct qf_buffer *buffer, const void *bytes, size_t len)
{
        if (len == 0)
                return 0;
        int r = qf_buffer_reserve(buffer, len);
        if (r < 0)
                return r;
        memcpy(buffer->at + buffer->len, bytes, len);
        buffer->len += len;
        return 0;
}

int qf_buffer_print(struct qf_buffer *buffer, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        int len = vsnprintf(NULL, 0, format, args);
        va_end(args);
        if (len < 0)
                return -EINVAL;
        int r = qf_buffer_reserve(buffer, (size_t)len + 1);
        if (r < 0)
                return r;
        va_start(args, format);
        (void)vsnprintf((char *)buffer->at + buffer->len, (size_t)len + 1, format, args);
        va_end(args);
        buffer->len += (size_t)len;
        return 0;
}

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ || __SIZEOF_POINTER__ != 8
#error "Qingfeng's files are 64-bit little-endian; move data between machines by export and import"
#endif
