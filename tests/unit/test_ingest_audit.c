/* ingest/audit: a sound journal has no findings; a row that another hand wrote, with
 * a right checksum, is not what the records make. */
#include "support/ingest_fixture.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>

#include "ingest/audit_worker.h"
#include "support/damage.h"
#include "support/sealing.h"

struct found {
        unsigned count;
        struct qf_audit_finding list[16]; /* the first of them */
        uint64_t furthest;                /* as it was said of how far it is */
};

static void note(void *ctx, const struct qf_audit_finding *finding)
{
        struct found *found = ctx;
        if (found->count < sizeof found->list / sizeof found->list[0])
                found->list[found->count] = *finding;
        found->count++;
}

static void note_so_far(void *ctx, uint64_t done, uint64_t all)
{
        struct found *found = ctx;
        (void)all;
        if (found->furthest < done)
                found->furthest = done;
}

static int setup(void **state)
{
        struct ingest_fixture *fixture = fixture_loaded();
        struct qf_from_partner send = creates_of(fixture, 1, 1, 30);
        assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        send = send_of(1, 31);
        put_activity(fixture, QF_REPLACE, "A1-00003", 0, 77, "HX");
        put_tick(fixture, "waits", 2);
        end_body(fixture, &send);
        assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        *state = fixture;
        return 0;
}

static struct found audit(struct ingest_fixture *fixture, struct qf_audit_report *ret_report)
{
        struct found found = {0};
        const struct qf_audit_calls calls = {.ctx = &found, .found = note, .so_far = {&found, note_so_far}};
        char scratch[128];
        (void)temporary_in(&fixture->temporary, "scratch", scratch, sizeof scratch);
        assert_int_equal(qf_audit(fixture->directory, scratch, "", &calls, ret_report), 0);
        assert_int_not_equal(access(scratch, F_OK), 0);
        return found;
}

static void sound_journal_is_judged_to_its_end_while_it_is_open(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_audit_report report;
        struct found found = audit(fixture, &report); /* ingest has it open */
        assert_int_equal(found.count, 0);
        assert_int_equal(found.furthest, report.last);
        assert_int_equal(report.last, qf_group_committed(qf_ingest_group(fixture->ingest))->last);
        assert_int_equal(report.judged, report.last);
        assert_int_equal(report.records, report.last);
}

/* The journal, which ingest leaves for it, as a hand opens it that writes with LMDB and our checksums. */
struct hand {
        struct qf_environment *environment;
        struct qf_txn *txn;
};

static struct hand reach_in(struct ingest_fixture *fixture)
{
        const struct qf_environment_options how = {QF_JOURNAL_OPTIONS, .map_bytes = 64 << 20,
                                                   .map_bytes_max = 64 << 20};
        struct hand hand = {0};
        fixture->ingest = qf_ingest_close(fixture->ingest);
        assert_int_equal(qf_environment_open(fixture->directory, &how, &hand.environment), 0);
        assert_int_equal(qf_txn_begin(hand.environment, true, &hand.txn), 0);
        return hand;
}

static void let_go(struct hand *hand)
{
        assert_int_equal(qf_txn_commit(&hand->txn), 0);
        (void)qf_environment_close(hand->environment);
}

enum tampering { REMOVE, CHANGE, ADD, TAMPERINGS };

/* Takes the last row of a table away, changes a byte of its value, or adds one behind it. False: it has none. */
static bool tamper(struct ingest_fixture *fixture, unsigned table, enum tampering what)
{
        struct qf_view key, value;
        char key_copy[128], value_copy[512];
        struct hand hand = reach_in(fixture);
        int result = qf_txn_last(hand.txn, table, &key, &value);
        if (result == 0) {
                assert_true(key.len < sizeof key_copy && value.len <= sizeof value_copy);
                memcpy(key_copy, key.at, key.len);
                memcpy(value_copy, value.at, value.len);
                value_copy[value.len - 1] ^= what == CHANGE;
                key_copy[key.len] = 'x';
                key = (struct qf_view){key_copy, key.len + (what == ADD)};
                value.at = value_copy;
                result = what == REMOVE ? qf_txn_delete(hand.txn, table, key)
                                        : qf_txn_put(hand.txn, table, key, value);
                assert_int_equal(result, 0);
        }
        let_go(&hand);
        return result == 0;
}

