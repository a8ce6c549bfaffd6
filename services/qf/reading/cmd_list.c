/* `qf list` and `qf claim`: the statements of a declared kind one by one, and
 * whether what is said of every one of them is true. A claim is decided on exact
 * integers; one record whose figure is not known leaves it open. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "model/kinds.h"
#include "model/ratio.h"
#include "qf/cli/asking.h"
#include "views/claim.h"
#include "views/json.h"
#include "qf/reading/declared_print.h"
#include "qf/cli/json_out.h"
#include "client/figure_text.h"

struct options {
        struct qf_list where;
        const char *from, *to, *key;
        uint64_t at_least, limit;
        bool csv;
};

/* What both take. */
#define ASKED                                                                                                \
        QF_ASKED_OPTIONS(struct options),                                                                    \
        {                                                                                                    \
                "at-least", QF_OPTION_NUMBER, offsetof(struct options, at_least), "POSITION",                \
                        "等到计到日志的这个位置", "wait until this position of the journal is counted", 0    \
        }

static const struct qf_option list_options[] = {
        ASKED,
        {"limit", QF_OPTION_NUMBER, offsetof(struct options, limit), "N", "最多列几条", "at most so many",
         50000},
        {"key", QF_OPTION_TEXT, offsetof(struct options, key), "KEY", "只列这个编号和它下面的",
         "only this key and those below it", 0},
        {"csv", QF_OPTION_FLAG, offsetof(struct options, csv), NULL, "打印成 CSV", "print CSV", 0},
        {0},
};

static const struct qf_option claim_options[] = {ASKED, {0}}; /* of all, not of the first so many */

static void close_asking(struct qf_asking **asking)
{
        *asking = qf_asking_close(*asking);
}

static void close_subscription(struct qf_subscription **subscription)
{
        *subscription = qf_subscription_close(*subscription);
}

/* 0, or the exit code. */
static int ask(struct qf_cli *cli, const struct options *options, const char *kind,
               struct qf_asking **ret_asking, struct qf_to_reader *ret_answer)
{
        struct qf_from_reader query = {
                .query = QF_QUERY_LIST,
                .kind = qf_view_of(kind),
                .where_count = options->where.count,
                .where = options->where.at,
                .key = qf_view_of(options->key),
                .at_least = options->at_least,
                .limit = (uint32_t)options->limit,
        };
        if (qf_asking_days(cli, options->from, options->to, &query) || qf_asking_open(cli, ret_asking) ||
            qf_asking_query(*ret_asking, query, ret_answer))
                return cli->exit_code;
        return 0;
}

static int run_list(struct qf_cli *cli, int argc, char **argv)
{
        QF_CLEANUP(close_asking) struct qf_asking *asking = NULL;
        struct options options = {0};
        struct qf_to_reader answer = {0};
        int count;

        if (qf_cli_parse(cli, &options, argc, argv, &count) || ask(cli, &options, argv[0], &asking, &answer))
                return cli->exit_code;
        return qf_declared_list(cli, qf_kind_named(qf_view_of(argv[0])), &answer, options.csv);
}

const struct qf_command qf_cmd_list = {
        .name = "list",
        .zh = "逐条列出某类事项",
        .en = "the statements of a kind one by one",
        .run = run_list,
        .arguments = "KIND",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = list_options,
        .more_zh = "例（有哪些：qf kinds）：\n"
                   "  qf list broadcast --where org=HX --from 2023\n"
                   "  qf list finding --key 2023\n"
                   "后一条列出 2023/HX/X1 等 2023 下面的。",
        .more_en = "Examples (which kinds there are: qf kinds):\n"
                   "  qf list broadcast --where org=HX --from 2023\n"
                   "  qf list finding --key 2023\n"
                   "The latter lists 2023/HX/X1 and all else below 2023.",
};

/* --- claims ------------------------------------------------------------------------ */

