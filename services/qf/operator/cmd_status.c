/* Why: the first question when a number looks odd is whether everything runs and
 * how old the number is. Ingest is asked by a Hello, which changes nothing, and
 * reporting for what it and aggregation know; each that does not answer is named
 * with what to do. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "qf/operator/checking.h"
#include "qf/cli/cli.h"
#include "qf/cli/json_out.h"
#include "qf/cli/there.h"
#include "qf/operator/sides.h"
#include "qf/operator/status_figures.h"

enum { CLOCK_OFF_MS = 5000 };

/* Outboxes that were asked for what they no longer have, as aggregation heard from ingest. */
static int64_t gaps_of(const struct qf_side *side)
{
        return (int64_t)json_integer_value(
                json_object_get(json_object_get(side->facts, "aggregate"), "gaps"));
}

/* Less is free than it asks for, so that ingest takes nothing; where aggregation stops, its answer says so itself. */
static bool is_full(const struct qf_side *report)
{
        const json_t *metrics = json_object_get(report->facts, "metrics");

        return json_number_value(json_object_get(metrics, "qf_journal_disk_free_bytes")) <
               json_number_value(json_object_get(metrics, "qf_journal_disk_floor_bytes"));
}

static void judge_report(const struct qf_cli *cli, struct qf_side *side)
{
        const char *say = json_string_value(json_object_get(side->facts, "say"));

        if (json_is_true(json_object_get(side->facts, "stopped")) || qf_checking_text(cli, say) ||
            gaps_of(side) > 0 || is_full(side))
                side->exit_code = QF_EXIT_OTHER;
}

/* --- saying --------------------------------------------------------------------------- */

static int64_t number_of(const struct qf_side *side, const char *name)
{
        return (int64_t)json_integer_value(json_object_get(side->facts, name));
}

static void print_trouble(const struct qf_cli *cli, const struct qf_side *side, const char *name)
{
        char advice[QF_CLI_ADVICE_BYTES], start[QF_CLI_START_BYTES];

        if (side->exit_code == QF_EXIT_AWAY)
                printf(qf_cli_say(
                               cli, "%-9s 没有回答\n  → 没有运行就启动：%s；在运行就看它的日志\n",
                               "%-9s does not answer\n  → if it does not run: %s; if it does, read its log\n"),
                       name, qf_cli_start(cli->dir ? cli->dir : "DIR", start));
        else
                printf(qf_cli_say(cli, "%-9s 在运行，但不接受“%s”的密钥\n  → %s\n",
                                  "%-9s runs, but refuses the key of \"%s\"\n  → %s\n"),
                       name, cli->source, qf_cli_key_advice(cli, NULL, advice));
}

static void print_ingest(const struct qf_cli *cli, const struct qf_side *side)
{
        int64_t ahead = number_of(side, "clock_ahead_ms");

        if (!side->facts) {
                print_trouble(cli, side, "ingest");
                return;
        }
        printf(qf_cli_say(cli, "%-9s 有回答；登记到第 %" PRId64 " 条记录，本数据源的发件箱 %" PRId64 " 个\n",
                          "%-9s answers; registers as of record %" PRId64
                          ", outboxes of this source: %" PRId64 "\n"),
               "ingest", number_of(side, "registers_position"), number_of(side, "outboxes"));
        if (ahead > CLOCK_OFF_MS || ahead < -CLOCK_OFF_MS)
                printf(qf_cli_say(cli, "  → 时钟与服务器差 %.0f 秒：请校准\n",
                                  "  → clocks differ by %.0f s: set this one right\n"),
                       (double)(ahead < 0 ? -ahead : ahead) / 1000);
}

static void print_time(int64_t wall_ms, char *ret_text, size_t room)
{
        time_t seconds = (time_t)(wall_ms / 1000);
        struct tm local;

        if (wall_ms <= 0 || !localtime_r(&seconds, &local) || strftime(ret_text, room, "%F %T", &local) == 0)
                (void)snprintf(ret_text, room, "-");
}

