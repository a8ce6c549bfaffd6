/* base/log: a line has fields, in the journal and as logfmt, and nobody waits for a journal that does not read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "support/temporary.h"

enum { MANY = 10000 };

/* A journal of our own, and standard error as a file: whether the file is the journal's stream is up to each test. */
struct trial {
        struct temporary directory;
        char journal[80], error[80];
        int socket, stderr_before;
};

static void set_stream(long long inode_off)
{
        struct stat error;
        char stream[64];

        assert_int_equal(fstat(STDERR_FILENO, &error), 0);
        (void)snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)error.st_dev,
                       (unsigned long long)error.st_ino + (unsigned long long)inode_off);
        assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
}

static int setup(void **state)
{
        struct trial *trial = calloc(1, sizeof *trial);
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        assert_non_null(trial);
        temporary_make(&trial->directory);
        temporary_in(&trial->directory, "journal", trial->journal, sizeof trial->journal);
        temporary_in(&trial->directory, "error", trial->error, sizeof trial->error);
        memcpy(address.sun_path, trial->journal, strlen(trial->journal));
        trial->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_int_equal(bind(trial->socket, (struct sockaddr *)&address, sizeof address), 0);
        trial->stderr_before = dup(STDERR_FILENO);
        assert_non_null(freopen(trial->error, "w+", stderr));
        *state = trial;
        return 0;
}

static int teardown(void **state)
{
        struct trial *trial = *state;

        assert_true(dup2(trial->stderr_before, STDERR_FILENO) >= 0);
        (void)close(trial->stderr_before);
        (void)close(trial->socket);
        assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
        qf_log_open("qf", QF_LOG_INFO, trial->journal);
        assert_int_equal(unlink(trial->journal), 0);
        assert_int_equal(unlink(trial->error), 0);
        assert_int_equal(rmdir(trial->directory.path), 0);
        free(trial);
        return 0;
}

static const char *said_to_journal(const struct trial *trial, char *text, size_t room)
{
        ssize_t n = recv(trial->socket, text, room - 1, 0);

        text[n < 0 ? 0 : n] = '\0';
        return text;
}

static const char *said_on_stderr(const struct trial *trial, char *text, size_t room)
{
        FILE *file = fopen(trial->error, "r");

        assert_non_null(file);
        text[fread(text, 1, room - 1, file)] = '\0';
        assert_int_equal(fclose(file), 0);
        return text;
}

static void journal_gets_each_field_as_a_field(void **state)
{
        struct trial *trial = *state;
        char text[4096];

        set_stream(0);
        qf_log_open("qf-try", QF_LOG_INFO, trial->journal);
        qf_log(QF_LOG_WARNING, "cannot bind\nhere a_b=/x/y why=\"no such = thing\" Upper=1 last=7");
        assert_string_equal(
                said_to_journal(trial, text, sizeof text),
                "PRIORITY=4\nSYSLOG_IDENTIFIER=qf-try\nMESSAGE=cannot bind here a_b=/x/y "
                "why=\"no such = thing\" Upper=1 last=7\nQF_A_B=/x/y\nQF_WHY=no such = thing\nQF_LAST=7\n");
        qf_log(QF_LOG_DEBUG, "too fine");
        assert_string_equal(said_to_journal(trial, text, sizeof text), "");
        assert_string_equal(said_on_stderr(trial, text, sizeof text), "");
}

static void another_stream_gets_logfmt(void **state)
{
        struct trial *trial = *state;
        char text[4096];

        set_stream(1);
        qf_log_open("qf-try", QF_LOG_INFO, trial->journal);
        qf_log(QF_LOG_ERROR, "it said \"no\" at=7 why=\"a b\"");
        assert_string_equal(said_to_journal(trial, text, sizeof text), "");
        assert_int_equal(strncmp(said_on_stderr(trial, text, sizeof text), "ts=2", 4), 0);
        assert_non_null(
                strstr(text, "Z level=error unit=qf-try msg=\"it said \\\"no\\\"\" at=7 why=\"a b\"\n"));
}

static void long_lines_are_cut_and_stay_one_line(void **state)
{
        struct trial *trial = *state;
        static char many[3 * MANY], text[3 * MANY];

        memset(many, '"', sizeof many - 1);
        qf_log_open("qf-try", QF_LOG_INFO, trial->journal);
        qf_log(QF_LOG_ERROR, "%s", many);
        (void)said_on_stderr(trial, text, sizeof text);
        assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
        set_stream(0);
        for (char *at = many; at < many + sizeof many - 4; at += 3)
                memcpy(at, " a=", 3);
        qf_log_open("qf-try", QF_LOG_INFO, trial->journal);
        qf_log(QF_LOG_ERROR, "%s", many);
        assert_int_equal(qf_log_lost(), 0);
        assert_non_null(strstr(said_to_journal(trial, text, sizeof text), "\nQF_A=\n"));
}

static void lines_that_a_stalled_journal_does_not_take_are_counted_and_said(void **state)
{
        struct trial *trial = *state;
        char text[4096], count[64];
        unsigned taken = 0;

        set_stream(0);
        qf_log_open("qf-try", QF_LOG_INFO, trial->journal);
        for (unsigned i = 0; i < MANY; i++) /* blocks for ever, if it blocks */
                qf_log(QF_LOG_INFO, "line n=%u", i);
        uint64_t lost = qf_log_lost();
        assert_true(lost > 0 && lost < MANY);
        while (strstr(said_to_journal(trial, text, sizeof text), "MESSAGE=line"))
                taken++;
        assert_int_equal(taken + lost, MANY);
        assert_int_equal(qf_log_lost(), lost);
        (void)snprintf(count, sizeof count, "\nQF_COUNT=%llu\n", (unsigned long long)lost);
        assert_non_null(strstr(said_to_journal(trial, text, sizeof text), count));
        qf_log(QF_LOG_INFO, "line n=last");
        assert_non_null(strstr(said_to_journal(trial, text, sizeof text), "\nQF_N=last\n"));
        assert_string_equal(said_to_journal(trial, text, sizeof text), ""); /* said once */
}

#define WITH_TRIAL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_TRIAL(journal_gets_each_field_as_a_field),
                WITH_TRIAL(another_stream_gets_logfmt),
                WITH_TRIAL(long_lines_are_cut_and_stay_one_line),
                WITH_TRIAL(lines_that_a_stalled_journal_does_not_take_are_counted_and_said),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
