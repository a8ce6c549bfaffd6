/* Help, printed from a command's table in the reader's language. */
#pragma once

#include <stdio.h>

#include "qf/cli/cli.h"

/* called: "qf key new". */
void qf_help_print(const struct qf_cli *cli, const struct qf_command *command, const char *called, FILE *to);
/* What stands above a part; NULL: nothing. */
const struct qf_heading *qf_help_heading(const struct qf_command *command, const struct qf_command *part);
/* Names of the parts of a command, parted by ", ". Returns ret_text. */
char *qf_help_parts(const struct qf_command *command, char *ret_text, size_t room);
