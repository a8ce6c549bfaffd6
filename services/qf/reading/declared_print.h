/* Answers about declared kinds, as tables and as JSON. Exit codes. */
#pragma once

#include "model/kinds.h"
#include "programme/programme.h"
#include "qf/cli/cli.h"
#include "wire/totals_messages.h"

/* Whether rows and total hold so many figures for each measure: what is printed relies on it. */
bool qf_declared_fits(const struct qf_to_reader *answer, uint32_t per_measure);
/* What is to be said below it, a line each; list: of records one by one. */
void qf_declared_notes(const struct qf_cli *cli, const struct qf_programme *programme,
                       const struct qf_to_reader *answer, bool list);
/* spec NULL: a kind that only the server knows: codes instead of labels. */
int qf_declared_totals(struct qf_cli *cli, const struct qf_kind_spec *spec, const struct qf_to_reader *answer,
                       bool csv);
int qf_declared_list(struct qf_cli *cli, const struct qf_kind_spec *spec, const struct qf_to_reader *answer,
                     bool csv);
/* Totals of activities. */
int qf_declared_counts_csv(struct qf_cli *cli, const struct qf_to_reader *answer);
