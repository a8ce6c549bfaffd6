/* What is asked here is answered by the code that answers readers by ZeroMQ, with the
 * same rights; only words differ. An answer is true at a version, which with the epoch
 * is its ETag: who asks again for what has not changed gets no body. */
#include "report/http_api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "report/query.h"
#include "report/report.h"

enum { DATE_DIGITS = 8, LIMIT_MOST = 50000, SAY_TEXT = 400 };

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

/* 2023-05-06 or 20230506; NULL is 0. */
static bool read_date(const char *text, uint32_t *ret_date)
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

int qf_api_read_totals(const struct qf_http_request *request, struct qf_api_question *ret_question,
                       const char **ret_say)
{
        struct qf_from_reader *query = &ret_question->query;
        const char *limit = request->argument(request->ctx, "limit");
        uint64_t most = 0;

        *query = (struct qf_from_reader){
                .query = QF_QUERY_TOTALS, .by = ret_question->by, .where = ret_question->where};
        *ret_say = NULL;
        if (!read_list(request->argument(request->ctx, "by"), ret_question->by, &query->by_count))
                *ret_say = "by: dimensions, or day, month, year, parted by commas";
        else if (!read_list(request->argument(request->ctx, "where"), ret_question->where,
                            &query->where_count))
                *ret_say = "where: DIMENSION=CODE, parted by commas";
        else if (!read_date(request->argument(request->ctx, "from"), &query->first_day))
                *ret_say = "from: a date such as 2023-05-06";
        else if (!read_date(request->argument(request->ctx, "to"), &query->last_day))
                *ret_say = "to: a date such as 2023-05-06";
        else if (limit && !qf_text_number(qf_view_of(limit), LIMIT_MOST, &most))
                *ret_say = "limit: a number up to 50000";
        query->limit = (uint32_t)most;
        return *ret_say != NULL;
}

/* --- answering ------------------------------------------------------------------------ */

static json_t *text(struct qf_view view)
{
        return json_stringn(view.len ? view.at : "", view.len);
}

static json_t *texts(const struct qf_view *views, uint32_t count)
{
        json_t *array = json_array();

        for (uint32_t i = 0; i < count; i++)
                (void)json_array_append_new(array, text(views[i]));
        return array;
}

/* Takes the object over. What HTML would take for a tag is escaped, wherever the answer may be pasted. */
static int answer_json(struct qf_http_answer *answer, unsigned status, json_t *object)
{
        char *made = object ? json_dumps(object, JSON_COMPACT) : NULL;
        int r = made ? 0 : -ENOMEM;

        answer->status = status;
        answer->type = "application/json";
        answer->body.len = 0;
        for (const char *at = made; at && *at && r == 0;) {
                size_t len = strcspn(at, "<");
                r = qf_buffer_append(&answer->body, at, len);
                at += len;
                if (r == 0 && *at == '<') {
                        r = qf_buffer_append(&answer->body, "\\u003c", 6);
                        at++;
                }
        }
        free(made);
        json_decref(object);
        return r;
}

static int answer_error(struct qf_http_answer *answer, unsigned status, struct qf_view say)
{
        return answer_json(answer, status, json_pack("{s:o}", "error", text(say)));
}

/* What one token is answered another is not: its digest is in the tag. True: the asker has this already. */
static bool is_kept(const struct qf_report *report, const struct qf_http_reader *reader,
                    const struct qf_http_request *request, struct qf_http_answer *answer)
{
        struct qf_published now = qf_upstream_published(report->upstream);
        char epoch[17], who[17] = "";

        qf_text_hex(now.epoch, 8, epoch);
        if (reader->token)
                qf_text_hex(reader->token->digest, 4, who);
        (void)snprintf(answer->etag, sizeof(answer->etag), "W/\"%s.%llu.%s.%s\"", epoch,
                       (unsigned long long)now.version, QF_VERSION, who);
        if (!request->if_none_match || !strstr(request->if_none_match, answer->etag))
                return false;
        answer->status = 304;
        answer->type = "application/json";
        return true;
}

static json_t *counts_of(const struct qf_answer_row *row)
{
        json_t *object = json_object();

        for (unsigned i = 0; i < QF_MEASURES; i++)
                (void)json_object_set_new(object, qf_measure_code((enum qf_measure)i),
                                          json_integer(row->counts.of[i]));
        return object;
}

static json_t *json_of(const struct qf_report *report, const struct qf_to_reader *made)
{
        const struct qf_pulse *pulse = qf_subscription_pulse(report->upstream->subscription);
        json_t *rows = json_array();

        for (uint32_t i = 0; i < made->answer_rows_count; i++) {
                json_t *row = counts_of(&made->answer_rows[i]);
                (void)json_object_set_new(row, "members",
                                          texts(made->answer_rows[i].members, made->by_count));
                (void)json_array_append_new(rows, row);
        }
        return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "version",
                         (json_int_t)qf_upstream_published(report->upstream).version, "complete_at_ms",
                         (json_int_t)pulse->complete_at_ms, "by", texts(made->by, made->by_count), "rows",
                         rows, "all", counts_of(&made->all), "notes", texts(made->notes, made->notes_count));
}

