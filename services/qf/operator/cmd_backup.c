/* `qf backup`: the journal's records, read from the running ingest as any consumer
 * reads them and written to files that only grow (store/backup.h). A run reads back
 * the last files and adds what is new; --verify reads all. Ingest is told how far
 * the backup reaches: outboxes keep what the oldest backup does not have. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "qf/cli/progress.h"
#include "qf/operator/journal_reader.h"
#include "store/backup.h"

enum { KIB = 1024, SEGMENT_KIB_MAX = 1024 * 1024 };

struct options {
        bool verify, follow;
        uint64_t segment_kib;
};

static const struct qf_option table[] = {
        {"follow", QF_OPTION_FLAG, offsetof(struct options, follow), NULL,
         "一直跟着日志往后备份，直到 Ctrl-C 或 SIGTERM", "go on with what comes, until Ctrl-C or SIGTERM", 0},
        {"verify", QF_OPTION_FLAG, offsetof(struct options, verify), NULL,
         "不备份，只把已有的备份从头核对一遍；不需要服务",
         "back nothing up, but read all that is there and check it; needs no daemon", 0},
        {"segment", QF_OPTION_NUMBER, offsetof(struct options, segment_kib), "KIB",
         "单个文件的大小（默认 65536）", "close a file at this size (default 65536)", SEGMENT_KIB_MAX},
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

struct backup {
        struct qf_cli *cli;
        const char *to;
        struct options options;
        struct qf_backup *made;
        char *name; /* as ingest lists it */
        uint64_t added, bytes;
};

static int say_damaged(const struct backup *backup)
{
        return qf_cli_fail(
                       backup->cli, QF_EXIT_OTHER,
                       "%s 里的备份坏在第 %llu 条记录之后：%s。\n换一个目录，从头备份。",
                       "the backup in %s is damaged behind record %llu: %s.\nBegin one in another directory.",
                       backup->to, (unsigned long long)qf_backup_last(backup->made)->position,
                       qf_backup_why(backup->made)) != 0;
}

/* 0 or 1. */
static int open_backup(struct backup *backup)
{
        const struct qf_backup_options how = {.write = !backup->options.verify,
                                              .segment_bytes = backup->options.segment_kib * KIB};
        int r = qf_backup_open(backup->to, &how, &backup->made);

        if (r == QF_BACKUP_IN_USE)
                return qf_cli_fail(backup->cli, QF_EXIT_OTHER, "另一个 qf backup 正在写 %s。\n等它写完。",
                                   "another qf backup writes to %s.\nWait for it.", backup->to) != 0;
        if (r == QF_BACKUP_NEWER)
                return qf_cli_fail(
                               backup->cli, QF_EXIT_OTHER,
                               "%s 里的备份是更新的版本写的，本版本（%s）不认识它的格式。\n升级，或换一个目录从头备份。",
                               "the backup in %s was written by a newer version, in a format that this one (%s) "
                               "does not know.\nUpgrade, or begin one in another directory.",
                               backup->to, QF_VERSION) != 0;
        if (r > 0)
                return qf_cli_fail(backup->cli, QF_EXIT_OTHER, "%s 不是备份目录。\n换一个目录。",
                                   "%s is no directory of a backup.\nChoose another one.", backup->to) != 0;
        return r < 0 ? qf_cli_broke(backup->cli, r, backup->to) != 0 : 0;
}

static int say_done(const struct backup *backup)
{
        struct qf_cli *cli = backup->cli;
        uint64_t position = qf_backup_last(backup->made)->position;
        const uint32_t files = qf_backup_files(backup->made);

        if (cli->json)
                printf("{\"position\":%" PRIu64 ",\"added\":%" PRIu64 ",\"bytes\":%" PRIu64
                       ",\"files\":%u}\n",
                       position, backup->added, backup->bytes, files);
        else if (backup->options.verify)
                printf(qf_cli_say(cli,
                                  "备份完好：%" PRIu64
                                  "%s 条记录，逐条核对过；%u%s 个封存的文件，摘要相符。\n",
                                  "the backup is whole: %" PRIu64
                                  " %s, each checked; %u closed %s, as they were "
                                  "closed.\n"),
                       position, qf_cli_noun(cli, position, "record", "records"), files,
                       qf_cli_noun(cli, files, "file", "files"));
        else
                printf(qf_cli_say(cli,
                                  "已备份到第 %" PRIu64 " 条记录（新增 %" PRIu64 " 条，%" PRIu64
                                  " 字节），逐条核对过。\n",
                                  "backed up to record %" PRIu64 " (%" PRIu64 " new, %" PRIu64
                                  " bytes), each checked.\n"),
                       position, backup->added, backup->bytes);
        return cli->exit_code = QF_EXIT_DONE;
}

