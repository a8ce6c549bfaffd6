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

/* Bytes of a file of an edition, or of the data as it was frozen, from ask->offset on, into data; with them size, next
 * and digest. Of data whole lines, from the beginning of one on. What there is not is answered with code and say. */
QF_CHECK int qf_answer_edition(const struct qf_counting *counting, const struct qf_from_reader *ask,
                               struct qf_to_reader *answer, struct qf_buffer *data);