static void row_of_any_table_that_is_not_of_the_records_is_found(void **state)
{
        unsigned found_in = 0;
        for (unsigned table = QF_TABLE_OUTBOX; table <= QF_TABLE_META; table++) {
                for (enum tampering what = REMOVE; what < TAMPERINGS; what++) {
                        struct ingest_fixture *fixture = NULL;
                        struct qf_audit_report report;
                        (void)state;
                        assert_int_equal(setup((void **)&fixture), 0);
                        if (tamper(fixture, table, what)) {
                                struct found found = audit(fixture, &report);
                                assert_true(found.count > 0);
                                assert_int_equal(found.list[0].what, QF_AUDIT_TABLE);
                                assert_string_equal(found.list[0].table, qf_journal_tables[table]);
                                if (what == ADD)
                                        assert_string_equal(found.list[0].text,
                                                            "it has rows that no record made");
                                assert_int_equal(report.judged, report.last); /* all records are whole */
                                found_in++;
                        }
                        fixture_remove(fixture);
                }
        }
        assert_true(found_in >= TAMPERINGS * 7);
}

static void put_record(struct hand *hand, uint64_t position, struct qf_view record)
{
        uint8_t key[8];
        qf_put_be64(key, position);
        assert_int_equal(qf_txn_put(hand->txn, QF_TABLE_JOURNAL,
                                    (struct qf_view){(const char *)key, sizeof key}, record),
                         0);
}

/* As a page that came from elsewhere: the last row has a number that no journal ever comes to. */
static void row_far_beyond_the_last_is_named_without_looking_between(void **state)
{
        struct ingest_fixture *fixture = *state;
        uint64_t last = qf_group_committed(qf_ingest_group(fixture->ingest))->last, far = UINT64_C(1) << 60;
        struct qf_audit_report report;
        struct hand hand = reach_in(fixture);
        put_record(&hand, far, QF_VIEW("no record"));
        let_go(&hand);
        struct found found = audit(fixture, &report);
        assert_int_equal(found.list[0].what, QF_AUDIT_UNREADABLE);
        assert_int_equal(found.list[0].position, last + 1);
        assert_int_equal(found.list[0].through, far - 1);
        assert_int_equal(report.records, last);
        assert_int_equal(report.judged, last);
        assert_int_equal(report.deaths, 0);
}

static void leave_no_end(struct hand *hand)
{
        assert_int_equal(qf_txn_put(hand->txn, QF_TABLE_JOURNAL, QF_VIEW("\xff"), QF_VIEW("no key of ours")),
                         0);
}

/* What says where the journal ends says nothing, and a record is gone: that one is named all the same. */
static void journal_without_an_end_is_read_to_its_end(void **state)
{
        struct ingest_fixture *fixture = *state;
        const uint64_t last = qf_group_committed(qf_ingest_group(fixture->ingest))->last, gone = last - 1;
        struct qf_audit_report report;
        struct hand hand = reach_in(fixture);
        uint8_t key[8];
        qf_put_be64(key, gone);
        assert_int_equal(
                qf_txn_delete(hand.txn, QF_TABLE_JOURNAL, (struct qf_view){(const char *)key, sizeof key}),
                0);
        leave_no_end(&hand);
        let_go(&hand);
        struct found found = audit(fixture, &report);
        assert_int_equal(found.list[0].what, QF_AUDIT_FILE);
        assert_string_equal(found.list[0].text, "its last record cannot be found");
        assert_int_equal(found.list[1].what, QF_AUDIT_UNREADABLE);
        assert_int_equal(found.list[1].position, gone);
        assert_int_equal(found.list[1].through, gone);
        assert_int_equal(report.records, last - 1);
        assert_int_equal(report.last, last);
        assert_int_equal(report.deaths, 0);
        assert_in_range(found.furthest, 1, last);
}

/* Where no end is known, what cannot be found is told of at the next record that can be read: here its worker dies first. */
static void what_a_worker_did_not_live_to_tell_is_told(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_audit_report report;
        uint64_t lost, deadly;
        for (uint64_t number = 1; number <= 40; number++) {
                struct qf_from_partner send = creates_of(fixture, 2, (number - 1) * 25 + 1, 25);
                assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        }
        fixture->ingest = qf_ingest_close(fixture->ingest);
        lose_last_pages(fixture->directory, &lost, &deadly);
        struct found found = audit(fixture, &report);
        assert_int_equal(found.list[0].what, QF_AUDIT_FILE);
        assert_int_equal(found.list[1].what, QF_AUDIT_UNREADABLE);
        assert_int_equal(found.list[1].position, lost);
        assert_int_equal(found.list[1].through, deadly - 1);
        assert_string_equal(found.list[1].text, "it cannot be found");
        assert_int_equal(found.list[2].what, QF_AUDIT_UNREADABLE);
        assert_int_equal(found.list[2].position, deadly);
        assert_int_equal(report.records, lost - 1);
}

