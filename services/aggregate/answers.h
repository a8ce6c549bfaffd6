/* Queries that aggregation answers, for reporting to pass on: its state, and the
 * ticks that wait for their activity. */
#pragma once

#include "aggregate/publish.h"

/* Appends JSON: {"version", "journal_last", "cells", …}. */
QF_CHECK int qf_answer_status(const struct qf_counting *counting, const struct qf_publish_facts *facts,
                              uint32_t subscribers, struct qf_buffer *json);
/* Appends JSON: {"waiting": all there are, "rows": [{"partner", "key", "why", "ticks", "events"}, …]} of at most
 * limit (0: 200; most 500) rows, in key order. */
QF_CHECK int qf_answer_waiting(const struct qf_counting *counting, uint32_t limit, struct qf_buffer *json);
