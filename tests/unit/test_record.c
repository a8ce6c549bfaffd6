/* store/record: what was written is read, and no byte can change unseen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "store/record.h"

struct fixture {
        struct qf_sha256 *sha;
        struct qf_record_writer *writer;
        struct qf_record_head head;
        struct qf_view record;
        uint8_t *copy; /* of the record, to be damaged */
};

static void hash_of(struct qf_sha256 *sha, struct qf_view bytes, uint8_t *ret_hash)
{
        qf_sha256_begin(sha);
        qf_sha256_add(sha, bytes.at, bytes.len);
        qf_sha256_end(sha, ret_hash);
}

static void add_entries(struct fixture *fixture)
{
        static const struct qf_exception exceptions[] = {
                {.at = 3, .len = 2, .verdict = {QF_REJECTED, QF_E141_CONFLICT}},
                {.at = 9, .len = 1, .verdict = {QF_LATE, QF_CODE_NONE}},
        };
        struct qf_entry entry = {.kind = QF_ENTRY_BATCH,
                                 .outbox = 7,
                                 .source = 2,
                                 .partner = 1,
                                 .count = 10,
                                 .skip = 2,
                                 .first = 401,
                                 .holder = 0x100000005,
                                 .exceptions_count = 2,
                                 .facts = QF_VIEW("the facts"),
                                 .texts = QF_VIEW("free text"),
                                 .cursor = QF_VIEW("row 12")};
        hash_of(fixture->sha, entry.texts, entry.texts_hash);
        assert_int_equal(qf_record_add(fixture->writer, &entry, exceptions), 0);
        entry = (struct qf_entry){.kind = QF_ENTRY_CONTROL, .flags = 1, .facts = QF_VIEW("\x0a\x02\x10\x01")};
        assert_int_equal(qf_record_add(fixture->writer, &entry, NULL), 0);
        entry = (struct qf_entry){.kind = QF_ENTRY_BATCH,
                                  .count = 1,
                                  .first = 1,
                                  .facts = QF_VIEW("x"),
                                  .texts = QF_VIEW("more")};
        hash_of(fixture->sha, entry.texts, entry.texts_hash);
        assert_int_equal(qf_record_add(fixture->writer, &entry, NULL), 0);
}

static int make(void **state)
{
        struct fixture *fixture = calloc(1, sizeof *fixture);
        assert_int_equal(qf_sha256_new(&fixture->sha), 0);
        assert_int_equal(qf_record_writer_new(&fixture->writer), 0);
        add_entries(fixture);
        fixture->head = (struct qf_record_head){
                .position = 12, .life_number = 1, .events_before = 1000, .received_at_ms = 1700000000123};
        memset(fixture->head.writer, 0xaa, sizeof fixture->head.writer);
        memset(fixture->head.previous, 0xbb, sizeof fixture->head.previous);
        assert_int_equal(qf_record_end(fixture->writer, fixture->sha, &fixture->head, &fixture->record), 0);
        fixture->copy = malloc(fixture->record.len);
        memcpy(fixture->copy, fixture->record.at, fixture->record.len);
        *state = fixture;
        return 0;
}

static int unmake(void **state)
{
        struct fixture *fixture = *state;
        free(fixture->copy);
        (void)qf_record_writer_free(fixture->writer);
        (void)qf_sha256_free(fixture->sha);
        free(fixture);
        return 0;
}

static struct qf_view copy_of(const struct fixture *fixture)
{
        return (struct qf_view){(const char *)fixture->copy, fixture->record.len};
}

static int open_copy(const struct fixture *fixture, bool mend_crc)
{
        struct qf_record_head head;
        if (mend_crc)
                qf_put_le32(fixture->copy + 12, qf_crc32c(fixture->copy + 16, fixture->record.len - 16));
        return qf_record_open(copy_of(fixture), fixture->sha, &head);
}

static void record_written_is_read_back(void **state)
{
        struct fixture *fixture = *state;
        struct qf_record_head head;
        struct qf_entry entry;
        size_t offset = 0;
        assert_int_equal(qf_record_open(fixture->record, fixture->sha, &head), 0);
        assert_memory_equal(&head, &fixture->head, sizeof head);
        assert_int_equal(head.entries, 3);
        assert_true(qf_record_next(fixture->record, &offset, &entry));
        assert_int_equal(entry.outbox, 7);
        assert_int_equal(entry.first, 401);
        assert_int_equal(entry.holder, 0x100000005);
        assert_true(qf_view_same(entry.facts, QF_VIEW("the facts")));
        assert_true(qf_view_same(entry.texts, QF_VIEW("free text")));
        assert_true(qf_view_same(entry.cursor, QF_VIEW("row 12")));
        assert_true(qf_record_next(fixture->record, &offset, &entry));
        assert_int_equal(entry.kind, QF_ENTRY_CONTROL);
        assert_int_equal(entry.flags, 1);
        assert_true(qf_record_next(fixture->record, &offset, &entry));
        assert_true(qf_view_same(entry.texts, QF_VIEW("more")));
        assert_false(qf_record_next(fixture->record, &offset, &entry));
}

static void verdict_is_plain_where_no_exception_covers(void **state)
{
        static const uint16_t classes[10] = {0, 0, 0, QF_REJECTED, QF_REJECTED, 0, 0, 0, 0, QF_LATE};
        struct fixture *fixture = *state;
        struct qf_entry entry;
        size_t offset = 0;
        assert_true(qf_record_next(fixture->record, &offset, &entry));
        for (uint32_t i = 0; i < 10; i++)
                assert_int_equal(qf_entry_verdict(&entry, i).class, classes[i]);
        assert_int_equal(qf_entry_verdict(&entry, 4).code, QF_E141_CONFLICT);
        assert_int_equal(qf_entry_exception(&entry, 1).at, 9);
}

