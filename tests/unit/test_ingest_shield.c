/* ingest/shield: a crash is remembered, a kill is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "ingest/shield.h"
#include "support/temporary.h"

enum { SOURCE = 7, OTHER = 8 };

/* A process that judges a source and ends by a signal; gives what the next one is told. */
static uint32_t after_death(const char *directory, int by, int64_t now_ms, bool *ret_shut)
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
                qf_shield_judging(shield, SOURCE);
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

static void third_crash_within_an_hour_shuts_the_source(void **state)
{
        struct temporary temporary;
        char directory[128];
        bool shut = false;
        int64_t now_ms = INT64_C(1700000000000);
        (void)state;
        temporary_make(&temporary);
        (void)temporary_in(&temporary, "journal", directory, sizeof directory);
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
        temporary_remove(temporary.path, 2);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(third_crash_within_an_hour_shuts_the_source)};
        return cmocka_run_group_tests_name("ingest shield", tests, NULL, NULL);
}
