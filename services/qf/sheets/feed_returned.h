/* The file of returned rows beside the input: its columns, and what to mend. */
#pragma once

#include "base/error.h"
#include "qf/sheets/feed_grid.h"
#include "qf/sheets/feed_map.h"
#include "client/feed_notes.h"

/* 活动.csv or 活动.xlsx → 活动_退回.csv; in English x.csv → x.returned.csv. Caller frees. */
QF_CHECK int qf_returned_path(const char *input, bool chinese, char **ret_path);
/* Writes header and all rows that a note returns, in the order of the file; whole or not at all. */
QF_CHECK int qf_returned_write(const char *path, bool chinese, const struct qf_grid *grid,
                               const struct qf_binding *binding, const struct qf_notes_list *here,
                               const struct qf_notes_list *server);
