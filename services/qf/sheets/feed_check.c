/* Why: what comes back from the server an hour later could have been said at once;
 * only what depends on records that stand there (conflicts) cannot be known here. */
#include "qf/sheets/feed_check.h"

void qf_row_batch_make(const struct qf_programme *programme, struct qf_row_event *row,
                       struct qf_row_batch *ret_batch)
{
        for (uint32_t i = 0; i < row->values_count; i++) {
                uint16_t dimension = qf_programme_find_dimension(programme, row->values[i].dimension);
                ret_batch->values[i] = (struct qf_value){
                        .dimension_at = (uint16_t)i,
                        .dimension = dimension,
                        .member_at = QF_ROW_VALUES_MAX + i,
                        .member = qf_programme_find_member(programme, dimension, row->values[i].member),
                };
                ret_batch->names[i] = row->values[i].dimension;
                ret_batch->names[QF_ROW_VALUES_MAX + i] = row->values[i].member;
        }
        row->event.values_count = (uint16_t)row->values_count;
        ret_batch->batch = (struct qf_batch){
                .count = 1,
                .events = &row->event,
                .texts_count = 2 * QF_ROW_VALUES_MAX,
                .texts = ret_batch->names,
                .dimensions_count = row->values_count,
                .dimensions = ret_batch->names,
                .values_count = row->values_count,
                .values = ret_batch->values,
        };
}

struct qf_verdict qf_row_check(const struct qf_rows_options *options, struct qf_row_event *row,
                               struct qf_detail *ret_detail)
{
        struct qf_row_batch batch;
        qf_row_batch_make(options->programme, row, &batch);
        return qf_programme_check(options->programme, options->source, &batch.batch, &row->event,
                                  options->today, ret_detail);
}
