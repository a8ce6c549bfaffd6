/* One sheet of a workbook (.xlsx, .xlsm) → a grid: values as people see them,
 * of formulas the results that the spreadsheet kept. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "qf/sheets/feed_grid.h"

enum qf_xlsx_outcome {
        QF_XLSX_DAMAGED = 1,   /* no zip archive, or a part that can't be read */
        QF_XLSX_OTHER = 2,     /* a zip archive of something else */
        QF_XLSX_TOO_LARGE = 3, /* beyond the bounds of feed_zip.h or feed_grid.h */
        QF_XLSX_NO_SHEET = 4,  /* none of that name; ret_others has all */
};

/* sheet: its name, or else its place from 1; NULL: the first that is not hidden. ret_others: names of the sheets that
 * were not read and are not hidden, each behind "、". */
QF_CHECK int qf_xlsx_read(struct qf_view bytes, const char *sheet, struct qf_grid **ret_grid,
                          struct qf_buffer *ret_others);
