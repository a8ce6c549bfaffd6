/* The page of the year's report: its sentence, and the years it is made of. */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "qf/reports/page.h"
#include "views/year_report.h"

enum { QF_YEARS_MAX = 200 };

struct qf_years { /* years[i] is first + i */
        uint32_t first, count;
        struct qf_counts at[QF_YEARS_MAX];
};

/* The range, the year and its base into the report. False: too large. */
bool qf_years_sum(const struct qf_years *years, struct qf_year_report *report);

/* The table of the years, with its columns, onto an empty page. */
void qf_year_put(const struct qf_years *years, const struct qf_year_report *report, struct qf_page *page);

struct qf_year_page {
        FILE *to;
        const struct qf_years *years;
        const struct qf_year_report *report;
        uint64_t version;
        enum qf_form form;
        const char *below;     /* lines under the table; NULL: none */
        const char *next;      /* a command, for the terminal alone; NULL: none */
        const char *more_name; /* a member of the JSON; more NULL: none */
        json_t *more;
};

/* The programme is for labels; figures are rounded as the report says. QF_EXIT_DONE, or what broke was said. */
int qf_year_print(struct qf_cli *cli, const struct qf_programme *programme, const struct qf_year_page *of);
