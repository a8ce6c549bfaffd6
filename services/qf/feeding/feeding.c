/* Why: feeding ends in one of few ways, and each has one sentence that says what
 * to do next, whether a clerk's file, a programme or a key was fed. */
#include "qf/feeding/feeding.h"

#include <stdio.h>
#include <string.h>

#include "qf/cli/there.h"

enum { LEARN_MS = 5000, LEARN_CACHED_MS = 1500, TURN_MS = 100 };

/* --- alarms ------------------------------------------------------------- */

struct alarm_text {
        uint32_t alarm;
        const char *zh, *en;
};

static const struct alarm_text alarms[] = {
        {QF_ALARM_ROLLED_BACK, "注意：服务端丢了已经确认的条目，正在重发。请告诉管理员。",
         "warning: the server lost events that it had acknowledged; they are sent again. Tell the operator."},
        {QF_ALARM_VERDICT_CHANGED, "警报：服务端改了已经给过的结论。请告诉管理员。",
         "alarm: the server changed a verdict. Tell the operator."},
        {QF_ALARM_RESTORED, "注意：服务端是从备份恢复的，缺的正在重发。",
         "note: the server was restored from a backup; what it lacks is sent again."},
        {QF_ALARM_BEYOND,
         "注意：服务端已有的比这个发件箱报过的多，它被复制过或恢复过旧备份。旧的封存，另起一个。",
         "warning: the server is beyond what this outbox made: it was copied or set back. It is sealed, a new one goes on."},
        {QF_ALARM_TWO_SERVERS, "警报：有两个服务端在轮流回答，已停止报送。",
         "alarm: two servers answer in turn; feeding stopped."},
        {QF_ALARM_OTHER_JOURNAL,
         "警报：这个服务端的日志不是一直报送的那一本（另一个方案，或演练），已停止报送，什么也没有发。请核对服务端地址；要报给它，请另用一个发件箱。",
         "alarm: this server has another journal than the one that was fed so far (another programme, or a training): feeding "
         "stopped, nothing was sent. Check the address; to feed it, use another outbox."},
        {QF_ALARM_GONE_HERE,
         "警报：服务端要补的条目，这里已经没有了。确认找不回来后：qf feed --flush --skip 原因。",
         "alarm: the server asks for events that are gone here. When they can't be found: qf feed --flush --skip REASON."},
};

static void say_alarm(void *ctx, uint32_t alarm, uint64_t number, struct qf_view say)
{
        struct qf_cli *cli = ctx;
        for (size_t i = 0; i < sizeof(alarms) / sizeof(alarms[0]); i++) {
                if (alarms[i].alarm != alarm)
                        continue;
                fprintf(stderr, qf_cli_say(cli, "%s（第 %llu 条）%s%.*s\n", "%s (number %llu)%s%.*s\n"),
                        qf_cli_say(cli, alarms[i].zh, alarms[i].en), (unsigned long long)number,
                        say.len > 0 ? " " : "", (int)say.len, say.len > 0 ? say.at : "");
        }
}

/* --- how it can end ----------------------------------------------------- */

static const char *stopped_text(const struct qf_cli *cli, uint32_t stopped)
{
        const struct qf_code_text *text = qf_refusal_text((uint16_t)stopped);

        for (size_t i = 0; i < sizeof(alarms) / sizeof(alarms[0]); i++)
                if (alarms[i].alarm == stopped)
                        return qf_cli_say(cli, alarms[i].zh, alarms[i].en);
        return qf_cli_say(cli, text->zh, text->en);
}

void qf_feeding_stopped(const struct qf_cli *cli, const struct qf_outbox_standing *standing,
                        struct qf_feeding_stopped *ret_stopped)
{
        /* What the server said besides, if it is not what the code means. */
        const bool more = standing->say[0] &&
                          strcmp(standing->say, qf_refusal_text((uint16_t)standing->stopped)->en) != 0;

