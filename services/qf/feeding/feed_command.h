/* The ways of qf feed: a file, lines from standard input, lines that are posted. */
#pragma once

#include <stdbool.h>

#include "client/outbox.h"
#include "qf/cli/cli.h"

struct qf_feed_command { /* options */
        const char *map, *kind, *sheet, *skip, *listen;
        bool dry_run, again, flush, resume, renew;
        uint64_t patience_ms; /* how long a silent server is waited for */
};

/* What a file that was fed is known by again. 0, or the exit code of what was said: there is no such map, and the like. */
QF_CHECK int qf_feed_file_hash(struct qf_cli *cli, const struct qf_feed_command *command,
                               struct qf_view bytes, uint8_t ret_hash[QF_OUTBOX_HASH]);

/* Exit codes. */
int qf_feed_file(struct qf_cli *cli, const struct qf_feed_command *command, const char *path);
int qf_feed_lines(struct qf_cli *cli, const struct qf_feed_command *command);
int qf_feed_listen(struct qf_cli *cli, const char *listen);
