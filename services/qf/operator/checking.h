/* DIR/counts.checking: an audit found damage. While it is there aggregation says
 * "being checked" with every pulse, so that nobody takes the numbers for sound. It
 * holds the outboxes whose receipts are not of the journal, a path in each line: an
 * audit that does not compare with them sees nothing of it. */
#pragma once

#include "qf/cli/cli.h"

/* What a Pulse or a status says besides, in the language in use so far as it is known there; of NULL "". */
const char *qf_standstill_text(const struct qf_cli *cli, const char *say);
/* The same when it is that the numbers are being checked; NULL otherwise. */
const char *qf_checking_text(const struct qf_cli *cli, const char *say);
void qf_checking_mark(struct qf_cli *cli, struct qf_view outboxes);
/* Those of the mark that stands, appended; nothing where there is none. 0, or 1: it cannot be read,
 * which is said. */
QF_CHECK int qf_checking_outboxes(struct qf_cli *cli, struct qf_buffer *ret_outboxes);
void qf_checking_unmark(struct qf_cli *cli);
