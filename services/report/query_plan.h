/* A question with its names resolved. Private to the query engine. */
#pragma once

#include <stdbool.h>

#include "report/groups.h"
#include "report/query_steps.h"

enum qf_plan_period { QF_PLAN_ALL, QF_PLAN_DAY, QF_PLAN_MONTH, QF_PLAN_YEAR };

/* A dimension that rows are made by. For each set of the column: the members that it counts under, ids[first[set]] to
 * first[set + 1]; or, where that depends on the date, room for them, to be filled for each row by qf_plan_list. */
struct qf_plan_axis {
        uint16_t dimension, base; /* base: of a grouping dimension the one on events; else itself */
        bool grouping, multi;
        struct qf_table_column column;
        uint32_t *first, *ids;
        uint8_t *dated; /* of each set */
};

/* Of one dimension; several members of it are alternatives. match: for each set of the column. */
enum qf_plan_match { QF_MATCH_NOT, QF_MATCH, QF_MATCH_BY_DATE };

struct qf_plan_filter {
        uint16_t dimension, base;
        struct qf_table_column column;
        uint32_t wanted_count, *wanted;
        uint8_t *match; /* enum qf_plan_match */
};

struct qf_plan {
        const struct qf_query_world *world;
        const struct qf_rights *rights;
        struct qf_arena *arena;
        struct qf_to_reader *answer;
        uint32_t axes_count, filters_count;
        struct qf_plan_axis axes[QF_QUERY_AXES];
        struct qf_plan_filter filters[QF_QUERY_FILTERS];
        enum qf_plan_period period;
        uint32_t by_count;
        int by[QF_QUERY_AXES + 1];    /* axis, or -1 for the period */
        uint32_t first_day, last_day; /* full dates */
        bool ranged;
        bool hidden, undated_excluded; /* found while counting */
        struct qf_groups groups;
        struct qf_counts all, cut; /* cut: of periods that the range cuts, what is undated */
        uint32_t figures_count;    /* of each group, in figures; 0: counts only */
        const int64_t *figures, *all_figures;
        bool declared; /* of a declared kind: dimensions that are apart belong to it too */
};

/* 0; positive 1: the answer says why not; -ENOMEM. */
QF_CHECK int qf_plan_make(struct qf_plan *plan, const struct qf_from_reader *ask);
void qf_plan_deinit(struct qf_plan *plan);
/* Looks the columns up again: they may have grown since. Sets that are new belong to no row that is still to be read. */
void qf_plan_renew(struct qf_plan *plan);
/* The period that a date is counted under; 0: it is known to a longer period only. */
uint32_t qf_plan_period_of(enum qf_plan_period period, uint32_t date);
/* Whether a date, a day or a longer period, lies in the range whole; or in part, so that it is left out. */
bool qf_plan_in_range(const struct qf_plan *plan, uint32_t date);
bool qf_plan_is_cut(const struct qf_plan *plan, uint32_t date);
/* Says why not in the answer; returns 1, or -ENOMEM. */
QF_CHECK int qf_plan_refuse(struct qf_to_reader *answer, struct qf_arena *arena, enum qf_query_code code,
                            const char *format, ...) __attribute__((format(printf, 4, 5)));

/* On a date: the members that a set counts under, into ids; and whether a set passes a filter. */
uint32_t qf_plan_list(struct qf_plan *plan, const struct qf_plan_axis *axis, uint32_t set, uint32_t date,
                      uint32_t *ids);
bool qf_plan_passes(struct qf_plan *plan, const struct qf_plan_filter *filter, uint32_t set, uint32_t date);

/* The members that a row with this set counts under; of an axis that there is not, one "all". */
uint32_t qf_plan_members(struct qf_plan *plan, uint32_t axis, uint32_t set, uint32_t date,
                         const uint32_t **ret_ids);

/* From groups to the answer's rows, in the order of the registers, with totals and notes. -ENOMEM. */
QF_CHECK int qf_plan_write(const struct qf_plan *plan, const struct qf_from_reader *ask);
/* Adds a note, a code and what it is about; nothing when there are too many. -ENOMEM. */
QF_CHECK int qf_plan_note(struct qf_to_reader *answer, struct qf_arena *arena, const char *code,
                          struct qf_view name);

/* As qf_plan_make, with the declared kind that is asked for. */
struct qf_kind_spec;
QF_CHECK int qf_plan_kind(struct qf_plan *plan, const struct qf_from_reader *ask,
                          const struct qf_kind_spec **ret_spec);
/* The same world with statements for activities; and a walk over them. */
struct qf_query_world qf_plan_of_statements(const struct qf_query_world *world);
void qf_plan_walk_statements(struct qf_query *query, const struct qf_walk *walk);
/* Whether a row passes all filters. */
bool qf_plan_row_passes(struct qf_plan *plan, uint32_t row, uint32_t date);

/* Adds the walk that fills groups and all: over cells where they suffice, else over rows. */
void qf_plan_count(struct qf_plan *plan, struct qf_query *query);
/* 0: counted on; positive 1: refused, since there are more rows than may be; as r, a result of groups, says. */
QF_CHECK int qf_plan_counted(struct qf_plan *plan, int r);
