/* When to commit. At once when nothing more waits, so that a single event is seen
 * without delay; but committing may take at most half of the time, and a fifth of
 * it when much arrives or waits: the dearer commits are, the larger they get. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct qf_pace {
        int64_t commit_ms;           /* least age of a group while records keep coming */
        int64_t begun_ns;            /* first record of the open group */
        int64_t ended_ns, lasted_ns; /* of the last commit */
        bool busy;                   /* events came by the twenty in a millisecond, or more */
};

/* When the open group is to be committed, in the clock's nanoseconds; drained: nothing more waits to be read. */
int64_t qf_pace_due(const struct qf_pace *pace, bool drained);
/* events: in the group that was committed. */
void qf_pace_committed(struct qf_pace *pace, int64_t began_ns, int64_t ended_ns, uint64_t events);
