/* ingest/tap: begins by a mark that can be read, ends by each of the reasons that it says in the copied file, and copies
 * the frames of one source, whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "ingest/tap.h"
#include "support/temporary.h"

enum { PATH_BYTES = 160, TEXT_BYTES = 16 * 1024, FRAME_BYTES = 3000 };

struct fixture {
        struct temporary home;
        char journal[PATH_BYTES], mark[PATH_BYTES], tapped[PATH_BYTES];
        struct qf_programme *programme;
        struct qf_journal_state state;
        struct qf_tap tap;
        char text[TEXT_BYTES];
};

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof *f);
        const struct qf_register office = {.code = QF_VIEW("office"), .roles = QF_ROLE_ADMIN};
        const struct qf_event event = {.kind = QF_KIND_SOURCE, .action = QF_REPLACE, .registered = &office};
        temporary_make(&f->home);
        (void)temporary_in(&f->home, "journal", f->journal, sizeof f->journal);
        (void)temporary_in(&f->home, "journal.tap", f->mark, sizeof f->mark);
        (void)temporary_in(&f->home, "journal.tapped", f->tapped, sizeof f->tapped);
        assert_int_equal(qf_programme_new(&f->programme), 0);
        assert_int_equal(qf_programme_apply(f->programme, &event, 1), 0);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;
        qf_tap_close(&f->tap);
        (void)qf_programme_free(f->programme);
        temporary_remove(f->home.path, 2);
        free(f);
        return 0;
}

static void ask(const struct fixture *f, const char *mark)
{
        FILE *file = fopen(f->mark, "w");
        assert_non_null(file);
        assert_true(fputs(mark, file) >= 0);
        assert_int_equal(fclose(file), 0);
}

static void look(struct fixture *f, int64_t mono_ms)
{
        qf_tap_look(&f->tap, f->journal, f->programme, &f->state, NULL, mono_ms);
}

static const char *tapped(struct fixture *f)
{
        FILE *file = fopen(f->tapped, "r");
        assert_non_null(file);
        f->text[fread(f->text, 1, sizeof f->text - 1, file)] = '\0';
        assert_int_equal(fclose(file), 0);
        return f->text;
}

/* It ended so, and asks no more. */
static void expect_end(struct fixture *f, const char *why)
{
        char end[64];
        assert_null(f->tap.file);
        (void)snprintf(end, sizeof end, "\"why\":\"%s\"}\n", why);
        assert_non_null(strstr(tapped(f), end));
        assert_int_not_equal(access(f->mark, F_OK), 0);
}

static void a_mark_that_cannot_be_read_is_removed(void **state)
{
        struct fixture *f = *state;
        static const char *const marks[] = {"\n",
                                            "office",
                                            " 60\n",
                                            "office 0\n",
                                            "office 3601\n",
                                            "office x\n",
                                            "off\"ice 60\n",
                                            "off\x01ice 60\n",
                                            "a-name-that-no-source-can-have-012 60\n"};
        for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
                ask(f, marks[i]);
                look(f, 0);
                assert_null(f->tap.file);
                assert_int_not_equal(access(f->mark, F_OK), 0);
        }
        ask(f, ""); /* is being written */
        look(f, 0);
        assert_int_equal(access(f->mark, F_OK), 0);
        assert_int_not_equal(access(f->tapped, F_OK), 0);
}

static void what_cannot_be_copied_to_is_said_and_asked_no_more(void **state)
{
        struct fixture *f = *state;
        assert_int_equal(mkdir(f->tapped, 0700), 0);
        ask(f, "office 60\n");
        look(f, 0);
        assert_null(f->tap.file);
        assert_int_not_equal(access(f->mark, F_OK), 0);
}

static void frames_of_the_source_alone_are_copied_whole(void **state)
{
        struct fixture *f = *state;
        char frame[FRAME_BYTES], hex[2 * FRAME_BYTES + 1];
        memset(frame, '\xab', sizeof frame);
        for (size_t i = 0; i < FRAME_BYTES; i++)
                memcpy(hex + 2 * i, "ab", 3);
        ask(f, "office 60\n");
        look(f, 1000);
        assert_non_null(f->tap.file);
        const struct qf_view bytes = {frame, sizeof frame};
        qf_tap_note(&f->tap, QF_VIEW("office#1"), bytes, 1007);
        qf_tap_note(&f->tap, QF_VIEW("office"), bytes, 1007);
        qf_tap_note(&f->tap, QF_VIEW("office2#1"), bytes, 1007);
        qf_tap_note(&f->tap, QF_VIEW("another#1"), bytes, 1007);
        assert_int_equal(f->tap.frames, 1);
        assert_int_equal(f->tap.bytes, 2 * FRAME_BYTES);
        qf_tap_close(&f->tap);
        assert_non_null(strstr(tapped(f), hex));
        assert_non_null(strstr(f->text, "{\"ms\":7,\"user\":\"office#1\""));
        assert_non_null(strstr(f->text, "{\"end\":1,\"why\":\"stopped\"}"));
        assert_int_equal(access(f->mark, F_OK), 0); /* a restart goes on */
}

static void it_ends_when_its_time_is_over_or_it_is_full(void **state)
{
        struct fixture *f = *state;
        ask(f, "office 60\n");
        look(f, 1000);
        look(f, 60999);
        assert_non_null(f->tap.file);
        look(f, 61000);
        expect_end(f, "time");
        ask(f, "office 60\n");
        look(f, 0);
        f->tap.bytes = QF_TAP_BYTES_MAX;
        qf_tap_note(&f->tap, QF_VIEW("office#1"), QF_VIEW("x"), 1);
        assert_int_equal(f->tap.frames, 0);
        look(f, 1);
        expect_end(f, "full");
        ask(f, "nobody 60\n");
        look(f, 0);
        expect_end(f, "no such source");
        ask(f, "office 60\n");
        look(f, 0);
        assert_int_equal(unlink(f->mark), 0);
        look(f, 1);
        expect_end(f, "asked");
}

static void a_disk_that_takes_no_more_ends_it(void **state)
{
        struct fixture *f = *state;
        struct rlimit before;
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
        const struct rlimit none = {0, before.rlim_max};
        ask(f, "office 60\n");
        assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
        look(f, 0);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_true(signal(SIGXFSZ, SIG_DFL) != SIG_ERR);
        assert_null(f->tap.file);
        assert_int_not_equal(access(f->mark, F_OK), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(a_mark_that_cannot_be_read_is_removed),
                TEST(what_cannot_be_copied_to_is_said_and_asked_no_more),
                TEST(frames_of_the_source_alone_are_copied_whole),
                TEST(it_ends_when_its_time_is_over_or_it_is_full),
                TEST(a_disk_that_takes_no_more_ends_it),
        };
        return cmocka_run_group_tests_name("ingest tap", tests, NULL, NULL);
}
