/* Why: the one list of commands; a command is one file cmd_<name>.c, which ends with its table, and one name here. */
#include "qf/commands.h"

/* A line each, so that two who add one do not meet; below the role whose work it is. */
/* clang-format off */
static const struct qf_command *const commands[] = {
        &qf_cmd_feed,
        &qf_cmd_undo,
        &qf_cmd_template,
        &qf_cmd_fold,
        &qf_cmd_ledger,
        &qf_cmd_reconcile,

        &qf_cmd_totals,
        &qf_cmd_list,
        &qf_cmd_why,
        &qf_cmd_history,
        &qf_cmd_late,
        &qf_cmd_watch,
        &qf_cmd_claim,
        &qf_cmd_kinds,
        &qf_cmd_indicators,

        &qf_cmd_programme,
        &qf_cmd_key,
        &qf_cmd_token,
        &qf_cmd_quarantine,
        &qf_cmd_merge,
        &qf_cmd_doubles,
        &qf_cmd_period,
        &qf_cmd_report,

        &qf_cmd_init,
        &qf_cmd_up,
        &qf_cmd_status,
        &qf_cmd_doctor,
        &qf_cmd_verify,
        &qf_cmd_rebuild,
        &qf_cmd_audit,
        &qf_cmd_backup,
        &qf_cmd_restore,
        &qf_cmd_trim,
        &qf_cmd_redact,
        &qf_cmd_gaps,
        &qf_cmd_clock,
        &qf_cmd_logbook,

        &qf_cmd_journal,
        &qf_cmd_tap,
        &qf_cmd_replay,
        &qf_cmd_export,
        &qf_cmd_import,
        &qf_cmd_help,
        &qf_cmd_completion,
        NULL,
};

static const struct qf_heading headings[] = {
        {&qf_cmd_feed, "报送员：填报、更正", "Clerks: report and correct"},
        {&qf_cmd_totals, "各单位：看数，追到每条记录", "Partners: figures, and the records behind them"},
        {&qf_cmd_programme, "办公室：方案、密钥、定夺、报告", "The office: programme, keys, decisions, reports"},
        {&qf_cmd_init, "管理员：运行、核查、备份", "Operators: run it, check it, back it up"},
        {&qf_cmd_journal, "程序员：接入、查错、搬数据", "Integrators: connect, debug, move data"},
        {NULL, NULL, NULL},
};
/* clang-format on */

const struct qf_command qf_commands = {
        .name = "qf",
        .zh = "清风：报送、查询和照看",
        .en = "feed, ask and look after Qingfeng",
        .parts = commands,
        .headings = headings,
        .more_zh =
                "各单位报送一个统计方案的事项，清风随收随算，分毫不差。\n"
                "装好软件包的机器上，qf init 做密钥、启用并启动服务。报送单位要有：qf key new 做的密钥、一个配置文件、qf feed。",
        .more_en =
                "Partner organisations feed events of a programme; Qingfeng keeps exact running counts of them.\n"
                "On a machine where the package is installed, qf init makes the keys, enables and starts the services. A partner "
                "needs qf key new, a configuration file, and qf feed.",
};
