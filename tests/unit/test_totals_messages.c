/* Live totals and queries: read back the same, and refused with a reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "support/wire_bytes.h"
#include "wire/totals_messages.h"

enum which { FROM_READER, TO_READER };

static const struct refusal_of_message {
        enum which which;
        const char *name, *hex, *what;
} refusals[] = {
        {FROM_READER, "nothing", "", "an empty message"},
        {FROM_READER, "two messages", "12002200", "two messages where one may be"},
        {FROM_READER, "epoch of 8 bytes", "0a0a1a086565656565656565",
         "bytes of another length than they must have"},
        {FROM_READER, "65 prefixes",
         "0ac3012a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a01612a0161",
         "more of a repeated field than allowed"},
        {FROM_READER, "prefix of 129 bytes",
         "0a84012a8101616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161",
         "a text or bytes longer than allowed"},
        {FROM_READER, "prefix with NUL", "0a042a026100",
         "a text that is not UTF-8, or holds NUL or controls"},
        {FROM_READER, "third prefix with NUL", "0a0a2a01612a01622a026300",
         "a text that is not UTF-8, or holds NUL or controls"},
        {FROM_READER, "third prefix cut off", "0a092a01612a01622a0263", "message is cut off"},
        {FROM_READER, "third prefix of a byte that is not there", "0a072a01612a01622a", "message is cut off"},
        {FROM_READER, "five dimensions", "1a0f1a01611a01611a01611a01611a0161",
         "more of a repeated field than allowed"},
        {FROM_READER, "17 filters",
         "1a552203613d622203613d622203613d622203613d622203613d622203613d622203613d622203613d622203613d622203613d622203613d622203613d622203613d622203613d622203613d622203613d622203613d62",
         "more of a repeated field than allowed"},
        {FROM_READER, "filter of 129 bytes",
         "1a8401228101616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161",
         "a text or bytes longer than allowed"},
        {TO_READER, "cells without member",
         "0a204a1e0a05746f74616c0a03616c6c1201011a01002a04e4e2d2093201063a0109",
         "columns of different length"},
        {TO_READER, "cells without period", "0a1d4a1b0a05746f74616c0a03616c6c1201011a01002201013201063a0109",
         "columns of different length"},
        {TO_READER, "cells without position",
         "0a204a1e0a05746f74616c0a03616c6c1201011a01002201012a04e4e2d209320106",
         "columns of different length"},
        {TO_READER, "a value too many",
         "0a244a220a05746f74616c0a03616c6c1201011a01002201012a04e4e2d209320206063a0109",
         "columns of different length"},
        {TO_READER, "dimension beyond the texts",
         "0a234a210a05746f74616c0a03616c6c1201011a01022201012a04e4e2d2093201063a0109",
         "a name beyond the texts"},
        {TO_READER, "member beyond the texts",
         "0a234a210a05746f74616c0a03616c6c1201011a01002201022a04e4e2d2093201063a0109",
         "a name beyond the texts"},
        {TO_READER, "measure 5", "0a234a210a05746f74616c0a03616c6c1201051a01002201012a04e4e2d2093201063a0109",
         "a measure that there is not"},
        {TO_READER, "six measures",
         "0a284a260a05746f74616c0a03616c6c12060000000000001a01002201012a04e4e2d2093201063a0109",
         "more of a repeated field than allowed"},
        {TO_READER, "cells twice", "0a1c4a0c0a05746f74616c0a03616c6c4a0c0a05746f74616c0a03616c6c",
         "more of a repeated field than allowed"},
        {TO_READER, "rows without date",
         "0a2952270a05746f74616c0a03616c6c1201012201012a01793201013a01004201014a01095201015a0141",
         "columns of different length"},
        {TO_READER, "rows without sessions",
         "0a2c522a0a05746f74616c0a03616c6c1201011a04eae2d2092a01793201013a01004201014a01095201015a0141",
         "columns of different length"},
        {TO_READER, "rows without attendances",
         "0a2c522a0a05746f74616c0a03616c6c1201011a04eae2d2092201013201013a01004201014a01095201015a0141",
         "columns of different length"},
        {TO_READER, "rows without values",
         "0a2c522a0a05746f74616c0a03616c6c1201011a04eae2d2092201012a01793a01004201014a01095201015a0141",
         "columns of different length"},
        {TO_READER, "rows without member",
         "0a2c522a0a05746f74616c0a03616c6c1201011a04eae2d2092201012a01793201013a01004a01095201015a0141",
         "columns of different length"},
        {TO_READER, "rows without position",
         "0a2c522a0a05746f74616c0a03616c6c1201011a04eae2d2092201012a01793201013a01004201015201015a0141",
         "columns of different length"},
        {TO_READER, "rows without partner",
         "0a2c522a0a05746f74616c0a03616c6c1201011a04eae2d2092201012a01793201013a01004201014a01095a0141",
         "columns of different length"},
        {TO_READER, "rows without key",
         "0a2c522a0a05746f74616c0a03616c6c1201011a04eae2d2092201012a01793201013a01004201014a0109520101",
         "columns of different length"},
        {TO_READER, "values that do not add up",
         "0a2f522d0a05746f74616c0a03616c6c1201011a04eae2d2092201012a01793201023a01004201014a01095201015a0141",
         "values per row that do not add up"},
        {TO_READER, "row's dimension beyond the texts",
         "0a2f522d0a05746f74616c0a03616c6c1201011a04eae2d2092201012a01793201013a01024201014a01095201015a0141",
         "a name beyond the texts"},
        {TO_READER, "row's member beyond the texts",
         "0a2f522d0a05746f74616c0a03616c6c1201011a04eae2d2092201012a01793201013a01004201024a01095201015a0141",
         "a name beyond the texts"},
        {TO_READER, "row's partner beyond the texts",
         "0a2f522d0a05746f74616c0a03616c6c1201011a04eae2d2092201012a01793201013a01004201014a01095201025a0141",
         "a name beyond the texts"},
        {TO_READER, "answer's row without members", "1a093a036f726742021002",
         "a row of another number of members than asked for"},
        {TO_READER, "two true totals", "1a044a004a00", "more of a repeated field than allowed"},
        {TO_READER, "denied with NUL", "22031a0100", "a text that is not UTF-8, or holds NUL or controls"},
};

static void every_refusal_says_why(void **state)
{
        struct fixture *f = *state;
        for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
                struct qf_wire_fault fault = {"taken", 0};
                struct qf_from_reader from;
                struct qf_to_reader to;
                f->facts.len = 0;
                qf_arena_reset(f->arena);
                unhex(&f->facts, refusals[i].hex);
                int r = refusals[i].which == FROM_READER
                                ? qf_from_reader_decode(f->arena, qf_buffer_view(&f->facts), &from, &fault)
                                : qf_to_reader_decode(f->arena, qf_buffer_view(&f->facts), &to, &fault);
                if (r != 1 || strcmp(fault.what, refusals[i].what) != 0)
                        fail_msg("%s: %d, %s", refusals[i].name, r, fault.what);
        }
}

static void requests_are_read_back_the_same(void **state)
{
        struct fixture *f = *state;
        struct qf_view prefixes[] = {QF_VIEW("activities/org/"), QF_VIEW("attendances/total/all/2023")};
        struct qf_view by[] = {QF_VIEW("org"), QF_VIEW("year")}, where[] = {QF_VIEW("mode=lecture")};
        struct qf_from_reader all = {.version = 1,
                                     .id = 2,
                                     .epoch = {1},
                                     .have = 3,
                                     .prefixes = prefixes,
                                     .prefixes_count = 2,
                                     .credit = 4,
                                     .every_ms = 5,
                                     .want = 6,
                                     .query = QF_QUERY_GROWTH,
                                     .by = by,
                                     .by_count = 2,
                                     .where = where,
                                     .where_count = 1,
                                     .first_day = 20220101,
                                     .last_day = 20231231,
                                     .year = 2023,
                                     .base = 2021,
                                     .limit = 9,
                                     .at_least = 10};
        for (int what = QF_SUBSCRIBE; what <= QF_LEAVE; what++) {
                struct qf_from_reader got;
                struct qf_wire_fault fault;
                all.what = (enum qf_from_reader_what)what;
                f->facts.len = f->part.len = 0;
                assert_int_equal(qf_from_reader_encode(&all, &f->facts), 0);
                assert_int_equal(qf_from_reader_decode(f->arena, qf_buffer_view(&f->facts), &got, &fault), 0);
                assert_int_equal(got.what, what);
                assert_int_equal(got.id, 2);
                assert_int_equal(qf_from_reader_encode(&got, &f->part), 0);
                assert_true(qf_view_same(qf_buffer_view(&f->facts), qf_buffer_view(&f->part)));
                assert_int_equal(got.credit, what == QF_SUBSCRIBE || what == QF_MORE ? 4 : 0);
                assert_int_equal(got.base, what == QF_QUERY ? 2021 : 0);
                assert_int_equal(got.prefixes_count, what == QF_SUBSCRIBE ? 2 : 0);
                if (what == QF_SUBSCRIBE)
                        assert_true(qf_view_same(got.prefixes[1], prefixes[1]));
        }
}

static struct qf_to_reader round_trip(struct fixture *f, const struct qf_to_reader *message)
{
        struct qf_to_reader got;
        struct qf_wire_fault fault = {0};
        f->facts.len = f->part.len = 0;
        assert_int_equal(qf_to_reader_encode(message, &f->facts), 0);
        int r = qf_to_reader_decode(f->arena, qf_buffer_view(&f->facts), &got, &fault);
        if (r != 0)
                fail_msg("%s", fault.what);
        assert_int_equal(qf_to_reader_encode(&got, &f->part), 0);
        assert_true(qf_view_same(qf_buffer_view(&f->facts), qf_buffer_view(&f->part)));
        assert_int_equal(got.what, message->what);
        return got;
}

/* Texts of one field mostly follow each other at once, and may be anything that the wire allows. */
static void a_list_may_be_in_pieces(void **state)
{
        struct fixture *f = *state;
        struct qf_buffer *inner = &f->facts, whole = {0};
        struct qf_from_reader got;
        struct qf_wire_fault fault = {"", 0};
        char longest[128];
        const char *const wanted[] = {"a", "", "b", "c", longest, "d"};

        memset(longest, 'x', 127);
        longest[127] = 0;
        inner->len = 0;
        bytes(inner, 5, "a", 1);
        bytes(inner, 5, "", 0);
        number(inner, 6, 7);
        bytes(inner, 5, "b", 1);
        unhex(inner, "2a810063"); /* a length of two bytes */
        bytes(inner, 5, longest, 127);
        bytes(inner, 5, "d", 1);
        bytes(&whole, 1, inner->at, inner->len);
        qf_arena_reset(f->arena);
        assert_int_equal(qf_from_reader_decode(f->arena, qf_buffer_view(&whole), &got, &fault), 0);
        assert_int_equal(got.prefixes_count, 6);
        for (uint32_t i = 0; i < 6; i++)
                assert_true(qf_view_same(got.prefixes[i], qf_view_of(wanted[i])));
        assert_int_equal(got.credit, 7);
        qf_buffer_deinit(&whole);
}

