/* Who feeds: the client library over an outbox on a simulated disk. It makes events
 * of its own, remembers which number each got, and tells the oracle each verdict
 * that it hears. A human stands beside it, who acts when it stops. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "simulation/sources.h"
#include "simulation/world.h"

struct sim_partner { /* role of the process */
        struct sim_keys keys;
        const char *directory, *org;
        bool office;      /* brings the programme, and has a word about records of others */
        bool rests;       /* makes no more events */
        bool skips;       /* its human has said that what is gone may be skipped */
        bool twofold;     /* its outbox was copied or put back: one number may have been two events */
        bool astray;      /* its outbox was copied from another source's, */
        bool early;       /* or that and another source's are copies of one that no server had answered; */
        bool turned_away; /* which was noticed */
        bool forgets;     /* what is acknowledged, as if no backup lacked it */
        uint32_t pace_ms; /* between its events */
        uint8_t outbox[16];
        uint64_t *prints; /* by number - 1, of this outbox */
        uint64_t prints_room, next, acked;
        uint32_t told;    /* register events that the office has brought */
        uint32_t stopped; /* why it stopped; 0: it goes on */
        uint64_t gone;    /* the server asks for numbers from here on that are gone here */
        bool drained;
        bool refused;     /* with its key nobody hears it, */
        bool dated;       /* and it was because of the day */
        int64_t human_ns; /* when the human acts */
        uint32_t human;   /* what he did last */
};

enum sim_human { SIM_HUMAN_NOTHING, SIM_HUMAN_RESUMED, SIM_HUMAN_RENEWED };

extern const struct sim_kind sim_partner_kind;
void sim_partner_copy(const struct sim_partner *from, struct sim_partner *to); /* what it remembers */
void sim_partner_end(struct sim_partner *partner);                             /* frees what it remembers */
