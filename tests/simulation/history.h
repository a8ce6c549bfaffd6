/* What one journal said, record by record, read as PROTOCOL.md 4 says and held to its
 * promises on the way: one chain without a hole, each number of an outbox once. */
#pragma once

#include "base/arena.h"
#include "base/digest.h"
#include "simulation/disk.h"
#include "simulation/model.h"
#include "simulation/sources.h"

enum { SIM_OUTBOXES = 64, SIM_LIVES = 32, SIM_NOTED = 32 };

struct sim_noted { /* free text of an event, as it was read */
        uint64_t position;
        uint32_t entry, at;
        bool redacted; /* and says the journal that it is gone */
        char key[SIM_NOTED], note[SIM_NOTED];
};

struct sim_taken { /* a number of an outbox, as the journal has it */
        uint64_t print;
        struct qf_verdict verdict;
        bool lost;         /* skipped: a human said so */
        uint64_t position; /* of its record */
};

struct sim_outbox {
        uint8_t id[16];
        bool sealed;
        uint64_t last, room;
        struct sim_taken *taken; /* by number - 1 */
};

struct sim_history {
        struct sim_history *older;
        struct qf_arena *arena;
        struct qf_sha256 *sha;
        struct sim_model *model;
        struct sim_sources sources;
        struct {
                uint64_t begins;
                uint8_t epoch[16];
        } lives[SIM_LIVES];
        uint32_t lives_count, life_number;
        uint64_t last, room, events;
        uint64_t counted,
                noted;     /* on the disk of the counts: counts of it; their place, which may be further on */
        uint64_t anchored; /* what the last trimming said that it took */
        struct sim_noted *noted_texts;
        uint32_t noted_count, noted_room, redacted;
        int64_t received_at_ms;
        uint8_t (*hashes)[32];                    /* by position - 1 */
        struct sim_outbox outboxes[SIM_OUTBOXES]; /* by ref - 1 */
        uint32_t outboxes_count;
};

/* Empty, in front of older ones. Aborts without memory. */
struct sim_history *sim_history_new(struct sim_history *older);
struct sim_history *sim_history_free(struct sim_history *history); /* returns the older ones */
/* The next record. A broken promise is a violation (world.h). */
void sim_history_take(struct sim_history *history, struct qf_view record);
/* Whether the last record taken is in the journal still. */
bool sim_history_has(const struct sim_history *history, uint64_t position, struct qf_view record);
/* What the journal says that was redacted is in none of its records. */
void sim_history_check_redacted(const struct sim_history *history, const struct sim_directory *journal);
bool sim_history_is_still_there(const struct sim_history *history, const struct sim_directory *journal);
