/* What each source may do, as a mark that changes with it: so that the logbook gets
 * a line for each key that comes or goes, whoever said so; and for each period that
 * is closed or reopened, each edition that is published. */
#pragma once

#include <stdint.h>

#include "ingest/group.h"
#include "programme/programme.h"
#include "service/logbook.h"

struct qf_marks { /* zero-initialised: of no programme */
        uint64_t position;
        uint32_t count;
        uint64_t *of; /* by ref - 1 */
};

/* Compares with what stood when it was last called; a first call only looks. book may be NULL. -ENOMEM. */
QF_CHECK int qf_marks_look(struct qf_marks *marks, const struct qf_programme *programme,
                           struct qf_logbook *book);
/* What the journal is at the start: another life is a restore. */
void qf_marks_journal(const struct qf_journal_state *state, struct qf_logbook *book);
void qf_marks_deinit(struct qf_marks *marks);
