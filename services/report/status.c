/* Facts as one flat object, with aggregation's own under "aggregate", and the figures of all. */
#include "report/status.h"

#include <errno.h>
#include <stdlib.h>

#include <jansson.h>

int qf_report_status_print(const struct qf_report_facts *facts, struct qf_view aggregate,
                           struct qf_buffer *json)
{
        json_t *theirs = aggregate.len ? json_loadb(aggregate.at, aggregate.len, 0, NULL) : NULL;
        json_t *waiting = theirs ? json_object_get(theirs, "waiting") : NULL;
        json_t *object = json_pack(
                "{s:s, s:I, s:I, s:I, s:I, s:b, s:b, s:b, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:O?, s:O?}",
                "release", QF_VERSION, "version", (json_int_t)facts->version, "journal_last",
                (json_int_t)facts->journal_last, "complete_at_ms", (json_int_t)facts->complete_at_ms,
                "silent_ms", (json_int_t)facts->silent_ms, "catching_up", facts->catching_up, "stopped",
                facts->stopped, "training", facts->training, "say", facts->say, "cells",
                (json_int_t)facts->cells, "rows", (json_int_t)facts->rows, "table_bytes",
                (json_int_t)facts->table_bytes, "subscribers", (json_int_t)facts->subscribers, "queries",
                (json_int_t)facts->queries, "registers", (json_int_t)facts->registers, "dropped",
                (json_int_t)facts->dropped, "put_off", (json_int_t)facts->put_off, "waiting", waiting,
                "aggregate", theirs);
        int r = object ? qf_measured_json(facts->measured, facts->all_sources, facts->source, object)
                       : -ENOMEM;
        char *text = r == 0 ? json_dumps(object, JSON_COMPACT) : NULL;
        r = text ? qf_buffer_append(json, text, strlen(text)) : -ENOMEM;

        free(text);
        json_decref(object);
        json_decref(theirs);
        return r;
}
