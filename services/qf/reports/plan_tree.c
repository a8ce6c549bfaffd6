/* Why: "done" is somebody's word and "overdue" is the calendar's; which of them
 * holds is decided in one place. */
#include "qf/reports/plan_tree.h"

#include <stdlib.h>

enum qf_plan_state qf_assignment_state(const struct qf_assignment *assignment, uint32_t day)
{
        if (assignment->done)
                return QF_PLAN_DONE;
        if (assignment->due && assignment->due < day)
                return QF_PLAN_OVERDUE;
        return assignment->reported || assignment->actual.of[QF_RECORDS] ? QF_PLAN_UNDER_WAY
                                                                         : QF_PLAN_NOT_STARTED;
}

enum qf_plan_state qf_initiative_state(const struct qf_assignment *assignments, uint32_t count, uint32_t day)
{
        uint32_t of[QF_PLAN_DONE + 1] = {0};
        for (uint32_t i = 0; i < count; i++)
                of[qf_assignment_state(&assignments[i], day)]++;
        if (!count)
                return QF_PLAN_UNASSIGNED;
        if (of[QF_PLAN_DONE] == count)
                return QF_PLAN_DONE;
        if (of[QF_PLAN_OVERDUE])
                return QF_PLAN_OVERDUE;
        return of[QF_PLAN_NOT_STARTED] == count ? QF_PLAN_NOT_STARTED : QF_PLAN_UNDER_WAY;
}

static int compare(const void *one, const void *other)
{
        const struct qf_assignment *a = one, *b = other;
        if (a->place != b->place)
                return a->place < b->place ? -1 : 1;
        return qf_view_order(a->key, b->key);
}

void qf_plan_sort(struct qf_assignment *assignments, uint32_t count)
{
        if (count)
                qsort(assignments, count, sizeof(*assignments), compare);
}

uint32_t qf_plan_find(const struct qf_assignment *assignments, uint32_t count, uint64_t place)
{
        uint32_t first = 0, end = count;
        while (first < end) {
                const uint32_t middle = first + (end - first) / 2;
                if (assignments[middle].place < place)
                        first = middle + 1;
                else
                        end = middle;
        }
        return first < count && assignments[first].place == place ? first : count;
}
