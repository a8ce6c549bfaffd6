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

/* Rows of declared kinds are numbered by themselves: together they are few, and an activity's row is a place in columns
 * that are as long as there are activities. */
#define QF_ROW_DECLARED (UINT32_C(1) << 31)
/* Keys of declared kinds stand behind two bytes that no key begins with, so that each kind has keys of its own, and all
 * of them sort before those of activities, whose order is used to find what is new. */
enum { QF_STANDING_KEY_BYTES = 2 + QF_KEY_BYTES_MAX };
struct qf_view qf_standing_key(uint8_t kind, struct qf_view key, char room[QF_STANDING_KEY_BYTES]);
struct qf_view qf_standing_key_plain(struct qf_view standing_key); /* without them */

/* Ticks at one record that were noted and are not counted yet: they are counted as one, at the last one's position. */
struct qf_open_ticks {
        uint32_t amount, events; /* 0 events: none; the amount is not below them */
        uint64_t position;
};

/* What stands under one key, as counting needs it. */
struct qf_standing {
        uint8_t state; /* enum qf_head_state: LIVE, WITHDRAWN, MERGED; NONE: known by ticks or attendance only */
        uint8_t stated; /* bit 0: the activity itself states attendances; of a declared kind: its figures */
        uint8_t kind;   /* of a declared kind; 0: an activity, with what is claimed and ticked of it */
        uint8_t late;   /* 1: it has stood since a statement that came after its time */
        uint16_t sessions;
        uint32_t
                row; /* 1 .. in order of first appearance as an activity; 0: has not appeared; of a declared kind
                       * QF_ROW_DECLARED + 1 .. */
        uint32_t date;
        uint32_t attendances; /* of the activity's own statement */
        uint8_t method;
        uint8_t claimed;  /* bitmap of the methods by which a claim stands */
        struct qf_claim { /* Attendance statements, by method 1..4; all zero where none stands */
                uint32_t attendances;
                int64_t as_of_ms;
        } claims[5];
        int64_t ticks; /* sum; counts while no claim stands */
        uint64_t tick_events;
        uint32_t figures[QF_FIGURES_MAX]; /* of a declared kind, 0 where not stated */
        uint64_t changed;                 /* position */
        struct qf_open_ticks open;        /* not part of its row */
        uint32_t partner;
        uint32_t members_count;
        struct qf_member_of members[QF_VALUES_MAX]; /* sorted, single-valued and multi-valued alike */
};

typedef int (*qf_tally_open)(void *ctx, struct qf_view key, struct qf_standing *record);

struct qf_tally_store {
        void *ctx;
        /* Fills *ret_record; 0 with all zero up to members when there is none. Of members only the used part need
         * be filled or copied, here and in put. Hands over open ticks, which are then its caller's; it is put next.
         * Negative: stop. */
        int (*get)(void *ctx, uint32_t partner, struct qf_view key, struct qf_standing *ret_record);
        int (*put)(void *ctx, uint32_t partner, struct qf_view key, const struct qf_standing *record);
        /* Told after a record's counting changed, which then has a row; for the stream of rows. May be NULL. */
        void (*moved)(void *ctx, struct qf_view key, const struct qf_standing *record);
        /* Notes a tick, to be counted when its record is got or with all others (qf_tally_settle). Positive: it can't be
         * noted, count it at once. NULL, with the next one: nothing is noted. */
        int (*note)(void *ctx, uint32_t partner, struct qf_view key, uint32_t amount, uint64_t position);
        /* Hands each record with open ticks over, as get does; each is put before it returns. Negative stops. */
        int (*each_open)(void *ctx, qf_tally_open each, void *each_ctx);
};

struct qf_tally {
        struct qf_tally_store store;
        struct qf_picture *picture;
        uint32_t counted_dimensions; /* bitmap of dimension ids that events carry */
        uint32_t rows;               /* row numbers given */
        uint32_t declared_rows;      /* and those of declared kinds */
};

/* Applies one resolved event, all of whose names are known, with its verdict. 0 done (also: counts nothing); negative stops
 * the daemon. */
QF_CHECK int qf_tally_apply(struct qf_tally *tally, const struct qf_batch *batch,
                            const struct qf_event *event, struct qf_verdict verdict, uint32_t partner,
                            uint64_t position);

/* Counts what was noted, ticks by a walk over all that changed: before anybody looks at picture or records. No register
 * event changes what it counts. Picture and records are then what they would be if each event had been counted by itself. */
QF_CHECK int qf_tally_settle(struct qf_tally *tally);

/* The record as it counts now; members point into the record. */
struct qf_contribution qf_standing_contribution(const struct qf_standing *record);
/* Best standing claim: by method rank, Attendance before the activity's own, later as_of. False: not known. */
bool qf_standing_attendances(const struct qf_standing *record, int64_t *ret_attendances);
/* How that was counted; QF_METHOD_NONE: it is not said, or ticks. */
uint8_t qf_standing_method(const struct qf_standing *record);
