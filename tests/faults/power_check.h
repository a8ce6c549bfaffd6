/* What was promised until the power failed, and whether a disk keeps it: opened,
 * read and written by the very code of ingest and aggregation. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "faults/power_disk.h"

enum { MESSAGES_MAX = 512 };

struct asked { /* a message of a partner, as ingest got it */
        char user[SHIM_PATH];
        struct qf_view message;
};

struct promises {
        uint8_t office_key[32];
        int64_t now_ms;
        struct asked asked[MESSAGES_MAX];      /* in the whole log */
        struct qf_view answered[MESSAGES_MAX]; /* in the whole log */
        uint32_t asked_count, answered_count;
        uint32_t answered_until; /* so many of the answers were given before the crash */
        uint64_t consumed;       /* position of the last record that a consumer was given before it */
        uint64_t published;      /* version of the totals that readers were told of before it */
};

/* Keeps the messages of a log, once before all crashes. */
void promises_collect(struct promises *promises, const struct disk_log_record *record);
/* A record of the log lies before the crash now: what it promises holds. */
void promises_make(struct promises *promises, const struct disk_log_record *record);
/* True: all is kept. Else why, in one line. */
bool promises_kept(const struct promises *promises, const char *folder, char *ret_why, size_t room);
