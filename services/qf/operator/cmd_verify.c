/* `qf verify`: are the numbers what the journal says? The picture in use is held
 * still at one version; the journal is read from its first record to that very
 * position, its chain checked and everything counted again in memory; then the
 * two are compared cell by cell. Reporting is asked whether its table of
 * activities adds up to the same cells, and for a digest of the statements of
 * declared kinds at its version, which the recount makes when it comes there. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "model/kinds.h"
#include "model/period.h"
#include "qf/cli/asking.h"
#include "qf/cli/json_out.h"
#include "qf/cli/progress.h"
#include "qf/cli/there.h"
#include "qf/cli/totals_link.h"
#include "qf/office/period.h"
#include "qf/operator/checking.h"
#include "qf/operator/journal_reader.h"
#include "qf/operator/recount.h"

enum {
        DIGEST_TEXT = 24,
        PICTURE_CELLS_MAX = 200 * 1000 * 1000,
        HELD_MS = 10000,
        CAUGHT_UP_MS = 30000,
        CHECK_MS = 600 * 1000, /* reporting adds up all of its table: seconds for each million activities */
};

struct options {
        const char *archive;
};

static const struct qf_option table[] = {
        QF_ARCHIVE_OPTION,
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

struct findings {
        bool compared, differs;
        struct qf_difference first;
        bool table_asked, table_differs; /* reporting's cells against its table */
        char table_says[256];
        char kind_differs[QF_CODE_BYTES_MAX + 1]; /* a declared kind that does; empty: none */
        uint32_t kind_counted, kind_held;
        uint32_t editions, published;
        char edition_differs
                [QF_EDITION_TEXT_BYTES]; /* one whose data is not made again, or not held so; empty: none */
};

struct asked_kind { /* as reporting has it */
        const struct qf_kind_spec *spec;
        uint32_t count;
        char digest[DIGEST_TEXT];
};

struct verify {
        struct qf_cli *cli;
        struct qf_recount recount;
        struct findings findings;
        uint64_t events, verdicts[QF_REJECTED + 1]; /* at the version */
        uint32_t declared;
        uint64_t asked_version; /* of what reporting said */
        struct qf_asking *asking;
        uint32_t asked_count;
        struct asked_kind asked[QF_RECOUNT_KINDS];
        struct qf_subscription *held; /* the picture in use, not turned any more */
        uint64_t version, uncounted;  /* uncounted: records that were in the journal and are not in it yet */
};

/* --- the picture in use ---------------------------------------------------------- */

static int cannot_hold(struct verify *verify, int r)
{
        if (r == -ETIMEDOUT)
                qf_cli_away(verify->cli, qf_subscription_socket(verify->held));
        else if (r == QF_SUBSCRIPTION_TOO_LARGE)
                qf_cli_fail(
                        verify->cli, QF_EXIT_OTHER,
                        "格子超过 %d 个，这个程序装不下。\n用 qf audit：它在服务旁边逐行核对。",
                        "there are more than %d cells, too many for this command.\nUse qf audit, which checks row by "
                        "row beside the daemons.",
                        (int)PICTURE_CELLS_MAX);
        else if (r > 0)
                qf_cli_fail(verify->cli, QF_EXIT_OTHER, "汇总服务不给看：%s\n看它的日志和状态：qf status",
                            "aggregation says no: %s\nSee its state and log: qf status",
                            qf_subscription_say(verify->held));
        else
                qf_cli_broke(verify->cli, r, "totals");
        return 1;
}

/* Waits until what is in the journal now is counted; the version reached is the one that is verified. */
static int hold_picture(struct verify *verify)
{
        struct qf_subscription_options options = {.want = QF_WANT_CELLS | QF_WANT_REGISTERS,
                                                  .cells_max = PICTURE_CELLS_MAX};
        struct qf_socket *socket = NULL;

        if (qf_totals_connect(verify->cli, &socket) != 0)
                return 1;
        int r = qf_subscription_open(&socket, &options, &verify->held);
        if (r < 0) {
                qf_cli_broke(verify->cli, r, "totals");
                return 1;
        }
        const int64_t patience_ms =
                qf_there_nobody(verify->cli, qf_socket_endpoint(qf_subscription_socket(verify->held)))
                        ? QF_THERE_GRACE_MS
                        : HELD_MS;
        do /* a large picture takes its time: what matters is that something comes */
                r = qf_subscription_wait_version(verify->held, 1, patience_ms);
        while (r == -ETIMEDOUT && qf_subscription_silent_ms(verify->held, qf_clock_mono_ms()) < patience_ms);
        if (r == 0) {
                const uint64_t last = qf_subscription_pulse(verify->held)->journal_last;
                r = qf_subscription_wait_version(verify->held, last, CAUGHT_UP_MS);
                if (r == -ETIMEDOUT) { /* behind or stopped: what it holds can be verified all the same */
                        verify->uncounted = last - qf_subscription_version(verify->held);
                        r = 0;
                }
        }
        if (r != 0)
                return cannot_hold(verify, r);
        verify->version = qf_subscription_version(verify->held);
        return 0;
}

/* --- counting again ------------------------------------------------------------------ */

/* At the version of the picture: what comes after it in the journal is not in question. */
static void compare_cells(struct verify *verify)
{
        struct findings *findings = &verify->findings;

        findings->compared = true;
        findings->differs = qf_recount_compare(&verify->recount, qf_subscription_picture(verify->held),
                                               qf_subscription_programme(verify->held), &findings->first);
        verify->events = verify->recount.apply.events;
        memcpy(verify->verdicts, verify->recount.verdicts, sizeof(verify->verdicts));
}

static int compare_declared(struct verify *verify)
{
        struct qf_recount_declared kinds[QF_RECOUNT_KINDS];
        struct findings *findings = &verify->findings;
        int r = qf_recount_declared(&verify->recount, kinds);

        for (uint32_t i = 0; i < verify->asked_count && r == 0; i++) {
                const struct asked_kind *asked = &verify->asked[i];
                const struct qf_recount_declared *counted = &kinds[asked->spec->kind];
                char digest[DIGEST_TEXT];
                (void)snprintf(digest, sizeof(digest), "%016" PRIx64, counted->digest);
                verify->declared += counted->count;
                if (findings->kind_differs[0] ||
                    (counted->count == asked->count && strcmp(digest, asked->digest) == 0))
                        continue;
                (void)snprintf(findings->kind_differs, sizeof(findings->kind_differs), "%s",
                               asked->spec->code);
                findings->kind_counted = counted->count;
                findings->kind_held = asked->count;
        }
        return r;
}

static int take_record(void *ctx, const struct qf_record_head *head, struct qf_view record)
{
        struct verify *verify = ctx;
        int r = qf_recount_take(&verify->recount, head, record);

        if (r == -EBADMSG)
                return qf_cli_fail(
                        verify->cli, QF_EXIT_OTHER, "日志的第 %llu 条记录无法计入：%s\n核查日志：qf audit",
                        "record %llu of the journal can't be counted: %s\nCheck the journal: qf audit",
                        (unsigned long long)head->position,
                        qf_standstill_text(verify->cli, verify->recount.apply.why));
        if (r == 0 && head->position == verify->version)
                compare_cells(verify);
        if (r == 0 && head->position == verify->asked_version)
                r = compare_declared(verify);
        return r;
}

static int count_again(struct verify *verify)
{
        const uint64_t upto =
                verify->asked_version > verify->version ? verify->asked_version : verify->version;
        struct qf_progress progress;

        qf_progress_begin(&progress, verify->cli, qf_cli_say(verify->cli, "重算", "counting again"),
                          qf_cli_say(verify->cli, "条记录", "records"));
        int r = qf_journal_read(verify->cli, NULL, upto, take_record, verify);
        qf_progress_end(&progress);
        if (r != 0)
                return r;
        if (verify->recount.position >= verify->version) {
                if (!verify->findings.compared)
                        compare_cells(verify); /* an empty journal */
                return 0;
        }
        qf_cli_fail(
                verify->cli, QF_EXIT_OTHER,
                "计数到了 %llu，日志只到 %llu。\n日志可能被拷贝回退，查看 qf status。",
                "the counts are at %llu, the journal ends at %llu.\nIt may have been copied back: see qf status.",
                (unsigned long long)verify->version, (unsigned long long)verify->recount.position);
        return 1;
}

/* --- what reporting says ------------------------------------------------------------------ */

static void take_kinds(struct verify *verify, struct qf_view text)
{
        size_t count;
        const struct qf_kind_spec *kinds = qf_kinds(&count);
        json_t *json = json_loadb(text.at ? text.at : "", text.len, 0, NULL);
        const json_t *said = json_object_get(json, "kinds");

        for (size_t i = 0; i < count; i++) {
                const json_t *kind = json_object_get(said, kinds[i].code);
                const char *digest = json_string_value(json_object_get(kind, "digest"));
                if (!digest)
                        continue;
                struct asked_kind *asked = &verify->asked[verify->asked_count++];
                asked->spec = &kinds[i];
                asked->count = (uint32_t)json_integer_value(json_object_get(kind, "count"));
                (void)snprintf(asked->digest, sizeof(asked->digest), "%s", digest);
        }
        json_decref(json);
}

static void ask_table(struct verify *verify)
{
        struct findings *findings = &verify->findings;
        struct qf_from_reader query = {.query = QF_QUERY_CHECK, .at_least = verify->version};
        struct qf_asking *asking = NULL;
        struct qf_to_reader answer = {.code = 0};
        struct qf_progress progress;

        if (qf_asking_open(verify->cli, &asking) != 0)
                return;
        qf_asking_wait(asking, CHECK_MS);
        qf_progress_begin(&progress, verify->cli, "", "");
        qf_progress_still(&progress, qf_cli_say(verify->cli, "qf-report 在加总全部活动",
                                                "qf-report adds up all activities"));
        /* An answer with a code is said by the asking itself, as a refusal; here it is what was found. */
        if (qf_asking_query(asking, query, &answer) == 0 || (answer.what == QF_ANSWER && answer.code)) {
                findings->table_asked = true;
                findings->table_differs = answer.code != 0;
                (void)snprintf(findings->table_says, sizeof findings->table_says, "%.*s", (int)answer.say.len,
                               answer.say.at ? answer.say.at : "");
                take_kinds(verify, answer.json);
                verify->asked_version = answer.version;
        }
        qf_progress_end(&progress);
        qf_asking_close(asking);
}

/* --- editions ------------------------------------------------------------------------------- */

static void note_edition(struct verify *verify, const struct qf_edition *edition)
{
        if (!verify->findings.edition_differs[0])
                (void)qf_edition_text(verify->cli, edition, verify->findings.edition_differs);
}

/* As made again here, against what aggregation holds and what was journaled when it was published. 0 or 1. */
static int compare_edition(struct verify *verify, const struct qf_edition *edition,
                           const struct qf_recount_edition *counted)
{
        const struct qf_from_reader query = {.query = QF_QUERY_EDITION,
                                             .scope = edition->scope,
                                             .edition = edition->number,
                                             .first_day = edition->first * 100 + 1,
                                             .last_day = qf_date_last_day(edition->last * 100),
                                             .offset = INT64_MAX};
        struct qf_to_reader answer = {.code = 0};

        verify->findings.editions++;
        verify->findings.published += counted->published != QF_RECOUNT_UNPUBLISHED;
        if (counted->published == QF_RECOUNT_DIFFERS)
                note_edition(verify, edition);
        if (qf_asking_query(verify->asking, query, &answer))
                return 1;
        if (answer.size != counted->size ||
            memcmp(answer.digest, counted->digest, sizeof(answer.digest)) != 0)
                note_edition(verify, edition);
        return 0;
}

static int compare_editions(struct verify *verify)
{
        const struct qf_recount_editions *editions = &verify->recount.editions;

        if (!editions->count)
                return 0;
        int r = qf_asking_open(verify->cli, &verify->asking);
        for (uint32_t id = 1; id <= editions->count && r == 0; id++)
                r = compare_edition(verify, qf_programme_edition(verify->recount.apply.programme, id),
                                    &editions->at[id - 1]);
        verify->asking = qf_asking_close(verify->asking);
        return r;
}

/* --- what was found --------------------------------------------------------------------- */

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
        const uint64_t *verdicts = verify->verdicts;
        json_t *json = json_pack(
                "{s:b, s:I, s:I, s:I, s:{s:I, s:I, s:I, s:I, s:I}, s:I, s:I, s:I, s:s, s:o, s:b, s:s, s:I, s:I, s:s, s:I, s:s}",
                "clean", clean, "position", (json_int_t)verify->version, "records",
                (json_int_t)verify->version, "events", (json_int_t)verify->events, "verdicts", "accepted",
                (json_int_t)verdicts[QF_ACCEPTED], "late", (json_int_t)verdicts[QF_LATE], "duplicate",
                (json_int_t)verdicts[QF_DUPLICATE], "quarantined", (json_int_t)verdicts[QF_QUARANTINED],
                "rejected", (json_int_t)verdicts[QF_REJECTED], "cells",
                (json_int_t)qf_picture_cells(verify->recount.apply.tally.picture), "activities",
                (json_int_t)verify->recount.apply.tally.rows, "declared", (json_int_t)verify->declared,
                "kind_differs", findings->kind_differs, "difference", difference_json(findings), "table",
                !findings->table_differs, "table_says", findings->table_says, "editions",
                (json_int_t)findings->editions, "published", (json_int_t)findings->published,
                "edition_differs", findings->edition_differs, "uncounted", (json_int_t)verify->uncounted,
                "uncounted_why", verify->uncounted ? qf_subscription_say(verify->held) : "");

        return qf_json_say(verify->cli, json);
}

