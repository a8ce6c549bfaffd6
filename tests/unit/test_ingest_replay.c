/* ingest/replay: a journal's records make its tables again, and only its own. */
#include "support/ingest_fixture.h"

#include "ingest/replay.h"
#include "support/sealing.h"

/* Everything that a journal can hold: batches of two sources, known parts, skips, seals, ticks, corrections. */
static void live(struct ingest_fixture *fixture)
{
        struct qf_from_partner send = creates_of(fixture, 1, 1, 30);
        assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        send = creates_of(fixture, 1, 21, 30); /* ten known, twenty new */
        assert_int_equal(ask(fixture, "hx.a", &send)->known, 10);
        for (uint32_t i = 0; i < 3; i++) { /* in one group, of two senders */
                send = creates_of(fixture, 2, 1 + i * 5, 5);
                say(fixture, "hx.a", &send);
                send = creates_of(fixture, 3, 1 + i * 5, 5);
                say(fixture, "qp.a", &send);
        }
        turn(fixture);
        send = send_of(1, 51);
        put_activity(fixture, QF_REPLACE, "A1-00003", 0, 77, "HX");
        put_activity(fixture, QF_WITHDRAW, "A1-00004", 0, 0, NULL);
        put_tick(fixture, "A1-00005", 3);
        put_tick(fixture, "waits", 2);
        put_activity(fixture, QF_CREATE, "aside", 0, 1, "NEW");
        put_activity(fixture, QF_CREATE, "mended", 0, 1, "NEW");
        put_activity(fixture, QF_CREATE, "mended", 0, 1, "HX");
        end_body(fixture, &send);
        send.cursor = QF_VIEW("row 54");
        assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        send = send_of(2, 16);
        send.what = QF_SKIP;
        send.through = 20;
        send.reason = QF_VIEW("lost");
        assert_int_equal(ask(fixture, "hx.a", &send)->expected, 21);
        send.what = QF_SEAL;
        send.through = 20;
        assert_int_equal(ask(fixture, "hx.a", &send)->why, QF_REFUSED_SEALED);
}

/* Copies all records of the fixture's journal, each behind its length. */
static void copy_all(struct ingest_fixture *fixture, struct qf_buffer *records)
{
        assert_int_equal(qf_group_copy_records(qf_ingest_group(fixture->ingest), 1, SIZE_MAX, records), 0);
}

static int replay_all(struct qf_replay *replay, const struct qf_buffer *records,
                      struct qf_replay_fault *ret_fault)
{
        struct qf_sha256 *sha = NULL;
        int result = qf_sha256_new(&sha);
        for (size_t at = 0; result == 0 && at < records->len;) {
                uint32_t len = qf_get_le32(records->at + at);
                struct qf_view record = {(const char *)records->at + at + 4, len};
                struct qf_record_head head;
                assert_int_equal(qf_record_open(record, sha, &head), 0);
                result = qf_replay_take(replay, &head, record, ret_fault);
                at += 4 + (size_t)len;
        }
        (void)qf_sha256_free(sha);
        return result;
}

static void expect_same_table(struct qf_txn *a, struct qf_txn *b, unsigned table)
{
        struct qf_view key_a = {"", 0}, key_b = {"", 0}, value_a, value_b;
        for (bool after = false;; after = true) {
                int result = qf_txn_seek(a, table, key_a, after, &key_a, &value_a);
                assert_int_equal(qf_txn_seek(b, table, key_b, after, &key_b, &value_b), result);
                if (result != 0)
                        return;
                assert_true(qf_view_same(key_a, key_b));
                assert_true(qf_view_same(value_a, value_b));
        }
}

