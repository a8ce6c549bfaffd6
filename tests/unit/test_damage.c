/* What is on disk and is not what was written is never taken for what was: rows
 * with a wrong bit, and whole rows that are right and too old. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "aggregate/counting.h"
#include "base/crash_note.h"
#include "support/damage.h"
#include "support/ingest_fixture.h"
#include "support/journal.h"

/* One bit behind every copy of a text, live or not. Gives how many there were. */
static unsigned flip_behind(const char *directory, const char *text)
{
        size_t bytes, len = strlen(text);
        unsigned found = 0;
        char *at = map_file(directory, &bytes), *end = at + bytes;
        for (char *hit = at; (hit = memmem(hit, (size_t)(end - hit), text, len)); hit += len, found++)
                hit[len] = (char)(hit[len] ^ 4);
        (void)munmap(at, bytes);
        return found;
}

/* --- counts ------------------------------------------------------------- */

struct counts {
        struct temporary temporary;
        char directory[128];
        struct journal journal;
        struct qf_counting *counting;
};

static void counts_open(struct counts *counts)
{
        struct qf_counting_options options = {
                .directory = counts->directory, .map_bytes = 1 << 20, .map_bytes_max = 64 << 20};
        assert_int_equal(qf_counting_open(&options, &counts->counting), 0);
}

static void counts_apply(struct counts *counts)
{
        while (counts->counting->meta.position < counts->journal.last) {
                uint64_t at = counts->counting->meta.position;
                assert_int_equal(qf_counting_apply(counts->counting, &counts->journal.head[at],
                                                   counts->journal.record[at]),
                                 0);
        }
        assert_int_equal(qf_counting_commit(counts->counting, NULL, NULL), 0);
}

static int counts_setup(void **state)
{
        struct counts *counts = calloc(1, sizeof *counts);
        assert_non_null(counts);
        temporary_make(&counts->temporary);
        (void)temporary_in(&counts->temporary, "counts", counts->directory, sizeof counts->directory);
        journal_new(&counts->journal);
        journal_programme(&counts->journal);
        journal_activity(&counts->journal, "the-key-of-it", QF_CREATE, 20230506, 120, "walk");
        journal_tick(&counts->journal, "waits-for-one", 3);
        journal_batch(&counts->journal);
        counts_open(counts);
        counts_apply(counts);
        *state = counts;
        return 0;
}

static int counts_teardown(void **state)
{
        struct counts *counts = *state;
        (void)qf_counting_close(counts->counting);
        journal_free(&counts->journal);
        temporary_remove(counts->temporary.path, 3);
        free(counts);
        return 0;
}

static void flipped_bit_in_any_row_of_counts_is_noticed_at_start(void **state)
{
        static const char *const behind[] = {"the-key-of-it", "waits-for-one", "sign_in"};
        struct counts *counts = *state;
        for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++) {
                counts->counting = qf_counting_close(counts->counting);
                assert_true(flip_behind(counts->directory, behind[i]) > 0);
                counts_open(counts);
                assert_true(counts->counting->made_anew);
                counts_apply(counts);
        }
}

static void write_row(struct counts *counts, enum qf_counts_table table, struct qf_view key,
                      struct qf_view value)
{
        struct qf_environment_options how = {.format = qf_counts_format,
                                             .tables = qf_counts_table_names,
                                             .map_bytes = 1 << 20,
                                             .map_bytes_max = 1 << 20};
        struct qf_environment *environment = NULL;
        struct qf_txn *txn = NULL;
        assert_int_equal(qf_environment_open(counts->directory, &how, &environment), 0);
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        assert_int_equal(value.at ? qf_txn_put(txn, table, key, value) : qf_txn_delete(txn, table, key), 0);
        assert_int_equal(qf_txn_commit(&txn), 0);
        (void)qf_environment_close(environment);
}

/* A page of an earlier time has right checksums and wrong rows. */
static void older_or_missing_row_of_counts_is_noticed_at_start(void **state)
{
        struct counts *counts = *state;
        uint8_t key_bytes[QF_COUNTS_KEY_BYTES], packed[QF_STANDING_BYTES], waiting = QF_WAITING_WITHDRAWN;
        struct qf_standing standing = {.state = QF_HEAD_LIVE, .row = 1, .sessions = 1};
        struct qf_view key = {(const char *)key_bytes,
                              (uint32_t)qf_counts_key(1, QF_VIEW("the-key-of-it"), key_bytes)};
        struct qf_view older = {(const char *)packed, (uint32_t)qf_standing_pack(&standing, packed)};
        counts->counting = qf_counting_close(counts->counting);
        write_row(counts, QF_COUNTS_REC, key, older);
        counts_open(counts);
        assert_true(counts->counting->made_anew);
        counts_apply(counts);
        counts->counting = qf_counting_close(counts->counting);
        write_row(counts, QF_COUNTS_REC, key, (struct qf_view){0});
        counts_open(counts);
        assert_true(counts->counting->made_anew);
        counts_apply(counts);
        counts->counting = qf_counting_close(counts->counting);
        key.len = (uint32_t)qf_counts_key(1, QF_VIEW("waits-for-one"), key_bytes);
        write_row(counts, QF_COUNTS_WAIT, key, (struct qf_view){(const char *)&waiting, 1});
        counts_open(counts);
        assert_true(counts->counting->made_anew);
        counts_apply(counts);
}

