/* `qf rebuild`: the counts made anew from the journal. It leaves a file beside
 * the counts, DIR/counts.rebuild; aggregation looks for it ten times a second and at
 * its start, sets its counts aside (DIR/counts.set-aside), begins at the first
 * record, and removes the file; behind a trimmed journal it sets that beginning
 * aside in their place, and goes on from the checkpoint. So it works whether or not the daemons run, and
 * readers go on seeing the old picture until the new one has passed it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "client/subscribe.h"
#include "qf/cli/progress.h"
#include "qf/cli/there.h"
#include "qf/cli/tool.h"
#include "qf/cli/totals_link.h"
#include "qf/operator/journal_reader.h"

enum { TAKEN_MS = 10000, SLICE_MS = 50, NUMBER_TEXT = 24 };

struct options {
        const char *archive;
};

static const struct qf_option table[] = {
        {"archive", QF_OPTION_TEXT, offsetof(struct options, archive), "DIR",
         "日志修剪过，又没有检查点时，之前的记录在这里",
         "what was trimmed from the journal, when its checkpoint is lost", 0},
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

/* Whether it wants the archive of a trimmed journal, aggregation is to say anew. */
static int make_mark(struct qf_cli *cli, const char *path)
{
        char wants[PATH_MAX];

        if (qf_cli_beside(cli, "counts", ".wants-archive", wants) == 0)
                (void)unlink(wants);
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        if (fd >= 0)
                return 0;
        qf_cli_broke(cli, -errno, path);
        return 1;
}

/* Up to where the journal begins, so that an archive that does not reach so far replaces nothing. 0 or 1. */
static int make_checkpoint(struct qf_cli *cli, const char *archive)
{
        char through[NUMBER_TEXT];
        uint64_t first;

        if (qf_journal_first(cli, &first) != 0)
                return 1;
        (void)snprintf(through, sizeof through, "%" PRIu64,
                       first - 1); /* 0: all, of a journal that is whole */
        return qf_tool_checkpoint(cli, archive, through);
}

/* Whether aggregation has taken the mark away within so long. */
static bool is_taken(struct qf_cli *cli, const char *path, int64_t until_ms)
{
        char totals[PATH_MAX];
        struct qf_there there = {cli, totals, 0};

        (void)snprintf(totals, sizeof totals, "ipc://%s/run/totals.ipc", cli->dir);
        while (access(path, F_OK) == 0) {
                if (qf_clock_mono_ms() > until_ms || qf_cli_interrupted(cli) || qf_there_in_vain(&there))
                        return false;
                struct pollfd interrupt = {.fd = cli->signal_fd, .events = POLLIN};
                (void)poll(&interrupt, 1, SLICE_MS);
        }
        return true;
}

/* Aggregation waits for records that it has nowhere to take from, and would for ever. */
static int say_trimmed(struct qf_cli *cli)
{
        return qf_cli_fail(
                cli, QF_EXIT_OTHER,
                "日志修剪过，之前的记录数不全：没有检查点，或它接不上日志。\n"
                "用档案重建：qf rebuild --archive 档案 --dir %s",
                "the journal was trimmed, and what was before cannot be counted: there is no checkpoint, or it does "
                "not reach to the journal.\nTake the archive: qf rebuild --archive ARCHIVE --dir %s",
                cli->dir);
}

