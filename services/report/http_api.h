/* The JSON API (proto/openapi.json): the questions of `qf totals`, by HTTP. */
#pragma once

#include "programme/programme.h"
#include "report/http_answer.h"
#include "report/rights.h"
#include "wire/totals_messages.h"

enum { QF_API_WORDS = 16, QF_API_PAGE = 104 };

struct qf_api_question {
        struct qf_from_reader query;
        struct qf_view by[QF_API_WORDS], where[QF_API_WORDS], measures[QF_API_WORDS];
        uint8_t page[QF_API_PAGE]; /* of a list: where the page before it ended */
        bool csv, chinese;         /* what is answered, in which language */
        char said[80];             /* what is wrong with its days */
};

/* Reads the arguments of a question. 0, or positive 1 with *ret_say, which may be of the question: what is wrong with which. */
QF_CHECK int qf_api_read(const struct qf_http_request *request, enum qf_query_what what,
                         struct qf_api_question *ret_question, const char **ret_say);
/* format and lang alone; likewise. */
QF_CHECK int qf_api_read_format(const struct qf_http_request *request, bool *ret_csv, bool *ret_chinese,
                                const char **ret_say);

/* The answer is a table of this, of this year (0: of any), whose name says what in it is not real: rows have no room to. */
struct qf_report;
void qf_api_say_csv(const struct qf_report *report, struct qf_view what, uint32_t year,
                    struct qf_http_answer *answer);

/* Tags for what is answered at the published version to this reader; true: he has it, the answer is that. */
bool qf_api_is_kept(const struct qf_report *report, const struct qf_http_reader *reader,
                    const struct qf_http_request *request, struct qf_http_answer *answer);
void qf_api_tag(const struct qf_report *report, const struct qf_token *token, char ret_tag[QF_HTTP_ETAG]);
/* A token reads as a source with its organisations would. NULL: no token is asked for. */
struct qf_source qf_api_source(const struct qf_token *token);
struct qf_http_who qf_api_who(const struct qf_token *token);
/* The token as it stands now; NULL: none is asked for, or, with *ret_gone, he may not read any more. */
const struct qf_token *qf_api_token(const struct qf_report *report, const struct qf_http_who *who,
                                    bool *ret_gone);
/* 0, or positive 1: there is no picture yet, which the answer says. -ENOMEM. */
QF_CHECK int qf_api_held(const struct qf_report *report, struct qf_http_answer *answer);

/* The source whose share it is: a token is a reader, and without tokens this machine is one. */
uint32_t qf_api_reader(const struct qf_report *report, const struct qf_token *token);
/* 0: it may be answered; positive 1: the answer says to wait. -ENOMEM. */
QF_CHECK int qf_api_ask_share(struct qf_report *report, const struct qf_http_reader *reader,
                              struct qf_http_answer *answer);
/* What answering took, from begun_ns on. */
QF_CHECK int qf_api_pay_share(struct qf_report *report, const struct qf_token *token, int64_t begun_ns,
                              size_t bytes);

/* Routes. */
int qf_api_totals(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                  struct qf_http_answer *answer);
int qf_api_declared(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                    struct qf_http_answer *answer);
int qf_api_list(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                struct qf_http_answer *answer);
int qf_api_board(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                 struct qf_http_answer *answer);
int qf_api_live(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                struct qf_http_answer *answer);
int qf_api_programme(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                     struct qf_http_answer *answer);
