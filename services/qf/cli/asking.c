/* Why: totals, report and watch ask the same daemon, show the same labels, and
 * meet the same silence; each says it in one place. */
#include "qf/cli/asking.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "client/question.h"
#include "model/kinds.h"
#include "qf/cli/near.h"
#include "qf/cli/there.h"
#include "views/asked_days.h"
#include "views/labels.h"
#include "views/unanswered.h"

enum { WAIT_MS = 10000, TURN_MS = 50 };

/* --- subscribing ---------------------------------------------------------- */

static int wait_held(struct qf_cli *cli, struct qf_subscription *subscription)
{
        struct qf_socket *socket = qf_subscription_socket(subscription);
        const int64_t until = qf_clock_mono_ms() + WAIT_MS;
        struct qf_there there = {cli, cli->read, 0};
        while (!qf_subscription_held(subscription)) {
                int r = qf_subscription_wait(subscription, TURN_MS);
                if (r == QF_SUBSCRIPTION_DENIED)
                        return qf_cli_fail(
                                cli, QF_EXIT_REFUSED, "服务端不给看：%s\n看密钥有没有 read 权限：qf doctor",
                                "the server says no: %s\nSee whether the key has the role read: qf doctor",
                                qf_subscription_say(subscription));
                if (r == QF_SUBSCRIPTION_TOO_LARGE)
                        return qf_cli_fail(cli, QF_EXIT_OTHER, "要看的内容太多。\n缩小范围：--prefix",
                                           "that is more than fits.\nAsk for less: --prefix");
                if (r < 0)
                        return qf_cli_broke(cli, r, qf_socket_endpoint(socket));
                if (qf_cli_interrupted(cli))
                        return cli->exit_code = QF_EXIT_OTHER;
                if (qf_socket_refused(socket) || qf_clock_mono_ms() > until || qf_there_in_vain(&there))
                        return qf_cli_away(cli, socket);
        }
        return 0;
}

int qf_asking_subscribe(struct qf_cli *cli, struct qf_subscription_options options,
                        struct qf_subscription **ret_subscription)
{
        struct qf_socket *socket = NULL;
        struct qf_subscription *subscription = NULL;
        if (qf_cli_connect_read(cli, &socket))
                return 1;
        int r = qf_subscription_open(&socket, &options, &subscription);
        if (r) {
                qf_cli_broke(cli, r, cli->read);
                return 1;
        }
        if (wait_held(cli, subscription)) {
                subscription = qf_subscription_close(subscription);
                return 1;
        }
        *ret_subscription = subscription;
        return 0;
}

bool qf_asking_knows(struct qf_cli *cli, uint64_t position)
{
        const struct qf_subscription_options options = {.want = QF_WANT_REGISTERS};
        struct qf_subscription *subscription = NULL;
        struct qf_socket *socket = NULL;
        if (!cli->read || qf_cli_connect_read(cli, &socket) != 0 ||
            qf_subscription_open(&socket, &options, &subscription) != 0)
                return false;
        int r = qf_subscription_wait_version(subscription, position, WAIT_MS);
        (void)qf_subscription_close(subscription);
        return r == 0;
}

int qf_asking_org(struct qf_cli *cli, const struct qf_programme *programme, struct qf_view code)
{
        const uint16_t org = qf_programme_find_dimension(programme, QF_VIEW("org"));

        if (qf_programme_find_member(programme, org, code) != QF_MEMBER_UNKNOWN)
                return 0;
        return qf_cli_fail(cli, QF_EXIT_USAGE, "没有代码是“%.*s”的单位。\n都有哪些：qf programme show org",
                           "no organisation has the code \"%.*s\".\nWhich there are: qf programme show org",
                           (int)code.len, code.at) != 0;
}

const struct qf_kind_spec *qf_asking_kind(struct qf_cli *cli, const char *code)
{
        size_t count;
        const struct qf_kind_spec *found = qf_kind_named(qf_view_of(code)), *kinds = qf_kinds(&count);

        if (strcmp(code, "activity") == 0) {
                qf_cli_misused(cli, "这里要的是活动以外的事项。\n都有哪些：qf kinds",
                               "this is for kinds other than activities.\nWhich there are: qf kinds");
                return NULL;
        }
        for (size_t i = 0; !found && i < count; i++)
                if (qf_near(qf_view_of(code), kinds[i].code)) {
                        qf_cli_misused(
                                cli, "没有“%s”这类事项。\n是不是 %s？\n都有哪些：qf kinds",
                                "there is no kind \"%s\".\nDid you mean %s?\nWhich there are: qf kinds", code,
                                kinds[i].code);
                        return NULL;
                }
        if (!found)
                qf_cli_misused(cli, "没有“%s”这类事项。\n都有哪些：qf kinds",
                               "there is no kind \"%s\".\nWhich there are: qf kinds", code);
        return found;
}

