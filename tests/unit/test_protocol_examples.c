/* The examples of proto/PROTOCOL.md are real: our decoders take each of them and our encoders write the same bytes,
 * there is one of every message, and every code and refusal has its row. What they mean is compared by
 * tests/integration/test_protocol_examples.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/verdict.h"
#include "store/record.h"
#include "support/wire_bytes.h"
#include "wire/feed_messages.h"
#include "wire/metrics.h"
#include "wire/totals_messages.h"

enum { FAMILIES = 11 };

static const struct family {
        const char *name;
        uint32_t messages; /* bitmap of what must be seen */
} families[FAMILIES] = {
        {"FromPartner", 0x3e}, {"ToPartner", 0x1e}, {"FromConsumer", 0x1e}, {"ToConsumer", 0x3e0},
        {"FromReader", 0x1e},  {"ToReader", 0x1e},  {"Control", 0x1fe},     {"Body", 0x01},
        {"Texts", 0x01},       {"Event", 0x01},     {"Metrics", 0x01},
};

static char *read_page(void)
{
        FILE *file = fopen(QF_SOURCE_DIR "/proto/PROTOCOL.md", "r");
        assert_non_null(file);
        char *page = calloc(1, 1 << 20);
        assert_non_null(page);
        size_t len = fread(page, 1, (1 << 20) - 1, file);
        assert_true(len > 0 && len < (1 << 20) - 1);
        (void)fclose(file);
        return page;
}

#define ROUND_TRIP(type, decode, encode)                                                                     \
        do {                                                                                                 \
                struct type message;                                                                         \
                if ((decode) != 0)                                                                           \
                        fail_msg("%s: %s", name, fault.what);                                                \
                assert_int_equal((encode), 0);                                                               \
                assert_true(qf_view_same(qf_buffer_view(&f->facts), qf_buffer_view(&f->part)));              \
                return (uint32_t)message.what;                                                               \
        } while (0)

static uint32_t take_body(struct fixture *f, const char *name)
{
        struct qf_batch batch;
        struct qf_wire_fault fault;
        char *end;
        unsigned long count = strtoul(name + strlen("Body "), &end, 10);
        struct qf_view body = qf_buffer_view(&f->facts);
        if (qf_body_decode(f->arena, body, (struct qf_view){0}, (uint32_t)count, &batch, &fault) != 0)
                fail_msg("%s: %s", name, fault.what);
        return 0;
}

/* Texts stand beside a body; of which there is none in the example. */
static uint32_t take_texts(struct fixture *f)
{
        struct qf_batch batch;
        struct qf_wire_fault fault;
        struct qf_buffer facts = {0};
        unhex(&facts, "0801 220161 4209 0801 1003 2203000000");
        assert_int_equal(qf_body_decode(f->arena, qf_buffer_view(&facts), qf_buffer_view(&f->facts), 3,
                                        &batch, &fault),
                         0);
        qf_buffer_deinit(&facts);
        return 0;
}

static uint32_t take_event(struct fixture *f, const char *name)
{
        struct qf_event event;
        struct qf_wire_fault fault;
        if (qf_register_decode(f->arena, qf_buffer_view(&f->facts), &event, &fault) != 0)
                fail_msg("%s: %s", name, fault.what);
        assert_int_equal(qf_register_encode(&event, &f->part), 0);
        assert_true(qf_view_same(qf_buffer_view(&f->facts), qf_buffer_view(&f->part)));
        return 0;
}

static uint32_t take_metrics(struct fixture *f, const char *name)
{
        static struct qf_metrics metrics;
        struct qf_wire_fault fault;
        if (qf_metrics_decode(f->arena, qf_buffer_view(&f->facts), &metrics, &fault) != 0)
                fail_msg("%s: %s", name, fault.what);
        assert_int_equal(qf_metrics_encode(&metrics, &f->part), 0);
        assert_true(qf_view_same(qf_buffer_view(&f->facts), qf_buffer_view(&f->part)));
        return 0;
}

/* Decodes the bytes as a message of the family; gives which one it is. */
static uint32_t take_example(struct fixture *f, size_t family, const char *name)
{
        struct qf_wire_fault fault = {"", 0};
        struct qf_arena *arena = f->arena;
        struct qf_view bytes = qf_buffer_view(&f->facts);
        struct qf_buffer *again = &f->part;
        switch (family) {
        case 0:
                ROUND_TRIP(qf_from_partner, qf_from_partner_decode(arena, bytes, &message, &fault),
                           qf_from_partner_encode(&message, again));
        case 1:
                ROUND_TRIP(qf_to_partner, qf_to_partner_decode(arena, bytes, &message, &fault),
                           qf_to_partner_encode(&message, again));
        case 2:
                ROUND_TRIP(qf_journal_message,
                           qf_journal_message_decode(arena, true, bytes, &message, &fault),
                           qf_journal_message_encode(true, &message, again));
        case 3:
                ROUND_TRIP(qf_journal_message,
                           qf_journal_message_decode(arena, false, bytes, &message, &fault),
                           qf_journal_message_encode(false, &message, again));
        case 4:
                ROUND_TRIP(qf_from_reader, qf_from_reader_decode(arena, bytes, &message, &fault),
                           qf_from_reader_encode(&message, again));
        case 5:
                ROUND_TRIP(qf_to_reader, qf_to_reader_decode(arena, bytes, &message, &fault),
                           qf_to_reader_encode(&message, again));
        case 6:
                ROUND_TRIP(qf_control, qf_control_decode(arena, bytes, &message, &fault),
                           qf_control_encode(&message, again));
        case 7: return take_body(f, name);
        case 8: return take_texts(f);
        case 10: return take_metrics(f, name);
        default: return take_event(f, name);
        }
}

