/* ingest/restore: lives of journals that are put back. */
#include "ingest/restore.h"
#include "store/backup.h"
#include "support/ingest_fixture.h"

/* Whoever counted the first restored journal must hear that the second one is another. */
static void second_restore_from_one_backup_is_a_life_of_its_own(void **state)
{
        struct ingest_fixture *fixture = fixture_loaded();
        struct qf_restore_about about;
        char restored[128];
        (void)state;
        fixture->ingest = qf_ingest_close(fixture->ingest);
        (void)temporary_in(&fixture->temporary, "restored", restored, sizeof restored);
        assert_int_equal(qf_restore(&(struct qf_restore_from){.path = fixture->directory, .archive = ""},
                                    restored, 0, "first", fixture->now_ms, &about),
                         0);
        assert_int_equal(about.life_number, 2);
        uint64_t begins = about.life_begins;
        assert_int_equal(qf_restore(&(struct qf_restore_from){.path = fixture->directory, .archive = ""},
                                    restored, 0, "again", fixture->now_ms, &about),
                         0);
        assert_int_equal(about.life_number, 3);
        assert_int_equal(about.life_begins, begins);
        /* Records with such a life are still judged to be what ingest wrote. */
        assert_int_equal(qf_restore(&(struct qf_restore_from){.path = restored, .archive = ""},
                                    fixture->directory, 0, "back", fixture->now_ms, &about),
                         0);
        assert_int_equal(about.life_number, 4);
        assert_int_equal(about.differing, 0);
        fixture_remove(fixture);
}

enum { HOUR_MS = 3600 * 1000 };

/* The clock was ahead, and is right now: busy, until a human has said so in the journal; also in one that is restored. */
static void a_clock_that_is_behind_is_accepted_once_and_for_what_it_was(void **state)
{
        struct ingest_fixture *fixture = fixture_loaded();
        struct qf_restore_about about;
        char restored[128];
        int64_t journal_ms = 0, ahead_ms;
        (void)state;
        ahead_ms = fixture->now_ms;
        assert_int_equal(qf_accept_clock(fixture->directory, "why", ahead_ms, &journal_ms),
                         QF_RESTORE_IN_USE);
        fixture->now_ms -= HOUR_MS;
        struct qf_from_partner send = creates_of(fixture, 1, 1, 1);
        assert_int_equal(ask(fixture, "hx.a", &send)->why, QF_REFUSED_BUSY);
        fixture->ingest = qf_ingest_close(fixture->ingest);
        assert_int_equal(qf_accept_clock(fixture->directory, "why", ahead_ms, &journal_ms), QF_RESTORE_CLOCK);
        assert_int_equal(qf_accept_clock(fixture->directory, "why", fixture->now_ms, &journal_ms), 0);
        assert_true(journal_ms == ahead_ms);
        assert_int_equal(qf_accept_clock(fixture->directory, "why", fixture->now_ms, &journal_ms),
                         QF_RESTORE_CLOCK);
        (void)temporary_in(&fixture->temporary, "restored", restored, sizeof restored);
        assert_int_equal(qf_restore(&(struct qf_restore_from){.path = fixture->directory, .archive = ""},
                                    restored, 0, "it too", fixture->now_ms, &about),
                         0);
        assert_int_equal(qf_accept_clock(restored, "why", fixture->now_ms, &journal_ms), QF_RESTORE_CLOCK);
        fixture_open(fixture);
        assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        assert_true(qf_group_committed(qf_ingest_group(fixture->ingest))->received_at_ms == ahead_ms);
        /* When the clock was there again, another step is another matter. */
        fixture->now_ms = ahead_ms + HOUR_MS;
        send = creates_of(fixture, 1, 2, 1);
        assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        fixture->now_ms = ahead_ms;
        send = creates_of(fixture, 1, 3, 1);
        assert_int_equal(ask(fixture, "hx.a", &send)->why, QF_REFUSED_BUSY);
        fixture_remove(fixture);
}

