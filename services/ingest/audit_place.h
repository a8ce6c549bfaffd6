/* Where an audit makes the tables again: in a folder of its own, so that two at once, the weekly one and an operator's,
 * are not in each other's way. */
#pragma once

#include <limits.h>

#include "base/error.h"

struct qf_audit_place {
        char folder[PATH_MAX], tables[PATH_MAX]; /* SCRATCH.1, .2 …; in it: not there yet */
        int lock;
};

/* Takes the first place beside scratch that no other audit has, and removes what killed ones left in theirs. -errno;
 * -EBUSY: so many audits go on that there is no place. */
QF_CHECK int qf_audit_place_take(const char *scratch, struct qf_audit_place *ret_place);
/* Removes it with all that is in it. -errno: something stays, and is removed by the next audit. */
QF_CHECK int qf_audit_place_leave(struct qf_audit_place *place);
