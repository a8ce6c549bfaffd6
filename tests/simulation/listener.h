/* Who listens to the relay's topics: in place of the socket that would carry them. */
#pragma once

#include "simulation/daemons.h"

struct sim_listener { /* of the relay's role: more */
        bool heard;   /* something, in this life of the relay */
        uint8_t epoch[16];
        uint64_t version; /* of what was heard last */
};
