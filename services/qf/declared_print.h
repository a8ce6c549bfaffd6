/* Answers about declared kinds, as tables and as JSON. Exit codes. */
#pragma once

#include "model/kinds.h"
#include "qf/cli.h"
#include "wire/totals_messages.h"

/* spec NULL: a kind that only the server knows: codes instead of labels. */
int qf_declared_totals(struct qf_cli *cli, const struct qf_kind_spec *spec,
                       const struct qf_to_reader *answer);
int qf_declared_list(struct qf_cli *cli, const struct qf_kind_spec *spec, const struct qf_to_reader *answer);
