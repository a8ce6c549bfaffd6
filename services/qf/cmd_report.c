/* Why: the one table of reports; a report is one file report_<name>.c and one row here. */
#include <string.h>

#include "qf/cli.h"
#include "qf/reports.h"

static const struct qf_command reports[] = {
        {"year", "年度报告的句子和表", "the sentence of the year's report, and its table", qf_report_year},
        {"scorecard", "成绩单：年度句子、“三率”、直播", "the year's sentence, its rates, its broadcasts",
         qf_report_scorecard},
        {"completeness", "报送完整性：谁报了、谁没报、申报与实计",
         "cover sheets: who sent one, and what differs from the counts", qf_report_completeness},
        {"oversight", "监督看板：检查点、问题、逾期",
         "the board of oversight: checkpoints, findings, what is overdue", qf_report_oversight},
};

enum { REPORTS = sizeof(reports) / sizeof(reports[0]) };

int qf_cmd_report(struct qf_cli *cli, int argc, char **argv)
{
        static const struct qf_usage usage = {
                .arguments = "year|scorecard|completeness|oversight",
                .arguments_min = 1,
                .arguments_max = 1,
                .local = true,
                .zh = "选项：qf report year --help",
                .en = "Options: qf report year --help",
        };
        int count;
        for (size_t i = 0; argc && i < REPORTS; i++)
                if (!strcmp(argv[0], reports[i].name))
                        return reports[i].run(cli, argc - 1, argv + 1);
        if (qf_cli_parse(cli, &usage, NULL, argc, argv, &count))
                return cli->exit_code;
        return qf_cli_misused(cli, "没有“%s”这种报告；有 %s。", "there is no report \"%s\"; there is %s.",
                              argv[0], usage.arguments);
}
