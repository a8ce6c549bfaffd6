/* Why one table: a figure that the alerts watch and the one that a human reads must
 * be the same figure. PROTOCOL.md 7.7 lists the numbers; a test compares. */
#include "wire/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics.pb-c.h"
#include "wire/layouts.h"

#define INGEST(metric, name_, label_, kind_, unit_, zh_, en_, help_)                                         \
        [metric] = {.name = (name_),                                                                         \
                    .label = (label_),                                                                       \
                    .help = (help_),                                                                         \
                    .zh = (zh_),                                                                             \
                    .en = (en_),                                                                             \
                    .kind = (kind_),                                                                         \
                    .unit = (unit_)}
#define SOURCE(metric, name_, kind_, unit_, zh_, en_, help_)                                                 \
        [metric] = {.name = (name_),                                                                         \
                    .help = (help_),                                                                         \
                    .zh = (zh_),                                                                             \
                    .en = (en_),                                                                             \
                    .kind = (kind_),                                                                         \
                    .unit = (unit_),                                                                         \
                    .of_sources = true}
#define FROM(whom, metric, name_, label_, kind_, unit_, zh_, en_, help_)                                     \
        [metric] = {.name = (name_),                                                                         \
                    .label = (label_),                                                                       \
                    .help = (help_),                                                                         \
                    .zh = (zh_),                                                                             \
                    .en = (en_),                                                                             \
                    .kind = (kind_),                                                                         \
                    .unit = (unit_),                                                                         \
                    .from = (whom)}
#define AGGREGATE(...) FROM(QF_FROM_AGGREGATE, __VA_ARGS__)
#define REPORT(...) FROM(QF_FROM_REPORT, __VA_ARGS__)

static const char verdicts[] = "qf_ingest_verdicts_total",
                  verdicts_help[] = "Events judged since ingest started, by class of verdict.";
static const char refused[] = "qf_ingest_refused_total",
                  refused_help[] =
                          "Messages refused as a whole since ingest started, by reason; none of their "
                          "numbers was used.";
static const char answered[] = "qf_http_answers_total", answered_help[] = "Answers by HTTP, by status.";

