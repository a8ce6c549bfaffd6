/* From a plan to an answer: rows in the programme's own order, codes instead of
 * ids, the true total beside, and a remark wherever rows do not add up to it. */
#include "report/query.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/period.h"
#include "report/query_plan.h"

enum { NOTES_MAX = 24, NOTE_BYTES = 64, CODE_BYTES = 12 };

struct sorted {
        uint64_t place[QF_QUERY_AXES + 1]; /* in the order of by */
        const struct qf_group *group;
};

static int order_sorted(const void *a, const void *b)
{
        const struct sorted *x = a, *y = b;

        for (int i = 0; i < QF_QUERY_AXES + 1; i++)
                if (x->place[i] != y->place[i])
                        return x->place[i] < y->place[i] ? -1 : 1;
        return 0;
}

/* "Not stated" comes last, and so does what is known to a longer period only. */
static uint64_t place_of(const struct qf_plan *plan, int axis, const struct qf_group *group)
{
        const struct qf_member *member;

        if (axis < 0)
                return group->period ? group->period : UINT64_MAX;
        if (group->member[axis] == QF_MEMBER_NONE)
                return UINT64_MAX;
        member = qf_programme_member(plan->world->programme, plan->axes[axis].dimension, group->member[axis]);
        return (uint64_t)(member ? member->order : 0) << 32 | group->member[axis];
}

static bool counts_nothing(const struct qf_counts *counts)
{
        for (int i = 0; i < QF_MEASURES; i++)
                if (counts->of[i] != 0)
                        return false;
        return true;
}

static uint32_t sort_groups(const struct qf_plan *plan, struct sorted *sorted)
{
        uint32_t count = 0;

        for (uint32_t i = 0; i < plan->groups.count; i++) {
                const struct qf_group *group = &plan->groups.at[i];

                if (counts_nothing(&group->counts))
                        continue;
                sorted[count].group = group;
                for (uint32_t k = 0; k < plan->by_count; k++)
                        sorted[count].place[k] = place_of(plan, plan->by[k], group);
                count++;
        }
        if (count > 1)
                qsort(sorted, count, sizeof(*sorted), order_sorted);
        return count;
}

/* 20230506, 202305 or 2023; empty: known to a longer period only. */
static int period_code(struct qf_arena *arena, enum qf_plan_period kind, uint32_t period,
                       struct qf_view *ret_code)
{
        uint32_t shown = kind == QF_PLAN_YEAR    ? period / 10000
                         : kind == QF_PLAN_MONTH ? period / 100
                                                 : period;
        char *text;

        *ret_code = QF_VIEW("");
        if (period == 0)
                return 0;
        text = qf_arena_take(arena, CODE_BYTES);
        if (!text)
                return -ENOMEM;
        (void)snprintf(text, CODE_BYTES, "%u", shown);
        *ret_code = qf_view_of(text);
        return 0;
}

static int code_of(const struct qf_plan *plan, int axis, const struct qf_group *group,
                   struct qf_view *ret_code)
{
        const struct qf_member *member;

        if (axis < 0)
                return period_code(plan->arena, plan->period, group->period, ret_code);
        member = qf_programme_member(plan->world->programme, plan->axes[axis].dimension, group->member[axis]);
        *ret_code = member && group->member[axis] != QF_MEMBER_NONE ? member->code : QF_VIEW("");
        return 0;
}

static const int64_t *figures_of(const struct qf_plan *plan, const struct qf_group *group)
{
        return plan->figures_count ? &plan->figures[(group - plan->groups.at) * plan->figures_count] : NULL;
}

static int write_rows(const struct qf_plan *plan, const struct sorted *sorted, uint32_t count)
{
        struct qf_answer_row *rows = qf_arena_zero(plan->arena, count ? count : 1, sizeof(*rows));

        if (!rows)
                return -ENOMEM;
        for (uint32_t i = 0; i < count; i++) {
                struct qf_view *codes = qf_arena_zero(plan->arena, plan->by_count, sizeof(*codes));

                if (!codes)
                        return -ENOMEM;
                for (uint32_t k = 0; k < plan->by_count; k++) {
                        int r = code_of(plan, plan->by[k], sorted[i].group, &codes[k]);

                        if (r < 0)
                                return r;
                }
                rows[i] = (struct qf_answer_row){codes, sorted[i].group->counts, plan->figures_count,
                                                 figures_of(plan, sorted[i].group)};
        }
        plan->answer->answer_rows = rows;
        plan->answer->answer_rows_count = count;
        return 0;
}

