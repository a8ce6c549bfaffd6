/* Why the name is looked at: without tokens everything is answered that comes from
 * this machine, and a page of any web site can make a browser here ask under a name
 * of its own that leads to 127.0.0.1. The browser then says that name. */
#include "report/http_answer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "service/listening.h"
#include "views/json.h"

int qf_http_say(struct qf_http_answer *answer, unsigned status, const char *sentence)
{
        answer->status = status;
        answer->type = "text/plain; charset=utf-8";
        answer->body.len = 0;
        return qf_buffer_print(&answer->body, "%s\n", sentence);
}

static int put_problem(struct qf_http_answer *answer, unsigned status, struct qf_view sentence,
                       const char *zh)
{
        answer->status = status;
        answer->type = "application/problem+json";
        answer->etag[0] = answer->file_name[0] = '\0';
        answer->body.len = 0;
        return qf_json_append(json_pack("{s:I, s:o, s:s*}", "status", (json_int_t)status, "detail",
                                        qf_json_text(sentence), "zh", zh),
                              &answer->body);
}

int qf_http_problem(struct qf_http_answer *answer, unsigned status, struct qf_view sentence)
{
        return put_problem(answer, status, sentence, NULL);
}

int qf_http_problem_shown(struct qf_http_answer *answer, unsigned status, struct qf_view en, const char *zh)
{
        return put_problem(answer, status, en, zh);
}

/* Programs that ask below /api read JSON, people text. */
static int refuse(const struct qf_http_request *request, struct qf_http_answer *answer, unsigned status,
                  const char *sentence)
{
        static const char api[] = "/api/";

        if (strncmp(request->path, api, sizeof(api) - 1) == 0)
                return qf_http_problem(answer, status, qf_view_of(sentence));
        return qf_http_say(answer, status, sentence);
}

bool qf_http_is_kept(const struct qf_http_request *request, const char *etag, struct qf_http_answer *answer)
{
        (void)snprintf(answer->etag, sizeof(answer->etag), "%s", etag);
        if (!request->if_none_match || !strstr(request->if_none_match, etag))
                return false;
        answer->status = 304;
        return true;
}

/* "gzip" among what is accepted, and not with "q=0". */
static bool takes_zipped(const char *accept)
{
        const char *at = accept ? strstr(accept, "gzip") : NULL;

        return at && strncmp(at + 4, ";q=0", 4) != 0;
}

static int answer_file(const struct qf_web_file *file, const struct qf_http_request *request,
                       struct qf_http_answer *answer)
{
        answer->status = 200;
        answer->type = file->type;
        answer->for_ever = file->for_ever;
        answer->zipped = file->zipped.len > 0 && takes_zipped(request->accept_encoding);
        if (qf_http_is_kept(request, file->etag, answer))
                return 0;
        const struct qf_buffer *bytes = answer->zipped ? &file->zipped : &file->plain;
        answer->kept = (struct qf_view){(const char *)bytes->at, (uint32_t)bytes->len};
        return 0;
}

static const struct qf_http_route *find_route(const struct qf_http_site *site, const char *path)
{
        for (uint32_t i = 0; i < site->routes_count; i++)
                if (strcmp(site->routes[i].path, path) == 0)
                        return &site->routes[i];
        return NULL;
}

/* "Bearer TOKEN" → the token. */
static const struct qf_token *find_token(const struct qf_http_site *site, const char *authorization)
{
        static const char scheme[] = "Bearer ";

        if (!authorization || strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
                return NULL;
        return qf_tokens_find(site->tokens, qf_view_of(authorization + sizeof(scheme) - 1));
}

static bool may(const struct qf_token *token, enum qf_http_right right)
{
        static const uint32_t enough[] = {[QF_HTTP_METRICS] = QF_TOKEN_METRICS | QF_TOKEN_ADMIN,
                                          [QF_HTTP_READ] = QF_TOKEN_READ | QF_TOKEN_ADMIN};

        return right == QF_HTTP_OPEN || (token && (token->roles & enough[right]));
}

bool qf_http_is_word(const char *words, const char *name)
{
        const size_t name_len = strlen(name);

        for (size_t len; *words; words += len + strspn(words + len, " ")) {
                len = strcspn(words, " ");
                if (len == name_len && memcmp(words, name, len) == 0)
                        return true;
        }
        return name_len == 0; /* "?" or "&" at the end: nothing is asked by it */
}

/* What is passed over would be a filter that is not there, and the total one of more than was asked for. */
static int refuse_arguments(struct qf_http_answer *answer, const char *words)
{
        char say[256];

        (void)snprintf(say, sizeof(say),
                       "What may be asked here, each once, its values parted by commas: %s.",
                       *words ? words : "nothing");
        return qf_http_problem_shown(answer, 400, qf_view_of(say),
                                     "这里没有这个参数，或者同一个参数写了两次");
}

int qf_http_answer(const struct qf_http_site *site, const struct qf_http_request *request,
                   struct qf_http_answer *answer)
{
        struct qf_http_reader reader = {0};

        if (!site->tokens && request->host && !qf_listening_is_local_name(request->host))
                return refuse(request, answer, 421,
                              "Asked under a name that is not this machine's. Behind a proxy: let it send "
                              "\"Host: 127.0.0.1\".");
        if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0) {
                answer->wrong_method = true;
                return refuse(request, answer, 405, "Only GET and HEAD: nothing can be changed here.");
        }
        const struct qf_web_file *file = qf_web_find(site->web, request->path);
        if (file)
                return answer_file(file, request, answer);
        const struct qf_http_route *route = find_route(site, request->path);
        if (site->tokens)
                answer->token = reader.token = find_token(site, request->authorization);
        /* Who may not read does not learn either what there is to read. */
        if (site->tokens && !reader.token && (!route || route->right != QF_HTTP_OPEN)) {
                answer->no_token = true;
                return refuse(request, answer, 401,
                              "A token is needed: Authorization: Bearer TOKEN. The office makes one "
                              "(qf token new).");
        }
        if (!route)
                return refuse(request, answer, 404, "There is no such page.");
        if (site->tokens && !may(reader.token, route->right))
                return refuse(request, answer, 403, "This token may not read that.");
        if (route->words && request->asks_only && !request->asks_only(request->ctx, route->words))
                return refuse_arguments(answer, route->words);
        answer->status = 200;
        return route->answer(site->ctx, &reader, request, answer);
}
