/* Runs systemctl, and what else an installation needs to be run. */
#pragma once

#include "qf/cli/cli.h"
#include "qf/operator/instance.h"

enum { QF_UNITS_MOST = 4 };

/* Runs a program to its end; argv ends with NULL. 0, or 1 after saying that the services did not do it. */
QF_CHECK int qf_systemctl(struct qf_cli *cli, const char *const argv[]);
/* systemctl WORD [WORD] with units of this instance, "qf-ingest.service" say; NULL: no more. 0 or 1. */
QF_CHECK int qf_systemctl_units(struct qf_cli *cli, const struct qf_instance *instance,
                                const char *const words[2], const char *const units[QF_UNITS_MOST]);