static void print_counts(const struct verify *verify)
{
        const uint64_t *verdicts = verify->verdicts;
        const uint32_t rows = verify->recount.apply.tally.rows;
        const size_t cells = qf_picture_cells(verify->recount.apply.tally.picture);

        printf(qf_cli_say(verify->cli,
                          "日志 %" PRIu64 "%s 条记录，%" PRIu64 "%s 个事件：收下 %" PRIu64 "，迟报 %" PRIu64
                          "，重复 %" PRIu64 "，待核 %" PRIu64 "，退回 %" PRIu64
                          "；%u%s 场活动，%u%s 条其他事项，%zu%s 个计数格\n",
                          "journal: %" PRIu64 " %s, %" PRIu64 " %s: accepted %" PRIu64 ", late %" PRIu64
                          ", duplicate %" PRIu64 ", quarantined %" PRIu64 ", rejected %" PRIu64
                          "; %u %s, %u other %s, %zu %s\n"),
               verify->version, qf_cli_noun(verify->cli, verify->version, "record", "records"),
               verify->events, qf_cli_noun(verify->cli, verify->events, "event", "events"),
               verdicts[QF_ACCEPTED], verdicts[QF_LATE], verdicts[QF_DUPLICATE], verdicts[QF_QUARANTINED],
               verdicts[QF_REJECTED], rows, qf_cli_noun(verify->cli, rows, "activity", "activities"),
               verify->declared, qf_cli_noun(verify->cli, verify->declared, "statement", "statements"), cells,
               qf_cli_noun(verify->cli, cells, "cell", "cells"));
        if (verify->findings.editions)
                printf(qf_cli_say(verify->cli, "%u%s 版封账数据，其中公布 %u 版\n",
                                  "%u %s, of which %u published\n"),
                       verify->findings.editions,
                       qf_cli_noun(verify->cli, verify->findings.editions, "edition", "editions"),
                       verify->findings.published);
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
        if (findings->kind_differs[0])
                printf(qf_cli_say(
                               verify->cli,
                               "有出入：%s 按日志有 %u 条，在用的有 %u 条，或内容不同\n重建计数：qf rebuild\n",
                               "differs: %s, by the journal %u statements, in use %u, or other content\nmake the "
                               "counts anew: qf rebuild\n"),
                       findings->kind_differs, findings->kind_counted, findings->kind_held);
        if (findings->edition_differs[0])
                printf(qf_cli_say(
                               verify->cli,
                               "有出入：%s，按日志重做的数据与在用的或公布的不同\n重建计数：qf rebuild；仍不同就请查日志\n",
                               "differs: %s, its data made again from the journal is not what is held or was "
                               "published\nmake the counts anew: qf rebuild; if it still differs, audit the journal\n"),
                       findings->edition_differs);
        if (findings->table_differs)
                printf(qf_cli_say(
                               verify->cli, "查询用的活动表与计数格不符：%s\n重启 qf-report 后再核对。\n",
                               "the table of activities does not add up to the cells: %s\nrestart qf-report and "
                               "verify again.\n"),
                       findings->table_says);
}

