/* Answers of queries as JSON, the same from `qf totals --json` and over HTTP. */
#pragma once

#include <jansson.h>

#include "model/kinds.h"
#include "wire/totals_messages.h"

/* "max:peak" is about peak. */
struct qf_view qf_measure_of(struct qf_view name);
/* Of a figure that nobody stated nothing is known; that there are no records is. numbers: three, of one measure. */
bool qf_measure_is_known(const struct qf_kind_measure *measure, const int64_t *numbers);

/* Counts of activities: {version, complete_at_ms, by, rows: [{members, records, activities …}], all, notes}. */
json_t *qf_answer_counts_json(const struct qf_to_reader *answer);
/* Totals of a declared kind: each measure {value, known or of, unknown}, null where not combined. spec NULL: a kind
 * that only the server knows. The answer has three figures for each measure. */
json_t *qf_answer_totals_json(const struct qf_kind_spec *spec, const struct qf_to_reader *answer);
/* Records: {date, partner, key, dimensions, figures that are stated}. The answer has one figure for each measure. */
json_t *qf_answer_list_json(const struct qf_to_reader *answer);
