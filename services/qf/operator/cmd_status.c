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

#include "base/arena.h"
#include "base/clock.h"
#include "base/random.h"
#include "qf/operator/checking.h"
#include "qf/cli/cli.h"
#include "qf/cli/json_out.h"
#include "qf/operator/status_figures.h"
#include "wire/feed_messages.h"
#include "wire/totals_messages.h"

enum { WAIT_MS = 3000, SLICE_MS = 50, ARENA_BYTES = 4 * 1024 * 1024, CLOCK_OFF_MS = 5000 };

struct side {          /* one daemon, as it looks from here */
        int exit_code; /* QF_EXIT_DONE, _AWAY or _REFUSED; _OTHER: it answers, and something is wrong */
        json_t *facts; /* what it said; NULL: nothing */
};

struct asking {
        struct qf_cli *cli;
        struct qf_arena *arena;
        struct qf_buffer question;
};

/* --- asking ------------------------------------------------------------------------- */

/* Sends the question and waits for any message. 0, an exit code, or -errno. */
static int ask(struct asking *asking, struct qf_socket *socket, int64_t end, bool *sent,
               struct qf_received *received)
{
        struct qf_view question = {(const char *)asking->question.at, (uint32_t)asking->question.len};

        for (;;) {
                int r = 1;
                if (!*sent) {
                        r = qf_socket_send(socket, NULL, question, (struct qf_view){0});
                        *sent = r == 0;
                }
                if (r >= 0 && *sent)
                        r = qf_socket_receive(socket, received);
                if (r <= 0)
                        return r;
                if (qf_socket_refused(socket))
                        return QF_EXIT_REFUSED;
                if (qf_clock_mono_ms() >= end)
                        return QF_EXIT_AWAY;
                r = *sent ? qf_socket_wait(&socket, 1, SLICE_MS) : qf_socket_wait_send(socket, SLICE_MS);
                if (r < 0)
                        return r;
        }
}

static json_t *facts_of_welcome(const struct qf_to_partner *welcome)
{
        return json_pack("{s:I, s:I, s:i, s:i}", "registers_position",
                         (json_int_t)welcome->registers_position, "clock_ahead_ms",
                         (json_int_t)(welcome->now_ms - qf_clock_wall_ms()), "window", (int)welcome->window,
                         "outboxes", (int)welcome->outboxes_count);
}

static int ask_ingest(struct asking *asking, struct side *side)
{
        struct qf_from_partner hello = {.what = QF_HELLO,
                                        .version = 1,
                                        .next = 1,
                                        .first_kept = 1,
                                        .agent = QF_VIEW("qf status " QF_VERSION)};
        int64_t end = qf_clock_mono_ms() + WAIT_MS;
        struct qf_to_partner message;
        struct qf_received received;
        struct qf_wire_fault fault;
        struct qf_socket *socket = NULL;
        bool sent = false;

        qf_random(hello.outbox, sizeof hello.outbox);
        int r = qf_from_partner_encode(&hello, &asking->question);
        if (r == 0 && qf_cli_connect_feed(asking->cli, &socket) != 0)
                return 1;
        while (r == 0) {
                r = ask(asking, socket, end, &sent, &received);
                qf_arena_reset(asking->arena);
                if (r == 0 && qf_to_partner_decode(asking->arena, received.frame[0], &message, &fault) == 0) {
                        side->facts = message.what == QF_WELCOME ? facts_of_welcome(&message) : NULL;
                        r = message.what == QF_REFUSED ? QF_EXIT_REFUSED : 0;
                        break;
                }
        }
        qf_socket_close(socket);
        side->exit_code = r;
        return r < 0 ? (qf_cli_broke(asking->cli, r, asking->cli->feed), 1) : 0;
}

/* Outboxes that were asked for what they no longer have, as aggregation heard from ingest. */
static int64_t gaps_of(const struct side *side)
{
        return (int64_t)json_integer_value(
                json_object_get(json_object_get(side->facts, "aggregate"), "gaps"));
}

static void judge_report(const struct qf_cli *cli, struct side *side)
{
        const char *say = json_string_value(json_object_get(side->facts, "say"));

        if (json_is_true(json_object_get(side->facts, "stopped")) || qf_checking_text(cli, say) ||
            gaps_of(side) > 0)
                side->exit_code = QF_EXIT_OTHER;
}

static int ask_report(struct asking *asking, struct side *side)
{
        struct qf_from_reader query = {.what = QF_QUERY, .id = 1, .query = QF_QUERY_STATUS};
        int64_t end = qf_clock_mono_ms() + WAIT_MS;
        struct qf_to_reader message;
        struct qf_received received;
        struct qf_wire_fault fault;
        struct qf_socket *socket = NULL;
        bool sent = false;

        asking->question.len = 0;
        int r = qf_from_reader_encode(&query, &asking->question);
        if (r == 0 && qf_cli_connect_read(asking->cli, &socket) != 0)
                return 1;
        while (r == 0) {
                r = ask(asking, socket, end, &sent, &received);
                qf_arena_reset(asking->arena);
                if (r == 0 && qf_to_reader_decode(asking->arena, received.frame[0], &message, &fault) == 0) {
                        if (message.what == QF_ANSWER && message.code == 0)
                                side->facts = json_loadb(message.json.at, message.json.len, 0, NULL);
                        r = message.what == QF_ANSWER && message.code == 0 ? 0 : QF_EXIT_REFUSED;
                        break;
                }
        }
        qf_socket_close(socket);
        side->exit_code = r;
        judge_report(asking->cli, side);
        return r < 0 ? (qf_cli_broke(asking->cli, r, asking->cli->read), 1) : 0;
}

