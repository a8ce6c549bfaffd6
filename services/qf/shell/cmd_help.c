/* `qf help`: what --help says, asked the other way round; and manual pages, which the build makes with it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "qf/cli/cli_help.h"
#include "qf/commands.h"
#include "qf/shell/man.h"

enum { CALLED_BYTES = 64 };

struct options {
        const char *man;
};

static int show(struct qf_cli *cli, int count, char **names)
{
        const struct qf_command *command = &qf_commands;
        char called[CALLED_BYTES] = "qf";
        size_t len = strlen(called);

        for (int i = 0; i < count; i++) {
                const struct qf_command *const *part = command->parts;
                while (part && *part && strcmp((*part)->name, names[i]) != 0)
                        part++;
                if (!part || !*part)
                        return qf_cli_fail(cli, QF_EXIT_USAGE, "没有“%s %s”这个命令。\n有哪些：%s --help",
                                           "there is no command \"%s %s\".\nSee which there are: %s --help",
                                           called, names[i], called);
                command = *part;
                len += (size_t)snprintf(called + len, sizeof called - len, " %s", command->name);
        }
        qf_help_print(cli, command, called, stdout);
        return QF_EXIT_DONE;
}

static int write_page(struct qf_cli *cli, const char *folder, const struct qf_command *command)
{
        char path[PATH_MAX];

        (void)snprintf(path, sizeof path, "%s/qf%s%s.1", folder, command == &qf_commands ? "" : "-",
                       command == &qf_commands ? "" : command->name);
        FILE *to = fopen(path, "we");
        if (!to)
                return qf_cli_broke(cli, -errno, path);
        qf_man_print(cli, &qf_commands, command, to);
        const int failed = ferror(to) | fclose(to);
        return failed ? qf_cli_broke(cli, -EIO, path) : 0;
}

static int write_pages(struct qf_cli *cli, const char *folder)
{
        if (mkdir(folder, 0755) < 0 && errno != EEXIST)
                return qf_cli_broke(cli, -errno, folder);
        int r = write_page(cli, folder, &qf_commands);
        for (const struct qf_command *const *part = qf_commands.parts; *part && r == 0; part++)
                r = write_page(cli, folder, *part);
        return r;
}

static int run_help(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {0};
        int count;

        if (qf_cli_parse(cli, &options, argc, argv, &count) != 0)
                return cli->exit_code;
        return options.man ? write_pages(cli, options.man) : show(cli, count, argv);
}

static const struct qf_option help_options[] = {
        {"man", QF_OPTION_TEXT, offsetof(struct options, man), "DIR",
         "把手册页 qf(1)、qf-feed(1)……写进这个目录，语言由 --lang 定",
         "write the manual pages qf(1), qf-feed(1) … into this folder, in the language of --lang", 0},
        {0},
};

const struct qf_command qf_cmd_help = {
        .name = "help",
        .zh = "一个命令的说明",
        .en = "what a command does and takes",
        .run = run_help,
        .arguments = "[COMMAND] [PART]",
        .arguments_max = 2,
        .options = help_options,
        .local = true,
};