/* Places by name: the header's fields, an entry's header, exceptions, cursor, facts. Texts come below. */
static void any_byte_changed_with_a_mended_checksum_breaks_the_hash(void **state)
{
        struct fixture *fixture = *state;
        uint32_t texts = qf_get_le32(fixture->copy + 132);
        for (uint32_t at = 16; at < fixture->record.len - texts; at++) {
                fixture->copy[at] ^= 0x20;
                assert_int_not_equal(open_copy(fixture, true), 0);
                fixture->copy[at] ^= 0x20;
        }
        assert_int_equal(open_copy(fixture, true), 0);
}

static void any_byte_rotten_is_found(void **state)
{
        struct fixture *fixture = *state;
        for (uint32_t at = 0; at < fixture->record.len; at++) {
                fixture->copy[at] ^= 1;
                assert_int_not_equal(open_copy(fixture, false), 0);
                fixture->copy[at] ^= 1;
        }
}

static void faults_have_their_names(void **state)
{
        struct fixture *fixture = *state;
        struct qf_record_head head;
        fixture->copy[200] ^= 1;
        assert_int_equal(open_copy(fixture, false), QF_RECORD_CRC);
        assert_int_equal(open_copy(fixture, true), QF_RECORD_HASH);
        fixture->copy[200] ^= 1;
        fixture->copy[4] = 3;
        assert_int_equal(open_copy(fixture, true), QF_RECORD_VERSION);
        fixture->copy[4] = 1;
        fixture->copy[0] = 'X';
        assert_int_equal(open_copy(fixture, true), QF_RECORD_SHAPE);
        struct qf_view cut = {(const char *)fixture->record.at, 159};
        assert_int_equal(qf_record_open(cut, fixture->sha, &head), QF_RECORD_SHAPE);
        cut.len = fixture->record.len - 1;
        assert_int_equal(qf_record_open(cut, fixture->sha, &head), QF_RECORD_SHAPE);
}

static void texts_are_not_to_be_changed(void **state)
{
        struct fixture *fixture = *state;
        uint32_t texts = fixture->record.len - qf_get_le32(fixture->copy + 132);
        fixture->copy[texts] ^= 1;
        assert_int_equal(open_copy(fixture, true), QF_RECORD_HASH);
        memset(fixture->copy + texts, 0, strlen("free text"));
        assert_int_equal(open_copy(fixture, true), QF_RECORD_HASH);
        fixture->copy[4] = 2; /* nothing is redacted in it */
        assert_int_not_equal(open_copy(fixture, true), 0);
}

/* Another text in place of the first entry's: the record keeps its hash, its entries what they tell of texts. */
static void record_open_redacted_text_keeps_hash(void **state)
{
        static const char *const texts[] = {"", "x", "much longer than what was there before"};
        struct fixture *fixture = *state;
        struct qf_record_head head, again;
        struct qf_view record;
        struct qf_entry entry, was;
        assert_int_equal(qf_record_open(fixture->record, fixture->sha, &head), 0);
        memcpy(fixture->copy, fixture->record.at, fixture->record.len); /* the writer is used again */
        const struct qf_view whole = {(const char *)fixture->copy, fixture->record.len};
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
                again = head;
                qf_record_begin(fixture->writer);
                for (size_t offset = 0; qf_record_next(whole, &offset, &entry);) {
                        if (entry.texts.len > 0) {
                                entry.texts = qf_view_of(texts[i]);
                                entry.redacted = true;
                        }
                        assert_int_equal(qf_record_add(fixture->writer, &entry, NULL), 0);
                }
                assert_int_equal(qf_record_end(fixture->writer, fixture->sha, &again, &record), 0);
                assert_memory_equal(again.hash, head.hash, sizeof head.hash);
                assert_int_equal(record.at[4], 2);
                assert_int_equal(qf_record_open(record, fixture->sha, &again), 0);
                size_t offset = 0, of_whole = 0;
                while (qf_record_next(record, &offset, &entry)) {
                        assert_true(qf_record_next(whole, &of_whole, &was));
                        assert_true(entry.redacted == (was.texts.len > 0));
                        assert_true(qf_view_same(entry.facts, was.facts));
                        assert_int_equal(entry.texts_length, was.texts.len);
                        assert_memory_equal(entry.texts_hash, was.texts_hash, sizeof was.texts_hash);
                        assert_int_equal(entry.exceptions_count, was.exceptions_count);
                        assert_true(
                                qf_view_same(entry.texts, entry.redacted ? qf_view_of(texts[i]) : was.texts));
                }
                assert_false(qf_record_next(whole, &of_whole, &was));
        }
}

static void empty_record_is_one(void **state)
{
        struct fixture *fixture = *state;
        struct qf_record_head head = {.position = 1};
        struct qf_view record;
        struct qf_entry entry;
        size_t offset = 0;
        qf_record_begin(fixture->writer);
        assert_int_equal(qf_record_end(fixture->writer, fixture->sha, &head, &record), 0);
        assert_int_equal(record.len, 160);
        assert_int_equal(qf_record_open(record, fixture->sha, &head), 0);
        assert_false(qf_record_next(record, &offset, &entry));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(record_written_is_read_back),
                CASE(verdict_is_plain_where_no_exception_covers),
                CASE(any_byte_changed_with_a_mended_checksum_breaks_the_hash),
                CASE(any_byte_rotten_is_found),
                CASE(faults_have_their_names),
                CASE(texts_are_not_to_be_changed),
                CASE(record_open_redacted_text_keeps_hash),
                CASE(empty_record_is_one),
        };
        return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
