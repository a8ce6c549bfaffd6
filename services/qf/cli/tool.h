/* Running what qf-ingest (services/ingest/tool.h) and qf-aggregate do for qf, in a
 * process of their own, and hearing what they say. "0 or 1" as in cli.h. */
#pragma once

#include <jansson.h>

#include "qf/cli/cli.h"

/* One line that was heard; 0, or negative to hear no more. */
typedef int (*qf_tool_heard)(void *ctx, const json_t *line);

/* argv: the program and its words, NULL-terminated. *ret_status: as waitpid gave it. 0 or 1. */
QF_CHECK int qf_tool_run(struct qf_cli *cli, const char *const *argv, qf_tool_heard heard, void *ctx,
                         int *ret_status);
/* Counts an archive up to a position ("0": all of it) into counts.checkpoint of cli->dir. 0 or 1. */
QF_CHECK int qf_tool_checkpoint(struct qf_cli *cli, const char *archive, const char *through);
