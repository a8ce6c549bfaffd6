/* What stands under each key, as the tally's store: a write-back cache over the
 * tables rec and wait. Several events on one record cost one put, in key order. */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "model/tally.h"
#include "store/environment.h"
#include "store/standings.h"

struct qf_records;

/* Told of each record with a row that changed, packed: the stream of rows. key: as it stands in table rec. */
typedef int (*qf_records_changed)(void *ctx, uint32_t partner, struct qf_view key, uint32_t row,
                                  struct qf_view packed);

QF_CHECK int qf_records_new(struct qf_environment *environment, size_t cache_bytes,
                            struct qf_records **ret_records);
struct qf_records *qf_records_free(struct qf_records *records);

struct qf_tally_store qf_records_store(struct qf_records *records);
void qf_records_ahead(void *ctx, uint32_t partner,
                      struct qf_view key); /* for qf_apply_calls: ctx is the records */
/* Whether so much is cached, or changed, that it is time for a commit. */
bool qf_records_crowded(const struct qf_records *records);
/* Takes it that rec and wait are as many as were written, and those; nothing is written before qf_records_check has
 * said so. */
void qf_records_expect(struct qf_records *records, uint64_t rows, uint64_t digest);
/* Reads up to so many rows of rec and wait, where the last call ended. 0: they are what was expected;
 * QF_RECORDS_GOES_ON; -EBADMSG or QF_STORE_DAMAGED when they are not, other negative. */
enum { QF_RECORDS_GOES_ON = 1000 };
QF_CHECK int qf_records_check(struct qf_records *records, uint64_t most);
uint64_t qf_records_rows(const struct qf_records *records);   /* of rec, with what was written last */
uint64_t qf_records_digest(const struct qf_records *records); /* of rec and wait, likewise */
/* Each record as it is now, what is not on disk yet included, in no order. Negative stops, and is returned. */
QF_CHECK int qf_records_each(struct qf_records *records,
                             int (*each)(void *ctx, uint32_t partner, struct qf_view key,
                                         const struct qf_standing *standing),
                             void *ctx);
/* Ends the reading that get began: before a writing transaction, and before anything is sent. */
void qf_records_rest(struct qf_records *records);
/* Writes what changed. 0, QF_STORE_FULL, negative; may be called again in another transaction. */
QF_CHECK int qf_records_write(struct qf_records *records, struct qf_txn *txn);
/* The transaction is on disk: makes room when crowded. */
QF_CHECK int qf_records_settle(struct qf_records *records);
/* Tells changed (NULL: nobody) of each record that changed since it was told last. */
QF_CHECK int qf_records_tell(struct qf_records *records, qf_records_changed changed, void *ctx);
