/* ingest/kept: a list of backups that cannot be read is said when that begins and once an hour, not with each look. */
#include "ingest/kept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temporary.h"

enum { HOUR_MS = 60 * 60 * 1000 };

static void what_cannot_be_read_is_said_once_an_hour(void **state)
{
        struct qf_kept kept = {.position = 7};
        struct temporary home;
        char directory[128], list[160];

        (void)state;
        temporary_make(&home);
        (void)temporary_in(&home, "journal", directory, sizeof directory);
        (void)temporary_in(&home, "journal.backups", list, sizeof list);
        assert_int_equal(mkdir(list, 0700), 0); /* opens, and cannot be read */
        for (int64_t now_ms = 1000; now_ms < 1000 + HOUR_MS; now_ms += 1000) {
                qf_kept_watch(&kept, directory, NULL, now_ms);
                assert_int_equal(kept.said_ms, 1000);
        }
        assert_int_equal(kept.wrong, -EIO);
        assert_int_equal(kept.position, 0); /* it promises nothing */
        qf_kept_watch(&kept, directory, NULL, 1000 + HOUR_MS);
        assert_int_equal(kept.said_ms, 1000 + HOUR_MS);
        assert_int_equal(rmdir(list), 0);
        qf_kept_watch(&kept, directory, NULL, 2000 + HOUR_MS);
        assert_int_equal(kept.wrong, 0);
        assert_int_equal(kept.said_ms, 2000 + HOUR_MS); /* that it can be read again */
        qf_kept_watch(&kept, directory, NULL, 3 * HOUR_MS);
        assert_int_equal(kept.said_ms, 2000 + HOUR_MS);
        temporary_remove(home.path, 2);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_cannot_be_read_is_said_once_an_hour),
        };

        return cmocka_run_group_tests_name("the list of backups", tests, NULL, NULL);
}
