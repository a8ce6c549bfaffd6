/* Messages of the feed, the journal feed and control entries: read back the same, and refused with a reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "support/wire_bytes.h"
#include "wire/body.h"
#include "wire/feed_messages.h"

static const uint8_t id[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

enum which { FROM_PARTNER, TO_PARTNER, TO_INGEST, CONTROL };

static const struct refusal_of_message {
        enum which which;
        const char *name, *hex, *what;
} refusals[] = {
        {FROM_PARTNER, "nothing", "", "an empty message"},
        {FROM_PARTNER, "two messages",
         "0a1212100102030405060708090a0b0c0d0e0f1012120a100102030405060708090a0b0c0d0e0f10",
         "two messages where one may be"},
        {FROM_PARTNER, "the same twice",
         "0a1212100102030405060708090a0b0c0d0e0f100a1212100102030405060708090a0b0c0d0e0f10",
         "a single field is given twice"},
        {FROM_PARTNER, "unknown message", "3200", "unknown field"},
        {FROM_PARTNER, "no outbox", "0a020801", "a field is missing"},
        {FROM_PARTNER, "outbox of 15 bytes", "0a11120f0102030405060708090a0b0c0d0e0f",
         "bytes of another length than they must have"},
        {FROM_PARTNER, "empty outbox", "0a021200", "bytes of another length than they must have"},
        {FROM_PARTNER, "life of 3 bytes", "0a1712100102030405060708090a0b0c0d0e0f103a03616263",
         "bytes of another length than they must have"},
        {FROM_PARTNER, "holder as varint", "0a1412100102030405060708090a0b0c0d0e0f101801",
         "field of another type"},
        {FROM_PARTNER, "holder cut off", "0a1512100102030405060708090a0b0c0d0e0f10190102",
         "message is cut off"},
        {FROM_PARTNER, "next beyond 2^62", "0a1c12100102030405060708090a0b0c0d0e0f1020808080808080808040",
         "a number beyond 2^62"},
        {FROM_PARTNER, "agent with NUL", "0a1612100102030405060708090a0b0c0d0e0f1042026100",
         "a text that is not UTF-8, or holds NUL or controls"},
        {FROM_PARTNER, "agent of 129 bytes",
         "0a960112100102030405060708090a0b0c0d0e0f10428101616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161",
         "a text or bytes longer than allowed"},
        {FROM_PARTNER, "no facts", "121d0a100102030405060708090a0b0c0d0e0f101901000000000000002001",
         "a field is missing"},
        {FROM_PARTNER, "empty facts", "121f0a100102030405060708090a0b0c0d0e0f1019010000000000000020012a00",
         "a field is empty that must not be"},
        {FROM_PARTNER, "first number 0", "12180a100102030405060708090a0b0c0d0e0f1020012a020801",
         "a first number of 0 or beyond 2^62"},
        {FROM_PARTNER, "first number 2^62",
         "12210a100102030405060708090a0b0c0d0e0f1019000000000000004020012a020801",
         "a first number of 0 or beyond 2^62"},
        {FROM_PARTNER, "no events", "121f0a100102030405060708090a0b0c0d0e0f101901000000000000002a020801",
         "a batch of 0 or more than 8192 events"},
        {FROM_PARTNER, "8193 events",
         "12220a100102030405060708090a0b0c0d0e0f101901000000000000002081402a020801",
         "a batch of 0 or more than 8192 events"},
        {FROM_PARTNER, "cursor of 65 bytes",
         "12640a100102030405060708090a0b0c0d0e0f1019010000000000000020012a0208013a416363636363636363636363636363636363636363636363636363636363636363636363636363636363636363636363636363636363636363636363636363636363",
         "a text or bytes longer than allowed"},
        {FROM_PARTNER, "skip from 0", "1a1b0a100102030405060708090a0b0c0d0e0f10210500000000000000",
         "numbers to skip that are no range"},
        {FROM_PARTNER, "skip backwards",
         "1a240a100102030405060708090a0b0c0d0e0f10190500000000000000210400000000000000",
         "numbers to skip that are no range"},
        {FROM_PARTNER, "skip to 2^62",
         "1a240a100102030405060708090a0b0c0d0e0f10190500000000000000210000000000000040",
         "numbers to skip that are no range"},
        {FROM_PARTNER, "seal at 2^62", "221b0a100102030405060708090a0b0c0d0e0f10190000000000000040",
         "a number beyond 2^62"},
        {TO_PARTNER, "verdicts of different length", "120818054201004a0101", "columns of different length"},
        {TO_PARTNER, "ranges that overlap", "12121805420200014a0202015206808008808008",
         "ranges of verdicts that are empty or overlap"},
        {TO_PARTNER, "empty range", "120d18054201004a01005203808008",
         "ranges of verdicts that are empty or overlap"},
        {TO_PARTNER, "range beyond the answer", "120d18054201044a01025203808008",
         "verdicts for events that are not in the answer"},
        {TO_PARTNER, "range that wraps around", "121118054201044a05ffffffff0f5203808008",
         "verdicts for events that are not in the answer"},
        {TO_PARTNER, "more known than answered", "120418053806",
         "verdicts for events that are not in the answer"},
        {TO_PARTNER, "hash of 31 bytes",
         "12212a1f68686868686868686868686868686868686868686868686868686868686868",
         "bytes of another length than they must have"},
        {TO_PARTNER, "65 details",
         "12840118055a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a005a00",
         "more of a repeated field than allowed"},
        {TO_PARTNER, "state without outbox", "0a0462021001", "a field is missing"},
        {TO_INGEST, "nothing", "", "an empty message"},
        {TO_INGEST, "name with a control", "0a033a011b",
         "a text that is not UTF-8, or holds NUL or controls"},
        {TO_INGEST, "position as bytes", "0a03220161", "field of another type"},
        {TO_INGEST, "what goes the other way", "2a00", "unknown field"},
        {CONTROL, "outbox without id", "12020801", "a field is missing"},
        {CONTROL, "office with a short key",
         "2a231a210a1f6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b",
         "bytes of another length than they must have"},
        {CONTROL, "nonce of 4 bytes", "0a06120461616161", "bytes of another length than they must have"},
};

static int decode_any(struct fixture *f, enum which which, struct qf_wire_fault *fault)
{
        struct qf_from_partner from_partner;
        struct qf_to_partner to_partner;
        struct qf_journal_message journal;
        struct qf_control control;
        switch (which) {
        case FROM_PARTNER:
                return qf_from_partner_decode(f->arena, qf_buffer_view(&f->facts), &from_partner, fault);
        case TO_PARTNER: return qf_to_partner_decode(f->arena, qf_buffer_view(&f->facts), &to_partner, fault);
        case TO_INGEST:
                return qf_journal_message_decode(f->arena, true, qf_buffer_view(&f->facts), &journal, fault);
        case CONTROL: return qf_control_decode(f->arena, qf_buffer_view(&f->facts), &control, fault);
        }
        return -1;
}

static void every_refusal_says_why(void **state)
{
        struct fixture *f = *state;
        for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
                struct qf_wire_fault fault = {"taken", 0};
                f->facts.len = 0;
                qf_arena_reset(f->arena);
                unhex(&f->facts, refusals[i].hex);
                int r = decode_any(f, refusals[i].which, &fault);
                if (r != 1 || strcmp(fault.what, refusals[i].what) != 0)
                        fail_msg("%s: %d, %s", refusals[i].name, r, fault.what);
        }
}

/* Encodes, decodes, encodes again: the same bytes, and all of the struct that bytes can show. */
static struct qf_from_partner partner_round(struct fixture *f, const struct qf_from_partner *message)
{
        struct qf_from_partner decoded;
        struct qf_wire_fault fault = {0};
        f->facts.len = f->part.len = 0;
        assert_int_equal(qf_from_partner_encode(message, &f->facts), 0);
        assert_int_equal(qf_from_partner_decode(f->arena, qf_buffer_view(&f->facts), &decoded, &fault), 0);
        assert_int_equal(qf_from_partner_encode(&decoded, &f->part), 0);
        assert_true(qf_view_same(qf_buffer_view(&f->facts), qf_buffer_view(&f->part)));
        assert_int_equal(decoded.what, message->what);
        return decoded;
}

