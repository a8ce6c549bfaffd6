/* Whether it is any use to wait for a daemon of --dir. A key, a slow start and a long answer are worth waiting for; a socket
 * where nobody listens, without a qf up that would start somebody, is not. */
#pragma once

#include <sys/types.h>

#include "qf/cli/cli.h"

enum { QF_THERE_GRACE_MS = 500 }; /* a qf up that was started with this command has its lock by then */

/* The process of the qf up that has this directory; 0: none has. */
pid_t qf_there_up(const char *dir);
/* Nobody listens at this endpoint of cli->dir, and nobody will. False of what is not below it, or over TCP: not known. */
bool qf_there_nobody(const struct qf_cli *cli, const char *endpoint);

/* The same while waiting, looked at now and then; zero it but for the first two before each wait. */
struct qf_there {
        const struct qf_cli *cli;
        const char *endpoint;
        int64_t look_ms;
};
bool qf_there_in_vain(struct qf_there *there);

/* Aggregation asks for the archive of a trimmed journal, beside its counts: readers are let in only to a picture. */
bool qf_there_wants_archive(const struct qf_cli *cli);
