/* What stands under each key. A head that is new is a row of
 * table head at once. One that takes the place of another lies anywhere in that table,
 * and writing a page of it for each correction is what corrections would cost most:
 * so a change is one row at the end of table hist, and what stands now is in memory
 * until enough have come together to be written in the order of their keys.
 *
 * Which record they are written with is a function of the journal alone, so that the
 * tables are; the state of the journal says which that was last (heads_through), and
 * whoever opens it reads the changes behind it.
 *
 * All functions return 0, negative, or the outcomes of store/environment.h. */
#pragma once

#include <stdbool.h>

#include "store/journal_tables.h"

struct qf_heads;
/* Changes that are in memory at most, where a record ends: a matter of the format. Tests alone set another one, before a
 * journal is opened. */
extern uint32_t qf_heads_changes_most;

QF_CHECK int qf_heads_new(struct qf_heads **ret_heads);
struct qf_heads *qf_heads_free(struct qf_heads *heads);

/* Forgets all, and reads the changes of records behind through. */
QF_CHECK int qf_heads_load(struct qf_heads *heads, struct qf_txn *txn, uint64_t through);
/* What was done since is on disk. Settled: nothing was, and a transaction may be given up without loading again. */
void qf_heads_settle(struct qf_heads *heads);
bool qf_heads_settled(const struct qf_heads *heads);

/* QF_STORE_NONE: nothing ever stood there. */
QF_CHECK int qf_heads_get(const struct qf_heads *heads, struct qf_txn *txn, const struct qf_head_key *key,
                          struct qf_head *ret_head);
/* QF_STORE_EXISTS: *ret_standing is what stands, and nothing was written. */
QF_CHECK int qf_heads_insert(const struct qf_heads *heads, struct qf_txn *txn, const struct qf_head_key *key,
                             const struct qf_head *head, struct qf_head *ret_standing);
/* head takes the place of what stands. */
QF_CHECK int qf_heads_change(struct qf_heads *heads, struct qf_txn *txn, const struct qf_head_key *key,
                             const struct qf_head *standing, const struct qf_head *head);

/* Whether so many changes came together that it is time to write them: asked where a record ends. */
bool qf_heads_crowded(const struct qf_heads *heads);
/* Writes them into table head. Whatever happens to the transaction, nothing is left in memory: who takes it back loads. */
QF_CHECK int qf_heads_write(struct qf_heads *heads, struct qf_txn *txn);