/* --- queries -------------------------------------------------------------- */

struct qf_asking {
        struct qf_cli *cli;
        struct qf_questions *questions;
        int64_t wait_ms; /* for an answer */
};

struct qf_asking *qf_asking_close(struct qf_asking *asking)
{
        if (!asking)
                return NULL;
        asking->questions = qf_questions_free(asking->questions);
        free(asking);
        return NULL;
}

int qf_asking_open(struct qf_cli *cli, struct qf_asking **ret_asking)
{
        struct qf_asking *asking = NULL;
        struct qf_socket *socket = NULL;

        if (qf_cli_connect_read(cli, &socket))
                return 1;
        asking = calloc(1, sizeof(*asking));
        int r = -ENOMEM;
        if (asking)
                r = qf_questions_new(&socket, &asking->questions);
        else
                socket = qf_socket_close(socket);
        if (r) {
                asking = qf_asking_close(asking);
                qf_cli_broke(cli, r, cli->read);
                return 1;
        }
        asking->cli = cli;
        asking->wait_ms = WAIT_MS;
        *ret_asking = asking;
        return 0;
}

struct waiting {
        struct qf_cli *cli;
        struct qf_there there;
};

static bool is_over(void *ctx)
{
        struct waiting *waiting = ctx;
        return qf_cli_interrupted(waiting->cli) || qf_there_in_vain(&waiting->there);
}

/* What its code says, its own words, and what to do next. Those of the server are English. */
static int say_none(struct qf_cli *cli, uint32_t code, struct qf_view words)
{
        static const struct {
                enum qf_query_code code;
                int exit; /* enum qf_exit */
                const char *next_zh, *next_en;
        } kinds[] = {
                {QF_QUERY_UNKNOWN_NAME, QF_EXIT_USAGE,
                 "有哪些维度和代码：qf programme show；有哪些事项和指标：qf kinds",
                 "Which dimensions and codes there are: qf programme show; which kinds and measures: qf kinds"},
                {QF_QUERY_TOO_MUCH, QF_EXIT_USAGE, "问少一些：--from、--to、--where、--limit，或少几个维度",
                 "Ask for less: --from, --to, --where, --limit, or fewer dimensions"},
                {QF_QUERY_NOT_YOURS, QF_EXIT_REFUSED,
                 "看密钥能读哪些：qf key list；要多看的，请办公室改 qf key add --org",
                 "See what the key may read: qf key list; to read more, ask the office: qf key add --org"},
                {QF_QUERY_BEHIND, QF_EXIT_AWAY, "看计到了哪里、有没有停下：qf status",
                 "See how far it has counted, and whether it stopped: qf status"},
                {QF_QUERY_NOT_HERE, QF_EXIT_AWAY, "看各服务的状态：qf status",
                 "See how the daemons are: qf status"},
                {QF_QUERY_NOT_ADDED, QF_EXIT_USAGE, "怎样才能相加：qf kinds；逐条看：qf list 事项",
                 "What may be added, and how: qf kinds; one by one: qf list KIND"},
        };

        char named[512];

        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
                if (kinds[i].code == code && cli->chinese &&
                    qf_unanswered_name_zh(words, named, sizeof named))
                        return qf_cli_fail(cli, kinds[i].exit, "%s。\n%s", "%s.\n%s", named,
                                           kinds[i].next_zh);
                else if (kinds[i].code == code)
                        return qf_cli_fail(cli, kinds[i].exit, "%s（%.*s）。\n%s", "%s%.*s.\n%s",
                                           cli->chinese ? qf_unanswered_zh(code) : "", (int)words.len,
                                           words.at, cli->chinese ? kinds[i].next_zh : kinds[i].next_en);
        return qf_cli_fail(cli, QF_EXIT_OTHER, "服务端没有给出结果：%.*s\n看哪里不对：qf doctor",
                           "the server gives no result: %.*s\nSee what is wrong: qf doctor", (int)words.len,
                           words.at);
}

