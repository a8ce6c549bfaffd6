/* Counting for a query, in two ways that must agree: from the cells, when one
 * dimension without a filter is asked for, and from the table for all else. */
#include <errno.h>

#include "report/query_plan.h"

enum { BLOCK_ROWS = 1024, BLOCK_CELLS = 8192 };

static bool cells_suffice(const struct qf_plan *plan)
{
        if (plan->filters_count > 0 || plan->axes_count > 1)
                return false;
        return !plan->axes_count ||
               !(plan->axes[0].grouping ||
                 (plan->rights->dated && qf_rights_covers(plan->rights, plan->axes[0].dimension)));
}

/* The month of a day or month; of what is known to the year only that year. */
static uint32_t held_with(uint32_t date)
{
        return date / 100 * 100;
}

static bool is_held_whole(const struct qf_plan *plan, uint32_t date)
{
        return qf_plan_in_range(plan, held_with(date));
}

/* A day's cell in a month that lies in the range whole is part of the month's cell. By day it counts as itself,
 * and is taken from its month, of which the undated remain. */
static int count_day(struct qf_plan *plan, const struct qf_cell *cell, uint32_t member)
{
        bool whole = is_held_whole(plan, cell->key.period);
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
        if (!qf_plan_in_range(plan, date))
                return 0;
        return qf_groups_add(&plan->groups, member, 0, qf_plan_period_of(plan->period, date), &cell->counts,
                             1);
}

/* The true total, whatever rows there are; and whether a month or year that the range cuts has undated records. */
static int count_total(struct qf_plan *plan, const struct qf_cell *cell)
{
        uint32_t date = cell->key.period;
        bool taken = qf_plan_in_range(plan, date) && (date % 100 == 0 || !is_held_whole(plan, date));

        if (qf_plan_is_cut(plan, held_with(date)) &&
            !qf_counts_add(&plan->cut, &cell->counts, date % 100 ? -1 : 1))
                return -EOVERFLOW;
        if (taken && !qf_counts_add(&plan->all, &cell->counts, 1))
                return -EOVERFLOW;
        return 0;
}

static int look_at_cell(struct qf_plan *plan, const struct qf_cell *cell)
{
        const uint16_t dimension = plan->axes_count ? plan->axes[0].dimension : QF_DIMENSION_TOTAL;
        const bool rows = plan->axes_count || plan->period != QF_PLAN_ALL;
        int r = 0;

        if (!cell->counts.of[QF_RECORDS]) /* what was here moved away, and nothing is left out or hidden */
                return 0;
        if (cell->key.dimension == QF_DIMENSION_TOTAL)
                r = count_total(plan, cell);
        if (r != 0 || !rows || cell->key.dimension != dimension)
                return r;
        if (qf_rights_sees_cell(plan->rights, cell->key))
                return count_cell(plan, cell, cell->key.member);
        plan->hidden = true;
        return 0;
}

static int look_at_cells(void *ctx, const struct qf_scan *scan, uint32_t first, uint32_t count)
{
        struct qf_plan *plan = ctx;
        int r = 0;

        for (uint32_t i = first; i < first + count && r == 0; i++)
                if (!qf_scan_passed_over(scan, i))
                        r = look_at_cell(plan, qf_picture_at(plan->world->picture, i));
        return qf_plan_counted(plan, r);
}

/* Rows are looked at in blocks, column by column: the codes of a block are read in one go, and what a filter does not
 * pass is not looked at again. */

struct block {
        uint32_t first, count; /* rows of the table */
        uint32_t kept_count;
        uint16_t kept[BLOCK_ROWS]; /* places in the block that are counted */
        uint32_t codes[QF_QUERY_AXES]
                      [BLOCK_ROWS]; /* of the axes; of one filter after the other before that */
};

static void keep_dated(struct qf_plan *plan, const struct qf_table_columns *columns,
                       const struct qf_scan *scan, struct block *block)
{
        block->kept_count = 0;
        for (uint32_t i = 0; i < block->count; i++) {
                uint32_t row = block->first + i, date = columns->date[row];

                if (date == 0 || qf_scan_passed_over(scan, row))
                        continue;
                if (qf_plan_in_range(plan, date))
                        block->kept[block->kept_count++] = (uint16_t)i;
                else if (!plan->undated_excluded && qf_plan_is_cut(plan, date))
                        plan->undated_excluded = qf_plan_row_passes(plan, row, date);
        }
}

static void keep_passing(struct qf_plan *plan, const struct qf_plan_filter *filter, const uint32_t *dates,
                         struct block *block)
{
        uint32_t *codes = block->codes[0], kept = 0;

        qf_table_codes(&filter->column, block->first, block->count, codes);
        for (uint32_t i = 0; i < block->kept_count; i++) {
                uint16_t place = block->kept[i];
                uint8_t match = filter->match[codes[place]];

                block->kept[kept] = place;
                if (match == QF_MATCH_BY_DATE)
                        match = qf_plan_passes(plan, filter, codes[place], dates[block->first + place]);
                kept += match;
        }
        block->kept_count = kept;
}

