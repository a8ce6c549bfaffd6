/* What the journal says of editions, done to the counts. */
#pragma once

#include "aggregate/counting.h"

/* The close of a period: the edition is what stands now, in the middle of a group. -EBADMSG, -ENOMEM, -EOVERFLOW. */
QF_CHECK int qf_counting_freeze(struct qf_counting *counting, const struct qf_event *event);
/* A part of a file of an edition. */
QF_CHECK int qf_counting_part(struct qf_counting *counting, const struct qf_event *event);
