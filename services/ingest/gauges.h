/* What ingest measures of itself, for its Beat: gathered once a second from what it
 * holds anyway, and three times of the clock a turn. */
#pragma once

#include <stdint.h>

#include "ingest/core.h"
#include "wire/metrics.h"

struct qf_gauges;

struct qf_gauges_about { /* what the daemon counts itself */
        uint64_t messages, dropped, keys_refused, backup_position;
        uint32_t consumers, connections;
};

QF_CHECK int qf_gauges_new(int64_t now_ms, struct qf_gauges **ret_gauges);
struct qf_gauges *qf_gauges_free(struct qf_gauges *gauges);
/* A message was taken into the open group; the group was committed and answered. Nanoseconds of the clock that only
 * goes forward. */
void qf_gauges_taken(struct qf_gauges *gauges, int64_t mono_ns);
void qf_gauges_turned(struct qf_gauges *gauges, int64_t began_ns, int64_t ended_ns);
/* Encodes all of it. The view lives until the next. With more sources than fit they take turns. -ENOMEM. */
QF_CHECK int qf_gauges_make(struct qf_gauges *gauges, struct qf_ingest *ingest,
                            const struct qf_gauges_about *about, struct qf_view *ret_metrics);