        (void)snprintf(ret_stopped->why, sizeof ret_stopped->why, "%s%s%s",
                       stopped_text(cli, standing->stopped), more ? " " : "", more ? standing->say : "");
        if (standing->stopped == QF_REFUSED_ANOTHERS)
                (void)snprintf(
                        ret_stopped->helps, sizeof ret_stopped->helps,
                        qf_cli_say(cli, "mv %s %s.copied，再报；“%s”会有自己的新发件箱。",
                                   "mv %s %s.copied and feed again: \"%s\" gets an outbox of its own."),
                        cli->outbox, cli->outbox, cli->source);
        else
                (void)snprintf(
                        ret_stopped->helps, sizeof ret_stopped->helps, "%s%s",
                        qf_cli_say(cli, "弄清原因后：qf feed --resume（接着用）",
                                   "When the cause is known: qf feed --resume (go on with it)"),
                        !qf_outbox_wants_renewal(standing->stopped)
                                ? ""
                                : qf_cli_say(
                                          cli,
                                          "，或 qf feed --renew（换一个新发件箱，没有结论的条目一并转过去）",
                                          ", or qf feed --renew (a new outbox that takes the waiting events along)"));
}

static int said_stopped(struct qf_cli *cli, struct qf_feed *feed)
{
        struct qf_feeding_stopped stopped;

        qf_feeding_stopped(cli, qf_outbox_standing(qf_feed_outbox(feed)), &stopped);
        qf_cli_fail(cli, QF_EXIT_CONFLICT, "发件箱 %s 已停用：%s\n里面的 %llu 条都还在。%s",
                    "the outbox %s is stopped: %s\nEvents that wait in it, and are kept: %llu. %s",
                    cli->outbox, stopped.why, (unsigned long long)qf_feed_waiting(feed), stopped.helps);
        return 1;
}

static int said_refused(struct qf_cli *cli)
{
        char advice[QF_CLI_ADVICE_BYTES];

        qf_cli_fail(cli, QF_EXIT_REFUSED, "服务端不接受“%s”的密钥，或它没有报送权限。\n%s",
                    "the server does not accept the key of \"%s\", or it may not feed.\n%s", cli->source,
                    qf_cli_key_advice(cli, NULL, advice));
        return 1;
}

static int said_outcome(struct qf_cli *cli, struct qf_feed *feed, int result)
{
        switch (result) {
        case QF_FEED_STOPPED: return said_stopped(cli, feed);
        case QF_FEED_REFUSED: return said_refused(cli);
        case QF_FEED_IN_USE:
                qf_cli_fail(cli, QF_EXIT_OTHER, "发件箱 %s 正被另一个程序使用。\n等它结束后再试。",
                            "the outbox %s is in use by another process.\nTry again when it has ended.",
                            cli->outbox);
                return 1;
        case QF_FEED_FORMAT:
                qf_cli_fail(cli, QF_EXIT_OTHER, "%s 不是发件箱，或是太旧的版本做的。\n换一个目录。",
                            "%s is no outbox, or was made by a version too old.\nUse another directory.",
                            cli->outbox);
                return 1;
        case QF_FEED_NEWER:
                qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "发件箱 %s 是更新的版本写的，本版本（%s）不认识它的格式；什么都没有改动。\n请升级 qf。",
                        "the outbox %s was written by a newer version, in a format that this one (%s) does not "
                        "know; it was left as it is.\nUpgrade qf.",
                        cli->outbox, QF_VERSION);
                return 1;
        case QF_FEED_ANOTHERS:
                qf_cli_fail(
                        cli, QF_EXIT_CONFLICT,
                        "发件箱 %s 是从另一个数据源拷来的，里面的条目是那边的；什么都没有发，什么都没有改动。\n"
                        "密钥拿错了就改配置里的 key。确是拷来的：mv %s %s.copied，再报一次；“%s”会有自己的新发件箱。",
                        "the outbox %s was copied from another source's, and its events are that one's: nothing was "
                        "sent, and it was left as it is.\n"
                        "Is key, in the configuration, another source's? Else mv %s %s.copied and feed again: \"%s\" gets an "
                        "outbox of its own.",
                        cli->outbox, cli->outbox, cli->outbox, cli->source);
                return 1;
        case QF_FEED_FULL:
                qf_cli_fail(cli, QF_EXIT_OTHER, "磁盘空间不够，这次什么都没有存下：%s\n腾出空间后重来。",
                            "no room on the disk, nothing of this was kept: %s\nMake room and try again.",
                            cli->outbox);
                return 1;
        case QF_FEED_TOO_LARGE:
                qf_cli_fail(cli, QF_EXIT_OTHER, "有一条内容太大，放不进一个批次。\n请缩短它。",
                            "one event is too large for any batch.\nShorten it.");
                return 1;
        default: qf_cli_broke(cli, result, cli->outbox); return 1;
        }
}

