/* Reading the journal of a running ingest, record by record, checked: for backups
 * and for whatever counts again. "0 or 1" as in cli.h. */
#pragma once

#include "client/follow.h"
#include "qf/cli/cli.h"

struct qf_journal_reader;

/* 0: go on; positive: said, stop reading; negative: -errno. */
typedef int (*qf_journal_take)(void *ctx, const struct qf_record_head *head, struct qf_view record);
/* Nothing waits, or a second of records came in a row; as above. */
typedef int (*qf_journal_settle)(void *ctx, struct qf_journal_reader *reader);

void qf_place_of(const struct qf_record_head *head, struct qf_place *ret_place);

/* Hands out the records behind from (NULL: from the first) to position to, or to the last there is at the beginning
 * (to = 0), checking the chain throughout. With cli->archive its records come first, and from is NULL. 0 or 1. */
QF_CHECK int qf_journal_read(struct qf_cli *cli, const struct qf_place *from, uint64_t to,
                             qf_journal_take take, void *ctx);
/* The first position that the journal still has. 0 or 1. */
QF_CHECK int qf_journal_first(struct qf_cli *cli, uint64_t *ret_first);
/* As qf_journal_read; settle is called as well, at the end too. follow: goes on with what comes, through restarts of ingest, until
 * a signal interrupts it, which is no fault. */
QF_CHECK int qf_journal_follow(struct qf_cli *cli, const struct qf_place *from, bool follow,
                               qf_journal_take take, qf_journal_settle settle, void *ctx);
/* Says to ingest that a backup of that name has every record up to the last one handed out. -errno. */
QF_CHECK int qf_journal_say_kept(struct qf_journal_reader *reader, struct qf_view name);
