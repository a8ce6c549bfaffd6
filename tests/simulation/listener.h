/* Who listens to the relay's topics: in place of the socket that would carry them. Each
 * has one subscription, keeps what it hears as PROTOCOL.md 7.6 tells a client to, and
 * does not notice when the relay is another process. */
#pragma once

#include "simulation/daemons.h"

enum { SIM_LISTENERS = 3, SIM_TOPIC = 96 };

struct sim_listener { /* the relay's role has all of them: more */
        bool heard;
        uint8_t epoch[16];
        uint64_t version; /* of what was heard last */
        struct sim_held {
                char topic[SIM_TOPIC];
                int64_t value;
        } * held;
        uint32_t held_count, held_room;
};

/* Heard of the totals at this version, and holds nothing that is not so. */
bool sim_listener_is_at(const struct sim_listener *listener, const uint8_t epoch[16], uint64_t version);
void sim_listener_end(struct sim_listener *listener);
