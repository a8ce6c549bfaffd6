/* Why: the one table of reports; a report is one file report_<name>.c and one name here. */
#include "qf/reports/reports.h"

const struct qf_command qf_cmd_report = {
        .name = "report",
        .zh = "报告：年度句子、成绩单、报送完整性、监督看板",
        .en = "reports: the year's sentence, scorecard, completeness, oversight",
        .parts =
                (const struct qf_command *const[]){
                        &qf_report_year, &qf_report_scorecard, &qf_report_completeness, &qf_report_oversight,
                        &qf_report_months, &qf_report_matrix, &qf_report_joint, &qf_report_modes,
                        &qf_report_broadcasts, &qf_report_agreements, &qf_report_five_co, &qf_report_partners,
                        &qf_report_sites, &qf_report_site_categories, &qf_report_site_works, &qf_report_plan,
                        &qf_report_findings, &qf_report_quality, NULL},
};
