/* `qf backup`: the journal's records, read from the running ingest as any consumer
 * reads them and written to a file that only grows. Every record is checked on
 * its way, those of earlier runs again, so that a backup is never a surprise.
 * Beside the journal a line is left that says how far it reaches: outboxes keep
 * what the oldest backup does not have. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "qf/backup_marks.h"
#include "qf/journal_reader.h"
#include "store/backup_file.h"

static const struct qf_usage usage = {
        .arguments = "TO",
        .arguments_min = 1,
        .arguments_max = 1,
        .zh = "把日志备份到目录 TO：没有就建，有就接着往后写。服务照常运行。密钥（目录下的 keys/）另外保管。",
        .en = "Backs the journal up into the directory TO: made when it is not there, else continued. The daemons go on "
              "working. Keep the keys (keys/ of the directory) elsewhere too.",
};

struct backup {
        struct qf_cli *cli;
        const char *to;
        struct qf_backup_file *file;
        struct qf_sha256 *sha;
        struct qf_place place; /* of the last record in the file */
        uint64_t added, bytes;
};

static void note_place(struct backup *backup, const struct qf_record_head *head)
{
        backup->place.position = head->position;
        backup->place.life_number = head->life_number;
        memcpy(backup->place.journal, head->writer, sizeof backup->place.journal);
        memcpy(backup->place.hash, head->hash, sizeof backup->place.hash);
}

static bool follows(const struct backup *backup, const struct qf_record_head *head)
{
        return head->position == backup->place.position + 1 &&
               memcmp(head->previous, backup->place.hash, sizeof head->previous) == 0;
}

/* Reads what earlier runs wrote. 0 or 1. */
static int read_back(struct backup *backup)
{
        struct qf_record_head head;
        struct qf_view record;
        int r;

        while ((r = qf_backup_file_next(backup->file, &record)) == 0) {
                if (qf_record_open(record, backup->sha, &head) != 0 || !follows(backup, &head))
                        return qf_cli_fail(
                                       backup->cli, QF_EXIT_OTHER,
                                       "%s 里的备份坏在第 %llu 条记录之后。\n换一个目录，从头备份。",
                                       "the backup in %s is damaged behind record %llu.\nBegin one in another "
                                       "directory.",
                                       backup->to, (unsigned long long)backup->place.position) != 0;
                note_place(backup, &head);
        }
        return r < 0 ? qf_cli_broke(backup->cli, r, backup->to) != 0 : 0;
}

static int take_record(void *ctx, const struct qf_record_head *head, struct qf_view record)
{
        struct backup *backup = ctx;
        int r = qf_backup_file_add(backup->file, record);

        if (r < 0)
                return r;
        note_place(backup, head);
        backup->added++;
        backup->bytes += record.len;
        return 0;
}

/* 0 or 1. */
static int open_file(struct backup *backup)
{
        char path[PATH_MAX];

        if (mkdir(backup->to, 0700) != 0 && errno != EEXIST)
                return qf_cli_broke(backup->cli, -errno, backup->to) != 0;
        if (snprintf(path, sizeof path, "%s/records", backup->to) >= (int)sizeof path)
                return qf_cli_broke(backup->cli, -ENAMETOOLONG, backup->to) != 0;
        int r = qf_sha256_new(&backup->sha);
        if (r == 0)
                r = qf_backup_file_open(path, true, &backup->file);
        if (r == QF_BACKUP_IN_USE)
                return qf_cli_fail(backup->cli, QF_EXIT_OTHER, "另一个 qf backup 正在写 %s。\n等它写完。",
                                   "another qf backup writes to %s.\nWait for it.", backup->to) != 0;
        if (r > 0)
                return qf_cli_fail(backup->cli, QF_EXIT_OTHER, "%s 不是备份文件。\n换一个目录。",
                                   "%s is no file of a backup.\nChoose another directory.", path) != 0;
        return r < 0 ? qf_cli_broke(backup->cli, r, path) != 0 : 0;
}

/* The line beside the journal. 0 or 1. */
static int leave_mark(struct backup *backup)
{
        QF_CLEANUP(qf_cleanup_free) char *to = realpath(backup->to, NULL);
        char marks[PATH_MAX];
        int r = to ? qf_cli_beside(backup->cli, "journal", ".backups", marks) : -errno;

        if (r == 0)
                r = qf_backup_mark(marks, to, &backup->place);
        return r < 0 ? qf_cli_broke(backup->cli, r, backup->cli->dir) != 0 : 0;
}

static int say_done(const struct backup *backup)
{
        struct qf_cli *cli = backup->cli;

        if (cli->json)
                printf("{\"position\":%" PRIu64 ",\"added\":%" PRIu64 ",\"bytes\":%" PRIu64 "}\n",
                       backup->place.position, backup->added, backup->bytes);
        else
                printf(qf_cli_say(cli,
                                  "已备份到第 %" PRIu64 " 条记录（新增 %" PRIu64 " 条，%" PRIu64
                                  " 字节），逐条核对过。\n",
                                  "backed up to record %" PRIu64 " (%" PRIu64 " new, %" PRIu64
                                  " bytes), each checked.\n"),
                       backup->place.position, backup->added, backup->bytes);
        return cli->exit_code = QF_EXIT_DONE;
}

static int run(struct backup *backup)
{
        if (open_file(backup) != 0 || read_back(backup) != 0 ||
            qf_journal_read(backup->cli, &backup->place, 0, take_record, backup) != 0)
                return backup->cli->exit_code;
        int r = qf_backup_file_sync(backup->file);
        if (r < 0)
                return qf_cli_broke(backup->cli, r, backup->to);
        return leave_mark(backup) == 0 ? say_done(backup) : backup->cli->exit_code;
}

int qf_cmd_backup(struct qf_cli *cli, int argc, char **argv)
{
        struct backup backup = {.cli = cli};
        int count;

        if (qf_cli_parse(cli, &usage, NULL, argc, argv, &count) != 0)
                return cli->exit_code;
        backup.to = argv[0];
        if (!cli->dir)
                return qf_cli_fail(cli, QF_EXIT_USAGE, "备份要在 qf up 的目录旁做。\n请加 --dir 目录。",
                                   "backing up is done beside the daemons.\nGive --dir DIR.");
        run(&backup);
        qf_backup_file_close(backup.file);
        qf_sha256_free(backup.sha);
        return cli->exit_code;
}
