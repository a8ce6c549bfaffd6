/* What an operator does to a journal, each when memory, the store or a file fails at each call: the error comes out
 * unchanged, the journal that stands is whole, and what is done again afterwards goes well. */
#include "support/ingest_fixture.h"

#include <errno.h>
#include <fcntl.h>

#include "aggregate/checkpoint.h"
#include "ingest/audit_worker.h"
#include "ingest/kept.h"
#include "ingest/redact.h"
#include "ingest/restore.h"
#include "ingest/trim.h"
#include "store/directory.h"
#include "support/back_up.h"
#include "support/failing.h"

enum { SEGMENT_BYTES = 700, BATCHES = 4, TRIM_BEFORE = 4 };

struct trial {
        struct ingest_fixture *fixture; /* its ingest is closed */
        char directory[128], archive[128], backup[128], restored[128], scratch[128], counts[128];
        uint64_t last; /* record of the journal at first */
        int nowhere;   /* what an audit tells */
};

/* The journal as it was at first, whatever was made of it. */
static void put_back(struct trial *trial)
{
        static const char *const beside[] = {".set-aside", ".trimmed", ".redacted", ".new"};
        for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++)
                assert_int_equal(qf_directory_forget(trial->directory, beside[i]), 0);
        assert_int_equal(qf_directory_remove(trial->directory), 0);
        assert_int_equal(qf_directory_copy(trial->directory, ".first"), 0);
}

/* Half a copy beside the journal would hold the very room that was too little. */
static void expect_no_half(const char *directory, const char *suffix)
{
        char path[160];
        (void)snprintf(path, sizeof path, "%s%s", directory, suffix);
        assert_int_equal(access(path, F_OK), -1);
}

/* It stands, and reaches at least so far. */
static void expect_whole(struct trial *trial)
{
        struct qf_group *group = NULL;
        assert_int_equal(qf_restore_open(trial->directory, &group), 0);
        assert_true(qf_group_committed(group)->last >= trial->last);
        (void)qf_group_close(group);
}

static int back_up_all(struct trial *trial, const char *directory)
{
        const struct qf_backup_options how = {.write = true, .segment_bytes = SEGMENT_BYTES};
        struct qf_backup *backup = NULL;
        struct qf_group *group = NULL;
        int r = qf_backup_open(directory, &how, &backup);
        if (r == 0)
                r = qf_backup_resume(backup);
        if (r == 0)
                r = qf_restore_open(trial->directory, &group);
        if (r == 0)
                r = back_up(group, backup, qf_backup_last(backup)->position + 1, trial->last);
        if (r == 0)
                r = qf_backup_sync(backup);
        if (r == 0)
                r = qf_kept_note(trial->directory, qf_view_of(directory), trial->last,
                                 qf_backup_last(backup)->hash);
        (void)qf_group_close(group);
        (void)qf_backup_close(backup);
        return r;
}

static void make_journal(struct ingest_fixture *fixture)
{
        const struct qf_words words = {.title = QF_VIEW("call 13812345678"), .note = QF_VIEW("held indoors")};
        const struct qf_pair value = {QF_VIEW("org"), QF_VIEW("HX")};
        const struct qf_event event = {.kind = QF_KIND_ACTIVITY,
                                       .action = QF_CREATE,
                                       .key = QF_VIEW("A"),
                                       .date = 20230506,
                                       .sessions = 1,
                                       .words = &words};
        struct qf_from_partner send = send_of(2, 1);
        load_programme(fixture);
        for (uint64_t first = 1; first < 3 * BATCHES; first += 3) {
                struct qf_from_partner creates = creates_of(fixture, 1, first, 3);
                (void)ask(fixture, "hx.a", &creates);
        }
        put_event(fixture, &event, &value, 1);
        end_body(fixture, &send);
        assert_int_equal(ask(fixture, "hx.a", &send)->exceptions_count, 0);
}

