/* qf, the one command: the line names one of its commands (commands.c), each a file of
 * its own, cmd_<name>.c; what they share is in cli.h. */
#include <stdio.h>

#include "qf/commands.h"

int main(int argc, char **argv)
{
        struct qf_cli cli;

        qf_cli_init(&cli, argc > 0 ? argv[0] : "qf");
        int exit_code = qf_cli_run(&cli, &qf_commands, argc > 0 ? argc - 1 : 0, argv + (argc > 0));
        qf_cli_deinit(&cli);
        if (fflush(stdout) != 0 && exit_code == QF_EXIT_DONE)
                exit_code = QF_EXIT_OTHER;
        return exit_code;
}