static void partner_messages_are_read_back_the_same(void **state)
{
        struct fixture *f = *state;
        struct qf_from_partner hello = {.what = QF_HELLO,
                                        .version = 1,
                                        .holder = UINT64_C(3) << 32 | 77,
                                        .next = 10,
                                        .acked = 4,
                                        .first_kept = 2,
                                        .agent = QF_VIEW("qf 0.1")};
        memcpy(hello.outbox, id, 16);
        memcpy(hello.life, id, 16);
        struct qf_from_partner got = partner_round(f, &hello);
        assert_int_equal(got.holder, hello.holder);
        assert_int_equal(got.next, 10);
        assert_int_equal(got.acked, 4);
        assert_int_equal(got.first_kept, 2);
        assert_memory_equal(got.outbox, id, 16);
        assert_memory_equal(got.life, id, 16);
        assert_true(qf_view_same(got.agent, hello.agent));

        struct qf_from_partner send = {.what = QF_SEND,
                                       .holder = 5,
                                       .first = 1001,
                                       .count = 500,
                                       .facts = QF_VIEW("\x08\x01"),
                                       .texts = QF_VIEW("\x0a"),
                                       .cursor = QF_VIEW("row 7")};
        memcpy(send.outbox, id, 16);
        got = partner_round(f, &send);
        assert_int_equal(got.first, 1001);
        assert_int_equal(got.count, 500);
        assert_true(qf_view_same(got.facts, send.facts) && qf_view_same(got.texts, send.texts));
        assert_true(qf_view_same(got.cursor, send.cursor));

        struct qf_from_partner skip = {
                .what = QF_SKIP, .first = 5, .through = 9, .reason = QF_VIEW("磁盘坏了")};
        memcpy(skip.outbox, id, 16);
        got = partner_round(f, &skip);
        assert_int_equal(got.through, 9);
        assert_true(qf_view_same(got.reason, skip.reason));
        struct qf_from_partner seal = {.what = QF_SEAL, .through = 9};
        memcpy(seal.outbox, id, 16);
        assert_int_equal(partner_round(f, &seal).through, 9);
        struct qf_from_partner learn = {.what = QF_LEARN, .from = 9};
        assert_int_equal(partner_round(f, &learn).from, 9);
        learn.from = 0; /* an empty message of its kind is still that message */
        assert_int_equal(partner_round(f, &learn).what, QF_LEARN);
}

