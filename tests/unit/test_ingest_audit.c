/* ingest/audit: a sound journal has no findings; a row that another hand wrote, with
 * a right checksum, is not what the records make. */
#include "support/ingest_fixture.h"

#include "ingest/audit.h"

struct found {
        unsigned count;
        struct qf_audit_finding first;
};

static void note(void *ctx, const struct qf_audit_finding *finding)
{
        struct found *found = ctx;
        if (found->count++ == 0)
                found->first = *finding;
}

static int setup(void **state)
{
        struct ingest_fixture *fixture = fixture_make();
        load_programme(fixture);
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

static int teardown(void **state)
{
        fixture_remove(*state);
        return 0;
}

static struct found audit(struct ingest_fixture *fixture, struct qf_audit_report *ret_report)
{
        struct found found = {0};
        const struct qf_audit_calls calls = {.ctx = &found, .found = note};
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
        assert_int_equal(report.last, qf_group_committed(qf_ingest_group(fixture->ingest))->last);
        assert_int_equal(report.judged, report.last);
        assert_int_equal(report.records, report.last);
}

/* Takes the last row of a table away, or changes a byte of its value, as a writer would. False: it has none. */
static bool tamper(struct ingest_fixture *fixture, unsigned table, bool remove)
{
        const struct qf_environment_options how = {QF_JOURNAL_OPTIONS, .map_bytes = 64 << 20,
                                                   .map_bytes_max = 64 << 20};
        struct qf_environment *environment = NULL;
        struct qf_txn *txn = NULL;
        struct qf_view key, value;
        char key_copy[128], value_copy[512];
        fixture->ingest = qf_ingest_close(fixture->ingest);
        assert_int_equal(qf_environment_open(fixture->directory, &how, &environment), 0);
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        int result = qf_txn_last(txn, table, &key, &value);
        if (result == QF_STORE_NONE) {
                (void)qf_environment_close(environment);
                return false;
        }
        assert_int_equal(result, 0);
        assert_true(key.len <= sizeof key_copy && value.len <= sizeof value_copy);
        memcpy(key_copy, key.at, key.len);
        memcpy(value_copy, value.at, value.len);
        value_copy[value.len - 1] ^= 1;
        key.at = key_copy;
        value.at = value_copy;
        assert_int_equal(remove ? qf_txn_delete(txn, table, key) : qf_txn_put(txn, table, key, value), 0);
        assert_int_equal(qf_txn_commit(&txn), 0);
        (void)qf_environment_close(environment);
        return true;
}

static void row_of_any_table_that_is_not_of_the_records_is_found(void **state)
{
        unsigned found_in = 0;
        for (unsigned table = QF_TABLE_OUTBOX; table <= QF_TABLE_META; table++) {
                for (int remove = 0; remove < 2; remove++) {
                        struct ingest_fixture *fixture = NULL;
                        struct qf_audit_report report;
                        (void)state;
                        assert_int_equal(setup((void **)&fixture), 0);
                        if (tamper(fixture, table, remove)) {
                                struct found found = audit(fixture, &report);
                                assert_true(found.count > 0);
                                assert_int_equal(found.first.what, QF_AUDIT_TABLE);
                                assert_string_equal(found.first.table, qf_journal_tables[table]);
                                assert_int_equal(report.judged, report.last); /* all records are whole */
                                found_in++;
                        }
                        fixture_remove(fixture);
                }
        }
        assert_true(found_in >= 2 * 7);
}

/* As a page that came from elsewhere: the last row has a number that no journal ever comes to. */
static void row_far_beyond_the_last_is_named_without_looking_between(void **state)
{
        const struct qf_environment_options how = {QF_JOURNAL_OPTIONS, .map_bytes = 64 << 20,
                                                   .map_bytes_max = 64 << 20};
        struct ingest_fixture *fixture = *state;
        uint64_t last = qf_group_committed(qf_ingest_group(fixture->ingest))->last, far = UINT64_C(1) << 60;
        struct qf_environment *environment = NULL;
        struct qf_txn *txn = NULL;
        struct qf_audit_report report;
        uint8_t key[8];
        qf_put_be64(key, far);
        fixture->ingest = qf_ingest_close(fixture->ingest);
        assert_int_equal(qf_environment_open(fixture->directory, &how, &environment), 0);
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        assert_int_equal(qf_txn_put(txn, QF_TABLE_JOURNAL, (struct qf_view){(const char *)key, sizeof key},
                                    QF_VIEW("no record")),
                         0);
        assert_int_equal(qf_txn_commit(&txn), 0);
        (void)qf_environment_close(environment);
        struct found found = audit(fixture, &report);
        assert_int_equal(found.first.what, QF_AUDIT_UNREADABLE);
        assert_int_equal(found.first.position, last + 1);
        assert_int_equal(found.first.through, far - 1);
        assert_int_equal(report.records, last);
        assert_int_equal(report.judged, last);
        assert_int_equal(report.deaths, 0);
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
        assert_true(found.count > 0 && found.count < 32);  /* what lies together is one place */
        assert_int_equal(found.first.what, QF_AUDIT_FILE); /* its last record cannot be found */
        assert_int_equal(report.records, 0);
        assert_in_range(report.deaths, 2, 100);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(sound_journal_is_judged_to_its_end_while_it_is_open, setup,
                                                teardown),
                cmocka_unit_test(row_of_any_table_that_is_not_of_the_records_is_found),
                cmocka_unit_test_setup_teardown(row_far_beyond_the_last_is_named_without_looking_between,
                                                setup, teardown),
                cmocka_unit_test_setup_teardown(what_ends_every_reader_costs_few_of_them, setup, teardown),
        };
        return cmocka_run_group_tests_name("ingest audit", tests, NULL, NULL);
}
