/* Asking reporting: one question, one answer, over one connection. What comes
 * late, after the asker gave up, belongs to no question any more and is known by
 * its number. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/socket.h"
#include "wire/totals_messages.h"

struct qf_questions;

enum qf_question_outcome {
        QF_QUESTION_AWAY = 1,    /* no answer in time */
        QF_QUESTION_REFUSED = 2, /* the server does not know the key */
        QF_QUESTION_STOPPED = 3, /* the asker was told to stop */
        QF_QUESTION_STRANGE = 4, /* the answer is not understood: *ret_answer has why in say */
        QF_QUESTION_DENIED = 5,  /* it says no: why (enum qf_refusal) and say */
        QF_QUESTION_NONE = 6,    /* such a question has no answer: code (enum qf_query_code) and say */
};

struct qf_patience {
        int64_t connect_ms,
                answer_ms;       /* from asking on: until a connection stands, until the answer is there */
        bool (*stop)(void *ctx); /* whether to give up at once, asked each 50 ms; NULL: never */
        void *ctx;
};

/* Takes over a connected DEALER, also when it fails. */
QF_CHECK int qf_questions_new(struct qf_socket **socket, struct qf_questions **ret_questions);
struct qf_questions *qf_questions_free(struct qf_questions *questions);
struct qf_socket *qf_questions_socket(const struct qf_questions *questions); /* borrowed */
/* Room for what a question is made of, until the next is asked. */
struct qf_arena *qf_questions_room(struct qf_questions *questions);
/* Sends it (what, version and id are filled in) and waits. The answer lives until the next question. */
QF_CHECK int qf_questions_ask(struct qf_questions *questions, struct qf_from_reader query,
                              const struct qf_patience *patience, struct qf_to_reader *ret_answer);
