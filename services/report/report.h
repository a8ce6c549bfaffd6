/* The daemon's parts, and what passes between them. */
#pragma once

#include "base/rate.h"
#include "base/arena.h"
#include "programme/admission.h"
#include "report/aside.h"
#include "report/config.h"
#include "report/deferred.h"
#include "report/http.h"
#include "report/live.h"
#include "report/recall.h"
#include "report/rights.h"
#include "report/share.h"
#include "report/subscribers.h"
#include "report/underway.h"
#include "report/upstream.h"
#include "service/logbook.h"
#include "service/loop.h"
#include "wire/keys.h"
#include "wire/socket.h"

struct qf_report;

struct qf_report_door { /* an endpoint for readers */
        struct qf_report *report;
        uint8_t number;
        struct qf_socket *socket;
};

struct qf_report {
        struct qf_loop *loop;
        struct qf_context *context;
        struct qf_zap *zap;
        struct qf_curve curve;
        bool zap_open; /* the door answers: from the first picture on, when keys are known */
        char user[QF_ADMISSION_USER_TEXT];
        uint32_t doors_count;
        struct qf_report_door doors[QF_REPORT_READ_MAX];
        struct qf_upstream *upstream;
        struct qf_socket *aggregate; /* for questions passed on */
        struct qf_socket *journal;   /* of ingest, for what was said; NULL: not configured */
        struct qf_recalls recalls;
        struct qf_arena *said; /* of an entry looked through */
        struct qf_sha256 *sha;
        struct qf_subscribers *subscribers;
        struct qf_aside aside;
        struct qf_deferred deferred;
        struct qf_share share;
        struct qf_share http_share; /* of tokens, and of this machine */
        int64_t begun_ns;           /* what is done now, for a source */
        size_t moved;               /* bytes, by that: received and sent */
        uint64_t put_off;           /* said last */
        struct qf_underway underway, http_underway;
        struct qf_arena *arena; /* of the message read */
        struct qf_buffer out;
        struct qf_rate rate; /* of them, for the status line */
        uint64_t queries, crowded;
        struct qf_logbook *book;
        uint32_t refused; /* keys, since the last pulse: said in one line */
        char refused_from[QF_CROWD_ADDRESS_BYTES];
        struct qf_http *http;          /* NULL: off */
        struct qf_live *live;          /* what is pushed over it */
        struct qf_board_making *board; /* the view of it that is made now */
        int64_t started_ms;
};

/* A message from a reader; the peer says through which door. Negative: stop. */
QF_CHECK int qf_report_take(struct qf_report *report, const struct qf_peer *peer, struct qf_view user,
                            struct qf_view message, int64_t mono_ms);
/* A slice of the questions under way; answers to questions passed on, and those that waited for a version or in vain.
 * *ret_more: there is more to do at once. */
QF_CHECK int qf_report_settle_questions(struct qf_report *report, int64_t mono_ms, bool *ret_more);
/* When what is done now has lasted long enough for others to have their turn; and a question worked on until then: as
 * qf_query_step. One that needs rows which are not there yet goes on. */
int64_t qf_report_slice(void);
QF_CHECK int qf_report_work(const struct qf_report *report, struct qf_question *question, int64_t until_ns);
/* For upstream: something is about to change. */
void qf_report_changes(void *ctx, enum qf_query_of of, uint32_t number);
QF_CHECK int qf_report_take_aside(struct qf_report *report, struct qf_view message, int64_t mono_ms);
/* What was said: a question for it, what ingest brings, and what it does not bring in time. */
QF_CHECK int qf_report_recall(struct qf_report *report, const struct qf_peer *peer, struct qf_view user,
                              const struct qf_source *source, const struct qf_from_reader *ask,
                              int64_t mono_ms);
QF_CHECK int qf_report_take_fetched(struct qf_report *report, struct qf_view frame, struct qf_view record,
                                    int64_t mono_ms);
QF_CHECK int qf_report_settle_recalls(struct qf_report *report, int64_t mono_ms);

/* Of answers to readers: an empty one at the version that is published; one that says no; sending either. */
struct qf_to_reader qf_report_begin_answer(const struct qf_report *report, uint32_t id);
QF_CHECK int qf_report_answer_not(struct qf_report *report, const struct qf_peer *peer, uint32_t id,
                                  uint32_t code, const char *say);
QF_CHECK int qf_report_answer(struct qf_report *report, const struct qf_peer *peer,
                              const struct qf_to_reader *message);
/* The source that a key belongs to, if it may still read: the key or its roles may have gone since the door was passed,
 * and while a question waited. NULL: it may not. */
const struct qf_source *qf_report_reader(const struct qf_report *report, struct qf_view user);
/* What is done from the one to the other is done for one source. */
void qf_report_begin(struct qf_report *report, size_t received);
QF_CHECK int qf_report_end(struct qf_report *report, uint32_t source);
/* Sends through the peer's door. 0; positive 1: it is full or gone. */
QF_CHECK int qf_report_send(struct qf_report *report, const struct qf_peer *peer, struct qf_view frame);

/* What the last pulse of aggregation, or its silence, means for readers. */
void qf_report_pulse(const struct qf_report *report, int64_t mono_ms, struct qf_to_reader *ret_pulse);

/* The date in the programme's zone. */
uint32_t qf_report_today(const struct qf_report *report);

/* Tells the board's views what stands now. */
void qf_report_set_live(struct qf_report *report);

/* Renews reporting's own figures in upstream->measured. */
void qf_report_measure(const struct qf_report *report, int64_t mono_ms);

/* The pages of HTTP; their ctx is the report. */
extern const struct qf_http_route qf_report_routes[];
extern const uint32_t qf_report_routes_count;
