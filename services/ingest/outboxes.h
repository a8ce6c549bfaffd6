/* Where every outbox stands, in memory: as the open group sees it, with what is
 * needed to take the group back. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "model/verdict.h"
#include "store/journal_tables.h"

struct qf_sender {                    /* one outbox */
        struct qf_journal_outbox row; /* ref 0: seen, but nothing of it was ever taken */
        uint64_t run_first;           /* first of its numbers in the open record; 0: none there */
        uint32_t run_count;
        bool touched;          /* by the open group */
        uint32_t last_answer;  /* of this group: index + 1 */
        uint64_t gap_expected; /* of the last GAP said to it, and when */
        int64_t gap_at_ms;
        uint64_t
                first_kept; /* as its last Hello said, when that is beyond what it was asked for; 0: it is not */
        /* For those who watch. Not taken back with a group: then it did send, in vain. */
        int64_t moved_at_ms; /* when something of it was last taken; 0: not known */
        int64_t skew_ms;     /* our clock less its own, at its last batch that told the time */
        bool skew_known;
        uint64_t kept_at,
                keep_from; /* see kept.h: the first number behind the record kept_at; 0: not known yet */
};

struct qf_outboxes;

QF_CHECK int qf_outboxes_new(const uint8_t key[16], struct qf_outboxes **ret_outboxes);
struct qf_outboxes *qf_outboxes_free(struct qf_outboxes *outboxes);
struct qf_sender *qf_outboxes_find(const struct qf_outboxes *outboxes, uint32_t source, const uint8_t id[16]);
/* One of another source with the same id, of which something was taken: ids are random, so one of the two is a copy. */
const struct qf_sender *qf_outboxes_elsewhere(const struct qf_outboxes *outboxes, uint32_t source,
                                              const uint8_t id[16]);
/* Finds it, or makes one that stands at nothing. -ENOMEM. */
QF_CHECK int qf_outboxes_get(struct qf_outboxes *outboxes, uint32_t source, const uint8_t id[16],
                             struct qf_sender **ret_sender);
/* All that the journal knows of. QF_STORE_DAMAGED: they are not where the journal's records left them, so that a number
 * might be taken twice. */
QF_CHECK int qf_outboxes_read(struct qf_outboxes *outboxes, struct qf_txn *txn,
                              const struct qf_journal_state *state);
/* When each source was last heard, from the record of that outbox which moved last; a record that is damaged is
 * left to those who need it. Negative. */
QF_CHECK int qf_outboxes_read_times(struct qf_outboxes *outboxes, struct qf_txn *txn, struct qf_sha256 *sha);
/* Walks all: start with *at = 0; NULL at the end. */
struct qf_sender *qf_outboxes_next(const struct qf_outboxes *outboxes, uint32_t *at);
uint32_t qf_outboxes_live(const struct qf_outboxes *outboxes,
                          uint32_t source); /* not sealed, known to the journal */

/* What was taken last of it, and where it lies; an empty cursor leaves the one before. It must have been touched. */
struct qf_sender_move {
        uint64_t last, holder, position;
        struct qf_view cursor;
        int64_t at_ms; /* of the record */
};
void qf_sender_move(struct qf_sender *sender, const struct qf_sender_move *move);
/* A batch of it said when it was sent, by its own clock. */
void qf_sender_told_time(struct qf_sender *sender, int64_t now_ms, int64_t sent_at_ms);
/* Numbers from first to where it was moved are declared lost. */
QF_CHECK int qf_sender_skip(struct qf_txn *txn, const struct qf_sender *sender, uint64_t first);

/* It asked where it stands, and said what it could still send. One that the journal does not have, as after a restore from
 * a backup older than it, is noted where it lacks its first numbers: 1,000 of them, so that whoever makes up ids takes
 * so much memory and no more. -ENOMEM. */
QF_CHECK int qf_outboxes_said_hello(struct qf_outboxes *outboxes, const struct qf_journal_state *state,
                                    uint32_t source, const uint8_t id[16], uint64_t first_kept);
/* Whether it is asked for numbers that it no longer has: only a Skip helps. */
bool qf_sender_in_gap(const struct qf_sender *sender);
uint32_t qf_outboxes_gaps(const struct qf_outboxes *outboxes);

/* What the holder's rules say of a sender (PROTOCOL.md 2.5): 0, QF_REFUSED_FENCED, QF_REFUSED_CLONED or
 * QF_REFUSED_SEALED. Pure. */
uint32_t qf_outboxes_refusal(const struct qf_journal_outbox *row, uint64_t holder);
