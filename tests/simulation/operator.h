/* Who does with the service what only a human does: restores, adopts, trims, redacts. The
 * commands' own code runs in a process of its own, which may end at any call to its
 * storage; ingest is stopped meanwhile and started behind it, whatever came of it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "simulation/world.h"

enum sim_order { SIM_RESTORE, SIM_ADOPT, SIM_TRIM, SIM_CHECKPOINT, SIM_REDACT };

struct sim_operator { /* role of the process */
        enum sim_order order;
        const char *from, *archive; /* directories: to restore from; of what is or was trimmed, NULL: none */
        uint64_t before;            /* to trim: the first record that stays */
        const char *key, *partner;  /* to redact: the notes of whose statements */
        bool done;                  /* it came to its end, and that is what was wanted */
};

extern const struct sim_kind sim_operator_kind;
/* `qf restore FROM`, from a backup or another journal. */
bool sim_operator_restore(const char *from, const char *archive);
bool sim_operator_adopt(void); /* `qf restore --adopt` */
/* `qf trim`: looks, counts the archive up to the cut, cuts. */
bool sim_operator_trim(const char *archive, uint64_t before);
/* `qf redact`, once the journal that was set aside is removed: all notes of a partner's record. */
bool sim_operator_redact(const char *partner, const char *key);
/* `qf rebuild --archive`: the checkpoint is made anew, and the counts are to begin with it. */
bool sim_operator_rebuild(const char *archive);
