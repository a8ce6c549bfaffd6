/* Why sources are summed up here and not counted as messages come: outboxes keep
 * all that is needed, across restarts, and a walk over them each second costs less
 * than keeping a second book in step with groups that are taken back. */
#include "ingest/gauges.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "service/process.h"

enum { NS_PER_MS = 1000000 };

struct sum { /* of a source */
        uint64_t events;
        uint32_t outboxes, gaps;
        int64_t moved_at_ms, skew_ms;
        bool skew_known;
};

struct qf_gauges {
        int64_t started_ms;
        int64_t waits_since_ns;     /* the oldest message of the open group; 0: there is none */
        int64_t wait_ns, commit_ns; /* longest since the last were made */
        struct sum *sums;           /* by source */
        uint32_t sums_room;
        uint32_t first_source; /* of the next message */
        struct qf_metrics metrics;
        struct qf_buffer packed;
};

int qf_gauges_new(int64_t now_ms, struct qf_gauges **ret_gauges)
{
        struct qf_gauges *gauges = calloc(1, sizeof *gauges);
        if (!gauges)
                return -ENOMEM;
        gauges->started_ms = now_ms;
        gauges->first_source = 1;
        *ret_gauges = gauges;
        return 0;
}

struct qf_gauges *qf_gauges_free(struct qf_gauges *gauges)
{
        if (!gauges)
                return NULL;
        free(gauges->sums);
        qf_buffer_deinit(&gauges->packed);
        free(gauges);
        return NULL;
}

void qf_gauges_taken(struct qf_gauges *gauges, int64_t mono_ns)
{
        if (gauges->waits_since_ns == 0)
                gauges->waits_since_ns = mono_ns;
}

static int64_t longer(int64_t a, int64_t b)
{
        return a > b ? a : b;
}

void qf_gauges_turned(struct qf_gauges *gauges, int64_t began_ns, int64_t ended_ns)
{
        if (gauges->waits_since_ns == 0)
                return;
        gauges->wait_ns = longer(gauges->wait_ns, ended_ns - gauges->waits_since_ns);
        gauges->commit_ns = longer(gauges->commit_ns, ended_ns - began_ns);
        gauges->waits_since_ns = 0;
}

/* --- making ------------------------------------------------------------- */

static int sum_up(struct qf_gauges *gauges, const struct qf_outboxes *outboxes, uint32_t sources)
{
        if (sources >= gauges->sums_room) {
                struct sum *grown = realloc(gauges->sums, ((size_t)sources * 2 + 1) * sizeof *grown);
                if (!grown)
                        return -ENOMEM;
                gauges->sums = grown;
                gauges->sums_room = sources * 2 + 1;
        }
        memset(gauges->sums, 0, gauges->sums_room * sizeof *gauges->sums);
        uint32_t at = 0;
        for (const struct qf_sender *sender; (sender = qf_outboxes_next(outboxes, &at));) {
                if (sender->row.source > sources)
                        continue;
                struct sum *sum = &gauges->sums[sender->row.source];
                sum->events += sender->row.last;
                sum->outboxes += sender->row.ref != 0;
                sum->gaps += qf_sender_in_gap(sender);
                if (sender->skew_known && (!sum->skew_known || sender->moved_at_ms >= sum->moved_at_ms)) {
                        sum->skew_ms = sender->skew_ms;
                        sum->skew_known = true;
                }
                sum->moved_at_ms = longer(sum->moved_at_ms, sender->moved_at_ms);
        }
        return 0;
}

static void add_sources(struct qf_gauges *gauges, const struct qf_programme *programme, uint32_t sources)
{
        struct qf_metrics *metrics = &gauges->metrics;
        uint32_t ref = gauges->first_source <= sources ? gauges->first_source : 1;
        for (uint32_t i = 0; i < sources; i++) {
                const struct sum *sum = &gauges->sums[ref];
                if (qf_metrics_begin_source(metrics, qf_programme_source(programme, ref)->name) != 0)
                        break;
                if (sum->moved_at_ms != 0)
                        qf_metrics_add_of(metrics, QF_METRIC_SOURCE_LAST_EVENT, sum->moved_at_ms);
                if (sum->skew_known)
                        qf_metrics_add_of(metrics, QF_METRIC_SOURCE_SKEW, sum->skew_ms);
                qf_metrics_add_of(metrics, QF_METRIC_SOURCE_EVENTS, (int64_t)sum->events);
                qf_metrics_add_of(metrics, QF_METRIC_SOURCE_GAPS, sum->gaps);
                ref = ref < sources ? ref + 1 : 1;
        }
        gauges->first_source = ref;
}