/* Room for notes is made by the first. */
int qf_plan_note(struct qf_to_reader *answer, struct qf_arena *arena, const char *code, struct qf_view name)
{
        struct qf_view *notes = (struct qf_view *)(uintptr_t)answer->notes;
        char *text = qf_arena_take(arena, NOTE_BYTES);

        if (!notes)
                notes = qf_arena_zero(arena, NOTES_MAX, sizeof(*notes));
        if (!notes || !text)
                return -ENOMEM;
        if (answer->notes_count == NOTES_MAX)
                return 0;
        (void)snprintf(text, NOTE_BYTES, "%s%s%.*s", code, name.len ? " " : "", (int)name.len, name.at);
        notes[answer->notes_count++] = qf_view_of(text);
        answer->notes = notes;
        return 0;
}

static bool has_undated(const struct qf_plan *plan)
{
        for (uint32_t i = 0; i < plan->groups.count; i++)
                if (plan->groups.at[i].period == 0 && !counts_nothing(&plan->groups.at[i].counts))
                        return true;
        return false;
}

static int write_notes(const struct qf_plan *plan, bool cut)
{
        const struct {
                bool said;
                const char *code;
        } notes[] = {
                {plan->all.of[QF_RECORDS_UNKNOWN] != 0, "attendance_unknown"},
                {plan->period != QF_PLAN_ALL && has_undated(plan), "undated"},
                {plan->undated_excluded || plan->cut.of[QF_RECORDS] != 0, "undated_excluded"},
                {plan->hidden, "restricted"},
                {cut, "cut"},
        };
        int r = qf_programme_settings(plan->world->programme)->training
                        ? qf_plan_note(plan->answer, plan->arena, "training", QF_VIEW(""))
                        : 0;

        for (uint32_t i = 0; i < plan->axes_count && r == 0; i++)
                if (plan->axes[i].multi)
                        r = qf_plan_note(
                                plan->answer, plan->arena, "not_additive",
                                qf_programme_dimension(plan->world->programme, plan->axes[i].dimension)
                                        ->code);
        for (size_t i = 0; i < sizeof(notes) / sizeof(*notes) && r == 0; i++)
                if (notes[i].said)
                        r = qf_plan_note(plan->answer, plan->arena, notes[i].code, QF_VIEW(""));
        return r;
}

int qf_plan_write(const struct qf_plan *plan, const struct qf_from_reader *ask)
{
        struct sorted *sorted = calloc((size_t)plan->groups.count + 1, sizeof(*sorted));
        uint32_t count, shown;
        int r;

        if (!sorted)
                return -ENOMEM;
        count = sort_groups(plan, sorted);
        shown = ask->limit && count > ask->limit ? ask->limit : count;
        r = write_rows(plan, sorted, shown);
        free(sorted);
        if (r < 0)
                return r;
        plan->answer->by_count = ask->by_count;
        plan->answer->by = ask->by;
        plan->answer->all = (struct qf_answer_row){
                .counts = plan->all, .figures_count = plan->figures_count, .figures = plan->all_figures};
        return write_notes(plan, shown < count);
}

/* --- totals ------------------------------------------------------------------------ */

static void deinit_plan(void *kept)
{
        qf_plan_deinit(kept);
}

static int plan_totals(struct qf_query *query)
{
        struct qf_plan *plan = query->kept;

        *plan = (struct qf_plan){.world = &query->world,
                                 .rights = query->rights,
                                 .arena = query->arena,
                                 .answer = query->answer};
        int r = qf_plan_make(plan, query->ask);

        if (r == 0)
                qf_plan_count(plan, query);
        return r;
}

static int write_totals(struct qf_query *query)
{
        return qf_plan_write(query->kept, query->ask);
}

