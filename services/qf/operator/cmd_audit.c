/* `qf audit`: everything that journal and counts say of themselves, checked, beside
 * the daemons that work on; and, when asked, the receipts that partners hold. The
 * reading is done by qf-ingest and qf-aggregate in processes of their own, which
 * may die of what they read; here it is put into words, with what to do. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "qf/cli/progress.h"
#include "qf/operator/checking.h"
#include "qf/cli/json_out.h"
#include "qf/operator/receipts.h"
#include "qf/cli/tool.h"

/* As services/ingest/audit.h has them. */
enum { FILE_ = 1, UNREADABLE, CHECKSUM, HASH, CHAIN, VERDICT, IMPOSSIBLE, TABLE, VERSION };

struct options {
        struct qf_list receipts;
        const char *archive;
};

static const struct qf_option table[] = {
        {"receipts", QF_OPTION_LIST, offsetof(struct options, receipts), "OUTBOX", "与这些发件箱里的回执核对",
         "compare with the receipts in these outboxes", 0},
        QF_ARCHIVE_OPTION,
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

struct audit {
        struct qf_cli *cli;
        struct qf_receipts receipts;
        json_t *findings, *report;
        uint64_t first_bad; /* record; 0: none */
        bool damaged;   /* the journal: an event that is judged otherwise is none, nor is another version */
        bool rows_only; /* nothing but rows of tables, which the records make again */
        bool other_version; /* what wrote it can tell, and nobody else */
        bool counts_bad;
        bool counts_unknown;    /* whoever checked them was killed */
        struct qf_buffer wrong; /* outboxes whose receipts are not of this journal, as the mark has them */
};

static long long number_of(const json_t *line, const char *name)
{
        return (long long)json_integer_value(json_object_get(line, name));
}

/* --- hearing --------------------------------------------------------------------------- */

static void note_finding(struct audit *audit, const json_t *line)
{
        const uint64_t position = (uint64_t)number_of(line, "position");
        const long long what = number_of(line, "what");
        const bool damage = what != VERDICT && what != VERSION;

        audit->damaged |= damage;
        audit->other_version |= what == VERSION;
        audit->rows_only &= what == TABLE;
        if (position > 0 && damage && (audit->first_bad == 0 || position < audit->first_bad))
                audit->first_bad = position;
}

static int hear_journal(void *ctx, const json_t *line)
{
        struct audit *audit = ctx;

        if (json_object_get(line, "record"))
                return qf_receipts_add(&audit->receipts, line);
        if (json_object_get(line, "what")) {
                note_finding(audit, line);
                return json_array_append_new(audit->findings, json_deep_copy(line)) == 0 ? 0 : -ENOMEM;
        }
        json_decref(audit->report);
        audit->report = json_deep_copy(line);
        return audit->report ? 0 : -ENOMEM;
}

static int hear_counts(void *ctx, const json_t *line)
{
        int *outcome = ctx;

        *outcome = (int)number_of(line, "outcome");
        return 0;
}

/* --- saying ----------------------------------------------------------------------------- */

static const char *word_of(const struct qf_cli *cli, const json_t *finding)
{
        switch (number_of(finding, "what")) {
        case FILE_:
                return qf_cli_say(cli, "文件打不开或读不到头尾",
                                  "the file cannot be opened, or its end not found");
        case UNREADABLE: return qf_cli_say(cli, "读不出来", "it cannot be read");
        case CHECKSUM:
                return qf_cli_say(cli, "内容变了（校验和不对）", "it is not what was written (checksum)");
        case HASH: return qf_cli_say(cli, "被改过（散列不对）", "somebody changed it (hash)");
        case CHAIN: return qf_cli_say(cli, "与前一条接不上", "it does not follow the one before");
        case VERDICT: return qf_cli_say(cli, "裁决与重新判断的不同", "an event is judged otherwise now");
        case IMPOSSIBLE: return qf_cli_say(cli, "自相矛盾", "it says what cannot be");
        case VERSION: return qf_cli_say(cli, "是别的版本写的", "another version wrote it");
        default: return qf_cli_say(cli, "与记录推出的不符", "not what the records make of it");
        }
}

/* What qf-ingest says beside what it found. zh NULL: the word of it says as much. */
static const struct reason {
        const char *begins, *zh;
} reasons[] = {
        {"its checksum is wrong", NULL},
        {"its checksum is right and its hash is not", NULL},
        {"it does not follow the record before it", NULL},
        {"an event is judged otherwise today", NULL},
        {"it has not the shape of a record", "没有一条记录的样子"},
        {"it is of a version that is not known", "是不认识的版本写的"},
        {"another record lies in its place", "在它位置上的是另一条记录"},
        {"records before it are missing, and no anchor says so", "它前面的记录不见了，却没有修剪过的说明"},
        {"a text that was redacted is there again", "删去了的文字又有了"},
        {"texts are gone or changed, and no redaction says so", "文字没了或变了，却没有删去的说明"},
        {"a row is not as it was written", "有一行与写下时不同"},
        {"it has rows that no record made", "有的行不是记录做出来的"},
        {"the archive does not have it whole", "档案里没有它的全部"},
        {"its last record cannot be found", "找不到最后一条记录"},
        {"reading it ends the process with signal", "读它的进程被系统中止"},
        {"it ends too many processes to look at all of it", "读它的进程一再被系统中止，没有看完"},
        {"a newer version wrote it, in a format that this one does not know",
         "是更新的版本写的，这个版本不认识它的格式"},
        {"an older version wrote it, in a format that this one does not read",
         "是更旧的版本写的，这个版本读不了它的格式"},
        {"it is no journal, or its first pages are damaged", "不是日志，或者开头几页坏了"},
};

static const struct reason *reason_of(const char *text)
{
        for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
                if (strncmp(text, reasons[i].begins, strlen(reasons[i].begins)) == 0)
                        return &reasons[i];
        return NULL;
}

/* One reason, in the language in use. A row's key, and what is wrong inside a record, stand beside the word. */
static void print_reason(const struct qf_cli *cli, const json_t *finding)
{
        const char *said = json_string_value(json_object_get(finding, "text")), *text = said ? said : "";
        const struct reason *reason = reason_of(text);

        if (reason && reason->zh)
                printf("%s", qf_cli_say(cli, reason->zh, text));
        else if (reason || !*text)
                printf("%s", word_of(cli, finding));
        else
                printf(qf_cli_say(cli, "%s（%s）", "%s (%s)"), word_of(cli, finding), text);
}

static void print_sources(const struct qf_cli *cli, const json_t *finding)
{
        const json_t *sources = json_object_get(finding, "sources");

        for (size_t i = 0; i < json_array_size(sources); i++)
                printf("%s%s", i == 0 ? qf_cli_say(cli, "；来源 ", "; of ") : ", ",
                       json_string_value(json_array_get(sources, i)));
}

static void print_finding(const struct qf_cli *cli, const json_t *finding)
{
        if (number_of(finding, "through") > number_of(finding, "position"))
                printf(qf_cli_say(cli, "! 第 %lld 到 %lld 条记录：", "! records %lld to %lld: "),
                       number_of(finding, "position"), number_of(finding, "through"));
        else if (number_of(finding, "position") > 0)
                printf(qf_cli_say(cli, "! 第 %lld 条记录：", "! record %lld: "),
                       number_of(finding, "position"));
        else if (number_of(finding, "what") == TABLE)
                printf(qf_cli_say(cli, "! 表 %s：", "! table %s: "),
                       json_string_value(json_object_get(finding, "table")));
        else
                (void)fputs(qf_cli_say(cli, "! 日志：", "! journal: "), stdout);
        print_reason(cli, finding);
        if (number_of(finding, "number") > 0)
                printf(qf_cli_say(cli, "，第 %lld 号", ", number %lld"), number_of(finding, "number"));
        print_sources(cli, finding);
        (void)putchar('\n');
}

static void print_what_to_do(const struct audit *audit)
{
        const struct qf_cli *cli = audit->cli;

        if (audit->counts_bad)
                printf(qf_cli_say(cli, "→ 计数可以重建：qf rebuild --dir %s\n",
                                  "→ the counts can be made anew: qf rebuild --dir %s\n"),
                       cli->dir);
        if (audit->wrong.len > 0)
                printf(qf_cli_say(
                               cli,
                               "→ 日志退回过，或改写过：停下服务，qf restore 最近的备份 --dir %s；是有意放回的：qf restore --adopt --dir "
                               "%s。之后各单位会补发\n",
                               "→ the journal was set back or rewritten: stop, then qf restore BACKUP --dir %s with the newest backup, or, "
                               "where it was put back on purpose, qf restore --adopt --dir %s. Partners send the rest again\n"),
                       cli->dir, cli->dir);
        if (audit->counts_unknown)
                printf(qf_cli_say(
                               cli,
                               "→ 多半是内存不够（journalctl -k 里有）：腾出内存，再核查一次：qf audit --dir %s\n",
                               "→ most likely memory ran out (journalctl -k tells): make room, then audit again: qf audit "
                               "--dir %s\n"),
                       cli->dir);
        if (json_array_size(audit->findings) == 0)
                return;
        if (audit->other_version)
                printf(qf_cli_say(
                               cli,
                               "→ 没有查出损坏，也没有核查：用那个版本的 qf audit（这个是 %s），不要恢复备份\n",
                               "→ nothing is known to be damaged, nor was it checked: run the qf audit of that version (this one is "
                               "%s), and restore nothing\n"),
                       QF_VERSION);
        else if (audit->rows_only)
                printf(qf_cli_say(
                               cli,
                               "→ 记录都完好，由它们重建各表：停下服务，qf restore %s/journal --dir %s\n",
                               "→ all records are whole and make the tables again: stop, then qf restore %s/journal --dir %s\n"),
                       cli->dir, cli->dir);
        else if (audit->first_bad > 1)
                printf(qf_cli_say(
                               cli,
                               "→ 停下服务，qf restore 最近的备份 --dir %s；没有备份：qf restore %s/journal --to %" PRIu64
                               " --dir %s。之后各单位会补发\n",
                               "→ stop, then qf restore BACKUP --dir %s with the newest backup, or without one: qf restore %s/journal "
                               "--to %" PRIu64 " --dir %s. Partners send the rest again\n"),
                       cli->dir, cli->dir, audit->first_bad - 1, cli->dir);
        else if (!audit->damaged)
                printf(qf_cli_say(
                               cli,
                               "→ 没有损坏：数字按当时的裁决算，单位得到的也是那个裁决，所以不标“正在核查”。看这个事件：qf journal "
                               "dump --dir %s；\n  该改的由单位再报或更正。它之后的事件没有重新裁决，各表没有比对\n",
                               "→ nothing is damaged: totals follow the verdict that was given then, which the partner holds, so they "
                               "are not said to be checked. Look at the event: qf journal dump --dir %s;\n  where it should count "
                               "otherwise its partner says it again, or corrects it. What is behind it was not judged again, nor were "
                               "tables compared\n"),
                       cli->dir);
        else
                printf(qf_cli_say(cli, "→ 停下服务，qf restore 最近的备份 --dir %s\n",
                                  "→ stop, then qf restore BACKUP --dir %s with the newest backup\n"),
                       cli->dir);
}

static int print_json(struct audit *audit, bool clean)
{
        json_t *all =
                json_pack("{s:b, s:O, s:O, s:b, s:b, s:b}", "clean", clean, "journal", audit->report,
                          "findings", audit->findings, "counts", !audit->counts_bad, "counts_checked",
                          !audit->counts_unknown && !audit->other_version, "receipts", audit->wrong.len == 0);

        return qf_json_say(audit->cli, all);
}

static void print_all(struct audit *audit, bool clean)
{
        const struct qf_cli *cli = audit->cli;

        printf(qf_cli_say(cli, "日志：%lld%s 条记录完好，到第 %lld 条；重新裁决到第 %lld 条\n",
                          "journal: %lld %s whole, up to record %lld; judged again up to record %lld\n"),
               number_of(audit->report, "records"),
               qf_cli_noun(cli, (uint64_t)number_of(audit->report, "records"), "record", "records"),
               number_of(audit->report, "last"), number_of(audit->report, "judged"));
        if (number_of(audit->report, "first") > 1 && number_of(audit->report, "judged") == 0)
                printf(qf_cli_say(
                               cli, "  修剪过，从第 %lld 条记录开始；要重新裁决，加 --archive 档案目录\n",
                               "  it was trimmed and begins at record %lld; to judge again give --archive DIR\n"),
                       number_of(audit->report, "first"));
        for (size_t i = 0; i < json_array_size(audit->findings); i++)
                print_finding(cli, json_array_get(audit->findings, i));
        if (number_of(audit->report, "findings") > (long long)json_array_size(audit->findings))
                printf(qf_cli_say(cli, "  共 %lld 处\n", "  in all: %lld\n"),
                       number_of(audit->report, "findings"));
        if (audit->counts_bad)
                puts(qf_cli_say(cli, "! 磁盘上的计数与写下时不同",
                                "! the counts on disk are not what was written"));
        if (audit->counts_unknown)
                puts(qf_cli_say(
                        cli, "! 计数没有核对完：核对的进程被系统中止了，好坏还不知道",
                        "! the counts were not checked: the process that did was killed, and nothing is known of them"));
        print_what_to_do(audit);
        if (clean)
                puts(qf_cli_say(cli, "一致", "clean"));
}

/* --- the audit ---------------------------------------------------------------------------- */

/* By the system, which wants its memory, or by somebody: it says nothing of what was read. */
static bool was_killed(int status)
{
        return WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM);
}

