/* What stands, told to the one who says something else: a figure of its own record. */
#pragma once

#include "ingest/group.h"
#include "model/event.h"
#include "model/statement.h"

struct qf_standing_texts { /* of a detail */
        char before[24], now[24];
};

struct qf_lookback; /* the record that was looked at last, and how much may still be read in this group */

QF_CHECK int qf_lookback_new(struct qf_lookback **ret_lookback);
struct qf_lookback *qf_lookback_free(struct qf_lookback *lookback);
void qf_lookback_settle(struct qf_lookback *lookback); /* a group ended, whichever way */

/* What stood before an event of the batch that is judged: of a create in conflict with the live head of its key, the first
 * figure that differs; of a replace that is taken, the first that only grows by its kind, and is less now. Then *ret_detail
 * names it, with what is said (got) and what stood (near; empty: not stated), in the texts. Nothing is told where there is
 * none, where what stood is not to be read (trimmed, damaged, of another batch of the open group, no memory), and when all
 * was read for this group that may be. */
void qf_standing_tell(struct qf_lookback *lookback, struct qf_group *group, const struct qf_head *head,
                      const struct qf_batch *judged, const struct qf_event *event,
                      const struct qf_judgement *judgement, struct qf_standing_texts *texts,
                      struct qf_detail *ret_detail);
