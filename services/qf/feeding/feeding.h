/* Feeding from a command: opens the outbox of the source and its feed, drains it
 * with patience, and says what is wrong in the reader's language. Used by feed,
 * programme load, key add and key revoke. "0 or 1" as in cli.h. */
#pragma once

#include <limits.h>

#include "qf/cli/cli.h"
#include "client/feed.h"

struct qf_feeding_stopped {
        char why[1024], helps[2 * PATH_MAX + 256];
};
/* Why an outbox is stopped (standing->stopped is not 0), and what helps, in the reader's language. */
void qf_feeding_stopped(const struct qf_cli *cli, const struct qf_outbox_standing *standing,
                        struct qf_feeding_stopped *ret_stopped);

/* Opens cli->outbox towards cli->feed; one that is another source's for good is not opened. verdict may be NULL. online false: only keep, no server. 0 or 1. */
QF_CHECK int qf_feeding_open(struct qf_cli *cli, bool online,
                             int (*verdict)(void *ctx, const struct qf_feed_verdict *verdict), void *ctx,
                             struct qf_feed **ret_feed);
/* Online, for who would do without the outbox while another process has it: QF_FEED_IN_USE, which is not said. Else 0 or 1. */
QF_CHECK int qf_feeding_open_free(struct qf_cli *cli, struct qf_feed **ret_feed);
/* The same; what the server asks for and is gone here is declared lost, for a human's reason (NULL: never). */
QF_CHECK int qf_feeding_open_skipping(struct qf_cli *cli, const char *skip_reason,
                                      int (*verdict)(void *ctx, const struct qf_feed_verdict *verdict),
                                      void *ctx, struct qf_feed **ret_feed);
/* Says an outcome of the feed (enum qf_feed_outcome, or negative), and sets cli->exit_code. */
void qf_feeding_say(struct qf_cli *cli, struct qf_feed *feed, int result);
/* How long a server is waited for that may not be there: less when the registers are kept here. */
int64_t qf_feeding_learn_ms(const struct qf_cli *cli, struct qf_feed *feed);
/* The registers, from the server or from the cache. 0 or 1 (away, refused). */
QF_CHECK int qf_feeding_learn(struct qf_cli *cli, struct qf_feed *feed,
                              const struct qf_programme **ret_programme);
/* From the server alone: for who decides by what stands, or shows it as what stands. 0 or 1 (away, refused). */
QF_CHECK int qf_feeding_learn_now(struct qf_cli *cli, struct qf_feed *feed,
                                  const struct qf_programme **ret_programme);
/* The same without an outbox; the caller frees it. 0 or 1. */
QF_CHECK int qf_feeding_look(struct qf_cli *cli, struct qf_programme **ret_programme);
/* As qf_feed_add; what goes wrong is said. 0 or 1. */
QF_CHECK int qf_feeding_add(struct qf_cli *cli, struct qf_feed *feed, const struct qf_event *event,
                            const struct qf_pair *values, uint32_t values_count, uint64_t *ret_number);
/* Flushes what was added (file may be NULL). 0 or 1. */
QF_CHECK int qf_feeding_flush(struct qf_cli *cli, struct qf_feed *feed, const struct qf_fed_file *file);
/* Pumps until all has its verdict. step (may be NULL) is called after each turn. 0 drained; 1: server away for
 * patience_ms (75, "kept, N wait"), refused (77), stopped (3), interrupted. */
QF_CHECK int qf_feeding_drain(struct qf_cli *cli, struct qf_feed *feed, int64_t patience_ms,
                              void (*step)(void *ctx), void *ctx);
