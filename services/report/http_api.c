/* What is asked here is answered by the code that answers readers by ZeroMQ, with the
 * same rights; only words differ. An answer is true at a version, which with the epoch
 * is its ETag: who asks again for what has not changed gets no body. */
#include "report/http_api.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "report/query.h"
#include "report/report.h"
#include "views/answer_csv.h"
#include "views/answer_json.h"
#include "views/json.h"

enum { DATE_DIGITS = 8, LIMIT_MOST = 50000, LIST_MOST = 10000 /* records in JSON */ };

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

bool qf_api_read_date(const char *text, uint32_t *ret_date)
{
        char digits[DATE_DIGITS];
        uint64_t date = 0;
        size_t used = 0;

        for (const char *at = text ? text : ""; *at; at++) {
                if (*at == '-')
                        continue;
                if (used == DATE_DIGITS)
                        return false;
                digits[used++] = *at;
        }
        if (text &&
            (used != DATE_DIGITS || !qf_text_number((struct qf_view){digits, DATE_DIGITS}, 29991231, &date)))
                return false;
        *ret_date = (uint32_t)date;
        return true;
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

static const char *argument(const struct qf_http_request *request, const char *name)
{
        return request->argument(request->ctx, name);
}

int qf_api_read(const struct qf_http_request *request, enum qf_query_what what,
                struct qf_api_question *ret_question, const char **ret_say)
{
        struct qf_from_reader *query = &ret_question->query;
        const char *limit = argument(request, "limit");
        const bool list = what == QF_QUERY_LIST;
        uint64_t most = 0;

        *query = (struct qf_from_reader){
                .query = what,
                .by = ret_question->by,
                .where = ret_question->where,
                .measures = ret_question->measures,
                .kind = what == QF_QUERY_TOTALS ? QF_VIEW("") : qf_view_of(argument(request, "kind"))};
        *ret_say = NULL;
        if (!read_list(argument(request, "by"), ret_question->by, &query->by_count))
                *ret_say = "by: dimensions, or day, month, year, parted by commas";
        else if (!read_list(argument(request, "where"), ret_question->where, &query->where_count))
                *ret_say = "where: DIMENSION=CODE, parted by commas";
        else if (!read_list(what == QF_QUERY_DECLARED ? argument(request, "measure") : NULL,
                            ret_question->measures, &query->measures_count))
                *ret_say = "measure: measures of the kind, parted by commas";
        else if (!qf_api_read_date(argument(request, "from"), &query->first_day))
                *ret_say = "from: a date such as 2023-05-06";
        else if (!qf_api_read_date(argument(request, "to"), &query->last_day))
                *ret_say = "to: a date such as 2023-05-06";
        else if (limit && !qf_text_number(qf_view_of(limit), list ? LIST_MOST : LIMIT_MOST, &most))
                *ret_say = list ? "limit: a number up to 10000; the others come with the next page"
                                : "limit: a number up to 50000";
        else if (list && !read_page(argument(request, "page"), ret_question->page, &query->page))
                *ret_say = "page: what the page before gave as next";
        if (*ret_say || qf_api_read_format(request, &ret_question->csv, &ret_question->chinese, ret_say) != 0)
                return 1;
        /* An answer holds up all others while it is made: a table that would be cut is not, but JSON has a next. */
        query->limit = most || !list || ret_question->csv ? (uint32_t)most : LIST_MOST;
        return 0;
}

/* --- answering ------------------------------------------------------------------------ */

bool qf_api_is_kept(const struct qf_report *report, const struct qf_http_reader *reader,
                    const struct qf_http_request *request, struct qf_http_answer *answer)
{
        struct qf_published now = qf_upstream_published(report->upstream);
        char epoch[17], who[17] = "", tag[QF_HTTP_ETAG];

        /* What one token is answered another is not: its digest is in the tag. */
        qf_text_hex(now.epoch, 8, epoch);
        if (reader->token)
                qf_text_hex(reader->token->digest, 4, who);
        (void)snprintf(tag, sizeof(tag), "W/\"%s.%llu.%s.%s\"", epoch, (unsigned long long)now.version,
                       QF_VERSION, who);
        answer->type = "application/json";
        return qf_http_is_kept(request, tag, answer);
}

int qf_api_rights(const struct qf_report *report, const struct qf_token *token, struct qf_rights *ret_rights)
{
        struct qf_published now = qf_upstream_published(report->upstream);
        bool all = !token || (token->roles & QF_TOKEN_ADMIN);
        const struct qf_source source = {.roles = all ? QF_ROLE_ADMIN : QF_ROLE_READ,
                                         .orgs_count = all ? 0 : token->orgs_count,
                                         .orgs = all ? NULL : token->orgs};

        return qf_rights_renew(ret_rights, now.programme, now.stamp, &source);
}

int qf_api_held(const struct qf_report *report, struct qf_http_answer *answer)
{
        if (qf_upstream_held(report->upstream))
                return 0;
        answer->retry_s = 30;
        int r = qf_http_problem(
                answer, 503, QF_VIEW("There is no first picture of the totals yet: ask again in a while."));
        return r < 0 ? r : 1;
}

static unsigned status_of(uint32_t code)
{
        return code == QF_QUERY_NOT_YOURS                             ? 403
               : code == QF_QUERY_BEHIND || code == QF_QUERY_NOT_HERE ? 503
                                                                      : 400;
}

static int compute(struct qf_report *report, const struct qf_rights *rights,
                   const struct qf_from_reader *query, struct qf_to_reader *answer)
{
        struct qf_published now = qf_upstream_published(report->upstream);
        const struct qf_query_world world = {now.programme, now.picture, report->upstream->table,
                                             report->upstream->declared};

        *answer = (struct qf_to_reader){
                .what = QF_ANSWER,
                .version = now.version,
                .complete_at_ms = qf_subscription_pulse(report->upstream->subscription)->complete_at_ms,
        };
        report->queries++;
        qf_arena_reset(report->answers);
        return qf_query_answer(&world, rights, query, report->answers, answer);
}

/* A list that goes on says where. */
static json_t *list_json(const struct qf_to_reader *made)
{
        json_t *list = qf_answer_list_json(made);
        char next[2 * QF_API_PAGE + 1];

        if (made->next.len > 0 && made->next.len <= QF_API_PAGE) {
                qf_text_hex((const uint8_t *)made->next.at, made->next.len, next);
                (void)json_object_set_new(list, "next", json_string(next));
        }
        return list;
}

static int write_csv(const struct qf_report *report, const struct qf_api_question *question,
                     const struct qf_to_reader *made, struct qf_http_answer *answer)
{
        const struct qf_programme *programme = qf_upstream_published(report->upstream).programme;
        const struct qf_view kind = question->query.kind;
        const struct qf_kind_spec *spec = qf_kind_named(kind);
        const uint32_t last = question->query.last_day;

        answer->type = "text/csv; charset=utf-8";
        (void)snprintf(answer->file_name, sizeof(answer->file_name), "qingfeng-%.*s.csv",
                       kind.len ? (int)kind.len : 6, kind.len ? kind.at : "totals");
        return question->query.query == QF_QUERY_TOTALS
                       ? qf_answer_counts_csv(question->chinese, programme, made, last, &answer->body)
               : question->query.query == QF_QUERY_LIST
                       ? qf_answer_list_csv(question->chinese, programme, spec, made, last, &answer->body)
                       : qf_answer_totals_csv(question->chinese, programme, spec, made, last, &answer->body);
}

static int write_answer(const struct qf_report *report, const struct qf_api_question *question,
                        const struct qf_to_reader *made, struct qf_http_answer *answer)
{
        answer->status = 200;
        if (question->csv)
                return write_csv(report, question, made, answer);
        answer->type = "application/json";
        return qf_json_append(question->query.query == QF_QUERY_TOTALS ? qf_answer_counts_json(made)
                              : question->query.query == QF_QUERY_LIST
                                      ? list_json(made)
                                      : qf_answer_totals_json(qf_kind_named(question->query.kind), made),
                              &answer->body);
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
        r = qf_http_problem(answer, 429, QF_VIEW("This reader asks for more than its share: wait."));
        return r < 0 ? r : 1;
}

int qf_api_pay_share(struct qf_report *report, const struct qf_http_reader *reader, int64_t begun_ns,
                     size_t bytes)
{
        return qf_share_pay(&report->http_share, QF_SHARE_ANSWERS, qf_api_reader(report, reader->token),
                            begun_ns, bytes, qf_clock_mono_ns());
}

static int answer_question(struct qf_report *report, const struct qf_http_reader *reader,
                           const struct qf_http_request *request, enum qf_query_what what,
                           struct qf_http_answer *answer)
{
        struct qf_api_question question;
        struct qf_to_reader made;
        struct qf_rights rights = {0};
        const char *say;
        int r = qf_api_held(report, answer);

        if (r != 0)
                return r < 0 ? r : 0;
        if (qf_api_read(request, what, &question, &say) != 0)
                return qf_http_problem(answer, 400, qf_view_of(say));
        if (qf_api_is_kept(report, reader, request, answer))
                return 0;
        r = qf_api_ask_share(report, reader, answer);
        if (r != 0)
                return r < 0 ? r : 0;
        const int64_t begun_ns = qf_clock_mono_ns();
        r = qf_api_rights(report, reader->token, &rights);
        if (r == 0)
                r = compute(report, &rights, &question.query, &made);
        qf_rights_deinit(&rights);
        if (r == -ENOMEM || r == -EOVERFLOW)
                r = qf_http_problem(answer, 400,
                                    QF_VIEW("The answer is too large: narrow it (where, from, to)."));
        else if (r == 0 && made.code != QF_QUERY_ANSWERED)
                r = qf_http_problem(answer, status_of(made.code), made.say);
        else if (r == 0)
                r = write_answer(report, &question, &made, answer);
        return r < 0 ? r : qf_api_pay_share(report, reader, begun_ns, answer->body.len);
}

int qf_api_totals(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                  struct qf_http_answer *answer)
{
        return answer_question(ctx, reader, request, QF_QUERY_TOTALS, answer);
}

int qf_api_declared(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                    struct qf_http_answer *answer)
{
        return answer_question(ctx, reader, request, QF_QUERY_DECLARED, answer);
}

int qf_api_list(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                struct qf_http_answer *answer)
{
        return answer_question(ctx, reader, request, QF_QUERY_LIST, answer);
}
