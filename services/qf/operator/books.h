/* The daemons' logbooks beside --dir, and what the last start says in them. */
#pragma once

#include <limits.h>

#include "qf/cli/cli.h"

enum { QF_DAEMONS = 4, QF_RELEASE_BYTES = 32 };
extern const char *const qf_daemons[QF_DAEMONS]; /* "ingest" … */

/* Where a daemon of cli->dir writes its own: beside the logs of a trial, with each daemon of an installation. False: it has
 * none there. */
bool qf_book_path(const struct qf_cli *cli, const char *daemon, char ret_path[PATH_MAX]);

/* The version that the book's last start is of. False: it was stopped since, or nothing tells. */
bool qf_book_started(const char *path, char ret_release[QF_RELEASE_BYTES]);
