/* What pipeline_load is told. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/load_events.h"

enum {
        LOAD_LANES_MAX = 15, /* with the subscription as many sockets as can be waited for */
        LOAD_KEYS_MAX = 16,
        LOAD_WINDOW_MAX = 64,
};

struct load_options {
        const char *feed, *read, *server, *keys[LOAD_KEYS_MAX], *table;
        enum load_workload workload;
        bool own_shape; /* the programme's own dimensions and members, instead of the peers' */
        uint32_t keys_count;
        uint64_t batch, lanes, window, years, days, seconds, events, rate;
        uint64_t patience; /* seconds without an answer */
        uint64_t pids[2];  /* ingest, aggregation */
};

/* Of the command line; ends the process with a sentence when something cannot be. */
struct load_options load_options_read(int argc, char **argv);
