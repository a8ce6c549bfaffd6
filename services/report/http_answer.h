/* What a request over HTTP is answered, before any socket: who asks, for which of
 * a table of routes, and may he. A row of the table is all that a new page takes.
 * Pure: no socket, no clock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "wire/tokens.h"

enum qf_http_right {                  /* what a token must have, where tokens are asked for */
                     QF_HTTP_OPEN,    /* nothing: it tells no number and no name */
                     QF_HTTP_METRICS, /* metrics or admin */
                     QF_HTTP_READ,    /* read or admin */
};

struct qf_http_request {
        const char *method, *path;                        /* the path is decoded, without what follows "?" */
        const char *host, *authorization, *if_none_match; /* headers; NULL: not there */
        /* The decoded value of an argument behind "?"; NULL: it is not there. */
        const char *(*argument)(void *ctx, const char *name);
        void *ctx;
};

enum { QF_HTTP_ETAG = 64 };

struct qf_http_answer { /* zero-initialised; the body is the caller's to release */
        unsigned status;
        const char *type; /* of the body; static */
        struct qf_buffer body;
        char etag[QF_HTTP_ETAG];     /* with its quotes; "": it is not to be kept */
        bool wrong_method, no_token; /* says what would do */
};

/* Who asks. */
struct qf_http_reader {
        const struct qf_token *token; /* NULL: the installation asks for none, everything may be read */
};

struct qf_http_route {
        const char *path;
        enum qf_http_right right;
        /* Fills body and type; status is 200 before. -ENOMEM. */
        int (*answer)(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                      struct qf_http_answer *answer);
};

struct qf_http_site {
        const struct qf_http_route *routes;
        uint32_t routes_count;
        void *ctx;
        const struct qf_tokens
                *tokens; /* NULL: none is asked for, and then only a local name is answered to */
};

/* 0 with the answer, whatever was asked; -ENOMEM. */
QF_CHECK int qf_http_answer(const struct qf_http_site *site, const struct qf_http_request *request,
                            struct qf_http_answer *answer);
/* Whether "Host:" names this machine itself: localhost, 127.0.0.1 or [::1], with any port. */
bool qf_http_is_local_name(const char *host);
/* An answer of one sentence. -ENOMEM. */
QF_CHECK int qf_http_say(struct qf_http_answer *answer, unsigned status, const char *sentence);
