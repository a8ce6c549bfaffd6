/* Answers of queries as tables to download, with names instead of codes. */
#pragma once

#include "views/answer_form.h"

/* Appends rows from the one on, at most so many: with the first the head, with the last the total (a list has none). What is
 * not known is an empty cell, what may not be combined "—"; a ratio has a column for k and one for n; several members in
 * one cell are parted by "、". A table of totals needs its spec. -ENOMEM. */
QF_CHECK int qf_answer_csv(const struct qf_answer_form *form, uint32_t from, uint32_t most,
                           struct qf_buffer *file);
