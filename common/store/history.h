/* What stood under each key before what stands: changes of heads in the order of the
 * journal, and what was said late of revisions that had been jumped over. Whatever is
 * asked is found in a number of steps that grows with the logarithm of the changes.
 *
 * All functions return 0, negative, or the outcomes of store/environment.h. */
#pragma once

#include <stdbool.h>

#include "store/journal_tables.h"

/* head takes the place of what stands. */
QF_CHECK int qf_history_change(struct qf_txn *txn, const struct qf_head_key *key,
                               const struct qf_head *standing, const struct qf_head *head);
/* The change behind the event that made after: whose, and what stands since. QF_STORE_NONE: there is none. */
QF_CHECK int qf_history_next(struct qf_txn *txn, const struct qf_head *after, struct qf_head_key *ret_key,
                             struct qf_head *ret_head);
/* A revision that came late, when a later one stood. */
QF_CHECK int qf_history_put(struct qf_txn *txn, const struct qf_head_key *key, const struct qf_head *past);
/* The same as a journal of format 3 has it, and what stood there before a change. */
QF_CHECK int qf_history_put_3(struct qf_txn *txn, const struct qf_head_key *key, const struct qf_head *past);

/* What stood before the one that stands, or was said late: whether a revision was, and which; whether a content was. */
QF_CHECK int qf_history_past(struct qf_txn *txn, const struct qf_head_key *key,
                             const struct qf_head *standing, uint32_t revision, struct qf_head *ret_past);
QF_CHECK int qf_history_had(struct qf_txn *txn, const struct qf_head_key *key, const struct qf_head *standing,
                            const uint8_t content[QF_CONTENT_BYTES], bool *ret_had);
