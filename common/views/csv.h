/* Tables that are handed on as CSV: with a BOM, or Excel garbles Chinese, and
 * without cells that a spreadsheet would run. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

/* Whether a spreadsheet would take a text for a formula. */
bool qf_csv_is_formula(struct qf_view text);
/* All append; -ENOMEM. */
QF_CHECK int qf_csv_begin(struct qf_buffer *file); /* the BOM */
/* One cell, quoted where needed; first: of its line. A text that would be a formula gets a ' before it. */
QF_CHECK int qf_csv_text(struct qf_buffer *file, struct qf_view cell, bool first);
QF_CHECK int qf_csv_number(struct qf_buffer *file, int64_t value);
QF_CHECK int qf_csv_end_line(struct qf_buffer *file);
