/* The picture on disk: which months changed since the last commit, written in
 * key order, and all of them read back at start against the sum of their digests. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/picture.h"
#include "store/counts_tables.h"
#include "store/environment.h"

struct qf_cell_months;

QF_CHECK int qf_cell_months_new(struct qf_picture *picture, struct qf_cell_months **ret_months);
struct qf_cell_months *qf_cell_months_free(struct qf_cell_months *months);

/* Reads table cell into the empty picture. -EBADMSG: a row does not parse, or the digests do
 * not add up to the sum given; the counts must then be made anew. */
QF_CHECK int qf_cell_months_load(struct qf_cell_months *months, struct qf_txn *txn, uint64_t digest);
/* Writes the months of all cells changed after a position. 0, QF_STORE_FULL, negative. Calling it again in another
 * transaction, after one that was void, writes the same. */
QF_CHECK int qf_cell_months_write(struct qf_cell_months *months, struct qf_txn *txn, uint64_t after);
void qf_cell_months_written(struct qf_cell_months *months); /* the transaction is on disk */

uint64_t qf_cell_months_digest(const struct qf_cell_months *months); /* with what was written last */
uint64_t qf_cell_months_count(const struct qf_cell_months *months);
