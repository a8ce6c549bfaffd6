/* `qf clock accept`: a human says that the server's clock is right, and the journal
 * ahead of it: somebody had set the clock wrong, and events came meanwhile. Until
 * then ingest puts partners off, since the other way round is as likely. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "qf/cli/tool.h"

/* As services/ingest/restore.h has them. */
enum { IN_USE = 1, FULL = 4, MISSING = 5, DAMAGED = 6, NOT_BEHIND = 7, NEWER = 8 };

enum { TIME_TEXT = 32 };

struct options {
        const char *reason;
};

static const struct qf_option table[] = {
        {"reason", QF_OPTION_TEXT, offsetof(struct options, reason), "TEXT", "写进日志的原因",
         "why, as the journal will say", 0},
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

struct accepting {
        long long outcome, journal_ms, clock_ms;
        bool heard;
};

static int hear(void *ctx, const json_t *line)
{
        struct accepting *accepting = ctx;

        accepting->outcome = (long long)json_integer_value(json_object_get(line, "outcome"));
        accepting->journal_ms = (long long)json_integer_value(json_object_get(line, "journal_ms"));
        accepting->clock_ms = (long long)json_integer_value(json_object_get(line, "clock_ms"));
        accepting->heard = true;
        return 0;
}

static int say_failed(struct qf_cli *cli, int outcome)
{
        switch (outcome) {
        case IN_USE:
                return qf_cli_fail(cli, QF_EXIT_OTHER, "qf-ingest 还在运行。\n先停下服务，再承认。",
                                   "qf-ingest runs.\nStop the daemons first, then accept.");
        case FULL:
                return qf_cli_fail(cli, QF_EXIT_OTHER, "磁盘放不下，什么也没有改动。\n腾出地方再来。",
                                   "there is no room; nothing was changed.\nMake room and try again.");
        case MISSING:
                return qf_cli_fail(cli, QF_EXIT_OTHER, "%s/journal 里没有日志。\n看 --dir 对不对。",
                                   "there is no journal in %s/journal.\nSee whether --dir is right.",
                                   cli->dir);
        case DAMAGED:
                return qf_cli_fail(cli, QF_EXIT_OTHER, "日志已损坏。\n看损坏在哪里：qf audit --dir %s",
                                   "the journal is damaged.\nSee where: qf audit --dir %s", cli->dir);
        case NOT_BEHIND:
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER, "时钟没有比日志慢五分钟以上，或已经承认过。\n启动服务即可。",
                        "the clock is not more than five minutes behind the journal, or that is accepted "
                        "already.\nStart the daemons.");
        case NEWER:
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "日志是更新的版本写的，本版本（%s）不认识它的格式。\n请装回那个版本。",
                        "the journal was written by a newer version, in a format that this one (%s) does "
                        "not know.\nInstall that version again.",
                        QF_VERSION);
        default: return qf_cli_broke(cli, outcome, "qf clock");
        }
}

static const char *time_text(long long ms, char room[TIME_TEXT])
{
        time_t seconds = (time_t)(ms / 1000);
        struct tm local;

        if (!localtime_r(&seconds, &local) || strftime(room, TIME_TEXT, "%Y-%m-%d %H:%M:%S", &local) == 0)
                (void)snprintf(room, TIME_TEXT, "%lld", ms);
        return room;
}

static int say_done(struct qf_cli *cli, const struct accepting *accepting)
{
        char journal[TIME_TEXT], clock[TIME_TEXT];

        if (cli->json)
                printf("{\"accepted\":true,\"journal_ms\":%lld,\"clock_ms\":%lld}\n", accepting->journal_ms,
                       accepting->clock_ms);
        else
                printf(qf_cli_say(cli, "已写进日志：时钟 %s 是对的，日志到了 %s。\n启动服务，报送照常。\n",
                                  "written down: the clock's %s is right, the journal is at %s.\n"
                                  "Start the daemons; events are taken again.\n"),
                       time_text(accepting->clock_ms, clock), time_text(accepting->journal_ms, journal));
        return cli->exit_code = QF_EXIT_DONE;
}

static int run_clock(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {.reason = "accepted"};
        struct accepting accepting = {0};
        char journal[PATH_MAX];
        const char *argv_tool[] = {"qf-ingest", "clock", journal, NULL, NULL};
        int count, status = 0;

        if (qf_cli_parse(cli, &options, argc, argv, &count) != 0)
                return cli->exit_code;
        if (!cli->dir)
                return qf_cli_fail(cli, QF_EXIT_USAGE, "要在 qf up 的目录旁做。\n请加 --dir 目录。",
                                   "this is done beside the daemons.\nGive --dir DIR.");
        if (qf_cli_beside(cli, "journal", "", journal) < 0)
                return qf_cli_broke(cli, -ENAMETOOLONG, cli->dir);
        argv_tool[3] = options.reason;
        if (qf_tool_run(cli, argv_tool, hear, &accepting, &status) != 0)
                return cli->exit_code;
        if (!accepting.heard)
                return qf_cli_broke(cli, -EIO, "qf-ingest");
        return accepting.outcome != 0 ? say_failed(cli, (int)accepting.outcome) : say_done(cli, &accepting);
}

static const struct qf_command clock_accept = {
        .name = "accept",
        .zh = "承认时钟是对的",
        .en = "accept the clock as it is",
        .run = run_clock,
        .options = table,
        .more_zh = "服务器的时钟比日志慢五分钟以上时，服务不收报送。时钟错了：把它调对即可，不用这个命令。\n"
                   "时钟是对的、从前调快过：先停下服务，再用它。此后日志里的时间停住，直到时钟赶上。",
        .more_en =
                "While the server's clock is more than five minutes behind the journal, nothing is taken. When the clock is wrong, "
                "set it: that is all.\n"
                "When it is right, and was ahead once: stop the daemons, then use this. Time in the journal stands still until the "
                "clock is there.",
};

const struct qf_command qf_cmd_clock = {
        .name = "clock",
        .zh = "承认时钟比日志慢是对的",
        .en = "accept that the clock is behind the journal",
        .parts = (const struct qf_command *const[]){&clock_accept, NULL},
};
