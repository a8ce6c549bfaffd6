/* The columns of a ledger: those of the clerks' template that the programme has,
 * and its other dimensions. */
#pragma once

#include "qf/reading/ledger.h"

enum { QF_LEDGER_COLUMNS_MAX = 64 };

struct qf_ledger_column {
        enum qf_field field;
        struct qf_view dimension; /* code */
        struct qf_view header;
};

/* Returns how many. */
uint32_t qf_ledger_columns(const struct qf_programme *programme, bool chinese,
                           struct qf_ledger_column columns[QF_LEDGER_COLUMNS_MAX]);
/* An organisation by code or name. 0 or 1. */
QF_CHECK int qf_ledger_org(struct qf_cli *cli, const struct qf_programme *programme, const char *name,
                           uint32_t *ret_member);
