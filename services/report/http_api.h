/* The JSON API (proto/openapi.json): the questions of `qf totals`, by HTTP. */
#pragma once

#include "programme/programme.h"
#include "report/http_answer.h"
#include "wire/totals_messages.h"

enum { QF_API_WORDS = 16 };

struct qf_api_question {
        struct qf_from_reader query;
        struct qf_view by[QF_API_WORDS], where[QF_API_WORDS];
};

/* Reads the arguments of /api/v1/totals. 0, or positive 1 with *ret_say: what is wrong with which. */
QF_CHECK int qf_api_read_totals(const struct qf_http_request *request, struct qf_api_question *ret_question,
                                const char **ret_say);

/* Routes. */
int qf_api_totals(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                  struct qf_http_answer *answer);
int qf_api_programme(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                     struct qf_http_answer *answer);
