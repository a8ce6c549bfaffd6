/* What must hold, whatever happens: looked at after every commit of the journal and
 * of the counts, whenever a partner is told a verdict, whenever a reader has a
 * consistent picture, and at the end of a seed. It reads what is on the simulated
 * disks and believes no process. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/picture.h"
#include "model/verdict.h"
#include "simulation/disk.h"
#include "simulation/sources.h"

void sim_oracle_begin(struct sim_directory *journal, const struct sim_directory *archive,
                      struct sim_directory *counts);
void sim_oracle_end(void);

/* A partner has stored and heard that a number of its outbox, with what was in it, got a verdict; it sent it with one of
 * the keys. */
void sim_oracle_told(const uint8_t outbox[16], uint64_t number, uint64_t print, struct qf_verdict verdict,
                     const struct sim_keys *keys);
/* A reader with this key says: this is the picture at a version, which was sent to it at since_ns or later. dimension NULL: all of it, or one dimension's cells alone. */
void sim_oracle_shown(uint32_t key, int64_t since_ns, const uint8_t epoch[16], uint64_t version,
                      const struct qf_picture *picture, const char *dimension);

/* By the journal as it is now: some source has the key, and it is valid today; it was, or will be, on other days; it will be
 * when the next day has begun. */
bool sim_oracle_key_stands(uint32_t key);
bool sim_oracle_key_is_dated(uint32_t key);
bool sim_oracle_key_comes(uint32_t key);

/* A value of a topic, as who listens has it. */
struct sim_published {
        uint8_t epoch[16];
        uint64_t version;
        struct qf_view dimension, member; /* codes; "total" and "all" */
        uint32_t period;                  /* yyyymmdd; yyyy: the sum of a year */
        int measure;
        int64_t value;
};
void sim_oracle_published(const struct sim_published *published); /* a violation, where it is not so */
bool sim_oracle_is_published(const struct sim_published *published);
/* Nothing is said of these topics at a version: of a measure, dimension and member, in periods that begin so. */
void sim_oracle_unpublished(const struct sim_published *topics, const char *period);

/* Where the journal has a number of an outbox; 0: nowhere. */
uint64_t sim_oracle_taken_at(const uint8_t outbox[16], uint64_t number);
/* The key of the last record with a note; NULL: none. */
const char *sim_oracle_noted(void);
/* Where the journal and the counts stand on disk. */
uint64_t sim_oracle_journal_last(void);
uint64_t sim_oracle_counted(void);
uint32_t sim_oracle_life(void); /* number of its life */
const uint8_t *sim_oracle_epoch(void);
/* At the end: all that was acknowledged is in the journal. excused: its owner stands stopped, and says why. */
void sim_oracle_finish(bool (*excused)(const uint8_t outbox[16], uint64_t number));
