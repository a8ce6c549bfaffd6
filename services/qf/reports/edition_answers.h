/* A published edition answers as reporting does of now, so that one report is written once: the records of a declared
 * kind, sums of one of its measures by a dimension, and activities by month or by one dimension. Pure. */
#pragma once

#include "base/arena.h"
#include "programme/programme.h"
#include "wire/totals_messages.h"

/* data: of one edition or of several that do not overlap (edition_read.h). The answer lives in the arena and in data.
 * Positive 1: what is asked crosses two dimensions, and is in no edition. -ENOMEM: also above the arena's cap. */
QF_CHECK int qf_edition_answer(const struct qf_programme *programme, struct qf_view data,
                               const struct qf_from_reader *query, struct qf_arena *arena,
                               struct qf_to_reader *ret_answer);
/* The dimension and the member that where narrows to; "total" and "all" where it is empty. False: it is of several. */
bool qf_edition_chosen(const struct qf_view *where, uint32_t count, struct qf_view *ret_dimension,
                       struct qf_view *ret_member);
