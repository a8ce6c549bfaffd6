/* What a request over HTTP is answered, before any socket: who asks, for which of
 * a table of routes, and may he. A row of the table is all that a new page takes.
 * Pure: no socket, no clock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"
#include "report/web_files.h"
#include "wire/tokens.h"

/* What a token must have, where tokens are asked for. */
enum qf_http_right {
        QF_HTTP_OPEN,    /* nothing: it tells no number and no name */
        QF_HTTP_METRICS, /* metrics or admin */
        QF_HTTP_READ,    /* read or admin */
};

struct qf_http_request {
        const char *method, *path; /* the path is decoded, without what follows "?" */
        const char *host, *authorization, *if_none_match, *accept_encoding,
                *last_event_id; /* headers; NULL: not there */
        /* The decoded value of an argument behind "?"; NULL: it is not there. */
        const char *(*argument)(void *ctx, const char *name);
        /* Whether all arguments are among these words, each of them there once; NULL: there are none. */
        bool (*asks_only)(void *ctx, const char *words);
        void *ctx;
};

/* A body without an end, taken piece by piece. */
struct qf_http_stream {
        void *ctx;
        /* Bytes put into room; 0: nothing now, until it is woken; negative: it ends. */
        ssize_t (*read)(void *ctx, char *room, size_t room_bytes);
        void (*close)(void *ctx);
};

/* An answer that takes longer than others should wait. */
enum { QF_HTTP_GOES_ON = 1 };
struct qf_http_answer;
struct qf_http_making {
        void *ctx;
        /* A slice of it. 0: the answer is filled; QF_HTTP_GOES_ON: call again; -ENOMEM. */
        int (*step)(void *ctx, struct qf_http_answer *answer);
        void (*close)(void *ctx);
};

enum { QF_HTTP_ETAG = 80, QF_HTTP_FILE_NAME = 64 };

struct qf_http_answer { /* zero-initialised; body, stream and making are the caller's to release */
        unsigned status;
        const char *type; /* of the body; static */
        struct qf_buffer body;
        struct qf_view kept;               /* a body that stays where it is, instead */
        struct qf_http_stream stream;      /* read NULL: none */
        struct qf_http_making making;      /* step NULL: it is whole; else it is filled by that */
        char etag[QF_HTTP_ETAG];           /* with its quotes; "": it is not to be kept */
        char file_name[QF_HTTP_FILE_NAME]; /* to be saved under; "": to be shown */
        bool wrong_method, no_token;       /* says what would do */
        uint32_t retry_s;                  /* when it would; 0: it does not say */
        const struct qf_token *token;      /* of who asked; NULL: none, or none that is known */
        bool zipped, for_ever;             /* kept: as gzip; it never changes under this name */
};

/* Who asks. */
struct qf_http_reader {
        const struct qf_token *token; /* NULL: the installation asks for none, everything may be read */
};

/* The same, for what is made later: tokens are read anew meanwhile. */
struct qf_http_who {
        bool by_token;
        uint8_t token[QF_SHA256_BYTES]; /* its digest */
};

struct qf_http_route {
        const char *path;
        enum qf_http_right right;
        /* Fills body and type; status is 200 before. -ENOMEM. */
        int (*answer)(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                      struct qf_http_answer *answer);
        const char *words; /* the arguments that it takes, parted by spaces; NULL: it looks at none */
};

struct qf_http_site {
        const struct qf_http_route *routes;
        uint32_t routes_count;
        void *ctx;
        const struct qf_tokens
                *tokens;          /* NULL: none is asked for, and then only a local name is answered to */
        const struct qf_web *web; /* files, which are open to all: they tell no number; NULL: none */
};

/* 0 with the answer, whatever was asked; -ENOMEM. */
QF_CHECK int qf_http_answer(const struct qf_http_site *site, const struct qf_http_request *request,
                            struct qf_http_answer *answer);
/* Whether a name is one of words that are parted by spaces. */
bool qf_http_is_word(const char *words, const char *name);
/* An answer of one sentence: as text, or as a problem in JSON (RFC 9457). -ENOMEM. */
QF_CHECK int qf_http_say(struct qf_http_answer *answer, unsigned status, const char *sentence);
QF_CHECK int qf_http_problem(struct qf_http_answer *answer, unsigned status, struct qf_view sentence);
/* The same, of what a board shows its readers: in both languages. zh may be NULL. */
QF_CHECK int qf_http_problem_shown(struct qf_http_answer *answer, unsigned status, struct qf_view en,
                                   const char *zh);
/* Gives the answer its tag; true: the asker has it already, and the answer is that. */
bool qf_http_is_kept(const struct qf_http_request *request, const char *etag, struct qf_http_answer *answer);
