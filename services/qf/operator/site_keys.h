/* The keys of a site: the server's and the office's. */
#pragma once

#include "qf/cli/cli.h"

/* Makes NAME.secret (0600) in the folder when it is not there, and NAME.public from it. One that is there is never
 * overwritten. 0 or 1. */
QF_CHECK int qf_site_key(struct qf_cli *cli, const char *folder, const char *name);
