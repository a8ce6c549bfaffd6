/* The journal feed: whoever follows the journal is sent its records in order, as
 * far as its credit goes. Without sockets and clocks, like the core. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ingest/group.h"
#include "wire/socket.h"

struct qf_consumers;

struct qf_beat {                /* what a Beat says besides where the journal stands */
        int64_t now_ms;         /* by the clock on the wall */
        uint32_t gaps;          /* outboxes that wait for a Skip */
        struct qf_view metrics; /* encoded */
};

struct qf_consumers_edges {
        void *ctx;
        /* Never blocks; positive: that peer is full or gone. */
        int (*send)(void *ctx, const struct qf_peer *peer, struct qf_view frame, struct qf_view record);
        /* Whether a User-Id may follow the journal now; NULL: whoever reaches the door. */
        bool (*may)(void *ctx, struct qf_view user);
        /* A backup says how far it reaches; that record is in the journal. NULL: nobody is told. */
        void (*kept)(void *ctx, struct qf_view name, uint64_t position, const uint8_t hash[QF_SHA256_BYTES]);
};

enum { QF_CONSUMERS_MAX = 16 };

QF_CHECK int qf_consumers_new(struct qf_group *group, const struct qf_consumers_edges *edges,
                              struct qf_consumers **ret_consumers);
struct qf_consumers *qf_consumers_free(struct qf_consumers *consumers);
/* All of these between groups; negative when the store breaks or memory is out. user: "" at a door without keys. */
QF_CHECK int qf_consumers_take(struct qf_consumers *consumers, const struct qf_peer *peer,
                               struct qf_view user, struct qf_view message);
/* mono_ms: who is full or hangs, and since when, is of one process, and no clock that is set changes it. */
QF_CHECK int qf_consumers_pump(struct qf_consumers *consumers, int64_t mono_ms,
                               bool *ret_more); /* true: once more */
/* Each second; who may not follow any more is detached. */
QF_CHECK int qf_consumers_beat(struct qf_consumers *consumers, int64_t mono_ms, const struct qf_beat *beat);
/* How far counting is behind, as qf_tail_behind: for qf_hold_until_ns. 0 also while it was sent nothing for a second,
 * and for all others who follow: nobody waits for a backup, or for qf. */
uint32_t qf_consumers_behind(const struct qf_consumers *consumers);
uint32_t qf_consumers_count(const struct qf_consumers *consumers);
