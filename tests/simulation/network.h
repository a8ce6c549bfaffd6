/* Simulated ZeroMQ: sockets, connections, the door that asks about keys. Messages
 * take time; connections break with all that was on the way. The feed of partners
 * promises more than a connection gives: there messages are also lost, come twice,
 * or out of order. The journal feed and the totals rely on their connection. */
#pragma once

#include <stdbool.h>

#include "simulation/world.h"

/* What a loop can wait for: a socket or the door. The first member of either. */
struct sim_readable {
        bool (*waits)(const struct sim_readable *readable);
};

/* The key pair of a number: secret and public key of each party of the world. */
void sim_key(uint32_t number, uint8_t ret_public[32], uint8_t ret_secret[32]);
/* The line between two machines is dead until a time. */
void sim_network_part(struct sim_machine *a, struct sim_machine *b, int64_t until_ns);
void sim_network_heal(void); /* of all lines */
void sim_network_end(void);
/* The event of an arrival; with connection 0 it only frees what it carries. */
void sim_network_deliver(void *ctx, uint64_t connection);
