/* Reading the journal of a running ingest, record by record, checked: for `qf
 * journal dump` and `qf verify`. "0 or 1" as in cli.h. */
#pragma once

#include "client/follow.h"
#include "qf/cli.h"

/* 0: go on; positive: said, stop reading; negative: -errno. */
typedef int (*qf_journal_take)(void *ctx, const struct qf_record_head *head, struct qf_view record);

/* Hands out the records behind from (NULL: from the first) to position to, or to the last there is at the beginning
 * (to = 0), checking the chain throughout. 0 or 1. */
QF_CHECK int qf_journal_read(struct qf_cli *cli, const struct qf_place *from, uint64_t to,
                             qf_journal_take take, void *ctx);