/* "views>10000", "views>=10000". */
static bool parse_claim(struct qf_view text, struct qf_claim *claim)
{
        const char *sign = text.len ? memchr(text.at, '>', text.len) : NULL;

        if (!sign)
                return false;
        struct qf_view name = {text.at, (uint32_t)(sign - text.at)};
        struct qf_view bound = {sign + 1, text.len - name.len - 1};
        while (name.len && name.at[name.len - 1] == ' ')
                name.len--;
        claim->or_equal = bound.len && bound.at[0] == '=';
        bound.at += claim->or_equal;
        bound.len -= claim->or_equal;
        while (bound.len && bound.at[0] == ' ') {
                bound.at++;
                bound.len--;
        }
        claim->place = qf_kind_figure(claim->spec, name);
        return claim->place != QF_NO_FIGURE &&
               qf_figure_read(&claim->spec->figures[claim->place], bound, &claim->bound) == 0;
}

static json_t *row_json(const struct qf_claim *claim, const struct qf_answer_row *row)
{
        const struct qf_view date = row->members[0], partner = row->members[1], key = row->members[2];
        json_t *json = json_pack("{s:s%, s:s%, s:s%}", "date", date.at, (size_t)date.len, "partner",
                                 partner.at, (size_t)partner.len, "key", key.at, (size_t)key.len);

        if (row->figures[claim->place])
                (void)json_object_set_new(json, claim->spec->figures[claim->place].code,
                                          json_integer(row->figures[claim->place] - 1));
        return json;
}

static void print_json(struct qf_cli *cli, const struct qf_claim *claim, const struct qf_to_reader *answer,
                       const struct qf_claim_checked *checked, bool holds)
{
        json_t *breaks = json_array(), *unknown = json_array();

        for (uint32_t i = 0; i < answer->answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer->answer_rows[i];
                if (row->figures[claim->place] == 0)
                        (void)json_array_append_new(unknown, row_json(claim, row));
                else if (qf_claim_is_broken(claim, row))
                        (void)json_array_append_new(breaks, row_json(claim, row));
        }
        json_t *json = json_pack(
                "{s:b, s:I, s:o, s:o, s:o, s:o}", "holds", holds, "records", (json_int_t)checked->records,
                "least", checked->least ? row_json(claim, checked->least) : json_null(), "breaks", breaks,
                "unknown", unknown, "notes", qf_json_texts(answer->notes, answer->notes_count));
        (void)qf_json_say(cli, json);
}

static void print_row(struct qf_cli *cli, const struct qf_claim *claim, const struct qf_answer_row *row)
{
        const struct qf_figure *figure = &claim->spec->figures[claim->place];
        char room[QF_FIGURE_TEXT];
        const bool known = row->figures[claim->place] != 0;

        printf("  %.*s  %.*s/%.*s  %s %s\n", (int)row->members[0].len, row->members[0].at,
               (int)row->members[1].len, row->members[1].at, (int)row->members[2].len, row->members[2].at,
               cli->chinese ? figure->zh : figure->en,
               known ? qf_figure_print(figure, row->figures[claim->place] - 1, cli->chinese, room)
                     : qf_cli_say(cli, "不详", "not known"));
}

static void print_checked(struct qf_cli *cli, const struct qf_claim *claim, const struct qf_to_reader *answer,
                          const struct qf_claim_checked *checked, bool holds)
{
        const struct qf_figure *figure = &claim->spec->figures[claim->place];
        char room[QF_FIGURE_TEXT];

        printf(qf_cli_say(cli, "%s：每一条%s的%s都%s %s（共 %u 条，不符 %u，不详 %u）\n",
                          "%s: every %s has %s %s %s (%u in all, %u break it, %u not known)\n"),
               holds ? qf_cli_say(cli, "成立", "true") : qf_cli_say(cli, "不成立", "not so"),
               cli->chinese ? claim->spec->zh : claim->spec->en, cli->chinese ? figure->zh : figure->en,
               claim->or_equal ? qf_cli_say(cli, "不少于", "of at least") : qf_cli_say(cli, "超过", "above"),
               qf_figure_print(figure, claim->bound, cli->chinese, room), checked->records, checked->breaks,
               checked->unknown);
        for (uint32_t i = 0; i < answer->answer_rows_count; i++)
                if (answer->answer_rows[i].figures[claim->place] == 0 ||
                    qf_claim_is_broken(claim, &answer->answer_rows[i]))
                        print_row(cli, claim, &answer->answer_rows[i]);
        if (holds && checked->least) {
                fputs(qf_cli_say(cli, "最少的一条：\n", "the least:\n"), stdout);
                print_row(cli, claim, checked->least);
        }
}

