/* The questions of `qf totals` and `qf list` by HTTP. Most are answered at once; what takes longer than a slice is made
 * in turn with those of others: first the query, as of the one moment when it began, then what is written of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "report/http_api.h"
#include "report/report.h"
#include "views/answer_csv.h"
#include "views/answer_json.h"
#include "views/unanswered.h"

enum {
        OF_READER = 4, /* questions under way at a time, of so many places */
        ROWS = 64,     /* written between two looks at the clock */
};

struct asked {
        struct qf_report *report;
        struct qf_http_who who;
        uint32_t tokens; /* their stamp, when it was begun */
        struct qf_buffer message;
        enum qf_query_what what;
        bool csv, chinese;
        int64_t until_ms;
        struct qf_question *place; /* NULL: it waits for one */
        uint32_t written;          /* rows */
};

static unsigned status_of(uint32_t code)
{
        return code == QF_QUERY_NOT_YOURS                             ? 403
               : code == QF_QUERY_BEHIND || code == QF_QUERY_NOT_HERE ? 503
                                                                      : 400;
}

static int refuse(struct qf_http_answer *answer, const char *en, const char *zh)
{
        answer->retry_s = 1;
        return qf_http_problem_shown(answer, 503, qf_view_of(en), zh);
}

static void close_asked(void *ctx)
{
        struct asked *asked = ctx;

        if (asked->place) {
                qf_rights_deinit(&asked->place->rights); /* a token has no number that stays its own */
                qf_underway_leave(&asked->report->http_underway, asked->place);
        }
        qf_buffer_deinit(&asked->message);
        free(asked);
}

/* --- writing ----------------------------------------------------------------------- */

static enum qf_answer_of form_of(enum qf_query_what what)
{
        return what == QF_QUERY_TOTALS ? QF_ANSWER_OF_COUNTS
               : what == QF_QUERY_LIST ? QF_ANSWER_OF_LIST
                                       : QF_ANSWER_OF_TOTALS;
}

/* A list that goes on says where. */
static int write_json(const struct qf_answer_form *form, uint32_t from, struct qf_buffer *body)
{
        const struct qf_view more = form->answer->next;
        char next[2 * QF_API_PAGE + 1];
        const bool goes_on = more.len > 0 && more.len <= QF_API_PAGE;

        if (goes_on)
                qf_text_hex((const uint8_t *)more.at, more.len, next);
        return qf_answer_json_write(form, from, ROWS, goes_on ? next : NULL, body);
}

static int write_rows(struct asked *asked, struct qf_http_answer *answer, int64_t until_ns)
{
        const struct qf_question *question = asked->place;
        const struct qf_answer_form form = {
                .of = form_of(asked->what),
                .spec = qf_kind_named(question->ask.kind),
                .answer = &question->answer,
                .chinese = asked->chinese,
                .programme = qf_upstream_published(asked->report->upstream).programme,
                .names_on = question->ask.last_day,
        };
        int r;

        answer->status = 200;
        answer->type = "application/json";
        if (asked->csv)
                qf_api_say_csv(asked->report, question->ask.kind.len ? question->ask.kind : QF_VIEW("totals"),
                               0, answer);
        do {
                r = asked->csv ? qf_answer_csv(&form, asked->written, ROWS, &answer->body)
                               : write_json(&form, asked->written, &answer->body);
                asked->written += ROWS;
        } while (r == 0 && asked->written < question->answer.answer_rows_count &&
                 qf_clock_mono_ns() < until_ns);
        return r == 0 && asked->written < question->answer.answer_rows_count ? QF_HTTP_GOES_ON : r;
}

/* --- answering ---------------------------------------------------------------------- */

static int begin(struct asked *asked, const struct qf_token *token, struct qf_http_answer *answer)
{
        struct qf_report *report = asked->report;
        const struct qf_published now = qf_upstream_published(report->upstream);
        const struct qf_query_world world = {now.programme, now.picture, report->upstream->table,
                                             report->upstream->declared};
        const struct qf_source source = qf_api_source(token);
        const struct qf_to_reader empty = qf_report_begin_answer(report, 0);

        asked->tokens = qf_http_tokens_stamp(report->http);
        asked->written = 0;
        answer->body.len = 0;
        qf_api_tag(report, token, answer->etag);
        qf_rights_deinit(&asked->place->rights);
        return qf_underway_begin(asked->place, &now, &world, &source, &empty);
}

static bool is_to_begin(const struct asked *asked)
{
        const struct qf_question *question = asked->place;

        return (!question->query && !question->answered) ||
               question->stamp != asked->report->upstream->stamp ||
               asked->tokens != qf_http_tokens_stamp(asked->report->http);
}

