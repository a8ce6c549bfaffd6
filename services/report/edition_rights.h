/* Who may read what of an edition: its lines by the rights of their organisations,
 * as cells and statements are read live; files that were printed from it, whole
 * as they are, by who may read all of its scope. Pure. */
#pragma once

#include "report/rights.h"
#include "wire/totals_messages.h"

/* A question for the data, which is cut by lines, and not for a printed file. */
bool qf_edition_is_lines(const struct qf_from_reader *ask);
bool qf_edition_may_ask(const struct qf_rights *rights, const struct qf_from_reader *ask);
/* Appends the lines that may be read; what is no line of an edition is left out. *ret_hidden: some were. -ENOMEM. */
QF_CHECK int qf_edition_sift(const struct qf_rights *rights, struct qf_view data, struct qf_buffer *ret_data,
                             bool *ret_hidden);