static const struct qf_metric_row rows[QF_METRIC_END] = {
        INGEST(QF_METRIC_JOURNAL_POSITION, "qf_journal_position", NULL, QF_GAUGE, QF_UNIT_NONE, "日志位置",
               "journal at record", "Position of the last record on disk."),
        INGEST(QF_METRIC_JOURNAL_EVENTS, "qf_journal_events_total", NULL, QF_COUNTER, QF_UNIT_NONE,
               "日志中的事件", "events in the journal", "Events in the journal, from its beginning."),
        INGEST(QF_METRIC_JOURNAL_USED, "qf_journal_used_bytes", NULL, QF_GAUGE, QF_UNIT_BYTES, "日志占用",
               "journal on disk", "Bytes of the journal's map in use."),
        INGEST(QF_METRIC_JOURNAL_MAP, "qf_journal_map_bytes", NULL, QF_GAUGE, QF_UNIT_BYTES, "日志最多",
               "journal at most", "Bytes that the journal's map may grow to."),
        INGEST(QF_METRIC_JOURNAL_READERS, "qf_journal_readers", NULL, QF_GAUGE, QF_UNIT_NONE, "日志读者",
               "readers of the journal's file", "Slots of readers taken in the journal's file."),
        INGEST(QF_METRIC_JOURNAL_DISK_FREE, "qf_journal_disk_free_bytes", NULL, QF_GAUGE, QF_UNIT_BYTES,
               "磁盘剩余", "free on its disk", "Bytes free on the journal's disk."),
        INGEST(QF_METRIC_JOURNAL_DISK_FLOOR, "qf_journal_disk_floor_bytes", NULL, QF_GAUGE, QF_UNIT_BYTES,
               NULL, NULL, "Ingest tells partners to wait when less than this is free."),
        INGEST(QF_METRIC_OLDEST_UNSYNCED, "qf_ingest_unsynced_seconds", NULL, QF_GAUGE, QF_UNIT_SECONDS,
               "等待落盘最久", "longest wait for the disk",
               "Longest time in the last second that a message waited until it was on disk and answered."),
        INGEST(QF_METRIC_INGEST_COMMIT, "qf_ingest_commit_seconds", NULL, QF_GAUGE, QF_UNIT_SECONDS, NULL,
               NULL, "Longest commit of the journal in the last second."),
        INGEST(QF_METRIC_ACCEPTED, verdicts, "class=\"accepted\"", QF_COUNTER, QF_UNIT_NONE, "采纳",
               "accepted", verdicts_help),
        INGEST(QF_METRIC_LATE, verdicts, "class=\"late\"", QF_COUNTER, QF_UNIT_NONE, "迟报", "late",
               verdicts_help),
        INGEST(QF_METRIC_DUPLICATE, verdicts, "class=\"duplicate\"", QF_COUNTER, QF_UNIT_NONE, "重复",
               "duplicate", verdicts_help),
        INGEST(QF_METRIC_QUARANTINED, verdicts, "class=\"quarantined\"", QF_COUNTER, QF_UNIT_NONE, "待核",
               "quarantined", verdicts_help),
        INGEST(QF_METRIC_REJECTED, verdicts, "class=\"rejected\"", QF_COUNTER, QF_UNIT_NONE, "退回",
               "rejected", verdicts_help),
        INGEST(QF_METRIC_REFUSED_MALFORMED, refused, "why=\"malformed\"", QF_COUNTER, QF_UNIT_NONE, NULL,
               NULL, refused_help),
        INGEST(QF_METRIC_REFUSED_NOT_ALLOWED, refused, "why=\"not_allowed\"", QF_COUNTER, QF_UNIT_NONE, NULL,
               NULL, refused_help),
        INGEST(QF_METRIC_REFUSED_FENCED, refused, "why=\"fenced\"", QF_COUNTER, QF_UNIT_NONE, NULL, NULL,
               refused_help),
        INGEST(QF_METRIC_REFUSED_CLONED, refused, "why=\"cloned\"", QF_COUNTER, QF_UNIT_NONE, NULL, NULL,
               refused_help),
        INGEST(QF_METRIC_REFUSED_SEALED, refused, "why=\"sealed\"", QF_COUNTER, QF_UNIT_NONE, NULL, NULL,
               refused_help),
        INGEST(QF_METRIC_REFUSED_GAP, refused, "why=\"gap\"", QF_COUNTER, QF_UNIT_NONE, NULL, NULL,
               refused_help),
        INGEST(QF_METRIC_REFUSED_FORKED, refused, "why=\"forked\"", QF_COUNTER, QF_UNIT_NONE, NULL, NULL,
               refused_help),
        INGEST(QF_METRIC_REFUSED_BUSY, refused, "why=\"busy\"", QF_COUNTER, QF_UNIT_NONE, "请稍候",
               "told to wait", refused_help),
        INGEST(QF_METRIC_REFUSED_VERSION, refused, "why=\"version\"", QF_COUNTER, QF_UNIT_NONE, NULL, NULL,
               refused_help),
        INGEST(QF_METRIC_REFUSED_ANOTHERS, refused, "why=\"anothers\"", QF_COUNTER, QF_UNIT_NONE,
               "拷来的发件箱", "from another source's outbox", refused_help),
        INGEST(QF_METRIC_KEYS_REFUSED, "qf_ingest_keys_refused_total", NULL, QF_COUNTER, QF_UNIT_NONE,
               "拒绝的密钥", "keys refused",
               "Handshakes with a key that is not registered, since ingest started."),
        INGEST(QF_METRIC_INGEST_CONNECTIONS, "qf_connections", "daemon=\"ingest\"", QF_GAUGE, QF_UNIT_NONE,
               "连接", "connections", "Connections by ZeroMQ, over TCP and over files."),
        INGEST(QF_METRIC_INGEST_MESSAGES, "qf_ingest_messages_total", NULL, QF_COUNTER, QF_UNIT_NONE, NULL,
               NULL, "Messages from partners since ingest started."),
        INGEST(QF_METRIC_INGEST_DROPPED, "qf_ingest_dropped_total", NULL, QF_COUNTER, QF_UNIT_NONE, NULL,
               NULL,
               "Answers that no connection took, and messages without an identity, since ingest started."),
        INGEST(QF_METRIC_PUT_OFF, "qf_ingest_put_off_total", NULL, QF_COUNTER, QF_UNIT_NONE, "超过份额",
               "over a share",
               "Messages put off since their source was over its share, since ingest started."),
        INGEST(QF_METRIC_CONSUMERS, "qf_ingest_consumers", NULL, QF_GAUGE, QF_UNIT_NONE, NULL, NULL,
               "Followers of the journal that are attached; aggregation is one."),
        INGEST(QF_METRIC_OUTBOXES, "qf_ingest_outboxes", NULL, QF_GAUGE, QF_UNIT_NONE, "发件箱", "outboxes",
               "Outboxes that the journal knows."),
        INGEST(QF_METRIC_GAPS, "qf_ingest_gaps", NULL, QF_GAUGE, QF_UNIT_NONE, NULL, NULL,
               "Outboxes that were asked for numbers they no longer have: each waits until somebody says that they are lost."),
        INGEST(QF_METRIC_BACKUP_POSITION, "qf_backup_position", NULL, QF_GAUGE, QF_UNIT_NONE, "备份到",
               "backed up to record", "Record up to which the oldest backup reaches; 0: there is none."),
        INGEST(QF_METRIC_INGEST_DESCRIPTORS, "qf_open_descriptors", "daemon=\"ingest\"", QF_GAUGE,
               QF_UNIT_NONE, NULL, NULL, "Open descriptors: mostly connections."),
        AGGREGATE(QF_METRIC_AGGREGATE_DESCRIPTORS, "qf_open_descriptors", "daemon=\"aggregate\"", QF_GAUGE,
                  QF_UNIT_NONE, NULL, NULL, "Open descriptors: mostly connections."),
        REPORT(QF_METRIC_REPORT_DESCRIPTORS, "qf_open_descriptors", "daemon=\"report\"", QF_GAUGE,
               QF_UNIT_NONE, NULL, NULL, "Open descriptors: mostly connections."),
        INGEST(QF_METRIC_INGEST_MEMORY, "qf_resident_bytes", "daemon=\"ingest\"", QF_GAUGE, QF_UNIT_BYTES,
               NULL, NULL, "Memory in use."),
        AGGREGATE(QF_METRIC_AGGREGATE_MEMORY, "qf_resident_bytes", "daemon=\"aggregate\"", QF_GAUGE,
                  QF_UNIT_BYTES, NULL, NULL, "Memory in use."),
        REPORT(QF_METRIC_REPORT_MEMORY, "qf_resident_bytes", "daemon=\"report\"", QF_GAUGE, QF_UNIT_BYTES,
               NULL, NULL, "Memory in use."),
        INGEST(QF_METRIC_INGEST_STARTED, "qf_start_timestamp_seconds", "daemon=\"ingest\"", QF_GAUGE,
               QF_UNIT_TIME, NULL, NULL, "When it started."),
        AGGREGATE(QF_METRIC_AGGREGATE_STARTED, "qf_start_timestamp_seconds", "daemon=\"aggregate\"", QF_GAUGE,
                  QF_UNIT_TIME, NULL, NULL, "When it started."),
        REPORT(QF_METRIC_REPORT_STARTED, "qf_start_timestamp_seconds", "daemon=\"report\"", QF_GAUGE,
               QF_UNIT_TIME, NULL, NULL, "When it started."),
        SOURCE(QF_METRIC_SOURCE_LAST_EVENT, "qf_source_last_event_timestamp_seconds", QF_GAUGE, QF_UNIT_TIME,
               "最近一次报送", "last event", "When events of the source were last taken into the journal."),
        SOURCE(QF_METRIC_SOURCE_EVENTS, "qf_source_events_total", QF_COUNTER, QF_UNIT_NONE, "事件", "events",
               "Numbers of the source that are used, in all of its outboxes, from the journal's beginning."),
        SOURCE(QF_METRIC_SOURCE_SKEW, "qf_source_clock_skew_seconds", QF_GAUGE, QF_UNIT_SECONDS, "时钟差",
               "clock off by",
               "Ingest's clock less the source's, when it last sent a batch that told the time; includes the way."),
        SOURCE(QF_METRIC_SOURCE_GAPS, "qf_source_gaps", QF_GAUGE, QF_UNIT_NONE, "等人声明", "gaps",
               "Outboxes of the source that wait until somebody says that numbers are lost."),
        AGGREGATE(QF_METRIC_COUNTED_POSITION, "qf_counts_position", NULL, QF_GAUGE, QF_UNIT_NONE, "计数到",
                  "counted to record", "Record up to which counts are on disk."),
        AGGREGATE(QF_METRIC_COUNTING_LAG, "qf_counts_lag_records", NULL, QF_GAUGE, QF_UNIT_NONE, "落后记录",
                  "records behind", "Records of the journal that are not counted yet."),
        AGGREGATE(QF_METRIC_BEAT_AGE, "qf_ingest_silent_seconds", NULL, QF_GAUGE, QF_UNIT_SECONDS, NULL, NULL,
                  "Since aggregation last heard from ingest, which speaks each second."),
        AGGREGATE(
                QF_METRIC_COUNTING_STOPPED, "qf_counts_stopped", NULL, QF_GAUGE, QF_UNIT_NONE, NULL, NULL,
                "1: counting stopped, or waits for room on the disk; the numbers shown are the last good ones."),
        AGGREGATE(QF_METRIC_COUNTS_USED, "qf_counts_used_bytes", NULL, QF_GAUGE, QF_UNIT_BYTES, "计数占用",
                  "counts on disk", "Bytes of the counts' map in use."),
        AGGREGATE(QF_METRIC_COUNTS_MAP, "qf_counts_map_bytes", NULL, QF_GAUGE, QF_UNIT_BYTES, "计数最多",
                  "counts at most", "Bytes that the counts' map may grow to."),
        AGGREGATE(QF_METRIC_COUNTS_READERS, "qf_counts_readers", NULL, QF_GAUGE, QF_UNIT_NONE, "计数读者",
                  "readers of the counts' file", "Slots of readers taken in the counts' file."),
        AGGREGATE(QF_METRIC_COUNTS_DISK_FREE, "qf_counts_disk_free_bytes", NULL, QF_GAUGE, QF_UNIT_BYTES,
                  NULL, NULL, "Bytes free on the counts' disk."),
        AGGREGATE(QF_METRIC_COUNTS_DISK_FLOOR, "qf_counts_disk_floor_bytes", NULL, QF_GAUGE, QF_UNIT_BYTES,
                  NULL, NULL, "Counting waits when less than this is free."),
        AGGREGATE(QF_METRIC_COUNTING_COMMIT, "qf_counts_commit_seconds", NULL, QF_GAUGE, QF_UNIT_SECONDS,
                  NULL, NULL, "How long the last commit of the counts took."),
        AGGREGATE(QF_METRIC_CELLS, "qf_cells", NULL, QF_GAUGE, QF_UNIT_NONE, "单元格", "cells",
                  "Running counts kept."),
        AGGREGATE(QF_METRIC_ACTIVITIES, "qf_activities", NULL, QF_GAUGE, QF_UNIT_NONE, NULL, NULL,
                  "Records of activities kept, withdrawn ones among them."),
        REPORT(QF_METRIC_SHOWN_POSITION, "qf_report_position", NULL, QF_GAUGE, QF_UNIT_NONE, "显示到",
               "shown to record", "Record that the totals shown are true at."),
        REPORT(QF_METRIC_DATA_AGE, "qf_data_age_seconds", NULL, QF_GAUGE, QF_UNIT_SECONDS, "数据新旧",
               "age of the numbers", "Since the totals shown were all of the journal, by ingest's clock."),
        REPORT(QF_METRIC_LINK_AGE, "qf_report_silent_seconds", NULL, QF_GAUGE, QF_UNIT_SECONDS, NULL, NULL,
               "Since reporting last heard from aggregation, which speaks each second."),
        REPORT(QF_METRIC_HEALTHY, "qf_healthy", NULL, QF_GAUGE, QF_UNIT_NONE, NULL, NULL,
               "1: /healthz says 200."),
        REPORT(QF_METRIC_SUBSCRIBERS, "qf_report_subscribers", NULL, QF_GAUGE, QF_UNIT_NONE, "订阅者",
               "subscribers", "Subscriptions to live totals."),
        REPORT(QF_METRIC_QUERIES, "qf_report_queries_total", NULL, QF_COUNTER, QF_UNIT_NONE, "查询",
               "queries", "Queries answered since reporting started."),
        REPORT(QF_METRIC_QUESTIONS_OPEN, "qf_report_questions", NULL, QF_GAUGE, QF_UNIT_NONE, NULL, NULL,
               "Questions that wait: for a version, or for aggregation."),
        REPORT(QF_METRIC_READ_CONNECTIONS, "qf_connections", "daemon=\"report\"", QF_GAUGE, QF_UNIT_NONE,
               "连接", "connections", "Connections by ZeroMQ, over TCP and over files."),
        REPORT(QF_METRIC_READ_DROPPED, "qf_report_dropped_total", NULL, QF_COUNTER, QF_UNIT_NONE, NULL, NULL,
               "Messages of readers dropped since they had no identity or were malformed."),
        REPORT(QF_METRIC_TABLE_BYTES, "qf_report_table_bytes", NULL, QF_GAUGE, QF_UNIT_BYTES, NULL, NULL,
               "Memory of the table of activities."),
        REPORT(QF_METRIC_HTTP_CONNECTIONS, "qf_http_connections", NULL, QF_GAUGE, QF_UNIT_NONE, "HTTP 连接",
               "http connections", "Connections by HTTP."),
        REPORT(QF_METRIC_HTTP_2XX, answered, "status=\"2xx\"", QF_COUNTER, QF_UNIT_NONE, NULL, NULL,
               answered_help),
        REPORT(QF_METRIC_HTTP_3XX, answered, "status=\"3xx\"", QF_COUNTER, QF_UNIT_NONE, NULL, NULL,
               answered_help),
        REPORT(QF_METRIC_HTTP_4XX, answered, "status=\"4xx\"", QF_COUNTER, QF_UNIT_NONE, NULL, NULL,
               answered_help),
        REPORT(QF_METRIC_HTTP_5XX, answered, "status=\"5xx\"", QF_COUNTER, QF_UNIT_NONE, NULL, NULL,
               answered_help),
        REPORT(QF_METRIC_HTTP_SLOW, "qf_http_slow_total", NULL, QF_COUNTER, QF_UNIT_NONE, NULL, NULL,
               "Connections closed since no whole request came in time."),
        REPORT(QF_METRIC_HTTP_WATCHERS, "qf_http_watchers", NULL, QF_GAUGE, QF_UNIT_NONE, "看板观看者",
               "watchers of the board", "Connections that the board is pushed to."),
};

