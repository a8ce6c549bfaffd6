/* What was said, as lines of JSON (views/event_json.h), in the order of the journal:
 * read from the journal beside the daemons, or asked of reporting from elsewhere,
 * which tells what the key may read. */
#pragma once

#include <jansson.h>

#include "qf/cli/asking.h"
#include "qf/operator/dump.h"

struct qf_said_filter {
        const char *key, *partner, *verdict, *kind; /* NULL: any */
        uint32_t first_day,
                last_day; /* of what has a date; 0: open. The journal is told; a server tells all days */
};

struct qf_saying { /* zero-initialised; released by qf_said_close, which the programme lives as long as */
        struct qf_dump names;
        struct qf_subscription *registers;
        const struct qf_programme *programme; /* as it is now, once all was read */
        bool remote;
        /* Remote: what was before this record was trimmed there, and not told; 0: nothing was. */
        uint64_t begins;
        /* Remote: how many records could not be read there; the first of them. */
        uint64_t unreadable, unreadable_first;
};

/* The line is borrowed. Negative stops. */
typedef int (*qf_said_take)(void *ctx, const json_t *line);
/* All of it; registers are no statements, and left out. remote: asks reporting. "0 or 1"; 1 also when something could not be
 * read: what could was taken, in part or, remote, all of it. */
QF_CHECK int qf_said_read(struct qf_cli *cli, const struct qf_said_filter *filter, qf_said_take take,
                          void *ctx, struct qf_saying *saying);
void qf_said_close(struct qf_saying *saying);
