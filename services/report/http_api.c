/* What is asked here is answered by the code that answers readers by ZeroMQ, with the
 * same rights; only words differ. An answer is true at a version and on a day, which
 * with the epoch are its ETag: who asks again for what has not changed gets no body. */
#include "report/http_api.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "report/health.h"
#include "report/report.h"
#include "views/asked_days.h"
#include "views/standstill.h"

enum { LIMIT_MOST = 50000, LIST_MOST = 10000 /* records in JSON */ };

/* --- reading ----------------------------------------------------------------------- */

/* "a,b" → its parts. False: too many, or an empty one. */
static bool read_list(const char *text, struct qf_view words[QF_API_WORDS], uint32_t *ret_count)
{
        *ret_count = 0;
        if (!text)
                return true;
        while (*text) {
                size_t len = strcspn(text, ",");
                if (len == 0 || *ret_count == QF_API_WORDS)
                        return false;
                words[(*ret_count)++] = (struct qf_view){text, (uint32_t)len};
                text += len;
                if (*text == ',' && *++text == '\0')
                        return false;
        }
        return true;
}

static const char *argument(const struct qf_http_request *request, const char *name)
{
        return request->argument(request->ctx, name);
}

int qf_api_read_format(const struct qf_http_request *request, bool *ret_csv, bool *ret_chinese,
                       const char **ret_say)
{
        const char *format = request->argument(request->ctx, "format");
        const char *lang = request->argument(request->ctx, "lang");

        *ret_csv = format && strcmp(format, "csv") == 0;
        *ret_chinese = !lang || strcmp(lang, "zh") == 0;
        if (format && !*ret_csv && strcmp(format, "json") != 0)
                *ret_say = "format: json or csv";
        else if (!*ret_chinese && strcmp(lang, "en") != 0)
                *ret_say = "lang: zh or en";
        return *ret_say != NULL;
}

/* The "next" of the page before, in hex. */
static bool read_page(const char *text, uint8_t room[QF_API_PAGE], struct qf_view *ret_page)
{
        const size_t len = text ? strlen(text) / 2 : 0;

        if (len > QF_API_PAGE || (text && !qf_text_unhex(qf_view_of(text), room, len)))
                return false;
        *ret_page = (struct qf_view){(const char *)room, (uint32_t)len};
        return true;
}

/* As clerks' tables and `qf` may have them; none: open. 0, or positive 1: it is said what is wrong with which. */
static int read_days(const struct qf_http_request *request, struct qf_api_question *question)
{
        struct qf_from_reader *query = &question->query;
        const char *of;
        const struct qf_asked_fault *fault =
                qf_asked_days(qf_view_of(argument(request, "from")), qf_view_of(argument(request, "to")),
                              &query->first_day, &query->last_day, &of);

        if (fault)
                (void)snprintf(question->said, sizeof(question->said), "%s: %s", of, fault->en);
        return fault != NULL;
}

int qf_api_read(const struct qf_http_request *request, enum qf_query_what what,
                struct qf_api_question *ret_question, const char **ret_say)
{
        struct qf_from_reader *query = &ret_question->query;
        const char *limit = argument(request, "limit");
        const bool list = what == QF_QUERY_LIST;
        uint64_t most = 0;

        *query = (struct qf_from_reader){
                .what = QF_QUERY,
                .query = what,
                .by = ret_question->by,
                .where = ret_question->where,
                .measures = ret_question->measures,
                .kind = what == QF_QUERY_TOTALS ? QF_VIEW("") : qf_view_of(argument(request, "kind")),
                .key = list ? qf_view_of(argument(request, "key")) : QF_VIEW("")};
        *ret_say = NULL;
        if (!read_list(argument(request, "by"), ret_question->by, &query->by_count))
                *ret_say = "by: dimensions, or day, month, year, parted by commas";
        else if (!read_list(argument(request, "where"), ret_question->where, &query->where_count))
                *ret_say = "where: DIMENSION=CODE, parted by commas";
        else if (!read_list(what == QF_QUERY_DECLARED ? argument(request, "measure") : NULL,
                            ret_question->measures, &query->measures_count))
                *ret_say = "measure: measures of the kind, parted by commas";
        else if (read_days(request, ret_question) != 0)
                *ret_say = ret_question->said;
        else if (limit && !qf_text_number(qf_view_of(limit), list ? LIST_MOST : LIMIT_MOST, &most))
                *ret_say = list ? "limit: a number up to 10000; the others come with the next page"
                                : "limit: a number up to 50000";
        else if (list && !read_page(argument(request, "page"), ret_question->page, &query->page))
                *ret_say = "page: what the page before gave as next";
        if (*ret_say || qf_api_read_format(request, &ret_question->csv, &ret_question->chinese, ret_say) != 0)
                return 1;
        /* A table that would be cut is not, but JSON has a next. */
        query->limit = most || !list || ret_question->csv ? (uint32_t)most : LIST_MOST;
        return 0;
}

/* --- answering ------------------------------------------------------------------------ */

void qf_api_tag(const struct qf_report *report, const struct qf_token *token, char ret_tag[QF_HTTP_ETAG])
{
        const struct qf_published now = qf_upstream_published(report->upstream);
        char epoch[17], who[9] = "";

        /* What one token is answered another is not, nor is it itself once its line is another; and the programme says where
         * members stand today. All are in the tag. */
        qf_text_hex(now.epoch, 8, epoch);
        if (token)
                qf_text_hex(token->digest, 4, who);
        (void)snprintf(ret_tag, QF_HTTP_ETAG, "W/\"%s.%llu.%u.%s.%s.%x\"", epoch,
                       (unsigned long long)now.version, qf_report_today(report), QF_VERSION, who,
                       qf_http_tokens_stamp(report->http));
}

