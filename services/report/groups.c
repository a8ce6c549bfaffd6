/* Open addressing over indices, so that the sums stay packed for sorting. */
#include "report/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void qf_groups_deinit(struct qf_groups *groups)
{
        free(groups->at);
        free(groups->slots);
        *groups = (struct qf_groups){0};
}

static uint32_t hash(uint32_t first, uint32_t second, uint32_t period)
{
        uint64_t mixed = ((uint64_t)first << 32 | second) * UINT64_C(0x9E3779B97F4A7C15);

        mixed = (mixed ^ mixed >> 29 ^ period) * UINT64_C(0xBF58476D1CE4E5B9);
        return (uint32_t)(mixed >> 32);
}

static uint32_t find_slot(const struct qf_groups *groups, uint32_t first, uint32_t second, uint32_t period)
{
        uint32_t mask = groups->slots_count - 1, slot = hash(first, second, period) & mask;

        for (; groups->slots[slot]; slot = (slot + 1) & mask) {
                const struct qf_group *group = &groups->at[groups->slots[slot] - 1];

                if (group->member[0] == first && group->member[1] == second && group->period == period)
                        break;
        }
        return slot;
}

static int grow(struct qf_groups *groups)
{
        uint32_t room = groups->room ? groups->room * 2 : 64;
        struct qf_group *at = realloc(groups->at, (size_t)room * sizeof(*at));
        uint32_t *slots;

        if (!at)
                return -ENOMEM;
        groups->at = at;
        slots = calloc((size_t)room * 2, sizeof(*slots));
        if (!slots)
                return -ENOMEM;
        free(groups->slots);
        groups->slots = slots;
        groups->slots_count = room * 2;
        groups->room = room;
        for (uint32_t i = 0; i < groups->count; i++)
                slots[find_slot(groups, at[i].member[0], at[i].member[1], at[i].period)] = i + 1;
        return 0;
}

int qf_groups_find(struct qf_groups *groups, uint32_t first, uint32_t second, uint32_t period,
                   uint32_t *ret_index)
{
        uint32_t slot;
        int r;

        if (groups->count == groups->room) {
                r = grow(groups);
                if (r < 0)
                        return r;
        }
        slot = find_slot(groups, first, second, period);
        if (!groups->slots[slot]) {
                if (groups->count == QF_GROUPS_MAX)
                        return QF_GROUP_FULL;
                groups->at[groups->count] = (struct qf_group){.member = {first, second}, .period = period};
                groups->slots[slot] = ++groups->count;
        }
        *ret_index = groups->slots[slot] - 1;
        return 0;
}

int qf_groups_add(struct qf_groups *groups, uint32_t first, uint32_t second, uint32_t period,
                  const struct qf_counts *counts, int sign)
{
        uint32_t index = 0;
        int r = qf_groups_find(groups, first, second, period, &index);

        if (r != 0)
                return r;
        return qf_counts_add(&groups->at[index].counts, counts, sign) ? 0 : -EOVERFLOW;
}