static int setup(void **state)
{
        struct trial *trial = calloc(1, sizeof *trial);
        struct ingest_fixture *fixture = trial->fixture = calloc(1, sizeof *fixture);
        char first[160];
        temporary_make_in_memory(&fixture->temporary);
        (void)temporary_in(&fixture->temporary, "journal", fixture->directory, sizeof fixture->directory);
        fixture_begin(fixture);
        make_journal(fixture);
        trial->last = qf_group_committed(qf_ingest_group(fixture->ingest))->last;
        fixture->ingest = qf_ingest_close(fixture->ingest);
        (void)temporary_in(&fixture->temporary, "journal", trial->directory, sizeof trial->directory);
        (void)temporary_in(&fixture->temporary, "archive", trial->archive, sizeof trial->archive);
        (void)temporary_in(&fixture->temporary, "backup", trial->backup, sizeof trial->backup);
        (void)temporary_in(&fixture->temporary, "restored", trial->restored, sizeof trial->restored);
        (void)temporary_in(&fixture->temporary, "scratch", trial->scratch, sizeof trial->scratch);
        (void)temporary_in(&fixture->temporary, "counts", trial->counts, sizeof trial->counts);
        (void)snprintf(first, sizeof first, "%s.first", trial->directory);
        assert_int_equal(rename(trial->directory, first), 0);
        put_back(trial);
        assert_int_equal(back_up_all(trial, trial->archive), 0);
        trial->nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        *state = trial;
        return 0;
}

static int teardown(void **state)
{
        struct trial *trial = *state;
        (void)close(trial->nowhere);
        fixture_remove(trial->fixture);
        free(trial);
        return 0;
}

/* --- backing up --------------------------------------------------------------- */

static int back_up_and_read(void *ctx)
{
        struct trial *trial = ctx;
        const struct qf_backup_options how = {.write = false};
        struct qf_backup *backup = NULL;
        struct qf_record_head head = {0};
        struct qf_view record;
        int r = back_up_all(trial, trial->backup);
        if (r == 0)
                r = qf_backup_open(trial->backup, &how, &backup);
        if (r == 0)
                r = qf_backup_check_files(backup);
        while (r == 0 && head.position < trial->last)
                r = qf_backup_next(backup, &head, &record);
        (void)qf_backup_close(backup);
        return r;
}

static void backing_up_goes_on(void *ctx)
{
        struct trial *trial = ctx;
        assert_int_equal(back_up_and_read(trial), 0);
        temporary_remove(trial->backup, 1);
}

static void broken_backup_is_continued(void **state)
{
        failing_each(FAILING_MEMORY, back_up_and_read, backing_up_goes_on, *state, 20, 0);
        temporary_remove(((struct trial *)*state)->backup, 1);
        /* Without the list there is still the first file to tell a backup by. */
        failing_each(FAILING_FILES, back_up_and_read, backing_up_goes_on, *state, 40, 1);
}

/* --- how far backups reach ---------------------------------------------------- */

static int look(void *ctx)
{
        struct trial *trial = ctx;
        struct qf_group *group = NULL;
        struct qf_kept kept = {0};
        int r = qf_restore_open(trial->directory, &group);
        if (r == 0)
                r = qf_kept_look(&kept, trial->directory, group);
        (void)qf_group_close(group);
        assert_true(kept.position <= TRIM_BEFORE);
        return r;
}

/* Two lines: whoever reads but the first must not take it for all, and let partners forget what the second lacks. */
static void list_that_cannot_be_read_lets_nobody_forget(void **state)
{
        struct trial *trial = *state;
        struct qf_group *group = NULL;
        uint8_t hash[QF_SHA256_BYTES];
        bool found = false;
        assert_int_equal(qf_restore_open(trial->directory, &group), 0);
        assert_int_equal(qf_group_hash_at(group, TRIM_BEFORE, hash, &found), 0);
        (void)qf_group_close(group);
        assert_int_equal(qf_kept_note(trial->directory, QF_VIEW("an old one"), TRIM_BEFORE, hash), 0);
        failing_each(FAILING_FILES, look, NULL, trial, 5, 0);
}

/* --- trimming, auditing, redacting, restoring ---------------------------------- */

static int trim(void *ctx)
{
        struct trial *trial = ctx;
        const struct qf_trim_wanted wanted = {.directory = trial->directory,
                                              .archive = trial->archive,
                                              .before = "4",
                                              .reason = "room",
                                              .cut = true};
        struct qf_trim_about about;
        int r = qf_trim(&wanted, trial->fixture->now_ms, &about);
        return r == QF_TRIM_FULL ? -ENOSPC : r == QF_TRIM_MISSING ? -EIO : r; /* "or it can't be read" */
}