static void say_outcome(struct qf_asking *asking, int outcome, const struct qf_to_reader *answer)
{
        struct qf_cli *cli = asking->cli;
        const int len = (int)answer->say.len;
        const char *at = answer->say.at;

        switch (outcome) {
        case QF_QUESTION_AWAY:
        case QF_QUESTION_REFUSED: (void)qf_cli_away(cli, qf_questions_socket(asking->questions)); break;
        case QF_QUESTION_STOPPED:
                if (qf_cli_interrupted(cli))
                        cli->exit_code = QF_EXIT_OTHER;
                else
                        (void)qf_cli_away(cli, qf_questions_socket(asking->questions));
                break;
        case QF_QUESTION_STRANGE:
                (void)qf_cli_fail(
                        cli, QF_EXIT_OTHER, "看不懂服务端的回答：%.*s\n多半是版本不同，请升级 qf。",
                        "the server's answer is not understood: %.*s\nVersions may differ: upgrade qf.", len,
                        at);
                break;
        case QF_QUESTION_DENIED:
                (void)qf_cli_fail(
                        cli, QF_EXIT_REFUSED, "服务端没有给出结果：%.*s\n看密钥有没有 read 权限：qf doctor",
                        "the server gives no result: %.*s\nSee whether the key has the role read: qf doctor",
                        len, at);
                break;
        case QF_QUESTION_NONE: (void)say_none(cli, answer->code, answer->say); break;
        default: qf_cli_broke(cli, outcome, cli->read); break;
        }
}

void qf_asking_wait(struct qf_asking *asking, int64_t wait_ms)
{
        asking->wait_ms = wait_ms;
}

int qf_asking_query(struct qf_asking *asking, struct qf_from_reader query, struct qf_to_reader *ret_answer)
{
        struct waiting waiting = {asking->cli, {asking->cli, asking->cli->read, 0}};
        const struct qf_patience patience = {
                .connect_ms = WAIT_MS, .answer_ms = asking->wait_ms, .stop = is_over, .ctx = &waiting};
        struct qf_to_reader answer = {0};
        int r = qf_questions_ask(asking->questions, query, &patience, &answer);

        if (r)
                say_outcome(asking, r, &answer);
        else
                *ret_answer = answer;
        return r != 0;
}

/* --- labels --------------------------------------------------------------- */

struct qf_view qf_asking_dimension_label(const struct qf_cli *cli, const struct qf_programme *programme,
                                         struct qf_view dimension)
{
        return qf_label_dimension(cli->chinese, programme, dimension);
}

struct qf_view qf_asking_member_label(const struct qf_cli *cli, const struct qf_programme *programme,
                                      struct qf_view dimension, struct qf_view member, char *room,
                                      size_t room_bytes)
{
        return qf_label_member_on(cli->names_on, cli->chinese, programme, dimension, member, room,
                                  room_bytes);
}

bool qf_asking_filters(struct qf_view where, const char *dimension)
{
        const size_t len = strlen(dimension);

        return where.len > len && memcmp(where.at, dimension, len) == 0 && where.at[len] == '=';
}

static int say_fault(struct qf_cli *cli, const char *option, const char *text,
                     const struct qf_asked_fault *fault)
{
        return qf_cli_misused(cli, "--%s “%s”：%s。", "--%s \"%s\": %s.", option, text,
                              qf_cli_say(cli, fault->zh, fault->en));
}

int qf_asking_date(struct qf_cli *cli, const char *option, const char *text, bool whole_day,
                   uint32_t *ret_date)
{
        const struct qf_asked_fault *fault = qf_asked_date(qf_view_of(text), whole_day, ret_date);

        return fault ? say_fault(cli, option, text, fault) : 0;
}

int qf_asking_days(struct qf_cli *cli, const char *from, const char *to, struct qf_from_reader *query)
{
        const char *of;
        const struct qf_asked_fault *fault =
                qf_asked_days(qf_view_of(from), qf_view_of(to), &query->first_day, &query->last_day, &of);

        if (fault)
                return say_fault(cli, of, strcmp(of, "to") == 0 ? to : from, fault);
        cli->names_on = query->last_day;
        return 0;
}
