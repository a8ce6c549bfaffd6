/* Receipts of partners' outboxes against the journal's records (PROTOCOL.md 2.2):
 * an edit that keeps every checksum and the chain is not consistent with them. */
#pragma once

#include <jansson.h>

#include "client/outbox.h"

struct qf_receipts { /* of one journal: its records by position - 1 */
        struct qf_receipt_record {
                uint8_t hash[32], life[QF_LIFE_BYTES];
        } * records;
        uint64_t count, room;
        uint64_t first; /* position that was given first: what is before was trimmed */
        /* Of the outbox looked at: receipts; those of a history that was restored away; others that do not fit. */
        uint64_t compared, restored, wrong;
        uint64_t wrong_position, wrong_number; /* the first of them */
};

void qf_receipts_deinit(struct qf_receipts *receipts);
/* One line of the audit's, with "record". -ENOMEM. */
QF_CHECK int qf_receipts_add(struct qf_receipts *receipts, const json_t *line);
/* Reads an outbox. As qf_outbox_receipts. */
QF_CHECK int qf_receipts_compare(struct qf_receipts *receipts, const char *outbox);