static int print_text(struct qf_cli *cli, const struct qf_claim *claim, const struct qf_to_reader *answer,
                      const struct qf_claim_checked *checked, bool holds)
{
        QF_CLEANUP(close_subscription) struct qf_subscription *registers = NULL;

        if (answer->notes_count &&
            qf_asking_subscribe(cli, (struct qf_subscription_options){.want = QF_WANT_REGISTERS}, &registers))
                return cli->exit_code;
        print_checked(cli, claim, answer, checked, holds);
        if (registers)
                qf_declared_notes(cli, qf_subscription_programme(registers), answer, true);
        return QF_EXIT_DONE;
}

/* --- claims about a rate ------------------------------------------------------------- */

/* "share>98%" of a measure that is k of n: decided as 100 k > 98 n, never on the figure as printed. */
static const struct qf_kind_measure *parse_rate(const struct qf_kind_spec *spec, struct qf_view text,
                                                bool *ret_or_equal, uint64_t *ret_percent)
{
        const char *sign = text.len ? memchr(text.at, '>', text.len) : NULL;

        if (!sign || text.at[text.len - 1] != '%')
                return NULL;
        const struct qf_kind_measure *measure =
                qf_kind_measure(spec, (struct qf_view){text.at, (uint32_t)(sign - text.at)});
        struct qf_view bound = {sign + 1, text.len - (uint32_t)(sign + 2 - text.at)};
        *ret_or_equal = bound.len && bound.at[0] == '=';
        bound.at += *ret_or_equal;
        bound.len -= *ret_or_equal;
        return measure && measure->rule == QF_RULE_RATIO && qf_text_number(bound, 100, ret_percent) ? measure
                                                                                                    : NULL;
}

static void print_rate(struct qf_cli *cli, const struct qf_programme *programme,
                       const struct qf_kind_measure *measure, const int64_t *numbers, const char *bound,
                       bool holds)
{
        const enum qf_rounding rounding = qf_programme_settings(programme)->rounding;
        char share[QF_FIGURE_TEXT], k[QF_FIGURE_TEXT], n[QF_FIGURE_TEXT];

        printf(qf_cli_say(cli, "%s：%s %s%%（%s/%s）%s（不详 %lld）\n",
                          "%s: %s %s%% (%s/%s) %s (%lld not known)\n"),
               holds ? qf_cli_say(cli, "成立", "true") : qf_cli_say(cli, "不成立", "not so"),
               cli->chinese ? measure->zh : measure->en,
               qf_ratio_percent(numbers[0], numbers[1], 1, rounding, share, sizeof(share)),
               qf_ratio_grouped(numbers[0], k, sizeof k), qf_ratio_grouped(numbers[1], n, sizeof n), bound,
               (long long)numbers[2]);
}

static int say_rate(struct qf_cli *cli, const struct qf_kind_measure *measure,
                    const struct qf_to_reader *answer, const char *bound, bool holds)
{
        QF_CLEANUP(close_subscription) struct qf_subscription *registers = NULL;
        const int64_t *numbers = answer->all.figures;

        if (cli->json)
                return qf_json_say(cli, json_pack("{s:b, s:I, s:I, s:I, s:o}", "holds", holds, "k",
                                                  (json_int_t)numbers[0], "n", (json_int_t)numbers[1],
                                                  "unknown", (json_int_t)numbers[2], "notes",
                                                  qf_json_texts(answer->notes, answer->notes_count)));
        if (qf_asking_subscribe(cli, (struct qf_subscription_options){.want = QF_WANT_REGISTERS}, &registers))
                return cli->exit_code;
        const struct qf_programme *programme = qf_subscription_programme(registers);
        print_rate(cli, programme, measure, numbers, bound, holds);
        qf_declared_notes(cli, programme, answer, false);
        return QF_EXIT_DONE;
}

