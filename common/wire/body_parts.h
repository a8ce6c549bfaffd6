/* The parts of a body as they lie on the wire, and the steps that make a batch
 * of them. Internal to common/wire/body*.c. */
#pragma once

#include "wire/kinds.h"
#include "wire/layouts.h"

enum {
        QF_BODY_TEXTS_MAX = 12288,
        QF_BODY_TEXT_BYTES_MAX = 1024 * 1024, /* of the expanded string table */
        QF_BODY_RUNS_MAX = 64,
        QF_RUN_COLUMNS_MAX = 64,
        QF_BATCH_DIMENSIONS_MAX = 64, /* different ones named in a batch */
        QF_BATCH_VALUES_MAX = QF_BATCH_EVENTS_MAX * QF_DIMENSIONS_MAX,
};

struct qf_column {
        uint32_t field, dimension;
        uint64_t offset;
        uint32_t u_count, n_count;
        const uint32_t *u, *n;
};

struct qf_run {
        uint32_t kind, n, key_from;
        uint32_t keys_count, columns_count;
        const uint32_t *keys;
        const struct qf_column *columns;
};

struct qf_body {
        uint32_t schema;
        int64_t sent_at_ms;
        uint32_t rows_count, texts_count, lens_count, shared_count, runs_count;
        const struct qf_view *rows;
        const struct qf_view *texts;
        struct qf_view text_all, partner;
        const uint32_t *lens, *shared;
        const struct qf_run *runs;
};

/* The string table, expanded. 0 or a fault. */
QF_CHECK int qf_body_expand(struct qf_arena *arena, const struct qf_body *body, struct qf_batch *batch,
                            struct qf_wire_fault *ret_fault);
/* All runs into batch->events (zeroed, batch->count of them) and batch->values. 0 or a fault. */
QF_CHECK int qf_body_columns(struct qf_arena *arena, const struct qf_body *body, struct qf_batch *batch,
                             struct qf_wire_fault *ret_fault);
QF_CHECK int qf_body_rows(struct qf_arena *arena, const struct qf_body *body, struct qf_batch *batch,
                          struct qf_wire_fault *ret_fault);
/* Index of a dimension's code among those named so far, adding it. 0 or a fault. */
QF_CHECK int qf_body_dimension(struct qf_view *dimensions, uint32_t *count, struct qf_view code,
                               uint16_t *ret_at, struct qf_wire_fault *ret_fault);
