/* store/directory: names that somebody wrote a slash behind, or that are too long, are no other place; what is moved,
 * copied and marked is where it is said to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "store/directory.h"
#include "support/temporary.h"

struct place {
        struct temporary home;
        char directory[128], made[160];
};

static int setup(void **state)
{
        struct place *place = calloc(1, sizeof *place);
        temporary_make(&place->home);
        (void)temporary_in(&place->home, "here", place->directory, sizeof place->directory);
        (void)temporary_in(&place->home, "here.made", place->made, sizeof place->made);
        *state = place;
        return 0;
}

static int teardown(void **state)
{
        struct place *place = *state;
        temporary_remove(place->home.path, 2);
        free(place);
        return 0;
}

/* A directory whose data file has that text. */
static void put(const char *directory, const char *text)
{
        char path[192];
        (void)mkdir(directory, 0700);
        (void)snprintf(path, sizeof path, "%s/data.mdb", directory);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
}

static void expect(const char *directory, const char *suffix, const char *text)
{
        char path[192], found[64] = "";
        (void)snprintf(path, sizeof path, "%s%s/data.mdb", directory, suffix);
        FILE *file = fopen(path, "r");
        if (!text) {
                assert_null(file);
                return;
        }
        assert_non_null(file);
        assert_non_null(fgets(found, sizeof found, file));
        (void)fclose(file);
        assert_string_equal(found, text);
}

static void slashes_behind_a_name_change_nothing(void **state)
{
        static const struct {
                const char *directory, *suffix, *path;
        } cases[] = {
                {"/a/b", ".new", "/a/b.new"},       {"/a/b/", ".new", "/a/b.new"},
                {"b//", "/data.mdb", "b/data.mdb"}, {"/", "", "/"},
                {"//", ".lock", "/.lock"},          {"", ".lock", ".lock"},
        };
        char path[PATH_MAX];
        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                assert_int_equal(qf_path_beside(cases[i].directory, cases[i].suffix, path), 0);
                assert_string_equal(path, cases[i].path);
        }
}

/* --- each thing that is done to a directory --------------------------------------- */

static int lock(const char *directory, const char *made)
{
        QF_CLEANUP(qf_cleanup_close) int fd = -1;
        (void)made;
        return qf_directory_lock(directory, false, &fd);
}

static int find(const char *directory, const char *made)
{
        QF_CLEANUP(qf_cleanup_close) int fd = -1;
        (void)made;
        return qf_directory_find(directory, &fd);
}

static int fill_nothing(const void *ctx, const char *path)
{
        (void)ctx;
        (void)path;
        return 7;
}

static int create(const char *directory, const char *made)
{
        int outcome = 0;
        (void)made;
        int r = qf_directory_create(directory, fill_nothing, NULL, &outcome);
        if (r == QF_DIRECTORY_UNFILLED)
                assert_int_equal(outcome, 7);
        return r;
}

static int set_aside(const char *directory, const char *made)
{
        (void)made;
        return qf_directory_set_aside(directory);
}

static int copy(const char *directory, const char *made)
{
        (void)made;
        return qf_directory_copy(directory, ".made");
}

static int marked(const char *directory, const char *made)
{
        (void)made;
        return qf_directory_marked(directory, ".mark");
}

static int mark(const char *directory, const char *made)
{
        (void)made;
        return qf_directory_mark(directory, ".mark");
}

static int unmark(const char *directory, const char *made)
{
        (void)made;
        return qf_directory_unmark(directory, ".mark");
}

static int remove_it(const char *directory, const char *made)
{
        (void)made;
        return qf_directory_remove(directory);
}

static int forget(const char *directory, const char *made)
{
        (void)made;
        return qf_directory_forget(directory, ".made");
}

static int sync_parent(const char *directory, const char *made)
{
        (void)made;
        return qf_directory_sync_parent(directory);
}

/* A path is as long as one likes with slashes before it: wherever the limit falls among the names that are made of it,
 * it is refused before anything was done, or it is all done. */
