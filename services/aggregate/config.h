/* aggregate.yaml. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct cyaml_schema_value;

struct qf_aggregate_config {
        char *directory;    /* of the counts */
        char *journal;      /* endpoint of ingest's journal feed, connected to */
        char *totals;       /* endpoint of the totals, bound */
        uint32_t commit_ms; /* how long what was applied may stay unseen while records keep coming; 0: 20 */
        uint32_t map_mib;   /* of the map to start with; 0: 256 */
        char *logbook;      /* path; NULL: none is kept */
        bool *sandbox;      /* NULL: on */
        uint32_t disk_floor_mib; /* counting stops when less would be free; 0: 64 */
};

extern const struct cyaml_schema_value qf_aggregate_schema;
struct qf_sandbox;
void qf_aggregate_sandbox(const void *config, struct qf_sandbox *ret_sandbox);