static void add_journal(struct qf_metrics *metrics, struct qf_group *group)
{
        const struct qf_journal_state *state = qf_group_committed(group);
        struct qf_environment_facts facts;
        qf_group_facts(group, &facts);
        qf_metrics_add(metrics, QF_METRIC_JOURNAL_POSITION, (int64_t)state->last);
        qf_metrics_add(metrics, QF_METRIC_JOURNAL_EVENTS, (int64_t)state->events);
        qf_metrics_add(metrics, QF_METRIC_OUTBOXES, state->outboxes);
        qf_metrics_add(metrics, QF_METRIC_JOURNAL_USED, (int64_t)facts.used_bytes);
        qf_metrics_add(metrics, QF_METRIC_JOURNAL_MAP, (int64_t)facts.map_bytes);
        qf_metrics_add(metrics, QF_METRIC_JOURNAL_READERS, facts.readers);
        qf_metrics_add(metrics, QF_METRIC_JOURNAL_DISK_FREE, (int64_t)facts.disk_free_bytes);
        qf_metrics_add(metrics, QF_METRIC_JOURNAL_DISK_FLOOR, (int64_t)facts.disk_floor_bytes);
}

static void add_said(struct qf_metrics *metrics, const struct qf_answers_said *said)
{
        for (uint32_t class = QF_ACCEPTED; class <= QF_REJECTED; class ++)
                qf_metrics_add(metrics, QF_METRIC_ACCEPTED + class, (int64_t)said->verdicts[class]);
        for (uint32_t why = QF_REFUSED_MALFORMED; why <= QF_REFUSED_VERSION; why++)
                qf_metrics_add(metrics, QF_METRIC_REFUSED_MALFORMED + why - QF_REFUSED_MALFORMED,
                               (int64_t)said->refused[why]);
        qf_metrics_add(metrics, QF_METRIC_REFUSED_ANOTHERS, (int64_t)said->refused[QF_REFUSED_ANOTHERS]);
}

static void add_process(struct qf_metrics *metrics, int64_t started_ms)
{
        struct qf_process_facts facts;
        qf_process_facts(&facts);
        if (facts.descriptors >= 0)
                qf_metrics_add(metrics, QF_METRIC_INGEST_DESCRIPTORS, facts.descriptors);
        if (facts.resident_bytes >= 0)
                qf_metrics_add(metrics, QF_METRIC_INGEST_MEMORY, facts.resident_bytes);
        qf_metrics_add(metrics, QF_METRIC_INGEST_STARTED, started_ms);
}

int qf_gauges_make(struct qf_gauges *gauges, struct qf_ingest *ingest, const struct qf_gauges_about *about,
                   struct qf_view *ret_metrics)
{
        struct qf_metrics *metrics = &gauges->metrics;
        const struct qf_programme *programme = qf_ingest_programme(ingest);
        const struct qf_outboxes *outboxes = qf_ingest_outboxes(ingest);
        uint32_t sources = qf_programme_sources(programme), source;
        int result = sum_up(gauges, outboxes, sources);
        if (result < 0)
                return result;
        metrics->count = metrics->sources_count = 0;
        add_journal(metrics, qf_ingest_group(ingest));
        add_said(metrics, qf_ingest_said(ingest));
        qf_metrics_add(metrics, QF_METRIC_OLDEST_UNSYNCED, gauges->wait_ns / NS_PER_MS);
        qf_metrics_add(metrics, QF_METRIC_INGEST_COMMIT, gauges->commit_ns / NS_PER_MS);
        qf_metrics_add(metrics, QF_METRIC_KEYS_REFUSED, (int64_t)about->keys_refused);
        qf_metrics_add(metrics, QF_METRIC_INGEST_MESSAGES, (int64_t)about->messages);
        qf_metrics_add(metrics, QF_METRIC_INGEST_DROPPED, (int64_t)about->dropped);
        qf_metrics_add(metrics, QF_METRIC_PUT_OFF, (int64_t)qf_ingest_put_off(ingest, &source));
        qf_metrics_add(metrics, QF_METRIC_CONSUMERS, about->consumers);
        qf_metrics_add(metrics, QF_METRIC_INGEST_CONNECTIONS, about->connections);
        qf_metrics_add(metrics, QF_METRIC_GAPS, qf_outboxes_gaps(outboxes));
        qf_metrics_add(metrics, QF_METRIC_BACKUP_POSITION, (int64_t)about->backup_position);
        add_process(metrics, gauges->started_ms);
        add_sources(gauges, programme, sources);
        gauges->wait_ns = gauges->commit_ns = 0;
        gauges->packed.len = 0;
        result = qf_metrics_encode(metrics, &gauges->packed);
        if (result == 0)
                *ret_metrics =
                        (struct qf_view){(const char *)gauges->packed.at, (uint32_t)gauges->packed.len};
        return result;
}
