/* Answers of queries as JSON, the same from `qf totals --json` and over HTTP. */
#pragma once

#include <jansson.h>

#include "views/answer_form.h"

/* "max:peak" is about peak. */
struct qf_view qf_measure_of(struct qf_view name);
/* Of a figure that nobody stated nothing is known; that there are no records is. numbers: three, of one measure. */
bool qf_measure_is_known(const struct qf_kind_measure *measure, const int64_t *numbers);

/* Counts of activities: {version, complete_at_ms, by, rows: [{members, records, activities …}], all, notes}; totals of a
 * declared kind: each measure {value, known or of, unknown}, null where not combined; records: {date, partner, key,
 * dimensions, figures that are stated}. */
json_t *qf_answer_json(const struct qf_answer_form *form);
/* The same as text: rows from the one on, at most so many, with the first what comes before them and with the last what
 * comes behind. next: of a list that goes on, where; NULL: nowhere. -ENOMEM. */
QF_CHECK int qf_answer_json_write(const struct qf_answer_form *form, uint32_t from, uint32_t most,
                                  const char *next, struct qf_buffer *text);
