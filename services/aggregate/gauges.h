/* What aggregation measures of itself, for its Pulse. */
#pragma once

#include "aggregate/counting.h"
#include "aggregate/publish.h"
#include "wire/metrics.h"

struct qf_counting_gauges;

QF_CHECK int qf_counting_gauges_new(int64_t now_ms, struct qf_counting_gauges **ret_gauges);
struct qf_counting_gauges *qf_counting_gauges_free(struct qf_counting_gauges *gauges);
/* Encodes all of it, for facts->aggregate as well. counting may be NULL, while counts are made anew; silent_ms: since
 * ingest was last heard; commit_ns: how long the last commit took. -ENOMEM. */
QF_CHECK int qf_counting_gauges_make(struct qf_counting_gauges *gauges, const struct qf_counting *counting,
                                     struct qf_publish_facts *facts, int64_t silent_ms, int64_t commit_ns);
struct qf_view qf_counting_gauges_made(
        const struct qf_counting_gauges *gauges); /* lives until the next are made */
/* The line for systemd. */
void qf_counting_say(const struct qf_counting *counting, const struct qf_publish_facts *facts, char *ret_text,
                     unsigned room);