static struct qf_to_partner answer_round(struct fixture *f, const struct qf_to_partner *message)
{
        struct qf_to_partner decoded;
        struct qf_wire_fault fault = {0};
        f->facts.len = f->part.len = 0;
        assert_int_equal(qf_to_partner_encode(message, &f->facts), 0);
        assert_int_equal(qf_to_partner_decode(f->arena, qf_buffer_view(&f->facts), &decoded, &fault), 0);
        assert_int_equal(qf_to_partner_encode(&decoded, &f->part), 0);
        assert_true(qf_view_same(qf_buffer_view(&f->facts), qf_buffer_view(&f->part)));
        assert_int_equal(decoded.what, message->what);
        return decoded;
}

static void answers_are_read_back_the_same(void **state)
{
        struct fixture *f = *state;
        struct qf_outbox_state states[] = {{.last = 4, .cursor = QF_VIEW("row 4")}, {.sealed = true}};
        memcpy(states[0].outbox, id, 16);
        memcpy(states[1].outbox, id, 16);
        struct qf_to_partner welcome = {.what = QF_WELCOME,
                                        .version = 1,
                                        .expected = 5,
                                        .keep_from = 1,
                                        .window = 64,
                                        .window_bytes = 4 << 20,
                                        .body_bytes = QF_BODY_BYTES_MAX,
                                        .batch_events = 8192,
                                        .now_ms = -5,
                                        .registers_position = 7,
                                        .outboxes = states,
                                        .outboxes_count = 2,
                                        .source = QF_VIEW("alpha")};
        struct qf_to_partner got = answer_round(f, &welcome);
        assert_int_equal(got.now_ms, -5);
        assert_int_equal(got.registers_position, 7);
        assert_int_equal(got.outboxes_count, 2);
        assert_true(qf_view_same(got.source, welcome.source));
        assert_true(qf_view_same(got.outboxes[0].cursor, states[0].cursor));
        assert_true(got.outboxes[1].sealed);

        struct qf_exception exceptions[] = {{0, 3, {QF_DUPLICATE, QF_CODE_NONE}},
                                            {4, 1, {QF_REJECTED, QF_E105_NO_SUCH_DATE}}};
        struct qf_detail_text details[] = {{.at = 4, .field = QF_VIEW("date"), .got = QF_VIEW("20230230")}};
        struct qf_to_partner verdicts = {.what = QF_VERDICTS,
                                         .first = 1,
                                         .count = 5,
                                         .known = 3,
                                         .position = 9,
                                         .hash = {1, 2},
                                         .keep_from = 2,
                                         .exceptions = exceptions,
                                         .exceptions_count = 2,
                                         .details = details,
                                         .details_count = 1};
        memcpy(verdicts.outbox, id, 16);
        got = answer_round(f, &verdicts);
        assert_int_equal(got.exceptions_count, 2);
        assert_int_equal(got.exceptions[1].verdict.class, QF_REJECTED);
        assert_int_equal(got.exceptions[1].verdict.code, QF_E105_NO_SUCH_DATE);
        assert_int_equal(got.exceptions[0].len, 3);
        assert_int_equal(got.known, 3);
        assert_memory_equal(got.hash, verdicts.hash, 32);
        assert_true(qf_view_same(got.details[0].got, details[0].got));

        struct qf_to_partner refused = {.what = QF_REFUSED,
                                        .first = 9,
                                        .why = QF_REFUSED_GAP,
                                        .expected = 5,
                                        .retry_ms = 100,
                                        .say = QF_VIEW("numbers are missing")};
        got = answer_round(f, &refused);
        assert_int_equal(got.why, QF_REFUSED_GAP);
        assert_int_equal(got.retry_ms, 100);
        struct qf_view events[] = {QF_VIEW("\x82\x02\x00"), QF_VIEW("a")};
        struct qf_to_partner registers = {.what = QF_REGISTERS,
                                          .registers_position = 3,
                                          .from = 1,
                                          .total = 3,
                                          .events = events,
                                          .events_count = 2};
        got = answer_round(f, &registers);
        assert_int_equal(got.events_count, 2);
        assert_true(qf_view_same(got.events[0], events[0]));
}

