/* Each call of a kind fails in turn: what SQLite's testers do with memory and disks, for one scenario. The linker
 * leads our own code's calls of malloc, LMDB and the file system here (-Wl,--wrap, for tests named test_failing_*);
 * what libraries call among themselves is untouched. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum failing_kind {
        FAILING_MEMORY,   /* an allocation gives NULL */
        FAILING_STORAGE,  /* a call of LMDB says EIO */
        FAILING_ROOM,     /* the disk or the map is full: a call of LMDB that writes says so */
        FAILING_FILES,    /* open, mkdir, rename, fsync … say EIO */
        FAILING_EXCHANGE, /* a file system that cannot exchange two directories: renameat2 says EINVAL */
};

/* From now on the call after `calls` more of its kind fails, and no other. */
void failing_arm(enum failing_kind kind, uint32_t calls);
/* Nothing fails any more; true: the call came and failed. */
bool failing_disarm(void);

/* Runs the scenario with its first call failing, its second … until it ends without having reached the fault, at least
 * at_least times. Each time it must give up with the very error that was made, -ENOMEM, -EIO or -ENOSPC, but for so many calls
 * that it can do without; the last time it must succeed. after, which may be NULL, looks at what a failure left. */
void failing_each(enum failing_kind kind, int (*scenario)(void *ctx), void (*after)(void *ctx), void *ctx,
                  uint32_t at_least, uint32_t done_without);
