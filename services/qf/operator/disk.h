/* What a folder lies on: room, kind of file system, and how long it takes until something is really on it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct qf_disk {
        uint64_t free_bytes, all_bytes; /* for this user */
        const char *type;               /* "ext4"; "?": of another kind */
        bool far;                       /* of another machine: LMDB must not lie on it */
        bool fleeting;                  /* gone when the machine is: tmpfs */
        int64_t sync_us; /* the middle one of some small writes with fdatasync; -1: it cannot be written to */
};

/* path: a folder that is there. -errno. Writes a small file there and removes it. */
QF_CHECK int qf_disk_look(const char *path, struct qf_disk *ret_disk);
