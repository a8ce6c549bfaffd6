/* Why: "done" is somebody's word and "overdue" is the calendar's; which of them
 * holds is decided in one place. */
#include "views/assignments.h"

#include <errno.h>
#include <stdlib.h>

#include "model/kinds.h"
#include "views/listed.h"

const struct qf_plan_state_words *qf_plan_state_words(enum qf_plan_state state)
{
        static const struct qf_plan_state_words words[QF_PLAN_STATES] = {
                [QF_PLAN_UNASSIGNED] = {"unassigned", "未分解", "not assigned"},
                [QF_PLAN_NOT_STARTED] = {"not_started", "未启动", "not started"},
                [QF_PLAN_UNDER_WAY] = {"under_way", "推进中", "under way"},
                [QF_PLAN_OVERDUE] = {"overdue", "逾期", "overdue"},
                [QF_PLAN_DONE] = {"done", "已完成", "done"},
        };

        return &words[state];
}

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
        uint32_t of[QF_PLAN_STATES] = {0};
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

/* --- making --------------------------------------------------------------------------- */

struct plan {
        const struct qf_programme *programme;
        uint16_t initiative, org;
        uint32_t day;
};

/* QF_MEMBER_NONE: it has none, or one that is not known. */
static uint32_t find(const struct plan *plan, uint16_t dimension, struct qf_view code)
{
        const uint32_t id =
                code.len ? qf_programme_find_member(plan->programme, dimension, code) : QF_MEMBER_NONE;

        return id == QF_MEMBER_UNKNOWN ? QF_MEMBER_NONE : id;
}

static uint64_t place_of(const struct plan *plan, uint16_t dimension, uint32_t member)
{
        const struct qf_member *found = qf_programme_member(plan->programme, dimension, member);

        return (uint64_t)(found ? found->order : 0) << 32 | member;
}

static int compare_places(const struct qf_assignment *a, const struct qf_assignment *b)
{
        for (int i = 0; i < 2; i++)
                if (a->place[i] != b->place[i])
                        return a->place[i] < b->place[i] ? -1 : 1;
        return 0;
}

static int compare(const void *one, const void *other)
{
        const struct qf_assignment *a = one, *b = other;
        const int places = compare_places(a, b);

        return places ? places : qf_view_order(a->key, b->key);
}

/* The first of an initiative and organisation, and how many there are. */
static struct qf_assignment *find_pair(const struct plan *plan, const struct qf_assignments *in,
                                       uint32_t initiative, uint32_t org, uint32_t *ret_count)
{
        const struct qf_assignment wanted = {
                .place = {place_of(plan, plan->initiative, initiative), place_of(plan, plan->org, org)}};
        uint32_t first = 0, end = in->count;

        while (first < end) {
                const uint32_t middle = first + (end - first) / 2;
                if (compare_places(&in->at[middle], &wanted) < 0)
                        first = middle + 1;
                else
                        end = middle;
        }
        while (end < in->count && compare_places(&in->at[end], &wanted) == 0)
                end++;
        *ret_count = end - first;
        return in->at + first;
}

static int take_assigned(const struct plan *plan, const struct qf_to_reader *answer,
                         struct qf_assignments *made)
{
        const struct qf_kind_spec *spec = qf_kind_named(QF_VIEW("assignment"));

        made->restricted = qf_listed_restricted(answer);
        made->at = calloc((size_t)answer->answer_rows_count + 1, sizeof(*made->at));
        if (!made->at)
                return -ENOMEM;
        for (uint32_t i = 0; i < answer->answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer->answer_rows[i];
                struct qf_assignment *one = &made->at[made->count];

                *one = (struct qf_assignment){
                        .initiative =
                                find(plan, plan->initiative, qf_listed_member(answer, row, "initiative")),
                        .org = find(plan, plan->org, qf_listed_member(answer, row, "org")),
                        .key = row->members[QF_LISTED_KEY],
                        .due = qf_listed_day(spec, row, "due"),
                        .percent = -1};
                one->targets_activities =
                        qf_listed_figure(spec, row, "target_activities", &one->target_activities);
                one->targets_attendances =
                        qf_listed_figure(spec, row, "target_attendances", &one->target_attendances);
                if (!one->initiative || !one->org)
                        return 1;
                one->place[0] = place_of(plan, plan->initiative, one->initiative);
                one->place[1] = place_of(plan, plan->org, one->org);
                made->count++;
        }
        if (made->count)
                qsort(made->at, made->count, sizeof(*made->at), compare);
        return 0;
}

