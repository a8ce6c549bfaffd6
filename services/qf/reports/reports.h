/* The reports of `qf report`: each asks reporting, hands the rows to a pure
 * function in a file of its own, and prints. cmd_report.c has the table. */
#pragma once

#include "qf/cli/asking.h"
#include "qf/reports/hand_on.h"
#include "views/listed.h"
#include "views/year_report.h"
#include "views/completeness.h"

extern const struct qf_command qf_report_year;
extern const struct qf_command qf_report_scorecard;
extern const struct qf_command qf_report_completeness;
extern const struct qf_command qf_report_oversight;
extern const struct qf_command qf_report_months;
extern const struct qf_command qf_report_matrix;
extern const struct qf_command qf_report_joint;
extern const struct qf_command qf_report_modes;
extern const struct qf_command qf_report_broadcasts;
extern const struct qf_command qf_report_agreements;
extern const struct qf_command qf_report_five_co;
extern const struct qf_command qf_report_partners;
extern const struct qf_command qf_report_quality;
extern const struct qf_command qf_report_plan;
extern const struct qf_command qf_report_findings;
extern const struct qf_command qf_report_sites;
extern const struct qf_command qf_report_site_categories;
extern const struct qf_command qf_report_site_works;

struct qf_report_years {
        uint64_t year, base, from; /* 0: base the year before, from the year itself */
        struct qf_list where;
        uint64_t edition; /* 0: of now */
        bool csv;
        const char *org; /* of it and those below it; NULL: of all */
        char org_where[QF_CODE_BYTES_MAX + 8], org_scope[QF_HANDED_BYTES];
        struct qf_handing handing;
};

/* The year's figures, and the position of the journal that they are of; the views in ret_report are the programme's.
 * 0 or 1. */
QF_CHECK int qf_report_years_ask(struct qf_cli *cli, struct qf_asking *asking,
                                 const struct qf_programme *programme, struct qf_report_years *options,
                                 struct qf_year_report *ret_report, uint64_t *ret_version);

/* --org into --where and the words of the report; not an organisation: said. 0 or 1. */
QF_CHECK int qf_report_years_of_org(struct qf_cli *cli, const struct qf_programme *programme,
                                    struct qf_report_years *options);

/* The published figure is of activities in person: where the programme tells channels apart and the question does
 * not, those. Their label goes into the sentence; untouched where none is chosen. */
void qf_report_choose_channel(const struct qf_cli *cli, const struct qf_programme *programme,
                              struct qf_list *where, struct qf_view *ret_label);

/* The records of query.kind, "activity" or a kind of the table, as the query narrows them: each row has a figure for each of the
 * kind's. 0 or 1. */
QF_CHECK int qf_report_list(struct qf_cli *cli, struct qf_asking *asking, struct qf_from_reader query,
                            struct qf_to_reader *ret_answer);
int qf_report_not_understood(struct qf_cli *cli);
/* --org: the organisation that a report is of; NULL: of all. 0 or 1. */
QF_CHECK int qf_report_whose(struct qf_cli *cli, const struct qf_programme *programme, const char *org,
                             struct qf_view *ret_org);
/* Says so below the table. */
void qf_report_remark_restricted(struct qf_page *page);

/* Who was to send a cover sheet for a month of these days and did not: told one by one, by organisation and month; what
 * they point to lives until the call returns. At most ten years. 0 or 1. */
QF_CHECK int qf_report_missing(struct qf_cli *cli, const struct qf_programme *programme, uint32_t first_day,
                               uint32_t last_day, void (*missing)(void *ctx, const struct qf_cover *cover),
                               void *ctx);