static int restore(struct ingest_fixture *fixture, const char *from, const char *directory, uint64_t to,
                   struct qf_restore_about *ret_about)
{
        const struct qf_restore_from origin = {.path = from, .archive = ""};
        return qf_restore(&origin, directory, to, "why", fixture->now_ms, ret_about);
}

/* Whatever it is told to restore from, and wherever: it says what is wrong, and changes nothing. */
static void what_cannot_be_restored_is_said(void **state)
{
        struct ingest_fixture *fixture = fixture_loaded();
        struct qf_restore_about about;
        char restored[128], nowhere[128], text[160], lock[160];
        (void)state;
        (void)temporary_in(&fixture->temporary, "restored", restored, sizeof restored);
        (void)temporary_in(&fixture->temporary, "nowhere", nowhere, sizeof nowhere);
        (void)snprintf(text, sizeof text, "%s.text", restored);
        FILE *file = fopen(text, "w");
        assert_non_null(file);
        assert_true(fputs("no backup at all, but longer than its first line", file) >= 0);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(restore(fixture, nowhere, restored, 0, &about), QF_RESTORE_FROM);
        assert_int_equal(restore(fixture, text, restored, 0, &about), QF_RESTORE_FROM);
        (void)snprintf(lock, sizeof lock, "%s.lock", restored);
        assert_int_not_equal(access(restored, F_OK), 0);
        assert_int_not_equal(access(lock, F_OK), 0);
        assert_int_equal(qf_adopt(restored, "", fixture->now_ms, &about), QF_RESTORE_MISSING);
        /* Ingest has it open. */
        assert_int_equal(qf_adopt(fixture->directory, "", fixture->now_ms, &about), QF_RESTORE_IN_USE);
        assert_int_equal(restore(fixture, fixture->directory, fixture->directory, 0, &about),
                         QF_RESTORE_IN_USE);
        fixture_remove(fixture);
}

/* A slash behind a directory's name is no other place: what is made lies beside it, and not within what is replaced. */
static void a_slash_behind_the_name_is_the_same_journal(void **state)
{
        struct ingest_fixture *fixture = fixture_loaded();
        struct qf_restore_about about;
        char slash[160];
        (void)state;
        uint64_t last = qf_group_committed(qf_ingest_group(fixture->ingest))->last;
        fixture->ingest = qf_ingest_close(fixture->ingest);
        (void)snprintf(slash, sizeof slash, "%s/", fixture->directory);
        assert_int_equal(restore(fixture, slash, slash, 0, &about), 0);
        assert_int_equal(about.last, last);
        fixture_open(fixture); /* by the name without it */
        assert_int_equal(qf_group_committed(qf_ingest_group(fixture->ingest))->life_number, 2);
        fixture_remove(fixture);
}

/* Up to a position, and up to the first record that is not whole. */
static void what_is_whole_is_taken_as_far_as_is_wanted(void **state)
{
        struct ingest_fixture *fixture = fixture_loaded();
        struct qf_restore_about about;
        char restored[128];
        (void)state;
        for (uint64_t number = 1; number <= 3; number++) {
                struct qf_from_partner send = creates_of(fixture, 1, number, 1);
                assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        }
        uint64_t last = qf_group_committed(qf_ingest_group(fixture->ingest))->last;
        fixture->ingest = qf_ingest_close(fixture->ingest);
        (void)temporary_in(&fixture->temporary, "restored", restored, sizeof restored);
        assert_int_equal(restore(fixture, fixture->directory, restored, last - 1, &about), 0);
        assert_int_equal(about.last, last - 1);
        assert_int_equal(about.life_begins, last);
        assert_int_equal(about.more, 0);
        /* The last one is not what was written: a bit behind its text, in every copy. */
        char path[160];
        (void)snprintf(path, sizeof path, "%s/data.mdb", fixture->directory);
        FILE *file = fopen(path, "r+b");
        assert_non_null(file);
        for (long at = 0; fseek(file, at, SEEK_SET) == 0; at++) {
                uint8_t head[24];
                if (fread(head, sizeof head, 1, file) != 1)
                        break;
                if (memcmp(head, "QFJ1", 4) != 0 || qf_get_le64(head + 16) != last)
                        continue;
                assert_int_equal(fseek(file, at + 170, SEEK_SET), 0);
                int byte = fgetc(file);
                assert_int_equal(fseek(file, at + 170, SEEK_SET), 0);
                assert_true(fputc(byte ^ 1, file) != EOF);
        }
        assert_int_equal(fclose(file), 0);
        assert_int_equal(restore(fixture, fixture->directory, restored, 0, &about), 0);
        assert_int_equal(about.last, last - 1);
        assert_int_equal(about.more, last);
        fixture_remove(fixture);
}