/* A token reads as a source with its organisations would. */
static int begin_rights(const struct qf_published *now, const struct qf_http_reader *reader,
                        struct qf_rights *ret_rights)
{
        bool all = !reader->token || (reader->token->roles & QF_TOKEN_ADMIN);
        const struct qf_source source = {.roles = all ? QF_ROLE_ADMIN : QF_ROLE_READ,
                                         .orgs_count = all ? 0 : reader->token->orgs_count,
                                         .orgs = all ? NULL : reader->token->orgs};

        return qf_rights_renew(ret_rights, now->programme, now->stamp, &source);
}

static unsigned status_of(uint32_t code)
{
        return code == QF_QUERY_NOT_YOURS                             ? 403
               : code == QF_QUERY_BEHIND || code == QF_QUERY_NOT_HERE ? 503
                                                                      : 400;
}

static int answer_totals(struct qf_report *report, const struct qf_http_reader *reader,
                         const struct qf_from_reader *query, struct qf_http_answer *answer)
{
        struct qf_published now = qf_upstream_published(report->upstream);
        const struct qf_query_world world = {now.programme, now.picture, report->upstream->table,
                                             report->upstream->declared};
        struct qf_to_reader made = {0};
        struct qf_rights rights = {0};
        int r = begin_rights(&now, reader, &rights);

        qf_arena_reset(report->answers);
        if (r == 0)
                r = qf_query_totals(&world, &rights, query, report->answers, &made);
        report->queries++;
        if (r == -ENOMEM || r == -EOVERFLOW)
                r = answer_error(answer, 400, QF_VIEW("the answer is too large: narrow it"));
        else if (r == 0 && made.code != QF_QUERY_ANSWERED)
                r = answer_error(answer, status_of(made.code), made.say);
        else if (r == 0)
                r = answer_json(answer, 200, json_of(report, &made));
        if (answer->status != 200)
                answer->etag[0] = '\0';
        qf_rights_deinit(&rights);
        return r;
}

int qf_api_totals(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                  struct qf_http_answer *answer)
{
        struct qf_report *report = ctx;
        struct qf_api_question question;
        const char *say;

        if (!qf_upstream_held(report->upstream))
                return answer_error(answer, 503, QF_VIEW("there is no first picture of the totals yet"));
        if (qf_api_read_totals(request, &question, &say) != 0)
                return answer_error(answer, 400, qf_view_of(say));
        if (is_kept(report, reader, request, answer))
                return 0;
        return answer_totals(report, reader, &question.query, answer);
}

/* --- the programme ---------------------------------------------------------------------- */

static json_t *json_member(const struct qf_programme *programme, uint16_t dimension,
                           const struct qf_member *member)
{
        json_t *object = json_pack("{s:o, s:o, s:o}", "code", text(member->code), "zh", text(member->zh),
                                   "en", text(member->en));
        uint32_t parent = member->places_count ? member->places[member->places_count - 1].parent : 0;

        if (parent)
                (void)json_object_set_new(object, "parent",
                                          text(qf_programme_member(programme, dimension, parent)->code));
        return object;
}

static json_t *json_dimension(const struct qf_programme *programme, uint16_t id)
{
        const struct qf_dimension *dimension = qf_programme_dimension(programme, id);
        uint16_t of = dimension->members_of ? dimension->members_of : id;
        const struct qf_dimension *named = qf_programme_dimension(programme, of);
        json_t *members = json_array();

        for (uint32_t member = 1; member <= named->members; member++)
                (void)json_array_append_new(
                        members, json_member(programme, of, qf_programme_member(programme, of, member)));
        return json_pack("{s:o, s:o, s:o, s:b, s:b, s:o}", "code", text(dimension->code), "zh",
                         text(dimension->zh), "en", text(dimension->en), "multi", dimension->multi,
                         "grouping", dimension->groups != 0, "members", members);
}

int qf_api_programme(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                     struct qf_http_answer *answer)
{
        const struct qf_report *report = ctx;
        struct qf_published now = qf_upstream_published(report->upstream);

        if (!qf_upstream_held(report->upstream))
                return answer_error(answer, 503, QF_VIEW("there is no first picture of the totals yet"));
        if (is_kept(report, reader, request, answer))
                return 0;
        const struct qf_settings *settings = qf_programme_settings(now.programme);
        json_t *dimensions = json_array();
        for (uint32_t id = 1; id <= qf_programme_dimensions(now.programme); id++)
                (void)json_array_append_new(dimensions, json_dimension(now.programme, (uint16_t)id));
        return answer_json(answer, 200,
                           json_pack("{s:I, s:o, s:o, s:o, s:o}", "version", (json_int_t)now.version, "code",
                                     text(settings->code), "zh", text(settings->title_zh), "en",
                                     text(settings->title_en), "dimensions", dimensions));
}
