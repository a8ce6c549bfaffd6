/* Why: closing, reopening and publishing are events of the office like all others;
 * what a machine can see to (who has not sent, whether the figures are those that
 * were frozen) is seen to before anything is sent. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "model/period.h"
#include "qf/feeding/feeding.h"
#include "qf/office/period.h"
#include "qf/reports/reports.h"

enum { PATIENCE_MS = 10000, MONTHS_MAX = 120, WAIVED_MAX = 1024, SHOWN_MAX = 10 };

static void close_feed(struct qf_feed **feed)
{
        if (*feed)
                *feed = qf_feed_close(*feed);
}

/* --- sending ------------------------------------------------------------------- */

struct sent {
        uint64_t first;          /* number of the first; 0: none was added yet */
        struct qf_verdict worst; /* the first that is no yes */
        uint16_t last;           /* class of the last verdict */
        uint64_t position;
        char where[160]; /* field and what was got, as the server said */
};

static int hear_verdict(void *ctx, const struct qf_feed_verdict *verdict)
{
        struct sent *sent = ctx;
        if (sent->first == 0 || verdict->number < sent->first) /* of an earlier command */
                return 0;
        sent->last = verdict->verdict.class;
        sent->position = verdict->position;
        if (verdict->verdict.class < QF_QUARANTINED || sent->worst.class)
                return 0;
        sent->worst = verdict->verdict;
        if (verdict->detail)
                (void)snprintf(sent->where, sizeof(sent->where), " (%.*s: %.*s)",
                               (int)verdict->detail->field.len, verdict->detail->field.at,
                               (int)verdict->detail->got.len, verdict->detail->got.at);
        return 0;
}

static int settle(struct qf_cli *cli, struct qf_feed *feed, const struct sent *sent)
{
        if (qf_feeding_flush(cli, feed, NULL) || qf_feeding_drain(cli, feed, PATIENCE_MS, NULL, NULL))
                return 1;
        if (!sent->worst.class)
                return 0;
        const struct qf_code_text *code = qf_code_text(sent->worst.code);
        (void)qf_cli_fail(cli, sent->worst.code == QF_E160_NOT_ADMIN ? QF_EXIT_REFUSED : QF_EXIT_RETURNED,
                          "%s：%s%s", "%s: %s%s", code->name, qf_cli_say(cli, code->zh, code->en),
                          sent->where);
        return 1;
}

static int add(struct qf_cli *cli, struct qf_feed *feed, uint8_t kind, const struct qf_edition_said *said,
               struct sent *sent)
{
        uint64_t number = 0;
        const struct qf_register registered = qf_edition_register(said);
        const struct qf_event event = {.kind = kind, .action = QF_REPLACE, .registered = &registered};
        if (qf_feeding_add(cli, feed, &event, NULL, 0, &number))
                return 1;
        if (sent->first == 0)
                sent->first = number;
        return 0;
}

/* One event, with the verdict it got. 0 or 1. */
static int send_one(struct qf_cli *cli, uint8_t kind, const struct qf_edition_said *said,
                    struct sent *ret_sent)
{
        QF_CLEANUP(close_feed) struct qf_feed *feed = NULL;
        *ret_sent = (struct sent){0};
        return qf_feeding_open(cli, true, hear_verdict, ret_sent, &feed) ||
               add(cli, feed, kind, said, ret_sent) || settle(cli, feed, ret_sent);
}

static struct qf_edition_said said_of(const struct qf_edition *edition)
{
        return (struct qf_edition_said){.scope = edition->scope,
                                        .first = edition->first,
                                        .last = edition->last,
                                        .number = edition->number};
}

