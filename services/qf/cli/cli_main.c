/* Why: qf and qf-render are the same command, and end in the same way. */
#include <stdio.h>

#include "qf/cli/cli.h"

int qf_cli_main(const struct qf_command *all, const struct qf_renderers *renderers, int argc, char **argv)
{
        struct qf_cli cli;

        qf_cli_init(&cli, argc > 0 ? argv[0] : "qf");
        cli.renderers = renderers;
        int exit_code = qf_cli_run(&cli, all, argc > 0 ? argc - 1 : 0, argv + (argc > 0));
        if ((fflush(stdout) != 0 || ferror(stdout)) && exit_code == QF_EXIT_DONE)
                exit_code = qf_cli_unprinted(&cli);
        qf_cli_deinit(&cli);
        return exit_code;
}
