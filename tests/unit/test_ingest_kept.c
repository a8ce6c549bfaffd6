/* ingest/kept: what is doubtful in the list of backups, or cannot be read or written, lets nobody forget. */
#include "support/ingest_fixture.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "ingest/kept.h"

enum { FIRST = 2, LAST = 4 };

struct trial {
        struct ingest_fixture *fixture;
        struct qf_group *group;
        char marks[160], fresh[160];
        uint8_t hash[QF_SHA256_BYTES]; /* of record LAST */
};

static int setup(void **state)
{
        struct trial *trial = calloc(1, sizeof *trial);
        struct ingest_fixture *fixture = trial->fixture = fixture_loaded();
        bool found = false;
        for (uint64_t first = 1; first < 9; first += 3) {
                struct qf_from_partner send = creates_of(fixture, 1, first, 3);
                (void)ask(fixture, "hx.a", &send);
        }
        trial->group = qf_ingest_group(fixture->ingest);
        assert_int_equal(qf_group_hash_at(trial->group, LAST, trial->hash, &found), 0);
        assert_true(found);
        (void)snprintf(trial->marks, sizeof trial->marks, "%s.backups", fixture->directory);
        (void)snprintf(trial->fresh, sizeof trial->fresh, "%s.backups.new", fixture->directory);
        *state = trial;
        return 0;
}

static int teardown(void **state)
{
        struct trial *trial = *state;
        fixture_remove(trial->fixture);
        free(trial);
        return 0;
}

static int note(struct trial *trial, const char *name)
{
        return qf_kept_note(trial->fixture->directory, qf_view_of(name), LAST, trial->hash);
}

/* The last record that all backups have; 0: nobody may forget anything. */
static uint64_t kept(struct trial *trial)
{
        struct qf_kept looked = {.position = 77};
        assert_int_equal(qf_kept_look(&looked, trial->fixture->directory, trial->group), 0);
        return looked.position;
}

static void add_line(struct trial *trial, const char *text)
{
        FILE *file = fopen(trial->marks, "a");
        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
}

static void line_that_says_too_little_lets_nobody_forget(void **state)
{
        struct trial *trial = *state;
        assert_int_equal(kept(trial), 0); /* there is no list */
        assert_int_equal(note(trial, "one"), 0);
        assert_int_equal(kept(trial), LAST);
        add_line(trial, "3\n");
        assert_int_equal(kept(trial), 0);
}

static unsigned lines_of(const struct trial *trial)
{
        FILE *file = fopen(trial->marks, "r");
        unsigned lines = 0;
        assert_non_null(file);
        for (int c; (c = fgetc(file)) != EOF;)
                lines += c == '\n';
        assert_int_equal(fclose(file), 0);
        return lines;
}

/* As somebody left it who wrote it by hand: without the end of its last line. */
static void line_without_an_end_is_kept_beside_another(void **state)
{
        struct trial *trial = *state;
        char line[128], hex[2 * QF_SHA256_BYTES + 1];
        uint8_t hash[QF_SHA256_BYTES];
        bool found = false;
        assert_int_equal(qf_group_hash_at(trial->group, FIRST, hash, &found), 0);
        qf_text_hex(hash, sizeof hash, hex);
        (void)snprintf(line, sizeof line, "%d %s old", FIRST, hex);
        add_line(trial, line);
        assert_int_equal(note(trial, "new"), 0);
        assert_int_equal(lines_of(trial), 2);
        assert_int_equal(note(trial, "new"), 0); /* its own line is made anew, not added to */
        assert_int_equal(lines_of(trial), 2);
        assert_int_equal(kept(trial), FIRST);
}

