/* Whether counts can be trusted: what the process before died of. */
#pragma once

#include <stdbool.h>

#include "base/crash_note.h"
#include "base/error.h"

/* Opens the note beside the directory and watches this process. *ret_distrusted: the last one crashed while it read or
 * wrote the counts, which is logged. -errno. */
QF_CHECK int qf_doubt_open(const char *directory, struct qf_crash_note **ret_note, bool *ret_distrusted);
