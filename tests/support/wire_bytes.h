/* Bytes of messages written by hand: a protobuf writer that knows nothing of our tables, so that bad bytes can be
 * made as well as good ones. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/text.h"
#include "wire/body.h"

static inline void varint(struct qf_buffer *to, uint64_t value)
{
        do {
                uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
                assert_int_equal(qf_buffer_append(to, &byte, 1), 0);
                value >>= 7;
        } while (value);
}

static inline void number(struct qf_buffer *to, uint32_t field, uint64_t value)
{
        varint(to, (uint64_t)field << 3);
        varint(to, value);
}

static inline void bytes(struct qf_buffer *to, uint32_t field, const void *at, size_t len)
{
        varint(to, (uint64_t)field << 3 | 2);
        varint(to, len);
        assert_int_equal(qf_buffer_append(to, at, len), 0);
}

static inline void text(struct qf_buffer *to, uint32_t field, const char *value)
{
        bytes(to, field, value, strlen(value));
}

static inline void packed(struct qf_buffer *to, uint32_t field, const uint32_t *numbers, size_t count)
{
        struct qf_buffer part = {0};
        for (size_t i = 0; i < count; i++)
                varint(&part, numbers[i]);
        bytes(to, field, part.at ? (const char *)part.at : "", part.len);
        qf_buffer_deinit(&part);
}

static inline void nested(struct qf_buffer *to, uint32_t field, struct qf_buffer *part)
{
        bytes(to, field, part->at ? (const char *)part->at : "", part->len);
        part->len = 0;
}

static inline void unhex(struct qf_buffer *to, const char *hex)
{
        for (; *hex; hex++) {
                uint8_t byte;
                if (*hex == ' ')
                        continue;
                assert_true(qf_text_unhex((struct qf_view){hex, 2}, &byte, 1));
                assert_int_equal(qf_buffer_append(to, &byte, 1), 0);
                hex++;
        }
}

/* A fixture for tests of bodies. */
struct fixture {
        struct qf_arena *arena;
        struct qf_buffer facts, texts, part, inner;
        struct qf_body_writer *writer;
};

static inline int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof *f);
        assert_non_null(f);
        assert_int_equal(qf_arena_new(QF_DECODE_ARENA_BYTES, &f->arena), 0);
        assert_int_equal(qf_body_writer_new(&f->writer), 0);
        *state = f;
        return 0;
}

static inline int teardown(void **state)
{
        struct fixture *f = *state;
        qf_arena_free(f->arena);
        qf_buffer_deinit(&f->facts);
        qf_buffer_deinit(&f->texts);
        qf_buffer_deinit(&f->part);
        qf_buffer_deinit(&f->inner);
        qf_body_writer_free(f->writer);
        free(f);
        return 0;
}

static inline int decode(struct fixture *f, uint32_t count, struct qf_batch *ret_batch,
                         struct qf_wire_fault *ret_fault)
{
        qf_arena_reset(f->arena);
        return qf_body_decode(f->arena, qf_buffer_view(&f->facts), qf_buffer_view(&f->texts), count,
                              ret_batch, ret_fault);
}