static void a_name_too_long_is_refused_before_anything_is_done(void **state)
{
        static const struct {
                int (*call)(const char *directory, const char *made);
                int fine; /* what it says of a name that is not too long */
        } calls[] = {
                {lock, 0},
                {find, 0},
                {create, QF_DIRECTORY_UNFILLED},
                {set_aside, 0},
                {qf_directory_exchange, 0},
                {copy, -ENOTEMPTY}, /* a directory that is there is not written over */
                {marked, 0},
                {mark, 0},
                {unmark, 0},
                {remove_it, 0},
                {forget, 0},
                {sync_parent, 0},
        };
        struct place *place = *state;
        char name[PATH_MAX + 32];
        const size_t len = strlen(place->directory);
        for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
                unsigned refused = 0;
                for (size_t long_by = PATH_MAX - 20; long_by <= PATH_MAX; long_by++) {
                        put(place->directory, "old");
                        put(place->made, "new");
                        memset(name, '/', sizeof name);
                        memcpy(name + long_by - len, place->directory, len + 1);
                        int r = calls[i].call(name, place->made);
                        if (r == -ENAMETOOLONG) {
                                refused++;
                                expect(place->directory, "", "old");
                                expect(place->made, "", "new");
                                expect(place->directory, ".set-aside", NULL);
                        } else {
                                assert_int_equal(r, calls[i].fine);
                        }
                        temporary_remove(place->home.path, 2);
                        assert_int_equal(mkdir(place->home.path, 0700), 0);
                }
                assert_in_range(refused, 1, 20);
        }
}

static void what_is_made_takes_the_place_and_what_stood_there_is_kept(void **state)
{
        struct place *place = *state;
        char slash[160];
        (void)snprintf(slash, sizeof slash, "%s/", place->directory);
        put(place->made, "first");
        assert_int_equal(qf_directory_replace(slash, place->made), 0); /* nothing stands there */
        expect(place->directory, "", "first");
        put(place->made, "second");
        assert_int_equal(qf_directory_replace(slash, place->made), 0);
        expect(place->directory, "", "second");
        expect(place->directory, ".set-aside", "first");
        put(place->made, "third");
        assert_int_equal(qf_directory_exchange(slash, place->made), 0);
        expect(place->directory, "", "third");
        expect(place->made, "", "second");
        expect(place->directory, ".set-aside", "first");
        assert_int_equal(qf_directory_set_aside(slash), 0);
        expect(place->directory, "", NULL);
        expect(place->directory, ".set-aside", "third");
        assert_int_equal(qf_directory_set_aside(slash), 0); /* what was set aside before stays */
        expect(place->directory, ".set-aside", "third");
        assert_int_equal(qf_directory_copy(slash, ".set-aside"), 0);
        expect(place->directory, "", "third");
        expect(place->directory, ".set-aside", "third");
}

