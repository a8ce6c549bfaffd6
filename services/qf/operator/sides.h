/* Both doors of the service, asked how they are: qf status and qf doctor. "0 or 1" as in cli.h. */
#pragma once

#include <jansson.h>

#include "qf/cli/cli.h"

struct qf_side {       /* one daemon, as it looks from here */
        int exit_code; /* QF_EXIT_DONE, _AWAY or _REFUSED; _OTHER: it answers, and something is wrong */
        json_t *facts; /* what it said; NULL: nothing. The caller's */
};

/* A Hello to ingest, which changes nothing, and a question to reporting; each is waited for some seconds. 0, or 1: there
 * is no key to ask with. */
QF_CHECK int qf_sides_ask(struct qf_cli *cli, struct qf_side *ret_ingest, struct qf_side *ret_report);