static void counts_without_their_meta_are_not_begun_over_what_is_there(void **state)
{
        struct counts *counts = *state;
        counts->counting = qf_counting_close(counts->counting);
        write_row(counts, QF_COUNTS_META, QF_VIEW("m"), (struct qf_view){0});
        counts_open(counts);
        assert_true(counts->counting->made_anew);
        counts_apply(counts);
}

static void counts_that_a_process_died_in_are_set_aside(void **state)
{
        struct counts *counts = *state;
        struct qf_counting_options options = {.directory = counts->directory,
                                              .map_bytes = 1 << 20,
                                              .map_bytes_max = 64 << 20,
                                              .distrusted = true};
        counts->counting = qf_counting_close(counts->counting);
        assert_int_equal(qf_counting_open(&options, &counts->counting), 0);
        assert_true(counts->counting->made_anew);
        assert_true(qf_counting_is_behind(counts->counting)); /* they could still say how far they were */
        counts_apply(counts);
}

/* What is set aside may be too damaged to say what was counted: that keeps nobody from counting again. */
static void counts_begin_anew_beside_what_cannot_be_read(void **state)
{
        struct counts *counts = *state;
        size_t bytes;
        counts->counting = qf_counting_close(counts->counting);
        char *at = map_file(counts->directory, &bytes);
        memset(at + 2 * 4096, 0, bytes - 2 * 4096);
        (void)munmap(at, bytes);
        counts_open(counts);
        assert_true(counts->counting->made_anew);
        assert_false(qf_counting_is_behind(counts->counting));
        counts_apply(counts);
}

/* Truncated: whoever reads on is ended by SIGBUS, and that is known afterwards. */
static void death_by_a_truncated_file_is_noted(void **state)
{
        struct counts *counts = *state;
        struct qf_crash_note *note = NULL;
        uint32_t crashed = 0;
        char path[160], data[192];
        int ended = 0;
        counts->counting = qf_counting_close(counts->counting);
        (void)snprintf(path, sizeof path, "%s.reading", counts->directory);
        (void)snprintf(data, sizeof data, "%s/data.mdb", counts->directory);
        assert_int_equal(truncate(data, 3 * 4096), 0);
        pid_t child = fork();
        if (child == 0) {
                const struct rlimit no_core = {0, 0};
                struct qf_counting_options options = {
                        .directory = counts->directory, .map_bytes = 1 << 20, .map_bytes_max = 64 << 20};
                if (setrlimit(RLIMIT_CORE, &no_core) != 0 ||
                    qf_crash_note_open(path, 0, &note, &crashed) != 0 || qf_crash_note_watch(note, 1, 1) != 0)
                        _exit(1);
                options.inside = qf_crash_note_doing(note);
                _exit(qf_counting_open(&options, &counts->counting) == 0 ? 2 : 3);
        }
        assert_int_equal(waitpid(child, &ended, 0), child);
        assert_true(WIFSIGNALED(ended));
        assert_int_equal(qf_crash_note_open(path, 0, &note, &crashed), 0);
        assert_true(crashed != 0);
        note = qf_crash_note_close(note);
        assert_int_equal(qf_crash_note_open(path, 0, &note, &crashed), 0);
        assert_int_equal(crashed, 0);
        (void)qf_crash_note_close(note);
}

/* What a process that was doing something (7) is noted for, when a signal ends it. */
static uint32_t noted_of(const char *path, uint32_t own, int number, bool by_itself)
{
        struct qf_crash_note *note = NULL;
        uint32_t crashed = 0;
        int ends[2], ended = 0;
        char ready;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
                const struct rlimit no_core = {0, 0};
                if (setrlimit(RLIMIT_CORE, &no_core) != 0 ||
                    qf_crash_note_open(path, 0, &note, &crashed) != 0 ||
                    qf_crash_note_watch(note, 1, own) != 0)
                        _exit(1);
                *qf_crash_note_doing(note) = 7;
                if (by_itself)
                        (void)raise(number);
                if (write(ends[1], "r", 1) != 1)
                        _exit(1);
                for (;;)
                        (void)pause();
        }
        if (!by_itself) {
                assert_int_equal(read(ends[0], &ready, 1), 1);
                assert_int_equal(kill(child, number), 0);
        }
        assert_int_equal(waitpid(child, &ended, 0), child);
        assert_true(WIFSIGNALED(ended) && WTERMSIG(ended) == number);
        (void)close(ends[0]);
        (void)close(ends[1]);
        assert_int_equal(qf_crash_note_open(path, 0, &note, &crashed), 0);
        (void)qf_crash_note_close(note);
        return crashed;
}