/* Listens to aggregation until everything in the journal is counted again. 0 or 1. */
static int wait_counted(struct qf_cli *cli, uint64_t *ret_version)
{
        struct qf_subscription_options options = {.want = QF_WANT_REGISTERS};
        struct qf_subscription *subscription = NULL;
        struct qf_socket *socket = NULL;
        struct qf_progress progress;

        if (qf_totals_connect(cli, &socket) != 0)
                return 1;
        int r = qf_subscription_open(&socket, &options, &subscription);
        if (r < 0)
                return qf_cli_broke(cli, r, "totals");
        const struct qf_pulse *pulse = qf_subscription_pulse(subscription);
        qf_progress_begin(&progress, cli, qf_cli_say(cli, "重建", "counting anew"),
                          qf_cli_say(cli, "条记录", "records"));
        bool counted = false, trimmed = false;
        while (r == 0 && !counted && !trimmed && !qf_cli_interrupted(cli)) {
                r = qf_subscription_wait(subscription, SLICE_MS);
                if (pulse->journal_last > 0)
                        qf_progress_at(&progress, pulse->version, pulse->journal_last);
                counted = r == 0 && pulse->version > 0 && pulse->version >= pulse->journal_last &&
                          !pulse->catching_up;
                trimmed = qf_there_wants_archive(cli);
        }
        qf_progress_end(&progress);
        *ret_version = pulse->version;
        qf_subscription_close(subscription);
        if (r < 0)
                return qf_cli_broke(cli, r, "totals");
        if (trimmed)
                return say_trimmed(cli);
        if (!counted && r == 0)
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "不再等了；qf-aggregate 继续重建，完成前显示旧的数。\n看到了哪里：qf status",
                        "no longer waiting; qf-aggregate goes on, and the old numbers are shown until then.\n"
                        "See how far it is: qf status");
        return counted ? 0 : (cli->exit_code = QF_EXIT_OTHER);
}

static int done(struct qf_cli *cli, uint64_t version, int64_t took_ms)
{
        if (cli->json)
                printf("{\"rebuilt\":true,\"position\":%" PRIu64 ",\"ms\":%" PRId64 "}\n", version, took_ms);
        else
                printf(qf_cli_say(cli, "重建完成：计到日志位置 %" PRIu64 "，用时 %.1f 秒。核对：qf verify\n",
                                  "made anew: counted to position %" PRIu64 " in %.1f s. Check: qf verify\n"),
                       version, (double)took_ms / 1000.0);
        return cli->exit_code = QF_EXIT_DONE;
}

static int run_rebuild(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {0};
        char path[PATH_MAX], start[QF_CLI_START_BYTES];
        uint64_t version = 0;
        int count;

        if (qf_cli_parse(cli, &options, argc, argv, &count) != 0)
                return cli->exit_code;
        if (!cli->dir)
                return qf_cli_fail(cli, QF_EXIT_USAGE, "重建要在 qf up 的目录旁做。\n请加 --dir 目录。",
                                   "rebuilding is done beside the daemons.\nGive --dir DIR.");
        int64_t began_ms = qf_clock_mono_ms();
        if (qf_cli_beside(cli, "counts", ".rebuild", path) < 0)
                return qf_cli_broke(cli, -ENAMETOOLONG, cli->dir);
        if (options.archive && make_checkpoint(cli, options.archive) != 0)
                return cli->exit_code;
        if (make_mark(cli, path) != 0)
                return cli->exit_code;
        if (!is_taken(cli, path, began_ms + TAKEN_MS))
                return qf_cli_fail(
                        cli, QF_EXIT_AWAY, "qf-aggregate 没有在运行：已留下记号，下次启动时重建。\n启动：%s",
                        "qf-aggregate does not run: the mark is left, and it rebuilds when it starts.\n"
                        "Start: %s",
                        qf_cli_start(cli->dir, start));
        qf_cli_hold_signals(cli);
        if (wait_counted(cli, &version) != 0)
                return cli->exit_code;
        return done(cli, version, qf_clock_mono_ms() - began_ms);
}

const struct qf_command qf_cmd_rebuild = {
        .name = "rebuild",
        .zh = "按日志重建全部计数",
        .en = "make the counts anew from the journal",
        .run = run_rebuild,
        .options = table,
        .more_zh =
                "按日志重建全部计数；旧的计数改名为 counts.set-aside。日志修剪过的从检查点接着计，旧的不留：要从头算，用 "
                "--archive。重建期间仍显示旧的数。",
        .more_en =
                "Makes the counts anew from the journal; the old ones are kept as counts.set-aside. Where the journal was "
                "trimmed they go on from its checkpoint, and the old ones are not kept: to count from the first record, "
                "--archive. Readers see the old numbers meanwhile.",
};
