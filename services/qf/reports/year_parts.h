/* The editions that years are printed from: one whose period covers them all, or
 * several that lie side by side, months, quarters or years of them. */
#pragma once

#include "programme/editions.h"
#include "qf/reports/edition_read.h"

enum { QF_YEAR_PARTS_MAX = 240 };

struct qf_year_parts {
        uint32_t count;                                 /* 0: none cover all of it */
        const struct qf_edition *at[QF_YEAR_PARTS_MAX]; /* by month; the programme's */
        uint64_t closed[QF_YEAR_PARTS_MAX];             /* where in the journal, once their data is fetched */
        bool restricted; /* lines are left out that this reader may not see; likewise */
};

/* Published, of everything, from the first month to the last (yyyymm). One alone is edition `number` of the shortest
 * period that covers them; of several each is its edition `number`, or the last before that one where it has no such.
 * number 0: the last of each. */
void qf_year_parts_find(const struct qf_programme *programme, uint32_t first, uint32_t last, uint32_t number,
                        struct qf_year_parts *ret_parts);
/* The data of all of them, the last part first: so its settings and names are those that are found. 0 or 1. */
QF_CHECK int qf_year_parts_fetch(struct qf_cli *cli, struct qf_asking *asking, struct qf_year_parts *parts,
                                 struct qf_buffer *ret_data);
/* Whether what is known to the year only is in none of them. */
bool qf_year_parts_cut(const struct qf_year_parts *parts);
