/* A mark that cannot be set or taken away is worth a line, not more: what was found is
 * said all the same. */
#include "qf/operator/checking.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Beside the counts, where aggregation looks. */
static void path_of(const struct qf_cli *cli, char ret_path[PATH_MAX])
{
        if (qf_cli_beside(cli, "counts", ".checking", ret_path) < 0)
                ret_path[0] = '\0';
}

const char *qf_checking_text(const struct qf_cli *cli, const char *say)
{
        if (!say || strncmp(say, "being checked", strlen("being checked")) != 0)
                return NULL;
        return qf_cli_say(cli, "正在核查：核查发现了损坏", "being checked: an audit found damage");
}

void qf_checking_mark(struct qf_cli *cli)
{
        char path[PATH_MAX];

        path_of(cli, path);
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        if (fd < 0)
                fprintf(stderr, "%s: %s\n", path, qf_cli_errno(cli, errno));
}

void qf_checking_unmark(struct qf_cli *cli)
{
        char path[PATH_MAX];

        path_of(cli, path);
        if (unlink(path) < 0 && errno != ENOENT)
                fprintf(stderr, "%s: %s\n", path, qf_cli_errno(cli, errno));
}