/* A hung disk is no damage: the watchdog's abort comes from outside. A batch that is judged for ever is poison. */
static void watchdogs_abort_counts_only_for_what_should_not_take_long(void **state)
{
        struct temporary temporary;
        char path[128];
        (void)state;
        temporary_make(&temporary);
        (void)temporary_in(&temporary, "note", path, sizeof path);
        assert_int_equal(noted_of(path, 7, SIGABRT, true), 7);
        assert_int_equal(noted_of(path, 7, SIGABRT, false), 0);
        assert_int_equal(noted_of(path, 8, SIGABRT, false), 7);
        assert_int_equal(noted_of(path, 7, SIGSEGV, true), 7);
        temporary_remove(temporary.path, 2);
}

/* --- journal ------------------------------------------------------------ */

static int ingest_setup(void **state)
{
        struct ingest_fixture *fixture = fixture_loaded();
        struct qf_from_partner send = creates_of(fixture, 1, 1, 20);
        assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        *state = fixture;
        return 0;
}

static int open_ingest(struct ingest_fixture *fixture)
{
        const struct qf_ingest_edges edges = {fixture,        fixture_hear,    fixture_alarm,
                                              fixture_random, fixture_judging, fixture_is_shut};
        return qf_ingest_open(&fixture->options, &edges, fixture->now_ms, &fixture->ingest);
}

/* Changes the row of outbox 1 of hx.a by what is added to last and last_position; remove: takes it away. */
static void change_outbox(struct ingest_fixture *fixture, int64_t last, int64_t position, bool remove)
{
        const struct qf_environment_options how = {QF_JOURNAL_OPTIONS, .map_bytes = 64 << 20,
                                                   .map_bytes_max = 64 << 20};
        struct qf_environment *environment = NULL;
        struct qf_txn *txn = NULL;
        struct qf_journal_outbox row;
        uint8_t key[20];
        assert_int_equal(qf_environment_open(fixture->directory, &how, &environment), 0);
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        assert_int_equal(qf_journal_outbox_next(txn, NULL, &row), 0);
        while (row.id[0] != 1)
                assert_int_equal(qf_journal_outbox_next(txn, &row, &row), 0);
        row.last += (uint64_t)last;
        row.last_position += (uint64_t)position;
        qf_put_be32(key, row.source);
        memcpy(key + 4, row.id, 16);
        if (remove)
                assert_int_equal(
                        qf_txn_delete(txn, QF_TABLE_OUTBOX, (struct qf_view){(const char *)key, sizeof key}),
                        0);
        else
                assert_int_equal(qf_journal_outbox_put(txn, &row), 0);
        assert_int_equal(qf_txn_commit(&txn), 0);
        (void)qf_environment_close(environment);
}

/* Each would let a number be taken twice, or be answered without being in the journal. */
static void outbox_that_stands_elsewhere_than_the_journal_is_refused(void **state)
{
        static const struct {
                int64_t last, position;
                bool remove;
        } wrong[] = {{-5, 0, false}, {5, 0, false}, {0, 1, false}, {0, -1, false}, {0, 0, true}};
        struct ingest_fixture *fixture = *state;
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                fixture->ingest = qf_ingest_close(fixture->ingest);
                change_outbox(fixture, wrong[i].last, wrong[i].position, wrong[i].remove);
                assert_int_equal(open_ingest(fixture), QF_STORE_DAMAGED);
                if (!wrong[i].remove)
                        change_outbox(fixture, -wrong[i].last, -wrong[i].position, false);
                if (!wrong[i].remove)
                        assert_int_equal(open_ingest(fixture), 0);
        }
}

/* The row that says what journal it is: without it all would begin again, over what is there. */
static void journal_without_its_state_is_not_begun_anew(void **state)
{
        struct ingest_fixture *fixture = *state;
        const struct qf_environment_options how = {QF_JOURNAL_OPTIONS, .map_bytes = 64 << 20,
                                                   .map_bytes_max = 64 << 20};
        struct qf_environment *environment = NULL;
        struct qf_txn *txn = NULL;
        struct qf_view key, value;
        fixture->ingest = qf_ingest_close(fixture->ingest);
        assert_int_equal(qf_environment_open(fixture->directory, &how, &environment), 0);
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        for (unsigned table = QF_TABLE_JOURNAL; table <= QF_TABLE_META;
             table++) /* as when the page of roots is bad */
                while (qf_txn_last(txn, table, &key, &value) == 0)
                        assert_int_equal(qf_txn_delete(txn, table, key), 0);
        assert_int_equal(qf_txn_commit(&txn), 0);
        (void)qf_environment_close(environment);
        assert_int_equal(open_ingest(fixture), QF_STORE_DAMAGED);
}

