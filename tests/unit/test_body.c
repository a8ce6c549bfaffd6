/* Bodies from outside: what is taken, what is refused and why, what a bomb costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "support/body_refusals.h"
#include "support/wire_bytes.h"
#include "wire/layouts.h"

static void body_of_one_tick_is_decoded(void **state)
{
        struct fixture *f = *state;
        struct qf_batch batch;
        struct qf_wire_fault fault;
        /* schema 1, text "HX-2023-017", "sign_in"; run of kind 3, n 1: column 15 = text 1, column 16 = 1 */
        unhex(&f->facts,
              "0801 220b 48582d323032332d303137 2207 7369676e5f696e 4212 0803 1001 2a05 080f 220102"
              "2a05 0810 220102");
        assert_int_equal(decode(f, 1, &batch, &fault), 0);
        const struct qf_event *event = &batch.events[0];
        assert_int_equal(event->kind, QF_KIND_TICK);
        assert_int_equal(event->amount, 1);
        assert_true(qf_view_same(event->key, QF_VIEW("HX-2023-017")));
        assert_true(qf_view_same(event->counter, QF_VIEW("sign_in")));
        assert_int_equal(event->stated, 0);
}

static void every_refusal_says_why(void **state)
{
        struct fixture *f = *state;
        for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
                const struct refusal *refusal = &refusals[i];
                struct qf_batch batch = {0};
                struct qf_wire_fault fault = {"taken", 0};
                f->facts.len = f->texts.len = 0;
                unhex(&f->facts, refusal->facts);
                unhex(&f->texts, refusal->texts);
                int r = decode(f, refusal->count, &batch, &fault);
                if (r != 1 || strcmp(fault.what, refusal->what) != 0)
                        fail_msg("%s: %d, %s", refusal->name, r, fault.what);
                assert_int_equal(batch.count, 0); /* untouched */
        }
}

static void refused_in_time(struct fixture *f, const char *name, uint32_t count, const char *what)
{
        struct qf_batch batch;
        struct qf_wire_fault fault = {"taken", 0};
        int64_t begun = qf_clock_mono_ms();
        int r = decode(f, count, &batch, &fault);
        if (r != 1 || strcmp(fault.what, what) != 0)
                fail_msg("%s: %d, %s", name, r, fault.what);
        assert_true(qf_clock_mono_ms() - begun < 1000); /* a few, without sanitizers */
        assert_true(qf_arena_used(f->arena) <= QF_DECODE_ARENA_BYTES);
        f->facts.len = 0;
}

static void repeat(struct qf_buffer *to, uint32_t field, uint32_t times)
{
        for (uint32_t i = 0; i < times; i++)
                bytes(to, field, "", 0);
}

static void begin_columns(struct fixture *f, uint32_t kind, uint32_t n)
{
        number(&f->facts, 1, 1);
        text(&f->facts, 4, "a");
        number(&f->part, 1, kind);
        number(&f->part, 2, n);
}

static void bombs_cost_no_more_than_the_arena(void **state)
{
        struct fixture *f = *state;
        static const uint32_t zeros[QF_BATCH_EVENTS_MAX];
        uint32_t numbers[QF_BATCH_EVENTS_MAX];

        repeat(&f->facts, 3, 130000);
        refused_in_time(f, "empty rows", 8192, "more of a repeated field than allowed");
        repeat(&f->facts, 4, 130000);
        refused_in_time(f, "empty texts", 1, "more of a repeated field than allowed");
        repeat(&f->facts, 8, 130000);
        refused_in_time(f, "empty runs", 1, "more of a repeated field than allowed");
        number(&f->facts, 1, 1);
        repeat(&f->facts, 3, 8192);
        refused_in_time(f, "rows of nothing", 8192, "an empty message");

        begin_columns(f, 1, 8192);
        packed(&f->part, 4, zeros, 8192);
        for (uint32_t d = 0; d < 64; d++) { /* 64 columns that hold for all: 500,000 values in 600 bytes */
                number(&f->inner, 1, 5);
                packed(&f->inner, 4, (const uint32_t[]){1}, 1);
                nested(&f->part, 5, &f->inner);
        }
        nested(&f->facts, 8, &f->part);
        refused_in_time(f, "columns that hold for all", 8192, "more than 196608 values in a batch");

        begin_columns(f, 1, 1);
        for (uint32_t i = 0; i < 125000; i++)
                number(&f->inner, 4, 1); /* not packed */
        nested(&f->part, 5, &f->inner);
        nested(&f->facts, 8, &f->part);
        refused_in_time(f, "numbers one by one", 1, "a column of a field that its kind does not have");

        number(&f->facts, 1, 1);
        char suffix[2048];
        memset(suffix, 'x', sizeof suffix);
        bytes(&f->facts, 5, suffix, sizeof suffix);
        for (uint32_t i = 0; i < 8192; i++)
                numbers[i] = i == 0 ? 2048 : 0;
        packed(&f->facts, 6, numbers, 8192);
        for (uint32_t i = 0; i < 8192; i++)
                numbers[i] = i == 0 ? 0 : 2048;
        packed(&f->facts, 7, numbers, 8192);
        number(&f->part, 1, 1);
        number(&f->part, 2, 1);
        nested(&f->facts, 8, &f->part);
        refused_in_time(f, "texts that share everything", 1, "texts of more than 1 MiB once expanded");

        for (uint32_t i = 0; i < QF_BODY_BYTES_MAX / 2 + 1; i++)
                bytes(&f->facts, 3, "", 0);
        refused_in_time(f, "a body too large", 1, "a body of more than 256 KiB");
}

