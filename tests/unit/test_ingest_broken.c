/* ingest/core when its disk breaks: whoever calls again after the error, as a daemon
 * does that stops, must not get the group committed or answered after all.
 *
 * LMDB's calls come here because a program's own functions stand before libc's. */
#include "support/ingest_fixture.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool broken_disk;

int fdatasync(int fd)
{
        if (broken_disk) {
                errno = EIO;
                return -1;
        }
        return (int)syscall(SYS_fdatasync, fd);
}

static void failed_commit_is_never_answered(void **state)
{
        struct ingest_fixture *fixture = *state;
        load_programme(fixture);
        struct qf_from_partner send = creates_of(fixture, 1, 1, 5);
        say(fixture, "hx.a", &send);
        broken_disk = true;
        fixture->heard_count = 0;
        assert_int_equal(qf_ingest_turn(fixture->ingest, fixture->now_ms), -EIO);
        broken_disk = false;
        assert_int_equal(qf_ingest_turn(fixture->ingest, fixture->now_ms), -EIO);
        assert_int_equal(fixture->heard_count, 0);

        fixture_reopen(fixture);
        struct qf_from_partner hello = {.what = QF_HELLO, .version = 1, .holder = send.holder, .next = 6};
        memcpy(hello.outbox, send.outbox, sizeof hello.outbox);
        assert_int_equal(ask(fixture, "hx.a", &hello)->expected, 1);
}

static void nothing_is_taken_after_a_failed_commit(void **state)
{
        struct ingest_fixture *fixture = *state;
        load_programme(fixture);
        struct qf_from_partner send = creates_of(fixture, 1, 1, 5);
        say(fixture, "hx.a", &send);
        broken_disk = true;
        assert_int_equal(qf_ingest_turn(fixture->ingest, fixture->now_ms), -EIO);
        broken_disk = false;
        char user[QF_ADMISSION_USER_TEXT];
        struct qf_asker asker = {.peer = {.len = 1, .id = {'h'}}};
        assert_int_equal(qf_ingest_take(fixture->ingest, &asker, user_of("hx.a", user), QF_VIEW("\n"),
                                        fixture->now_ms),
                         -EIO);
}

static int setup(void **state)
{
        broken_disk = false;
        *state = fixture_make();
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(failed_commit_is_never_answered, setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(nothing_is_taken_after_a_failed_commit, setup,
                                                fixture_teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
