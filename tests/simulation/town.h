/* The whole service and everybody around it, and what befalls them in one seed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Runs a seed. false: an invariant does not hold, sim_failure says which. */
bool sim_town_run(uint64_t seed, uint64_t steps_most);
