/* Who may read what of an edition: all of it who may read all of its scope, in all
 * of its months; others its lines by the rights of their organisations, as cells
 * and statements are read live, and no file that was printed from it. Pure. */
#pragma once

#include "report/rights.h"
#include "wire/totals_messages.h"

enum qf_edition_sight { QF_EDITION_HIDDEN, QF_EDITION_BY_LINES, QF_EDITION_WHOLE };
enum qf_edition_sight qf_edition_sight(const struct qf_rights *rights, const struct qf_from_reader *ask);
/* Appends the lines that may be read of an edition of this scope (empty: everything); what is no line of an edition is
 * left out. *ret_hidden: some were. -ENOMEM. */
QF_CHECK int qf_edition_sift(const struct qf_rights *rights, struct qf_view scope, struct qf_view data,
                             struct qf_buffer *ret_data, bool *ret_hidden);
