/* Something was begun in DIRECTORY: noted beside it, so that it is known where a disk is not mounted there, or somebody
 * took away what was there. Otherwise whoever opens it begins an empty one in its place. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

#define QF_BEGUN_MARK ".begun"

QF_CHECK int qf_begun_note(const char *directory);
/* It was, and has no data file now. */
bool qf_begun_is_gone(const char *directory);
