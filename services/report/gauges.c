/* What reporting measures of itself, put beside what the others told. */
#include "base/clock.h"
#include "report/health.h"
#include "report/report.h"
#include "service/process.h"

static void measure_readers(struct qf_measured *measured, const struct qf_report *report)
{
        uint64_t dropped = 0;
        uint32_t open = report->deferred.count;

        for (uint32_t i = 0; i < report->doors_count; i++)
                dropped += qf_socket_dropped(report->doors[i].socket);
        for (uint32_t i = 0; i < QF_ASIDE_MAX; i++)
                open += report->aside.at[i].asked_as != 0;
        qf_measured_set(measured, QF_METRIC_SUBSCRIBERS, qf_subscribers_count(report->subscribers));
        qf_measured_set(measured, QF_METRIC_READ_CONNECTIONS, qf_zap_connections(report->zap));
        qf_measured_set(measured, QF_METRIC_QUERIES, (int64_t)report->queries);
        qf_measured_set(measured, QF_METRIC_QUESTIONS_OPEN, open);
        qf_measured_set(measured, QF_METRIC_READ_DROPPED, (int64_t)dropped);
        qf_measured_set(measured, QF_METRIC_TABLE_BYTES, (int64_t)qf_table_bytes(report->upstream->table));
}

static void measure_http(struct qf_measured *measured, const struct qf_http *http)
{
        struct qf_http_facts facts = qf_http_facts(http);

        qf_measured_set(measured, QF_METRIC_HTTP_CONNECTIONS, facts.connections);
        qf_measured_set(measured, QF_METRIC_HTTP_2XX, (int64_t)facts.answered[2]);
        qf_measured_set(measured, QF_METRIC_HTTP_3XX, (int64_t)facts.answered[3]);
        qf_measured_set(measured, QF_METRIC_HTTP_4XX, (int64_t)facts.answered[4]);
        qf_measured_set(measured, QF_METRIC_HTTP_5XX, (int64_t)facts.answered[5]);
        qf_measured_set(measured, QF_METRIC_HTTP_WATCHERS, facts.streams);
        qf_measured_set(measured, QF_METRIC_HTTP_SLOW, (int64_t)facts.dropped);
}

static void measure_process(struct qf_measured *measured)
{
        struct qf_process_facts facts;

        qf_process_facts(&facts);
        if (facts.descriptors >= 0)
                qf_measured_set(measured, QF_METRIC_REPORT_DESCRIPTORS, facts.descriptors);
        if (facts.resident_bytes >= 0)
                qf_measured_set(measured, QF_METRIC_REPORT_MEMORY, facts.resident_bytes);
}

void qf_report_measure(const struct qf_report *report, int64_t mono_ms)
{
        struct qf_measured *measured = report->upstream->measured;
        int64_t now_ms = qf_clock_wall_ms();
        char sentence[QF_HEALTH_TEXT];
        struct qf_to_reader pulse;

        qf_report_pulse(report, mono_ms, &pulse);
        qf_measured_set(measured, QF_METRIC_SHOWN_POSITION, (int64_t)pulse.version);
        if (pulse.complete_at_ms != 0)
                qf_measured_set(measured, QF_METRIC_DATA_AGE, now_ms - pulse.complete_at_ms);
        qf_measured_set(measured, QF_METRIC_LINK_AGE,
                        qf_subscription_silent_ms(report->upstream->subscription, mono_ms));
        qf_measured_set(measured, QF_METRIC_HEALTHY,
                        qf_health_judge(&pulse, qf_upstream_held(report->upstream), now_ms, sentence));
        qf_measured_set(measured, QF_METRIC_REPORT_STARTED, report->started_ms);
        measure_readers(measured, report);
        measure_process(measured);
        if (report->http)
                measure_http(measured, report->http);
}