/* text: SHARE>BOUND, as it was asked. */
static int claim_rate(struct qf_cli *cli, const struct options *options, const struct qf_kind_spec *spec,
                      const char *text, const struct qf_kind_measure *measure, bool or_equal,
                      uint64_t percent)
{
        QF_CLEANUP(close_asking) struct qf_asking *asking = NULL;
        const struct qf_view code = qf_view_of(measure->code);
        struct qf_from_reader query = {.query = QF_QUERY_DECLARED,
                                       .kind = qf_view_of(spec->code),
                                       .where_count = options->where.count,
                                       .where = options->where.at,
                                       .at_least = options->at_least,
                                       .measures_count = 1,
                                       .measures = &code};
        struct qf_to_reader answer = {0};

        if (qf_asking_days(cli, options->from, options->to, &query) || qf_asking_open(cli, &asking) ||
            qf_asking_query(asking, query, &answer))
                return cli->exit_code;
        if (!qf_declared_fits(&answer, 3) || answer.measures_count != 1)
                return qf_cli_fail(cli, QF_EXIT_OTHER, "看不懂服务端的回答。\n多半是版本不同：qf doctor",
                                   "the server's answer is not understood.\nVersions may differ: qf doctor");
        const int64_t k = answer.all.figures[0], n = answer.all.figures[1];
        const bool holds =
                n > 0 && answer.all.figures[2] == 0 &&
                (or_equal ? 100 * k >= (int64_t)percent * n : qf_ratio_over(k, n, (int64_t)percent));
        if (say_rate(cli, measure, &answer, strchr(text, '>'), holds))
                return cli->exit_code;
        return cli->exit_code = holds ? QF_EXIT_DONE : QF_EXIT_OTHER;
}

static int run_claim(struct qf_cli *cli, int argc, char **argv)
{
        QF_CLEANUP(close_asking) struct qf_asking *asking = NULL;
        struct options options = {0};
        struct qf_claim claim = {0};
        struct qf_to_reader answer = {0};
        int count;

        if (qf_cli_parse(cli, &options, argc, argv, &count))
                return cli->exit_code;
        claim.spec = qf_asking_kind(cli, argv[0]);
        if (!claim.spec)
                return cli->exit_code;
        bool or_equal = false;
        uint64_t percent = 0;
        const struct qf_kind_measure *rate = parse_rate(claim.spec, qf_view_of(argv[1]), &or_equal, &percent);
        if (rate)
                return claim_rate(cli, &options, claim.spec, argv[1], rate, or_equal, percent);
        if (!parse_claim(qf_view_of(argv[1]), &claim))
                return qf_cli_misused(
                        cli, "“%s”不是 %s 的一项 指标>数，如 '%s>10000'。\n有哪些指标：qf kinds",
                        "\"%s\" is no FIGURE>NUMBER of %s, such as '%s>10000'.\nWhich figures there "
                        "are: qf kinds",
                        argv[1], claim.spec->code, claim.spec->figures[0].code);
        if (ask(cli, &options, argv[0], &asking, &answer))
                return cli->exit_code;
        if (!qf_declared_fits(&answer, 1) || answer.measures_count != claim.spec->figures_count ||
            answer.by_count < 3)
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER, "看不懂服务端的回答。\n多半是版本不同，请升级 qf。",
                        "the server's answer is not understood.\nVersions may differ: upgrade qf.");
        const struct qf_claim_checked checked = qf_claim_check(&claim, &answer);
        const bool holds = qf_claim_holds(&checked);
        if (cli->json)
                print_json(cli, &claim, &answer, &checked, holds);
        else if (print_text(cli, &claim, &answer, &checked, holds))
                return cli->exit_code;
        return cli->exit_code = holds ? QF_EXIT_DONE : QF_EXIT_OTHER;
}

const struct qf_command qf_cmd_claim = {
        .name = "claim",
        .zh = "核对“每一条都超过”这样的说法",
        .en = "check a claim about every record of a kind",
        .run = run_claim,
        .arguments = "KIND FIGURE>NUMBER",
        .arguments_min = 2,
        .arguments_max = 2,
        .options = claim_options,
        .more_zh =
                "例：qf claim broadcast 'views>10000'。每一条都超过才成立；有一条不详也不成立。\n"
                "率：qf claim survey_result 'share>98%' --where rate_kind=satisfaction --from 2023 --to 2023，按分子分母精确判断。退出码：0 成立，1 不成立。",
        .more_en =
                "Example: qf claim broadcast 'views>10000'. It holds when every record is above; one that is not "
                "known leaves it open.\nOf a rate: qf claim survey_result 'share>98%' --where rate_kind=satisfaction --from 2023 --to 2023, decided on k and n. Exit codes: 0 it holds, 1 it does not.",
};
