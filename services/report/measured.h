/* The figures of all daemons as they were told last, printed for Prometheus and for
 * `qf status` from the one table (wire/metrics.h). No socket, no clock. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "wire/metrics.h"

struct qf_measured;

QF_CHECK int qf_measured_new(struct qf_measured **ret_measured);
struct qf_measured *qf_measured_free(struct qf_measured *measured);
void qf_measured_set(struct qf_measured *measured, enum qf_metric number, int64_t value);
/* Takes encoded Metrics; what cannot be read is left out, as are numbers that are not known here. -ENOMEM. */
QF_CHECK int qf_measured_take(struct qf_measured *measured, struct qf_view encoded);
/* Keeps what counters stand at, for rates: once a second. */
void qf_measured_sample(struct qf_measured *measured, int64_t mono_ms);

/* What a source was told of last; false: nothing. number: one of a source. */
bool qf_measured_of_source(const struct qf_measured *measured, struct qf_view name, enum qf_metric number,
                           int64_t *ret_value);

/* The format of Prometheus, text 0.0.4. -ENOMEM. */
QF_CHECK int qf_measured_print(const struct qf_measured *measured, struct qf_buffer *text);
/* Adds to an object: "metrics" {name with label: value}, "rates" {the same of counters: a second, over the last ten},
 * "sources" [{"name", …}], only the one named unless all is true. -ENOMEM. */
QF_CHECK int qf_measured_json(const struct qf_measured *measured, bool all, struct qf_view name,
                              json_t *object);