static void trimming_again_goes_well(void *ctx)
{
        struct trial *trial = ctx;
        struct qf_trim_about about;
        const struct qf_trim_wanted look = {
                .directory = trial->directory, .archive = trial->archive, .before = "4"};
        expect_whole(trial);
        int r = qf_trim(&look, trial->fixture->now_ms, &about);
        if (r == 0)
                r = trim(trial);
        else
                assert_int_equal(r,
                                 QF_TRIM_NOTHING); /* it was put in place, and only then something failed */
        assert_true(r == 0 || about.first == TRIM_BEFORE);
        put_back(trial);
}

static void trimming_without_room_changes_nothing(void *ctx)
{
        expect_no_half(((struct trial *)ctx)->directory, ".trimmed");
        trimming_again_goes_well(ctx);
}

static void broken_trim_is_done_again(void **state)
{
        failing_each(FAILING_ROOM, trim, trimming_without_room_changes_nothing, *state, 20, 0);
        put_back(*state);
        failing_each(FAILING_MEMORY, trim, trimming_again_goes_well, *state, 20, 0);
        put_back(*state);
        failing_each(FAILING_STORAGE, trim, trimming_again_goes_well, *state, 50, 0);
        put_back(*state);
        /* Done without: the size of a file which is only read, the list of the archive to tell it by, and that the copy's
         * lock is removed. */
        failing_each(FAILING_FILES, trim, trimming_again_goes_well, *state, 20, 3);
        put_back(*state);
        failing_each(FAILING_EXCHANGE, trim, trimming_again_goes_well, *state, 1, 1);
}

static int audit(void *ctx)
{
        struct trial *trial = ctx;
        struct qf_audit_shared shared = {0};
        const struct qf_audit_job job = {.directory = trial->directory,
                                         .scratch = trial->scratch,
                                         .archive = trial->archive,
                                         .shared = &shared,
                                         .pipe = trial->nowhere,
                                         .from = 1,
                                         .judging = true,
                                         .hashes = true,
                                         .table = QF_TABLE_JOURNAL};
        int r = qf_directory_forget(trial->scratch, "");
        if (r == 0)
                r = qf_audit_work(&job);
        if (r == 0)
                assert_int_equal(shared.judged, shared.last);
        return r;
}

static int name_sources(void *ctx)
{
        struct trial *trial = ctx;
        const struct qf_audit_finding all = {.position = 1, .through = UINT64_MAX};
        struct qf_audit_shared shared = {0};
        const struct qf_audit_job job = {.directory = trial->directory,
                                         .shared = &shared,
                                         .pipe = trial->nowhere,
                                         .wanted = &all,
                                         .wanted_count = 1};
        return qf_audit_work(&job);
}

/* An audit that could not look says so: it never ends well before all was judged. */
static void audit_that_cannot_look_says_so(void **state)
{
        assert_int_equal(trim(*state), 0);
        failing_each(FAILING_MEMORY, audit, NULL, *state, 20, 0);
        failing_each(FAILING_STORAGE, audit, NULL, *state, 50, 0);
        failing_each(FAILING_ROOM, audit, NULL, *state, 20, 0);
        failing_each(FAILING_MEMORY, name_sources, NULL, *state, 5, 0);
}

static void tell_nobody(void *ctx, const struct qf_redact_found *found)
{
        (void)ctx;
        (void)found;
}

static int redact(void *ctx)
{
        struct trial *trial = ctx;
        const struct qf_redact_wanted wanted = {.key = QF_VIEW("A"),
                                                .words = 1 << QF_WORD_TITLE,
                                                .reason = QF_VIEW("a number"),
                                                .by = QF_VIEW("test"),
                                                .write = true};
        struct qf_redact_about about;
        int r = qf_redact(trial->directory, &wanted, trial->fixture->now_ms, tell_nobody, NULL, &about);
        return r == QF_REDACT_FULL ? -ENOSPC : r == QF_REDACT_MISSING ? -EIO : r; /* "or it can't be read" */
}

static void redacting_again_goes_well(void *ctx)
{
        struct trial *trial = ctx;
        expect_whole(trial);
        int r = redact(trial);
        assert_true(r == 0 ||
                    r == QF_REDACT_NOTHING); /* it was put in place, and only then something failed */
        put_back(trial);
}

