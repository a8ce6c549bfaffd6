/* The pure tally: accepted events in journal order → cells. Aggregation runs it
 * over LMDB, qf verify over memory, the simulator over its own store: only the
 * three callbacks differ. It never rejects; what ingest accepted is obeyed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/cell.h"
#include "model/event.h"
#include "model/picture.h"
#include "model/verdict.h"

/* What stands under one key, as counting needs it. */
struct qf_standing {
        uint8_t state; /* enum qf_head_state: LIVE, WITHDRAWN, MERGED; NONE: known by ticks or attendance only */
        uint8_t stated; /* bit 0: the activity itself states attendances */
        uint16_t sessions;
        uint32_t row; /* 1 .. in order of first appearance as an activity; 0: has not appeared */
        uint32_t date;
        uint32_t attendances; /* of the activity's own statement */
        uint8_t method;
        struct qf_claim {         /* Attendance statements, by method 1..4 */
                uint8_t standing; /* 1: yes */
                uint32_t attendances;
                int64_t as_of_ms;
        } claims[5];
        int64_t ticks; /* sum; counts while no claim stands */
        uint64_t tick_events;
        uint64_t changed; /* position */
        uint32_t partner;
        uint32_t members_count;
        struct qf_member_of members[QF_VALUES_MAX]; /* sorted, single-valued and multi-valued alike */
};

struct qf_tally_store {
        void *ctx;
        /* Fills *ret_record; 0 with all zero up to members when there is none. Of members only the used part need
         * be filled or copied, here and in put. Negative: stop. */
        int (*get)(void *ctx, uint32_t partner, struct qf_view key, struct qf_standing *ret_record);
        int (*put)(void *ctx, uint32_t partner, struct qf_view key, const struct qf_standing *record);
        /* Told after a record's counting changed, which then has a row; for the stream of rows. May be NULL. */
        void (*moved)(void *ctx, struct qf_view key, const struct qf_standing *record);
};

struct qf_tally {
        struct qf_tally_store store;
        struct qf_picture *picture;
        uint32_t counted_dimensions; /* bitmap of dimension ids that events carry */
        uint32_t rows;               /* row numbers given */
};

/* Applies one resolved event with its verdict. 0 done (also: counts nothing); negative stops the daemon. */
QF_CHECK int qf_tally_apply(struct qf_tally *tally, const struct qf_batch *batch,
                            const struct qf_event *event, struct qf_verdict verdict, uint32_t partner,
                            uint64_t position);

/* The record as it counts now; members point into the record. */
struct qf_contribution qf_standing_contribution(const struct qf_standing *record);
/* Best standing claim: by method rank, Attendance before the activity's own, later as_of. False: not known. */
bool qf_standing_attendances(const struct qf_standing *record, int64_t *ret_attendances);