static void updates_are_read_back_the_same(void **state)
{
        struct fixture *f = *state;
        const struct qf_view texts[] = {QF_VIEW("total"), QF_VIEW("all"), QF_VIEW("org"), QF_VIEW("")};
        const uint32_t measures[] = {QF_ACTIVITIES, QF_ATTENDANCES}, dimension[] = {0, 2, 2},
                       member[] = {1, 3, 1};
        const uint32_t period[] = {20230506, 20230500, 20230000};
        const int64_t value[] = {1, -2, INT64_MAX, INT64_MIN, 0, 638};
        const uint64_t changed[] = {9, 8, UINT64_MAX};
        const uint32_t row[] = {1, 2}, date[] = {20230506, 0}, sessions[] = {1, 1000},
                       attendances[] = {0, 121};
        const uint32_t values[] = {2, 1}, partner[] = {2, 2};
        const struct qf_view keys[] = {QF_VIEW("A/1"), QF_VIEW("A/2")};
        struct qf_view events[] = {QF_VIEW("\x82\x02\x00")};
        struct qf_to_reader update = {
                .what = QF_UPDATE,
                .id = 1,
                .epoch = {5},
                .after = 2,
                .upto = 9,
                .end = true,
                .fresh = true,
                .catching_up = true,
                .events = events,
                .events_count = 1,
                .cells = {4, texts, 2, measures, 3, dimension, member, period, value, changed},
                .rows = {4, texts, 2, row, date, sessions, attendances, values, 3, dimension, member, changed,
                         partner, keys, NULL}};
        struct qf_to_reader got = round_trip(f, &update);
        assert_true(got.end && got.fresh && got.catching_up);
        assert_int_equal(got.cells.count, 3);
        assert_memory_equal(got.cells.value, value, sizeof value);
        assert_memory_equal(got.cells.changed, changed, sizeof changed);
        assert_memory_equal(got.cells.period, period, sizeof period);
        assert_int_equal(got.cells.texts[3].len, 0);
        assert_int_equal(got.rows.count, 2);
        assert_int_equal(got.rows.values_count, 3);
        assert_memory_equal(got.rows.attendances, attendances, sizeof attendances);
        assert_true(qf_view_same(got.rows.key[1], keys[1]));
        assert_int_equal(got.events_count, 1);

        struct qf_to_reader empty = {.what = QF_UPDATE, .id = 1, .after = 2, .upto = 9};
        got = round_trip(f, &empty);
        assert_int_equal(got.cells.count + got.rows.count + got.events_count, 0);
}

