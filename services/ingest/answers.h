/* What partners are told, kept back until the group that it speaks of is on disk.
 * Verdicts of one outbox that follow each other become one answer. */
#pragma once

#include <stdint.h>

#include "ingest/group.h"
#include "ingest/judge.h"
#include "wire/feed_messages.h"
#include "wire/socket.h"

struct qf_asker { /* who to answer, and through which socket */
        uint32_t door;
        struct qf_peer peer;
};

typedef void (*qf_answers_send)(void *ctx, const struct qf_asker *asker, struct qf_view message);

struct qf_answer {
        struct qf_asker asker;
        enum qf_to_partner_what what;
        uint32_t source;
        uint8_t outbox[QF_OUTBOX_ID_BYTES];
        struct qf_sender *sender; /* NULL: none is known */
        uint64_t first;
        uint32_t count, known;
        uint64_t position; /* of the record with the last number */
        bool in_group;     /* that record is of the open group: its hash is known only at its end */
        uint8_t hash[QF_SHA256_BYTES];
        uint32_t exceptions_from, exceptions_count, details_from, details_count;
        uint32_t why;                     /* refused */
        uint32_t retry_ms;                /* busy; 0: soon */
        struct qf_view say;               /* static text */
        bool stands_alone;                /* a refusal that is true whether the group is taken or not */
        uint32_t from;                    /* registers */
        uint32_t head;                    /* index + 1 of the answer that it is joined to; 0: none */
        uint32_t next;                    /* index + 1 of the one joined behind it */
        uint32_t joined_exceptions, last; /* of a head: in all; index + 1 of its last */
};

struct qf_answers;

struct qf_answers_said {                    /* since the start; of known numbers nothing is counted again */
        uint64_t verdicts[QF_REJECTED + 1]; /* by class */
        uint64_t refused[QF_REFUSED_END];   /* by reason */
};

QF_CHECK int qf_answers_new(qf_answers_send send, void *ctx, struct qf_answers **ret_answers);
struct qf_answers *qf_answers_free(struct qf_answers *answers);
/* Copies it. Verdicts are joined to the sender's last when they can be. -ENOMEM. */
QF_CHECK int qf_answers_add(struct qf_answers *answers, const struct qf_answer *answer);
/* The group was taken back: all that depended on it is busy now. */
void qf_answers_withdraw(struct qf_answers *answers);

struct qf_answers_about { /* what answers speak of, between groups */
        struct qf_group *group;
        const struct qf_outboxes *outboxes;
        const struct qf_findings *findings;
        int64_t now_ms;
        uint64_t kept;                        /* position that every backup reaches; 0: there is none */
        const struct qf_programme *programme; /* as it stands now: names of sources */
};

/* Sends all and forgets them. Negative only when the store breaks or memory is out. */
QF_CHECK int qf_answers_flush(struct qf_answers *answers, const struct qf_answers_about *about);
const struct qf_answers_said *qf_answers_said(const struct qf_answers *answers);
