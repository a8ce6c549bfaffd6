/* qf, the one command: finds a command in the table (commands.c) and calls it. Each
 * is a file of its own, cmd_<name>.c; what they share is in cli.h. */
#include <stdio.h>
#include <string.h>

#include "qf/commands.h"

static const struct qf_command *find_command(const char *name)
{
        size_t count;
        const struct qf_command *commands = qf_commands(&count);
        for (size_t i = 0; i < count; i++)
                if (strcmp(commands[i].name, name) == 0)
                        return &commands[i];
        return NULL;
}

static void print_commands(const struct qf_cli *cli, FILE *to)
{
        size_t count;
        const struct qf_command *commands = qf_commands(&count);
        fputs(qf_cli_say(cli, "用法：qf 命令 [选项]\n\n", "Usage: qf COMMAND [OPTIONS]\n\n"), to);
        for (size_t i = 0; i < count; i++)
                fprintf(to, "  %-10s %s\n", commands[i].name,
                        qf_cli_say(cli, commands[i].zh, commands[i].en));
        fputs(qf_cli_say(cli, "\n每个命令的选项：qf 命令 --help\n",
                         "\nOptions of a command: qf COMMAND --help\n"),
              to);
}

static int run(struct qf_cli *cli, int argc, char **argv)
{
        if (argc < 2) {
                print_commands(cli, stderr);
                return QF_EXIT_USAGE;
        }
        if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
                print_commands(cli, stdout);
                return QF_EXIT_DONE;
        }
        if (strcmp(argv[1], "--version") == 0)
                return qf_cli_print_version();
        cli->command = find_command(argv[1]);
        if (!cli->command)
                return qf_cli_fail(cli, QF_EXIT_USAGE, "没有“%s”这个命令。\n看有哪些命令：qf --help",
                                   "there is no command \"%s\".\nSee which there are: qf --help", argv[1]);
        return cli->command->run(cli, argc - 2, argv + 2);
}

int main(int argc, char **argv)
{
        struct qf_cli cli;

        qf_cli_init(&cli, argc > 0 ? argv[0] : "qf");
        int exit_code = run(&cli, argc, argv);
        qf_cli_deinit(&cli);
        if (fflush(stdout) != 0 && exit_code == QF_EXIT_DONE)
                exit_code = QF_EXIT_OTHER;
        return exit_code;
}
