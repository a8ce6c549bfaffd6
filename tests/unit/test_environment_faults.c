/* store/environment: each storage call of a commit fails in turn, with an error of
 * the disk or a full one. What a commit said must be true of what is found after
 * opening again: 0: all of it is there; FULL: nothing of it; negative: nobody knows.
 *
 * LMDB's calls come here because a program's own functions stand before libc's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "store/environment.h"
#include "support/temporary.h"

static const char *const TABLES[] = {"rows", NULL};

/* The call that fails: 0 is the next one; below 0: none. */
static struct {
        long left;
        int error;
} fault = {-1, 0};

static bool fails(void)
{
        if (fault.left < 0 || fault.left-- > 0)
                return false;
        errno = fault.error;
        return true;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
        return fails() ? -1 : syscall(SYS_pwrite64, fd, bytes, len, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
        return fails() ? -1 : syscall(SYS_writev, fd, parts, count);
}

int fdatasync(int fd)
{
        return fails() ? -1 : (int)syscall(SYS_fdatasync, fd);
}

static const struct qf_environment_options OPTIONS = {
        .format = "qf-test-1", .tables = TABLES, .map_bytes = 16 << 20, .map_bytes_max = 16 << 20};

static struct qf_environment *open_now(const char *directory)
{
        struct qf_environment *environment = NULL;
        assert_int_equal(qf_environment_open(directory, &OPTIONS, &environment), 0);
        return environment;
}

enum { ROWS_EACH = 40, VALUE = 900 };

/* Rows round * ROWS_EACH … of a value that tells the round. */
static int write_round(struct qf_environment *environment, uint32_t round)
{
        struct qf_txn *txn = NULL;
        char value[VALUE];
        uint8_t key[4];
        int result = qf_txn_begin(environment, true, &txn);
        if (result != 0)
                return result;
        memset(value, (int)(round & 0xff), sizeof value);
        for (uint32_t i = 0; result == 0 && i < ROWS_EACH; i++) {
                qf_put_be32(key, round * ROWS_EACH + i);
                result = qf_txn_put(txn, 0, (struct qf_view){(const char *)key, sizeof key},
                                    (struct qf_view){value, sizeof value});
        }
        if (result == 0)
                return qf_txn_commit(&txn);
        qf_txn_abort(&txn);
        return result;
}

/* How many rows of a round are there, after opening anew. */
static uint32_t count_round(const char *directory, uint32_t round)
{
        struct qf_environment *environment = open_now(directory);
        struct qf_txn *txn = NULL;
        struct qf_view value;
        uint8_t key[4];
        uint32_t there = 0;
        assert_int_equal(qf_txn_begin(environment, false, &txn), 0);
        for (uint32_t i = 0; i < ROWS_EACH; i++) {
                qf_put_be32(key, round * ROWS_EACH + i);
                there += qf_txn_get(txn, 0, (struct qf_view){(const char *)key, sizeof key}, &value) == 0;
        }
        qf_txn_abort(&txn);
        (void)qf_environment_close(environment);
        return there;
}

/* Returns how many calls were made to fail before one commit did not reach the fault. */
static uint32_t fail_each_call(const char *directory, int error)
{
        for (uint32_t round = 0;; round++) {
                struct qf_environment *environment = open_now(directory);
                fault.error = error;
                fault.left = (long)round;
                int result = write_round(environment, round);
                bool reached = fault.left < 0;
                fault.left = -1;
                if (result == QF_STORE_FULL)
                        assert_int_equal(write_round(environment, round + 1000), 0); /* and it goes on */
                (void)qf_environment_close(environment);
                uint32_t there = count_round(directory, round);
                if (result == 0)
                        assert_int_equal(there, ROWS_EACH);
                else if (result == QF_STORE_FULL)
                        assert_int_equal(there, 0);
                else
                        assert_true(result < 0 && (there == 0 || there == ROWS_EACH));
                if (result == QF_STORE_FULL)
                        assert_int_equal(count_round(directory, round + 1000), ROWS_EACH);
                if (!reached)
                        return round;
                assert_int_not_equal(result, 0);
        }
}

static void failing_call_of_a_commit_is_told_truly(void **state)
{
        static const int errors[] = {EIO, ENOSPC};
        (void)state;
        for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
                struct temporary temporary;
                char directory[128];
                temporary_make(&temporary);
                (void)temporary_in(&temporary, "data", directory, sizeof directory);
                assert_true(fail_each_call(directory, errors[i]) >= 3);
                temporary_remove(temporary.path, 3);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(failing_call_of_a_commit_is_told_truly)};
        return cmocka_run_group_tests_name("environment faults", tests, NULL, NULL);
}