static int work_on(struct asked *asked, const struct qf_token *token, struct qf_http_answer *answer,
                   int64_t until_ns)
{
        struct qf_question *question = asked->place;
        int r = 0;

        if (is_to_begin(asked)) {
                if ((question->query || question->answered) && qf_clock_mono_ms() >= asked->until_ms)
                        return refuse(answer, "The registers change all the time: ask again.",
                                      "登记一直在变，请再试");
                r = begin(asked, token, answer);
        }
        if (r == 0 && !question->answered) {
                r = qf_report_work(asked->report, question, until_ns);
                asked->report->queries += r == 0;
        }
        if (r == -ENOMEM || r == -EOVERFLOW)
                return qf_http_problem_shown(answer, 400,
                                             QF_VIEW("The answer is too large: narrow it (where, from, to)."),
                                             "结果太多，请缩小范围");
        if (r != 0)
                return r == QF_QUERY_GOES_ON ? QF_HTTP_GOES_ON : r;
        if (question->answer.code != QF_QUERY_ANSWERED)
                return qf_http_problem_shown(answer, status_of(question->answer.code), question->answer.say,
                                             qf_unanswered_zh(question->answer.code));
        return write_rows(asked, answer, until_ns);
}

/* 0: it has one; QF_HTTP_GOES_ON: not yet. */
static int take_place(struct asked *asked, const struct qf_token *token)
{
        struct qf_underway *underway = &asked->report->http_underway;
        const struct qf_question who = {.source = qf_api_reader(asked->report, token)};

        if (asked->place)
                return 0;
        struct qf_question *place = qf_underway_place(underway, who.source, OF_READER, asked->what);
        if (!place)
                return QF_HTTP_GOES_ON;
        int r = qf_underway_take(underway, place, &who, qf_buffer_view(&asked->message));
        if (r == 0)
                asked->place = place;
        return r;
}

static int step(void *ctx, struct qf_http_answer *answer)
{
        struct asked *asked = ctx;
        const int64_t begun_ns = qf_clock_mono_ns(), until_ns = qf_report_slice();
        const size_t before = answer->body.len;
        bool gone;
        const struct qf_token *token = qf_api_token(asked->report, &asked->who, &gone);
        int r, paid;

        if (gone)
                return qf_http_problem_shown(answer, 403, QF_VIEW("This token may not read any more."),
                                             "这个令牌不能再读了");
        r = qf_api_held(asked->report, answer); /* a picture that begins anew may wait long for its rows */
        if (r != 0)
                return r < 0 ? r : 0;
        r = take_place(asked, token);
        if (r == QF_HTTP_GOES_ON)
                return qf_clock_mono_ms() < asked->until_ms
                               ? r
                               : refuse(answer,
                                        "Too much is asked at a time, by this reader or by others: ask again.",
                                        "同时在问的太多，请再试");
        if (r == 0)
                r = work_on(asked, token, answer, until_ns);
        paid = qf_api_pay_share(asked->report, token, begun_ns,
                                answer->body.len > before ? answer->body.len - before : 0);
        return r < 0 ? r : paid < 0 ? paid : r;
}

/* What is asked by ZeroMQ has the same bounds. 0; positive 1: the answer says which it is beyond. */
static int check_bounds(const struct asked *asked, struct qf_http_answer *answer)
{
        struct qf_from_reader ask;
        struct qf_wire_fault fault;

        qf_arena_reset(asked->report->arena);
        int r = qf_from_reader_decode(asked->report->arena, qf_buffer_view(&asked->message), &ask, &fault);
        if (r <= 0)
                return r;
        r = qf_http_problem(answer, 400, qf_view_of(fault.what));
        return r < 0 ? r : 1;
}

/* 0; positive 1: the answer says why not. */
static int make_asked(struct qf_report *report, const struct qf_http_reader *reader,
                      const struct qf_api_question *question, struct qf_http_answer *answer,
                      struct asked **ret_asked)
{
        struct asked *asked = calloc(1, sizeof(*asked));

        if (!asked)
                return -ENOMEM;
        *asked = (struct asked){.report = report,
                                .who = qf_api_who(reader->token),
                                .what = question->query.query,
                                .csv = question->csv,
                                .chinese = question->chinese,
                                .until_ms = qf_clock_mono_ms() + QF_UNDERWAY_MS};
        int r = qf_from_reader_encode(&question->query, &asked->message);
        if (r == 0)
                r = check_bounds(asked, answer);
        if (r != 0)
                close_asked(asked);
        else
                *ret_asked = asked;
        return r;
}

/* The first slice is at once: most questions need no other. */
static int answer_question(struct qf_report *report, const struct qf_http_reader *reader,
                           const struct qf_http_request *request, enum qf_query_what what,
                           struct qf_http_answer *answer)
{
        struct qf_api_question question;
        struct asked *asked = NULL;
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
        r = make_asked(report, reader, &question, answer, &asked);
        if (r != 0)
                return r < 0 ? r : 0;
        r = step(asked, answer);
        if (r == QF_HTTP_GOES_ON)
                answer->making = (struct qf_http_making){asked, step, close_asked};
        else
                close_asked(asked);
        return r == QF_HTTP_GOES_ON ? 0 : r;
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
