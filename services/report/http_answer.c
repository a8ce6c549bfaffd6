/* Why the name is looked at: without tokens everything is answered that comes from
 * this machine, and a page of any web site can make a browser here ask under a name
 * of its own that leads to 127.0.0.1. The browser then says that name. */
#include "report/http_answer.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

bool qf_http_is_local_name(const char *host)
{
        static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
        uint64_t port;

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                size_t len = strlen(names[i]);
                if (strncasecmp(host, names[i], len) != 0)
                        continue;
                if (host[len] == '\0' ||
                    (host[len] == ':' && qf_text_number(qf_view_of(host + len + 1), 65535, &port)))
                        return true;
        }
        return false;
}

int qf_http_say(struct qf_http_answer *answer, unsigned status, const char *sentence)
{
        answer->status = status;
        answer->type = "text/plain; charset=utf-8";
        answer->body.len = 0;
        return qf_buffer_print(&answer->body, "%s\n", sentence);
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

int qf_http_answer(const struct qf_http_site *site, const struct qf_http_request *request,
                   struct qf_http_answer *answer)
{
        struct qf_http_reader reader = {0};

        if (!site->tokens && request->host && !qf_http_is_local_name(request->host))
                return qf_http_say(
                        answer, 421,
                        "Asked under a name that is not this machine's. Behind a proxy: let it send "
                        "\"Host: 127.0.0.1\".");
        if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0) {
                answer->wrong_method = true;
                return qf_http_say(answer, 405, "Only GET and HEAD: nothing can be changed here.");
        }
        const struct qf_http_route *route = find_route(site, request->path);
        if (site->tokens)
                reader.token = find_token(site, request->authorization);
        /* Who may not read does not learn either what there is to read. */
        if (site->tokens && !reader.token && (!route || route->right != QF_HTTP_OPEN)) {
                answer->no_token = true;
                return qf_http_say(answer, 401,
                                   "A token is needed: Authorization: Bearer TOKEN. The office makes one "
                                   "(qf token new).");
        }
        if (!route)
                return qf_http_say(answer, 404, "There is no such page.");
        if (site->tokens && !may(reader.token, route->right))
                return qf_http_say(answer, 403, "This token may not read that.");
        answer->status = 200;
        return route->answer(site->ctx, &reader, request, answer);
}