bool qf_api_is_kept(const struct qf_report *report, const struct qf_http_reader *reader,
                    const struct qf_http_request *request, struct qf_http_answer *answer)
{
        char tag[QF_HTTP_ETAG];

        qf_api_tag(report, reader->token, tag);
        answer->type = "application/json";
        return qf_http_is_kept(request, tag, answer);
}

struct qf_source qf_api_source(const struct qf_token *token)
{
        const bool all = !token || (token->roles & QF_TOKEN_ADMIN);

        return (struct qf_source){.roles = all ? QF_ROLE_ADMIN : QF_ROLE_READ,
                                  .orgs_count = all ? 0 : token->orgs_count,
                                  .orgs = all ? NULL : token->orgs};
}

struct qf_http_who qf_api_who(const struct qf_token *token)
{
        struct qf_http_who who = {.by_token = token != NULL};

        if (token)
                memcpy(who.token, token->digest, sizeof(who.token));
        return who;
}

const struct qf_token *qf_api_token(const struct qf_report *report, const struct qf_http_who *who,
                                    bool *ret_gone)
{
        const struct qf_tokens *tokens = qf_http_tokens(report->http);
        const struct qf_token *token =
                tokens && who->by_token ? qf_tokens_find_digest(tokens, who->token) : NULL;

        *ret_gone = who->by_token != (tokens != NULL) || (who->by_token && !token) ||
                    (token && !(token->roles & (QF_TOKEN_READ | QF_TOKEN_ADMIN)));
        return token;
}

/* Aggregation says what it waits with before it has totals to give: after a start it gives none until all is counted again
 * that was shown before, and without ingest that may last. */
static void say_why_none(const struct qf_report *report, char ret_en[QF_HEALTH_TEXT],
                         char ret_zh[QF_HEALTH_TEXT])
{
        const struct qf_subscription *subscription = report->upstream->subscription;
        const char *say = qf_subscription_say(subscription);
        const struct qf_standstill *why = qf_standstill_of(qf_view_of(say));

        const char *en = *say ? say : "ask again in a while", *zh = why ? why->zh : "请稍候";
        bool unknown = *say && !why; /* of a fault of the journal's content, or by a newer release */

        if (qf_subscription_silent_ms(subscription, qf_clock_mono_ms()) > QF_HEALTH_FRESH_MS) {
                en = "aggregation does not answer";
                zh = "汇总服务没有答复";
                unknown = false;
        }
        (void)snprintf(ret_en, QF_HEALTH_TEXT, "There are no totals to show yet: %.200s", en);
        if (unknown)
                (void)snprintf(ret_zh, QF_HEALTH_TEXT,
                               "还没有可以显示的合计：计数已停止，请告诉管理员（%.200s）", say);
        else
                (void)snprintf(ret_zh, QF_HEALTH_TEXT, "还没有可以显示的合计：%s", zh);
}

void qf_api_say_csv(const struct qf_report *report, struct qf_view what, uint32_t year,
                    struct qf_http_answer *answer)
{
        const struct qf_settings *settings =
                qf_programme_settings(qf_upstream_published(report->upstream).programme);
        char of_year[12] = "";

        if (year)
                (void)snprintf(of_year, sizeof(of_year), "-%u", year);
        answer->type = "text/csv; charset=utf-8";
        (void)snprintf(answer->file_name, sizeof(answer->file_name), "qingfeng-%.*s%s%s%s.csv", (int)what.len,
                       what.at, of_year, settings->training ? "-training" : "",
                       settings->sample ? "-sample" : "");
}

int qf_api_held(const struct qf_report *report, struct qf_http_answer *answer)
{
        char en[QF_HEALTH_TEXT], zh[QF_HEALTH_TEXT];

        if (qf_upstream_whole(report->upstream))
                return 0;
        say_why_none(report, en, zh);
        answer->retry_s = 30;
        int r = qf_http_problem_shown(answer, 503, qf_view_of(en), zh);
        return r < 0 ? r : 1;
}

uint32_t qf_api_reader(const struct qf_report *report, const struct qf_token *token)
{
        return token ? 2 + qf_tokens_number(qf_http_tokens(report->http), token) : 1;
}

int qf_api_ask_share(struct qf_report *report, const struct qf_http_reader *reader,
                     struct qf_http_answer *answer)
{
        uint32_t retry_ms = 0;
        int r = qf_share_ask(&report->http_share, QF_SHARE_ANSWERS, qf_api_reader(report, reader->token),
                             qf_clock_mono_ns(), &retry_ms);

        if (r <= 0)
                return r;
        answer->retry_s = retry_ms / 1000 + 1;
        r = qf_http_problem_shown(answer, 429, QF_VIEW("This reader asks for more than its share: wait."),
                                  "问得太多，请稍候");
        return r < 0 ? r : 1;
}

int qf_api_pay_share(struct qf_report *report, const struct qf_token *token, int64_t begun_ns, size_t bytes)
{
        return qf_share_pay(&report->http_share, QF_SHARE_ANSWERS, qf_api_reader(report, token), begun_ns,
                            bytes, qf_clock_mono_ns());
}