void qf_feeding_say(struct qf_cli *cli, struct qf_feed *feed, int result)
{
        (void)said_outcome(cli, feed, result);
}

int qf_feeding_add(struct qf_cli *cli, struct qf_feed *feed, const struct qf_event *event,
                   const struct qf_pair *values, uint32_t values_count, uint64_t *ret_number)
{
        int result = qf_feed_add(feed, event, values, values_count, ret_number);
        return result ? said_outcome(cli, feed, result) : 0;
}

/* --- opening ------------------------------------------------------------ */

/* 0, 1: said, or an outcome of the feed that is not said yet. */
static int try_open(struct qf_cli *cli, bool online, const char *skip_reason,
                    int (*verdict)(void *ctx, const struct qf_feed_verdict *verdict), void *ctx,
                    struct qf_feed **ret_feed)
{
        struct qf_socket *socket = NULL;
        if (online && qf_cli_connect_feed(cli, &socket))
                return 1;
        struct qf_feed_options options = {
                .outbox = cli->outbox,
                .source = cli->source,
                .socket = online ? &socket : NULL,
                .agent = "qf " QF_VERSION,
                .ctx = ctx,
                .verdict = verdict,
                .skip_reason = skip_reason,
                .alarm_ctx = cli,
                .alarm = say_alarm,
        };
        return qf_feed_open(&options, ret_feed);
}

static int open_feed(struct qf_cli *cli, bool online, const char *skip_reason,
                     int (*verdict)(void *ctx, const struct qf_feed_verdict *verdict), void *ctx,
                     struct qf_feed **ret_feed)
{
        struct qf_feed *feed = NULL;
        int result = try_open(cli, online, skip_reason, verdict, ctx, &feed);
        if (result)
                return result < 0 || result > 1 ? said_outcome(cli, NULL, result) : result;
        if (qf_outbox_standing(qf_feed_outbox(feed))->stopped == QF_REFUSED_ANOTHERS) {
                /* What is added to it never goes out. */
                (void)said_stopped(cli, feed);
                (void)qf_feed_close(feed);
                return 1;
        }
        *ret_feed = feed;
        return 0;
}

int qf_feeding_open_free(struct qf_cli *cli, struct qf_feed **ret_feed)
{
        int result = try_open(cli, true, NULL, NULL, NULL, ret_feed);
        if (result == QF_FEED_IN_USE || result == 0 || result == 1)
                return result;
        return said_outcome(cli, NULL, result);
}

int qf_feeding_open_skipping(struct qf_cli *cli, const char *skip_reason,
                             int (*verdict)(void *ctx, const struct qf_feed_verdict *verdict), void *ctx,
                             struct qf_feed **ret_feed)
{
        return open_feed(cli, true, skip_reason, verdict, ctx, ret_feed);
}

int qf_feeding_open(struct qf_cli *cli, bool online,
                    int (*verdict)(void *ctx, const struct qf_feed_verdict *verdict), void *ctx,
                    struct qf_feed **ret_feed)
{
        return open_feed(cli, online, NULL, verdict, ctx, ret_feed);
}

int64_t qf_feeding_learn_ms(const struct qf_cli *cli, struct qf_feed *feed)
{
        if (qf_there_nobody(cli, cli->feed))
                return QF_THERE_GRACE_MS;
        return qf_outbox_standing(qf_feed_outbox(feed))->registers ? LEARN_CACHED_MS : LEARN_MS;
}

static int learn(struct qf_cli *cli, struct qf_feed *feed, int64_t timeout_ms,
                 const struct qf_programme **ret_programme, bool *ret_fresh)
{
        int result = qf_feed_learn(feed, timeout_ms, ret_programme, ret_fresh);
        if (result == 0)
                return 0;
        if (result == 1)
                qf_cli_fail(
                        cli, QF_EXIT_AWAY,
                        "服务端没有回答，这里也还没有名录可用。\n哪里不通：qf doctor；通了再来。",
                        "the server does not answer, and no registers are kept here yet.\nSee what is wrong: qf doctor; then "
                        "try again.");
        else
                (void)said_outcome(cli, feed, result);
        return 1;
}

int qf_feeding_learn(struct qf_cli *cli, struct qf_feed *feed, const struct qf_programme **ret_programme)
{
        return learn(cli, feed, qf_feeding_learn_ms(cli, feed), ret_programme, NULL);
}

