/* `qf restore`: a journal made again from a backup (or from what is whole of a
 * damaged one), under a new life; and --adopt, for one that somebody copied back.
 * qf-ingest does the work; its outcomes are put into words here. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qf/cli/progress.h"
#include "qf/operator/checking.h"
#include "qf/cli/tool.h"

/* As services/ingest/restore.h has them. */
enum { IN_USE = 1, NO_ORIGIN = 2, REFUSED = 3, FULL = 4, MISSING = 5, DAMAGED = 6, NEWER = 8, TRIMMED = 9 };

enum { NUMBER_TEXT = 24 };

struct options {
        bool adopt;
        uint64_t to;
        const char *reason, *archive;
};

static const struct qf_option table[] = {
        {"adopt", QF_OPTION_FLAG, offsetof(struct options, adopt), NULL,
         "不换日志：承认被拷贝回来的日志，从此算新的一段",
         "keep the journal that lies there, copied back, and begin a new life with it", 0},
        {"to", QF_OPTION_NUMBER, offsetof(struct options, to), "P", "只恢复到这个位置",
         "only up to this position", 0},
        {"reason", QF_OPTION_TEXT, offsetof(struct options, reason), "TEXT", "写进日志的原因",
         "why, as the journal will say", 0},
        {"archive", QF_OPTION_TEXT, offsetof(struct options, archive), "DIR",
         "FROM 是修剪过的日志时，之前的记录在这里", "what was trimmed from the journal FROM", 0},
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

struct restoring {
        struct qf_cli *cli;
        const char *from;
        json_t *said;
};

static int hear(void *ctx, const json_t *line)
{
        struct restoring *restoring = ctx;

        json_decref(restoring->said);
        restoring->said = json_deep_copy(line);
        return restoring->said ? 0 : -ENOMEM;
}

static long long said(const struct restoring *restoring, const char *name)
{
        return (long long)json_integer_value(json_object_get(restoring->said, name));
}

static int say_failed(const struct restoring *restoring)
{
        struct qf_cli *cli = restoring->cli;

        switch (said(restoring, "outcome")) {
        case IN_USE:
                return qf_cli_fail(cli, QF_EXIT_OTHER,
                                   "qf-ingest 还在运行。\n先停下 qf up（Ctrl-C），再恢复。",
                                   "qf-ingest runs.\nStop qf up first (Ctrl-C), then restore.");
        case NO_ORIGIN:
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "%s 不是备份，也不是日志，或没有一条完整的记录。\n什么也没有改动。",
                        "%s is no backup and no journal, or has no whole record.\nNothing was changed.",
                        restoring->from);
        case REFUSED:
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "第 %lld 条记录自相矛盾：%s。什么也没有改动。\n只要它之前的：qf restore %s --to %lld",
                        "record %lld says what cannot be: %s. Nothing was changed.\n"
                        "To take what is before it: qf restore %s --to %lld",
                        said(restoring, "last") + 1,
                        json_string_value(json_object_get(restoring->said, "why")), restoring->from,
                        said(restoring, "last"));
        case FULL:
                return qf_cli_fail(cli, QF_EXIT_OTHER, "磁盘放不下，什么也没有改动。\n腾出地方再来。",
                                   "there is no room; nothing was changed.\nMake room and restore again.");
        case TRIMMED:
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "%s 修剪过，从第 %lld 条记录开始。\n之前的在档案里：qf restore %s --archive 档案目录",
                        "%s was trimmed and begins at record %lld.\nWhat is before lies in its archive: qf restore "
                        "%s --archive DIR",
                        restoring->from, said(restoring, "more"), restoring->from);
        case MISSING:
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER, "%s/journal 里没有日志。\n从备份恢复：qf restore 备份 --dir %s",
                        "there is no journal in %s/journal.\nRestore one: qf restore BACKUP --dir %s",
                        cli->dir, cli->dir);
        case DAMAGED:
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "日志已损坏，不能承认。\n看损坏在哪里：qf audit --dir %s；再从备份恢复。",
                        "the journal is damaged and cannot be adopted.\nSee where: qf audit --dir %s; then "
                        "restore a backup.",
                        cli->dir);
        case NEWER:
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "它是更新的版本写的，本版本（%s）不认识它的格式；什么也没有改动。\n请装回那个版本。",
                        "it was written by a newer version, in a format that this one (%s) does not know; nothing was "
                        "changed.\nInstall that version again.",
                        QF_VERSION);
        default: return qf_cli_broke(cli, (int)said(restoring, "outcome"), cli->dir);
        }
}