static void print_report(const struct qf_cli *cli, const struct qf_side *side)
{
        char complete[64];
        const char *say = json_string_value(json_object_get(side->facts, "say"));

        if (!side->facts && qf_there_wants_archive(cli)) {
                printf(qf_cli_say(
                               cli,
                               "report    ! 没有计数可看：日志修剪过，计数和它的检查点都不见了\n"
                               "  → 从档案重建：qf rebuild --archive 档案 --dir %s\n",
                               "report    ! nothing can be shown: the journal was trimmed, and both the counts and their "
                               "checkpoint are lost\n  → make them from the archive: qf rebuild --archive ARCHIVE --dir %s\n"),
                       cli->dir);
                return;
        }
        if (!side->facts) {
                print_trouble(cli, side, "report");
                return;
        }
        print_time(number_of(side, "complete_at_ms"), complete, sizeof complete);
        if (json_is_true(json_object_get(side->facts, "training")))
                puts(qf_cli_say(cli, "【演练】这里的数字都不是真实数字",
                                "TRAINING: none of these numbers are real"));
        printf(qf_cli_say(cli, "%-9s 有回答；数字到第 %" PRId64 " 条记录（共 %" PRId64 " 条），截至 %s\n",
                          "%-9s answers; totals as of record %" PRId64 " of %" PRId64 ", complete at %s\n"),
               "report", number_of(side, "version"), number_of(side, "journal_last"), complete);
        if (number_of(side, "waiting") > 0)
                printf(qf_cli_say(cli, "  有 %" PRId64 " 个活动编号只有签到，没有活动\n",
                                  "  ticks wait for %" PRId64 " activities that were not stated\n"),
                       number_of(side, "waiting"));
        if (gaps_of(side) > 0)
                printf(qf_cli_say(cli,
                                  "  ! %" PRId64 " 个发件箱等人声明遗失\n  → 是哪些：看 qf-ingest 的日志\n",
                                  "  ! outboxes that wait until somebody says that numbers are lost: %" PRId64
                                  "\n  → which: the log of qf-ingest names them\n"),
                       gaps_of(side));
        if (json_is_true(json_object_get(side->facts, "stopped")))
                printf(qf_cli_say(
                               cli,
                               "  ! 计数停了，以上是停下前的数字：%s\n  → 看 qf-aggregate 的日志；qf verify\n",
                               "  ! counting stopped, the totals above are from before it: %s\n  → read the log of qf-aggregate; qf verify\n"),
                       qf_standstill_text(cli, say));
        else if (qf_checking_text(cli, say))
                printf(qf_cli_say(cli, "  ! %s\n  → 看位置和做法：qf audit\n",
                                  "  ! %s\n  → where, and what to do: qf audit\n"),
                       qf_checking_text(cli, say));
        else if (json_is_true(json_object_get(side->facts, "catching_up")))
                printf(qf_cli_say(cli, "  正在追赶日志%s%s\n", "  catching up%s%s\n"),
                       say && *say ? qf_cli_say(cli, "：", ": ") : "", qf_standstill_text(cli, say));
}

static json_t *json_of(const struct qf_side *side)
{
        json_t *object = json_pack("{s:b}", "up", side->facts != NULL);

        if (side->facts)
                (void)json_object_update(object, side->facts);
        else
                (void)json_object_set_new(object, "why",
                                          json_string(side->exit_code == QF_EXIT_AWAY ? "away" : "refused"));
        return object;
}

static int worst(const struct qf_side *ingest, const struct qf_side *report)
{
        return ingest->exit_code > report->exit_code ? ingest->exit_code : report->exit_code;
}

static void print_all(struct qf_cli *cli, const struct qf_side *ingest, const struct qf_side *report)
{
        if (!cli->json) {
                print_ingest(cli, ingest);
                qf_status_print_figures(cli, report->facts, QF_FROM_INGEST);
                if (is_full(report))
                        puts(qf_cli_say(
                                cli,
                                "  ! 磁盘余量不到下限：什么也不收，各单位自己留着\n  → 腾出地方，自己会接着收",
                                "  ! less of the disk is free than its floor: nothing is taken, partners keep "
                                "it\n  → make room, and it goes on by itself"));
                print_report(cli, report);
                qf_status_print_figures(cli, report->facts, QF_FROM_AGGREGATE);
                qf_status_print_figures(cli, report->facts, QF_FROM_REPORT);
                qf_status_print_sources(cli, report->facts, qf_clock_wall_ms());
                return;
        }
        json_t *object = json_pack("{s:o, s:o, s:i}", "ingest", json_of(ingest), "report", json_of(report),
                                   "exit", worst(ingest, report));
        (void)qf_json_say(cli, object);
}

static int run_status(struct qf_cli *cli, int argc, char **argv)
{
        struct qf_side ingest = {0}, report = {0};
        int count;

        if (qf_cli_parse(cli, NULL, argc, argv, &count))
                return cli->exit_code;
        int r = qf_sides_ask(cli, &ingest, &report);
        judge_report(cli, &report);
        if (r == 0)
                print_all(cli, &ingest, &report);
        json_decref(ingest.facts);
        json_decref(report.facts);
        return r ? cli->exit_code : worst(&ingest, &report);
}

const struct qf_command qf_cmd_status = {
        .name = "status",
        .zh = "各服务的状态，该做什么",
        .en = "how the daemons are, and what to do",
        .run = run_status,
};
