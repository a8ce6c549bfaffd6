/* Events of the journal as JSON objects: field names as in proto/, codes for
 * what has a code, only what was stated. */
#pragma once

#include <jansson.h>

#include "model/event.h"
#include "model/verdict.h"

/* NULL: no memory. */
json_t *qf_event_json(const struct qf_batch *batch, const struct qf_event *event);
json_t *qf_words_json(uint8_t bits); /* ["title", "note"] of 1 << enum qf_words_part; NULL: no memory */
const char *qf_event_kind_code(uint8_t kind);
json_t *qf_hex_json(const uint8_t *bytes, size_t len); /* NULL: no memory */
/* The event's code as text; NULL: none. Static. */
const char *qf_verdict_code_name(struct qf_verdict verdict);

/* An event of the journal with where it lies, who said it and what it was answered: a line of `qf journal dump`, of
 * `qf history --json` and of a query for what was said. */
struct qf_event_line {
        uint64_t position, number;
        uint32_t entry, index;
        int64_t received_at_ms;
        struct qf_view source, partner, outbox; /* outbox: its id; empty: not known here */
        struct qf_verdict verdict;
};
/* NULL: no memory. */
json_t *qf_event_line_json(const struct qf_event_line *line, const struct qf_batch *batch,
                           const struct qf_event *event);
