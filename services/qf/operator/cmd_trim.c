/* `qf trim`: takes the oldest records out of the journal, which keeps them for ever
 * otherwise. They must be in an archive, which is a backup: it is read whole and
 * compared first, and counted up to the place of the cut, so that counts can be made
 * anew without it. The old journal is kept beside the new one, until a human removes it. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "qf/cli/progress.h"
#include "qf/cli/tool.h"

/* As services/ingest/trim.h has them. */
enum { IN_USE = 1, MISSING, NOTHING, ARCHIVE, DAMAGED, SHORT, BEHIND, FULL, BEFORE };

enum { NUMBER_TEXT = 24 };

struct options {
        const char *before, *archive, *reason;
};

static const struct qf_option table[] = {
        {"before", QF_OPTION_TEXT, offsetof(struct options, before), "DATE|P",
         "修剪这一天（或这条记录）之前的", "what is older than this day, or record", 0},
        {"archive", QF_OPTION_TEXT, offsetof(struct options, archive), "DIR", "档案：一份 qf backup 的备份",
         "the archive: a backup of qf backup", 0},
        {"reason", QF_OPTION_TEXT, offsetof(struct options, reason), "TEXT", "写进日志的原因",
         "why, as the journal will say", 0},
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

struct trimming {
        struct qf_cli *cli;
        struct options options;
        json_t *said;
};

static int hear(void *ctx, const json_t *line)
{
        struct trimming *trimming = ctx;

        json_decref(trimming->said);
        trimming->said = json_deep_copy(line);
        return trimming->said ? 0 : -ENOMEM;
}

static long long said(const struct trimming *trimming, const char *name)
{
        return (long long)json_integer_value(json_object_get(trimming->said, name));
}

static int say_archive_failed(const struct trimming *trimming)
{
        struct qf_cli *cli = trimming->cli;
        const char *archive = trimming->options.archive;

        switch (said(trimming, "outcome")) {
        case ARCHIVE:
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER, "%s 不是这个日志的备份。\n先启动服务，qf backup %s，再停下来。",
                        "%s is no backup of this journal.\nStart the daemons, run qf backup %s, stop them.",
                        archive, archive);
        case DAMAGED:
                return qf_cli_fail(cli, QF_EXIT_OTHER, "档案 %s 已损坏：%s。\n另备份一份。",
                                   "the archive %s is damaged: %s.\nMake another backup.", archive,
                                   json_string_value(json_object_get(trimming->said, "why")));
        case SHORT:
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "档案 %s 只到第 %lld 条记录，要到第 %lld 条。\n先启动服务，qf backup %s，再停下来。",
                        "the archive %s reaches to record %lld, and %lld is wanted.\nStart the daemons, run qf backup "
                        "%s, stop them.",
                        archive, said(trimming, "archived"), said(trimming, "through"), archive);
        default:
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "journal.backups 里有一份备份只到第 %lld 条记录，修剪到第 %lld 条之后它就接不上了。\n"
                        "先备份它，或删去它那一行。",
                        "a backup in journal.backups reaches to record %lld; trimmed to %lld it could not go on.\nBack up "
                        "there first, or remove its line.",
                        said(trimming, "kept"), said(trimming, "through"));
        }
}

static int say_failed(const struct trimming *trimming)
{
        struct qf_cli *cli = trimming->cli;

        switch (said(trimming, "outcome")) {
        case IN_USE:
                return qf_cli_fail(cli, QF_EXIT_OTHER, "qf-ingest 还在运行。\n先停下服务，再修剪。",
                                   "qf-ingest runs.\nStop the daemons first, then trim.");
        case MISSING:
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER, "%s/journal 里没有能读的日志。\n看损坏在哪里：qf audit",
                        "there is no journal in %s/journal that can be read.\nSee where: qf audit", cli->dir);
        case NOTHING:
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "没有可修剪的：日志从第 %lld 条记录到第 %lld 条，之前的到第 %lld 条为止。\n至少要留下一条。",
                        "there is nothing to trim: the journal has records %lld to %lld, and what is older ends at "
                        "%lld.\nAt least one must stay.",
                        said(trimming, "first"), said(trimming, "last"), said(trimming, "through"));
        case BEFORE:
                return qf_cli_misused(cli, "--before 要的是日期（2024-01-01）或记录号。",
                                      "--before is a date (2024-01-01) or the number of a record.");
        case FULL:
                return qf_cli_fail(cli, QF_EXIT_OTHER, "磁盘放不下，什么也没有改动。\n腾出地方再来。",
                                   "there is no room; nothing was changed.\nMake room and trim again.");
        case ARCHIVE:
        case DAMAGED:
        case SHORT:
        case BEHIND: return say_archive_failed(trimming);
        default: return qf_cli_broke(cli, (int)said(trimming, "outcome"), "qf trim");
        }
}

