/* What the daemons measure of themselves, declared once: /metrics, `qf status` and
 * the alerts are made of this table, and a new metric is one row of it. Ingest's
 * travel in its Beat, aggregation hands them on in its Pulse with its own, and
 * reporting shows all. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "wire/body.h"

/* Numbers on the wire: never given to something else. */
enum qf_metric {
        /* ingest */
        QF_METRIC_JOURNAL_POSITION = 1,
        QF_METRIC_JOURNAL_EVENTS = 2,
        QF_METRIC_JOURNAL_USED = 3,
        QF_METRIC_JOURNAL_MAP = 4,
        QF_METRIC_JOURNAL_READERS = 5,
        QF_METRIC_JOURNAL_DISK_FREE = 6,
        QF_METRIC_JOURNAL_DISK_FLOOR = 7,
        QF_METRIC_OLDEST_UNSYNCED = 8,
        QF_METRIC_INGEST_COMMIT = 9,
        QF_METRIC_ACCEPTED = 10, /* in the order of enum qf_verdict_class */
        QF_METRIC_LATE = 11,
        QF_METRIC_DUPLICATE = 12,
        QF_METRIC_QUARANTINED = 13,
        QF_METRIC_REJECTED = 14,
        QF_METRIC_REFUSED_MALFORMED = 15, /* in the order of enum qf_refusal */
        QF_METRIC_REFUSED_NOT_ALLOWED = 16,
        QF_METRIC_REFUSED_FENCED = 17,
        QF_METRIC_REFUSED_CLONED = 18,
        QF_METRIC_REFUSED_SEALED = 19,
        QF_METRIC_REFUSED_GAP = 20,
        QF_METRIC_REFUSED_FORKED = 21,
        QF_METRIC_REFUSED_BUSY = 22,
        QF_METRIC_REFUSED_VERSION = 23,
        QF_METRIC_KEYS_REFUSED = 24,
        QF_METRIC_INGEST_MESSAGES = 25,
        QF_METRIC_INGEST_DROPPED = 26,
        QF_METRIC_PUT_OFF = 27,
        QF_METRIC_CONSUMERS = 28,
        QF_METRIC_OUTBOXES = 29,
        QF_METRIC_GAPS = 30,
        QF_METRIC_BACKUP_POSITION = 31,
        QF_METRIC_INGEST_DESCRIPTORS = 32,
        QF_METRIC_INGEST_MEMORY = 33,
        QF_METRIC_INGEST_STARTED = 34,
        /* ingest, of each source */
        QF_METRIC_SOURCE_LAST_EVENT = 35,
        QF_METRIC_SOURCE_EVENTS = 36,
        QF_METRIC_SOURCE_SKEW = 37,
        QF_METRIC_SOURCE_GAPS = 38,
        /* aggregation */
        QF_METRIC_COUNTED_POSITION = 39,
        QF_METRIC_COUNTING_LAG = 40,
        QF_METRIC_BEAT_AGE = 41,
        QF_METRIC_COUNTING_STOPPED = 42,
        QF_METRIC_COUNTS_USED = 43,
        QF_METRIC_COUNTS_MAP = 44,
        QF_METRIC_COUNTS_READERS = 45,
        QF_METRIC_COUNTS_DISK_FREE = 46,
        QF_METRIC_COUNTS_DISK_FLOOR = 47,
        QF_METRIC_COUNTING_COMMIT = 48,
        QF_METRIC_CELLS = 49,
        QF_METRIC_ACTIVITIES = 50,
        QF_METRIC_AGGREGATE_DESCRIPTORS = 51,
        QF_METRIC_AGGREGATE_MEMORY = 52,
        QF_METRIC_AGGREGATE_STARTED = 53,
        /* reporting: they never travel */
        QF_METRIC_SHOWN_POSITION = 54,
        QF_METRIC_DATA_AGE = 55,
        QF_METRIC_LINK_AGE = 56,
        QF_METRIC_HEALTHY = 57,
        QF_METRIC_SUBSCRIBERS = 58,
        QF_METRIC_QUERIES = 59,
        QF_METRIC_QUESTIONS_OPEN = 60,
        QF_METRIC_READ_DROPPED = 61,
        QF_METRIC_TABLE_BYTES = 62,
        QF_METRIC_HTTP_CONNECTIONS = 63,
        QF_METRIC_HTTP_2XX = 64,
        QF_METRIC_HTTP_3XX = 65,
        QF_METRIC_HTTP_4XX = 66,
        QF_METRIC_HTTP_5XX = 67,
        QF_METRIC_HTTP_SLOW = 68,
        QF_METRIC_REPORT_DESCRIPTORS = 69,
        QF_METRIC_REPORT_MEMORY = 70,
        QF_METRIC_REPORT_STARTED = 71,
        QF_METRIC_INGEST_CONNECTIONS = 72,
        QF_METRIC_READ_CONNECTIONS = 73,
        QF_METRIC_HTTP_WATCHERS = 74,
        QF_METRIC_REFUSED_ANOTHERS = 75,
        QF_METRIC_END
};

