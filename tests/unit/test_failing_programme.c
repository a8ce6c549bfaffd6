/* Programme files and registers when memory runs out: the error is said, nothing is leaked (sanitizers look), and what
 * was there before is still there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "programme/programme.h"
#include "programme/programme_file.h"
#include "support/failing.h"

static int load_file(void *ctx)
{
        struct qf_programme_file *file = NULL;
        char *error = NULL;
        int r = qf_programme_file_load(ctx, &file, &error);

        free(error);
        file = qf_programme_file_free(file);
        return r;
}

static void programme_file_is_loaded_or_memory_is_said_to_be_short(void **state)
{
        (void)state;
        failing_each(FAILING_MEMORY, load_file, NULL, QF_SOURCE_DIR "/tests/data/small-programme.yaml", 5, 0);
}

/* Registers of a file, each with its first, second … allocation failing until it is taken. */
static void register_is_applied_once_memory_is_back(void **state)
{
        struct qf_programme_file *file = NULL;
        struct qf_programme *programme = NULL;
        char *error = NULL;
        uint32_t count, failures = 0;
        (void)state;

        assert_int_equal(
                qf_programme_file_load(QF_SOURCE_DIR "/deploy/programmes/integrity-123n.yaml", &file, &error),
                0);
        assert_int_equal(qf_programme_new(&programme), 0);
        const struct qf_event *events = qf_programme_file_events(file, &count);
        for (uint32_t i = 0; i < count; i++) {
                for (uint32_t calls = 0;; calls++) {
                        failing_arm(FAILING_MEMORY, calls);
                        int r = qf_programme_apply(programme, &events[i], i + 1);
                        if (!failing_disarm()) {
                                assert_int_equal(r, 0);
                                break;
                        }
                        assert_int_equal(r, -ENOMEM);
                        failures++;
                }
                assert_int_equal(qf_programme_compare(programme, &events[i]), QF_REGISTER_SAME);
        }
        assert_true(failures > count / 4);
        programme = qf_programme_free(programme);
        file = qf_programme_file_free(file);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(programme_file_is_loaded_or_memory_is_said_to_be_short),
                cmocka_unit_test(register_is_applied_once_memory_is_back),
        };
        return cmocka_run_group_tests_name("failing programme", tests, NULL, NULL);
}