static int fill_whole(const void *ctx, const char *path)
{
        char lock_file[192];
        (void)ctx;
        put(path, "whole");
        (void)snprintf(lock_file, sizeof lock_file, "%s/lock.mdb", path);
        QF_CLEANUP(qf_cleanup_close) int fd = open(lock_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        return fd < 0 ? -errno : 0;
}

static void belongs(const char *directory, const char *suffix, uid_t uid, gid_t gid)
{
        char path[192];
        struct stat about;
        (void)snprintf(path, sizeof path, "%s%s", directory, suffix);
        assert_int_equal(stat(path, &about), 0);
        assert_int_equal(about.st_uid, uid);
        assert_int_equal(about.st_gid, gid);
}

/* The daemons are not root: what a command of root's left them as root's they could not open. */
static void what_root_makes_is_whose_the_folder_is(void **state)
{
        enum { UID = 12345, GID = 23456 };
        static const char *const made[] = {"", "/data.mdb", "/lock.mdb", ".lock", ".mark"};
        struct place *place = *state;
        QF_CLEANUP(qf_cleanup_close) int fd = -1;
        char other[128], lock_path[160];
        int outcome = 0;
        if (geteuid() != 0)
                skip();
        assert_int_equal(chown(place->home.path, UID, GID), 0);
        assert_int_equal(qf_directory_create(place->directory, fill_whole, NULL, &outcome), 0);
        assert_int_equal(qf_directory_lock(place->directory, false, &fd), 0);
        assert_int_equal(qf_directory_mark(place->directory, ".mark"), 0);
        for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
                belongs(place->directory, made[i], UID, GID);
        assert_int_equal(qf_directory_set_aside(place->directory), 0);
        assert_int_equal(qf_directory_copy(place->directory, ".set-aside"), 0);
        belongs(place->directory, "", UID, GID);
        belongs(place->directory, "/data.mdb", UID, GID);
        /* What has another name stays whose it is. */
        (void)temporary_in(&place->home, "other", other, sizeof other);
        (void)snprintf(lock_path, sizeof lock_path, "%s.lock", other);
        put(place->made, "roots");
        (void)snprintf(other, sizeof other, "%s/data.mdb", place->made);
        assert_int_equal(link(other, lock_path), 0);
        lock_path[strlen(lock_path) - strlen(".lock")] = '\0';
        qf_cleanup_close(&fd);
        assert_int_equal(qf_directory_lock(lock_path, false, &fd), 0);
        belongs(lock_path, ".lock", 0, 0);
}

/* The folder is the daemon's, and what it puts there root does not follow: it would be given away, whosever it is. */
static void a_mark_is_not_made_through_a_link(void **state)
{
        struct place *place = *state;
        char target[128], link_path[192];
        struct stat about;
        if (geteuid() == 0)
                assert_int_equal(chown(place->home.path, 12345, 23456), 0);
        (void)temporary_in(&place->home, "target", target, sizeof target);
        QF_CLEANUP(qf_cleanup_close) int fd = open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        (void)snprintf(link_path, sizeof link_path, "%s.mark", place->directory);
        assert_int_equal(symlink(target, link_path), 0);
        assert_int_equal(qf_directory_mark(place->directory, ".mark"), -ELOOP);
        assert_int_equal(fstat(fd, &about), 0);
        assert_int_equal(about.st_uid, geteuid());
}

static int fill_part(const void *ctx, const char *path)
{
        put(path, "a part");
        return *(const int *)ctx;
}

/* On a disk that is full, what is half made would be what fills it. */
static void what_failed_half_made_is_gone(void **state)
{
        static const int says[] = {-ENOSPC, 7};
        struct place *place = *state;
        int outcome = 0;
        for (size_t i = 0; i < sizeof says / sizeof says[0]; i++) {
                assert_int_equal(qf_directory_create(place->directory, fill_part, &says[i], &outcome),
                                 says[i] < 0 ? says[i] : QF_DIRECTORY_UNFILLED);
                expect(place->directory, ".new", NULL);
                expect(place->directory, "", NULL);
        }
        assert_int_equal(outcome, 7);
        put(place->directory, "old"); /* in the way */
        put(place->made, "new");
        assert_int_equal(qf_directory_copy(place->directory, ".made"), -ENOTEMPTY);
        expect(place->directory, ".new", NULL);
        expect(place->directory, "", "old");
        expect(place->made, "", "new");
}

static void a_mark_that_cannot_be_looked_for_is_not_missing(void **state)
{
        struct place *place = *state;
        char below[192];
        put(place->directory, "a file");
        (void)snprintf(below, sizeof below, "%s/data.mdb/below", place->directory);
        assert_int_equal(qf_directory_marked(place->directory, ".mark"), 0);
        assert_int_equal(qf_directory_mark(place->directory, ".mark"), 0);
        assert_int_equal(qf_directory_marked(place->directory, ".mark"), QF_DIRECTORY_MARKED);
        assert_int_equal(qf_directory_unmark(place->directory, ".mark"), 0);
        assert_int_equal(qf_directory_marked(place->directory, ".mark"), 0);
        assert_int_equal(qf_directory_marked(below, ".mark"), -ENOTDIR);
        assert_int_equal(qf_directory_mark(below, ".mark"), -ENOTDIR);
        assert_int_equal(qf_directory_unmark(below, ".mark"), -ENOTDIR);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(slashes_behind_a_name_change_nothing),
                CASE(a_name_too_long_is_refused_before_anything_is_done),
                CASE(what_is_made_takes_the_place_and_what_stood_there_is_kept),
                CASE(what_failed_half_made_is_gone),
                CASE(what_root_makes_is_whose_the_folder_is),
                CASE(a_mark_is_not_made_through_a_link),
                CASE(a_mark_that_cannot_be_looked_for_is_not_missing),
        };
        return cmocka_run_group_tests_name("directory", tests, NULL, NULL);
}
