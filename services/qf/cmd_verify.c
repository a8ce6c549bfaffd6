/* `qf verify`: are the numbers what the journal says? The picture in use is held
 * still at one version; the journal is read from its first record to that very
 * position, its chain checked and everything counted again in memory; then the
 * two are compared cell by cell, and reporting is asked whether its table of
 * activities adds up to the same cells. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "qf/asking.h"
#include "qf/journal_reader.h"
#include "qf/recount.h"
#include "qf/totals_link.h"

enum { HELD_MS = 10000, CAUGHT_UP_MS = 30000, PROGRESS_MS = 200 };

static const struct qf_usage usage = {
        .zh = "从第一条记录起重算日志，与在用的计数逐格核对。有出入时说出第一处，退出码 1。",
        .en = "Counts the journal again from its first record and compares every cell in use. Names the first "
              "difference; exit code 1.",
};

struct verify {
        struct qf_cli *cli;
        struct qf_recount recount;
        struct qf_subscription *held; /* the picture in use, not turned any more */
        uint64_t version;
        int64_t shown_ms;
        bool terminal;
};

/* --- the picture in use ---------------------------------------------------------- */

static int cannot_hold(struct verify *verify, int r)
{
        if (r == -ETIMEDOUT)
                qf_cli_away(verify->cli, qf_subscription_socket(verify->held));
        else if (r > 0)
                qf_cli_fail(verify->cli, QF_EXIT_OTHER, "汇总服务不给看：%s", "aggregation says no: %s",
                            qf_subscription_say(verify->held));
        else
                qf_cli_broke(verify->cli, r, "totals");
        return 1;
}

/* Waits until what is in the journal now is counted; the version reached is the one that is verified. */
static int hold_picture(struct verify *verify)
{
        struct qf_subscription_options options = {.want = QF_WANT_CELLS | QF_WANT_REGISTERS};
        struct qf_socket *socket = NULL;

        if (qf_totals_connect(verify->cli, &socket) != 0)
                return 1;
        int r = qf_subscription_open(&socket, &options, &verify->held);
        if (r < 0) {
                qf_cli_broke(verify->cli, r, "totals");
                return 1;
        }
        r = qf_subscription_wait_version(verify->held, 1, HELD_MS);
        if (r == 0) {
                r = qf_subscription_wait_version(
                        verify->held, qf_subscription_pulse(verify->held)->journal_last, CAUGHT_UP_MS);
                if (r == -ETIMEDOUT)
                        r = 0; /* counting is behind or stopped: what it holds can be verified all the same */
        }
        if (r != 0)
                return cannot_hold(verify, r);
        verify->version = qf_subscription_version(verify->held);
        return 0;
}

/* --- counting again ------------------------------------------------------------------ */

static void show_progress(struct verify *verify, uint64_t position)
{
        int64_t now_ms = qf_clock_mono_ms();

        if (!verify->terminal || now_ms - verify->shown_ms < PROGRESS_MS)
                return;
        verify->shown_ms = now_ms;
        fprintf(stderr,
                qf_cli_say(verify->cli, "\r重算 %" PRIu64 " / %" PRIu64 "，%" PRIu64 " 个事件",
                           "\rcounted %" PRIu64 " of %" PRIu64 ", %" PRIu64 " events"),
                position, verify->version, verify->recount.apply.events);
}

static int take_record(void *ctx, const struct qf_record_head *head, struct qf_view record)
{
        struct verify *verify = ctx;
        int r = qf_recount_take(&verify->recount, head, record);

        if (r == -EBADMSG)
                return qf_cli_fail(verify->cli, QF_EXIT_OTHER, "日志的第 %llu 条记录无法计入：%s",
                                   "record %llu of the journal can't be counted: %s",
                                   (unsigned long long)head->position, verify->recount.apply.why);
        show_progress(verify, head->position);
        return r;
}

static int count_again(struct verify *verify)
{
        int r = qf_journal_read(verify->cli, NULL, verify->version, take_record, verify);

        if (verify->terminal && verify->shown_ms)
                fputs("\r\033[K", stderr);
        if (r != 0)
                return r;
        if (verify->recount.position == verify->version)
                return 0;
        qf_cli_fail(
                verify->cli, QF_EXIT_OTHER,
                "计数到了 %llu，日志只到 %llu。\n日志可能被拷贝回退，查看 qf status。",
                "the counts are at %llu, the journal ends at %llu.\nIt may have been copied back: see qf status.",
                (unsigned long long)verify->version, (unsigned long long)verify->recount.position);
        return 1;
}

/* --- what was found --------------------------------------------------------------------- */

struct findings {
        bool differs;
        struct qf_difference first;
        bool table_asked, table_differs; /* reporting's cells against its table */
        char table_says[256];
};

static void ask_table(struct verify *verify, struct findings *findings)
{
        struct qf_from_reader query = {.query = QF_QUERY_CHECK, .at_least = verify->version};
        struct qf_asking *asking = NULL;
        struct qf_to_reader answer = {.code = 0};

        if (qf_asking_open(verify->cli, &asking) != 0)
                return;
        /* An answer with a code is said by the asking itself, as a refusal; here it is what was found. */
        if (qf_asking_query(asking, query, &answer) == 0 || (answer.what == QF_ANSWER && answer.code)) {
                findings->table_asked = true;
                findings->table_differs = answer.code != 0;
                (void)snprintf(findings->table_says, sizeof findings->table_says, "%.*s", (int)answer.say.len,
                               answer.say.at ? answer.say.at : "");
        }
        qf_asking_close(asking);
}

