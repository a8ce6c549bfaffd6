/* W220: the file's own totals held against what became of its rows. */
#pragma once

#include "base/error.h"
#include "client/feed_notes.h"
#include "qf/sheets/feed_rows.h"
#include "qf/feeding/feed_tally.h"

struct qf_control_check {
        const struct qf_rows *rows;
        const struct qf_feed_tally *tally;
        const struct qf_notes_list *returned[2]; /* with notes of rows that came back; NULL: none */
        bool chinese;
};

/* Adds a note for each total that is not met; it names the lines that do not count. ret_text keeps their words. */
QF_CHECK int qf_control_check(const struct qf_control_check *check, struct qf_notes_list *notes,
                              struct qf_buffer *ret_text);
