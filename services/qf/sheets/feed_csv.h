/* Text whose cells are divided by commas, semicolons or tabs → a grid. */
#pragma once

#include <stdio.h>

#include "base/bytes.h"
#include "base/error.h"
#include "qf/sheets/feed_grid.h"

enum qf_csv_outcome {
        QF_CSV_TOO_LARGE = 1, /* beyond the bounds of feed_grid.h */
        QF_CSV_QUOTE = 2,     /* a quote that nothing closes would swallow all lines behind it */
};

/* Divides clean UTF-8 (feed_encoding.h) by whichever of , ; tab the first lines have most of. ret_line: of that quote. */
QF_CHECK int qf_csv_read(struct qf_view text, struct qf_grid **ret_grid, uint32_t *ret_line);

/* One cell, quoted; first: no divider before it. Errors stay with the stream. */
void qf_csv_write(FILE *to, struct qf_view cell, bool first);
