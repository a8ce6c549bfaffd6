/* Views of text, and counts, as JSON: for `qf --json` and for HTTP alike. */
#pragma once

#include <jansson.h>

#include "base/bytes.h"
#include "base/error.h"
#include "model/cell.h"

json_t *qf_json_text(struct qf_view text); /* NULL: no memory */
json_t *qf_json_texts(const struct qf_view *texts, uint32_t count);
/* Adds the five counts by their codes. */
void qf_json_put_counts(json_t *object, const struct qf_counts *counts);
/* Appends it on one line and lets go of it; what HTML would take for a tag is escaped, wherever it may be pasted.
 * NULL (no memory to make it) is -ENOMEM. */
QF_CHECK int qf_json_append(json_t *json, struct qf_buffer *text);
