/* From names to ids: what a query means is settled here, once, so that counting
 * over a million rows is look-ups in small arrays. */
#include "report/query_plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/period.h"

int qf_plan_refuse(struct qf_to_reader *answer, struct qf_arena *arena, enum qf_query_code code,
                   const char *format, ...)
{
        char *say = qf_arena_take(arena, QF_QUERY_SAY_BYTES);
        va_list args;

        if (!say)
                return -ENOMEM;
        va_start(args, format);
        (void)vsnprintf(say, QF_QUERY_SAY_BYTES, format, args);
        va_end(args);
        answer->code = code;
        answer->say = qf_view_of(say);
        return 1;
}

void qf_plan_deinit(struct qf_plan *plan)
{
        for (uint32_t i = 0; i < plan->axes_count; i++) {
                free(plan->axes[i].first);
                free(plan->axes[i].ids);
                free(plan->axes[i].dated);
        }
        for (uint32_t i = 0; i < plan->filters_count; i++)
                free(plan->filters[i].match);
        qf_groups_deinit(&plan->groups);
}

void qf_plan_renew(struct qf_plan *plan)
{
        for (uint32_t i = 0; i < plan->axes_count; i++)
                plan->axes[i].column = qf_table_column(plan->world->table, plan->axes[i].base);
        for (uint32_t i = 0; i < plan->filters_count; i++)
                plan->filters[i].column = qf_table_column(plan->world->table, plan->filters[i].base);
}

uint32_t qf_plan_period_of(enum qf_plan_period period, uint32_t date)
{
        switch (period) {
        case QF_PLAN_DAY: return date % 100 ? date : 0;
        case QF_PLAN_MONTH: return qf_date_month(date);
        case QF_PLAN_YEAR: return date / 10000 * 10000;
        case QF_PLAN_ALL: return 0;
        }
        return 0;
}

bool qf_plan_in_range(const struct qf_plan *plan, uint32_t date)
{
        return !plan->ranged ||
               (qf_date_first_day(date) >= plan->first_day && qf_date_last_day(date) <= plan->last_day);
}

bool qf_plan_is_cut(const struct qf_plan *plan, uint32_t date)
{
        return !qf_plan_in_range(plan, date) && qf_date_last_day(date) >= plan->first_day &&
               qf_date_first_day(date) <= plan->last_day;
}

/* The dimension that events carry; of a grouping dimension the one whose members it groups. */
static uint16_t base_of(const struct qf_dimension *dimension, uint16_t id)
{
        return dimension->groups ? dimension->groups : id;
}

/* Whether all that a dimension groups may be read: of organisations one may be all that a group has. */
static bool may_group(const struct qf_plan *plan, uint16_t id)
{
        const struct qf_dimension *dimension = qf_programme_dimension(plan->world->programme, id);

        return plan->rights->all || !dimension->groups || !qf_rights_covers(plan->rights, dimension->groups);
}

/* Without repeats; those outside the reading rights are left out. */
uint32_t qf_plan_list(struct qf_plan *plan, const struct qf_plan_axis *axis, uint32_t set, uint32_t date,
                      uint32_t *ids)
{
        const struct qf_programme *programme = plan->world->programme;
        const struct qf_table_column *column = &axis->column;
        uint32_t count = 0;

        if (column->first[set] == column->first[set + 1])
                ids[count++] = QF_MEMBER_NONE;
        for (uint32_t i = column->first[set]; i < column->first[set + 1]; i++) {
                uint32_t id = column->members[i];
                bool known = false;

                if (!qf_rights_sees(plan->rights, axis->base, id, date)) {
                        plan->hidden = true;
                        continue;
                }
                if (axis->grouping)
                        id = qf_programme_group_of(programme, axis->dimension, id, date);
                for (uint32_t k = 0; k < count; k++)
                        known |= ids[k] == id;
                if (!known)
                        ids[count++] = id;
        }
        return count;
}

static bool list_is_dated(const struct qf_plan *plan, const struct qf_plan_axis *axis, uint32_t set)
{
        const struct qf_table_column *column = &axis->column;

        for (uint32_t i = column->first[set]; i < column->first[set + 1]; i++) {
                uint32_t id = column->members[i];
                const struct qf_member *member = qf_programme_member(plan->world->programme, axis->base, id);

                if (qf_rights_on_some_days(plan->rights, axis->base, id) ||
                    (axis->grouping && member && member->places_count > 1))
                        return true;
        }
        return false;
}

static int fill_axis(struct qf_plan *plan, struct qf_plan_axis *axis)
{
        uint32_t sets = axis->column.sets, count = 0;

        axis->first = calloc((size_t)sets + 1, sizeof(*axis->first));
        axis->ids = calloc((size_t)axis->column.first[sets] + sets, sizeof(*axis->ids));
        axis->dated = calloc(sets, 1);
        if (!axis->first || !axis->ids || !axis->dated)
                return -ENOMEM;
        for (uint32_t set = 0; set < sets; set++) {
                axis->dated[set] = list_is_dated(plan, axis, set);
                count += axis->dated[set] ? axis->column.first[set + 1] - axis->column.first[set]
                                          : qf_plan_list(plan, axis, set, 0, &axis->ids[count]);
                axis->first[set + 1] = count;
        }
        return 0;
}

