/* aggregate.yaml. */
#pragma once

#include <stdint.h>

#include "base/error.h"

struct qf_aggregate_config {
        char *directory;         /* of the counts */
        char *journal;           /* endpoint of ingest's journal feed, connected to */
        char *totals;            /* endpoint of the totals, bound */
        uint32_t commit_ms;      /* how long a group may stay open while records keep coming; 0: 20 */
        uint32_t map_mib;        /* of the map to start with; 0: 256 */
        uint32_t disk_floor_mib; /* counting stops when less would be free; 0: 64 */
};

/* Positive 1: wrong, said on stderr. */
QF_CHECK int qf_aggregate_config_load(const char *path, void **ret_config);
void qf_aggregate_config_unload(void *config);
