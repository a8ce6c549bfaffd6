/* DIR/counts.checking: an audit found damage. While it is there aggregation says
 * "being checked" with every pulse, so that nobody takes the numbers for sound. */
#pragma once

#include "qf/cli/cli.h"

/* What a Pulse or a status says besides, in the language in use so far as it is known there; of NULL "". */
const char *qf_standstill_text(const struct qf_cli *cli, const char *say);
/* The same when it is that the numbers are being checked; NULL otherwise. */
const char *qf_checking_text(const struct qf_cli *cli, const char *say);
void qf_checking_mark(struct qf_cli *cli);
void qf_checking_unmark(struct qf_cli *cli);