const struct qf_metric_row *qf_metric_row(uint32_t number)
{
        return number < QF_METRIC_END && rows[number].name ? &rows[number] : NULL;
}

void qf_metric_name(const struct qf_metric_row *row, char *ret_text, size_t room)
{
        (void)snprintf(ret_text, room, "%s%s%s%s", row->name, row->label ? "{" : "",
                       row->label ? row->label : "", row->label ? "}" : "");
}

/* --- making ------------------------------------------------------------------ */

static void add(struct qf_metrics *metrics, enum qf_metric number, uint32_t of, int64_t value)
{
        QF_ASSERT(metrics->count < QF_METRICS_MAX);
        metrics->number[metrics->count] = number;
        metrics->of[metrics->count] = of;
        metrics->value[metrics->count++] = value;
}

void qf_metrics_add(struct qf_metrics *metrics, enum qf_metric number, int64_t value)
{
        add(metrics, number, 0, value);
}

int qf_metrics_begin_source(struct qf_metrics *metrics, struct qf_view name)
{
        if (metrics->sources_count == QF_METRICS_SOURCES_MAX)
                return 1;
        metrics->source[metrics->sources_count++] = name;
        return 0;
}

void qf_metrics_add_of(struct qf_metrics *metrics, enum qf_metric number, int64_t value)
{
        add(metrics, number, metrics->sources_count, value);
}

