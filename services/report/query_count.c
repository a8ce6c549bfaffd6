/* Counting for a query, in two ways that must agree: from the cells, when one
 * dimension without a filter is asked for, and from the table for all else. */
#include <errno.h>

#include "model/period.h"
#include "report/query_plan.h"

bool qf_plan_cells_suffice(const struct qf_plan *plan)
{
        return plan->filters_count == 0 && plan->axes_count <= 1 &&
               !(plan->axes_count && plan->axes[0].grouping);
}

static bool month_is_whole(const struct qf_plan *plan, uint32_t date)
{
        uint32_t month = qf_date_month(date);

        return !plan->ranged ||
               (qf_date_first_day(month) >= plan->first_day && qf_date_last_day(month) <= plan->last_day);
}

/* A day's cell in a month that lies in the range whole is part of the month's cell. By day it counts as itself,
 * and is taken from its month, of which the undated remain. */
static int count_day(struct qf_plan *plan, const struct qf_cell *cell, uint32_t member)
{
        bool whole = month_is_whole(plan, cell->key.period);
        uint32_t period = qf_plan_period_of(plan->period, cell->key.period);
        int r;

        if (plan->period != QF_PLAN_DAY)
                return whole || !qf_plan_in_range(plan, cell->key.period)
                               ? 0
                               : qf_groups_add(&plan->groups, member, 0, period, &cell->counts, 1);
        if (!qf_plan_in_range(plan, cell->key.period))
                return 0;
        r = qf_groups_add(&plan->groups, member, 0, cell->key.period, &cell->counts, 1);
        if (r == 0 && whole)
                r = qf_groups_add(&plan->groups, member, 0, 0, &cell->counts, -1);
        return r;
}

static int count_cell(struct qf_plan *plan, const struct qf_cell *cell, uint32_t member)
{
        uint32_t date = cell->key.period;

        if (date % 100)
                return count_day(plan, cell, member);
        if (!(date / 100 % 100 ? month_is_whole(plan, date) : qf_plan_in_range(plan, date)))
                return 0;
        return qf_groups_add(&plan->groups, member, 0, qf_plan_period_of(plan->period, date), &cell->counts,
                             1);
}

/* The true total, whatever rows there are; and whether a month that the range cuts has undated records. */
static int count_total(struct qf_plan *plan, const struct qf_cell *cell, struct qf_counts *cut)
{
        uint32_t date = cell->key.period;
        bool whole = date / 100 % 100 ? month_is_whole(plan, date) : qf_plan_in_range(plan, date);
        bool taken = date % 100 ? !whole && qf_plan_in_range(plan, date) : whole;

        if (date / 100 % 100 && !whole && qf_date_last_day(qf_date_month(date)) >= plan->first_day &&
            qf_date_first_day(qf_date_month(date)) <= plan->last_day &&
            !qf_counts_add(cut, &cell->counts, date % 100 ? -1 : 1))
                return -EOVERFLOW;
        if (taken && !qf_counts_add(&plan->all, &cell->counts, 1))
                return -EOVERFLOW;
        return 0;
}

int qf_plan_count_cells(struct qf_plan *plan)
{
        const struct qf_picture *picture = plan->world->picture;
        uint16_t dimension = plan->axes_count ? plan->axes[0].dimension : QF_DIMENSION_TOTAL;
        bool rows = plan->axes_count || plan->period != QF_PLAN_ALL;
        struct qf_counts cut = {{0}};

        for (size_t i = 0; i < qf_picture_cells(picture); i++) {
                const struct qf_cell *cell = qf_picture_at(picture, i);
                int r = 0;

                if (cell->key.dimension == QF_DIMENSION_TOTAL)
                        r = count_total(plan, cell, &cut);
                if (r == 0 && rows && cell->key.dimension == dimension) {
                        if (qf_rights_sees(plan->rights, dimension, cell->key.member))
                                r = count_cell(plan, cell, cell->key.member);
                        else
                                plan->hidden = true;
                }
                if (r != 0)
                        return r;
        }
        if (cut.of[QF_RECORDS] != 0)
                plan->undated_excluded = true;
        return 0;
}

static bool passes(const struct qf_plan *plan, uint32_t row)
{
        for (uint32_t i = 0; i < plan->filters_count; i++)
                if (!plan->filters[i].match[qf_table_code(&plan->filters[i].column, row)])
                        return false;
        return true;
}

/* The members that a row counts under on an axis; one "all" where there is no such axis. */
static uint32_t members_on(const struct qf_plan *plan, uint32_t axis, uint32_t row, const uint32_t **ret_ids)
{
        static const uint32_t all;
        const struct qf_plan_axis *of = &plan->axes[axis];
        uint32_t set;

        *ret_ids = &all;
        if (axis >= plan->axes_count)
                return 1;
        set = qf_table_code(&of->column, row);
        *ret_ids = &of->ids[of->first[set]];
        return of->first[set + 1] - of->first[set];
}

static int count_row(struct qf_plan *plan, uint32_t row, uint32_t date, const struct qf_counts *counts)
{
        const uint32_t *first, *second;
        uint32_t first_count = members_on(plan, 0, row, &first),
                 second_count = members_on(plan, 1, row, &second);
        uint32_t period = qf_plan_period_of(plan->period, date);

        for (uint32_t i = 0; i < first_count; i++) {
                for (uint32_t k = 0; k < second_count; k++) {
                        int r = qf_groups_add(&plan->groups, first[i], second[k], period, counts, 1);

                        if (r != 0)
                                return r;
                }
        }
        return 0;
}

int qf_plan_count_rows(struct qf_plan *plan)
{
        struct qf_table_columns columns = qf_table_columns(plan->world->table);
        bool rows = plan->axes_count || plan->period != QF_PLAN_ALL;

        for (uint32_t row = 0; row < columns.rows; row++) {
                uint32_t date = columns.date[row], attendances = columns.attendances[row];
                int64_t sessions = columns.sessions[row];
                struct qf_counts counts = {{1, sessions, attendances ? (int64_t)attendances - 1 : 0,
                                            attendances == 0, attendances ? 0 : sessions}};
                int r;

                if (date == 0 || !passes(plan, row) || !qf_plan_in_range(plan, date))
                        continue;
                if (!qf_counts_add(&plan->all, &counts, 1))
                        return -EOVERFLOW;
                r = rows ? count_row(plan, row, date, &counts) : 0;
                if (r != 0)
                        return r;
        }
        return 0;
}