static int send_file(struct qf_cli *cli, const struct qf_edition *edition, struct qf_view file,
                     struct qf_view bytes, struct qf_view by, struct sent *ret_sent)
{
        QF_CLEANUP(close_feed) struct qf_feed *feed = NULL;
        struct qf_edition_said said = said_of(edition);
        struct qf_sha256 *sha = NULL;
        uint8_t digest[QF_SHA256_BYTES];
        uint32_t parts = 0;
        int r = qf_sha256_new(&sha);
        if (r < 0)
                return qf_cli_broke(cli, r, "publish");
        qf_sha256_begin(sha);
        qf_sha256_add(sha, bytes.at, bytes.len);
        qf_sha256_end(sha, digest);
        qf_sha256_free(sha);
        if (bytes.len > QF_EDITION_PART_BYTES * QF_EDITION_PARTS_MAX)
                return qf_cli_fail(cli, QF_EXIT_OTHER, "这一版太大，公布不了。\n请分单位（--scope）公布。",
                                   "this edition is too large.\nPublish it by organisations: --scope.");
        *ret_sent = (struct sent){0};
        if (qf_feeding_open(cli, true, hear_verdict, ret_sent, &feed))
                return 1;
        said.file = file;
        for (uint32_t at = 0; at < bytes.len; at += said.data.len, parts++) {
                const uint32_t left = bytes.len - at;
                said.part = parts;
                said.data = (struct qf_view){bytes.at + at,
                                             left < QF_EDITION_PART_BYTES ? left : QF_EDITION_PART_BYTES};
                if (add(cli, feed, QF_KIND_EDITION_PART, &said, ret_sent))
                        return 1;
        }
        said.data = QF_VIEW("");
        said.parts = parts;
        said.size = bytes.len;
        said.by = by;
        said.digest = (struct qf_view){(const char *)digest, sizeof(digest)};
        return add(cli, feed, QF_KIND_PUBLISH, &said, ret_sent) || settle(cli, feed, ret_sent);
}

int qf_edition_publish(struct qf_cli *cli, const struct qf_edition *edition, struct qf_view file,
                       struct qf_view bytes, struct qf_view by)
{
        struct sent sent;
        return send_file(cli, edition, file, bytes, by, &sent);
}

/* --- close ---------------------------------------------------------------------- */

struct missing {
        struct qf_cli *cli;
        const struct qf_programme *programme;
        struct qf_view scope;
        const struct qf_list *waive; /* by name; NULL: all */
        uint32_t waived_count, open; /* open: missing and not waived */
        struct qf_view waived[WAIVED_MAX];
        bool too_many; /* are waived: a close has room for so many */
        char shown[512];
};

static bool is_named(const struct qf_list *list, struct qf_view code)
{
        for (uint32_t i = 0; list && i < list->count; i++)
                if (qf_view_same(list->at[i], code))
                        return true;
        return !list;
}

static void hear_missing(void *ctx, const struct qf_cover *cover)
{
        struct missing *missing = ctx;
        const uint16_t org = qf_programme_find_dimension(missing->programme, QF_VIEW("org"));
        const uint32_t member = qf_programme_find_member(missing->programme, org, cover->org);
        const uint32_t scope = qf_programme_find_member(missing->programme, org, missing->scope);
        const size_t len = strlen(missing->shown);
        if (missing->scope.len &&
            !qf_programme_within(missing->programme, org, member, scope, cover->month * 100))
                return;
        if (!is_named(missing->waive, cover->org)) {
                if (missing->open++ < SHOWN_MAX)
                        (void)snprintf(missing->shown + len, sizeof(missing->shown) - len, "%s%.*s %04u-%02u",
                                       len ? ", " : "", (int)cover->org.len, cover->org.at,
                                       cover->month / 100 % 10000, cover->month % 100);
                return;
        }
        const struct qf_view code = qf_programme_member(missing->programme, org, member)->code;
        for (uint32_t i = 0; i < missing->waived_count; i++)
                if (qf_view_same(missing->waived[i], code))
                        return;
        missing->too_many = missing->waived_count == WAIVED_MAX;
        if (!missing->too_many)
                missing->waived[missing->waived_count++] = code;
}

