/* HTTP, in the daemon's own loop: libmicrohttpd without a thread of its own. What
 * is answered is decided in http_answer.h; here are sockets, headers and limits
 * against those who are slow or many. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "report/config.h"
#include "report/http_answer.h"
#include "service/logbook.h"

struct qf_http;

struct qf_http_facts {
        uint32_t connections, connections_most;
        uint32_t streams;     /* of them */
        uint64_t answered[6]; /* by the first digit of the status */
        uint64_t dropped;     /* connections closed since no request came in time */
};

/* Listens. ctx: given to the routes. Positive QF_SERVICE_CONFIG: the configuration cannot be used, logged. */
QF_CHECK int qf_http_open(const struct qf_http_config *config, const struct qf_http_route *routes,
                          uint32_t routes_count, void *ctx, struct qf_logbook *book,
                          struct qf_http **ret_http);
struct qf_http *qf_http_close(struct qf_http *http);
int qf_http_fd(const struct qf_http *http); /* readable when there is something to do */
/* To be called in each turn of the loop. *ret_more is set when the next should come at once. Negative: stop. */
QF_CHECK int qf_http_turn(struct qf_http *http, int64_t mono_ms, bool *ret_more);
struct qf_http_facts qf_http_facts(const struct qf_http *http);
/* Streams look again whether there is something for them, in the next turn. */
void qf_http_wake(struct qf_http *http);
/* The tokens as they are now, until the next turn; NULL: none are asked for. */
const struct qf_tokens *qf_http_tokens(const struct qf_http *http);
/* Another one when the tokens or their rights are others. */
uint32_t qf_http_tokens_stamp(const struct qf_http *http);
const char *qf_http_web_version(const struct qf_http *http); /* of the board's files; "": none */