/* Both signs, from one byte to ten, each also as the last: behind it there is nothing to read ahead into. */
static void numbers_of_every_length_are_read_back(void **state)
{
        enum { BITS = 64 };
        struct fixture *f = *state;
        const struct qf_view texts[] = {QF_VIEW("total"), QF_VIEW("all")};
        const uint32_t measures[] = {QF_ACTIVITIES}, dimension[BITS] = {0};
        uint32_t member[BITS], period[BITS];
        int64_t value[BITS];
        uint64_t changed[BITS];
        for (uint32_t i = 0; i < BITS; i++) {
                member[i] = 1;
                period[i] = UINT32_MAX >> i % 32;
                changed[i] = UINT64_MAX >> i;
                value[i] = (int64_t)(UINT64_C(0x9e3779b97f4a7c15) << i) >> i % 7;
        }
        for (uint32_t count = 1; count <= BITS; count++) {
                struct qf_to_reader update = {
                        .what = QF_UPDATE,
                        .id = 1,
                        .cells = {2, texts, 1, measures, count, dimension, member, period, value, changed}};
                qf_arena_reset(f->arena);
                struct qf_to_reader got = round_trip(f, &update);
                assert_int_equal(got.cells.count, count);
                assert_memory_equal(got.cells.period, period, count * sizeof *period);
                assert_memory_equal(got.cells.value, value, count * sizeof *value);
                assert_memory_equal(got.cells.changed, changed, count * sizeof *changed);
        }
}

