/* How far the plan is: of each assignment what was to be reached, what was, and its
 * state on a day. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "model/cell.h"

enum qf_plan_state {
        QF_PLAN_UNASSIGNED, /* of an initiative: nobody is to do it */
        QF_PLAN_NOT_STARTED,
        QF_PLAN_UNDER_WAY,
        QF_PLAN_OVERDUE,
        QF_PLAN_DONE,
};

struct qf_assignment {
        uint64_t place;           /* of its initiative << 32, of its organisation: in the programme's order */
        uint32_t initiative, org; /* members */
        struct qf_view key;
        bool targets_activities, targets_attendances;
        int64_t target_activities, target_attendances; /* where they are set */
        uint32_t due;                                  /* yyyymmdd; 0: not set */
        struct qf_counts actual; /* of activities tagged with it, of the organisation and below */
        bool reported, done;     /* a report of progress; the last says it is done */
        int64_t percent;         /* as it says; -1: it does not */
};

/* Done where it is reported so; else overdue after its due day; else under way with a report or an activity. */
enum qf_plan_state qf_assignment_state(const struct qf_assignment *assignment, uint32_t day);
/* Of assignments of one initiative: done when all are, overdue when any is. */
enum qf_plan_state qf_initiative_state(const struct qf_assignment *assignments, uint32_t count, uint32_t day);
void qf_plan_sort(struct qf_assignment *assignments, uint32_t count); /* by place, then key */
/* The first of a place; count: there is none. */
uint32_t qf_plan_find(const struct qf_assignment *assignments, uint32_t count, uint64_t place);