static void what_is_no_place_for_a_list_is_an_error(void **state)
{
        struct trial *trial = *state;
        struct qf_kept looked = {0};
        char longer[PATH_MAX];
        memset(longer, 'a', sizeof longer);
        longer[sizeof longer - 1] = '\0';
        assert_int_equal(qf_kept_look(&looked, longer, trial->group), -ENAMETOOLONG);
        assert_int_equal(qf_kept_note(longer, QF_VIEW("one"), LAST, trial->hash), -ENAMETOOLONG);
        assert_int_equal(qf_kept_look(&looked, "/dev/null/journal", trial->group), -ENOTDIR);
        assert_int_equal(note(trial, "two\nlines"), -EINVAL);
        assert_int_equal(mkdir(trial->marks, 0700), 0); /* a folder in its place can be opened and not read */
        assert_int_equal(note(trial, "one"), -EIO);
        assert_int_equal(qf_kept_look(&looked, trial->fixture->directory, trial->group), -EIO);
        assert_int_equal(mkdir(trial->fresh, 0700) < 0 ? errno : 0,
                         EEXIST); /* half of one, which the next writes over */
        assert_int_equal(unlink(trial->fresh), 0);
        assert_int_equal(mkdir(trial->fresh, 0700), 0);
        assert_int_equal(note(trial, "one"), -EISDIR);
}

static void list_on_a_full_disk_stays_as_it_was(void **state)
{
        struct trial *trial = *state;
        char line[128];
        assert_int_equal(note(trial, "one"), 0);
        assert_int_equal(symlink("/dev/full", trial->fresh), 0);
        assert_int_equal(note(trial, "two"), -ENOSPC);
        assert_int_equal(kept(trial), LAST);
        memset(line, 'x', sizeof line);
        line[sizeof line - 2] = '\n';
        line[sizeof line - 1] = '\0';
        for (unsigned i = 0; i < 100; i++) /* more than is written in one go */
                add_line(trial, line);
        assert_int_equal(note(trial, "two"), -EIO);
        assert_int_equal(unlink(trial->fresh), 0);
        assert_int_equal(note(trial, "two"), 0);
}

/* Of what lies behind a record that all backups have. */
static void outboxes_keep_what_no_backup_has(void **state)
{
        struct trial *trial = *state;
        struct qf_sender sender = {0};
        assert_int_equal(qf_kept_from(trial->group, &sender, LAST), 1); /* nothing is known of it */
        sender.row.ref = 2;
        sender.row.last = 9;
        assert_int_equal(qf_kept_from(trial->group, &sender, 0), 1);
        const uint64_t behind = qf_group_committed(trial->group)->last;
        assert_int_equal(qf_kept_from(trial->group, &sender, behind), 10);
        assert_int_equal(qf_kept_from(trial->group, &sender, behind - 1), 7);
        assert_int_equal(qf_kept_from(trial->group, &sender, behind - 2), 4);
        assert_int_equal(qf_kept_from(trial->group, &sender, behind - 3), 1);
}

/* To the number, wherever it stands in its record: one too many is one that no backup has. */
static void outboxes_keep_from_the_very_number(void **state)
{
        static const uint32_t sizes[] = {1, 1, 2, 1, 3, 1, 1, 4, 1, 2, 1, 5, 1, 1, 1, 1};
        enum { BATCHES = sizeof sizes / sizeof sizes[0] };
        struct trial *trial = *state;
        uint64_t last[BATCHES + 1] = {0}, position[BATCHES + 1];

        position[0] = qf_group_committed(trial->group)->last; /* of the other outbox */
        for (size_t i = 0; i < BATCHES; i++) {
                struct qf_from_partner send = creates_of(trial->fixture, 2, last[i] + 1, sizes[i]);
                (void)ask(trial->fixture, "hx.a", &send);
                last[i + 1] = last[i] + sizes[i];
                position[i + 1] = qf_group_committed(trial->group)->last;
                assert_true(position[i + 1] > position[i]);
        }
        for (size_t i = 0; i <= BATCHES; i++)
                for (uint64_t had = 1; had <= BATCHES; had++) { /* halved otherwise by every length */
                        struct qf_sender sender = {.row = {.ref = 3, .last = last[had]}};
                        const uint64_t wanted = last[i < had ? i : had] + 1;
                        assert_int_equal(qf_kept_from(trial->group, &sender, position[i]), wanted);
                }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        static const struct CMUnitTest tests[] = {
                TEST(line_that_says_too_little_lets_nobody_forget),
                TEST(line_without_an_end_is_kept_beside_another),
                TEST(what_is_no_place_for_a_list_is_an_error),
                TEST(list_on_a_full_disk_stays_as_it_was),
                TEST(outboxes_keep_what_no_backup_has),
                TEST(outboxes_keep_from_the_very_number),
        };
        return cmocka_run_group_tests_name("ingest kept", tests, NULL, NULL);
}
