/* Numbers that are known are compared with what the journal has, not trusted, and
 * answered as they were. */
#pragma once

#include "base/arena.h"
#include "ingest/group.h"
#include "ingest/judge.h"
#include "wire/feed_messages.h"

enum qf_known_outcome { /* beside those of store/environment.h */
                        QF_KNOWN_FORKED =
                                50, /* *ret_number has other content than what is stored, or was said to be lost */
                        QF_KNOWN_DAMAGED = 51,   /* the journal's record cannot be read */
                        QF_KNOWN_MALFORMED = 52, /* what was sent cannot be decoded */
};

struct qf_known_part {
        const struct qf_from_partner *send;
        uint32_t count;          /* so many from send.first on are known */
        struct qf_batch *batch;  /* of what was sent: decoded when needed; count 0: not yet */
        struct qf_arena *arena;  /* for it */
        struct qf_arena *stored; /* for what is stored; reset here */
        struct qf_wire_fault fault;
        uint64_t position; /* filled: of the record of the last known number */
        uint8_t hash[QF_SHA256_BYTES];
        uint64_t number; /* filled with FORKED */
};

/* Adds the old verdicts to the findings; a group must be open. */
QF_CHECK int qf_known_answer(struct qf_group *group, const struct qf_sender *sender,
                             struct qf_known_part *part, struct qf_findings *findings);
/* A batch as it was sent: 0, QF_KNOWN_MALFORMED with *ret_fault, negative. */
QF_CHECK int qf_known_decode(struct qf_arena *arena, const struct qf_from_partner *send,
                             struct qf_batch *ret_batch, struct qf_wire_fault *ret_fault);
/* What is kept of an event's words when some are redacted: tells those that were sent. words may be NULL. -ENOMEM. */
QF_CHECK int qf_known_digest(const uint8_t key[16], const struct qf_words *words,
                             uint8_t ret_digest[QF_CONTENT_BYTES]);
