/* Simulated loop: see loop.c. */
#pragma once

#include "service/loop.h"
#include "simulation/world.h"

/* One turn. *ret_next_ns: when the next must be, though nothing arrives. */
int sim_loop_turn(struct qf_loop *loop, int64_t *ret_next_ns);