/* What ingest takes partners and readers must be able to learn, or none of them learns anything any more. */
static void the_longest_register_event_is_learnt(void **state)
{
        enum { MOVES = 32, GROUPS = 30, ALIASES = 16, LABEL = 256 };
        struct fixture *f = *state;
        static char codes[GROUPS][33], label[LABEL + 1];
        struct qf_view aliases[ALIASES];
        struct qf_pair pairs[GROUPS];
        struct qf_move moves[MOVES];
        struct qf_buffer bytes = {0};
        memset(label, 'a', LABEL);
        for (uint32_t i = 0; i < GROUPS; i++) {
                (void)snprintf(codes[i], sizeof codes[i], "group-%026u", i);
                pairs[i] = (struct qf_pair){qf_view_of(codes[i]), qf_view_of(codes[i])};
        }
        for (uint32_t i = 0; i < ALIASES; i++)
                aliases[i] = qf_view_of(label);
        for (uint32_t i = 0; i < MOVES; i++)
                moves[i] = (struct qf_move){20230101 + i, qf_view_of(codes[0]), GROUPS,
                                            pairs,        qf_view_of(label),    qf_view_of(label)};
        const struct qf_register member = {.dimension = QF_VIEW("org"),
                                           .code = qf_view_of(codes[0]),
                                           .zh = qf_view_of(label),
                                           .en = qf_view_of(label),
                                           .parent = qf_view_of(codes[1]),
                                           .aliases_count = ALIASES,
                                           .aliases = aliases,
                                           .pairs_count = GROUPS,
                                           .pairs = pairs,
                                           .moves_count = MOVES,
                                           .moves = moves};
        const struct qf_event event = {.kind = QF_KIND_MEMBER, .registered = &member};
        assert_int_equal(qf_register_encode(&event, &bytes), 0);
        assert_in_range(bytes.len, 80 * 1024, QF_REGISTER_BYTES_MAX);
        struct qf_view events[] = {qf_buffer_view(&bytes)};
        struct qf_to_partner registers = {.what = QF_REGISTERS,
                                          .registers_position = 3,
                                          .total = 1,
                                          .events = events,
                                          .events_count = 1};
        assert_true(qf_view_same(answer_round(f, &registers).events[0], events[0]));
        qf_buffer_deinit(&bytes);
}

