/* What feed.c and feed_learn.c share; nobody else includes it. */
#pragma once

#include "client/feed.h"
#include "client/feed_batch.h"
#include "client/feed_core.h"

struct qf_feed {
        struct qf_outbox *outbox;
        struct qf_socket *socket; /* NULL: only keeps */
        struct qf_feed_core core;
        uint32_t connections; /* made so far */
        int64_t progress_ms;
        struct qf_feed_options options;
        struct qf_arena *arena;
        struct qf_buffer chunk, message;

        struct qf_feed_batch batch;
        struct qf_buffer registers; /* parts of the answer to Learn so far */
        uint64_t registers_position;
        struct qf_programme *programme;
        struct qf_to_partner welcome; /* scalars only */
        int64_t welcomed_ms;          /* when that came */
        bool welcomed, told_gone;
        bool refused; /* halted, and not for good: the key has no right to feed */
        uint64_t keep_from;
        uint32_t answers;
};

int qf_feed_outcome(int result); /* of the outbox, as enum qf_feed_outcome */
/* A part of the registers came. */
QF_CHECK int qf_feed_hear_registers(struct qf_feed *feed, const struct qf_to_partner *message);
