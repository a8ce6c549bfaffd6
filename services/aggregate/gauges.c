/* Why made once a second and kept: a Pulse also goes out when somebody subscribes. */
#include "aggregate/gauges.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "service/process.h"

enum { NS_PER_MS = 1000000 };

struct qf_counting_gauges {
        int64_t started_ms;
        struct qf_metrics metrics;
        struct qf_buffer packed;
};

int qf_counting_gauges_new(int64_t now_ms, struct qf_counting_gauges **ret_gauges)
{
        struct qf_counting_gauges *gauges = calloc(1, sizeof(*gauges));

        if (!gauges)
                return -ENOMEM;
        gauges->started_ms = now_ms;
        *ret_gauges = gauges;
        return 0;
}

struct qf_counting_gauges *qf_counting_gauges_free(struct qf_counting_gauges *gauges)
{
        if (!gauges)
                return NULL;
        qf_buffer_deinit(&gauges->packed);
        free(gauges);
        return NULL;
}

static void add_counts(struct qf_metrics *metrics, const struct qf_counting *counting, uint64_t journal_last)
{
        struct qf_environment_facts facts;
        uint64_t lag = journal_last > counting->shown ? journal_last - counting->shown : 0;

        qf_environment_facts(counting->environment, &facts);
        qf_metrics_add(metrics, QF_METRIC_COUNTED_POSITION, (int64_t)counting->shown);
        qf_metrics_add(metrics, QF_METRIC_COUNTING_LAG, (int64_t)lag);
        qf_metrics_add(metrics, QF_METRIC_CELLS, (int64_t)qf_picture_cells(counting->picture));
        qf_metrics_add(metrics, QF_METRIC_ACTIVITIES, counting->apply.tally.rows);
        qf_metrics_add(metrics, QF_METRIC_COUNTS_USED, (int64_t)facts.used_bytes);
        qf_metrics_add(metrics, QF_METRIC_COUNTS_MAP, (int64_t)facts.map_bytes);
        qf_metrics_add(metrics, QF_METRIC_COUNTS_READERS, facts.readers);
        qf_metrics_add(metrics, QF_METRIC_COUNTS_DISK_FREE, (int64_t)facts.disk_free_bytes);
        qf_metrics_add(metrics, QF_METRIC_COUNTS_DISK_FLOOR, (int64_t)facts.disk_floor_bytes);
}

int qf_counting_gauges_make(struct qf_counting_gauges *gauges, const struct qf_counting *counting,
                            struct qf_publish_facts *facts, int64_t silent_ms, int64_t commit_ns)
{
        struct qf_metrics *metrics = &gauges->metrics;
        struct qf_process_facts process;

        metrics->count = metrics->sources_count = 0;
        if (counting)
                add_counts(metrics, counting, facts->journal_last);
        qf_metrics_add(metrics, QF_METRIC_BEAT_AGE, silent_ms);
        qf_metrics_add(metrics, QF_METRIC_COUNTING_STOPPED, facts->stopped);
        qf_metrics_add(metrics, QF_METRIC_COUNTING_COMMIT, commit_ns / NS_PER_MS);
        qf_process_facts(&process);
        if (process.descriptors >= 0)
                qf_metrics_add(metrics, QF_METRIC_AGGREGATE_DESCRIPTORS, process.descriptors);
        if (process.resident_bytes >= 0)
                qf_metrics_add(metrics, QF_METRIC_AGGREGATE_MEMORY, process.resident_bytes);
        qf_metrics_add(metrics, QF_METRIC_AGGREGATE_STARTED, gauges->started_ms);
        gauges->packed.len = 0;
        int r = qf_metrics_encode(metrics, &gauges->packed);
        facts->aggregate = qf_counting_gauges_made(gauges);
        return r;
}

struct qf_view qf_counting_gauges_made(const struct qf_counting_gauges *gauges)
{
        return (struct qf_view){(const char *)gauges->packed.at, (uint32_t)gauges->packed.len};
}

void qf_counting_say(const struct qf_counting *counting, const struct qf_publish_facts *facts, char *ret_text,
                     unsigned room)
{
        uint64_t at = counting->shown, behind = facts->journal_last > at ? facts->journal_last - at : 0;

        (void)snprintf(ret_text, room, "counted to %" PRIu64 ", %" PRIu64 " behind, %u activities%s%s", at,
                       behind, counting->apply.tally.rows, facts->say[0] ? ": " : "", facts->say);
}
