/* aggregate.yaml. */
#pragma once

#include <stdint.h>

struct cyaml_schema_value;

struct qf_aggregate_config {
        char *directory;         /* of the counts */
        char *journal;           /* endpoint of ingest's journal feed, connected to */
        char *totals;            /* endpoint of the totals, bound */
        uint32_t commit_ms;      /* how long a group may stay open while records keep coming; 0: 20 */
        uint32_t map_mib;        /* of the map to start with; 0: 256 */
        uint32_t disk_floor_mib; /* counting stops when less would be free; 0: 64 */
};

extern const struct cyaml_schema_value qf_aggregate_schema;
