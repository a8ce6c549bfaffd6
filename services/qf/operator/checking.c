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
#include "qf/feeding/feed_open.h"
#include "views/standstill.h"

/* Beside the counts, where aggregation looks. */
static void path_of(const struct qf_cli *cli, char ret_path[PATH_MAX])
{
        if (qf_cli_beside(cli, "counts", ".checking", ret_path) < 0)
                ret_path[0] = '\0';
}

const char *qf_standstill_text(const struct qf_cli *cli, const char *say)
{
        const struct qf_standstill *why = say ? qf_standstill_of(qf_view_of(say)) : NULL;

        if (!say)
                return "";
        return why ? qf_cli_say(cli, why->zh, say) : say;
}

const char *qf_checking_text(const struct qf_cli *cli, const char *say)
{
        const struct qf_standstill *why = say ? qf_standstill_of(qf_view_of(say)) : NULL;

        return why && strcmp(why->code, "checking") == 0 ? qf_standstill_text(cli, say) : NULL;
}

void qf_checking_mark(struct qf_cli *cli, struct qf_view outboxes)
{
        char path[PATH_MAX];

        path_of(cli, path);
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0 || (outboxes.len && write(fd, outboxes.at, outboxes.len) < 0))
                fprintf(stderr, "%s: %s\n", path, qf_cli_errno(cli, errno));
}

int qf_checking_outboxes(struct qf_cli *cli, struct qf_buffer *ret_outboxes)
{
        char path[PATH_MAX];

        path_of(cli, path);
        const int r = qf_file_bytes(path, ret_outboxes);
        return r == 0 || r == -ENOENT ? 0 : qf_cli_broke(cli, r, path) != 0;
}

void qf_checking_unmark(struct qf_cli *cli)
{
        char path[PATH_MAX];

        path_of(cli, path);
        if (unlink(path) < 0 && errno != ENOENT)
                fprintf(stderr, "%s: %s\n", path, qf_cli_errno(cli, errno));
}
