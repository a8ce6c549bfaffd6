/* The year's report of a published edition, and the published figure beside the live one. */
#pragma once

#include "programme/editions.h"
#include "qf/cli/asking.h"
#include "qf/reports/reports.h"
#include "qf/reports/year_print.h"

/* Prints it, or writes a file: what was kept of it as it is, else made of the edition's data, and kept when the
 * office writes it. Exit code. */
int qf_year_of_edition(struct qf_cli *cli, struct qf_report_years *options, struct qf_years *years,
                       enum qf_form form);

struct qf_year_published {
        char text[512]; /* lines; empty: nothing is published of these years */
        char next[128]; /* the command that tells more; empty: nothing changed since */
        json_t *json;   /* NULL likewise */
};
/* What the last edition of the range of years says. 0 or 1. */
QF_CHECK int qf_year_beside(struct qf_cli *cli, struct qf_asking *asking,
                            const struct qf_programme *programme, const struct qf_report_years *options,
                            const struct qf_year_report *report, struct qf_year_published *ret_published);
