/* Answers without an end: connections that sleep until there is something for them.
 *
 * libmicrohttpd's rules, each met: a reader that has nothing suspends its own
 * connection or is polled without pause; only what is suspended may be resumed;
 * each has a response of its own; and the daemon must not be stopped while one
 * is suspended. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

#include "report/http_answer.h"

struct qf_http_streams { /* zero-initialised */
        struct qf_http_sleeper *first;
        uint32_t count;
        bool ending;
};

/* A response that reads the stream, which it takes over. NULL: no memory, the stream is closed. */
struct MHD_Response *qf_http_streams_begin(struct qf_http_streams *streams, struct MHD_Connection *to,
                                           struct qf_http_stream stream);
/* All look again whether there is something for them; the daemon must run afterwards. */
void qf_http_streams_wake(struct qf_http_streams *streams);
/* Ends all; the daemon must run once before it is stopped. */
void qf_http_streams_end(struct qf_http_streams *streams);
