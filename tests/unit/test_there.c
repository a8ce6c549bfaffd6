/* qf/cli/there beside qf/operator/up_layout: who asks whether a qf up has a directory is told, and keeps nobody from
 * starting there. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "qf/cli/there.h"
#include "qf/operator/up_layout.h"
#include "support/temporary.h"

enum { STARTS = 1000, ASKERS = 2 };

struct asking {
        char dir[80];
        atomic_bool over;
        atomic_ulong asked, strange; /* strange: told of another process */
};

static void *ask(void *ctx)
{
        struct asking *asking = ctx;

        while (!atomic_load(&asking->over)) {
                const pid_t up = qf_there_up(asking->dir);
                atomic_fetch_add(&asking->asked, 1);
                atomic_fetch_add(&asking->strange, up != 0 && up != getpid());
        }
        return NULL;
}

/* Starts and ends once. */
static void start(const char *dir)
{
        struct qf_up_layout layout;
        struct qf_cli cli;

        qf_cli_init(&cli, "qf");
        assert_int_equal(qf_up_layout_make(&cli, dir, &layout), 0);
        assert_int_equal(qf_there_up(dir), getpid());
        qf_up_layout_deinit(&layout);
        qf_cli_deinit(&cli);
}

static void who_asks_keeps_nobody_from_starting(void **state)
{
        struct temporary temporary;
        struct asking asking = {0};
        pthread_t askers[ASKERS];

        (void)state;
        temporary_make_in_memory(&temporary);
        (void)snprintf(asking.dir, sizeof asking.dir, "%s/site", temporary.path);
        start(asking.dir);
        for (int i = 0; i < ASKERS; i++)
                assert_int_equal(pthread_create(&askers[i], NULL, ask, &asking), 0);
        for (int i = 0; i < STARTS || atomic_load(&asking.asked) < STARTS; i++)
                start(asking.dir);
        atomic_store(&asking.over, true);
        for (int i = 0; i < ASKERS; i++)
                assert_int_equal(pthread_join(askers[i], NULL), 0);
        assert_int_equal(atomic_load(&asking.strange), 0);
        assert_int_equal(qf_there_up(asking.dir), 0);
        temporary_remove(temporary.path, 3);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(who_asks_keeps_nobody_from_starting)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
