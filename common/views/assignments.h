/* How far the plan is: of each assignment what was to be reached, what was, and its
 * state on a day, and of each initiative its own. The one place that decides it, for
 * `qf report plan` and the board. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "model/cell.h"
#include "programme/programme.h"
#include "wire/totals_messages.h"

enum qf_plan_state {
        QF_PLAN_UNASSIGNED, /* of an initiative: nobody is to do it */
        QF_PLAN_NOT_STARTED,
        QF_PLAN_UNDER_WAY,
        QF_PLAN_OVERDUE,
        QF_PLAN_DONE,
        QF_PLAN_STATES,
};

struct qf_plan_state_words {
        const char *code, *zh, *en;
};
const struct qf_plan_state_words *qf_plan_state_words(enum qf_plan_state state);

struct qf_assignment {
        uint64_t place[2];        /* of its initiative and its organisation, in the programme's order */
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

struct qf_assignments {           /* zero-initialised */
        struct qf_assignment *at; /* by place, then key */
        uint32_t count;
        bool restricted; /* not all are seen: what an initiative is to reach, and its state, is open */
};

/* Of the lists of assignment and progress (by date: the last report of an initiative and organisation holds), which it has
 * views of, and totals by org and initiative; organisations stand below each other as on the day. Positive 1: they are
 * not understood; -ENOMEM. */
QF_CHECK int qf_assignments_make(const struct qf_programme *programme, uint32_t day,
                                 const struct qf_to_reader *assigned, const struct qf_to_reader *reported,
                                 const struct qf_to_reader *counted, struct qf_assignments *made);
void qf_assignments_deinit(struct qf_assignments *assignments);
/* Those of an initiative, one behind the other. */
const struct qf_assignment *qf_assignments_of(const struct qf_assignments *assignments, uint32_t initiative,
                                              uint32_t *ret_count);
/* What they are to reach together. */
struct qf_assignment qf_assignments_sum(const struct qf_assignment *assignments, uint32_t count);
