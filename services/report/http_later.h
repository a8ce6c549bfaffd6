/* Answers that are made a slice at a time, in turn: their connections sleep until they are whole, and nobody waits for
 * the whole of what another has asked. */
#pragma once

#include <microhttpd.h>

#include "report/http_answer.h"

struct qf_http_later;

struct qf_http_laters { /* zero-initialised */
        struct qf_http_later *first;
        uint32_t count;
};

/* Takes the answer over, as far as it is made, and lets the connection sleep. NULL: no memory, the answer is still the
 * caller's. */
struct qf_http_later *qf_http_later_begin(struct qf_http_laters *laters, struct MHD_Connection *to,
                                          const struct qf_http_answer *answer);
/* A slice of the one whose turn it is; *ret_more: there is more to do. The daemon must run afterwards. */
void qf_http_laters_turn(struct qf_http_laters *laters, bool *ret_more);
/* The answer, which is whole: the caller's from now on. Status 0: there was no memory for one, and nothing to release. */
struct qf_http_answer qf_http_later_take(struct qf_http_later *later);
/* With the request, whether its answer was taken or not. */
void qf_http_later_end(struct qf_http_laters *laters, struct qf_http_later *later);
/* All are answered that the server stops; the daemon must run once before it is stopped. */
void qf_http_laters_end(struct qf_http_laters *laters);
