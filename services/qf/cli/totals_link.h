/* Aggregation's totals, beside the daemons: for commands that check what reporting
 * shows against where it comes from. */
#pragma once

#include "qf/cli/cli.h"

QF_CHECK int qf_totals_connect(struct qf_cli *cli, struct qf_socket **ret_socket); /* 0 or 1 */