static int say_done(const struct restoring *restoring)
{
        struct qf_cli *cli = restoring->cli;
        char aside[PATH_MAX], start[QF_CLI_START_BYTES];

        if (cli->json) {
                (void)json_dumpf(restoring->said, stdout, JSON_COMPACT);
                (void)putchar('\n');
                return cli->exit_code = QF_EXIT_DONE;
        }
        printf(qf_cli_say(
                       cli,
                       "日志到第 %lld 条记录；第 %lld 条起是它的第 %lld 段历史。\n"
                       "启动（%s）：各单位会补发缺的，计数重算。然后 qf verify，qf audit。\n",
                       "the journal stands at record %lld; with record %lld its life %lld begins.\n"
                       "Start (%s): partners send what is missing, counts are made anew. Then qf verify, qf audit.\n"),
               said(restoring, "last"), said(restoring, "begins"), said(restoring, "life"),
               qf_cli_start(cli->dir, start));
        if (restoring->from && qf_cli_beside(cli, "journal", ".set-aside", aside) == 0 &&
            access(aside, F_OK) == 0)
                printf(qf_cli_say(cli, "原来的日志在 %s：核对无误后可以删去。\n",
                                  "The journal that stood here is %s: remove it when all is well.\n"),
                       aside);
        if (said(restoring, "more") > 0)
                printf(qf_cli_say(cli, "第 %lld 条起读不出或接不上，没有取。\n",
                                  "From record %lld on it cannot be read or does not follow: not taken.\n"),
                       said(restoring, "more"));
        if (said(restoring, "differing") > 0)
                printf(qf_cli_say(
                               cli, "有 %lld%s 条记录里的裁决与今天的判断不同，照原样保留：见 qf audit。\n",
                               "%lld %s a verdict that would be another today; kept as it is: see qf audit.\n"),
                       said(restoring, "differing"),
                       qf_cli_noun(cli, (uint64_t)said(restoring, "differing"), "record holds",
                                   "records hold"));
        return cli->exit_code = QF_EXIT_DONE;
}

static int conclude(struct restoring *restoring, int status)
{
        if (!restoring->said && WIFSIGNALED(status))
                return qf_cli_fail(
                        restoring->cli, QF_EXIT_OTHER,
                        "读 %s 时程序倒下了（信号 %d），什么也没有改动：它已损坏。\n"
                        "看到第几条为止是好的：qf audit；再用 --to。",
                        "reading %s the program died (signal %d); nothing was changed: it is damaged.\n"
                        "See up to which record it is whole: qf audit; then use --to.",
                        restoring->from ? restoring->from : restoring->cli->dir, WTERMSIG(status));
        if (!restoring->said)
                return qf_cli_broke(restoring->cli, -EIO, "qf-ingest");
        if (said(restoring, "outcome") != 0)
                return say_failed(restoring);
        qf_checking_unmark(restoring->cli); /* what an audit found was of the other journal */
        return say_done(restoring);
}

static int run(struct qf_cli *cli, const struct options *options, const char *from)
{
        struct restoring restoring = {.cli = cli, .from = from};
        char journal[PATH_MAX], to[NUMBER_TEXT];
        const char *reason = options->reason ? options->reason : options->adopt ? "adopted" : "restored";
        const char *archive = options->archive ? options->archive : "";
        const char *const adopt[] = {"qf-ingest", "adopt", journal, reason, NULL};
        const char *const restore[] = {"qf-ingest", "restore", from, journal, to, reason, archive, NULL};
        struct qf_progress progress;
        int status = 0;

        if (qf_cli_beside(cli, "journal", "", journal) < 0)
                return qf_cli_broke(cli, -ENAMETOOLONG, cli->dir);
        (void)snprintf(to, sizeof to, "%" PRIu64, options->to);
        const bool made = mkdir(cli->dir, 0700) == 0;
        if (!made && errno != EEXIST)
                return qf_cli_broke(cli, -errno, cli->dir);
        qf_progress_begin(&progress, cli, qf_cli_say(cli, "恢复", "restoring"),
                          qf_cli_say(cli, "条记录", "records"));
        const int failed = qf_tool_run(cli, options->adopt ? adopt : restore, hear, &restoring, &status);
        qf_progress_end(&progress);
        if (!failed)
                conclude(&restoring, status);
        if (made && cli->exit_code != QF_EXIT_DONE)
                (void)rmdir(cli->dir); /* unless something is in it by now */
        json_decref(restoring.said);
        return cli->exit_code;
}

static int run_restore(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {0};
        int count;

        if (qf_cli_parse(cli, &options, argc, argv, &count) != 0)
                return cli->exit_code;
        if (!cli->dir)
                return qf_cli_fail(cli, QF_EXIT_USAGE, "恢复要在 qf up 的目录旁做。\n请加 --dir 目录。",
                                   "restoring is done beside the daemons.\nGive --dir DIR.");
        if (options.adopt == (count == 1))
                return qf_cli_misused(cli, "要么给出备份，要么 --adopt。", "give a backup, or --adopt.");
        return run(cli, &options, count == 1 ? argv[0] : NULL);
}

const struct qf_command qf_cmd_restore = {
        .name = "restore",
        .zh = "从备份恢复日志，或承认被拷贝回来的日志",
        .en = "restore the journal from a backup, or adopt one that was copied back",
        .run = run_restore,
        .arguments = "FROM",
        .arguments_min = 0,
        .arguments_max = 1,
        .options = table,
        .dir_may_lack = true,
        .more_zh =
                "FROM 是 qf backup 的目录，或一个日志目录（能读的记录全部取回）。先停下服务。原来的日志改名为 journal.set-aside。\n"
                "启动后，各单位的发件箱会把备份之后的事件再发一次，计数自动重算。",
        .more_en =
                "FROM is a directory of qf backup, or a journal's (all that is whole is taken). Stop the daemons first. The journal "
                "that stood there is kept as journal.set-aside.\n"
                "After the start partners' outboxes send again what came after the backup, and the counts are made anew.",
};
