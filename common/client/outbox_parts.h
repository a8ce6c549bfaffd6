/* What outbox.c and outbox_keep.c share; nobody else includes it. */
#pragma once

#include "client/outbox.h"
#include "client/outbox_rows.h"

struct qf_outbox {
        struct qf_environment *environment;
        struct qf_outbox_row row; /* as on disk */
        struct qf_outbox_standing standing;
        uint32_t lives_count;
        uint8_t lives[QF_OUTBOX_LIVES_MAX][QF_LIFE_BYTES];
        uint8_t journal[QF_LIFE_BYTES]; /* of which these are lives; zero: not heard yet */
};

extern const struct qf_environment_options qf_outbox_options;

/* Writes the row and ends the transaction; memory follows only when the disk has it. */
QF_CHECK int qf_outbox_commit_row(struct qf_outbox *outbox, struct qf_txn **txn,
                                  const struct qf_outbox_row *row);
/* The row of the chunk that holds a number. QF_STORE_NONE. */
QF_CHECK int qf_outbox_find_chunk(struct qf_txn *txn, uint64_t number, struct qf_chunk *ret_chunk,
                                  struct qf_view *ret_value);
QF_CHECK int qf_outbox_put_chunk(struct qf_txn *txn, const struct qf_chunk *chunk, struct qf_buffer *buffer);
