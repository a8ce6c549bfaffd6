/* When to show what was applied, and when to commit it. Shown at once when nothing
 * more waits, so that a single event is seen without delay; but noting the place for
 * it may take at most half of the time, and a fifth of it when much arrives. Committed
 * when nothing comes for a moment, or when a group gets old: the more a group has, the
 * less each event costs, and nobody waits for it. While more waits than can be read,
 * what is shown follows what commits cost: telling of many cells costs too. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct qf_pace_step { /* the last of its kind */
        int64_t ended_ns, lasted_ns;
};

struct qf_pace {
        int64_t commit_ms;  /* least age of what is not shown while records keep coming */
        int64_t group_ns;   /* first record of the open group */
        int64_t unshown_ns; /* first record that is not shown */
        int64_t heard_ns;   /* last record */
        struct qf_pace_step committing, showing;
        uint64_t events; /* applied when something was shown last */
        bool busy;       /* events came by the twenty in a millisecond, or more */
};

enum qf_pace_what { QF_PACE_WAIT, QF_PACE_SHOW, QF_PACE_COMMIT };

/* Of an open group: what to do now, and in the clock's nanoseconds when to ask again. drained: nothing more waits to be
 * read; hidden: some of it is not shown. */
enum qf_pace_what qf_pace_next(const struct qf_pace *pace, bool drained, bool hidden, int64_t now_ns,
                               int64_t *ret_again_ns);
/* A record comes while all is committed, or shown. */
void qf_pace_hear(struct qf_pace *pace, bool settled, bool shown, int64_t now_ns);
/* A commit shows, too. events: all that were applied so far. */
void qf_pace_did(struct qf_pace *pace, enum qf_pace_what what, int64_t began_ns, int64_t ended_ns,
                 uint64_t events);
