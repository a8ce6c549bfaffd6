/* Why: two of the daemons answer no question of ours, and a file on disk may be newer than the process that was started
 * from it; what started is what each wrote down. */
#include "qf/operator/books.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "service/logbook.h"

const char *const qf_daemons[QF_DAEMONS] = {"ingest", "aggregate", "report", "relay"};

bool qf_book_path(const struct qf_cli *cli, const char *daemon, char ret_path[PATH_MAX])
{
        int len = snprintf(ret_path, PATH_MAX, "%s/log/%s.logbook", cli->dir, daemon);

        if (len < PATH_MAX && access(ret_path, F_OK) == 0)
                return true;
        len = snprintf(ret_path, PATH_MAX, "%s/%s/logbook", cli->dir, daemon);
        return len < PATH_MAX && access(ret_path, F_OK) == 0;
}

/* NUMBER TIME what fields: of each start its version, of each end nothing. */
static void take(void *ctx, const char *line)
{
        char *release = ctx;
        const char *what = strchr(line, ' ');

        what = what ? strchr(what + 1, ' ') : NULL;
        if (!what)
                return;
        if (strncmp(what, " stopped ", 9) == 0)
                release[0] = '\0';
        else
                (void)sscanf(what, " started version=%31s", release);
}

bool qf_book_started(const char *path, char ret_release[QF_RELEASE_BYTES])
{
        struct qf_logbook_found found;
        char release[QF_RELEASE_BYTES] = "";

        if (qf_logbook_read(path, take, release, &found) < 0 || !release[0])
                return false;
        memcpy(ret_release, release, sizeof release);
        return true;
}