static json_t *difference_json(const struct findings *findings)
{
        const struct qf_difference *first = &findings->first;

        if (!findings->differs)
                return json_null();
        return json_pack("{s:s%, s:s%, s:i, s:s, s:I, s:I}", "dimension", first->dimension.at,
                         (size_t)first->dimension.len, "member", first->member.at, (size_t)first->member.len,
                         "period", (int)first->period, "measure", qf_measure_code(first->measure), "journal",
                         (json_int_t)first->counted, "counts", (json_int_t)first->held);
}

static int print_json(const struct verify *verify, const struct findings *findings, bool clean)
{
        const uint64_t *verdicts = verify->recount.verdicts;
        json_t *json = json_pack(
                "{s:b, s:I, s:I, s:I, s:{s:I, s:I, s:I, s:I, s:I}, s:I, s:I, s:o, s:b, s:s}", "clean", clean,
                "position", (json_int_t)verify->version, "records", (json_int_t)verify->version, "events",
                (json_int_t)verify->recount.apply.events, "verdicts", "accepted",
                (json_int_t)verdicts[QF_ACCEPTED], "late", (json_int_t)verdicts[QF_LATE], "duplicate",
                (json_int_t)verdicts[QF_DUPLICATE], "quarantined", (json_int_t)verdicts[QF_QUARANTINED],
                "rejected", (json_int_t)verdicts[QF_REJECTED], "cells",
                (json_int_t)qf_picture_cells(verify->recount.apply.tally.picture), "activities",
                (json_int_t)verify->recount.apply.tally.rows, "difference", difference_json(findings),
                "table", !findings->table_differs, "table_says", findings->table_says);

        if (!json)
                return qf_cli_broke(verify->cli, -ENOMEM, "JSON");
        (void)json_dumpf(json, stdout, JSON_COMPACT);
        (void)putchar('\n');
        json_decref(json);
        return 0;
}

static void print_counts(const struct verify *verify)
{
        const uint64_t *verdicts = verify->recount.verdicts;

        printf(qf_cli_say(verify->cli,
                          "日志 %" PRIu64 " 条记录，%" PRIu64 " 个事件：收下 %" PRIu64 "，迟报 %" PRIu64
                          "，重复 %" PRIu64 "，待处理 %" PRIu64 "，退回 %" PRIu64
                          "；%u 场活动，%zu 个计数格\n",
                          "journal: %" PRIu64 " records, %" PRIu64 " events: accepted %" PRIu64
                          ", late %" PRIu64 ", duplicate %" PRIu64 ", quarantined %" PRIu64
                          ", rejected %" PRIu64 "; %u activities, %zu cells\n"),
               verify->version, verify->recount.apply.events, verdicts[QF_ACCEPTED], verdicts[QF_LATE],
               verdicts[QF_DUPLICATE], verdicts[QF_QUARANTINED], verdicts[QF_REJECTED],
               verify->recount.apply.tally.rows, qf_picture_cells(verify->recount.apply.tally.picture));
}

static void print_difference(const struct verify *verify, const struct findings *findings)
{
        const struct qf_difference *first = &findings->first;

        if (findings->differs)
                printf(qf_cli_say(verify->cli,
                                  "有出入：%.*s/%.*s/%u 的 %s，按日志是 %" PRId64 "，在用的是 %" PRId64
                                  "\n重建计数：qf rebuild\n",
                                  "differs: %.*s/%.*s/%u, %s: by the journal %" PRId64 ", in use %" PRId64
                                  "\nmake the counts anew: qf rebuild\n"),
                       (int)first->dimension.len, first->dimension.at, (int)first->member.len,
                       first->member.at, first->period, qf_measure_code(first->measure), first->counted,
                       first->held);
        if (findings->table_differs)
                printf(qf_cli_say(
                               verify->cli, "查询用的活动表与计数格不符：%s\n重启 qf-report 后再核对。\n",
                               "the table of activities does not add up to the cells: %s\nrestart qf-report and "
                               "verify again.\n"),
                       findings->table_says);
}

static void report(struct verify *verify)
{
        struct qf_cli *cli = verify->cli;
        struct findings findings = {.differs = false};

        findings.differs = qf_recount_compare(&verify->recount, qf_subscription_picture(verify->held),
                                              qf_subscription_programme(verify->held), &findings.first);
        ask_table(verify, &findings);
        if (!findings.table_asked)
                return;
        bool clean = !findings.differs && !findings.table_differs;
        cli->exit_code = clean ? QF_EXIT_DONE : QF_EXIT_OTHER;
        if (cli->json) {
                (void)print_json(verify, &findings, clean);
                return;
        }
        print_counts(verify);
        print_difference(verify, &findings);
        if (clean)
                puts(qf_cli_say(cli, "一致：每一个数都与日志相符",
                                "clean: every number is what the journal says"));
}

int qf_cmd_verify(struct qf_cli *cli, int argc, char **argv)
{
        struct verify verify = {.cli = cli, .terminal = !cli->json && isatty(STDERR_FILENO)};
        int count;

        if (qf_cli_parse(cli, &usage, NULL, argc, argv, &count) != 0)
                return cli->exit_code;
        int r = qf_recount_init(&verify.recount);
        if (r < 0)
                qf_cli_broke(cli, r, "verify");
        else if (hold_picture(&verify) == 0 && count_again(&verify) == 0)
                report(&verify);
        qf_subscription_close(verify.held);
        qf_recount_deinit(&verify.recount);
        return cli->exit_code;
}
