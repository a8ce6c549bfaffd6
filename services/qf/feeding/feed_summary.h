/* What feed prints at the end: messages, the sums whose parts add up, remarks. */
#pragma once

#include "qf/sheets/feed_rows.h"
#include "qf/feeding/feed_tally.h"

enum {                    /* lists of messages, in the order in which they are said */
       QF_REPORT_FILE,    /* of the file as a whole */
       QF_REPORT_HERE,    /* found before sending */
       QF_REPORT_SERVER,  /* what the server returned */
       QF_REPORT_CLOSING, /* after the sums */
       QF_REPORT_LISTS,
};

struct qf_feed_report {
        const struct qf_feed_tally *tally;
        const struct qf_notes_list *notes[QF_REPORT_LISTS]; /* NULL: none */
        uint32_t hashed, identical;
        const char *returned_path; /* the file of returned rows; NULL: none */
        bool returned_beside;      /* an earlier one says otherwise, and was left as it is */
        bool dry_run;
        int64_t fed_before_ms; /* the file was fed before, and not again now; 0: it was not */
        const char *unit_zh, *unit_en, *unit_en_one; /* 行, rows, row */
};

/* Prints to stdout: text, or one JSON object with --json. */
QF_CHECK int qf_feed_report_print(const struct qf_cli *cli, const struct qf_feed_report *report);