/* --- on the wire --------------------------------------------------------------- */

struct held {
        uint32_t number_count, value_count, of_count, source_count;
        const uint32_t *number, *of;
        const int64_t *value;
        const struct qf_view *source;
};

static const struct qf_field fields[] = {
        QF_MANY_AT(struct held, number, number_count, uint32_t, QF_METRICS_MAX),
        QF_MANY_AT(struct held, value, value_count, int64_t, QF_METRICS_MAX),
        QF_MANY_AT(struct held, of, of_count, uint32_t, QF_METRICS_MAX),
        QF_MANY_VIEWS_AT(struct held, source, source_count, QF_METRICS_SOURCES_MAX, QF_CODE_BYTES_MAX),
};
const struct qf_layout qf_metrics_layout = {&qf__metrics__descriptor, QF_FIELDS(fields), QF_PLAIN};

int qf_metrics_encode(const struct qf_metrics *metrics, struct qf_buffer *buffer)
{
        const struct held held = {
                .number_count = metrics->count,
                .value_count = metrics->count,
                .of_count = metrics->count,
                .source_count = metrics->sources_count,
                .number = metrics->number,
                .of = metrics->of,
                .value = metrics->value,
                .source = metrics->source,
        };

        return qf_layout_encode(&qf_metrics_layout, &held, buffer);
}

int qf_metrics_decode(struct qf_arena *arena, struct qf_view bytes, struct qf_metrics *ret_metrics,
                      struct qf_wire_fault *ret_fault)
{
        struct held held = {0};
        int r = qf_layout_decode(arena, &qf_metrics_layout, bytes, &held, ret_fault);

        if (r != 0)
                return r;
        if (held.value_count != held.number_count || held.of_count != held.number_count)
                return qf_wire_refuse(ret_fault, "columns of different lengths", held.number_count);
        for (uint32_t i = 0; i < held.number_count; i++)
                if (held.of[i] > held.source_count)
                        return qf_wire_refuse(ret_fault, "a source that is not there", held.of[i]);
        ret_metrics->count = held.number_count;
        ret_metrics->sources_count = held.source_count;
        if (held.number_count) {
                memcpy(ret_metrics->number, held.number, held.number_count * sizeof *held.number);
                memcpy(ret_metrics->of, held.of, held.number_count * sizeof *held.of);
                memcpy(ret_metrics->value, held.value, held.number_count * sizeof *held.value);
        }
        if (held.source_count)
                memcpy(ret_metrics->source, held.source, held.source_count * sizeof *held.source);
        return 0;
}
