/* Manual pages, made of the tables of the commands: qf(1), and one for each command, qf-feed(1). */
#pragma once

#include <stdio.h>

#include "qf/cli/cli.h"

/* A page in roff, in the language of cli. qf: the whole; command: one of its parts, or qf itself. */
void qf_man_print(const struct qf_cli *cli, const struct qf_command *qf, const struct qf_command *command,
                  FILE *to);
