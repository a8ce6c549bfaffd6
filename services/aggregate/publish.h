/* The totals server without its socket (PROTOCOL.md 7): who subscribed, what each
 * has, and what it is sent next. Memory per
 * subscriber is one chunk of frames, whatever it does; there are at most 64. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "aggregate/counting.h"
#include "base/error.h"
#include "wire/socket.h"
#include "wire/totals_messages.h"

struct qf_publish;

/* 0 sent; positive 1: the peer is full or gone; negative: stop. */
typedef int (*qf_publish_send)(void *ctx, const struct qf_peer *peer, struct qf_view frame);

/* What a Pulse says besides the version. */
struct qf_publish_facts {
        uint64_t journal_last;
        int64_t complete_at_ms;
        bool catching_up, stopped;
        uint32_t gaps; /* outboxes that wait for a Skip */
        const char *say;
        struct qf_view ingest, aggregate; /* metrics, encoded */
};

QF_CHECK int qf_publish_new(qf_publish_send send, void *ctx, struct qf_publish **ret_publish);
struct qf_publish *qf_publish_free(struct qf_publish *publish);

/* Speaks of these counts from now on; NULL: of none, until they are there again. */
void qf_publish_bind(struct qf_publish *publish, struct qf_counting *counting);
/* For qf_counting_commit and _show: notes the rows that changed; ctx is the qf_publish. */
int qf_publish_row(void *ctx, uint32_t partner, struct qf_view key, uint32_t row, struct qf_view packed);

/* Takes a message from a reader and answers it. Malformed ones are dropped. */
QF_CHECK int qf_publish_take(struct qf_publish *publish, const struct qf_peer *peer, struct qf_view message,
                             const struct qf_publish_facts *facts);
/* Sends what is due. To be called after each commit, each showing and each message, and at *ret_next_ms at the latest
 * (INT64_MAX: when something happens). more: call again soon, something is left to do. */
QF_CHECK int qf_publish_turn(struct qf_publish *publish, int64_t mono_ms,
                             const struct qf_publish_facts *facts, int64_t *ret_next_ms, bool *ret_more);
/* Whether somebody who takes what he is sent is so far behind that rows told now would push out what he was not told yet:
 * counting waits for him, since reading all of the table for him takes longer. Who took nothing for half a second in which
 * he could is not waited for. */
bool qf_publish_lags(struct qf_publish *publish, int64_t mono_ms);
QF_CHECK int qf_publish_pulse(struct qf_publish *publish,
                              const struct qf_publish_facts *facts); /* each second */
uint32_t qf_publish_subscribers(const struct qf_publish *publish);