static int say_killed(struct qf_cli *cli)
{
        return qf_cli_fail(
                cli, QF_EXIT_OTHER,
                "核查没有做完：读日志的进程被系统中止了。好坏还不知道，“正在核查”的标记没有动。\n"
                "多半是内存不够（journalctl -k 里有），或有人停了它：腾出内存，再运行一次 qf audit --dir %s。",
                "the audit was not finished: the process that reads the journal was killed. Nothing is known of the "
                "journal; whether it is said to be checked stays as it was.\n"
                "Most likely memory ran out (journalctl -k tells), or somebody ended it: make room, then run qf audit "
                "--dir %s again.",
                cli->dir);
}

/* 0 or 1. */
static int audit_journal(struct audit *audit, const struct options *options)
{
        char journal[PATH_MAX], scratch[PATH_MAX];
        const char *const argv[] = {"qf-ingest",
                                    "audit",
                                    journal,
                                    scratch,
                                    options->receipts.count > 0 ? "1" : "0",
                                    options->archive ? options->archive : "",
                                    NULL};
        struct qf_progress progress;
        int status = 0;

        if (qf_cli_beside(audit->cli, "journal", "", journal) < 0 ||
            qf_cli_beside(audit->cli, "journal", ".audit", scratch) < 0)
                return qf_cli_broke(audit->cli, -ENAMETOOLONG, audit->cli->dir) != 0;
        qf_progress_begin(&progress, audit->cli, qf_cli_say(audit->cli, "核查", "auditing"),
                          qf_cli_say(audit->cli, "条记录", "records"));
        progress.then = qf_cli_say(audit->cli, "核对日志的各表", "comparing the journal's tables");
        const int failed = qf_tool_run(audit->cli, argv, hear_journal, audit, &status);
        qf_progress_end(&progress);
        if (failed)
                return 1;
        int outcome = audit->report ? (int)number_of(audit->report, "outcome") : -EIO;
        if (outcome == 0)
                return 0;
        if (outcome == -EINTR || was_killed(status))
                return say_killed(audit->cli) != 0;
        qf_cli_broke(audit->cli, outcome, journal);
        return 1;
}

