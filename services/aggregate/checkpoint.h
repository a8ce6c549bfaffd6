/* Counts of the records that an archive has, made beside the counts: what aggregation
 * begins with when the journal no longer has its first records.
 *
 *     DIRECTORY.checkpoint */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/so_far.h"

enum qf_checkpoint_outcome {
        QF_CHECKPOINT_ARCHIVE = 1, /* it can't be read, or doesn't reach so far */
        QF_CHECKPOINT_FULL = 2,    /* no room */
};

/* Counts up to position through (0: all that is archived), in place of a checkpoint that is there. so_far is told of records; NULL: not
 * wanted. -errno. */
QF_CHECK int qf_checkpoint_make(const char *directory, const char *archive, uint64_t through,
                                const struct qf_so_far *so_far, uint64_t *ret_position);
/* The same for qf trim and qf rebuild: prints {"outcome", "position"} as one object of JSON. Returns the exit code. */
int qf_checkpoint_tool(const char *directory, const char *archive, const char *through);
