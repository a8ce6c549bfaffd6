/* A disk whose power may fail: it is told what programs did (shim.h) and knows
 * what of it is certain to be there afterwards, and what may be there or not.
 *
 * The model is harder than real file systems. Of a file, units that were written
 * and not synced may be there in any of their versions since the last sync, each
 * for itself: 4,096 bytes each, or 512 when writes may tear. Of names (files made,
 * renamed, removed) any number of the first may be there, from the last sync of a
 * folder on. A sync of a file says nothing of names. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "faults/shim.h"

enum { DISK_FILES = 64, DISK_NAMES = 256 };

struct unit { /* 512 bytes or less of one write */
        uint64_t at;
        uint32_t len;
        uint32_t turn; /* of the write: rises */
        const uint8_t *bytes;
};

struct disk_file {
        struct qf_buffer durable;
        struct unit *units; /* written since the last sync, oldest first */
        uint32_t units_count, units_room;
};

struct name_change { /* in the order they were made */
        enum shim_what what;
        uint32_t file; /* SHIM_WRITE: a file is made */
        char from[SHIM_PATH], to[SHIM_PATH];
};

struct disk {
        const char *root; /* what is not below it is left out */
        struct disk_file files[DISK_FILES];
        uint32_t files_count;
        struct name_change changes[DISK_NAMES];
        uint32_t changes_count, changes_durable;
        uint32_t turns;
};

struct disk_log_record {
        enum shim_what what;
        uint64_t at;
        char name[SHIM_PATH];
        struct qf_view bytes; /* they live as long as the log */
};

/* False at the end of the log. */
bool disk_log_next(struct qf_view log, size_t *offset, struct disk_log_record *ret_record);

/* Whether a record is of a call that this disk notices. */
bool disk_concerns(const struct disk *disk, const struct disk_log_record *record);
/* The call is on its way: what it does may be there or not, and it promised nothing yet. */
void disk_begin(struct disk *disk, const struct disk_log_record *record);
/* The call has returned: what it promises is durable. */
void disk_end(struct disk *disk, const struct disk_log_record *record);

/* How a crash is chosen. */
struct crash {
        uint64_t seed;
        bool nothing, everything; /* of what is pending; neither: as the seed says */
        bool torn;
};

struct names { /* what is where */
        char path[DISK_FILES][SHIM_PATH];
        bool folder[DISK_FILES];
        uint32_t file[DISK_FILES], count;
};

struct disk_state {
        const char *root;
        struct names names;
        struct qf_buffer images[DISK_FILES]; /* of the name with the same index */
};

/* Fills in what a crash leaves; may be used again and again. Gives a digest of it: equal ones are the same state. */
uint64_t disk_crash(const struct disk *disk, const struct crash *crash, struct disk_state *state);
/* Makes it below a folder. */
void disk_store(const struct disk_state *state, const char *folder);
