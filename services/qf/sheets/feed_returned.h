/* The file of returned rows beside the input: its columns, and what to mend. */
#pragma once

#include "base/error.h"
#include "qf/sheets/feed_grid.h"
#include "qf/sheets/feed_map.h"
#include "client/feed_notes.h"

struct qf_returned {
        const char *input; /* the path of the file that was fed */
        bool chinese;
        const struct qf_grid *grid;
        const struct qf_map *map;
        const struct qf_binding *binding;
        const struct qf_notes_list *here, *server; /* why; NULL: none */
};

/* Writes header and all rows that a note returns, in the order of the file, whole or not at all, beside the input: 活动.csv or
 * 活动.xlsx → 活动_退回.csv, in English x.csv → x.returned.csv. A file of that name is never written over, since somebody may
 * have mended it: where it says the same it is the one, else the first of 活动_退回2.csv and so on that says the same or is
 * not there. ret_path: which it is, or would have been, on failure; the caller frees it. ret_beside: others stood there, and were left. */
QF_CHECK int qf_returned_write(const struct qf_returned *returned, char **ret_path, bool *ret_beside);