static bool is_period(struct qf_view name, enum qf_plan_period *ret_period)
{
        static const struct {
                const char *name;
                enum qf_plan_period period;
        } words[] = {{"day", QF_PLAN_DAY}, {"month", QF_PLAN_MONTH}, {"year", QF_PLAN_YEAR}};

        for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
                if (!qf_view_same(name, qf_view_of(words[i].name)))
                        continue;
                *ret_period = words[i].period;
                return true;
        }
        return false;
}

static int refuse_apart(struct qf_plan *plan, struct qf_view name)
{
        return qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_UNKNOWN_NAME,
                              "activities have no members of \"%.*s\": ask for a kind", (int)name.len,
                              name.at);
}

static int add_axis(struct qf_plan *plan, struct qf_view name)
{
        uint16_t id = qf_programme_find_dimension(plan->world->programme, name);
        const struct qf_dimension *dimension;
        struct qf_plan_axis *axis;

        if (id == QF_DIMENSION_UNKNOWN || id == QF_DIMENSION_TOTAL)
                return qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_UNKNOWN_NAME,
                                      "there is no dimension \"%.*s\"", (int)name.len, name.at);
        if (plan->axes_count == QF_QUERY_AXES)
                return qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_TOO_MUCH,
                                      "at most two dimensions and one of day, month, year");
        dimension = qf_programme_dimension(plan->world->programme, id);
        if (dimension->apart && !plan->declared)
                return refuse_apart(plan, name);
        axis = &plan->axes[plan->axes_count++];
        axis->dimension = id;
        axis->grouping = dimension->groups != 0;
        axis->base = base_of(dimension, id);
        axis->multi = qf_programme_dimension(plan->world->programme, axis->base)->multi;
        axis->column = qf_table_column(plan->world->table, axis->base);
        return 0;
}

static int plan_by(struct qf_plan *plan, const struct qf_from_reader *ask)
{
        enum qf_plan_period period;

        for (uint32_t i = 0; i < ask->by_count; i++) {
                if (plan->by_count == QF_QUERY_AXES + 1)
                        return qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_TOO_MUCH,
                                              "at most two dimensions and one of day, month, year");
                if (is_period(ask->by[i], &period)) {
                        if (plan->period != QF_PLAN_ALL)
                                return qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_TOO_MUCH,
                                                      "only one of day, month and year");
                        plan->period = period;
                        plan->by[plan->by_count++] = -1;
                } else {
                        int r = add_axis(plan, ask->by[i]);

                        if (r != 0)
                                return r;
                        plan->by[plan->by_count++] = (int)plan->axes_count - 1;
                }
        }
        return 0;
}

/* Whether a member of the base dimension lies at or below the one wanted. */
static bool lies_within(const struct qf_plan *plan, const struct qf_plan_filter *filter, uint32_t member,
                        uint32_t wanted, uint32_t date)
{
        const struct qf_programme *programme = plan->world->programme;

        if (filter->dimension != filter->base)
                member = qf_programme_group_of(programme, filter->dimension, member, date);
        if (wanted == QF_MEMBER_NONE || member == QF_MEMBER_NONE)
                return member == wanted;
        return qf_programme_within(programme, filter->dimension, member, wanted, date);
}

/* On days on which it may not be read, what is wanted is passed by nothing. */
bool qf_plan_passes(struct qf_plan *plan, const struct qf_plan_filter *filter, uint32_t set, uint32_t date)
{
        const struct qf_table_column *column = &filter->column;
        uint32_t first = column->first[set], end = column->first[set + 1];

        for (uint32_t k = 0; k < filter->wanted_count; k++) {
                uint32_t wanted = filter->wanted[k];
                bool within = first == end && wanted == QF_MEMBER_NONE;

                for (uint32_t i = first; i < end && !within; i++)
                        within = lies_within(plan, filter, column->members[i], wanted, date);
                if (within && qf_rights_sees(plan->rights, filter->dimension, wanted, date))
                        return true;
                plan->hidden |= within;
        }
        return false;
}

/* Whether it depends on the date where a member of the base dimension lies. */
static bool is_dated(const struct qf_plan *plan, const struct qf_plan_filter *filter, uint32_t member)
{
        const struct qf_programme *programme = plan->world->programme;
        const struct qf_member *base = qf_programme_member(programme, filter->base, member);

        if (filter->dimension == filter->base)
                return qf_programme_moves(programme, filter->dimension, member);
        return (base && base->places_count > 1) ||
               qf_programme_moves(programme, filter->dimension,
                                  qf_programme_group_of(programme, filter->dimension, member, 0));
}