static void number_too_large_for_its_place_is_held_as_the_largest(void **state)
{
        struct fixture *f = *state;
        struct qf_batch batch;
        struct qf_wire_fault fault;
        begin_columns(f, 1, 1);
        number(&f->inner, 1, 11); /* minutes */
        packed(&f->inner, 4, (const uint32_t[]){70001}, 1);
        nested(&f->part, 5, &f->inner);
        number(&f->inner, 1, 2); /* action */
        packed(&f->inner, 4, (const uint32_t[]){301}, 1);
        nested(&f->part, 5, &f->inner);
        nested(&f->facts, 8, &f->part);
        assert_int_equal(decode(f, 1, &batch, &fault), 0);
        assert_int_equal(batch.events[0].minutes, UINT16_MAX);
        assert_int_equal(batch.events[0].action, UINT8_MAX);
        assert_int_equal(batch.events[0].stated, QF_STATED_MINUTES);
}

static void sixty_fifth_dimension_is_refused(void **state)
{
        struct fixture *f = *state;
        number(&f->facts, 1, 1);
        for (uint32_t i = 0; i < 65; i++) {
                char code[8];
                (void)snprintf(code, sizeof code, "d%u", i);
                text(&f->facts, 4, code);
        }
        for (uint32_t i = 0; i < 65; i++) { /* one run takes 64 columns */
                number(&f->inner, 1, 5);
                number(&f->inner, 2, i);
                packed(&f->inner, 4, (const uint32_t[]){1}, 1);
                nested(&f->part, 5, &f->inner);
                if (i < 63)
                        continue;
                number(&f->part, 1, 1);
                number(&f->part, 2, 1);
                nested(&f->facts, 8, &f->part);
        }
        refused_in_time(f, "65 dimensions", 2, "more than 64 dimensions named in a batch");
}

/* Two texts: the first of len bytes, the second all of it and one byte more. */
static void write_joined(struct fixture *f, uint32_t len)
{
        char suffix[QF_BODY_BYTES_MAX / 64];
        memset(suffix, 'x', sizeof suffix);
        number(&f->facts, 1, 1);
        bytes(&f->facts, 5, suffix, len + 1);
        packed(&f->facts, 6, (const uint32_t[]){len, 1}, 2);
        packed(&f->facts, 7, (const uint32_t[]){0, len}, 2);
        number(&f->part, 1, 1);
        number(&f->part, 2, 2);
        nested(&f->facts, 8, &f->part);
}

static void text_of_2048_bytes_is_taken_also_when_it_is_joined(void **state)
{
        struct fixture *f = *state;
        write_joined(f, 2047);
        refused_in_time(f, "2,048 bytes: but no key", 2, "a key of more than 96 bytes");
        write_joined(f, 2048);
        refused_in_time(f, "2,049 bytes", 2, "a text of more than 2048 bytes");
}

static void column_may_list_nothing_for_every_event(void **state)
{
        struct fixture *f = *state;
        struct qf_batch batch;
        struct qf_wire_fault fault;
        begin_columns(f, 1, 1);
        number(&f->inner, 1, 5);
        packed(&f->inner, 5, (const uint32_t[]){0}, 1);
        nested(&f->part, 5, &f->inner);
        nested(&f->facts, 8, &f->part);
        assert_int_equal(decode(f, 1, &batch, &fault), 0);
        assert_int_equal(batch.events[0].values_count, 0);
}

static void kind_of_a_later_version_comes_with_its_key_alone(void **state)
{
        struct fixture *f = *state;
        struct qf_batch batch;
        struct qf_wire_fault fault;
        begin_columns(f, 31, 1);
        number(&f->inner, 1, 99);
        packed(&f->inner, 4, (const uint32_t[]){5}, 1);
        nested(&f->part, 5, &f->inner);
        nested(&f->facts, 8, &f->part);
        assert_int_equal(decode(f, 1, &batch, &fault), 0);
        assert_int_equal(batch.events[0].kind, 31);
        assert_true(qf_view_same(batch.events[0].key, QF_VIEW("a")));
}

static bool fits_with_all_inside(const struct qf_layout *layout, uint32_t depth)
{
        bool fits = qf_layout_fits(layout);
        for (uint32_t i = 0; fits && depth > 0 && i < layout->fields_count; i++)
                fits = !layout->fields[i].layout || fits_with_all_inside(layout->fields[i].layout, depth - 1);
        return fits && depth > 0; /* deeper than the decoder's stack: a recursive schema */
}