/* Cannot overflow: 2^28 rows of less than 2^32 each. */
static void add_row(struct qf_counts *to, int64_t sessions, uint32_t attendances)
{
        to->of[QF_RECORDS] += 1;
        to->of[QF_ACTIVITIES] += sessions;
        to->of[QF_ATTENDANCES] += attendances ? (int64_t)attendances - 1 : 0;
        to->of[QF_RECORDS_UNKNOWN] += attendances == 0;
        to->of[QF_ACTIVITIES_UNKNOWN] += attendances ? 0 : sessions;
}

uint32_t qf_plan_members(struct qf_plan *plan, uint32_t axis, uint32_t set, uint32_t date,
                         const uint32_t **ret_ids)
{
        static const uint32_t all;
        const struct qf_plan_axis *of = &plan->axes[axis];

        *ret_ids = &all;
        if (axis >= plan->axes_count)
                return 1;
        *ret_ids = &of->ids[of->first[set]];
        if (of->dated[set])
                return qf_plan_list(plan, of, set, date, &of->ids[of->first[set]]);
        return of->first[set + 1] - of->first[set];
}

/* Codes are gathered for the axes that there are. */
static uint32_t code_at(const struct qf_plan *plan, const struct block *block, uint32_t axis, uint32_t place)
{
        return axis < plan->axes_count ? block->codes[axis][place] : 0;
}

static int count_row(struct qf_plan *plan, const struct block *block, uint32_t place, uint32_t date,
                     int64_t sessions, uint32_t attendances)
{
        const uint32_t *first, *second;
        uint32_t first_count = qf_plan_members(plan, 0, code_at(plan, block, 0, place), date, &first);
        uint32_t second_count = qf_plan_members(plan, 1, code_at(plan, block, 1, place), date, &second);
        uint32_t period = qf_plan_period_of(plan->period, date);

        for (uint32_t i = 0; i < first_count; i++) {
                for (uint32_t k = 0; k < second_count; k++) {
                        uint32_t index = 0;
                        int r = qf_groups_find(&plan->groups, first[i], second[k], period, &index);

                        if (r != 0)
                                return r;
                        add_row(&plan->groups.at[index].counts, sessions, attendances);
                }
        }
        return 0;
}

static int count_block(struct qf_plan *plan, const struct qf_table_columns *columns,
                       const struct qf_scan *scan, struct block *block)
{
        bool rows = plan->axes_count || plan->period != QF_PLAN_ALL;

        keep_dated(plan, columns, scan, block);
        for (uint32_t i = 0; i < plan->filters_count && block->kept_count > 0; i++)
                keep_passing(plan, &plan->filters[i], columns->date, block);
        for (uint32_t i = 0; i < plan->axes_count && block->kept_count > 0; i++)
                qf_table_codes(&plan->axes[i].column, block->first, block->count, block->codes[i]);
        for (uint32_t i = 0; i < block->kept_count; i++) {
                uint32_t row = block->first + block->kept[i], attendances = columns->attendances[row];
                int64_t sessions = columns->sessions[row];
                int r = 0;

                add_row(&plan->all, sessions, attendances);
                if (rows)
                        r = count_row(plan, block, block->kept[i], columns->date[row], sessions, attendances);
                if (r != 0)
                        return r;
        }
        return 0;
}

static int look_at_rows(void *ctx, const struct qf_scan *scan, uint32_t first, uint32_t count)
{
        struct qf_plan *plan = ctx;
        const struct qf_table_columns columns = qf_table_columns(plan->world->table);
        __attribute__((uninitialized)) struct block block; /* filled as far as it is used */

        block.first = first;
        block.count = count;
        qf_plan_renew(plan);
        return qf_plan_counted(plan, count_block(plan, &columns, scan, &block));
}

int qf_plan_counted(struct qf_plan *plan, int r)
{
        if (r != QF_GROUP_FULL)
                return r;
        return qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_TOO_MUCH,
                              "more than %d rows: narrow it by --where or by dates", QF_GROUPS_MAX);
}

void qf_plan_count(struct qf_plan *plan, struct qf_query *query)
{
        const struct qf_walk cells = {
                .of = QF_QUERY_OF_CELLS, .block = BLOCK_CELLS, .ctx = plan, .look = look_at_cells};
        const struct qf_walk rows = {
                .of = QF_QUERY_OF_ROWS, .block = BLOCK_ROWS, .ctx = plan, .look = look_at_rows};

        if (cells_suffice(plan))
                qf_query_walk(query, &cells, (uint32_t)qf_picture_cells(plan->world->picture));
        else
                qf_query_walk(query, &rows, qf_table_columns(plan->world->table).rows);
}