const struct qf_query_kind qf_query_totals = {sizeof(struct qf_plan), plan_totals, write_totals, deinit_plan};

/* --- growth ------------------------------------------------------------------------- */

struct growth {
        struct year {
                uint32_t year;
                struct qf_from_reader ask;
                struct qf_to_reader sum;
                struct qf_plan plan;
        } years[2]; /* the year asked for and its base */
};

static void deinit_growth(void *kept)
{
        struct growth *growth = kept;

        for (int i = 0; i < 2; i++)
                qf_plan_deinit(&growth->years[i].plan);
}

/* The whole year, or the days asked for moved into it. */
static struct qf_from_reader ask_of_year(const struct qf_from_reader *ask, uint32_t year)
{
        struct qf_from_reader of = *ask;

        of.by_count = 0;
        of.first_day = year * 10000 + (ask->first_day ? ask->first_day % 10000 : 0);
        of.last_day = qf_date_in_year(ask->last_day, year);
        if (!qf_date_valid(of.first_day)) /* the leap day, in a year without one */
                of.first_day = year * 10000 + 301;
        return of;
}

static int plan_growth(struct qf_query *query)
{
        struct growth *growth = query->kept;
        const uint32_t years[] = {query->ask->year, query->ask->base};

        for (int i = 0; i < 2; i++) {
                struct year *of = &growth->years[i];

                if (!qf_date_valid(years[i] < 10000 ? years[i] * 10000 : 0))
                        return qf_plan_refuse(query->answer, query->arena, QF_QUERY_UNKNOWN_NAME,
                                              "there is no such year");
                of->year = years[i];
                of->ask = ask_of_year(query->ask, years[i]);
                of->plan = (struct qf_plan){.world = &query->world,
                                            .rights = query->rights,
                                            .arena = query->arena,
                                            .answer = query->answer};
                int r = qf_plan_make(&of->plan, &of->ask);
                if (r != 0)
                        return r;
                of->plan.answer = &of->sum;
                qf_plan_count(&of->plan, query);
        }
        return 0;
}

/* What is to be said of either year. */
static int add_notes(struct qf_to_reader *answer, struct qf_arena *arena, const struct qf_to_reader *of)
{
        int r = 0;

        for (uint32_t i = 0; i < of->notes_count && r == 0; i++) {
                bool known = false;

                for (uint32_t k = 0; k < answer->notes_count; k++)
                        known |= qf_view_same(answer->notes[k], of->notes[i]);
                if (!known) /* text of the arena, which ends with a NUL */
                        r = qf_plan_note(answer, arena, of->notes[i].at, QF_VIEW(""));
        }
        return r;
}

static int write_growth(struct qf_query *query)
{
        static const struct qf_view by[] = {{"year", 4}};
        struct growth *growth = query->kept;
        struct qf_to_reader *answer = query->answer;
        struct qf_answer_row *rows = qf_arena_zero(query->arena, 2, sizeof(*rows));
        struct qf_view *codes = qf_arena_zero(query->arena, 2, sizeof(*codes));

        if (!rows || !codes)
                return -ENOMEM;
        for (int i = 0; i < 2; i++) {
                struct year *of = &growth->years[i];
                int r = qf_plan_write(&of->plan, &of->ask);

                if (r == 0)
                        r = period_code(query->arena, QF_PLAN_YEAR, of->year * 10000, &codes[i]);
                if (r < 0)
                        return r;
                rows[i] = (struct qf_answer_row){.members = &codes[i], .counts = of->sum.all.counts};
                r = add_notes(answer, query->arena, &of->sum);
                if (r < 0)
                        return r;
        }
        answer->by = by;
        answer->by_count = 1;
        answer->answer_rows = rows;
        answer->answer_rows_count = 2;
        answer->all.counts = rows[0].counts;
        return query->ask->first_day || query->ask->last_day
                       ? qf_plan_note(answer, query->arena, "same_days", QF_VIEW(""))
                       : 0;
}

const struct qf_query_kind qf_query_growth = {sizeof(struct growth), plan_growth, write_growth,
                                              deinit_growth};
