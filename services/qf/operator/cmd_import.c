/* `qf import`: what qf export printed, made into a backup again: each record is put
 * together from its lines and must have the hash that it had where it comes from,
 * so that nothing was lost or changed on the way. `qf restore` makes a journal of it
 * and judges every event again. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "qf/cli/progress.h"
#include "qf/cli/cli.h"
#include "qf/operator/import.h"

struct import {
        struct qf_cli *cli;
        const char *from, *to;
        FILE *stream;
        struct qf_backup *backup;
        struct qf_imported imported;
};

/* 0 or 1. */
static int open_all(struct import *import)
{
        const struct qf_backup_options how = {.write = true};
        import->stream = strcmp(import->from, "-") == 0 ? stdin : fopen(import->from, "re");
        if (!import->stream)
                return qf_cli_unread(import->cli, -errno, import->from) != 0;
        int r = qf_backup_open(import->to, &how, &import->backup);
        if (r == 0)
                r = qf_backup_resume(import->backup);
        if (r > 0 || (r == 0 && qf_backup_last(import->backup)->position > 0))
                return qf_cli_fail(import->cli, QF_EXIT_OTHER, "%s 不是空的。\n给一个新目录。",
                                   "%s is not empty.\nGive a new directory.", import->to) != 0;
        return r < 0 ? qf_cli_broke(import->cli, r, import->to) != 0 : 0;
}

static int conclude(struct import *import, int r)
{
        struct qf_cli *cli = import->cli;
        if (r < 0)
                return qf_cli_broke(cli, r, import->to);
        if (r > 0 && import->imported.line == 0)
                return qf_cli_fail(cli, QF_EXIT_OTHER, "%s：%s。\n删去 %s，用完整的导出重来：qf export",
                                   "%s: %s.\nRemove %s and begin again with a whole export: qf export",
                                   import->from, qf_cli_say(cli, import->imported.zh, import->imported.en),
                                   import->to);
        if (r > 0)
                return qf_cli_fail(cli, QF_EXIT_OTHER, "%s 第 %llu 行：%s。\n删去 %s，用完整的导出重来。",
                                   "%s, line %llu: %s.\nRemove %s and begin again with a whole export.",
                                   import->from, (unsigned long long)import->imported.line,
                                   qf_cli_say(cli, import->imported.zh, import->imported.en), import->to);
        if (cli->json)
                printf("{\"position\":%" PRIu64 ",\"entries\":%" PRIu64 "}\n", import->imported.position,
                       import->imported.entries);
        else
                printf(qf_cli_say(
                               cli,
                               "%s：%" PRIu64
                               "%s 条记录，散列与原来的都一样。\n接着：qf restore %s --dir 空的服务目录\n",
                               "%s: %" PRIu64
                               " %s, each with the hash it had.\nNext: qf restore %s --dir DIR, beside an empty "
                               "service\n"),
                       import->to, import->imported.position,
                       qf_cli_noun(cli, import->imported.position, "record", "records"), import->to);
        return cli->exit_code = QF_EXIT_DONE;
}

static int import_all(struct import *import)
{
        struct qf_progress progress;
        const struct qf_so_far so_far = qf_progress_so_far(&progress);

        qf_progress_begin(&progress, import->cli, qf_cli_say(import->cli, "读入", "importing"),
                          qf_cli_say(import->cli, "字节", "bytes"));
        int r = qf_import(import->stream, import->backup, &so_far, &import->imported);
        qf_progress_end(&progress);
        return r;
}

static int run_import(struct qf_cli *cli, int argc, char **argv)
{
        struct import import = {.cli = cli};
        int count;

        if (qf_cli_parse(cli, NULL, argc, argv, &count) != 0)
                return cli->exit_code;
        import.from = argv[0], import.to = argv[1];
        if (open_all(&import) == 0)
                conclude(&import, import_all(&import));
        if (import.stream && import.stream != stdin)
                (void)fclose(import.stream);
        qf_backup_close(import.backup);
        return cli->exit_code;
}

const struct qf_command qf_cmd_import = {
        .name = "import",
        .zh = "把导出的文件变成一份备份",
        .en = "make a backup of what export printed",
        .run = run_import,
        .arguments = "FILE TO",
        .arguments_min = 2,
        .arguments_max = 2,
        .local = true,
        .more_zh =
                "FILE 是 qf export 的输出（- 是标准输入），TO 是新目录：写成一份备份。然后在空的服务旁：qf restore TO --dir DIR。\n"
                "每条记录的散列必须与原来的一样，少一行、改一处都不收。",
        .more_en =
                "FILE is what qf export printed (-: standard input), TO a new directory: it becomes a backup. Then, beside an "
                "empty service: qf restore TO --dir DIR.\n"
                "Each record must have the hash that it had: a line that is missing or changed is not taken.",
};