/* --- verifying ------------------------------------------------------------- */

static int verify(struct backup *backup)
{
        struct qf_record_head head;
        struct qf_view record;
        struct qf_progress progress;
        const uint64_t closed = qf_backup_closed(backup->made);
        int r = qf_backup_check_files(backup->made);

        qf_progress_begin(&progress, backup->cli, qf_cli_say(backup->cli, "核对备份", "checking the backup"),
                          qf_cli_say(backup->cli, "条记录", "records"));
        while (r == 0) {
                r = qf_backup_next(backup->made, &head, &record);
                qf_progress_at(&progress, qf_backup_last(backup->made)->position, closed);
        }
        qf_progress_end(&progress);
        if (r < 0)
                return qf_cli_broke(backup->cli, r, backup->to);
        return r == QF_BACKUP_DAMAGED ? say_damaged(backup) : say_done(backup);
}

/* --- backing up -------------------------------------------------------------- */

static int take_record(void *ctx, const struct qf_record_head *head, struct qf_view record)
{
        struct backup *backup = ctx;
        int r = qf_backup_add(backup->made, head, record);

        if (r < 0)
                return r;
        backup->added++;
        backup->bytes += record.len;
        return 0;
}

/* What came is on disk before ingest is told. */
static int settle(void *ctx, struct qf_journal_reader *reader)
{
        struct backup *backup = ctx;
        int r = qf_backup_sync(backup->made);

        if (backup->options.follow) /* all that there was is in it; what comes, comes when it does */
                qf_progress_clear(backup->cli->progress);

        return r < 0 ? r : qf_journal_say_kept(reader, qf_view_of(backup->name));
}

/* 0 or 1. */
static int name_backup(struct backup *backup)
{
        QF_CLEANUP(qf_cleanup_free) char *full = realpath(backup->to, NULL);
        char host[HOST_NAME_MAX + 1] = "";

        if (!full || gethostname(host, sizeof host) < 0)
                return qf_cli_broke(backup->cli, -errno, backup->to) != 0;
        host[sizeof host - 1] = '\0';
        return asprintf(&backup->name, "%s:%s", host, full) < 0
                       ? qf_cli_broke(backup->cli, -ENOMEM, backup->to) != 0
                       : 0;
}

static int back_up(struct backup *backup)
{
        int r = qf_backup_resume(backup->made);

        if (r < 0)
                return qf_cli_broke(backup->cli, r, backup->to);
        if (r > 0)
                return say_damaged(backup);
        struct qf_place place;
        qf_place_of(qf_backup_last(backup->made), &place);
        if (name_backup(backup) != 0)
                return backup->cli->exit_code;
        struct qf_progress progress;
        qf_progress_begin(&progress, backup->cli, qf_cli_say(backup->cli, "备份", "backing up"),
                          qf_cli_say(backup->cli, "条记录", "records"));
        const int failed =
                qf_journal_follow(backup->cli, &place, backup->options.follow, take_record, settle, backup);
        qf_progress_end(&progress);
        return failed ? backup->cli->exit_code : say_done(backup);
}

static int run_backup(struct qf_cli *cli, int argc, char **argv)
{
        struct backup backup = {.cli = cli};
        int count;

        if (qf_cli_parse(cli, &backup.options, argc, argv, &count) != 0)
                return cli->exit_code;
        backup.to = argv[0];
        if (backup.options.verify && backup.options.follow)
                return qf_cli_misused(cli, "--verify 和 --follow 只能用一个。",
                                      "--verify or --follow, not both.");
        if (open_backup(&backup) == 0)
                (void)(backup.options.verify ? verify(&backup) : back_up(&backup));
        qf_backup_close(backup.made);
        free(backup.name);
        return cli->exit_code;
}

const struct qf_command qf_cmd_backup = {
        .name = "backup",
        .zh = "备份日志（服务照常运行）",
        .en = "back the journal up while everything runs",
        .run = run_backup,
        .arguments = "TO",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = table,
        .local_too = true,
        .more_zh =
                "把日志备份到目录 TO：没有就建，有就接着往后写。服务照常运行。密钥（目录下的 keys/）另外保管。\n"
                "在别的机器上：--config 的文件里写 journal: tcp://主机:端口，密钥要有 admin 角色。",
        .more_en =
                "Backs the journal up into the directory TO: made when it is not there, else continued. The daemons go on "
                "working. Keep the keys (keys/ of the directory) elsewhere too.\n"
                "On another machine: journal: tcp://HOST:PORT in the file of --config, and a key with the role admin.",
};
