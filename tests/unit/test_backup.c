/* store/backup: files that are closed and listed; a run that was cut off anywhere is
 * continued; whatever is not what was written is noticed and named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/backup.h"
#include "support/temporary.h"

enum { SEGMENT_BYTES = 2000 }; /* some records */

struct fixture {
        struct temporary home;
        char directory[128];
        struct qf_sha256 *sha;
        struct qf_record_writer *writer;
        struct qf_record_head last;
        struct qf_view record;
};

static int make(void **state)
{
        struct fixture *fixture = calloc(1, sizeof *fixture);
        temporary_make(&fixture->home);
        (void)temporary_in(&fixture->home, "backup", fixture->directory, sizeof fixture->directory);
        assert_int_equal(qf_sha256_new(&fixture->sha), 0);
        assert_int_equal(qf_record_writer_new(&fixture->writer), 0);
        *state = fixture;
        return 0;
}

static int unmake(void **state)
{
        struct fixture *fixture = *state;
        temporary_remove(fixture->home.path, 2);
        (void)qf_sha256_free(fixture->sha);
        (void)qf_record_writer_free(fixture->writer);
        free(fixture);
        return 0;
}

/* The record that follows, in fixture->record and ->last. */
static void next_record(struct fixture *fixture)
{
        struct qf_record_head head = {.position = fixture->last.position + 1, .life_number = 1};
        const struct qf_entry entry = {.kind = QF_ENTRY_CONTROL,
                                       .facts = QF_VIEW("what is in it does not matter to a backup")};
        memcpy(head.previous, fixture->last.hash, sizeof head.previous);
        qf_record_begin(fixture->writer);
        assert_int_equal(qf_record_add(fixture->writer, &entry, NULL), 0);
        assert_int_equal(qf_record_end(fixture->writer, fixture->sha, &head, &fixture->record), 0);
        fixture->last = head;
}

static struct qf_backup *open_backup(struct fixture *fixture, bool write)
{
        const struct qf_backup_options options = {.write = write, .segment_bytes = SEGMENT_BYTES};
        struct qf_backup *backup = NULL;
        assert_int_equal(qf_backup_open(fixture->directory, &options, &backup), 0);
        return backup;
}

/* One run of qf backup. */
static void add_records(struct fixture *fixture, uint32_t count)
{
        struct qf_backup *backup = open_backup(fixture, true);
        assert_int_equal(qf_backup_resume(backup), 0);
        assert_int_equal(qf_backup_last(backup)->position, fixture->last.position);
        assert_memory_equal(qf_backup_last(backup)->hash, fixture->last.hash, QF_SHA256_BYTES);
        for (uint32_t i = 0; i < count; i++) {
                next_record(fixture);
                assert_int_equal(qf_backup_add(backup, &fixture->last, fixture->record), 0);
        }
        assert_int_equal(qf_backup_sync(backup), 0);
        (void)qf_backup_close(backup);
}

/* As qf backup --verify; *ret_last: of the last whole record. */
static int verify(struct fixture *fixture, uint64_t *ret_last)
{
        struct qf_backup *backup = open_backup(fixture, false);
        struct qf_record_head head;
        struct qf_view record;
        int result = qf_backup_check_files(backup);
        while (result == 0)
                result = qf_backup_next(backup, &head, &record);
        *ret_last = qf_backup_last(backup)->position;
        assert_true((result == QF_BACKUP_DAMAGED) == (qf_backup_why(backup)[0] != '\0'));
        (void)qf_backup_close(backup);
        return result;
}

static const char *file_in(const struct fixture *fixture, const char *name)
{
        static char path[256];
        (void)snprintf(path, sizeof path, "%s/%s", fixture->directory, name);
        return path;
}

static void flip(const char *path, off_t at)
{
        int fd = open(path, O_RDWR);
        char byte;
        assert_true(fd >= 0);
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 1;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        (void)close(fd);
}

static void runs_go_on_where_the_last_one_ended(void **state)
{
        struct fixture *fixture = *state;
        uint64_t last;
        add_records(fixture, 1);
        for (uint32_t run = 0; run < 10; run++)
                add_records(fixture, run);
        assert_int_equal(verify(fixture, &last), QF_BACKUP_END);
        assert_int_equal(last, 46);
        struct qf_backup *backup = open_backup(fixture, false);
        assert_true(qf_backup_files(backup) >= 3);
        (void)qf_backup_close(backup);
}

static void what_was_closed_is_not_touched_again(void **state)
{
        struct fixture *fixture = *state;
        struct stat before, after;
        add_records(fixture, 30);
        assert_int_equal(stat(file_in(fixture, "00000000000000000001.records"), &before), 0);
        add_records(fixture, 30);
        assert_int_equal(stat(file_in(fixture, "00000000000000000001.records"), &after), 0);
        assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
        assert_int_equal(before.st_size, after.st_size);
        assert_true(after.st_size <= SEGMENT_BYTES);
}

