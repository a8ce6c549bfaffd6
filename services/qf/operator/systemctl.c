/* Why: `qf init` starts services and `qf key server` has them read their keys anew;
 * systemd is told by its own command, which knows who may. */
#include "qf/operator/systemctl.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { UNIT_BYTES = 64 };

int qf_systemctl(struct qf_cli *cli, const char *const argv[])
{
        pid_t child;
        int status;
        int r = posix_spawnp(&child, argv[0], NULL, NULL, (char *const *)(uintptr_t)argv, environ);

        if (r != 0)
                return qf_cli_broke(cli, -r, argv[0]) != 0;
        while (waitpid(child, &status, 0) < 0)
                if (errno != EINTR)
                        return qf_cli_broke(cli, -errno, argv[0]) != 0;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                return 0;
        return qf_cli_fail(cli, QF_EXIT_OTHER, "服务没有照办。\n看原因：journalctl -u 'qf-*' -n 50",
                           "the services did not do it.\nSee why: journalctl -u 'qf-*' -n 50") != 0;
}

int qf_systemctl_units(struct qf_cli *cli, const struct qf_instance *instance, const char *const words[2],
                       const char *const units[QF_UNITS_MOST])
{
        char names[QF_UNITS_MOST][UNIT_BYTES];
        const char *argv[10] = {"systemctl", "--quiet"};
        unsigned argc = 2;

        for (unsigned i = 0; i < 2 && words[i]; i++)
                argv[argc++] = words[i];
        for (unsigned i = 0; i < QF_UNITS_MOST && units[i]; i++) {
                const char *dot = strchr(units[i], '.');
                (void)snprintf(names[i], UNIT_BYTES, "%.*s%s%s", (int)(dot - units[i]), units[i],
                               instance->at, dot);
                argv[argc++] = names[i];
        }
        return qf_systemctl(cli, argv);
}
