/* What stands, told to the one who says something else: a figure of its own record. */
#pragma once

#include "ingest/group.h"
#include "model/event.h"
#include "model/verdict.h"

enum { QF_STANDING_TEXT = 24 };

struct qf_standing_detail {
        struct qf_detail detail; /* its texts lie in the two below */
        char before[QF_STANDING_TEXT], now[QF_STANDING_TEXT];
};

/* The first figure in which an event differs from the live head of its key; fallen: the first that only grows by its
 * kind and is less now. detail.got is what is said, detail.near what stands; empty: not stated. QF_STORE_NONE: there is
 * none, or what stands is not to be read (trimmed, or of this very group). Negative. */
QF_CHECK int qf_standing_tell(struct qf_group *group, const struct qf_head *head,
                              const struct qf_event *event, bool fallen,
                              struct qf_standing_detail *ret_detail);
