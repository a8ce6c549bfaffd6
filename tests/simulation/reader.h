/* A subscriber: the client library over a simulated connection. Its pictures are
 * shown to the oracle. */
#pragma once

#include "simulation/world.h"

struct sim_reader {            /* role of the process */
        uint32_t key;          /* its number */
        const char *dimension; /* NULL: everything */
        uint32_t every_ms, credit;
        uint64_t version; /* of its last consistent picture, in this life */
        uint8_t epoch[16];
        bool held;
        uint64_t pictures; /* consistent ones it had */
};

extern const struct sim_kind sim_reader_kind;
/* Holds the totals at this version. */
bool sim_reader_is_at(const struct sim_reader *reader, const uint8_t epoch[16], uint64_t version);