/* 0 or 1. */
static int trim_with(struct trimming *trimming, const char *journal, bool cut)
{
        const struct options *options = &trimming->options;
        const char *const argv[] = {"qf-ingest",     "trim",
                                    journal,         options->archive,
                                    options->before, options->reason ? options->reason : "trimmed",
                                    cut ? "1" : "0", NULL};
        struct qf_progress progress;
        int status = 0;

        qf_progress_begin(&progress, trimming->cli,
                          qf_cli_say(trimming->cli, "核对档案", "checking the archive"),
                          qf_cli_say(trimming->cli, "条记录", "records"));
        const int failed = qf_tool_run(trimming->cli, argv, hear, trimming, &status);
        qf_progress_end(&progress);
        if (failed)
                return 1;
        if (!trimming->said)
                return qf_cli_broke(trimming->cli, -EIO, "qf-ingest") != 0;
        return said(trimming, "outcome") == 0 ? 0 : say_failed(trimming) != 0;
}

static int say_done(const struct trimming *trimming)
{
        struct qf_cli *cli = trimming->cli;

        if (cli->json) {
                (void)json_dumpf(trimming->said, stdout, JSON_COMPACT);
                (void)putchar('\n');
                return cli->exit_code = QF_EXIT_DONE;
        }
        printf(qf_cli_say(
                       cli,
                       "日志从第 %lld 条记录开始；之前的在 %s 里，好好保管。\n"
                       "启动服务，qf verify --archive %s，qf audit --archive %s；都好了再删 journal.set-aside。\n",
                       "the journal begins at record %lld; what is before lies in %s: keep it.\n"
                       "Start the daemons, run qf verify --archive %s and qf audit --archive %s; then remove "
                       "journal.set-aside.\n"),
               said(trimming, "through") + 1, trimming->options.archive, trimming->options.archive,
               trimming->options.archive);
        return cli->exit_code = QF_EXIT_DONE;
}

static int run(struct trimming *trimming)
{
        char journal[PATH_MAX], through[NUMBER_TEXT];

        if (qf_cli_beside(trimming->cli, "journal", "", journal) < 0)
                return qf_cli_broke(trimming->cli, -ENAMETOOLONG, trimming->cli->dir);
        if (trim_with(trimming, journal, false) != 0)
                return trimming->cli->exit_code;
        (void)snprintf(through, sizeof through, "%lld", said(trimming, "through"));
        if (qf_tool_checkpoint(trimming->cli, trimming->options.archive, through) != 0 ||
            trim_with(trimming, journal, true) != 0)
                return trimming->cli->exit_code;
        return say_done(trimming);
}

static int run_trim(struct qf_cli *cli, int argc, char **argv)
{
        struct trimming trimming = {.cli = cli};
        int count;

        if (qf_cli_parse(cli, &trimming.options, argc, argv, &count) != 0)
                return cli->exit_code;
        if (!cli->dir)
                return qf_cli_fail(cli, QF_EXIT_USAGE, "修剪要在 qf up 的目录旁做。\n请加 --dir 目录。",
                                   "trimming is done beside the daemons.\nGive --dir DIR.");
        if (!trimming.options.before || !trimming.options.archive)
                return qf_cli_misused(cli, "要 --before 和 --archive。",
                                      "--before and --archive are needed.");
        run(&trimming);
        json_decref(trimming.said);
        return cli->exit_code;
}

const struct qf_command qf_cmd_trim = {
        .name = "trim",
        .zh = "把早先的记录移出日志（已在档案里）",
        .en = "take old records, which an archive has, out of the journal",
        .run = run_trim,
        .options = table,
        .more_zh =
                "从日志里去掉早先的记录；不用它就永远全留着。先 qf backup 档案目录，再停下服务，再修剪。\n"
                "档案先从头核对；原来的日志改名为 journal.set-aside，确认无误后自己删。之后核对要加 --archive。",
        .more_en =
                "Takes old records out of the journal; without it all are kept for ever. First qf backup DIR, then stop the "
                "daemons, then trim.\n"
                "The archive is read whole before anything else. The journal that stood there is kept as journal.set-aside: remove "
                "it yourself. From then on qf verify and its like need --archive.",
};