static void a_run_that_was_cut_off_is_continued(void **state)
{
        struct fixture *fixture = *state;
        char name[64];
        uint64_t last;
        add_records(fixture, 2);
        (void)snprintf(name, sizeof name, "%020d.records", 1);
        for (off_t cut = 0; cut < 300; cut += 37) { /* within the last record, its length, the first bytes */
                struct stat about;
                assert_int_equal(stat(file_in(fixture, name), &about), 0);
                assert_int_equal(truncate(file_in(fixture, name), about.st_size - cut), 0);
                assert_int_equal(verify(fixture, &last), QF_BACKUP_END);
                struct qf_backup *backup = open_backup(fixture, true);
                assert_int_equal(qf_backup_resume(backup), 0);
                fixture->last = *qf_backup_last(backup);
                (void)qf_backup_close(backup);
                add_records(fixture, 1);
        }
        /* Closed, and the list not written: the next run has it as the open one, and closes it again. */
        add_records(fixture, 30);
        assert_int_equal(unlink(file_in(fixture, "segments")), 0);
        struct qf_backup *backup = open_backup(fixture, true);
        assert_int_equal(qf_backup_resume(backup), 0);
        fixture->last = *qf_backup_last(backup);
        (void)qf_backup_close(backup);
        add_records(fixture, 30);
        assert_int_equal(verify(fixture, &last), QF_BACKUP_END);
        assert_int_equal(last, fixture->last.position);
}

static void damage_is_noticed_and_named(void **state)
{
        struct fixture *fixture = *state;
        const char *first = "00000000000000000001.records";
        uint64_t last;
        add_records(fixture, 30);
        for (off_t at = 0; at < 600; at += 61) {
                flip(file_in(fixture, first), at);
                assert_int_equal(verify(fixture, &last), QF_BACKUP_DAMAGED);
                flip(file_in(fixture, first), at);
        }
        assert_int_equal(verify(fixture, &last), QF_BACKUP_END);
        assert_int_equal(truncate(file_in(fixture, first), 100), 0);
        struct qf_backup *backup = open_backup(fixture, true);
        assert_int_equal(qf_backup_resume(backup), QF_BACKUP_DAMAGED);
        (void)qf_backup_close(backup);
        assert_int_equal(unlink(file_in(fixture, first)), 0);
        assert_int_equal(verify(fixture, &last), QF_BACKUP_DAMAGED);
}

static void files_of_another_history_do_not_follow(void **state)
{
        struct fixture *fixture = *state;
        uint64_t last;
        add_records(fixture, 3);
        struct qf_record_head here = fixture->last;
        struct qf_backup *backup = open_backup(fixture, true);
        assert_int_equal(qf_backup_resume(backup), 0);
        memset(fixture->last.hash, 7, sizeof fixture->last.hash);
        next_record(fixture);
        assert_int_equal(qf_backup_add(backup, &fixture->last, fixture->record), 0);
        assert_int_equal(qf_backup_sync(backup), 0);
        (void)qf_backup_close(backup);
        assert_int_equal(verify(fixture, &last), QF_BACKUP_DAMAGED);
        assert_int_equal(last, here.position);
}

static void two_writers_are_told_apart(void **state)
{
        struct fixture *fixture = *state;
        const struct qf_backup_options options = {.write = true};
        struct qf_backup *second = NULL;
        struct qf_backup *backup = open_backup(fixture, true);
        assert_int_equal(qf_backup_open(fixture->directory, &options, &second), QF_BACKUP_IN_USE);
        (void)qf_backup_close(backup);
}

static void what_is_no_backup_is_refused(void **state)
{
        struct fixture *fixture = *state;
        const struct qf_backup_options options = {.write = false};
        struct qf_backup *backup = NULL;
        assert_int_equal(qf_backup_open(fixture->home.path, &options, &backup), QF_BACKUP_FORMAT);
        assert_false(qf_backup_is(fixture->home.path));
        add_records(fixture, 1);
        assert_true(qf_backup_is(fixture->directory));
        int fd = open(file_in(fixture, "segments"), O_CREAT | O_WRONLY, 0600);
        assert_int_equal(write(fd, "qf-backup 1\n1 2 3\n", 18), 18);
        (void)close(fd);
        assert_int_equal(qf_backup_open(fixture->directory, &options, &backup), QF_BACKUP_FORMAT);
}

