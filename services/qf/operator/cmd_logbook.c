/* `qf logbook`: what the daemons wrote down, and whether it still is what they wrote. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "qf/cli/json_out.h"
#include "qf/operator/books.h"
#include "service/logbook.h"

struct reading {
        struct qf_cli *cli;
        const char *path; /* of the book that is read */
        bool show;
        unsigned books, broken;
        int r; /* of printing them */
};

static void print_line(void *ctx, const char *line)
{
        struct reading *reading = ctx;
        const char *end = strrchr(line, '#'); /* the hash of the line before is for machines */
        const size_t len = (size_t)(end - line - 1);

        if (!reading->cli->json)
                printf("%.*s\n", (int)len, line);
        else if (!reading->r)
                reading->r =
                        qf_json_print(json_pack("{s:s, s:s%}", "book", reading->path, "line", line, len));
}

static int say_sound(const struct qf_cli *cli, const char *path, const struct qf_logbook_found *found)
{
        if (cli->json)
                return printf(
                        "{\"path\":\"%s\",\"sound\":true,\"first\":%llu,\"last\":%llu,\"hash\":\"%s\"}\n",
                        path, (unsigned long long)found->first, (unsigned long long)found->last,
                        found->last_hash);
        return printf(qf_cli_say(cli, "%s：第 %llu 至 %llu 行完好，最后一行的校验值 %s\n",
                                 "%s: lines %llu to %llu are as they were written, hash of the last %s\n"),
                      path, (unsigned long long)found->first, (unsigned long long)found->last,
                      found->last_hash);
}

static int say_broken(const struct qf_cli *cli, const char *path, const struct qf_logbook_found *found)
{
        if (cli->json)
                return printf("{\"path\":\"%s\",\"sound\":false,\"at\":%llu,\"file\":%d,\"why\":\"%s\"}\n",
                              path, (unsigned long long)found->wrong_at, found->wrong_file, found->why);
        return printf(qf_cli_say(cli, "%s：从第 %llu 行起不是写下的样子（文件 %d：%s）\n",
                                 "%s: from line %llu on it is not what was written (file %d: %s)\n"),
                      path, (unsigned long long)found->wrong_at, found->wrong_file, found->why);
}

static int read_book(struct reading *reading, const char *path)
{
        struct qf_logbook_found found;

        reading->path = path;
        int r = qf_logbook_read(path, reading->show ? print_line : NULL, reading, &found);

        if (r < 0 || reading->r < 0)
                return qf_cli_broke(reading->cli, r < 0 ? r : reading->r, path);
        reading->books++;
        reading->broken += r == QF_LOGBOOK_BROKEN;
        if (r == QF_LOGBOOK_BROKEN)
                (void)say_broken(reading->cli, path, &found);
        else if (!reading->show)
                (void)say_sound(reading->cli, path, &found);
        return 0;
}

static int read_all(struct reading *reading)
{
        char path[PATH_MAX];

        for (size_t i = 0; i < QF_DAEMONS; i++) {
                if (!qf_book_path(reading->cli, qf_daemons[i], path))
                        continue;
                if (reading->show && !reading->cli->json)
                        printf("== %s\n", path);
                if (read_book(reading, path) != 0)
                        return reading->cli->exit_code;
        }
        if (reading->books == 0 && access(reading->cli->dir, R_OK | X_OK) != 0)
                return qf_cli_broke(reading->cli, -errno, reading->cli->dir);
        if (reading->books == 0)
                return qf_cli_fail(
                        reading->cli, QF_EXIT_USAGE,
                        "%s 里没有登记簿。\n写明文件：qf logbook show FILE；或这不是 qf up 的目录。",
                        "there is no logbook in %s.\nName the file: qf logbook show FILE; or this is no "
                        "directory of a qf up.",
                        reading->cli->dir);
        return 0;
}

static int run_logbook(struct qf_cli *cli, int argc, char **argv)
{
        struct reading reading = {.cli = cli, .show = cli->command->of != NULL};
        int count;

        if (qf_cli_parse(cli, NULL, argc, argv, &count) != 0)
                return cli->exit_code;
        if (count == 0 && !cli->dir)
                return qf_cli_misused(cli, "要给 FILE 或 --dir。", "give FILE or --dir.");
        if ((count > 0 ? read_book(&reading, argv[0]) : read_all(&reading)) != 0)
                return cli->exit_code;
        return cli->exit_code = reading.broken ? QF_EXIT_OTHER : QF_EXIT_DONE;
}

static const struct qf_command logbook_show = {
        .name = "show",
        .zh = "每个守护进程的登记簿：谁进来、谁被拒、密钥变动、启停、备份",
        .en = "the daemons' logbooks: who came in, who was refused, changes of keys, starts and ends, backups",
        .run = run_logbook,
        .of = "show",
        .arguments = "[FILE]",
        .arguments_max = 1,
        .local_too = true,
};

static const struct qf_command logbook_verify = {
        .name = "verify",
        .zh = "检查登记簿有没有被改过",
        .en = "check that the logbooks are as they were written",
        .run = run_logbook,
        .arguments = "[FILE]",
        .arguments_max = 1,
        .local_too = true,
};

const struct qf_command qf_cmd_logbook = {
        .name = "logbook",
        .zh = "谁进来过、谁被拒、哪些密钥变了",
        .en = "who came in, who was refused, which keys changed",
        .parts = (const struct qf_command *const[]){&logbook_show, &logbook_verify, NULL},
};
