/* The commands of qf, in the order of its help. */
#pragma once

#include "qf/cli/cli.h"

const struct qf_command *qf_commands(size_t *ret_count);
