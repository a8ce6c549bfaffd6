/* Why: what comes back from the server an hour later could have been said at once;
 * only what depends on records that stand there (conflicts) cannot be known here. */
#include "qf/feed_check.h"

struct qf_verdict qf_row_check(const struct qf_rows_options *options, struct qf_row_event *row,
                               struct qf_detail *ret_detail)
{
        const struct qf_programme *programme = options->programme;
        struct qf_view names[2 * QF_ROW_VALUES_MAX]; /* dimensions, then members */
        struct qf_value values[QF_ROW_VALUES_MAX];

        for (uint32_t i = 0; i < row->values_count; i++) {
                uint16_t dimension = qf_programme_find_dimension(programme, row->values[i].dimension);
                values[i] = (struct qf_value){
                        .dimension_at = (uint16_t)i,
                        .dimension = dimension,
                        .member_at = QF_ROW_VALUES_MAX + i,
                        .member = qf_programme_find_member(programme, dimension, row->values[i].member),
                };
                names[i] = row->values[i].dimension;
                names[QF_ROW_VALUES_MAX + i] = row->values[i].member;
        }
        row->event.values_count = (uint16_t)row->values_count;
        struct qf_batch batch = {
                .count = 1,
                .events = &row->event,
                .texts_count = 2 * QF_ROW_VALUES_MAX,
                .texts = names,
                .dimensions_count = row->values_count,
                .dimensions = names,
                .values_count = row->values_count,
                .values = values,
        };
        return qf_programme_check(programme, options->source, &batch, &row->event, options->today,
                                  ret_detail);
}