static void journal_messages_are_read_back_the_same(void **state)
{
        struct fixture *f = *state;
        struct qf_journal_message all = {.version = 1,
                                         .attach = 2,
                                         .position = 3,
                                         .credit = 4,
                                         .first = 5,
                                         .last = 6,
                                         .now_ms = 7,
                                         .why = 1,
                                         .life_number = 8,
                                         .life_begins = 9,
                                         .name = QF_VIEW("qf-aggregate"),
                                         .say = QF_VIEW("behind"),
                                         .hash = {1},
                                         .journal = {2},
                                         .life = {3}};
        for (int what = QF_ATTACH; what <= QF_FETCHED; what++) {
                struct qf_journal_message decoded;
                struct qf_wire_fault fault;
                bool to_ingest = what <= QF_FETCH;
                all.what = (enum qf_journal_what)what;
                f->facts.len = f->part.len = 0;
                assert_int_equal(qf_journal_message_encode(to_ingest, &all, &f->facts), 0);
                assert_int_equal(qf_journal_message_decode(f->arena, to_ingest, qf_buffer_view(&f->facts),
                                                           &decoded, &fault),
                                 0);
                assert_int_equal(decoded.what, what);
                assert_int_equal(decoded.attach, what == QF_KEPT ? 0 : 2);
                assert_int_equal(qf_journal_message_encode(to_ingest, &decoded, &f->part), 0);
                assert_true(qf_view_same(qf_buffer_view(&f->facts), qf_buffer_view(&f->part)));
        }
}

static void control_entries_are_read_back_the_same(void **state)
{
        struct fixture *f = *state;
        static const struct qf_source_key keys[] = {{.public_key = {9}}};
        struct qf_register office = {.code = QF_VIEW("office"), .roles = 7, .keys = keys, .keys_count = 1};
        struct qf_control all = {
                .number = 1,
                .nonce = {1},
                .previous_last = 2,
                .previous_hash = {3},
                .digest_key = {4},
                .reason = QF_VIEW("made"),
                .source = QF_VIEW("hx-clerk"),
                .first = 5,
                .through = 6,
                .office = {.kind = QF_KIND_SOURCE, .registered = &office},
                .position = 7,
                .entry = 8,
                .redacted = {.at = 9, .gone = 3, .longer = 1, .words = {10}, .content = {11}},
                .texts = {12},
                .by = QF_VIEW("operator")};
        for (int what = QF_CONTROL_LIFE; what <= QF_CONTROL_REDACTION; what++) {
                struct qf_control decoded;
                struct qf_wire_fault fault;
                all.what = (enum qf_control_what)what;
                f->facts.len = f->part.len = 0;
                assert_int_equal(qf_control_encode(&all, &f->facts), 0);
                assert_int_equal(qf_control_decode(f->arena, qf_buffer_view(&f->facts), &decoded, &fault), 0);
                assert_int_equal(decoded.what, what);
                assert_int_equal(qf_control_encode(&decoded, &f->part), 0);
                assert_true(qf_view_same(qf_buffer_view(&f->facts), qf_buffer_view(&f->part)));
                if (what != QF_CONTROL_OFFICE)
                        continue;
                assert_int_equal(decoded.office.kind, QF_KIND_SOURCE);
                assert_true(qf_view_same(decoded.office.key, QF_VIEW("source/office")));
                assert_memory_equal(decoded.office.registered->keys[0].public_key, keys[0].public_key, 32);
        }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest tests[] = {
        TEST(every_refusal_says_why),
        TEST(partner_messages_are_read_back_the_same),
        TEST(answers_are_read_back_the_same),
        TEST(the_longest_register_event_is_learnt),
        TEST(journal_messages_are_read_back_the_same),
        TEST(control_entries_are_read_back_the_same),
};

int main(void)
{
        return cmocka_run_group_tests(tests, NULL, NULL);
}