/* 0 or 1. A directory without counts has nothing to check; what belongs to another version's journal is that version's. */
static int audit_counts(struct audit *audit)
{
        char counts[PATH_MAX];
        const char *const argv[] = {"qf-aggregate", "check", counts, NULL};
        struct qf_progress progress;
        int status = 0, outcome = -EIO;

        if (audit->other_version)
                return 0;
        if (qf_cli_beside(audit->cli, "counts", "", counts) < 0)
                return qf_cli_broke(audit->cli, -ENAMETOOLONG, audit->cli->dir) != 0;
        qf_progress_begin(&progress, audit->cli, "", "");
        qf_progress_still(&progress, qf_cli_say(audit->cli, "核对计数", "checking the counts"));
        const int failed = qf_tool_run(audit->cli, argv, hear_counts, &outcome, &status);
        qf_progress_end(&progress);
        if (failed)
                return 1;
        audit->counts_unknown = was_killed(status);
        audit->counts_bad = outcome == -EBADMSG || (WIFSIGNALED(status) && !audit->counts_unknown);
        if (outcome == 0 || outcome == -ENOENT || audit->counts_bad || audit->counts_unknown)
                return 0;
        qf_cli_broke(audit->cli, outcome, counts);
        return 1;
}

/* As it is called wherever one stands. */
static void path_of(struct qf_view outbox, char ret_path[PATH_MAX])
{
        char given[PATH_MAX];

        (void)snprintf(given, sizeof given, "%.*s", (int)outbox.len, outbox.at);
        if (!realpath(given, ret_path))
                memcpy(ret_path, given, sizeof given);
}