static void hear(void *ctx, uint64_t done, uint64_t all)
{
        uint64_t *heard = ctx; /* how far, and of how many */
        assert_true(done == heard[0] + 1);
        heard[0] = done;
        heard[1] = all;
        assert_true(all >= done);
}

/* All of it is known from the first record on, though the last file of a backup is in no list. */
static void how_far_it_is_is_told(void **state)
{
        struct ingest_fixture *fixture = fixture_loaded();
        const struct qf_backup_options writing = {.write = true};
        struct qf_restore_about about;
        char copy[128], restored[128];
        (void)state;
        (void)temporary_in(&fixture->temporary, "copy", copy, sizeof copy);
        (void)temporary_in(&fixture->temporary, "restored", restored, sizeof restored);
        const struct qf_environment_options reading = {QF_JOURNAL_OPTIONS, .read_only = true};
        const uint64_t last = qf_group_committed(qf_ingest_group(fixture->ingest))->last;
        struct qf_environment *environment = NULL;
        fixture->ingest = qf_ingest_close(fixture->ingest);
        struct qf_backup *backup = NULL;
        struct qf_sha256 *sha = NULL;
        struct qf_txn *txn = NULL;
        assert_int_equal(qf_sha256_new(&sha), 0);
        assert_int_equal(qf_backup_open(copy, &writing, &backup), 0);
        assert_int_equal(qf_backup_resume(backup), 0);
        assert_int_equal(qf_environment_open(fixture->directory, &reading, &environment), 0);
        assert_int_equal(qf_txn_begin(environment, false, &txn), 0);
        for (uint64_t position = 1; position <= last; position++) {
                struct qf_record_head head;
                struct qf_view record;
                assert_int_equal(qf_journal_get(txn, position, &record), 0);
                assert_int_equal(qf_record_open(record, sha, &head), 0);
                assert_int_equal(qf_backup_add(backup, &head, record), 0);
        }
        qf_txn_abort(&txn);
        (void)qf_environment_close(environment);
        assert_int_equal(qf_backup_sync(backup), 0);
        assert_int_equal(qf_backup_closed(backup), 0);
        (void)qf_backup_close(backup);
        (void)qf_sha256_free(sha);
        const char *const origins[] = {copy, fixture->directory};
        for (unsigned i = 0; i < 4; i++) {
                const uint64_t to = i / 2 ? last - 1 : 0;
                uint64_t heard[2] = {0, 0};
                const struct qf_so_far so_far = {heard, hear};
                const struct qf_restore_from from = {
                        .path = origins[i % 2], .archive = "", .so_far = &so_far};
                assert_int_equal(qf_restore(&from, restored, to, "why", fixture->now_ms, &about), 0);
                assert_true(heard[0] == (to ? to : last));
                assert_true(heard[1] == heard[0]);
        }
        fixture_remove(fixture);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(second_restore_from_one_backup_is_a_life_of_its_own),
                cmocka_unit_test(what_cannot_be_restored_is_said),
                cmocka_unit_test(a_slash_behind_the_name_is_the_same_journal),
                cmocka_unit_test(what_is_whole_is_taken_as_far_as_is_wanted),
                cmocka_unit_test(how_far_it_is_is_told),
                cmocka_unit_test(a_clock_that_is_behind_is_accepted_once_and_for_what_it_was),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