static void match_sets(struct qf_plan *plan, struct qf_plan_filter *filter)
{
        const struct qf_table_column *column = &filter->column;
        bool some_days = false;

        for (uint32_t i = 0; i < filter->wanted_count; i++)
                some_days |= qf_rights_on_some_days(plan->rights, filter->dimension, filter->wanted[i]);
        for (uint32_t set = 0; set < column->sets; set++) {
                bool dated = some_days;

                for (uint32_t i = column->first[set]; i < column->first[set + 1] && !dated; i++)
                        dated = is_dated(plan, filter, column->members[i]);
                filter->match[set] = dated                                  ? QF_MATCH_BY_DATE
                                     : qf_plan_passes(plan, filter, set, 0) ? QF_MATCH
                                                                            : QF_MATCH_NOT;
        }
}

static int find_filter(struct qf_plan *plan, uint16_t id, uint32_t where_count,
                       struct qf_plan_filter **ret_filter)
{
        struct qf_plan_filter *filter;

        for (uint32_t i = 0; i < plan->filters_count; i++) {
                if (plan->filters[i].dimension == id) {
                        *ret_filter = &plan->filters[i];
                        return 0;
                }
        }
        if (plan->filters_count == QF_QUERY_FILTERS)
                return qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_TOO_MUCH,
                                      "too many dimensions to filter by");
        filter = &plan->filters[plan->filters_count];
        filter->dimension = id;
        filter->base = base_of(qf_programme_dimension(plan->world->programme, id), id);
        filter->column = qf_table_column(plan->world->table, filter->base);
        filter->wanted = qf_arena_zero(plan->arena, where_count, sizeof(*filter->wanted));
        filter->match = calloc(filter->column.sets, 1);
        if (!filter->match || !filter->wanted) {
                free(filter->match);
                return -ENOMEM;
        }
        plan->filters_count++;
        *ret_filter = filter;
        return 0;
}

static int add_filter(struct qf_plan *plan, struct qf_view text, uint32_t where_count)
{
        const struct qf_programme *programme = plan->world->programme;
        const char *equals = text.len ? memchr(text.at, '=', text.len) : NULL;
        struct qf_plan_filter *filter = NULL;
        struct qf_view name, code;
        uint32_t member = QF_MEMBER_NONE;
        uint16_t id;
        int r;

        if (!equals)
                return qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_UNKNOWN_NAME,
                                      "\"%.*s\" is not DIMENSION=CODE", (int)text.len, text.at);
        name = (struct qf_view){text.at, (uint32_t)(equals - text.at)};
        code = (struct qf_view){equals + 1, text.len - name.len - 1};
        id = qf_programme_find_dimension(programme, name);
        if (id == QF_DIMENSION_UNKNOWN || id == QF_DIMENSION_TOTAL)
                return qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_UNKNOWN_NAME,
                                      "there is no dimension \"%.*s\"", (int)name.len, name.at);
        if (qf_programme_dimension(programme, id)->apart && !plan->declared)
                return refuse_apart(plan, name);
        if (code.len)
                member = qf_programme_find_member(programme, id, code);
        if (member == QF_MEMBER_UNKNOWN)
                return qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_UNKNOWN_NAME,
                                      "\"%.*s\" has no member \"%.*s\"", (int)name.len, name.at,
                                      (int)code.len, code.at);
        if (!qf_rights_ever_sees(plan->rights, id, member) || !may_group(plan, id))
                return qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_NOT_YOURS,
                                      "this key may not read \"%.*s\"", (int)code.len, code.at);
        r = find_filter(plan, id, where_count, &filter);
        if (r == 0)
                filter->wanted[filter->wanted_count++] = member;
        return r;
}

static int plan_range(struct qf_plan *plan, const struct qf_from_reader *ask)
{
        const uint32_t days[] = {ask->first_day, ask->last_day};

        for (int i = 0; i < 2; i++)
                if (days[i] && !qf_date_valid(days[i]))
                        return qf_plan_refuse(
                                plan->answer, plan->arena, QF_QUERY_UNKNOWN_NAME,
                                "no calendar has the date %u; a day is such as 20230506, a month "
                                "20230500, a year 20230000",
                                days[i]);
        plan->ranged = ask->first_day || ask->last_day;
        plan->first_day = ask->first_day ? qf_date_first_day(ask->first_day) : QF_DATE_FIRST;
        plan->last_day = ask->last_day ? qf_date_last_day(ask->last_day) : QF_DATE_LAST;
        return 0;
}

int qf_plan_make(struct qf_plan *plan, const struct qf_from_reader *ask)
{
        int r = plan_range(plan, ask);

        if (r == 0)
                r = plan_by(plan, ask);
        for (uint32_t i = 0; i < ask->where_count && r == 0; i++)
                r = add_filter(plan, ask->where[i], ask->where_count);
        for (uint32_t i = 0; i < plan->filters_count && r == 0; i++)
                match_sets(plan, &plan->filters[i]);
        for (uint32_t i = 0; i < plan->axes_count && r == 0; i++)
                r = fill_axis(plan, &plan->axes[i]);
        return r;
}
