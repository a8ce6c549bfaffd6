/* Why: the one table of commands; a command is one file cmd_<name>.c and one row here. */
#include "qf/commands.h"

static const struct qf_command commands[] = {
        {"up", "在一个目录里启动全部服务（试用、演示）",
         "start all daemons in one directory (trials, the demo)", qf_cmd_up},
        {"init", "在装好软件包的机器上：做密钥，启动服务",
         "on an installed machine: make keys, start the services", qf_cmd_init},
        {"programme", "装载、检查、查看统计方案", "load, check and show the programme", qf_cmd_programme},
        {"feed", "报送一个文件，或从标准输入逐行报送", "feed a file, or lines of JSON from standard input",
         qf_cmd_feed},
        {"template", "打印一张空白的填报表", "print an empty sheet for clerks", qf_cmd_template},
        {"ledger", "一个单位现有的活动台账，改了可以直接报",
         "the activities of an organisation as they stand, to correct and feed", qf_cmd_ledger},
        {"history", "一个编号下报过的每一条，和它的裁决",
         "everything that was said of a key, with its verdict", qf_cmd_history},
        {"reconcile", "一个文件与现有的活动逐行核对",
         "hold a file against the activities that stand, row by row", qf_cmd_reconcile},
        {"fold", "把签到表折成人次，姓名和手机号不出本机",
         "make counts of a list of sign-ins; names stay here", qf_cmd_fold},
        {"totals", "查询合计", "ask for totals", qf_cmd_totals},
        {"list", "逐条列出某类事项", "the statements of a kind one by one", qf_cmd_list},
        {"claim", "核对“每一条都超过”这样的说法", "check a claim about every record of a kind", qf_cmd_claim},
        {"kinds", "有哪些事项、指标，怎样才能相加", "kinds, their measures, and what may be added",
         qf_cmd_kinds},
        {"watch", "实时查看合计", "see totals move", qf_cmd_watch},
        {"report", "报告：年度句子、成绩单、报送完整性、监督看板",
         "reports: the year's sentence, scorecard, completeness, oversight", qf_cmd_report},
        {"status", "各服务的状态，该做什么", "how the daemons are, and what to do", qf_cmd_status},
        {"key", "制作、登记、列出、吊销密钥", "make, register, list and revoke keys", qf_cmd_key},
        {"token", "给看网页和指标的人或程序一个令牌", "a token for who reads by HTTP", qf_cmd_token},
        {"verify", "按日志重算，与在用的数核对", "recount the journal and compare with the counts",
         qf_cmd_verify},
        {"rebuild", "按日志重建全部计数", "make the counts anew from the journal", qf_cmd_rebuild},
        {"audit", "核查日志与计数，逐条逐行", "check journal and counts, every record and row", qf_cmd_audit},
        {"backup", "备份日志（服务照常运行）", "back the journal up while everything runs", qf_cmd_backup},
        {"restore", "从备份恢复日志，或承认被拷贝回来的日志",
         "restore the journal from a backup, or adopt one that was copied back", qf_cmd_restore},
        {"tap", "记录一个数据源送来的帧，查它的程序", "copy what a source sends, to debug its program",
         qf_cmd_tap},
        {"replay", "把记录的帧送到试验服务", "send what was copied to a test service", qf_cmd_replay},
        {"trim", "把早先的记录移出日志（已在档案里）",
         "take old records, which an archive has, out of the journal", qf_cmd_trim},
        {"export", "把整个日志导出成逐行的 JSON", "print the whole journal as lines of JSON", qf_cmd_export},
        {"import", "把导出的文件变成一份备份", "make a backup of what export printed", qf_cmd_import},
        {"logbook", "谁进来过、谁被拒、哪些密钥变了", "who came in, who was refused, which keys changed",
         qf_cmd_logbook},
        {"gaps", "声明遗失的编号", "numbers that were declared lost", qf_cmd_gaps},
        {"clock", "承认时钟比日志慢是对的", "accept that the clock is behind the journal", qf_cmd_clock},
        {"journal", "打印日志", "dump the journal", qf_cmd_journal},
};

const struct qf_command *qf_commands(size_t *ret_count)
{
        *ret_count = sizeof(commands) / sizeof(commands[0]);
        return commands;
}