static int order_codes(const void *a, const void *b)
{
        return qf_view_order(*(const struct qf_view *)a, *(const struct qf_view *)b);
}

/* Whoever has not sent a cover sheet is waived by name, or nothing is closed. 0 or 1. */
static int check_missing(struct qf_cli *cli, const struct qf_period_open *open,
                         const struct qf_period_options *options, struct missing *missing)
{
        *missing = (struct missing){.cli = cli,
                                    .programme = open->programme,
                                    .scope = open->scope,
                                    .waive = options->waive_missing ? NULL : &options->waive};
        if (qf_report_missing(cli, open->programme, open->period.first * 100 + 1,
                              qf_date_last_day(open->period.last * 100), hear_missing, missing))
                return 1;
        qsort(missing->waived, missing->waived_count, sizeof(missing->waived[0]), order_codes);
        if (!missing->open && missing->too_many)
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "没有报送封面的单位多于 %d 家，一次封账写不下。什么都没有封。\n请分单位封：--scope 单位",
                        "more than %d organisations have sent no cover sheet, and a close names each. Nothing was "
                        "closed.\nClose it by organisations: --scope ORG",
                        WAIVED_MAX);
        if (!missing->open)
                return 0;
        (void)qf_cli_fail(
                cli, QF_EXIT_RETURNED,
                "缺 %u 份报送封面：%s%s。什么都没有封。\n催报；或逐家写明不再等：--waive 单位,单位；全部不等：--waive-missing",
                "%u cover sheets are missing: %s%s. Nothing was closed.\nAsk for them; or waive them by name: --waive "
                "ORG,ORG; or all: --waive-missing",
                missing->open, missing->shown, missing->open > SHOWN_MAX ? " …" : "");
        return 1;
}

static int check_over(struct qf_cli *cli, const struct qf_period_open *open)
{
        const uint32_t today =
                qf_date_at(qf_clock_wall_ms(), qf_programme_settings(open->programme)->zone_minutes);
        const uint32_t months = (open->period.last / 100 - open->period.first / 100) * 12 +
                                open->period.last % 100 - open->period.first % 100 + 1;
        if (months > MONTHS_MAX)
                return qf_cli_misused(cli, "时期最多十年。", "a period has at most ten years.");
        if (qf_date_last_day(open->period.last * 100) < today)
                return 0;
        return qf_cli_fail(cli, QF_EXIT_OTHER,
                           "这个时期还没有过完，不能封账。\n过完再封；更短的时期现在就可以。",
                           "this period is not over yet.\nClose it when it is, or a shorter one now.");
}

/* Said when who asks next is answered by it. */
static void print_edition(struct qf_cli *cli, const struct qf_edition_said *said, const struct sent *sent,
                          const char *zh, const char *en)
{
        const bool everywhere = qf_asking_knows(cli, sent->position);
        const struct qf_edition edition = {
                .scope = said->scope, .first = said->first, .last = said->last, .number = said->number};
        char text[QF_EDITION_TEXT_BYTES];
        (void)qf_edition_text(cli, &edition, text);
        if (cli->json)
                printf("{\"verdict\":\"%s\",\"edition\":%u}\n", qf_verdict_class_name(sent->last),
                       said->number);
        else
                printf("%s%s\n", text, qf_cli_say(cli, zh, en));
        if (!everywhere && !cli->json)
                puts(qf_cli_say(cli, "查询服务这时没有答复：它回来后才知道。",
                                "Reporting does not answer now: it will know when it is back."));
}

static void close_open(struct qf_period_open *open)
{
        qf_period_close(open);
}

#define SCOPE_OPTION                                                                                         \
        {                                                                                                    \
                "scope", QF_OPTION_TEXT, offsetof(struct qf_period_options, scope), "ORG",                   \
                        "只是这个单位和它下面的；不写是全部",                                                \
                        "of this organisation and all below it; default everything", 0                       \
        }
