/* The figures of a status, as the answer of reporting has them, in lines for people. */
#pragma once

#include <jansson.h>

#include "qf/cli/cli.h"
#include "wire/metrics.h"

/* Those of one daemon that the table gives words to. */
void qf_status_print_figures(const struct qf_cli *cli, const json_t *facts, enum qf_metric_from from);
/* A line for each source; now_ms: the clock that "ago" is said by. */
void qf_status_print_sources(const struct qf_cli *cli, const json_t *facts, int64_t now_ms);
