/* Running qf-ingest's tools (services/ingest/tool.h) in a process of their own and
 * hearing what they say. "0 or 1" as in cli.h. */
#pragma once

#include <jansson.h>

#include "qf/cli.h"

/* One line that was heard; 0, or negative to hear no more. */
typedef int (*qf_ingest_heard)(void *ctx, const json_t *line);

/* argv: the tool's words, NULL-terminated, without the program. *ret_status: as waitpid gave it. 0 or 1. */
QF_CHECK int qf_ingest_run(struct qf_cli *cli, const char *const *words, qf_ingest_heard heard, void *ctx,
                           int *ret_status);
