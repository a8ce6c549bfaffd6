/* qf feed: a partner's way in. What it takes apart is in feed_*.c; here are the
 * options, and what is done to an outbox without feeding anything. */
#include "base/text.h"
#include "qf/cli/cli.h"
#include "qf/feeding/feed_command.h"
#include "qf/feeding/feed_summary.h"
#include "qf/feeding/feeding.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { PATIENCE_MS = 10000, PATIENCE_MOST_S = 86400 };

struct options {
        struct qf_feed_command command;
        uint64_t patience_s;
};

static const struct qf_option option_table[] = {
        {"map", QF_OPTION_TEXT, offsetof(struct options, command.map), "MAP.yaml",
         "列与字段的对应（默认：活动台账模板）",
         "which column is which field (default: the clerks' template)", 0},
        {"sheet", QF_OPTION_TEXT, offsetof(struct options, command.sheet), "NAME",
         "工作簿里的哪张表：名字或序号（默认第一张）",
         "which sheet of a workbook: its name or place (default: the first)", 0},
        {"kind", QF_OPTION_TEXT, offsetof(struct options, command.kind), "KIND",
         "表里是别的事项：broadcast、visit……（qf kinds）",
         "rows are of another kind: broadcast, visit … (qf kinds)", 0},
        {"dry-run", QF_OPTION_FLAG, offsetof(struct options, command.dry_run), NULL, "只检查，不报送",
         "check only, send nothing", 0},
        {"again", QF_OPTION_FLAG, offsetof(struct options, command.again), NULL,
         "报送过的文件再报一次（不会重复计数）", "feed a file once more (nothing counts twice)", 0},
        {"flush", QF_OPTION_FLAG, offsetof(struct options, command.flush), NULL, "只把已存的发出去",
         "only send what is kept", 0},
        {"skip", QF_OPTION_TEXT, offsetof(struct options, command.skip), "REASON",
         "与 --flush 一起：服务端要补而这里已没有的，声明遗失",
         "with --flush: declare lost what the server asks for and is gone here", 0},
        {"listen", QF_OPTION_TEXT, offsetof(struct options, command.listen), "unix:PATH|127.0.0.1:PORT",
         "给不会 ZeroMQ 的系统：在本机收 HTTP 的 POST /events（每行一个 JSON），存进发件箱再答复",
         "for systems without ZeroMQ: takes HTTP POST /events on this machine (lines of JSON), answers when they are in the "
         "outbox",
         0},
        {"patience", QF_OPTION_NUMBER, offsetof(struct options, patience_s), "SECONDS",
         "服务端不回答时等多少秒（默认 10）", "how long to wait for a silent server (default 10)",
         PATIENCE_MOST_S},
        {"resume", QF_OPTION_FLAG, offsetof(struct options, command.resume), NULL, "停用的发件箱接着用",
         "go on with an outbox that was stopped", 0},
        {"renew", QF_OPTION_FLAG, offsetof(struct options, command.renew), NULL,
         "换一个新发件箱，没有结论的条目转过去", "a new outbox that takes the waiting events along", 0},
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

static int count_verdict(void *ctx, const struct qf_feed_verdict *verdict)
{
        bool news;
        (void)qf_feed_tally_verdict(ctx, verdict->number, verdict->verdict, &news);
        return 0;
}

/* Sends what is kept, and says what became of it. */
static int flush(struct qf_cli *cli, const struct qf_feed_command *command)
{
        struct qf_feed_tally tally = {0};
        struct qf_feed *feed = NULL;
        if (qf_feeding_open_skipping(cli, command->skip, count_verdict, &tally, &feed))
                return cli->exit_code;
        uint64_t waiting = qf_feed_waiting(feed);
        int failed = qf_feeding_drain(cli, feed, (int64_t)command->patience_ms, NULL, NULL);
        struct qf_feed_report report = {
                .tally = &tally, .unit_zh = "条", .unit_en = "events", .unit_en_one = "event"};
        int result = waiting > 0 || cli->json ? qf_feed_report_print(cli, &report) : 0;
        if (waiting == 0 && !cli->json)
                puts(qf_cli_say(cli, "发件箱里没有待发的。", "Nothing waits in the outbox."));
        qf_feed_close(feed);
        if (failed)
                return cli->exit_code;
        return result ? qf_cli_broke(cli, result, "stdout") : qf_feed_tally_exit(&tally);
}

static int mend_outbox(struct qf_cli *cli, const struct qf_feed_command *command)
{
        struct qf_feed *feed = NULL;
        if (qf_feeding_open(cli, false, NULL, NULL, &feed))
                return cli->exit_code;
        struct qf_outbox *outbox = qf_feed_outbox(feed);
        int result = command->renew ? qf_outbox_renew(outbox, true) : qf_outbox_stop(outbox, 0, QF_VIEW(""));
        qf_feed_close(feed);
        if (result == QF_OUTBOX_GOES_ON)
                return qf_cli_fail(
                        cli, QF_EXIT_CONFLICT,
                        "发件箱 %s 不用换新：换了，服务端若丢过数据（比如从备份恢复），就再也补不回来。\n接着用：qf feed --resume",
                        "the outbox %s wants no new one: with a new one a server that lost events, as after a restore, could "
                        "not get them again.\nTo go on with it: qf feed --resume",
                        cli->outbox);
        if (result == QF_STORE_FULL) {
                qf_feeding_say(cli, NULL, QF_FEED_FULL);
                return cli->exit_code;
        }
        if (result)
                return qf_cli_broke(cli, result < 0 ? result : -EBADMSG, cli->outbox);
        if (!cli->json)
                puts(command->renew ? qf_cli_say(cli, "已换新发件箱。", "A new outbox goes on.")
                                    : qf_cli_say(cli, "发件箱恢复使用。", "The outbox goes on."));
        return 0;
}

static int run_feed(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {0};
        int count;
        if (qf_cli_parse(cli, &options, argc, argv, &count))
                return cli->exit_code;
        struct qf_feed_command *command = &options.command;
        command->patience_ms = options.patience_s ? options.patience_s * 1000 : PATIENCE_MS;
        const struct qf_view reason = qf_view_of(command->skip);
        if (reason.len > QF_FEED_SKIP_REASON_BYTES ||
            !qf_text_valid(reason, true)) /* it would stop the outbox */
                return qf_cli_misused(
                        cli, "--skip 的原因最多 800 字节，不能有控制字符。",
                        "the reason of --skip has at most 800 bytes and no control characters.");
        qf_cli_hold_signals(cli);
        if (command->resume || command->renew) {
                int exit_code = mend_outbox(cli, command);
                if (exit_code || (count == 0 && !command->flush && !command->listen))
                        return exit_code;
        }
        if (command->listen && count == 0 && !command->flush)
                return qf_feed_listen(cli, command->listen);
        if (command->listen)
                return qf_cli_misused(cli, "--listen 不带文件，也不和 --flush 一起",
                                      "--listen takes no file and no --flush");
        if (command->flush || count == 0) {
                if (command->flush && count == 0)
                        return flush(cli, command);
                return qf_cli_misused(cli, "要一个文件、“-”、--listen，或 --flush（不带文件）",
                                      "give a file, or \"-\", or --listen or --flush without a file");
        }
        if (strcmp(argv[0], "-") == 0)
                return qf_feed_lines(cli, command);
        return qf_feed_file(cli, command, argv[0]);
}

const struct qf_command qf_cmd_feed = {
        .name = "feed",
        .zh = "报送一个文件，或从标准输入逐行报送",
        .en = "feed a file, or lines of JSON from standard input",
        .run = run_feed,
        .arguments = "FILE.csv|FILE.xlsx|-",
        .arguments_min = 0,
        .arguments_max = 1,
        .options = option_table,
        .more_zh =
                "文件可以是 CSV（UTF-8、UTF-16、GBK，用逗号、分号或制表符隔开）或工作簿 .xlsx。\n"
                "先存进发件箱再发送，服务端不在也不会丢（退出码 75，恢复后 qf feed --flush）。退回的行写在原文件旁边的 X_退回.csv，改好后交它。\n"
                "“-”从标准输入逐行读 JSON：\n"
                "  {\"key\":\"HX-17\",\"date\":\"2023-05-06\",\"org\":\"HX\","
                "\"attendances\":120}\n"
                "  {\"kind\":\"attendance\",\"key\":\"HX-17\",\"attendances\":123}\n"
                "  {\"kind\":\"tick\",\"key\":\"HX-17\",\"counter\":\"sign_in\",\"amount\":1}\n"
                "退出码：0 全部收下，2 有退回，3 有冲突，75 服务端不在、已存，77 密钥不被接受。",
        .more_en =
                "A file is text (UTF-8, UTF-16, GB18030; cells divided by comma, semicolon or tab) or a workbook .xlsx.\n"
                "Everything is kept in the outbox before it is sent; without a server nothing is lost (exit code 75, later qf feed "
                "--flush). Returned rows are written to X.returned.csv beside the input.\n"
                "\"-\" reads lines of JSON from standard input:\n"
                "  {\"key\":\"HX-17\",\"date\":\"2023-05-06\",\"org\":\"HX\","
                "\"attendances\":120}\n"
                "  {\"kind\":\"attendance\",\"key\":\"HX-17\",\"attendances\":123}\n"
                "  {\"kind\":\"tick\",\"key\":\"HX-17\",\"counter\":\"sign_in\",\"amount\":1}\n"
                "Exit codes: 0 all taken, 2 some returned, 3 conflict, 75 server away and kept, 77 key refused.",
};
