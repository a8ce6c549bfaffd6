/* What one source sends, copied into a file as it came, for a while: to see what a
 * partner's client really says. Asked for by whoever may write beside the journal,
 * `qf tap`, by a mark DIRECTORY.tap that holds "SOURCE SECONDS\n"; gone, the tap ends, and
 * another in its place is another tap, with a file of its own.
 *
 *     DIRECTORY.tapped    {"qf_tap": 1, "source", "life"}
 *                         {"ms": since it began, "user": source and mark of its key, "frame": hex} …
 *                         {"end": frames, "why": asked, time, full, stopped, cannot be written, or no such source}
 *
 * Frames are what came out of the encrypted connection: no key is in it, but all that the partner reports. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/error.h"
#include "programme/programme.h"
#include "service/logbook.h"
#include "store/journal_tables.h"

enum { QF_TAP_BYTES_MAX = 64 * 1024 * 1024, QF_TAP_SECONDS_MAX = 60 * 60, QF_TAP_SOURCE = 33 };

struct qf_tap { /* zero-initialised: nothing is tapped */
        FILE *file;
        struct stat mark; /* by which it was asked for */
        char source[QF_TAP_SOURCE];
        int64_t began_ms, ends_ms;
        uint64_t frames, bytes;
};

/* Each second: begins and ends what is asked for, by the clock that only goes forward. Of a source that the programme
 * does not have it ends as it begins. */
void qf_tap_look(struct qf_tap *tap, const char *directory, const struct qf_programme *programme,
                 const struct qf_journal_state *state, struct qf_logbook *book, int64_t mono_ms);
/* A frame that came in: copied when it is of the source that is tapped. */
void qf_tap_note(struct qf_tap *tap, struct qf_view user, struct qf_view frame, int64_t mono_ms);
/* Ends it; the mark is left, so that a restart goes on with a new file. */
void qf_tap_close(struct qf_tap *tap);