static void skipped_numbers_are_no_damage(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner skip = send_of(1, 21);
        skip.what = QF_SKIP;
        skip.through = 29;
        skip.reason = QF_VIEW("lost");
        assert_int_equal(ask(fixture, "hx.a", &skip)->expected, 30);
        fixture->ingest = qf_ingest_close(fixture->ingest);
        assert_int_equal(open_ingest(fixture), 0);
}

/* The head of a key has a wrong bit: nothing is judged by it, nothing of the batch is taken, others are served. */
static void batch_that_meets_a_damaged_head_is_put_off(void **state)
{
        struct ingest_fixture *fixture = *state;
        fixture->ingest = qf_ingest_close(fixture->ingest);
        assert_true(flip_behind(fixture->directory, "A1-00007\x01") > 0);
        assert_int_equal(open_ingest(fixture), 0);
        struct qf_from_partner send = send_of(1, 21);
        put_activity(fixture, QF_CREATE, "A1-new", 0, 5, "HX");
        put_activity(fixture, QF_REPLACE, "A1-00007", 0, 50, "HX");
        end_body(fixture, &send);
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        assert_int_equal(answer->what, QF_REFUSED);
        assert_int_equal(answer->why, QF_REFUSED_BUSY);
        assert_int_equal(answer->expected, 21);
        assert_true(fixture->alarms > 0);
        send = send_of(1, 21);
        put_activity(fixture, QF_CREATE, "A1-new", 0, 5, "HX");
        end_body(fixture, &send);
        answer = ask(fixture, "hx.a", &send);
        assert_int_equal(answer->what, QF_VERDICTS);
        assert_int_equal(answer->exceptions_count, 0);
}

/* What stood is told as a courtesy: that it can't be read takes nothing from the verdict, nor from the group. */
static void conflict_with_what_is_lost_is_judged_all_the_same(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = creates_of(fixture, 1, 21, 400);
        assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        const uint64_t position = qf_group_committed(qf_ingest_group(fixture->ingest))->last;
        send = creates_of(fixture, 1, 421, 1); /* the last record is read at the start */
        assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        fixture->ingest = qf_ingest_close(fixture->ingest);
        lose_large_record(fixture->directory, position);
        assert_int_equal(open_ingest(fixture), 0);
        send = send_of(1, 422);
        put_activity(fixture, QF_CREATE, "A1-00025", 0, 77, "HX");
        put_activity(fixture, QF_CREATE, "A1-new", 0, 5, "HX");
        put_activity(fixture, QF_CREATE, "A1-00007", 0, 77, "HX");
        end_body(fixture, &send);
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        assert_int_equal(answer->what, QF_VERDICTS);
        assert_int_equal(verdict_at(answer, 0).code, QF_E141_CONFLICT);
        assert_int_equal(verdict_at(answer, 1).class, QF_ACCEPTED);
        assert_true(answer->details_count == 1 &&
                    answer->details[0].at == 2); /* of the record that is whole */
        assert_true(qf_view_same(answer->details[0].near, QF_VIEW("7")));
        assert_int_equal(fixture->alarms, 0);
}

#define COUNTS(name) cmocka_unit_test_setup_teardown(name, counts_setup, counts_teardown)
#define INGEST(name) cmocka_unit_test_setup_teardown(name, ingest_setup, fixture_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                COUNTS(flipped_bit_in_any_row_of_counts_is_noticed_at_start),
                COUNTS(older_or_missing_row_of_counts_is_noticed_at_start),
                COUNTS(counts_without_their_meta_are_not_begun_over_what_is_there),
                COUNTS(counts_that_a_process_died_in_are_set_aside),
                COUNTS(counts_begin_anew_beside_what_cannot_be_read),
                COUNTS(death_by_a_truncated_file_is_noted),
                cmocka_unit_test(watchdogs_abort_counts_only_for_what_should_not_take_long),
                INGEST(outbox_that_stands_elsewhere_than_the_journal_is_refused),
                INGEST(journal_without_its_state_is_not_begun_anew),
                INGEST(skipped_numbers_are_no_damage),
                INGEST(batch_that_meets_a_damaged_head_is_put_off),
                INGEST(conflict_with_what_is_lost_is_judged_all_the_same),
        };
        return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
