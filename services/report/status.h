/* What reporting says of itself and, when it answered, of aggregation: JSON. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "report/measured.h"

struct qf_report_facts {
        uint64_t version, journal_last;
        int64_t complete_at_ms, silent_ms;
        bool catching_up, stopped, training;
        const char *say;
        uint64_t cells, rows, table_bytes, subscribers, queries, registers, dropped, put_off;
        const struct qf_measured *measured;
        bool all_sources; /* else only the one that asks: */
        struct qf_view source;
};

/* aggregate: the JSON that aggregation answered; empty: it did not. Appends an object. -ENOMEM. */
QF_CHECK int qf_report_status_print(const struct qf_report_facts *facts, struct qf_view aggregate,
                                    struct qf_buffer *json);
