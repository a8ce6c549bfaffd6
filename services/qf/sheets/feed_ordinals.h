/* How many times the same hash was seen: the ordinal of a row among equal ones. */
#pragma once

#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"

struct qf_ordinal {
        uint32_t seen;  /* so many times, this one too: 1 for the first */
        uint32_t first; /* what was given with the first */
};

struct qf_ordinals;

QF_CHECK int qf_ordinals_new(struct qf_ordinals **ret_ordinals);
struct qf_ordinals *qf_ordinals_free(struct qf_ordinals *ordinals);
QF_CHECK int qf_ordinals_next(struct qf_ordinals *ordinals, const uint8_t hash[QF_SHA256_BYTES], uint32_t at,
                              struct qf_ordinal *ret_ordinal);
