/* Why a process: what reads a damaged file may die of it, and the one that tells
 * about it must not. Lines that are no JSON are the program's own last words: they
 * go to standard error. */
#include "qf/cli/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "qf/cli/progress.h"
#include "qf/operator/up_child.h"

/* As services/aggregate/checkpoint.h has them. */
enum { CHECKPOINT_ARCHIVE = 1, CHECKPOINT_FULL = 2 };

static void close_stream(FILE **stream)
{
        if (*stream)
                (void)fclose(*stream);
}

static int hear_lines(FILE *stream, struct qf_progress *progress, qf_tool_heard heard, void *ctx)
{
        QF_CLEANUP(qf_cleanup_free) char *line = NULL;
        size_t room = 0;
        int result = 0;

        for (ssize_t len; result == 0 && (len = getline(&line, &room, stream)) > 0;) {
                json_t *object = line[0] == '{' ? json_loadb(line, (size_t)len, 0, NULL) : NULL;
                const json_t *done = json_object_get(object, "done");
                if (done) /* base/so_far.h */
                        qf_progress_at(progress, (uint64_t)json_integer_value(done),
                                       (uint64_t)json_integer_value(json_object_get(object, "all")));
                else if (object)
                        result = heard(ctx, object);
                else
                        fputs(line, stderr);
                json_decref(object);
        }
        return result;
}

static int start(const char *const *argv, FILE **ret_stream, pid_t *ret_pid)
{
        int ends[2];

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

int qf_tool_run(struct qf_cli *cli, const char *const *argv, qf_tool_heard heard, void *ctx, int *ret_status)
{
        QF_CLEANUP(close_stream) FILE *stream = NULL;
        pid_t pid = 0;
        int r = start(argv, &stream, &pid);

        if (r < 0) {
                qf_cli_broke(cli, r, argv[0]);
                return 1;
        }
        r = hear_lines(stream, cli->progress, heard, ctx);
        close_stream(&stream);
        stream = NULL;
        while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
                ;
        if (r < 0)
                qf_cli_broke(cli, r, argv[0]);
        return r < 0;
}

static int hear_outcome(void *ctx, const json_t *line)
{
        int *outcome = ctx;

        *outcome = (int)json_integer_value(json_object_get(line, "outcome"));
        return 0;
}

int qf_tool_checkpoint(struct qf_cli *cli, const char *archive, const char *through)
{
        char counts[PATH_MAX];
        const char *const argv[] = {"qf-aggregate", "checkpoint", counts, archive, through, NULL};
        struct qf_progress progress;
        int status = 0, outcome = -EIO;

        if (qf_cli_beside(cli, "counts", "", counts) < 0)
                return qf_cli_broke(cli, -ENAMETOOLONG, cli->dir) != 0;
        qf_progress_begin(&progress, cli, qf_cli_say(cli, "计数档案", "counting the archive"),
                          qf_cli_say(cli, "条记录", "records"));
        int r = qf_tool_run(cli, argv, hear_outcome, &outcome, &status);
        qf_progress_end(&progress);
        if (r != 0)
                return 1;
        if (outcome == 0)
                return 0;
        if (outcome == CHECKPOINT_FULL)
                return qf_cli_fail(cli, QF_EXIT_OTHER, "磁盘放不下，什么也没有改动。\n腾出地方再来。",
                                   "there is no room; nothing was changed.\nMake room and run it again.") !=
                       0;
        if (outcome == CHECKPOINT_ARCHIVE)
                return qf_cli_fail(
                               cli, QF_EXIT_OTHER,
                               "档案 %s 数不下去：不完好，或不够长；什么也没有改动。\n核对：qf backup %s --verify",
                               "the archive %s cannot be counted: it is not whole, or too short; nothing was changed.\nCheck it: qf "
                               "backup %s --verify",
                               archive, archive) != 0;
        return qf_cli_broke(cli, outcome, "qf-aggregate") != 0;
}
