/* A walk over numbers that may pause while things change: what is about to change is
 * looked at first, ahead of its turn, and passed over when its turn comes. So whatever
 * is summed by the walk is true of the one moment when it began. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct qf_scan { /* of numbers 0 .. end - 1; zero-initialised: of none */
        uint32_t next, end;
        uint64_t *ahead; /* bitmap of those looked at ahead of their turn; NULL: none */
};

void qf_scan_deinit(struct qf_scan *scan);
/* The next block of at most so many. False: the walk is over. */
bool qf_scan_next(struct qf_scan *scan, uint32_t most, uint32_t *ret_first, uint32_t *ret_count);
/* Whether a number of a block was looked at ahead of its turn. */
bool qf_scan_passed_over(const struct qf_scan *scan, uint32_t number);
/* Whether its turn is still to come. */
bool qf_scan_awaits(const struct qf_scan *scan, uint32_t number);
/* Marks one that is awaited as looked at. -ENOMEM. */
QF_CHECK int qf_scan_look_ahead(struct qf_scan *scan, uint32_t number);
