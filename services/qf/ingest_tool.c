/* Why a process: what reads a damaged file may die of it, and the one that tells
 * about it must not. Lines that are no JSON are the program's own last words: they
 * go to standard error. */
#include "qf/ingest_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "qf/up_child.h"

enum { WORDS_MAX = 8 };

static void close_stream(FILE **stream)
{
        if (*stream)
                (void)fclose(*stream);
}

static int hear_lines(FILE *stream, qf_ingest_heard heard, void *ctx)
{
        QF_CLEANUP(qf_cleanup_free) char *line = NULL;
        size_t room = 0;
        int result = 0;

        for (ssize_t len; result == 0 && (len = getline(&line, &room, stream)) > 0;) {
                json_t *object = line[0] == '{' ? json_loadb(line, (size_t)len, 0, NULL) : NULL;
                if (object)
                        result = heard(ctx, object);
                else
                        fputs(line, stderr);
                json_decref(object);
        }
        return result;
}

static int start(const char *const *words, FILE **ret_stream, pid_t *ret_pid)
{
        const char *argv[WORDS_MAX + 2] = {"qf-ingest"};
        int ends[2];

        for (size_t i = 0; words[i]; i++) {
                QF_ASSERT(i < WORDS_MAX);
                argv[i + 1] = words[i];
        }
        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        QF_CLEANUP(qf_cleanup_close) int hears = ends[0];
        QF_CLEANUP(qf_cleanup_close) int says = ends[1];
        int r = qf_up_spawn(argv, NULL, says, ret_pid);
        if (r < 0)
                return r;
        *ret_stream = fdopen(hears, "r");
        if (!*ret_stream)
                return -errno;
        hears = -1;
        return 0;
}

int qf_ingest_run(struct qf_cli *cli, const char *const *words, qf_ingest_heard heard, void *ctx,
                  int *ret_status)
{
        QF_CLEANUP(close_stream) FILE *stream = NULL;
        pid_t pid = 0;
        int r = start(words, &stream, &pid);

        if (r < 0) {
                qf_cli_broke(cli, r, "qf-ingest");
                return 1;
        }
        r = hear_lines(stream, heard, ctx);
        close_stream(&stream);
        stream = NULL;
        while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
                ;
        if (r < 0)
                qf_cli_broke(cli, r, "qf-ingest");
        return r < 0;
}
