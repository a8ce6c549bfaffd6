/* service/logbook: every change of what was written is found, strangers cannot fill it, and a crash or a full disk
 * costs lines and nothing else. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "service/logbook.h"
#include "support/temporary.h"

struct place {
        struct temporary folder;
        char path[80];
};

static int setup(void **state)
{
        struct place *place = calloc(1, sizeof *place);

        assert_non_null(place);
        temporary_make(&place->folder);
        temporary_in(&place->folder, "book", place->path, sizeof place->path);
        *state = place;
        return 0;
}

static int teardown(void **state)
{
        struct place *place = *state;

        temporary_remove(place->folder.path, 1);
        assert_int_equal(access(place->folder.path, F_OK), -1);
        free(place);
        return 0;
}

static struct qf_logbook *open_book(const struct place *place)
{
        struct qf_logbook *book = NULL;

        assert_int_equal(qf_logbook_open(place->path, &book), 0);
        return book;
}

static void write_some(const struct place *place, int count)
{
        struct qf_logbook *book = open_book(place);

        for (int i = 0; i < count; i++)
                qf_logbook_note(book, "tried", "number=%d text=\"a\nb\"", i);
        qf_logbook_close(book);
}

static int verify(const struct place *place, struct qf_logbook_found *found)
{
        return qf_logbook_read(place->path, NULL, NULL, found);
}

static size_t read_all(const struct place *place, char *bytes, size_t room)
{
        FILE *file = fopen(place->path, "r");
        size_t len = fread(bytes, 1, room, file);

        fclose(file);
        return len;
}

static void write_all(const struct place *place, const char *bytes, size_t len)
{
        FILE *file = fopen(place->path, "w");

        assert_int_equal(fwrite(bytes, 1, len, file), len);
        assert_int_equal(fclose(file), 0);
}

static void a_book_goes_on_where_it_ended(void **state)
{
        struct place *place = *state;
        struct qf_logbook_found found;
        struct stat status;

        assert_int_equal(verify(place, &found), -ENOENT);
        write_some(place, 3);
        write_some(place, 2);
        assert_int_equal(verify(place, &found), 0);
        assert_int_equal(found.first, 1);
        assert_int_equal(found.last, 5);
        assert_int_equal(stat(place->path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
}

/* One byte of any place, one line less, two changed places: each is found, at its line or the one behind it. */
static void every_change_is_found(void **state)
{
        static char bytes[8192], changed[8192];
        struct place *place = *state;
        struct qf_logbook_found found;

        write_some(place, 6);
        size_t len = read_all(place, bytes, sizeof bytes);
        const char *last = memrchr(bytes, '\n', len - 1);
        for (size_t at = 0; at < (size_t)(last - bytes); at++) { /* of the last line only its hash is known */
                memcpy(changed, bytes, len);
                changed[at] = changed[at] == 'x' ? 'y' : 'x';
                write_all(place, changed, len);
                assert_int_equal(verify(place, &found), QF_LOGBOOK_BROKEN);
        }
        const char *second = (const char *)memchr(bytes, '\n', len) + 1;
        const char *third = (const char *)memchr(second, '\n', len) + 1;
        memcpy(changed, bytes, (size_t)(second - bytes));
        memcpy(changed + (second - bytes), third, len - (size_t)(third - bytes));
        write_all(place, changed, len - (size_t)(third - second));
        assert_int_equal(verify(place, &found), QF_LOGBOOK_BROKEN);
        assert_int_equal(found.wrong_at, 2);
        /* Cut at its end, it is as sound as it was then: the newest hash, which the log has, tells. */
        write_all(place, bytes, (size_t)(third - bytes));
        assert_int_equal(verify(place, &found), 0);
        assert_int_equal(found.last, 2);
}

static void a_line_that_was_cut_off_is_taken_back(void **state)
{
        static char bytes[8192];
        struct place *place = *state;
        struct qf_logbook_found found;

        write_some(place, 3);
        size_t len = read_all(place, bytes, sizeof bytes);
        write_all(place, bytes, len - 10);
        assert_int_equal(verify(place, &found), 0);
        write_some(place, 1);
        assert_int_equal(verify(place, &found), 0);
        assert_int_equal(found.last, 3);
        /* What is no book is left as it is. */
        memset(bytes, 'z', 4000);
        bytes[3999] = '\n';
        write_all(place, bytes, 4000);
        struct qf_logbook *book = NULL;
        assert_int_equal(qf_logbook_open(place->path, &book), QF_LOGBOOK_BROKEN);
        assert_null(book);
        assert_int_equal(read_all(place, bytes, sizeof bytes), 4000);
}

