/* An ipc socket in the directory of qf up, which only its owner may enter: no keys. */
#include "qf/cli/totals_link.h"

#include <stdio.h>

enum { PATH_BYTES = 4096 };

int qf_totals_connect(struct qf_cli *cli, struct qf_socket **ret_socket)
{
        struct qf_context *context;
        char endpoint[PATH_BYTES];

        if (!cli->dir) {
                qf_cli_fail(cli, QF_EXIT_USAGE, "这要在 qf up 的目录旁做。\n请加 --dir 目录。",
                            "this is done beside the daemons.\nGive --dir DIR.");
                return 1;
        }
        if (qf_cli_context(cli, &context) != 0)
                return 1;
        struct qf_socket_options how = {.type = QF_DEALER, .receive_hwm = 256};
        (void)snprintf(endpoint, sizeof endpoint, "ipc://%s/run/totals.ipc", cli->dir);
        int r = qf_socket_connect(context, &how, endpoint, ret_socket);
        if (r < 0) {
                qf_cli_broke(cli, r, endpoint);
                return 1;
        }
        return 0;
}
