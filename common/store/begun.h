/* Something was begun in DIRECTORY: noted beside it, so that it is known where a disk is not mounted there, or somebody
 * took away what was there. Otherwise whoever opens it begins an empty one in its place. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

#define QF_BEGUN_MARK ".begun"
/* What qf redact makes, and then what stood there: for qf_directory_forget. */
#define QF_REDACT_LEFT ".redacted"

QF_CHECK int qf_begun_note(const char *directory);
/* It was, and has no data file now. */
bool qf_begun_is_gone(const char *directory);
/* DIRECTORY is not there and DIRECTORY.redacted is, whole: whoever opens would make an empty journal in its place, and then
 * remove the only one without the text. */
bool qf_redact_unfinished(const char *directory);
