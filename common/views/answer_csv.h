/* Answers of queries as tables to download, with names instead of codes. */
#pragma once

#include "model/kinds.h"
#include "programme/programme.h"
#include "wire/totals_messages.h"

/* Each appends a file; names_on as in qf_listed_names_on. -ENOMEM. What is not known is an empty cell, what may not be combined "—". */
QF_CHECK int qf_answer_counts_csv(bool chinese, const struct qf_programme *programme,
                                  const struct qf_to_reader *answer, uint32_t names_on,
                                  struct qf_buffer *file);
/* Of a declared kind; a ratio has a column for k and one for n. */
QF_CHECK int qf_answer_totals_csv(bool chinese, const struct qf_programme *programme,
                                  const struct qf_kind_spec *spec, const struct qf_to_reader *answer,
                                  uint32_t names_on, struct qf_buffer *file);
/* Records, a line each; several members in one cell are parted by "、". spec NULL: activities. */
QF_CHECK int qf_answer_list_csv(bool chinese, const struct qf_programme *programme,
                                const struct qf_kind_spec *spec, const struct qf_to_reader *answer,
                                uint32_t names_on, struct qf_buffer *file);
