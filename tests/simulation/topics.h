/* What a topic of the relay should say, by one history. */
#pragma once

#include "simulation/history.h"
#include "simulation/oracle.h"

bool sim_is_published(const struct sim_history *history, const struct sim_published *published);
/* Whether nothing is to be said of a measure, dimension and member in periods that begin so. */
bool sim_is_unpublished(const struct sim_history *history, const struct sim_published *topics,
                        const char *period);
