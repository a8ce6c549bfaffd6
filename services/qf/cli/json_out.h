/* JSON on standard output, a line each. */
#pragma once

#include "base/error.h"
#include "qf/cli/cli.h"
#include "views/json.h"

/* Prints a line and lets go of it. NULL (no memory to make it) is -ENOMEM; -EIO. */
QF_CHECK int qf_json_print(json_t *line);
/* The same for what a command says last: QF_EXIT_DONE, or it says what broke and gives that exit code. */
int qf_json_say(struct qf_cli *cli, json_t *line);
