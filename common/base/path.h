/* The names of what lies beside a directory. */
#pragma once

#include <limits.h>

#include "base/error.h"

/* The directory, without slashes at its end, followed by the suffix: ".new" names what lies beside it, "/data.mdb" what
 * lies in it. ret_path has PATH_MAX bytes. -ENAMETOOLONG. */
QF_CHECK int qf_path_beside(const char *directory, const char *suffix, char ret_path[PATH_MAX]);
