/* All who are subscribed: what each holds, what each may be sent next, and one
 * encoded frame for all that stand at the same place. No socket, no clock.
 *
 * Per subscriber this keeps a place in the picture and two numbers of credit,
 * whatever the subscriber does; a frame is made when there is credit, and the
 * place moves only when the connection took the frame. Who takes none for
 * fifteen seconds is forgotten, and subscribes again from what it holds. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "model/picture.h"
#include "programme/admission.h"
#include "report/register_log.h"
#include "report/rights.h"
#include "wire/socket.h"
#include "wire/totals_messages.h"

enum { QF_SUBSCRIBERS_MAX = 5000, QF_SUBSCRIPTIONS_PER_PEER_MAX = 16 };

/* What is published now: consistent, as aggregation said. */
struct qf_published {
        const struct qf_programme *programme;
        const struct qf_picture *picture;
        const struct qf_register_log *log;
        uint8_t epoch[QF_EPOCH_BYTES];
        uint64_t version;
        uint64_t stamp; /* another one for each change of the registers */
        int64_t now_ms; /* to judge the dates of keys by */
        bool catching_up;
};

struct qf_subscribers_calls {
        void *ctx;
        /* 0 taken; positive 1: the connection is full or gone; negative stops. */
        int (*send)(void *ctx, const struct qf_peer *peer, struct qf_view frame);
        /* Before frames are made for a source (ref): 0; positive 1: it has taken its share, later; negative stops. And
         * after it. NULL: whoever wants is served. */
        int (*begin)(void *ctx, uint32_t source);
        int (*end)(void *ctx, uint32_t source, size_t bytes);
        uint32_t of_source_max; /* subscriptions of one source; 0: any */
};

struct qf_subscribers;

QF_CHECK int qf_subscribers_new(const struct qf_subscribers_calls *calls,
                                struct qf_subscribers **ret_subscribers);
void qf_subscribers_set_most(struct qf_subscribers *subscribers,
                             uint32_t of_source_max); /* for who comes now */
struct qf_subscribers *qf_subscribers_free(struct qf_subscribers *subscribers);
uint32_t qf_subscribers_count(const struct qf_subscribers *subscribers);

/* Begins a subscription, or begins the one of this id again; user: as the door gave it. 0; enum qf_refusal (not
 * allowed; malformed; busy: there are too many, of all, of the peer or of the source); -ENOMEM. */
QF_CHECK int qf_subscribers_join(struct qf_subscribers *subscribers, const struct qf_published *now,
                                 const struct qf_peer *peer, struct qf_view user,
                                 const struct qf_from_reader *ask, int64_t mono_ms);
void qf_subscribers_more(struct qf_subscribers *subscribers, const struct qf_peer *peer, uint32_t id,
                         uint64_t credit);
void qf_subscribers_leave(struct qf_subscribers *subscribers, const struct qf_peer *peer, uint32_t id);

/* The picture was made anew: places in the old one are void. another_epoch: so is what subscribers hold. */
void qf_subscribers_begin_anew(struct qf_subscribers *subscribers, const struct qf_published *now,
                               bool another_epoch);
/* Sends what is due. *ret_more: some could be sent more at once. Negative: stop. */
QF_CHECK int qf_subscribers_turn(struct qf_subscribers *subscribers, const struct qf_published *now,
                                 int64_t mono_ms, bool *ret_more);
/* A pulse to each; also forgets who takes nothing. The id is filled in here. */
QF_CHECK int qf_subscribers_pulse(struct qf_subscribers *subscribers, struct qf_to_reader *pulse,
                                  int64_t mono_ms);
