/* Why: a command that fails says what is wrong and what to do next, in the
 * reader's language and on stderr, whichever command it is. */
#include "qf/cli/cli.h"

#include "qf/cli/progress.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { SAID_BYTES = 2048 };

static bool reads_chinese(void)
{
        static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
                const char *value = getenv(names[i]);
                if (value && value[0])
                        return strncmp(value, "zh", 2) == 0;
        }
        return false;
}

void qf_cli_init(struct qf_cli *cli, const char *program)
{
        *cli = (struct qf_cli){.program = program, .chinese = reads_chinese(), .signal_fd = -1};
}

void qf_cli_deinit(struct qf_cli *cli)
{
        char *const owned[] = {cli->dir,     cli->source,        cli->feed, cli->read,
                               cli->journal, cli->server_public, cli->key,  cli->outbox};

        for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
                free(owned[i]);
        cli->context = qf_context_free(cli->context);
        if (cli->signal_fd >= 0)
                (void)close(cli->signal_fd);
        *cli = (struct qf_cli){.program = cli->program, .signal_fd = -1};
}

const char *qf_cli_say(const struct qf_cli *cli, const char *zh, const char *en)
{
        return cli->chinese ? zh : en;
}

/* --- errors ----------------------------------------------------------------- */

static void print_json(int exit_code, const char *what, const char *next)
{
        json_t *object = json_pack("{s:s, s:s, s:i}", "error", what, "next", next, "exit", exit_code);

        if (!object)
                return;
        (void)json_dumpf(object, stderr, JSON_COMPACT);
        (void)fputc('\n', stderr);
        json_decref(object);
}

static void print_text(const struct qf_cli *cli, const char *what, const char *next)
{
        fprintf(stderr, "%s%s%s\n", cli->called[0] ? cli->called : "qf", qf_cli_say(cli, "：", ": "), what);
        while (*next) {
                size_t len = strcspn(next, "\n");
                fprintf(stderr, "  → %.*s\n", (int)len, next);
                next += len + (next[len] == '\n');
        }
}

/* text: what is wrong, newline, what to do next (one line or several). */
static int fail(struct qf_cli *cli, int exit_code, char *text)
{
        char *next = strchr(text, '\n');

        if (next)
                *next++ = '\0';
        qf_progress_clear(cli->progress);
        if (cli->json)
                print_json(exit_code, text, next ? next : "");
        else
                print_text(cli, text, next ? next : "");
        cli->exit_code = exit_code;
        return exit_code;
}

int qf_cli_fail(struct qf_cli *cli, int exit_code, const char *zh, const char *en, ...)
{
        char text[SAID_BYTES];
        va_list args;

        va_start(args, en);
        int n = vsnprintf(text, sizeof text, cli->chinese ? zh : en, args);
        va_end(args);
        return fail(cli, exit_code, n < 0 ? memcpy(text, "?", 2) : text);
}

int qf_cli_broke(struct qf_cli *cli, int error, const char *doing)
{
        int number = error < 0 ? -error : error;

        if (number == EUCLEAN) /* a checksum of ours: the system's words for it tell nobody anything */
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER, "%s：磁盘上的内容与写下时不同，已损坏。\n保留它，不要再用。",
                        "%s: what is on disk is not what was written: it is damaged.\nKeep it, and use it no "
                        "more.",
                        doing);
        return qf_cli_fail(cli, QF_EXIT_OTHER, "%s：%s。", "%s: %s.", doing, strerror(number));
}

/* --- signals ---------------------------------------------------------------- */

void qf_cli_hold_signals(struct qf_cli *cli)
{
        sigset_t set;

        if (cli->signal_fd >= 0)
                return;
        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGINT);
        (void)sigaddset(&set, SIGTERM);
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
        cli->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool qf_cli_interrupted(struct qf_cli *cli)
{
        struct signalfd_siginfo info;

        if (cli->signal_fd >= 0 && read(cli->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
                cli->interrupted = true;
        return cli->interrupted;
}