static void take_reported(const struct plan *plan, const struct qf_to_reader *answer,
                          struct qf_assignments *made)
{
        const struct qf_kind_spec *spec = qf_kind_named(QF_VIEW("progress"));

        for (uint32_t i = 0; i < answer->answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer->answer_rows[i];
                uint32_t count;
                struct qf_assignment *of = find_pair(
                        plan, made, find(plan, plan->initiative, qf_listed_member(answer, row, "initiative")),
                        find(plan, plan->org, qf_listed_member(answer, row, "org")), &count);

                for (uint32_t k = 0; k < count; k++) {
                        int64_t done;
                        of[k].reported = true;
                        of[k].done = qf_listed_figure(spec, row, "done", &done) && done;
                        if (!qf_listed_figure(spec, row, "percent", &of[k].percent))
                                of[k].percent = -1;
                }
        }
}

/* What an organisation did counts for all that it stands below. */
static int take_counted(const struct plan *plan, const struct qf_to_reader *answer,
                        struct qf_assignments *made)
{
        for (uint32_t i = 0; i < answer->answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer->answer_rows[i];
                const uint32_t initiative = find(plan, plan->initiative, row->members[1]);
                uint32_t org = find(plan, plan->org, row->members[0]), count;

                while (org && initiative) {
                        struct qf_assignment *of = find_pair(plan, made, initiative, org, &count);
                        for (uint32_t k = 0; k < count; k++)
                                if (!qf_counts_add(&of[k].actual, &row->counts, 1))
                                        return 1;
                        org = qf_member_place(qf_programme_member(plan->programme, plan->org, org), plan->day)
                                      ->parent;
                }
        }
        return 0;
}

int qf_assignments_make(const struct qf_programme *programme, uint32_t day,
                        const struct qf_to_reader *assigned, const struct qf_to_reader *reported,
                        const struct qf_to_reader *counted, struct qf_assignments *made)
{
        const struct plan plan = {programme, qf_programme_find_dimension(programme, QF_VIEW("initiative")),
                                  qf_programme_find_dimension(programme, QF_VIEW("org")), day};
        int r = take_assigned(&plan, assigned, made);

        if (r == 0)
                take_reported(&plan, reported, made);
        return r == 0 ? take_counted(&plan, counted, made) : r;
}

void qf_assignments_deinit(struct qf_assignments *assignments)
{
        free(assignments->at);
        *assignments = (struct qf_assignments){0};
}

/* --- reading -------------------------------------------------------------------------- */

const struct qf_assignment *qf_assignments_of(const struct qf_assignments *assignments, uint32_t initiative,
                                              uint32_t *ret_count)
{
        uint32_t first = 0, end;

        while (first < assignments->count && assignments->at[first].initiative != initiative)
                first++;
        for (end = first; end < assignments->count && assignments->at[end].initiative == initiative;)
                end++;
        *ret_count = end - first;
        return assignments->at + first;
}

struct qf_assignment qf_assignments_sum(const struct qf_assignment *assignments, uint32_t count)
{
        struct qf_assignment sum = {0};

        for (uint32_t i = 0; i < count; i++) {
                sum.targets_activities |= assignments[i].targets_activities;
                sum.targets_attendances |= assignments[i].targets_attendances;
                sum.target_activities += assignments[i].target_activities;
                sum.target_attendances += assignments[i].target_attendances;
        }
        return sum;
}