static void tables_made_again_are_the_same(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_replay *replay = NULL;
        struct qf_buffer records = {0};
        struct qf_replay_fault fault;
        struct qf_txn *mine = NULL, *theirs = NULL;
        char directory[128];
        live(fixture);
        copy_all(fixture, &records);
        (void)temporary_in(&fixture->temporary, "again", directory, sizeof directory);
        assert_int_equal(qf_replay_open(directory, true, &replay), 0);
        assert_int_equal(replay_all(replay, &records, &fault), 0);
        assert_int_equal(qf_replay_commit(replay), 0);
        assert_int_equal(qf_group_read(qf_replay_group(replay), &mine), 0);
        assert_int_equal(qf_group_read(qf_ingest_group(fixture->ingest), &theirs), 0);
        for (unsigned table = QF_TABLE_JOURNAL; table <= QF_TABLE_META; table++)
                expect_same_table(mine, theirs, table);
        qf_txn_abort(&mine);
        qf_txn_abort(&theirs);
        (void)qf_replay_close(replay);
        assert_int_equal(qf_replay_open(directory, true, &replay), QF_REPLAY_STANDING);
        qf_buffer_deinit(&records);
}

/* Gives the record at a position, rewritten by change, with a right checksum and a right hash. */
static void rewrite(struct qf_buffer *records, uint64_t position, void (*change)(struct qf_entry *entry))
{
        struct qf_record_writer *writer = NULL;
        struct qf_sha256 *sha = NULL;
        struct qf_view record;
        size_t at = 0;
        assert_int_equal(qf_sha256_new(&sha), 0);
        assert_int_equal(qf_record_writer_new(&writer), 0);
        for (uint64_t i = 1; i < position; i++)
                at += 4 + (size_t)qf_get_le32(records->at + at);
        record = (struct qf_view){(const char *)records->at + at + 4, qf_get_le32(records->at + at)};
        record = seal_anew(writer, sha, record, change);
        records->len = at;
        uint8_t length[4];
        qf_put_le32(length, record.len);
        assert_int_equal(qf_buffer_append(records, length, sizeof length), 0);
        assert_int_equal(qf_buffer_append(records, record.at, record.len), 0);
        (void)qf_record_writer_free(writer);
        (void)qf_sha256_free(sha);
}

static void forget_verdicts(struct qf_entry *entry)
{
        entry->exceptions_count = 0;
}

static void leave_a_hole(struct qf_entry *entry)
{
        if (entry->kind == QF_ENTRY_BATCH)
                entry->first += 1;
}

/* Somebody with the disk in hand wrote a whole record: its checksum and hash are right, what it says is not. */
static void hand_on_a_record_is_found_by_judging_again(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_replay_fault fault = {0};
        live(fixture);
        for (int i = 0; i < 2; i++) {
                struct qf_replay *replay = NULL;
                struct qf_buffer records = {0};
                char directory[128], name[16];
                (void)snprintf(name, sizeof name, "hand%d", i);
                (void)temporary_in(&fixture->temporary, name, directory, sizeof directory);
                copy_all(fixture, &records);
                rewrite(&records, 3, i == 0 ? forget_verdicts : leave_a_hole);
                assert_int_equal(qf_replay_open(directory, false, &replay), 0);
                assert_int_equal(replay_all(replay, &records, &fault),
                                 i == 0 ? QF_REPLAY_DIFFERS : QF_REPLAY_REFUSED);
                assert_true(i != 0 || fault.number == 10);
                assert_true(i != 0 ||
                            (fault.stored.class == QF_ACCEPTED && fault.judged.class == QF_REJECTED));
                (void)qf_replay_close(replay);
                qf_buffer_deinit(&records);
        }
}

static void of_no_source(struct qf_entry *entry)
{
        if (entry->kind == QF_ENTRY_BATCH)
                entry->source = 999;
}

static void of_no_outbox(struct qf_entry *entry)
{
        if (entry->kind == QF_ENTRY_BATCH)
                entry->outbox = 999;
}

static void no_body(struct qf_entry *entry)
{
        if (entry->kind == QF_ENTRY_BATCH)
                entry->facts = QF_VIEW("\377");
}

static void no_control(struct qf_entry *entry)
{
        if (entry->kind == QF_ENTRY_CONTROL)
                entry->facts = QF_VIEW("\377");
}

/* Who counts goes by it, and not by the source. */
static void of_another_partner(struct qf_entry *entry)
{
        if (entry->kind == QF_ENTRY_BATCH)
                entry->partner += 1;
}