/* One outbox's receipts. 0 or 1. */
static int audit_receipts(struct audit *audit, struct qf_view outbox)
{
        struct qf_cli *cli = audit->cli;
        char path[PATH_MAX];

        path_of(outbox, path);
        int r = qf_receipts_compare(&audit->receipts, path);
        if (r > 0)
                return qf_cli_fail(cli, QF_EXIT_OTHER, "%s 不是发件箱，或正在使用。\n拷贝一份再核对。",
                                   "%s is no outbox, or is in use.\nCompare with a copy of it.", path) != 0;
        if (r < 0)
                return qf_cli_broke(cli, r, path) != 0;
        if (audit->receipts.wrong > 0 && (r = qf_buffer_print(&audit->wrong, "%s\n", path)) < 0)
                return qf_cli_broke(cli, r, path) != 0;
        if (cli->json)
                return 0;
        if (audit->receipts.wrong > 0)
                printf(qf_cli_say(cli,
                                  "! %s：%" PRIu64 " 张回执与日志不符，第一张说第 %" PRIu64 " 号在第 %" PRIu64
                                  " 条记录\n",
                                  "! %s: %" PRIu64
                                  " receipts are not of this journal; the first is of number %" PRIu64
                                  " in record %" PRIu64 "\n"),
                       path, audit->receipts.wrong, audit->receipts.wrong_number,
                       audit->receipts.wrong_position);
        else
                printf(qf_cli_say(cli, "%s：%" PRIu64 " 张回执相符，其中 %" PRIu64 " 张属于恢复前的历史\n",
                                  "%s: %" PRIu64 " receipts fit, %" PRIu64
                                  " of them of a history that was restored away\n"),
                       path, audit->receipts.compared, audit->receipts.restored);
        return 0;
}

