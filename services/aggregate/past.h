/* What was ever counted of a journal: how far, and which of its lives. Readers were
 * shown it, so it outlives the counts: those that are made anew take it over from
 * those that were set aside, and hold the journal to it. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "store/counts_tables.h"
#include "store/environment.h"

/* Whether any of a life was ever counted. Lives are told apart by nonce: a number may come twice. */
bool qf_past_knows(const struct qf_counts_past *past, const uint8_t life[16]);
/* The record at meta's position was counted. */
void qf_past_note(struct qf_counts_past *past, const struct qf_counts_meta *meta);

/* Of the counts in a transaction, whose meta row was read. Counts of an earlier version have no such row. 0, -EBADMSG,
 * or what the store said. */
QF_CHECK int qf_past_read(struct qf_txn *txn, const struct qf_counts_meta *meta,
                          struct qf_counts_past *ret_past);
QF_CHECK int qf_past_write(struct qf_txn *txn, const struct qf_counts_past *past);
/* Of the counts set aside from a directory; nothing when there are none, or they cannot be read. Negative: nobody knows. */
QF_CHECK int qf_past_recall(const char *directory, struct qf_counts_past *ret_past);