#define BY_OPTION                                                                                            \
        {                                                                                                    \
                "by", QF_OPTION_TEXT, offsetof(struct qf_period_options, by), "DESK", "经办的岗位",          \
                        "the desk that does it", 0                                                           \
        }

static const struct qf_option close_options[] = {
        SCOPE_OPTION,
        BY_OPTION,
        {"waive", QF_OPTION_LIST, offsetof(struct qf_period_options, waive), "ORG[,ORG]",
         "没有报送封面、不再等的单位", "organisations without a cover sheet that are not waited for", 0},
        {"waive-missing", QF_OPTION_FLAG, offsetof(struct qf_period_options, waive_missing), NULL,
         "凡没有报送封面的都不再等", "all that have sent none", 0},
        {0},
};

static int run_close(struct qf_cli *cli, int argc, char **argv)
{
        struct qf_period_options options = {0};
        QF_CLEANUP(close_open) struct qf_period_open open = {0};
        QF_CLEANUP(qf_cleanup_free) struct missing *missing = calloc(1, sizeof(*missing));
        struct sent sent;
        int count;
        if (!missing)
                return qf_cli_broke(cli, -ENOMEM, "period");
        if (qf_cli_parse(cli, &options, argc, argv, &count) ||
            qf_period_open(cli, &options, argv[0], &open) || check_over(cli, &open) ||
            check_missing(cli, &open, &options, missing))
                return cli->exit_code;
        const struct qf_edition *last = qf_programme_edition(
                open.programme, qf_programme_find_edition(open.programme, open.scope, open.period.first,
                                                          open.period.last, 0));
        if (last && !last->reopened)
                return qf_cli_fail(
                        cli, QF_EXIT_CONFLICT,
                        "已经封了（第%u版）。\n要出新一版，先撤销：qf period reopen %s --reason 原因",
                        "it is closed already (edition %u).\nFor a new edition take that back: qf period reopen "
                        "%s --reason REASON",
                        last->number, argv[0]);
        const struct qf_edition_said said = {.scope = open.scope,
                                             .first = open.period.first,
                                             .last = open.period.last,
                                             .number = last ? last->number + 1 : 1,
                                             .by = qf_view_of(options.by),
                                             .waived_count = missing->waived_count,
                                             .waived = missing->waived};
        if (send_one(cli, QF_KIND_PERIOD_CLOSE, &said, &sent))
                return cli->exit_code;
        print_edition(cli, &said, &sent, "：已封账。公布：qf period publish",
                      ": closed. To publish it: qf period publish");
        return QF_EXIT_DONE;
}

const struct qf_command qf_period_do_close = {
        .name = "close",
        .zh = "封账：冻结一版",
        .en = "freeze an edition",
        .run = run_close,
        .arguments = "PERIOD",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = close_options,
        .more_zh =
                "PERIOD：2023-03、2023Q1、2023H1、2023、2021..2023。封账后报来的照常计数，并列入封账后变动。",
        .more_en =
                "PERIOD: 2023-03, 2023Q1, 2023H1, 2023, 2021..2023. What comes after the close counts all the same, "
                "and is listed as a change.",
};

/* --- reopen ----------------------------------------------------------------------- */

static const struct qf_option reopen_options[] = {
        SCOPE_OPTION,
        BY_OPTION,
        {"reason", QF_OPTION_TEXT, offsetof(struct qf_period_options, reason), "TEXT",
         "为什么撤销（必填，记入日志）", "why; needed, and kept in the journal", 0},
        {0},
};