static bool is_compared(const struct options *options, struct qf_view outbox)
{
        char path[PATH_MAX];

        for (uint32_t i = 0; i < options->receipts.count; i++) {
                path_of(options->receipts.at[i], path);
                if (qf_view_same(outbox, qf_view_of(path)))
                        return true;
        }
        return false;
}

/* What an audit before found of receipts, and this one did not look at, stands. 0 or 1. */
static int recall_receipts(struct audit *audit, const struct options *options)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer before = {0};
        if (qf_checking_outboxes(audit->cli, &before) != 0)
                return 1;
        struct qf_view rest = qf_buffer_view(&before);
        int r = 0;

        for (const char *end; r == 0 && rest.len > 0 && (end = memchr(rest.at, '\n', rest.len));) {
                const struct qf_view outbox = {rest.at, (uint32_t)(end - rest.at)};
                rest.at += outbox.len + 1;
                rest.len -= outbox.len + 1;
                if (is_compared(options, outbox))
                        continue;
                if (!audit->cli->json)
                        printf(qf_cli_say(
                                       audit->cli, "! %.*s：它的回执上次核对时与日志不符，这次没有核对\n",
                                       "! %.*s: its receipts were not of this journal when they were last compared, and "
                                       "were not compared now\n"),
                               (int)outbox.len, outbox.at);
                r = qf_buffer_append(&audit->wrong, outbox.at, outbox.len + 1);
        }
        return r < 0 ? qf_cli_broke(audit->cli, r, "qf audit") != 0 : 0;
}

