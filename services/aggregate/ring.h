/* The rows that changed last, packed, in a ring of bytes: what a subscriber of rows
 * that keeps up is told from. Who falls out of it reads table rec instead. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct qf_ring;

/* What standings take in the cache is more than they take here: all that a commit may have fits behind what was told before. */
enum { QF_RING_BYTES = 16 * 1024 * 1024 };

QF_CHECK int qf_ring_new(struct qf_ring **ret_ring);
struct qf_ring *qf_ring_free(struct qf_ring *ring);
/* All of it; what changed up to this version is not in it. */
void qf_ring_forget(struct qf_ring *ring, uint64_t version);

/* version: that it is told with; it never falls. */
void qf_ring_add(struct qf_ring *ring, uint64_t version, uint32_t partner, struct qf_view key, uint32_t row,
                 struct qf_view packed);
bool qf_ring_covers(const struct qf_ring *ring, uint64_t have); /* all rows changed after have are in it */
uint64_t qf_ring_begin(const struct qf_ring *ring);             /* cursor of the oldest */
uint64_t qf_ring_after(const struct qf_ring *ring,
                       uint64_t version); /* of the oldest told with a later one */
uint64_t qf_ring_end(const struct qf_ring *ring);
bool qf_ring_holds(const struct qf_ring *ring, uint64_t cursor); /* nothing after the cursor was dropped */
/* The next row from the cursor on, which moves beyond it; rows that stand again further on may be left out. False at
 * the end. The views live until the next add. */
bool qf_ring_next(const struct qf_ring *ring, uint64_t *cursor, uint32_t *ret_partner,
                  struct qf_view *ret_key, struct qf_view *ret_packed);