static int run_reopen(struct qf_cli *cli, int argc, char **argv)
{
        struct qf_period_options options = {0};
        QF_CLEANUP(close_open) struct qf_period_open open = {0};
        const struct qf_edition *edition;
        struct sent sent;
        int count;
        if (qf_cli_parse(cli, &options, argc, argv, &count))
                return cli->exit_code;
        if (!options.reason || !*options.reason)
                return qf_cli_misused(cli, "撤销封账要写原因：--reason 原因。",
                                      "reopening needs a reason: --reason TEXT.");
        if (qf_period_open(cli, &options, argv[0], &open) || qf_period_find(cli, &open, 0, &edition))
                return cli->exit_code;
        struct qf_edition_said said = said_of(edition);
        said.reason = qf_view_of(options.reason);
        said.by = qf_view_of(options.by);
        if (edition->reopened)
                return qf_cli_fail(cli, QF_EXIT_CONFLICT, "第%u版已经撤销过。\n再封账：qf period close %s",
                                   "edition %u was reopened already.\nTo close it again: qf period close %s",
                                   edition->number, argv[0]);
        if (send_one(cli, QF_KIND_PERIOD_REOPEN, &said, &sent))
                return cli->exit_code;
        print_edition(cli, &said, &sent, "：已撤销封账。这一版仍保留；再封账就是下一版。",
                      ": reopened. This edition stays; the next close makes the next one.");
        return QF_EXIT_DONE;
}

const struct qf_command qf_period_do_reopen = {
        .name = "reopen",
        .zh = "撤销封账（要写原因）",
        .en = "take a close back, with a reason",
        .run = run_reopen,
        .arguments = "PERIOD",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = reopen_options,
        .more_zh = "已公布的一版不受影响；再封账就是下一版。",
        .more_en = "What was published stays as it is; the next close makes the next edition.",
};

/* --- publish ------------------------------------------------------------------------ */

static int publish(struct qf_cli *cli, struct qf_period_open *open, const struct qf_period_options *options)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer data = {0};
        const struct qf_edition *edition;
        struct sent sent = {0};
        bool restricted;
        if (qf_period_find(cli, open, options->edition, &edition))
                return cli->exit_code;
        const struct qf_edition_said said = said_of(edition);
        if (qf_edition_file(edition, QF_EDITION_DATA)) {
                print_edition(cli, &said, &(struct sent){.last = QF_DUPLICATE}, "：早已公布，没有变化。",
                              ": it was published already.");
                return QF_EXIT_DONE;
        }
        if (qf_edition_fetch(cli, open->asking, edition, QF_VIEW(""), &data, &restricted, NULL))
                return cli->exit_code;
        if (restricted)
                return qf_cli_fail(cli, QF_EXIT_REFUSED,
                                   "本密钥看不到这一版的全部，不能公布。\n请用办公室的密钥。",
                                   "this key does not see all of the edition.\nUse the office's key.");
        if (send_file(cli, edition, QF_EDITION_DATA,
                      (struct qf_view){(const char *)data.at, (uint32_t)data.len}, qf_view_of(options->by),
                      &sent))
                return cli->exit_code;
        print_edition(cli, &said, &sent, "：已公布。", ": published.");
        return QF_EXIT_DONE;
}

static const struct qf_option publish_options[] = {
        SCOPE_OPTION,
        BY_OPTION,
        {"edition", QF_OPTION_NUMBER, offsetof(struct qf_period_options, edition), "N",
         "哪一版；默认最后一版", "which; default the last", QF_EDITION_NUMBER_MAX},
        {0},
};

static int run_publish(struct qf_cli *cli, int argc, char **argv)
{
        struct qf_period_options options = {0};
        QF_CLEANUP(close_open) struct qf_period_open open = {0};
        int count;
        if (qf_cli_parse(cli, &options, argc, argv, &count) || qf_period_open(cli, &options, argv[0], &open))
                return cli->exit_code;
        return publish(cli, &open, &options);
}

const struct qf_command qf_period_do_publish = {
        .name = "publish",
        .zh = "公布一版",
        .en = "make an edition public",
        .run = run_publish,
        .arguments = "PERIOD",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = publish_options,
        .more_zh = "中断了就再运行一次：已经送到的不会重复。",
        .more_en = "When it was interrupted, run it again: what arrived is not sent twice.",
};