int qf_feeding_learn_now(struct qf_cli *cli, struct qf_feed *feed, const struct qf_programme **ret_programme)
{
        bool fresh = false;

        if (learn(cli, feed, qf_there_nobody(cli, cli->feed) ? QF_THERE_GRACE_MS : LEARN_MS, ret_programme,
                  &fresh))
                return 1;
        if (fresh)
                return 0;
        if (qf_outbox_standing(qf_feed_outbox(feed))->stopped) {
                (void)said_stopped(cli, feed);
                return 1;
        }
        qf_cli_fail(
                cli, QF_EXIT_AWAY,
                "服务端没有回答；这里存的名录可能旧了，不据此行事。什么都没有改。\n看服务是否在运行：qf status；恢复后重试。",
                "the server does not answer, and what is kept here of the registers may be old. Nothing was changed.\n"
                "See whether it runs: qf status; then try again.");
        return 1;
}

int qf_feeding_flush(struct qf_cli *cli, struct qf_feed *feed, const struct qf_fed_file *file)
{
        int result = qf_feed_flush(feed, file);
        return result ? said_outcome(cli, feed, result) : 0;
}

/* --- draining ----------------------------------------------------------- */

static int said_gone(struct qf_cli *cli, struct qf_feed *feed)
{
        qf_cli_fail(
                cli, QF_EXIT_CONFLICT,
                "服务端要从第 %llu 条补起，这里已经没有了；%llu%s 条在等。\n找得到旧发件箱的备份就用它补报；确认找不回来：qf feed --flush "
                "--skip 原因",
                "the server asks for number %llu, which is gone here; %llu %s left to send.\nFeed from a backup of this "
                "outbox if there is one; when it can't be found: qf feed --flush --skip REASON",
                (unsigned long long)qf_feed_gone(feed), (unsigned long long)qf_feed_waiting(feed),
                qf_cli_noun(cli, qf_feed_waiting(feed), "event is", "events are"));
        return 1;
}

static int said_away(struct qf_cli *cli, struct qf_feed *feed)
{
        qf_cli_fail(
                cli, QF_EXIT_AWAY,
                "服务端没有回答或正忙。已存 %llu%s 条待发，不会丢。\n恢复后运行 qf feed --flush，或下次报送时自动先发。",
                "the server does not answer, or is busy. %llu %s kept and will be sent.\nLater: qf feed --flush; the next "
                "qf feed sends them first, too.",
                (unsigned long long)qf_feed_waiting(feed),
                qf_cli_noun(cli, qf_feed_waiting(feed), "event is", "events are"));
        return 1;
}

static int said_no_room(struct qf_cli *cli)
{
        qf_cli_fail(
                cli, QF_EXIT_OTHER,
                "磁盘空间不够，收到的结论存不下：%s。报送的条目都还在。\n腾出空间后：qf feed --flush",
                "no room on the disk for the verdicts: %s. What was fed is kept.\nMake room, then: qf feed --flush",
                cli->outbox);
        return 1;
}

int qf_feeding_drain(struct qf_cli *cli, struct qf_feed *feed, int64_t patience_ms, void (*step)(void *ctx),
                     void *ctx)
{
        struct qf_there there = {cli, cli->feed, 0};

        while (!qf_feed_drained(feed)) {
                int result = qf_feed_pump(feed, TURN_MS);
                if (step)
                        step(ctx);
                if (result == QF_FEED_FULL)
                        return said_no_room(cli);
                if (result)
                        return said_outcome(cli, feed, result);
                if (qf_cli_interrupted(cli)) {
                        qf_cli_fail(
                                cli, QF_EXIT_OTHER,
                                "已中断。%llu%s 条存在发件箱里，还没有结论。\n接着发：qf feed --flush",
                                "interrupted. %llu %s kept in the outbox, not answered yet.\nGo on: qf feed --flush",
                                (unsigned long long)qf_feed_waiting(feed),
                                qf_cli_noun(cli, qf_feed_waiting(feed), "event is", "events are"));
                        return 1;
                }
                if (qf_feed_gone(feed))
                        return said_gone(cli, feed);
                if (qf_feed_stalled_ms(feed) >= patience_ms || qf_there_in_vain(&there))
                        return qf_feed_waiting(feed) > 0 ? said_away(cli, feed) : 0;
        }
        return 0;
}