static void end_worker(void *ctx, uint64_t position, const uint8_t hash[QF_SHA256_BYTES],
                       const uint8_t life[16])
{
        char line[32];
        FILE *children = fopen("/proc/thread-self/children", "r");
        (void)ctx;
        (void)position;
        (void)hash;
        (void)life;
        assert_non_null(children);
        if (fgets(line, sizeof line, children))
                assert_int_equal(kill((pid_t)strtol(line, NULL, 10), SIGKILL), 0);
        assert_int_equal(fclose(children), 0);
}

/* Somebody wants no audit: that is no damage, and no audit that found none. */
static void audit_whose_worker_somebody_ends_says_so(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct found found = {0};
        struct qf_audit_report report;
        const struct qf_audit_calls calls = {.ctx = &found, .found = note, .record = end_worker};
        char scratch[128], longer[PATH_MAX];
        (void)temporary_in(&fixture->temporary, "scratch", scratch, sizeof scratch);
        /* More records than a pipe holds messages of: it is at work when the first is heard. */
        for (uint64_t number = 1; number <= 400; number++) {
                struct qf_from_partner send = creates_of(fixture, 2, number, 1);
                assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        }
        assert_int_equal(qf_audit(fixture->directory, scratch, "", &calls, &report), -EINTR);
        assert_int_equal(found.count, 0);
        memset(longer, 'a', sizeof longer);
        longer[sizeof longer - 1] = '\0';
        assert_int_equal(qf_audit(fixture->directory, longer, "", &calls, &report), -ENAMETOOLONG);
        assert_int_equal(audit(fixture, &report).count, 0);
}

/* The worker that found no end died at a record: the next one knows, and does not tell it again. */
static void next_worker_knows_that_there_is_no_end(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_audit_shared *shared =
                mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        struct qf_audit_message message;
        unsigned told = 0;
        int ends[2];
        assert_true(shared != MAP_FAILED);
        assert_int_equal(pipe(ends), 0);
        struct hand hand = reach_in(fixture);
        leave_no_end(&hand);
        let_go(&hand);
        shared->first = 1;
        shared->last = UINT64_MAX;
        const struct qf_audit_job job = {.directory = fixture->directory,
                                         .scratch = "",
                                         .archive = "",
                                         .shared = shared,
                                         .pipe = ends[1],
                                         .from = 2,
                                         .table = QF_TABLE_JOURNAL};
        assert_int_equal(qf_audit_work(&job), 0);
        assert_true(shared->records > 0);
        (void)close(ends[1]);
        while (read(ends[0], &message, sizeof message) == (ssize_t)sizeof message)
                told += message.what == QF_AUDIT_SAYS_FINDING;
        assert_int_equal(told, 0);
        (void)close(ends[0]);
        (void)munmap(shared, sizeof *shared);
}

static void another_record_in_the_place_of_one_is_named(void **state)
{
        struct ingest_fixture *fixture = *state;
        const uint64_t last = qf_group_committed(qf_ingest_group(fixture->ingest))->last;
        struct qf_audit_report report;
        struct qf_buffer other = {0};
        assert_int_equal(qf_group_copy_record(qf_ingest_group(fixture->ingest), last - 2, &other), 0);
        struct hand hand = reach_in(fixture);
        put_record(&hand, last - 1, (struct qf_view){(const char *)other.at, (uint32_t)other.len});
        let_go(&hand);
        qf_buffer_deinit(&other);
        struct found found = audit(fixture, &report);
        assert_int_equal(found.list[0].what, QF_AUDIT_CHAIN);
        assert_int_equal(found.list[0].position, last - 1);
        assert_string_equal(found.list[0].text, "another record lies in its place");
        assert_int_equal(found.list[1].position, last); /* which follows what is gone */
        assert_int_equal(report.judged, last - 2);
}

