/* Why: the one table of reports; a report is one file report_<name>.c and one row here. */
#include <stdio.h>
#include <string.h>

#include "qf/cli/cli.h"
#include "qf/reports/reports.h"

static const struct qf_command reports[] = {
        {"year", "年度报告的句子和表", "the sentence of the year's report, and its table", qf_report_year},
        {"scorecard", "成绩单：年度句子、“三率”、直播", "the year's sentence, its rates, its broadcasts",
         qf_report_scorecard},
        {"completeness", "报送完整性：谁报了、谁没报、申报与实计",
         "cover sheets: who sent one, and what differs from the counts", qf_report_completeness},
        {"oversight", "监督看板：检查点、问题、逾期",
         "the board of oversight: checkpoints, findings, what is overdue", qf_report_oversight},
        {"months", "逐月对比：同比、较基年", "by month against the year before and a base year",
         qf_report_months},
        {"matrix", "单位×方式×内容矩阵和空白", "organisation × mode × content, with its gaps",
         qf_report_matrix},
        {"joint", "联办率、伙伴主办率、方式数，逐年",
         "joint-delivery and partner-led rates, and modes, by year", qf_report_joint},
        {"modes", "每个单位每年用过几种方式", "how many different modes each organisation used in a year",
         qf_report_modes},
        {"broadcasts", "直播：每场都超过多少人次，哪一场没有",
         "broadcasts: is each above so many views, and which is not", qf_report_broadcasts},
        {"agreements", "联动协议：有效的、将到期的", "agreements: in force, about to end",
         qf_report_agreements},
        {"five-co", "五共矩阵：约了的、做了的、约而未动的", "partner × five co-: promised, done, idle",
         qf_report_five_co},
        {"partners", "各类单位：登记的、有协议的、办过活动的",
         "kinds of partners: registered, with an agreement, active", qf_report_partners},
        {"sites", "研学点：活动、研学人次，静默的", "sites: activities, visits, and those that are silent",
         qf_report_sites},
        {"site-categories", "各类研学点", "categories of sites", qf_report_site_categories},
        {"site-works", "阵地建设：每年开工、完工、在建", "works at sites: begun, done and under way by year",
         qf_report_site_works},
        {"plan", "任务分解：目标、实际、完成率、进展",
         "the plan: task areas, initiatives, targets, what was reached", qf_report_plan},
        {"findings", "问题和整改：销号率、天数、逾期", "findings of a cohort: closed, days to close, overdue",
         qf_report_findings},
        {"quality", "数据质量：人次不详、离群、迟报、待核",
         "quality of the data: not known, outliers, late, quarantined", qf_report_quality},
};

enum { REPORTS = sizeof(reports) / sizeof(reports[0]), HELP_BYTES = 4096 };

/* One to a line, for help. */
static void list_reports(bool chinese, char *text, size_t room)
{
        size_t len = (size_t)snprintf(text, room,
                                      chinese ? "报告（选项：qf report year --help）：\n"
                                              : "Reports (options: qf report year --help):\n");
        for (size_t i = 0; i < REPORTS && len < room; i++)
                len += (size_t)snprintf(text + len, room - len, "  %-15s %s\n", reports[i].name,
                                        chinese ? reports[i].zh : reports[i].en);
}

int qf_cmd_report(struct qf_cli *cli, int argc, char **argv)
{
        char zh[HELP_BYTES], en[HELP_BYTES];
        const struct qf_usage usage = {
                .arguments = "REPORT",
                .arguments_min = 1,
                .arguments_max = 1,
                .local = true,
                .zh = zh,
                .en = en,
        };
        int count;
        for (size_t i = 0; argc && i < REPORTS; i++)
                if (!strcmp(argv[0], reports[i].name))
                        return reports[i].run(cli, argc - 1, argv + 1);
        list_reports(true, zh, sizeof(zh));
        list_reports(false, en, sizeof(en));
        if (qf_cli_parse(cli, &usage, NULL, argc, argv, &count))
                return cli->exit_code;
        return qf_cli_misused(cli, "没有“%s”这种报告。\n%s", "there is no report \"%s\".\n%s", argv[0],
                              cli->chinese ? zh : en);
}
