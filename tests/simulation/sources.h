/* Who may speak and read: which key each source had at every position of one journal,
 * and which partner each organisation is, as PROTOCOL.md 6.4 says. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/event.h"

enum { SIM_SOURCES = 8, SIM_SOURCE_CODE = 32, SIM_REKEYED = 64 };

struct sim_sources {
        struct sim_source {
                char code[SIM_SOURCE_CODE];
                struct {
                        uint64_t position;
                        uint32_t key; /* its number (network.h); 0: none */
                } keys[SIM_REKEYED];
                uint32_t keys_count;
        } of[SIM_SOURCES]; /* by ref - 2: the first is the office, of which no register tells */
        uint32_t count;
        char partners[SIM_SOURCES][SIM_SOURCE_CODE]; /* organisations, by ref - 1 */
        uint32_t partners_count;
};

/* A source is told of, at a position. */
void sim_sources_take(struct sim_sources *sources, const struct qf_register *about, uint64_t position);
/* The partner (ref) that an organisation is, by the first source that it has; 0: none. */
uint32_t sim_sources_partner(const struct sim_sources *sources, struct qf_view org);
/* Whether a source (ref) has a key now; whether a key is one of any source's at some version from the first to the last. */
bool sim_sources_has_key(const struct sim_sources *sources, uint32_t source);
bool sim_sources_key_stood(const struct sim_sources *sources, uint32_t key, uint64_t first, uint64_t last);
