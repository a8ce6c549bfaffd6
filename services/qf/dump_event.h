/* Events of the journal as JSON objects: field names as in proto/, codes for
 * what has a code, only what was stated. */
#pragma once

#include <jansson.h>

#include "model/event.h"
#include "store/record.h"

/* NULL: no memory. */
json_t *qf_dump_event(const struct qf_batch *batch, const struct qf_event *event);
const char *qf_dump_kind(uint8_t kind);
json_t *qf_dump_hex(const uint8_t *bytes, size_t len); /* NULL: no memory */
