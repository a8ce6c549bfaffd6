/* The editions that the counts have on disk, held to the journal: each is what stood at
 * its close and nothing else, whoever made it, and however often it was made again. */
#pragma once

#include "simulation/history.h"

/* rows: of the table of editions, at a version. A difference is a violation. */
void sim_frozen_check(const struct sim_history *history, const struct sim_rows *rows, uint64_t version);
void sim_frozen_end(void);
