/* The whole service and everybody around it, and what befalls them in one seed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "simulation/daemons.h"
#include "simulation/disk.h"
#include "simulation/listener.h"
#include "simulation/operator.h"
#include "simulation/partner.h"
#include "simulation/reader.h"

/* The last partner is a copy of another one: made in some seeds only. */
enum {
        SIM_OFFICE_READER = 1,
        SIM_GUEST = 2,
        SIM_KEYED = 4
}; /* the reader with the office's key, the one with a key of its own; who may lose one: it, then desks 1 .. */
enum { SIM_PARTNERS = 5, SIM_CLONED = 3, SIM_CLONE = 4, SIM_READERS = 3 };

struct sim_town {
        struct sim_machine office, reading, desks[SIM_PARTNERS];
        struct sim_directory *journal, *counts, *outboxes[SIM_PARTNERS];
        struct sim_directory *backup, *archive; /* of the journal; of what was trimmed from it */
        struct sim_operator operator;
        struct sim_daemon ingest_role, aggregate_role, report_role, relay_role;
        struct sim_listener listeners[SIM_LISTENERS];
        struct sim_partner partners[SIM_PARTNERS];
        struct sim_reader readers[SIM_READERS];
        struct sim_process *ingest, *aggregate, *report, *relay, *operating, *feeders[SIM_PARTNERS],
                *watchers[SIM_READERS];
        bool locked[SIM_KEYED]; /* the office has taken the key away */
        uint32_t keys_given,
                office_key;  /* what ingest's configuration has; the office itself may have another */
        int64_t midnight_ns; /* 0: not in this seed */
        bool cloned, restored;
        bool unadopted; /* the journal was copied back, and the office has not said so yet */
};

extern struct sim_town town;

/* What an operator does when the daemons say what they need: adopts the journal; counts what was trimmed from its archive. */
void sim_town_adopt(void);
void sim_town_count_trimmed(void);
void sim_town_archive(struct sim_directory *backup); /* goes on with one that has all that was trimmed */

/* The office takes the key of a reader (0) or a desk away, and gives it back, or another one. */
void sim_town_take_key(unsigned who);
void sim_town_date_key(unsigned who); /* it is valid until today, or from tomorrow on */
void sim_town_give_key(unsigned who);
/* Ingest has another key of the office, which the office gets later. */
void sim_town_replace_office_key(void);
void sim_town_give_office_key(void);

/* Runs a seed. false: an invariant does not hold, sim_failure says which. */
bool sim_town_run(uint64_t seed, uint64_t steps_most);
