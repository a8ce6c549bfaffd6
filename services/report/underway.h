/* Questions that are being answered, each in a place of its own with its message, its
 * rights and the memory of its answer. A place is worked on for a slice of time, then
 * the next one is: nobody waits for the whole of what another has asked. No socket, no
 * clock. */
#pragma once

#include "base/arena.h"
#include "programme/admission.h"
#include "report/query.h"
#include "report/rights.h"
#include "report/subscribers.h"
#include "wire/socket.h"

enum { QF_UNDERWAY_MAX = 8, QF_UNDERWAY_MS = 10000 };

struct qf_question {
        bool taken;
        struct qf_peer peer;
        char user[QF_ADMISSION_USER_TEXT]; /* who asked: it may be revoked meanwhile */
        uint32_t source, id;
        int64_t until_ms; /* not begun anew after that */
        struct qf_buffer message;

        uint64_t stamp; /* of the registers that it was begun with */
        struct qf_arena *arena;
        struct qf_rights rights;
        struct qf_from_reader ask;
        struct qf_to_reader answer;
        struct qf_query *query; /* NULL: to be begun, or answered */
        bool answered;          /* and not written yet: what changes is nothing to it */
};

struct qf_underway { /* zero-initialised is empty */
        uint32_t count, last;
        struct qf_question at[QF_UNDERWAY_MAX];
};

void qf_underway_deinit(struct qf_underway *underway);
/* A free place for a question of this source; not taken yet. NULL: all are taken, or the source has the most that it may, or
 * it is a check and another one is under way, which takes as much memory as all cells do. */
struct qf_question *qf_underway_place(struct qf_underway *underway, uint32_t source, uint32_t most,
                                      enum qf_query_what what);
/* Takes the place: who asked (peer, user, source, id, until_ms) and what. -ENOMEM: it stays free. */
QF_CHECK int qf_underway_take(struct qf_underway *underway, struct qf_question *question,
                              const struct qf_question *who, struct qf_view message);
/* Begins it, or begins it anew, with what is published now. answer: all that is not the query's to fill in. -ENOMEM. */
QF_CHECK int qf_underway_begin(struct qf_question *question, const struct qf_published *now,
                               const struct qf_query_world *world, const struct qf_source *source,
                               const struct qf_to_reader *answer);
/* A step of its query; 0: the answer is made. As qf_query_step. */
QF_CHECK int qf_underway_step(struct qf_question *question);
/* Gives the place back. */
void qf_underway_leave(struct qf_underway *underway, struct qf_question *question);
/* The one whose turn it is; NULL: there is none. */
struct qf_question *qf_underway_next(struct qf_underway *underway);
/* Tells all that were begun with these registers; the others are begun anew anyway. */
void qf_underway_changes(struct qf_underway *underway, uint64_t stamp, enum qf_query_of of, uint32_t number);
