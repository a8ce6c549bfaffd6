/* What the load generators of the peers share: the same events as the project's own benchmark, written as records of 60
 * bytes; when each is due; the counts and whether they are right; the line of JSON. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/load_events.h"

enum {
        PEER_DIMENSIONS = 8,
        PEER_MEMBERS = 301, /* 0: everything */
        PEER_MONTHS = 12,
        PEER_CELLS = PEER_MEMBERS * PEER_MONTHS,
        PEER_RECORD_BYTES = 60,
};

struct peer_cell {
        int64_t activities, attendances;
};

struct peer_event {
        uint64_t number;
        char id[16];
        uint32_t month; /* 0 .. 11 */
        uint16_t member[PEER_DIMENSIONS];
        uint32_t attendances;
};

/* Of a consumer process, in memory that it shares with the one that compares them. */
struct peer_counts {
        _Atomic bool ready;
        uint64_t upto; /* events counted: those before it */
        struct peer_cell cells[PEER_CELLS];
};

struct peer {
        const char *name, *place; /* the server's socket, or a folder */
        uint16_t port;
        uint32_t batch, window;
        uint64_t rate;    /* events per second; 0: as fast as it goes */
        uint64_t events;  /* to be sent; by time: known when time is over */
        uint32_t seconds; /* 0: by events */
        struct load_shape *shape;
        int64_t began_ns, ends_ns, acked_ns;
        uint64_t acked, live;              /* events */
        int64_t *acked_at_ns, *live_at_ns; /* by event; only with a rate */
};

_Noreturn void peer_die(const char *what, const char *why);

/* --events N | --seconds N, --batch, --window, --rate, --place PATH, --port. */
void peer_options(struct peer *peer, const char *name, int argc, char **argv);
void peer_begin(struct peer *peer);
/* How many more events may be sent now, at most a batch, when so many were. Ends the run when time is over. */
uint32_t peer_due(struct peer *peer, uint64_t sent);
void peer_acked(struct peer *peer, uint64_t upto); /* all before are on disk */
void peer_live(struct peer *peer, uint64_t total); /* a subscriber has seen this total */
void peer_nap(void);                               /* 50 us */

struct peer_event peer_make(const struct peer *peer, uint64_t number);
void peer_count(struct peer_cell *cells, const struct peer_event *event);
/* Records of events first .. first + count - 1; gives their bytes. */
size_t peer_write(const struct peer *peer, uint64_t first, uint32_t count, uint8_t *ret_bytes);
struct peer_event peer_read(const uint8_t *record);

struct peer_counts *peer_counts_new(void);
/* Counts the records of a message, passing over those that were. */
void peer_counts_take(struct peer_counts *counts, const void *records, size_t len);
/* Writes them to a file in place of the last, with fdatasync. */
void peer_counts_keep(const struct peer *peer, const struct peer_counts *counts);

/* Compares the counts with a count made apart and prints the line; the exit code. */
int peer_end(struct peer *peer, const struct peer_cell *cells);