/* One activity "a" with a value of each such form; the last says what is read of it. */
static void value_of_a_row_is_read_in_every_form(void **state)
{
        struct fixture *f = *state;
        char longest[2048 + 1];
        memset(longest, 'm', sizeof longest);
        longest[sizeof longest - 1] = '\0';
        const struct {
                const char *first, *second; /* texts of the fields */
                uint32_t first_field, second_field;
                const char *dimension, *member, *what; /* what: NULL: it is taken */
        } forms[] = {
                {"d1", "m300", 1, 2, "d1", "m300", NULL},
                {"m300", "d1", 2, 1, "d1", "m300", NULL},
                {"d1", "", 1, 2, "d1", "", NULL},
                {"d1", longest, 1, 2, "d1", longest, NULL},
                {"维", "员三百", 1, 2, "维", "员三百", NULL},
                {"d1", "m\x7f", 1, 2, NULL, NULL, "a text that is not UTF-8, or holds NUL or controls"},
                {"d1", "d2", 1, 1, NULL, NULL, "a single field is given twice"},
                {"d1", "m1", 1, 3, NULL, NULL, "unknown field"},
                {"d1", "behind", 1, 2, NULL, NULL, "unknown field"},
        };
        for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
                struct qf_batch batch = {0};
                struct qf_wire_fault fault = {0};
                f->facts.len = 0;
                number(&f->facts, 1, 1);
                text(&f->inner, forms[i].first_field, forms[i].first);
                text(&f->inner, forms[i].second_field, forms[i].second);
                if (strcmp(forms[i].second, "behind") == 0)
                        text(&f->inner, 3, "more");
                text(&f->part, 1, "a");
                nested(&f->part, 5, &f->inner);
                nested(&f->inner, 1, &f->part);
                nested(&f->facts, 3, &f->inner);
                int r = decode(f, 1, &batch, &fault);
                assert_int_equal(r, forms[i].what != NULL);
                if (forms[i].what) {
                        assert_string_equal(fault.what, forms[i].what);
                        continue;
                }
                assert_int_equal(batch.events[0].values_count, 1);
                assert_true(qf_view_same(batch.dimensions[0], qf_view_of(forms[i].dimension)));
                assert_true(
                        qf_view_same(batch.texts[batch.values[0].member_at], qf_view_of(forms[i].member)));
        }
}

/* With however little memory for a message: it is refused with the reason, or taken whole. */
static void rows_in_too_little_memory_are_refused(void **state)
{
        enum { ROWS = 3, STEP = 16, ENOUGH = 1 << 20 };
        struct fixture *f = *state;
        unsigned refused = 0;
        number(&f->facts, 1, 1);
        for (uint32_t i = 0; i < ROWS; i++) {
                text(&f->inner, 1, "d1");
                text(&f->inner, 2, "m300");
                text(&f->part, 1, "a");
                nested(&f->part, 5, &f->inner);
                nested(&f->inner, 1, &f->part);
                nested(&f->facts, 3, &f->inner);
        }
        for (size_t room = STEP;; room += STEP) {
                struct qf_batch batch = {0};
                struct qf_wire_fault fault = {0};
                struct qf_arena *arena = NULL;
                assert_in_range(room, STEP, ENOUGH);
                assert_int_equal(qf_arena_new(room, &arena), 0);
                const int r = qf_body_decode(arena, qf_buffer_view(&f->facts), qf_buffer_view(&f->texts),
                                             ROWS, &batch, &fault);
                if (r == 0)
                        assert_true(
                                batch.values_count == ROWS &&
                                qf_view_same(batch.texts[batch.values[ROWS - 1].member_at], QF_VIEW("m300")));
                qf_arena_free(arena);
                if (r == 0)
                        break;
                assert_int_equal(r, 1);
                assert_string_equal(fault.what, "more than a message may take of memory");
                refused++;
        }
        assert_true(refused > 10);
}

static void layouts_fit_the_schema(void **state)
{
        (void)state;
        const struct qf_layout *all[] = {
                &qf_body_layout,         &qf_texts_layout,      &qf_event_layout,
                &qf_from_partner_layout, &qf_to_partner_layout, &qf_from_consumer_layout,
                &qf_to_consumer_layout,  &qf_control_layout,    &qf_from_reader_layout,
                &qf_to_reader_layout,    &qf_metrics_layout};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
                if (!fits_with_all_inside(all[i], 4))
                        fail_msg("%s", all[i]->descriptor->name);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest tests[] = {
        TEST(body_of_one_tick_is_decoded),
        TEST(every_refusal_says_why),
        TEST(bombs_cost_no_more_than_the_arena),
        TEST(number_too_large_for_its_place_is_held_as_the_largest),
        TEST(sixty_fifth_dimension_is_refused),
        TEST(text_of_2048_bytes_is_taken_also_when_it_is_joined),
        TEST(column_may_list_nothing_for_every_event),
        TEST(kind_of_a_later_version_comes_with_its_key_alone),
        TEST(value_of_a_row_is_read_in_every_form),
        TEST(rows_in_too_little_memory_are_refused),
        TEST(layouts_fit_the_schema),
};

int main(void)
{
        return cmocka_run_group_tests(tests, NULL, NULL);
}
