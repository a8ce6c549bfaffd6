/* What stands, told to the one who says something else: a figure of its own record. */
#pragma once

#include "ingest/group.h"
#include "model/event.h"
#include "model/statement.h"

struct qf_standing_texts { /* of a detail */
        char before[24], now[24];
};

/* Of a create in conflict with the live head of its key: the first figure that differs; of a replace that is taken: the
 * first that only grows by its kind, and is less now. Then *ret_detail names it, with what is said (got) and what stood
 * (near; empty: not stated), in the texts. Nothing is told where there is none, or what stood is not to be read
 * (trimmed, or of the open record). 0 or negative. */
QF_CHECK int qf_standing_tell(struct qf_group *group, const struct qf_head *head,
                              const struct qf_event *event, const struct qf_judgement *judgement,
                              struct qf_standing_texts *texts, struct qf_detail *ret_detail);