static void leave_a_hole(struct qf_entry *entry)
{
        if (entry->kind == QF_ENTRY_BATCH)
                entry->first += 1;
}

/* Somebody wrote a record anew, with a right checksum and a right hash: what it says cannot be, and the next one follows
 * the one that was there. */
static void record_that_was_sealed_anew_is_named_twice(void **state)
{
        struct ingest_fixture *fixture = *state;
        const uint64_t last = qf_group_committed(qf_ingest_group(fixture->ingest))->last;
        struct qf_record_writer *writer = NULL;
        struct qf_sha256 *sha = NULL;
        struct qf_audit_report report;
        struct qf_buffer was = {0};
        assert_int_equal(qf_record_writer_new(&writer), 0);
        assert_int_equal(qf_sha256_new(&sha), 0);
        assert_int_equal(qf_group_copy_record(qf_ingest_group(fixture->ingest), last - 1, &was), 0);
        struct hand hand = reach_in(fixture);
        put_record(&hand, last - 1,
                   seal_anew(writer, sha, (struct qf_view){(const char *)was.at, (uint32_t)was.len},
                             leave_a_hole));
        let_go(&hand);
        qf_buffer_deinit(&was);
        (void)qf_record_writer_free(writer);
        (void)qf_sha256_free(sha);
        struct found found = audit(fixture, &report);
        assert_int_equal(found.list[0].what, QF_AUDIT_IMPOSSIBLE);
        assert_int_equal(found.list[0].position, last - 1);
        assert_int_equal(found.list[1].what, QF_AUDIT_CHAIN);
        assert_int_equal(found.list[1].position, last);
        assert_string_equal(found.list[1].text, "it does not follow the record before it");
        assert_int_equal(report.judged, last - 2);
}

/* Every branch of every tree leads nowhere: LMDB aborts on each, whatever is looked for. */
static unsigned break_branches(const char *directory)
{
        enum { PAGE = 4096, FLAGS_AT = 10, LOWER_AT = 12, BRANCH = 1, NO_NODES = 16 };
        char path[192];
        uint8_t page[PAGE];
        unsigned broken = 0;
        (void)snprintf(path, sizeof path, "%s/data.mdb", directory);
        FILE *file = fopen(path, "r+b");
        assert_non_null(file);
        for (long at = 2 * PAGE; fseek(file, at, SEEK_SET) == 0 && fread(page, PAGE, 1, file) == 1;
             at += PAGE) {
                if (page[FLAGS_AT] != BRANCH || page[FLAGS_AT + 1] != 0)
                        continue;
                page[LOWER_AT] = NO_NODES;
                page[LOWER_AT + 1] = 0;
                assert_int_equal(fseek(file, at, SEEK_SET), 0);
                assert_int_equal(fwrite(page, PAGE, 1, file), 1);
                broken++;
        }
        assert_int_equal(fclose(file), 0);
        return broken;
}

static void what_ends_every_reader_costs_few_of_them(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_audit_report report;
        for (uint64_t number = 1; number <= 40; number++) {
                struct qf_from_partner send = creates_of(fixture, 2, (number - 1) * 25 + 1, 25);
                assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        }
        fixture->ingest = qf_ingest_close(fixture->ingest);
        assert_true(break_branches(fixture->directory) > 0);
        struct found found = audit(fixture, &report);
        assert_true(found.count > 0 && found.count < 32);    /* what lies together is one place */
        assert_int_equal(found.list[0].what, QF_AUDIT_FILE); /* its last record cannot be found */
        assert_int_equal(report.records, 0);
        assert_in_range(report.deaths, 2, 100);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(sound_journal_is_judged_to_its_end_while_it_is_open, setup,
                                                fixture_teardown),
                cmocka_unit_test(row_of_any_table_that_is_not_of_the_records_is_found),
                cmocka_unit_test_setup_teardown(row_far_beyond_the_last_is_named_without_looking_between,
                                                setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(journal_without_an_end_is_read_to_its_end, setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(what_a_worker_did_not_live_to_tell_is_told, setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(audit_whose_worker_somebody_ends_says_so, setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(next_worker_knows_that_there_is_no_end, setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(another_record_in_the_place_of_one_is_named, setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(record_that_was_sealed_anew_is_named_twice, setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(what_ends_every_reader_costs_few_of_them, setup,
                                                fixture_teardown),
        };
        return cmocka_run_group_tests_name("ingest audit", tests, NULL, NULL);
}
