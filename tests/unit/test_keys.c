/* wire/keys: files that others can read, or that hold no key, are not taken; what was written reads back, and is in
 * its place whole or not at all.
 *
 * The calls of fsync come here because a program's own functions stand before libc's. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/temporary.h"
#include "wire/keys.h"

static const char *unsynced; /* must not be there before the first sync; then NULL */
static bool broken_disk;

int fsync(int fd)
{
        if (unsynced)
                assert_int_equal(access(unsynced, F_OK), -1);
        unsynced = NULL;
        if (broken_disk) {
                errno = EIO;
                return -1;
        }
        return fdatasync(fd);
}

struct folder {
        struct temporary home;
        char path[128];
};

static int setup(void **state)
{
        struct folder *folder = calloc(1, sizeof *folder);

        assert_non_null(folder);
        temporary_make(&folder->home);
        snprintf(folder->path, sizeof folder->path, "%s/a.key", folder->home.path);
        *state = folder;
        return 0;
}

static int teardown(void **state)
{
        struct folder *folder = *state;

        (void)unlink(folder->path);
        assert_int_equal(rmdir(folder->home.path), 0);
        free(folder);
        return 0;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
        FILE *file = fopen(path, "w");

        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(chmod(path, mode), 0);
}

static void secret_reads_back_with_its_public_half(void **state)
{
        struct folder *folder = *state;
        uint8_t public_key[32], secret[32], read_secret[32], read_public[32];
        struct stat status;

        assert_int_equal(qf_key_make(public_key, secret), 0);
        assert_int_equal(qf_key_write_secret(folder->path, secret), 0);
        assert_int_equal(stat(folder->path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
        assert_int_equal(qf_key_read_secret(folder->path, read_secret, read_public), 0);
        assert_memory_equal(secret, read_secret, 32);
        assert_memory_equal(public_key, read_public, 32);
}

/* A client's file of its server's keys: one, or two while it changes; of anything else one is asked for. */
static void a_server_has_one_key_or_two(void **state)
{
        struct folder *folder = *state;
        static const uint8_t none[32];
        uint8_t made[3][32], secret[32], key[32], other[32];
        char text[QF_KEY_TEXT];

        for (int count = 1; count <= 3; count++) {
                assert_int_equal(qf_key_make(made[count - 1], secret), 0);
                qf_key_text(made[count - 1], text);
                FILE *file = fopen(folder->path, count == 1 ? "w" : "a");
                assert_non_null(file);
                assert_true(fprintf(file, "# the server's\n%s\n", text) > 0);
                assert_int_equal(fclose(file), 0);
                assert_int_equal(qf_key_read_servers(folder->path, key, other), count < 3 ? 0 : QF_KEY_SHAPE);
                assert_int_equal(qf_key_read_public(folder->path, secret), count < 2 ? 0 : QF_KEY_SHAPE);
                if (count == 3)
                        break;
                assert_memory_equal(key, made[0], 32);
                assert_memory_equal(other, count == 1 ? none : made[1], 32);
        }
}

/* A server's own: the file that a reload lays goes before the other, when it is there; two keys while it changes. */
static void a_server_reads_its_key_and_the_former_one(void **state)
{
        struct folder *folder = *state;
        struct qf_curve first = {0}, second = {0}, got;
        char now[sizeof folder->path + 8], marks[QF_KEY_MARKS];

        (void)snprintf(now, sizeof now, "%s.now", folder->path);
        assert_int_equal(qf_key_make(first.public_key, first.secret_key), 0);
        assert_int_equal(qf_key_write_secret(folder->path, first.secret_key), 0);
        assert_int_equal(qf_key_read_server(now, folder->path, &got), 0);
        assert_memory_equal(&got, &first, sizeof got);
        qf_key_marks(&got, marks);
        assert_int_equal(strlen(marks), 8);
        assert_int_equal(qf_key_make(second.public_key, second.secret_key), 0);
        memcpy(second.former_public_key, first.public_key, 32);
        memcpy(second.former_secret_key, first.secret_key, 32);
        assert_int_equal(qf_key_write_server(now, &second), 0);
        assert_int_equal(qf_key_read_server(now, folder->path, &got), 0);
        assert_memory_equal(&got, &second, sizeof got);
        qf_key_marks(&got, marks);
        assert_int_equal(strlen(marks), 17);
        assert_int_equal(qf_key_read_server(NULL, folder->path, &got), 0);
        assert_memory_equal(&got, &first, sizeof got);
        assert_int_equal(chmod(now, 0640), 0);
        assert_int_equal(qf_key_read_server(now, folder->path, &got), QF_KEY_MODE);
        assert_ptr_equal(qf_key_server_file(now, folder->path), now); /* which is the one that is named */
        assert_int_equal(unlink(now), 0);
        assert_ptr_equal(qf_key_server_file(now, folder->path), folder->path);
        assert_ptr_equal(qf_key_server_file(NULL, folder->path), folder->path);
}

static void secret_is_never_overwritten(void **state)
{
        struct folder *folder = *state;
        uint8_t public_key[32], secret[32];

        assert_int_equal(qf_key_make(public_key, secret), 0);
        assert_int_equal(qf_key_write_secret(folder->path, secret), 0);
        assert_int_equal(qf_key_write_secret(folder->path, secret), -EEXIST);
}

static void secret_that_others_can_read_is_refused(void **state)
{
        struct folder *folder = *state;
        uint8_t public_key[32], secret[32];
        const mode_t modes[] = {0640, 0604, 0660, 0644, 0610};

        assert_int_equal(qf_key_make(public_key, secret), 0);
        assert_int_equal(qf_key_write_secret(folder->path, secret), 0);
        for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
                assert_int_equal(chmod(folder->path, modes[i]), 0);
                assert_int_equal(qf_key_read_secret(folder->path, secret, public_key), QF_KEY_MODE);
        }
}

static void public_key_reads_back_and_may_be_written_again(void **state)
{
        struct folder *folder = *state;
        uint8_t public_key[32], secret[32], read_public[32];

        for (int i = 0; i < 2; i++) {
                assert_int_equal(qf_key_make(public_key, secret), 0);
                assert_int_equal(qf_key_write_public(folder->path, public_key), 0);
                assert_int_equal(qf_key_read_public(folder->path, read_public), 0);
                assert_memory_equal(public_key, read_public, 32);
        }
}

static void key_is_in_its_place_only_when_it_is_on_disk(void **state)
{
        struct folder *folder = *state;
        uint8_t public_key[32], secret[32];

        assert_int_equal(qf_key_make(public_key, secret), 0);
        unsynced = folder->path;
        assert_int_equal(qf_key_write_secret(folder->path, secret), 0);
        assert_null(unsynced);
        assert_int_equal(unlink(folder->path), 0);
        unsynced = folder->path;
        assert_int_equal(qf_key_write_public(folder->path, public_key), 0);
        assert_null(unsynced);
}

static void key_that_cannot_be_synced_is_not_there(void **state)
{
        struct folder *folder = *state;
        uint8_t public_key[32], secret[32];

        assert_int_equal(qf_key_make(public_key, secret), 0);
        broken_disk = true;
        assert_int_equal(qf_key_write_secret(folder->path, secret), -EIO);
        broken_disk = false;
        assert_int_equal(access(folder->path, F_OK), -1);
}

static void files_of_other_shapes_are_refused(void **state)
{
        struct folder *folder = *state;
        static const char *const texts[] = {
                "",
                "# only a comment\n",
                "too short\n",
                "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%c\n",     /* 39 */
                "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%css\n",   /* 41 */
                "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%c\x7f\n", /* outside the alphabet */
                "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%c\xff\n",
                "#####\n", /* a value above 32 bits; also a line that is no comment */
                "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs\nD:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs\n",
        };
        uint8_t key[32];

        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
                write_file(folder->path, texts[i], 0600);
                assert_int_equal(qf_key_read_public(folder->path, key), QF_KEY_SHAPE);
        }
}