/* --- saying --------------------------------------------------------------------------- */

static int64_t number_of(const struct side *side, const char *name)
{
        return (int64_t)json_integer_value(json_object_get(side->facts, name));
}

static void print_trouble(const struct qf_cli *cli, const struct side *side, const char *name)
{
        if (side->exit_code == QF_EXIT_AWAY)
                printf(qf_cli_say(cli, "%-9s 没有回答\n  → 启动：qf up --dir %s；或看它的日志\n",
                                  "%-9s does not answer\n  → start it: qf up --dir %s; or read its log\n"),
                       name, cli->dir ? cli->dir : "DIR");
        else
                printf(qf_cli_say(
                               cli,
                               "%-9s 在运行，但不接受“%s”的密钥\n  → 请办公室登记：qf key add %s 公钥 --org 机构\n",
                               "%-9s runs, but refuses the key of \"%s\"\n  → ask the office: qf key add %s PUBLIC --org ORG\n"),
                       name, cli->source, cli->source);
}

static void print_ingest(const struct qf_cli *cli, const struct side *side)
{
        int64_t ahead = number_of(side, "clock_ahead_ms");

        if (!side->facts) {
                print_trouble(cli, side, "ingest");
                return;
        }
        printf(qf_cli_say(cli, "%-9s 正常；登记到第 %" PRId64 " 条记录，本数据源的发件箱 %" PRId64 " 个\n",
                          "%-9s answers; registers as of record %" PRId64
                          ", outboxes of this source: %" PRId64 "\n"),
               "ingest", number_of(side, "registers_position"), number_of(side, "outboxes"));
        if (ahead > CLOCK_OFF_MS || ahead < -CLOCK_OFF_MS)
                printf(qf_cli_say(cli, "  → 时钟与服务器差 %.0f 秒：请校准\n",
                                  "  → clocks differ by %.0f s: set this one right\n"),
                       (double)ahead / 1000);
}

static void print_time(int64_t wall_ms, char *ret_text, size_t room)
{
        time_t seconds = (time_t)(wall_ms / 1000);
        struct tm local;

        if (wall_ms <= 0 || !localtime_r(&seconds, &local) || strftime(ret_text, room, "%F %T", &local) == 0)
                (void)snprintf(ret_text, room, "-");
}

/* Aggregation says so beside its counts: reporting lets nobody in before it has a picture. */
static bool wants_archive(const struct qf_cli *cli)
{
        char path[PATH_MAX];

        return cli->dir && qf_cli_beside(cli, "counts", ".wants-archive", path) == 0 &&
               access(path, F_OK) == 0;
}

static void print_report(const struct qf_cli *cli, const struct side *side)
{
        char complete[64];
        const char *say = json_string_value(json_object_get(side->facts, "say"));

        if (!side->facts && wants_archive(cli)) {
                printf(qf_cli_say(
                               cli,
                               "report    ! 没有计数可看：日志整理过，计数和它的检查点都不见了\n"
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
        printf(qf_cli_say(cli, "%-9s 正常；数字到第 %" PRId64 " 条记录（共 %" PRId64 " 条），截至 %s\n",
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
                printf(qf_cli_say(cli, "  ! 计数停了：%s\n  → 看 qf-aggregate 的日志；qf verify\n",
                                  "  ! counting stopped: %s\n  → read the log of qf-aggregate; qf verify\n"),
                       say ? say : "");
        else if (qf_checking_text(cli, say))
                printf(qf_cli_say(cli, "  ! %s\n  → 看位置和做法：qf audit\n",
                                  "  ! %s\n  → where, and what to do: qf audit\n"),
                       qf_checking_text(cli, say));
        else if (json_is_true(json_object_get(side->facts, "catching_up")))
                printf(qf_cli_say(cli, "  正在追赶日志%s%s\n", "  catching up%s%s\n"),
                       say && *say ? ": " : "", say ? say : "");
}

static json_t *json_of(const struct side *side)
{
        json_t *object = json_pack("{s:b}", "up", side->facts != NULL);

        if (side->facts)
                (void)json_object_update(object, side->facts);
        else
                (void)json_object_set_new(object, "why",
                                          json_string(side->exit_code == QF_EXIT_AWAY ? "away" : "refused"));
        return object;
}

static int worst(const struct side *ingest, const struct side *report)
{
        return ingest->exit_code > report->exit_code ? ingest->exit_code : report->exit_code;
}

static void print_all(struct qf_cli *cli, const struct side *ingest, const struct side *report)
{
        if (!cli->json) {
                print_ingest(cli, ingest);
                qf_status_print_figures(cli, report->facts, QF_FROM_INGEST);
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
        struct asking asking = {.cli = cli};
        struct side ingest = {0}, report = {0};
        int count;

        if (qf_cli_parse(cli, NULL, argc, argv, &count))
                return cli->exit_code;
        int r = qf_arena_new(ARENA_BYTES, &asking.arena);
        if (r < 0)
                return qf_cli_broke(cli, r, "qf status");
        r = ask_ingest(&asking, &ingest);
        if (r == 0)
                r = ask_report(&asking, &report);
        if (r == 0)
                print_all(cli, &ingest, &report);
        qf_arena_free(asking.arena);
        qf_buffer_deinit(&asking.question);
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
