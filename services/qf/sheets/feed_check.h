/* A row judged before it is sent, with the function that ingest judges with. */
#pragma once

#include "model/verdict.h"
#include "qf/sheets/feed_rows.h"

struct qf_row_batch {                                /* of one event */
        struct qf_view names[2 * QF_ROW_VALUES_MAX]; /* dimensions, then members */
        struct qf_value values[QF_ROW_VALUES_MAX];
        struct qf_batch batch;
};

/* The row's event as a batch of its own; views into the row. */
void qf_row_batch_make(const struct qf_programme *programme, struct qf_row_event *row,
                       struct qf_row_batch *ret_batch);
struct qf_verdict qf_row_check(const struct qf_rows_options *options, struct qf_row_event *row,
                               struct qf_detail *ret_detail);
