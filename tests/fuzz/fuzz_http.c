/* A request over HTTP, its arguments, and the file of tokens that it is judged by: four lines (method, path, "Host:", "Authorization:";
 * a line "-": the header is not there), and the file behind them. Nothing but the table is answered, and only to
 * whom it may. */
#include "fuzz/target.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "report/http_answer.h"
#include "report/http_api.h"
#include "service/listening.h"
#include "views/csv.h"

enum { LINES = 4 };

static const struct qf_token *asker;

static int answer(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                  struct qf_http_answer *made)
{
        (void)ctx, (void)request;
        asker = reader->token;
        made->type = "text/plain";
        return 0;
}

static const struct qf_http_route routes[] = {
        {"/open", QF_HTTP_OPEN, answer, NULL},
        {"/metrics", QF_HTTP_METRICS, answer, NULL},
        {"/numbers", QF_HTTP_READ, answer, NULL},
        {"/api/v1/live", QF_HTTP_READ, answer, NULL},
};

enum { ROUTES = sizeof(routes) / sizeof(routes[0]) };

static void check_answer(const struct qf_http_request *request, const struct qf_tokens *tokens)
{
        const struct qf_http_site site = {.routes = routes, .routes_count = ROUTES, .tokens = tokens};
        struct qf_http_answer made = {0};

        asker = NULL;
        QF_ASSERT(qf_http_answer(&site, request, &made) == 0);
        QF_ASSERT(made.type && (made.status == 200 || made.body.len > 0));
        if (made.status == 200) {
                const struct qf_http_route *route = routes;
                while (strcmp(route->path, request->path) != 0)
                        QF_ASSERT(++route < routes + ROUTES);
                QF_ASSERT(strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0);
                QF_ASSERT(tokens || !request->host || qf_listening_is_local_name(request->host));
                QF_ASSERT(!tokens || route->right == QF_HTTP_OPEN ||
                          (asker && (asker->roles &
                                     (QF_TOKEN_ADMIN |
                                      (route->right == QF_HTTP_READ ? QF_TOKEN_READ : QF_TOKEN_METRICS)))));
        }
        /* Programs read JSON, whatever is wrong. */
        if (made.status >= 400 && strncmp(request->path, "/api/", 5) == 0)
                QF_ASSERT(strcmp(made.type, "application/problem+json") == 0 && made.body.at[0] == '{');
        qf_buffer_deinit(&made.body);
}

/* Every argument is one of the lines. */
static const char *find_argument(void *ctx, const char *name)
{
        char *const *lines = ctx;

        return lines[strlen(name) % LINES];
}

static void check_question(const struct qf_http_request *request, enum qf_query_what what)
{
        struct qf_api_question question;
        const char *say;

        if (qf_api_read(request, what, &question, &say) != 0) {
                QF_ASSERT(say);
                return;
        }
        for (uint32_t i = 0; i < question.query.by_count; i++)
                QF_ASSERT(question.by[i].len > 0 && !memchr(question.by[i].at, ',', question.by[i].len));
        QF_ASSERT(question.query.by_count <= QF_API_WORDS && question.query.where_count <= QF_API_WORDS);
        QF_ASSERT(question.query.measures_count <= QF_API_WORDS && question.query.page.len <= QF_API_PAGE);
        QF_ASSERT(question.query.first_day <= 29991231 && question.query.limit <= 50000);
}

/* No cell of a table begins as a formula does, but for plain numbers. */
static void check_cell(const char *line)
{
        const struct qf_view cell = qf_view_of(line);
        struct qf_buffer file = {0};

        QF_ASSERT(qf_csv_text(&file, cell, true) == 0);
        QF_ASSERT((file.len == 0) == (cell.len == 0));
        QF_ASSERT(file.len <= 2 || (file.at[1] != '=' && file.at[1] != '@'));
        if (file.len > 2 && (file.at[1] == '+' || file.at[1] == '-'))
                QF_ASSERT(strspn(line + 1, "0123456789.") == cell.len - 1);
        qf_buffer_deinit(&file);
}

static void check_arguments(char **lines)
{
        const struct qf_http_request request = {.argument = find_argument, .ctx = lines};
        static const enum qf_query_what whats[] = {QF_QUERY_TOTALS, QF_QUERY_DECLARED, QF_QUERY_LIST};

        for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++)
                check_question(&request, whats[i]);
        for (int i = 0; i < LINES; i++)
                check_cell(lines[i]);
}

/* The line at *at as a text of its own, which the caller releases. */
static char *take_line(const char **at, const char *end)
{
        const char *stop = memchr(*at, '\n', (size_t)(end - *at));
        size_t len = (size_t)((stop ? stop : end) - *at);
        char *line = malloc(len + 1);

        QF_ASSERT(line);
        memcpy(line, *at, len);
        line[len] = '\0';
        *at = stop ? stop + 1 : end;
        return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        const char *at = (const char *)bytes, *end = at + len;
        struct qf_tokens *tokens = NULL;
        char *lines[LINES];
        uint32_t wrong;

        for (int i = 0; i < LINES; i++)
                lines[i] = take_line(&at, end);
        const struct qf_http_request request = {.method = lines[0],
                                                .path = lines[1],
                                                .host = strcmp(lines[2], "-") == 0 ? NULL : lines[2],
                                                .authorization =
                                                        strcmp(lines[3], "-") == 0 ? NULL : lines[3]};
        struct qf_view file = {at, (uint32_t)(end - at)};
        check_answer(&request, NULL);
        check_arguments(lines);
        if (qf_tokens_parse(file, &tokens, &wrong) == 0)
                check_answer(&request, tokens);
        tokens = qf_tokens_free(tokens);
        for (int i = 0; i < LINES; i++)
                free(lines[i]);
        return 0;
}
