/* qf programme show: the registers in words, as JSON, or as a map. */
#pragma once

#include "qf/cli/cli.h"

int qf_programme_show(struct qf_cli *cli, int argc, char **argv);