enum qf_metric_kind { QF_GAUGE, QF_COUNTER };
enum qf_metric_unit {
        QF_UNIT_NONE,
        QF_UNIT_BYTES,
        QF_UNIT_SECONDS, /* held in milliseconds, printed in seconds */
        QF_UNIT_TIME,    /* the same, since 1970 */
};
enum qf_metric_from { QF_FROM_INGEST, QF_FROM_AGGREGATE, QF_FROM_REPORT };

struct qf_metric_row {
        const char *name;  /* as Prometheus has it, with its unit */
        const char *label; /* "class=\"late\""; NULL: none */
        const char *help;
        const char *zh, *en; /* what qf status calls it; NULL: it does not show it */
        enum qf_metric_kind kind;
        enum qf_metric_unit unit;
        enum qf_metric_from from;
        bool of_sources; /* one for each source */
};

/* NULL: no such number. */
const struct qf_metric_row *qf_metric_row(uint32_t number);
/* The name with its label: "qf_ingest_verdicts_total{class=\"late\"}". */
void qf_metric_name(const struct qf_metric_row *row, char *ret_text, size_t room);

enum {
        QF_METRICS_SOURCES_MAX = 400, /* in one message: with more, they take turns */
        QF_METRICS_OF_SOURCE = 4,
        QF_METRICS_MAX = QF_METRIC_END + QF_METRICS_SOURCES_MAX * QF_METRICS_OF_SOURCE,
        QF_METRICS_BYTES_MAX = 64 * 1024,
};

struct qf_metrics { /* zero-initialised is empty; as on the wire */
        uint32_t count, sources_count;
        uint32_t number[QF_METRICS_MAX], of[QF_METRICS_MAX]; /* of 0: the daemon; i: source[i - 1] */
        int64_t value[QF_METRICS_MAX];
        struct qf_view source[QF_METRICS_SOURCES_MAX];
};

void qf_metrics_add(struct qf_metrics *metrics, enum qf_metric number, int64_t value);
/* The source that what follows is of, by qf_metrics_add_of. Positive 1: there are as many as fit. */
QF_CHECK int qf_metrics_begin_source(struct qf_metrics *metrics, struct qf_view name);
void qf_metrics_add_of(struct qf_metrics *metrics, enum qf_metric number, int64_t value);

/* Appends the message. -ENOMEM. */
QF_CHECK int qf_metrics_encode(const struct qf_metrics *metrics, struct qf_buffer *buffer);
/* 0, or positive 1 with *ret_fault. Views into bytes. */
QF_CHECK int qf_metrics_decode(struct qf_arena *arena, struct qf_view bytes, struct qf_metrics *ret_metrics,
                               struct qf_wire_fault *ret_fault);
