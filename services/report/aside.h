/* Questions that only aggregation can answer, passed on to it and their answers
 * matched: bounded in number, each with a deadline. No socket. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "programme/admission.h"
#include "wire/socket.h"
#include "wire/totals_messages.h"

enum { QF_ASIDE_MAX = 64, QF_ASIDE_OF_SOURCE_MAX = 8, QF_ASIDE_MS = 1000 };

struct qf_aside_question {
        uint32_t asked_as; /* id towards aggregation; 0: free */
        struct qf_peer peer;
        char user[QF_ADMISSION_USER_TEXT]; /* who asked: it may be revoked while it waits */
        uint32_t source, id;
        enum qf_query_what what;
        bool lines;                        /* of an edition's data, of which this reader sees some only */
        char scope[QF_CODE_BYTES_MAX + 1]; /* of that edition */
        int64_t until_ms;
};

struct qf_aside { /* zero-initialised is empty */
        uint32_t last;
        struct qf_aside_question at[QF_ASIDE_MAX];
};

/* lines: of an edition's data, some of which this reader does not see. The id to ask aggregation with; 0: too many are open, or too many of this source (ref). */
uint32_t qf_aside_ask(struct qf_aside *aside, const struct qf_peer *peer, struct qf_view user,
                      uint32_t source, const struct qf_from_reader *query, bool lines, int64_t mono_ms);
/* Takes the question of this id out. */
bool qf_aside_answered(struct qf_aside *aside, uint32_t asked_as, struct qf_aside_question *ret_question);
/* Takes out one whose time is over. */
bool qf_aside_overdue(struct qf_aside *aside, int64_t mono_ms, struct qf_aside_question *ret_question);