static void answers_are_read_back_the_same(void **state)
{
        struct fixture *f = *state;
        struct qf_view by[] = {QF_VIEW("org"), QF_VIEW("year")}, notes[] = {QF_VIEW("multi:content")};
        struct qf_view members[] = {QF_VIEW("hx"), QF_VIEW("2023"), QF_VIEW(""), QF_VIEW("2022")};
        struct qf_answer_row rows[] = {{.members = members, .counts = {{1, 2, 3, 4, 5}}},
                                       {.members = members + 2, .counts = {{0, 0, 0, 0, -1}}}};
        struct qf_to_reader answer = {.what = QF_ANSWER,
                                      .id = 1,
                                      .version = 9,
                                      .complete_at_ms = 7,
                                      .by = by,
                                      .by_count = 2,
                                      .notes = notes,
                                      .notes_count = 1,
                                      .answer_rows = rows,
                                      .answer_rows_count = 2,
                                      .all = {.counts = {{5, 6, 7, 8, 9}}},
                                      .json = QF_VIEW("{\n}"),
                                      .say = QF_VIEW("好")};
        struct qf_to_reader got = round_trip(f, &answer);
        assert_int_equal(got.answer_rows_count, 2);
        assert_memory_equal(&got.answer_rows[1].counts, &rows[1].counts, sizeof rows[1].counts);
        assert_true(qf_view_same(got.answer_rows[1].members[1], members[3]));
        assert_memory_equal(&got.all.counts, &answer.all.counts, sizeof got.all.counts);
        assert_int_equal(got.version, 9);
        assert_int_equal(got.complete_at_ms, 7);
        assert_true(qf_view_same(got.json, answer.json));

        struct qf_to_reader pulse = {.what = QF_PULSE,
                                     .id = 1,
                                     .version = 3,
                                     .journal_last = 4,
                                     .complete_at_ms = -1,
                                     .stopped = true,
                                     .say = QF_VIEW("record 4")};
        got = round_trip(f, &pulse);
        assert_true(got.stopped && !got.catching_up);
        assert_int_equal(got.journal_last, 4);
        assert_int_equal(got.complete_at_ms, -1);
        struct qf_to_reader denied = {.what = QF_DENIED, .id = 3, .why = 2, .say = QF_VIEW("no")};
        assert_int_equal(round_trip(f, &denied).why, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest tests[] = {
        TEST(every_refusal_says_why),
        TEST(requests_are_read_back_the_same),
        TEST(a_list_may_be_in_pieces),
        TEST(updates_are_read_back_the_same),
        TEST(numbers_of_every_length_are_read_back),
        TEST(answers_are_read_back_the_same),
};

int main(void)
{
        return cmocka_run_group_tests(tests, NULL, NULL);
}
