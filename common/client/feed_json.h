/* A line of JSON → an event. Names of fields are those of the .proto; a field that
 * is a dimension's code holds its member, or a list of them. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "model/event.h"
#include "programme/programme.h"
#include "client/feed_notes.h"

enum { QF_JSON_VALUES_MAX = 256 };

struct json_t;

struct qf_json_event { /* views live until the deinit */
        struct json_t *json;
        struct qf_event event;
        struct qf_words words;
        uint32_t values_count;
        struct qf_pair values[QF_JSON_VALUES_MAX];
        struct qf_note note; /* why it is returned */
};

/* programme NULL: names go as they are, and ingest judges. Positive 1: returned, with the note (line not set). */
QF_CHECK int qf_json_event_read(struct qf_view line, const struct qf_programme *programme,
                                struct qf_json_event *ret_event);
void qf_json_event_deinit(struct qf_json_event *event);
