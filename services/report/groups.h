/* Sums by (member, member, period), in order of first appearance: one hash table,
 * at most so many sums. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/cell.h"

enum { QF_GROUPS_MAX = 50000, QF_GROUP_FULL = 1 };

struct qf_group {
        uint32_t member[2];
        uint32_t period;
        struct qf_counts counts;
};

struct qf_groups { /* zero-initialised is empty */
        uint32_t count, room, slots_count;
        struct qf_group *at;
        uint32_t *slots;
};

void qf_groups_deinit(struct qf_groups *groups);
/* The sum's index, made when it is new. QF_GROUP_FULL: there would be too many; -ENOMEM. */
QF_CHECK int qf_groups_find(struct qf_groups *groups, uint32_t first, uint32_t second, uint32_t period,
                            uint32_t *ret_index);
/* Adds to the sum. QF_GROUP_FULL: there would be too many; -ENOMEM, -EOVERFLOW. */
QF_CHECK int qf_groups_add(struct qf_groups *groups, uint32_t first, uint32_t second, uint32_t period,
                           const struct qf_counts *counts, int sign);
