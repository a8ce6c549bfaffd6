/* Table edition: the data of each edition as it was frozen, and the parts of its
 * published files as the journal has them. Written with the commit that brought
 * them, never changed, never read but when somebody asks. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"
#include "programme/editions.h"
#include "store/environment.h"

struct qf_editions;

struct qf_edition_frozen {
        uint8_t digest[QF_SHA256_BYTES];
        uint64_t size;
};

QF_CHECK int qf_editions_new(struct qf_editions **ret_editions);
struct qf_editions *qf_editions_free(struct qf_editions *editions);

/* Reads the table and adds it up. -EBADMSG: it is not what was written. */
QF_CHECK int qf_editions_load(struct qf_editions *editions, struct qf_txn *txn, uint64_t rows,
                              uint64_t digest);
uint64_t qf_editions_rows(const struct qf_editions *editions);   /* with what is to be written */
uint64_t qf_editions_digest(const struct qf_editions *editions); /* sum of qf_record_row_digest, likewise */

/* The data of edition id (programme/editions.h). -ENOMEM. */
QF_CHECK int qf_editions_freeze(struct qf_editions *editions, uint32_t id, struct qf_view data);
/* NULL: it is not frozen. */
const struct qf_edition_frozen *qf_editions_frozen(const struct qf_editions *editions, uint32_t id);
QF_CHECK int qf_editions_part(struct qf_editions *editions, uint32_t id, const struct qf_edition_said *part);
/* Writes what is not yet on disk. 0, QF_STORE_FULL, negative; may be called again. */
QF_CHECK int qf_editions_write(const struct qf_editions *editions, struct qf_txn *txn);
void qf_editions_written(struct qf_editions *editions);

/* Part number part of a file, as it is on disk; empty name: of the data as it was frozen. QF_STORE_NONE. The view lives
 * as long as the transaction. */
QF_CHECK int qf_editions_read(struct qf_txn *txn, uint32_t id, struct qf_view file, uint32_t part,
                              struct qf_view *ret_data);
