/* A clerk's file of any kind → a grid: text in its encoding, or a workbook. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "qf/sheets/feed_encoding.h"
#include "qf/sheets/feed_grid.h"

enum qf_sheet_outcome {
        QF_SHEET_ENCODING = 1, /* E001: text in no encoding that is known, or no text */
        QF_SHEET_OLD = 2,      /* E004: .xls, or a workbook with a password */
        QF_SHEET_OTHER =
                3, /* E004: a web page, PDF, OpenDocument or another archive, whatever its name ends with */
        QF_SHEET_DAMAGED = 4,   /* E005 */
        QF_SHEET_TOO_LARGE = 5, /* E006 */
        QF_SHEET_NO_SUCH = 6,   /* E007: others has the names of all sheets */
        QF_SHEET_QUOTE = 7,     /* E008: in line */
        QF_SHEET_LINES = 8,     /* E009: lines of JSON */
};

struct qf_sheet {
        struct qf_grid *grid;
        enum qf_encoding encoding;
        bool workbook; /* it has sheets to choose from */
        uint32_t line;
        struct qf_buffer others; /* names of sheets that were not read, with 、 between */
};

/* What it is tell its bytes, never its name. name: which sheet of a workbook; NULL: the first. What ret_sheet holds is
 * released by qf_sheet_deinit, whatever the outcome. */
QF_CHECK int qf_sheet_read(struct qf_view bytes, const char *name, struct qf_sheet *ret_sheet);
void qf_sheet_deinit(struct qf_sheet *sheet);