static int run(struct audit *audit, const struct options *options)
{
        if (audit_journal(audit, options) != 0 || audit_counts(audit) != 0)
                return audit->cli->exit_code;
        for (uint32_t i = 0; i < options->receipts.count; i++)
                if (audit_receipts(audit, options->receipts.at[i]) != 0)
                        return audit->cli->exit_code;
        if (recall_receipts(audit, options) != 0)
                return audit->cli->exit_code;
        const bool doubted = audit->damaged || audit->counts_bad || audit->wrong.len > 0;
        const bool unknown = audit->other_version || audit->counts_unknown;
        const bool clean = json_array_size(audit->findings) == 0 && !doubted && !unknown;
        if (doubted)
                qf_checking_mark(audit->cli, qf_buffer_view(&audit->wrong));
        else if (!unknown)
                qf_checking_unmark(audit->cli);
        audit->cli->exit_code = clean ? QF_EXIT_DONE : QF_EXIT_OTHER;
        if (audit->cli->json)
                (void)print_json(audit, clean);
        else
                print_all(audit, clean);
        return audit->cli->exit_code;
}

static int run_audit(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {0};
        struct audit audit = {.cli = cli, .rows_only = true};
        int count;

        if (qf_cli_parse(cli, &options, argc, argv, &count) != 0)
                return cli->exit_code;
        if (!cli->dir)
                return qf_cli_fail(cli, QF_EXIT_USAGE, "核查要在 qf up 的目录旁做。\n请加 --dir 目录。",
                                   "auditing is done beside the daemons.\nGive --dir DIR.");
        audit.findings = json_array();
        if (audit.findings)
                run(&audit, &options);
        else
                qf_cli_broke(cli, -ENOMEM, "qf audit");
        json_decref(audit.findings);
        json_decref(audit.report);
        qf_receipts_deinit(&audit.receipts);
        qf_buffer_deinit(&audit.wrong);
        return cli->exit_code;
}

const struct qf_command qf_cmd_audit = {
        .name = "audit",
        .zh = "核查日志与计数，逐条逐行",
        .en = "check journal and counts, every record and row",
        .run = run_audit,
        .options = table,
        .more_zh =
                "逐条核对日志：校验和、散列链、每个事件重新裁决、由记录重建各表再比对；计数也核对。服务照常运行。\n"
                "有损坏时说出位置、来源和该做什么，退出码 1；在修好之前，qf status 和 qf watch 显示“正在核查”。没有做完的核查、别的版本的日志、"
                "今天会裁决得不同的事件，退出码也是 1，但不这样标。\n"
                "OUTBOX 是没有在用的发件箱目录（或其拷贝）。",
        .more_en =
                "Checks the journal record by record: checksums, the chain, every event judged again, the tables made again and "
                "compared; and the counts. The daemons go on working.\n"
                "Damage is named with its position, its sources and what to do; exit code 1. Until it is mended qf status and "
                "qf watch say \"being checked\". An audit that was not finished, a journal of another version and an event that would be "
                "judged otherwise today end with 1, too, and are not said so.\n"
                "OUTBOX is the directory of an outbox that nobody has open (or a copy of one).",
};