static void old_pages_go_and_the_chain_stays(void **state)
{
        struct place *place = *state;
        struct qf_logbook_found found;
        struct qf_logbook *book = open_book(place);
        char fields[200], path[100];
        struct stat status;

        memset(fields, 'f', sizeof fields - 1);
        fields[sizeof fields - 1] = '\0';
        int lines = (QF_LOGBOOK_FILES + 3) * (QF_LOGBOOK_FILE_BYTES / 300);
        for (int i = 0; i < lines; i++)
                qf_logbook_note(book, "long", "%s", fields);
        qf_logbook_close(book);
        assert_int_equal(verify(place, &found), 0);
        assert_int_equal(found.last, lines);
        assert_true(found.first > 1);
        snprintf(path, sizeof path, "%s.%d", place->path, QF_LOGBOOK_FILES);
        assert_int_equal(stat(path, &status), 0);
        snprintf(path, sizeof path, "%s.%d", place->path, QF_LOGBOOK_FILES + 1);
        assert_int_equal(stat(path, &status), -1);
        /* A page that is taken out is missed. */
        snprintf(path, sizeof path, "%s.2", place->path);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(verify(place, &found), QF_LOGBOOK_BROKEN);
        assert_int_equal(found.wrong_file, 1);
}

static void count_lines(void *ctx, const char *line)
{
        int *lines = ctx;

        (void)line;
        (*lines)++;
}

struct last {
        char line[2048];
};

static void keep_last(void *ctx, const char *line)
{
        struct last *last = ctx;

        (void)snprintf(last->line, sizeof last->line, "%s", line);
}

/* What a desk may write: all fields have room, and what is longer yet is cut where a character ends. */
static void long_fields_push_none_out(void **state)
{
        enum { LONG = 66 };
        struct place *place = *state;
        struct qf_logbook *book = open_book(place);
        struct qf_logbook_found found;
        struct last last;
        char text[3 * LONG + 1], longer[6 * sizeof text];

        for (int i = 0; i < LONG; i++)
                memcpy(text + (size_t)(3 * i), "重", sizeof "重");
        qf_logbook_note(book, "period-reopened", "scope=\"%s\" reason=\"%s\" position=7", text, text);
        assert_int_equal(qf_logbook_read(place->path, keep_last, &last, &found), 0);
        assert_non_null(strstr(last.line, "重\" position=7 #"));
        for (int shift = 0; shift < 3; shift++) {
                (void)snprintf(longer, sizeof longer, "%.*s%s%s%s%s%s", shift, "xx", text, text, text, text,
                               text);
                qf_logbook_note(book, "tried", "%s", longer);
                assert_int_equal(qf_logbook_read(place->path, keep_last, &last, &found), 0);
                assert_true(qf_text_valid(qf_view_of(last.line), false));
                assert_non_null(strstr(last.line, "重 #"));
        }
        qf_logbook_close(book);
}

static void strangers_bring_about_a_few_lines_a_minute(void **state)
{
        struct place *place = *state;
        struct qf_logbook *book = open_book(place);
        struct qf_logbook_found found;
        char address[64];
        int lines = 0;

        for (int i = 0; i < 100000; i++) {
                snprintf(address, sizeof address, "10.0.%d.%d", i >> 8 & 255, i & 255);
                qf_logbook_visit(book, "door-refused", "", address, 1000 + i / 10);
        }
        qf_logbook_visit(book, "door-opened", "alpha#0123", "localhost:0:0:4711", 20000);
        qf_logbook_beat(book, 61000);
        qf_logbook_close(book);
        assert_int_equal(qf_logbook_read(place->path, count_lines, &lines, &found), 0);
        assert_true(lines >= 17 && lines <= 34);
        qf_logbook_visit(NULL, "door-refused", "", "10.0.0.1", 0); /* nobody keeps a book */
        qf_logbook_note(NULL, "tried", "x=%d", 1);
        qf_logbook_beat(NULL, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_book_goes_on_where_it_ended, setup, teardown),
                cmocka_unit_test_setup_teardown(every_change_is_found, setup, teardown),
                cmocka_unit_test_setup_teardown(a_line_that_was_cut_off_is_taken_back, setup, teardown),
                cmocka_unit_test_setup_teardown(old_pages_go_and_the_chain_stays, setup, teardown),
                cmocka_unit_test_setup_teardown(long_fields_push_none_out, setup, teardown),
                cmocka_unit_test_setup_teardown(strangers_bring_about_a_few_lines_a_minute, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
