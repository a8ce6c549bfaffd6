/* What a subscriber is sent next: pure. Snapshot, resume and catching up after
 * being slow are one operation, "cells changed after have".
 *
 * Not in a pass: walk the newest end of the picture back to have. When that fits
 * most_cells, it is sent as frames of which the last has end: the subscriber's
 * picture then equals history[version]. Otherwise a pass begins: all cells by
 * number, those changed after have, chunk by chunk as credit allows, values as
 * they are when sent; what changes meanwhile is caught by the walk after it.
 * State per subscriber is this struct: bounded, whatever the subscriber does. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/picture.h"

struct qf_fanout {
        uint64_t have; /* all that changed up to here was sent */
        uint64_t held; /* upto of the last end: what the subscriber's picture equals; each chunk's after */
        uint64_t pass_upto; /* version when the pass began */
        size_t pass_next;   /* number of the next cell to look at */
        bool in_pass;
        bool fresh; /* begins from nothing: the first frame says so */
};

struct qf_fanout_chunk {
        size_t count; /* cells written into the caller's array */
        uint64_t after, upto;
        bool end; /* this chunk completes the picture at upto */
        bool fresh;
};

typedef bool (*qf_fanout_wants)(void *ctx, const struct qf_cell *cell);

void qf_fanout_begin(struct qf_fanout *fanout, uint64_t have, bool fresh);
/* Whether there is anything to send at this version. */
bool qf_fanout_due(const struct qf_fanout *fanout, uint64_t version);
/* Fills cells (room of most_cells) and the chunk, and moves on: call only when the chunk will be sent. */
void qf_fanout_next(struct qf_fanout *fanout, const struct qf_picture *picture, uint64_t version,
                    qf_fanout_wants wants, void *ctx, struct qf_cell **cells, size_t most_cells,
                    struct qf_fanout_chunk *ret_chunk);