static void comments_and_windows_line_ends_are_taken(void **state)
{
        struct folder *folder = *state;
        uint8_t key[32], again[32];

        write_file(folder->path, "# one\r\n#\r\n\r\nD:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs\r\n", 0600);
        assert_int_equal(qf_key_read_secret(folder->path, key, again), 0);
        assert_true(qf_key_parse("D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs", again));
        assert_memory_equal(key, again, 32);
}

static void huge_file_and_directory_are_refused(void **state)
{
        struct folder *folder = *state;
        static char huge[9000];
        uint8_t key[32];

        memset(huge, '#', sizeof huge - 1);
        write_file(folder->path, huge, 0600);
        assert_int_equal(qf_key_read_public(folder->path, key), QF_KEY_SHAPE);
        assert_int_equal(qf_key_read_public(folder->home.path, key), QF_KEY_SHAPE);
        assert_int_equal(qf_key_read_public("/nowhere/at/all", key), -ENOENT);
}

static void made_keys_look_like_neither_comment_nor_option(void **state)
{
        uint8_t public_key[32], secret[32];
        char text[QF_KEY_TEXT];

        (void)state;
        for (int i = 0; i < 500; i++) {
                assert_int_equal(qf_key_make(public_key, secret), 0);
                qf_key_text(public_key, text);
                assert_true(text[0] != '#' && text[0] != '-');
                qf_key_text(secret, text);
                assert_true(text[0] != '#' && text[0] != '-');
        }
}

static void text_of_a_key_parses_back(void **state)
{
        char text[QF_KEY_TEXT];
        uint8_t key[32], back[32];

        (void)state;
        for (int i = 0; i < 32; i++)
                key[i] = (uint8_t)(i * 8 + 7);
        qf_key_text(key, text);
        assert_int_equal(strlen(text), QF_KEY_TEXT - 1);
        assert_true(qf_key_parse(text, back));
        assert_memory_equal(key, back, 32);
        assert_false(qf_key_parse("", back));
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_FOLDER(secret_reads_back_with_its_public_half),
                WITH_FOLDER(a_server_has_one_key_or_two),
                WITH_FOLDER(a_server_reads_its_key_and_the_former_one),
                WITH_FOLDER(secret_is_never_overwritten),
                WITH_FOLDER(secret_that_others_can_read_is_refused),
                WITH_FOLDER(public_key_reads_back_and_may_be_written_again),
                WITH_FOLDER(key_is_in_its_place_only_when_it_is_on_disk),
                WITH_FOLDER(key_that_cannot_be_synced_is_not_there),
                WITH_FOLDER(files_of_other_shapes_are_refused),
                WITH_FOLDER(comments_and_windows_line_ends_are_taken),
                WITH_FOLDER(huge_file_and_directory_are_refused),
                cmocka_unit_test(made_keys_look_like_neither_comment_nor_option),
                cmocka_unit_test(text_of_a_key_parses_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
