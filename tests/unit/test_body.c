/* Bodies: what is written is read back the same, rows and columns mean the same, and every refusal has a row here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "wire/body.h"

struct fixture {
        struct qf_arena *arena;
        struct qf_buffer facts, texts, part, inner;
        struct qf_body_writer *writer;
};

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof *f);
        assert_non_null(f);
        assert_int_equal(qf_arena_new(QF_DECODE_ARENA_BYTES, &f->arena), 0);
        assert_int_equal(qf_body_writer_new(&f->writer), 0);
        *state = f;
        return 0;
}

static int teardown(void **state)
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

static struct qf_view view(const struct qf_buffer *buffer)
{
        return (struct qf_view){ (const char *)buffer->at, (uint32_t)buffer->len };
}

/* A protobuf writer that knows nothing of our tables, so that bad bytes can be made as well as good ones. */
static void varint(struct qf_buffer *to, uint64_t value)
{
        uint8_t byte;
        do {
                byte = (uint8_t)(value & 0x7f) | (value > 0x7f ? 0x80 : 0);
                assert_int_equal(qf_buffer_append(to, &byte, 1), 0);
                value >>= 7;
        } while (value);
}

static void number(struct qf_buffer *to, uint32_t field, uint64_t value)
{
        varint(to, (uint64_t)field << 3);
        varint(to, value);
}

static void bytes(struct qf_buffer *to, uint32_t field, const void *at, size_t len)
{
        varint(to, (uint64_t)field << 3 | 2);
        varint(to, len);
        assert_int_equal(qf_buffer_append(to, at, len), 0);
}

static void text(struct qf_buffer *to, uint32_t field, const char *value)
{
        bytes(to, field, value, strlen(value));
}

static int decode(struct fixture *f, uint32_t count, struct qf_batch *ret_batch, struct qf_wire_fault *ret_fault)
{
        qf_arena_reset(f->arena);
        return qf_body_decode(f->arena, view(&f->facts), view(&f->texts), count, ret_batch, ret_fault);
}

static void unhex(struct qf_buffer *to, const char *hex)
{
        for (; *hex; hex++) {
                uint8_t byte;
                if (*hex == ' ')
                        continue;
                assert_true(qf_text_unhex((struct qf_view){ hex, 2 }, &byte, 1));
                assert_int_equal(qf_buffer_append(to, &byte, 1), 0);
                hex++;
        }
}

static void body_of_one_tick_is_decoded(void **state)
{
        struct fixture *f = *state;
        struct qf_batch batch;
        struct qf_wire_fault fault;
        /* schema 1, text "HX-2023-017", "sign_in"; run of kind 3, n 1: column 15 = text 1, column 16 = 1 */
        unhex(&f->facts, "0801 220b 48582d323032332d303137 2207 7369676e5f696e 4212 0803 1001 2a05 080f 220102"
                         "2a05 0810 220102");
        assert_int_equal(decode(f, 1, &batch, &fault), 0);
        const struct qf_event *event = &batch.events[0];
        assert_int_equal(event->kind, QF_KIND_TICK);
        assert_int_equal(event->amount, 1);
        assert_true(qf_view_same(event->key, QF_VIEW("HX-2023-017")));
        assert_true(qf_view_same(event->counter, QF_VIEW("sign_in")));
        assert_int_equal(event->stated, 0);
}

static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(body_of_one_tick_is_decoded, setup, teardown),
};

int main(void)
{
        (void)number;
        (void)text;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