/* Changes what a control entry says; the bytes live until the next one. */
static void say_otherwise(struct qf_entry *entry, enum qf_control_what what,
                          void (*change)(struct qf_control *))
{
        static struct qf_buffer bytes;
        struct qf_arena *arena = NULL;
        struct qf_control control;
        struct qf_wire_fault fault;
        if (entry->kind != QF_ENTRY_CONTROL)
                return;
        assert_int_equal(qf_arena_new(QF_DECODE_ARENA_BYTES, &arena), 0);
        assert_int_equal(qf_control_decode(arena, entry->facts, &control, &fault), 0);
        if (control.what == what) {
                change(&control);
                bytes.len = 0;
                assert_int_equal(qf_control_encode(&control, &bytes), 0);
                entry->facts = (struct qf_view){(const char *)bytes.at, (uint32_t)bytes.len};
        }
        (void)qf_arena_free(arena);
}

static void number_again(struct qf_control *control)
{
        control->number += 1;
}

static void outbox_out_of_turn(struct qf_entry *entry)
{
        say_otherwise(entry, QF_CONTROL_OUTBOX, number_again);
}

static void number_zero(struct qf_control *control)
{
        control->number = 0;
}

static void life_of_no_number(struct qf_entry *entry)
{
        say_otherwise(entry, QF_CONTROL_LIFE, number_zero);
}

static void skip_later(struct qf_control *control)
{
        control->first += 1;
}

static void skip_with_a_hole(struct qf_entry *entry)
{
        say_otherwise(entry, QF_CONTROL_SKIPPED, skip_later);
}

static void take_key(struct qf_control *control)
{
        static struct qf_register office;
        office = *control->office.registered;
        office.keys_count = 0;
        control->office.registered = &office;
}

static void office_without_key(struct qf_entry *entry)
{
        say_otherwise(entry, QF_CONTROL_OFFICE, take_key);
}

/* Tries a change on each record in turn until one is refused or judged otherwise. */
static int replay_changed(struct ingest_fixture *fixture, void (*change)(struct qf_entry *entry),
                          struct qf_replay_fault *ret_fault)
{
        uint64_t last = qf_group_committed(qf_ingest_group(fixture->ingest))->last;
        int result = 0;
        for (uint64_t position = 1; position <= last && result == 0; position++) {
                static unsigned made;
                struct qf_replay *replay = NULL;
                struct qf_buffer records = {0};
                char directory[128], name[24];
                (void)snprintf(name, sizeof name, "changed%u", made++);
                (void)temporary_in(&fixture->temporary, name, directory, sizeof directory);
                copy_all(fixture, &records);
                rewrite(&records, position, change);
                assert_int_equal(qf_replay_open(directory, false, &replay), 0);
                result = replay_all(replay, &records, ret_fault);
                (void)qf_replay_close(replay);
                qf_buffer_deinit(&records);
        }
        return result;
}

static void what_no_ingest_writes_is_refused_and_said(void **state)
{
        static const struct {
                void (*change)(struct qf_entry *entry);
                const char *why;
        } cases[] = {
                {of_no_source, "a source that was never registered"},
                {of_no_outbox, "an outbox that was never named"},
                {no_body, "a batch does not decode"},
                {no_control, "a control entry does not decode"},
                {outbox_out_of_turn, "an outbox has another number"},
                {life_of_no_number, "a life has another number"},
                {skip_with_a_hole, "a Skip is not of the numbers that come next"},
                {office_without_key, "the office has no key"},
                {of_another_partner, "a batch is of another partner than its source"},
        };
        struct ingest_fixture *fixture = *state;
        live(fixture);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct qf_replay_fault fault = {0};
                assert_int_equal(replay_changed(fixture, cases[i].change, &fault), QF_REPLAY_REFUSED);
                assert_non_null(strstr(fault.why, cases[i].why));
        }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(tables_made_again_are_the_same),
                CASE(hand_on_a_record_is_found_by_judging_again),
                CASE(what_no_ingest_writes_is_refused_and_said),
        };
        return cmocka_run_group_tests_name("ingest replay", tests, NULL, NULL);
}