/* The list is text, and anybody's hand may have been at it: what it says is taken whole or not at all. */
static void a_list_that_says_something_else_is_refused(void **state)
{
        static const char sums[] = " 0000000000000000000000000000000000000000000000000000000000000000"
                                   " 0000000000000000000000000000000000000000000000000000000000000000";
        static const struct {
                const char *first, *segment, *behind;
                int outcome;
        } rows[] = {
                {"", "", "", QF_BACKUP_FORMAT},
                {"qf-backup", "", "", QF_BACKUP_FORMAT},
                {"qf-backup x\n", "", "", QF_BACKUP_FORMAT},
                {"qf-backup 0\n", "", "", QF_BACKUP_FORMAT},
                {"something 2\n", "", "", QF_BACKUP_FORMAT},
                {"qf-backup 2\n", "", "", QF_BACKUP_NEWER},
                {"qf-backup 10\n", "of another kind", "", QF_BACKUP_NEWER},
                {"qf-backup 1\n", "", "", 0},
                {"qf-backup 1\n", "1 9 100", "\n", 0},
                {"qf-backup 1\n", "x 9 100", "\n", QF_BACKUP_FORMAT},
                {"qf-backup 1\n", "1 x 100", "\n", QF_BACKUP_FORMAT},
                {"qf-backup 1\n", "1 18446744073709551615 100", "\n", QF_BACKUP_FORMAT},
                {"qf-backup 1\n", "1 9 -1", "\n", QF_BACKUP_FORMAT},
                {"qf-backup 1\n", "2 9 100", "\n", QF_BACKUP_FORMAT}, /* what is before it? */
                {"qf-backup 1\n", "1 0 100", "\n", QF_BACKUP_FORMAT},
                {"qf-backup 1\n", "1 9 100", " more\n", QF_BACKUP_FORMAT},
                {"qf-backup 1\n", "1 9 100", "0\n", QF_BACKUP_FORMAT}, /* of the second sum */
        };
        struct fixture *fixture = *state;
        const struct qf_backup_options options = {.write = false};
        add_records(fixture, 1);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                struct qf_backup *backup = NULL;
                FILE *list = fopen(file_in(fixture, "segments"), "w");
                assert_non_null(list);
                assert_true(fprintf(list, "%s%s%s%s", rows[i].first, rows[i].segment,
                                    rows[i].segment[0] ? sums : "", rows[i].behind) >= 0);
                assert_int_equal(fclose(list), 0);
                int outcome = qf_backup_open(fixture->directory, &options, &backup);
                if (outcome != rows[i].outcome)
                        fail_msg("row %zu: %d, not %d", i, outcome, rows[i].outcome);
                (void)qf_backup_close(backup);
        }
}

/* Begun and cut off: who reads finds that it ends there, who writes begins it again. Of a closed one that is damage. */
static void a_file_without_its_first_bytes_is_empty_or_damaged(void **state)
{
        struct fixture *fixture = *state;
        char open_name[64];
        uint64_t last;
        add_records(fixture, 30);
        struct qf_backup *backup = open_backup(fixture, false);
        const uint64_t closed = qf_backup_closed(backup);
        (void)qf_backup_close(backup);
        assert_in_range(closed, 1, 29);
        (void)snprintf(open_name, sizeof open_name, "%020llu.records", (unsigned long long)closed + 1);
        for (off_t left = 7; left >= 0; left -= 3) {
                assert_int_equal(truncate(file_in(fixture, open_name), left), 0);
                assert_int_equal(verify(fixture, &last), QF_BACKUP_END);
                assert_int_equal(last, closed);
        }
        backup = open_backup(fixture, true);
        assert_int_equal(qf_backup_resume(backup), 0);
        fixture->last = *qf_backup_last(backup);
        (void)qf_backup_close(backup);
        assert_int_equal(unlink(file_in(fixture, open_name)), 0);
        assert_int_equal(verify(fixture, &last), QF_BACKUP_END);
        assert_int_equal(last, closed);
        assert_int_equal(truncate(file_in(fixture, "00000000000000000001.records"), 3), 0);
        backup = open_backup(fixture, false);
        struct qf_record_head head;
        struct qf_view record;
        assert_int_equal(qf_backup_next(backup, &head, &record), QF_BACKUP_DAMAGED);
        assert_non_null(strstr(qf_backup_why(backup), "00000000000000000001.records is no file of a backup"));
        (void)qf_backup_close(backup);
        assert_int_equal(unlink(file_in(fixture, "00000000000000000001.records")), 0);
        backup = open_backup(fixture, false);
        assert_int_equal(qf_backup_next(backup, &head, &record), QF_BACKUP_DAMAGED);
        assert_non_null(strstr(qf_backup_why(backup), "is not there"));
        (void)qf_backup_close(backup);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(runs_go_on_where_the_last_one_ended),
                CASE(what_was_closed_is_not_touched_again),
                CASE(a_run_that_was_cut_off_is_continued),
                CASE(damage_is_noticed_and_named),
                CASE(files_of_another_history_do_not_follow),
                CASE(two_writers_are_told_apart),
                CASE(what_is_no_backup_is_refused),
                CASE(a_list_that_says_something_else_is_refused),
                CASE(a_file_without_its_first_bytes_is_empty_or_damaged),
        };
        return cmocka_run_group_tests_name("backup", tests, NULL, NULL);
}
