/* The journal without its oldest records, which an archive has: made beside it and
 * put in its place, so that whatever dies meanwhile leaves the one or the other whole.
 * All other tables (heads, history, outboxes and their runs, registers) stay: judging
 * needs no record that is older than they are. Nobody may have the directory open. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/so_far.h"

enum qf_trim_outcome {
        QF_TRIM_IN_USE = 1,  /* qf-ingest runs */
        QF_TRIM_MISSING = 2, /* there is no journal, or it can't be read */
        QF_TRIM_NOTHING = 3, /* nothing kept is that old; or all would go */
        QF_TRIM_ARCHIVE = 4, /* that is no backup of this journal */
        QF_TRIM_DAMAGED = 5, /* the archive is not what was written: about.why */
        QF_TRIM_SHORT = 6,   /* the archive reaches only to about.archived */
        QF_TRIM_BEHIND = 7,  /* a backup on the list reaches only to about.kept */
        QF_TRIM_FULL = 8,    /* no room */
        QF_TRIM_BEFORE = 9,  /* neither a position nor a date */
};

enum { QF_TRIM_WHY = 160 };

struct qf_trim_about {
        uint64_t first;    /* that was kept until now */
        uint64_t through;  /* the last record that goes */
        uint64_t last;     /* of the journal, with the anchor when it was trimmed */
        uint64_t archived; /* last record of the archive */
        uint64_t kept;     /* that every backup has */
        char why[QF_TRIM_WHY];
};

struct qf_trim_wanted {
        const char *directory, *archive, *before, *reason;
        bool cut;
        const struct qf_so_far *so_far; /* told of records of the archive; NULL: not wanted */
};

/* before: a position, or a date yyyy-mm-dd in the programme's time: what is older goes. The archive is read whole and
 * compared with the journal first. cut false: no more than that. What stood there is kept as DIRECTORY.set-aside. */
QF_CHECK int qf_trim(const struct qf_trim_wanted *wanted, int64_t now_ms, struct qf_trim_about *ret_about);
