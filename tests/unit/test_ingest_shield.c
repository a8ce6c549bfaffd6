/* ingest/shield: a crash is remembered, a kill is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "ingest/shield.h"
#include "support/temporary.h"

enum { SOURCE = 7, OTHER = 8, NOTED = 64 };

static struct temporary temporary;

/* The state is the journal's directory. */
static int make(void **state)
{
        static char directory[128];
        temporary_make(&temporary);
        (void)temporary_in(&temporary, "journal", directory, sizeof directory);
        *state = directory;
        return 0;
}

static int unmake(void **state)
{
        (void)state;
        temporary_remove(temporary.path, 2);
        return 0;
}

/* A process that judges a source and ends by a signal; gives what the next one is told. */
static uint32_t after_death_over(uint32_t source, const char *directory, int by, int64_t now_ms,
                                 bool *ret_shut)
{
        struct qf_shield *shield = NULL;
        uint32_t crashed = 0;
        int ended = 0;
        pid_t child = fork();
        if (child == 0) {
                const struct rlimit no_core = {0, 0};
                if (setrlimit(RLIMIT_CORE, &no_core) != 0 ||
                    qf_shield_open(directory, now_ms, &shield, &crashed) != 0 || qf_shield_watch(shield) != 0)
                        _exit(1);
                qf_shield_judging(shield, OTHER);
                qf_shield_judging(shield, 0);
                qf_shield_judging(shield, source);
                (void)raise(by);
                _exit(2);
        }
        assert_int_equal(waitpid(child, &ended, 0), child);
        assert_true(WIFSIGNALED(ended) && WTERMSIG(ended) == by);
        assert_int_equal(qf_shield_open(directory, now_ms, &shield, &crashed), 0);
        *ret_shut = qf_shield_is_shut(shield, SOURCE, now_ms);
        assert_false(qf_shield_is_shut(shield, OTHER, now_ms));
        (void)qf_shield_close(shield);
        return crashed;
}

static uint32_t after_death(const char *directory, int by, int64_t now_ms, bool *ret_shut)
{
        return after_death_over(SOURCE, directory, by, now_ms, ret_shut);
}

/* There is room for so many sources: the one whose crash is longest ago makes room. */
static void the_source_that_crashed_longest_ago_is_forgotten_first(void **state)
{
        const char *directory = *state;
        bool shut = false;
        int64_t now_ms = INT64_C(1700000000000);
        for (int i = 0; i < 3; i++)
                assert_int_equal(after_death(directory, SIGSEGV, ++now_ms, &shut), SOURCE);
        assert_true(shut);
        for (uint32_t i = 1; i < NOTED; i++)
                assert_int_equal(after_death_over(100 + i, directory, SIGSEGV, ++now_ms, &shut), 100 + i);
        assert_true(shut);
        assert_int_equal(after_death_over(100 + NOTED, directory, SIGSEGV, ++now_ms, &shut), 100 + NOTED);
        assert_false(shut);
}

/* No source had a part in it. */
static void a_crash_while_it_opens_shuts_nobody(void **state)
{
        const char *directory = *state;
        bool shut = true;
        for (int i = 0; i < 4; i++)
                assert_int_equal(after_death_over(QF_SHIELD_OPENING, directory, SIGSEGV, 1000 + i, &shut),
                                 QF_SHIELD_OPENING);
        assert_false(shut);
}

static void a_place_that_is_none_is_an_error(void **state)
{
        struct qf_shield *shield = NULL;
        uint32_t crashed = 0;
        char longer[PATH_MAX];
        (void)state;
        memset(longer, 'a', sizeof longer);
        longer[sizeof longer - 1] = '\0';
        assert_int_equal(qf_shield_open(longer, 0, &shield, &crashed), -ENAMETOOLONG);
        assert_true(qf_shield_open("/nowhere/at/all", 0, &shield, &crashed) < 0);
        assert_null(shield);
        assert_null(qf_shield_close(NULL));
}

static void third_crash_within_an_hour_shuts_the_source(void **state)
{
        const char *directory = *state;
        bool shut = false;
        int64_t now_ms = INT64_C(1700000000000);
        assert_int_equal(after_death(directory, SIGSEGV, now_ms, &shut), SOURCE);
        assert_int_equal(after_death(directory, SIGABRT, now_ms + 1000, &shut), SOURCE);
        assert_false(shut);
        for (int i = 0; i < 5; i++)
                assert_int_equal(after_death(directory, SIGKILL, now_ms + 2000, &shut), 0);
        assert_false(shut);
        assert_int_equal(after_death(directory, SIGBUS, now_ms + 3000, &shut), SOURCE);
        assert_true(shut);
        assert_int_equal(after_death(directory, SIGKILL, now_ms + 2 * 3600 * 1000, &shut), 0);
        assert_false(shut);
        assert_int_equal(after_death(directory, SIGSEGV, now_ms + 2 * 3600 * 1000, &shut), SOURCE);
        assert_false(shut);
}

/* It was a year ahead when a source crashed ingest, and was set right then. */
static void a_clock_that_is_set_back_shuts_nobody_for_years(void **state)
{
        const char *directory = *state;
        const int64_t ahead_ms = INT64_C(1730000000000), now_ms = INT64_C(1700000000000);
        bool shut = false;
        for (int i = 0; i < 3; i++)
                assert_int_equal(after_death(directory, SIGSEGV, ahead_ms + i, &shut), SOURCE);
        assert_true(shut);
        assert_int_equal(after_death(directory, SIGKILL, now_ms, &shut), 0);
        assert_false(shut);
        assert_int_equal(after_death(directory, SIGSEGV, now_ms + 1, &shut), SOURCE);
        assert_false(shut); /* the first of its hour */
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(third_crash_within_an_hour_shuts_the_source, make, unmake),
                cmocka_unit_test_setup_teardown(a_clock_that_is_set_back_shuts_nobody_for_years, make,
                                                unmake),
                cmocka_unit_test_setup_teardown(the_source_that_crashed_longest_ago_is_forgotten_first, make,
                                                unmake),
                cmocka_unit_test_setup_teardown(a_crash_while_it_opens_shuts_nobody, make, unmake),
                cmocka_unit_test(a_place_that_is_none_is_an_error),
        };
        return cmocka_run_group_tests_name("ingest shield", tests, NULL, NULL);
}