static void print_uncounted(const struct verify *verify)
{
        const char *why = qf_standstill_text(verify->cli, qf_subscription_say(verify->held));

        if (verify->uncounted)
                printf(qf_cli_say(verify->cli,
                                  "还有 %" PRIu64 "%s 条记录没有计数%s%s\n看计数为什么没有跟上：qf status\n",
                                  "%" PRIu64
                                  " %s not counted yet%s%s\nsee why counting is behind: qf status\n"),
                       verify->uncounted,
                       qf_cli_noun(verify->cli, verify->uncounted, "record is", "records are"),
                       *why ? qf_cli_say(verify->cli, "：", ": ") : "", why);
}

static void report(struct verify *verify)
{
        struct qf_cli *cli = verify->cli;
        const struct findings *findings = &verify->findings;
        bool clean = !findings->differs && !findings->table_differs && !findings->kind_differs[0] &&
                     !findings->edition_differs[0] && !verify->uncounted;
        cli->exit_code = clean ? QF_EXIT_DONE : QF_EXIT_OTHER;
        if (cli->json) {
                (void)print_json(verify, findings, clean);
                return;
        }
        print_counts(verify);
        print_difference(verify, findings);
        print_uncounted(verify);
        if (clean)
                puts(qf_cli_say(cli, "一致：每一个数都与日志相符",
                                "clean: every number is what the journal says"));
}

static void verify_held(struct verify *verify)
{
        ask_table(verify);
        if (verify->findings.table_asked && count_again(verify) == 0 && compare_editions(verify) == 0)
                report(verify);
}

static int run_verify(struct qf_cli *cli, int argc, char **argv)
{
        struct verify verify = {.cli = cli};
        struct options options = {0};
        int count;

        if (qf_cli_parse(cli, &options, argc, argv, &count) != 0)
                return cli->exit_code;
        cli->archive = options.archive;
        int r = qf_recount_init(&verify.recount);
        if (r < 0)
                qf_cli_broke(cli, r, "verify");
        else if (hold_picture(&verify) == 0)
                verify_held(&verify);
        qf_subscription_close(verify.held);
        qf_recount_deinit(&verify.recount);
        return cli->exit_code;
}

const struct qf_command qf_cmd_verify = {
        .name = "verify",
        .zh = "按日志重算，与在用的数核对",
        .en = "recount the journal and compare with the counts",
        .run = run_verify,
        .options = table,
        .more_zh = "从第一条记录起重算日志，与在用的计数逐格核对。有出入时说出第一处，退出码 1。",
        .more_en =
                "Counts the journal again from its first record and compares every cell in use. Names the first "
                "difference; exit code 1.",
};