static void check_record(struct fixture *f)
{
        struct qf_sha256 *sha = NULL;
        struct qf_record_head head;
        struct qf_entry entry;
        size_t offset = 0;
        assert_int_equal(qf_sha256_new(&sha), 0);
        assert_int_equal(qf_record_open(qf_buffer_view(&f->facts), sha, &head), 0);
        assert_int_equal(head.position, 10);
        assert_true(qf_record_next(qf_buffer_view(&f->facts), &offset, &entry));
        assert_int_equal(entry.outbox, 2);
        assert_int_equal(entry.source, 3);
        assert_int_equal(entry.first, 41);
        assert_int_equal(qf_entry_verdict(&entry, 0).code, QF_E111_UNKNOWN_COUNTER);
        assert_true(qf_view_same(entry.cursor, QF_VIEW("row 41")));
        assert_false(qf_record_next(qf_buffer_view(&f->facts), &offset, &entry));
        qf_sha256_free(sha);
}

static size_t family_of(const char *name)
{
        for (size_t i = 0; i < FAMILIES; i++) {
                size_t len = strlen(families[i].name);
                if (strncmp(name, families[i].name, len) == 0 && (name[len] == '\0' || name[len] == ' '))
                        return i;
        }
        fail_msg("what is %s?", name);
        return 0;
}

/* The next block of hex: its name, and its bytes in f->facts. Moves the page on; false at its end. */
static bool next_block(struct fixture *f, char **page, char *name, size_t room)
{
        static const char fence[] = "```hex ";
        char *at = strstr(*page, fence);
        if (!at)
                return false;
        at += strlen(fence);
        size_t len = strcspn(at, "\n");
        assert_true(len < room);
        memcpy(name, at, len);
        name[len] = '\0';
        f->facts.len = f->part.len = 0;
        qf_arena_reset(f->arena);
        for (at += len; *at != '`'; at++) {
                uint8_t byte;
                if (*at == '\n')
                        continue;
                assert_true(qf_text_unhex((struct qf_view){at, 2}, &byte, 1));
                assert_int_equal(qf_buffer_append(&f->facts, &byte, 1), 0);
                at++;
        }
        *page = at;
        return true;
}

static void every_example_is_taken_and_there_is_one_of_each_message(void **state)
{
        struct fixture *f = *state;
        uint32_t seen[FAMILIES] = {0}, records = 0;
        char *page = read_page(), *at = page, name[64];
        while (next_block(f, &at, name, sizeof name)) {
                if (strcmp(name, "record") == 0) {
                        check_record(f);
                        records++;
                        continue;
                }
                size_t family = family_of(name);
                seen[family] |= 1u << take_example(f, family, name);
        }
        for (size_t i = 0; i < FAMILIES; i++)
                if (seen[i] != families[i].messages)
                        fail_msg("%s: examples of %x, messages are %x", families[i].name, seen[i],
                                 families[i].messages);
        assert_int_equal(records, 1);
        free(page);
}

static void every_code_has_its_row(void **state)
{
        (void)state;
        char *page = read_page(), row[64];
        for (uint16_t code = 1; code < 1000; code++) {
                const struct qf_code_text *text = qf_code_text(code);
                if (text->code != code)
                        continue;
                (void)snprintf(row, sizeof row, "\n| %s | %u | ", text->name, code);
                if (!strstr(page, row))
                        fail_msg("no row%s", row);
        }
        for (uint16_t why = QF_REFUSED_MALFORMED; why < QF_REFUSED_END; why++) {
                (void)snprintf(row, sizeof row, " | %u | ", why);
                assert_non_null(strstr(page, row));
                assert_int_equal(qf_refusal_text(why)->code, why);
        }
        free(page);
}

/* "NUMBER `NAME{LABEL}`" of every one that travels. */
static void every_metric_is_listed(void **state)
{
        char *page = read_page(), wanted[256], name[192];
        (void)state;
        for (uint32_t number = 1; number < QF_METRIC_END; number++) {
                const struct qf_metric_row *row = qf_metric_row(number);
                assert_non_null(row);
                qf_metric_name(row, name, sizeof name);
                (void)snprintf(wanted, sizeof wanted, " %u `%s`", number, name);
                if ((strstr(page, wanted) != NULL) != (row->from != QF_FROM_REPORT))
                        fail_msg("%s", wanted);
        }
        free(page);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest tests[] = {
        TEST(every_example_is_taken_and_there_is_one_of_each_message),
        TEST(every_code_has_its_row),
        TEST(every_metric_is_listed),
};

int main(void)
{
        return cmocka_run_group_tests(tests, NULL, NULL);
}
