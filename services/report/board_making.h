/* A view of the board while it is made: all that its panels ask is asked at one moment, as of which it is answered, a slice
 * at a time; then the panels are made of the answers, one after the other. */
#pragma once

#include "report/board.h"

struct qf_report;
struct qf_board_making;

extern const struct qf_live_calls qf_board_calls; /* ctx is to be set to the report */

/* Memory for the answers of one view; a variable, so that tests can have little. */
extern size_t qf_board_answer_bytes;

QF_CHECK int qf_board_making_new(struct qf_report *report, struct qf_board_making **ret_making);
/* NULL is a no-op; returns NULL. */
struct qf_board_making *qf_board_making_free(struct qf_board_making *making);
/* As qf_underway_changes, for the questions of the view. */
void qf_board_changes(struct qf_board_making *making, uint64_t stamp, enum qf_query_of of, uint32_t number);
