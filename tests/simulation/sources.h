/* Who may speak and read: which key each source had at every position of one journal,
 * and on which days; for whose records it may speak; and which partner each
 * organisation is, as PROTOCOL.md 6.4 says. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/event.h"

enum { SIM_SOURCES = 8, SIM_SOURCE_CODE = 32, SIM_REKEYED = 64 };

struct sim_span { /* both ends included */
        uint64_t first, last;
};

struct sim_keys { /* numbers of those that somebody has had; the last is the one that he has */
        uint32_t at[SIM_REKEYED], count;
};

struct sim_sources {
        struct sim_source {
                char code[SIM_SOURCE_CODE], org[SIM_SOURCE_CODE];
                struct {
                        uint64_t position;
                        uint32_t key;        /* its number (network.h); 0: none */
                        uint32_t from, upto; /* yyyymmdd that it is valid on; 0: open */
                } keys[SIM_REKEYED];
                uint32_t keys_count;
        } of[SIM_SOURCES]; /* by ref - 1: the first is the office */
        uint32_t count;
        char partners[SIM_SOURCES][SIM_SOURCE_CODE]; /* organisations, by ref - 1 */
        uint32_t partners_count;
};

void sim_keys_give(struct sim_keys *keys, uint32_t key);
uint32_t sim_keys_now(const struct sim_keys *keys);

/* A source is told of, at a position. */
void sim_sources_take(struct sim_sources *sources, const struct qf_register *about, uint64_t position);
/* The partner (ref) that an organisation is, by the first source that it has; 0: none. */
uint32_t sim_sources_partner(const struct sim_sources *sources, struct qf_view org);
/* The source of a ref; NULL: there is none. */
const struct sim_source *sim_sources_at(const struct sim_sources *sources, uint32_t ref);

/* The days, in the programme's time, of a span of time in ms since 1970. */
struct sim_span sim_days(int64_t first_ms, int64_t last_ms);
extern const struct sim_span sim_any_day;
/* Whether a source has a key that is valid on one of the days, as registers are now. */
bool sim_source_has_key(const struct sim_source *source, struct sim_span days);
/* Whether a key is one of any source's at some of the versions, and valid on one of the days. */
bool sim_sources_key_stood(const struct sim_sources *sources, uint32_t key, struct sim_span versions,
                           struct sim_span days);