static void redacting_without_room_changes_nothing(void *ctx)
{
        expect_no_half(((struct trial *)ctx)->directory, ".redacted");
        redacting_again_goes_well(ctx);
}

static void broken_redaction_is_done_again(void **state)
{
        failing_each(FAILING_ROOM, redact, redacting_without_room_changes_nothing, *state, 20, 0);
        put_back(*state);
        failing_each(FAILING_MEMORY, redact, redacting_again_goes_well, *state, 20, 0);
        put_back(*state);
        failing_each(FAILING_STORAGE, redact, redacting_again_goes_well, *state, 50, 0);
        put_back(*state);
        /* The size of a file which is only read need not be known. */
        failing_each(FAILING_FILES, redact, redacting_again_goes_well, *state, 20, 1);
        put_back(*state);
        failing_each(FAILING_EXCHANGE, redact, redacting_again_goes_well, *state, 1, 1);
}

static int restore_with_archive(void *ctx)
{
        struct trial *trial = ctx;
        const struct qf_restore_from from = {.path = trial->directory, .archive = trial->archive};
        struct qf_restore_about about;
        int r = qf_restore(&from, trial->restored, 0, "test", trial->fixture->now_ms, &about);
        if (r == 0)
                assert_true(about.last >= trial->last);
        return r == QF_RESTORE_FULL ? -ENOSPC : r;
}

static void restoring_again_goes_well(void *ctx)
{
        struct trial *trial = ctx;
        assert_int_equal(restore_with_archive(trial), 0);
        assert_int_equal(qf_directory_forget(trial->restored, ".set-aside"), 0);
        assert_int_equal(qf_directory_forget(trial->restored, ""), 0);
}

static void restoring_without_room_leaves_nothing(void *ctx)
{
        expect_no_half(((struct trial *)ctx)->restored, ".restored");
        restoring_again_goes_well(ctx);
}

static void broken_restore_of_trimmed_journal_is_done_again(void **state)
{
        assert_int_equal(trim(*state), 0);
        failing_each(FAILING_ROOM, restore_with_archive, restoring_without_room_leaves_nothing, *state, 20,
                     0);
        restoring_again_goes_well(*state);
        failing_each(FAILING_MEMORY, restore_with_archive, restoring_again_goes_well, *state, 20, 0);
        restoring_again_goes_well(*state);
        failing_each(FAILING_STORAGE, restore_with_archive, restoring_again_goes_well, *state, 50, 0);
}

/* --- counting an archive ------------------------------------------------------- */

static int make_checkpoint(void *ctx)
{
        struct trial *trial = ctx;
        uint64_t position = 0;
        int r = qf_checkpoint_make(trial->counts, trial->archive, TRIM_BEFORE, NULL, &position);
        if (r == 0)
                assert_int_equal(position, TRIM_BEFORE);
        return r == QF_CHECKPOINT_FULL ? -ENOSPC : r;
}

/* The one that stood there, if any, was not touched; half of one is not left. */
static void counting_again_goes_well(void *ctx)
{
        struct trial *trial = ctx;
        expect_no_half(trial->counts, ".checkpoint.made");
        assert_int_equal(make_checkpoint(trial), 0);
        assert_int_equal(qf_directory_forget(trial->counts, ".checkpoint"), 0);
}

static void broken_checkpoint_is_made_again(void **state)
{
        failing_each(FAILING_ROOM, make_checkpoint, counting_again_goes_well, *state, 10, 0);
        counting_again_goes_well(*state);
        failing_each(FAILING_MEMORY, make_checkpoint, counting_again_goes_well, *state, 20, 0);
        counting_again_goes_well(*state);
        failing_each(FAILING_STORAGE, make_checkpoint, counting_again_goes_well, *state, 30, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(broken_backup_is_continued),      CASE(list_that_cannot_be_read_lets_nobody_forget),
                CASE(broken_trim_is_done_again),       CASE(audit_that_cannot_look_says_so),
                CASE(broken_redaction_is_done_again),  CASE(broken_restore_of_trimmed_journal_is_done_again),
                CASE(broken_checkpoint_is_made_again),
        };
        return cmocka_run_group_tests_name("failing operator", tests, NULL, NULL);
}
