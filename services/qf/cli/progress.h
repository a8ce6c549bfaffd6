/* A line on standard error that says how far a long command is: only on a terminal, never with --json. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/so_far.h"
#include "qf/cli/cli.h"

struct qf_progress {
        struct qf_cli *cli;
        const char *doing, *unit; /* "backing up", "records" */
        uint64_t from;            /* where it began, of a first call */
        const char *then; /* what goes on when all is done; NULL: nothing. Set after qf_progress_begin */
        int64_t began_ms, shown_ms;
        bool terminal, begun, shown, hears; /* hears: SIGINT, while shown */
};

/* Also not on a terminal that takes no control sequences (TERM=dumb). Ctrl-C, where it ends qf, takes the line away first.
 * From now on journal readers, programs that work for qf, and qf_progress_at tell how far they are; errors that are said
 * clear the line first. progress lives until qf_progress_end. doing and unit in the language in use. */
void qf_progress_begin(struct qf_progress *progress, struct qf_cli *cli, const char *doing, const char *unit);
/* all 0: not known. progress may be NULL. Few calls print anything. */
void qf_progress_at(struct qf_progress *progress, uint64_t done, uint64_t all);
/* Says at once, until the next call, what goes on where nobody tells how far it is. */
void qf_progress_still(struct qf_progress *progress, const char *doing);
void qf_progress_clear(struct qf_progress *progress);
void qf_progress_end(struct qf_progress *progress);
/* For what tells how far it is: ctx is the progress. */
struct qf_so_far qf_progress_so_far(struct qf_progress *progress);

/* Pure: the line, without its end, at most columns wide: what there is room for. elapsed_ms: since it was at from. */
struct qf_progress_figures {
        bool chinese;
        const char *doing, *unit;
        uint64_t from, done, all;
        int64_t elapsed_ms;
        uint32_t columns;
};
enum { QF_PROGRESS_BYTES = 1024 };
char *qf_progress_text(const struct qf_progress_figures *figures, char ret_text[QF_PROGRESS_BYTES]);
