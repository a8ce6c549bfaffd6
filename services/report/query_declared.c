/* Totals of declared kinds: one pass over the statements, folded by the rule that
 * the table of kinds gives each measure. What the rule does not allow is never
 * printed as a number: it is marked, and refused with a sentence when it was
 * asked for by name. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/kinds.h"
#include "model/period.h"
#include "report/declared.h"
#include "report/query_plan.h"

enum { ASKED_MAX = 16, WITHIN_MAX = 3, NUMBERS = 3, BLOCK_ROWS = 512 };

enum how { HOW_OWN, HOW_SUM, HOW_MAX, HOW_MIN };

/* A dimension, or the year, that one value may not mix. */
struct within {
        struct qf_view name;
        bool year;
        uint16_t dimension;
        struct qf_table_column column;
};

struct asked {
        struct qf_view name; /* as it was asked for, or the measure's code */
        const struct qf_kind_measure *measure;
        enum how how;
        bool named;
        uint32_t withins_count;
        struct within withins[WITHIN_MAX];
};

struct fold {
        int64_t value, of;
        uint32_t records, known;
        bool mixed;
        uint32_t fixed[WITHIN_MAX];
};

struct folding {
        struct qf_query_world world; /* whose table is that of statements */
        struct qf_plan plan;
        const struct qf_kind_spec *spec;
        uint32_t asked_count;
        struct asked asked[ASKED_MAX];
        struct fold *folds;  /* asked_count for each group */
        uint32_t folds_room; /* groups */
        struct fold all[ASKED_MAX];
        uint32_t stock_day; /* date of stocks; 0: none was named */
        bool flows;         /* something is asked that happened in the range */
};

/* --- what is asked ------------------------------------------------------------ */

#define REFUSE(folding, name, format, ...)                                                                   \
        qf_plan_refuse((folding)->plan.answer, (folding)->plan.arena, QF_QUERY_NOT_ADDED, "%.*s: " format,   \
                       (int)(name).len, (name).at, __VA_ARGS__)

/* "sum:peak" asks for a sum of what is never added. */
static int check_how(struct folding *folding, const struct asked *asked)
{
        const enum qf_rule rule = asked->measure->rule;
        const char *code = asked->measure->code;
        const bool has_values = asked->measure->figure != QF_NO_FIGURE && rule <= QF_RULE_EACH;

        if (asked->how == HOW_SUM && rule == QF_RULE_MAX)
                return REFUSE(folding, asked->name, "peaks are never added; ask for max:%s", code);
        if (asked->how == HOW_SUM && rule == QF_RULE_EACH)
                return REFUSE(
                        folding, asked->name,
                        "different people and percentages are of one record alone and never added; ask for max:%s, the largest of one",
                        code);
        if (asked->how == HOW_SUM && rule != QF_RULE_SUM)
                return REFUSE(folding, asked->name, "this is never added; ask for %s", code);
        if (asked->how > HOW_SUM && !has_values)
                return REFUSE(folding, asked->name,
                              "only figures of single records have a largest and a smallest; ask for %s",
                              code);
        return 0;
}

static enum how take_how(struct qf_view *name)
{
        static const struct {
                const char *word;
                enum how how;
        } words[] = {{"sum:", HOW_SUM}, {"max:", HOW_MAX}, {"min:", HOW_MIN}};

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
                const uint32_t len = (uint32_t)strlen(words[i].word);
                if (name->len <= len || memcmp(name->at, words[i].word, len) != 0)
                        continue;
                *name = (struct qf_view){name->at + len, name->len - len};
                return words[i].how;
        }
        return HOW_OWN;
}

static void find_withins(struct folding *folding, struct asked *asked)
{
        const struct qf_query_world *world = folding->plan.world;
        const char *rest = asked->measure->within;
        struct qf_view word;

        if (asked->how > HOW_SUM) /* the largest of any is the largest */
                return;
        while (qf_kind_word(&rest, &word) && asked->withins_count < WITHIN_MAX) {
                struct within *within = &asked->withins[asked->withins_count++];
                within->name = word;
                within->year = qf_view_same(word, QF_VIEW("year"));
                within->dimension = within->year ? 0 : qf_programme_find_dimension(world->programme, word);
        }
}

static void renew_withins(struct folding *folding)
{
        for (uint32_t i = 0; i < folding->asked_count; i++)
                for (uint32_t k = 0; k < folding->asked[i].withins_count; k++)
                        folding->asked[i].withins[k].column = qf_table_column(
                                folding->plan.world->table, folding->asked[i].withins[k].dimension);
}

static int add_asked(struct folding *folding, struct qf_view name, bool named)
{
        struct asked *asked = &folding->asked[folding->asked_count];
        struct qf_view code = name;

        *asked = (struct asked){.name = name, .how = take_how(&code), .named = named};
        asked->measure = qf_kind_measure(folding->spec, code);
        if (!asked->measure)
                return qf_plan_refuse(folding->plan.answer, folding->plan.arena, QF_QUERY_UNKNOWN_NAME,
                                      "%s has no measure \"%.*s\": see qf kinds", folding->spec->code,
                                      (int)code.len, code.at);
        folding->asked_count++;
        folding->flows |= asked->measure->rule != QF_RULE_STOCK;
        find_withins(folding, asked);
        return check_how(folding, asked);
}

static int plan_measures(struct folding *folding, const struct qf_from_reader *ask)
{
        int r = 0;

        if (ask->measures_count > ASKED_MAX)
                return qf_plan_refuse(folding->plan.answer, folding->plan.arena, QF_QUERY_TOO_MUCH,
                                      "at most %d measures", ASKED_MAX);
        for (uint32_t i = 0; i < ask->measures_count && r == 0; i++)
                r = add_asked(folding, ask->measures[i], true);
        for (uint32_t i = 0; i < folding->spec->measures_count && ask->measures_count == 0 && r == 0; i++)
                r = add_asked(folding, qf_view_of(folding->spec->measures[i].code), false);
        return r;
}

/* --- folding ------------------------------------------------------------------- */

static void note_within(const struct asked *asked, uint32_t row, uint32_t date, struct fold *fold)
{
        for (uint32_t i = 0; i < asked->withins_count; i++) {
                const struct within *within = &asked->withins[i];
                const uint32_t is = within->year ? date / 10000 : qf_table_code(&within->column, row);
                fold->mixed |= fold->known > 0 && fold->fixed[i] != is;
                fold->fixed[i] = is;
        }
}

static void take_value(const struct asked *asked, uint32_t value, struct fold *fold)
{
        const bool largest =
                asked->how == HOW_MAX || (asked->how == HOW_OWN && asked->measure->rule == QF_RULE_MAX);

        if (asked->how == HOW_MIN)
                fold->value = fold->known == 0 || value < fold->value ? value : fold->value;
        else if (largest)
                fold->value = value > fold->value ? value : fold->value;
        else
                fold->value += value;
}

static void fold_row(const struct asked *asked, const struct qf_declared_held *held, uint32_t row,
                     uint32_t date, struct fold *fold)
{
        const struct qf_kind_measure *measure = asked->measure;
        const bool has = measure->figure == QF_NO_FIGURE || held->stated >> measure->figure & 1;

        fold->records++;
        if (!has || (measure->rule == QF_RULE_RATIO && !(held->stated >> measure->of & 1)))
                return;
        note_within(asked, row, date, fold);
        take_value(asked, measure->figure == QF_NO_FIGURE ? 1 : held->figures[measure->figure], fold);
        if (measure->rule == QF_RULE_RATIO)
                fold->of += held->figures[measure->of];
        fold->known++;
        fold->mixed |= measure->rule == QF_RULE_EACH && asked->how == HOW_OWN && fold->known > 1;
}

/* Whether the row belongs to a measure: a flow happened in the range, a stock stands at its end. */
static bool belongs(const struct folding *folding, const struct asked *asked,
                    const struct qf_declared_held *held, uint32_t date, bool in_range)
{
        const int8_t end = asked->measure->of;

        if (asked->measure->rule != QF_RULE_STOCK)
                return in_range;
        return qf_date_first_day(date) <= folding->stock_day &&
               (end == QF_NO_FIGURE || !(held->stated >> end & 1) ||
                held->figures[end] >= folding->stock_day + asked->measure->ends);
}

static int grow_folds(struct folding *folding)
{
        uint32_t room = folding->folds_room ? folding->folds_room : 64;

        while (room < folding->plan.groups.count)
                room *= 2;
        if (room == folding->folds_room)
                return 0;
        const size_t size = folding->asked_count * sizeof(struct fold);
        struct fold *folds = realloc(folding->folds, room * size);
        if (!folds)
                return -ENOMEM;
        memset((char *)folds + folding->folds_room * size, 0, (room - folding->folds_room) * size);
        folding->folds = folds;
        folding->folds_room = room;
        return 0;
}

static void fold_into(struct folding *folding, uint32_t row, uint32_t date, bool in_range, struct fold *folds,
                      struct qf_counts *counts)
{
        const struct qf_declared_held *held = &folding->plan.world->declared->at[row];
        bool any = false;

        for (uint32_t i = 0; i < folding->asked_count; i++) {
                if (!belongs(folding, &folding->asked[i], held, date, in_range))
                        continue;
                fold_row(&folding->asked[i], held, row, date, &folds[i]);
                any = true;
        }
        counts->of[QF_RECORDS] += any;
}

static uint32_t set_of(const struct qf_plan *plan, uint32_t axis, uint32_t row)
{
        return axis < plan->axes_count ? qf_table_code(&plan->axes[axis].column, row) : 0;
}

static int fold_groups(struct folding *folding, uint32_t row, uint32_t date, bool in_range)
{
        struct qf_plan *plan = &folding->plan;
        const uint32_t *first, *second;
        const uint32_t first_count = qf_plan_members(plan, 0, set_of(plan, 0, row), date, &first);
        const uint32_t second_count = qf_plan_members(plan, 1, set_of(plan, 1, row), date, &second);
        const uint32_t period = qf_plan_period_of(plan->period, date);

        for (uint32_t i = 0; i < first_count; i++) {
                for (uint32_t k = 0; k < second_count; k++) {
                        uint32_t index = 0;
                        int r = qf_groups_find(&plan->groups, first[i], second[k], period, &index);
                        if (r == 0)
                                r = grow_folds(folding);
                        if (r != 0)
                                return r;
                        fold_into(folding, row, date, in_range,
                                  &folding->folds[(size_t)index * folding->asked_count],
                                  &plan->groups.at[index].counts);
                }
        }
        return 0;
}

bool qf_plan_row_passes(struct qf_plan *plan, uint32_t row, uint32_t date)
{
        for (uint32_t i = 0; i < plan->filters_count; i++) {
                const struct qf_plan_filter *filter = &plan->filters[i];
                const uint32_t set = qf_table_code(&filter->column, row);
                if (filter->match[set] == QF_MATCH_NOT ||
                    (filter->match[set] == QF_MATCH_BY_DATE && !qf_plan_passes(plan, filter, set, date)))
                        return false;
        }
        return true;
}

static int fold_row_of(struct folding *folding, uint32_t row, uint32_t date)
{
        struct qf_plan *plan = &folding->plan;
        const bool in_range = qf_plan_in_range(plan, date);

        plan->undated_excluded |= folding->flows && qf_plan_is_cut(plan, date);
        fold_into(folding, row, date, in_range, folding->all, &plan->all);
        return plan->axes_count || plan->period != QF_PLAN_ALL ? fold_groups(folding, row, date, in_range)
                                                               : 0;
}

static int fold_rows(void *ctx, const struct qf_scan *scan, uint32_t first, uint32_t count)
{
        struct folding *folding = ctx;
        struct qf_plan *plan = &folding->plan;
        const struct qf_declared *declared = plan->world->declared;
        const struct qf_table_columns columns = qf_table_columns(declared->table);
        int r = 0;

        qf_plan_renew(plan);
        renew_withins(folding);
        for (uint32_t row = first; row < first + count && r == 0; row++) {
                const uint32_t date = columns.date[row];
                if (date != 0 && !qf_scan_passed_over(scan, row) &&
                    declared->at[row].kind == folding->spec->kind && qf_plan_row_passes(plan, row, date))
                        r = fold_row_of(folding, row, date);
        }
        return qf_plan_counted(plan, r);
}

/* --- saying it ------------------------------------------------------------------- */

/* What it may not mix, for the note and the sentence. */
static struct qf_view mixed_in(const struct folding *folding, const struct asked *asked)
{
        if (asked->measure->rule == QF_RULE_STOCK)
                return folding->stock_day ? QF_VIEW("period") : QF_VIEW("date");
        return asked->withins_count ? asked->withins[0].name : QF_VIEW("record");
}

static int refuse_mixed(struct folding *folding, const struct asked *asked)
{
        const char *code = asked->measure->code;

        if (asked->measure->rule == QF_RULE_STOCK)
                return REFUSE(
                        folding, asked->name,
                        "this is what stands at a date, never added over time; name the date (%s), and not day, month or year",
                        "to");
        if (asked->measure->rule == QF_RULE_EACH)
                return REFUSE(
                        folding, asked->name,
                        "different people and percentages are of one record alone and never added; ask for max:%s, or for the records one by one",
                        code);
        return REFUSE(folding, asked->name,
                      "combined only within one %s; ask by each of these, or choose one of each (where)",
                      asked->measure->within);
}

static void put_numbers(const struct asked *asked, const struct fold *fold, int64_t *numbers)
{
        const bool shown = !fold->mixed;

        numbers[0] = shown ? fold->value : 0;
        numbers[1] = !shown ? 0 : asked->measure->rule == QF_RULE_RATIO ? fold->of : fold->known;
        numbers[2] = shown ? (int64_t)fold->records - fold->known : QF_NOT_COMBINED;
}

/* A stock without a date, or by periods, is not combined anywhere. */
static void mark_stocks(struct folding *folding)
{
        for (uint32_t i = 0; i < folding->asked_count; i++) {
                const bool fits = folding->stock_day && folding->plan.period == QF_PLAN_ALL;
                if (folding->asked[i].measure->rule != QF_RULE_STOCK || fits)
                        continue;
                folding->all[i].mixed = true;
                for (uint32_t g = 0; g < folding->plan.groups.count; g++)
                        folding->folds[(size_t)g * folding->asked_count + i].mixed = true;
        }
}

static bool is_mixed(const struct folding *folding, uint32_t measure)
{
        bool mixed = folding->plan.by_count == 0 && folding->all[measure].mixed;

        for (uint32_t g = 0; g < folding->plan.groups.count; g++)
                mixed |= folding->folds[(size_t)g * folding->asked_count + measure].mixed;
        return mixed;
}

static int note_mixed(struct folding *folding)
{
        struct qf_plan *plan = &folding->plan;
        char said[2 * QF_CODE_BYTES_MAX + 8];
        int r = 0;

        for (uint32_t i = 0; i < folding->asked_count && r == 0; i++) {
                const struct asked *asked = &folding->asked[i];
                if (!is_mixed(folding, i) && !folding->all[i].mixed)
                        continue;
                if (asked->named && is_mixed(folding, i))
                        return refuse_mixed(folding, asked);
                const struct qf_view what = mixed_in(folding, asked);
                (void)snprintf(said, sizeof(said), "%s %.*s", asked->measure->code, (int)what.len, what.at);
                r = qf_plan_note(plan->answer, plan->arena, "mixed", qf_view_of(said));
        }
        return r;
}

static int write_figures(struct folding *folding)
{
        struct qf_plan *plan = &folding->plan;
        const uint32_t width = NUMBERS * folding->asked_count;
        int64_t *figures =
                qf_arena_zero(plan->arena, ((size_t)plan->groups.count + 1) * width, sizeof(*figures));
        struct qf_view *names = qf_arena_zero(plan->arena, folding->asked_count + 1, sizeof(*names));

        if (!figures || !names)
                return -ENOMEM;
        for (uint32_t i = 0; i < folding->asked_count; i++) {
                names[i] = folding->asked[i].name;
                put_numbers(&folding->asked[i], &folding->all[i], &figures[NUMBERS * i]);
        }
        for (size_t k = 0; k < (size_t)plan->groups.count * folding->asked_count; k++)
                put_numbers(&folding->asked[k % folding->asked_count], &folding->folds[k],
                            &figures[width + NUMBERS * k]);
        plan->figures_count = width;
        plan->all_figures = figures;
        plan->figures = figures + width;
        plan->answer->measures = names;
        plan->answer->measures_count = folding->asked_count;
        return 0;
}

/* Activities have totals of their own; their people are nobody's sum. */
static int refuse_activity(struct qf_plan *plan, const struct qf_from_reader *ask)
{
        for (uint32_t i = 0; i < ask->measures_count; i++) {
                struct qf_view code = ask->measures[i];
                (void)take_how(&code);
                if (qf_view_same(code, QF_VIEW("participants")))
                        return qf_plan_refuse(
                                plan->answer, plan->arena, QF_QUERY_NOT_ADDED,
                                "%.*s: different people are never added, the same may come again; qf history KEY "
                                "has those of one activity",
                                (int)code.len, code.at);
        }
        return qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_UNKNOWN_NAME,
                              "activities and attendances have totals of their own: ask without a kind%s",
                              "");
}

int qf_plan_kind(struct qf_plan *plan, const struct qf_from_reader *ask, const struct qf_kind_spec **ret_spec)
{
        *ret_spec = qf_kind_named(ask->kind);
        if (qf_view_same(ask->kind, QF_VIEW("activity")))
                return refuse_activity(plan, ask);
        if (!*ret_spec)
                return qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_UNKNOWN_NAME,
                                      "there is no kind \"%.*s\": see qf kinds", (int)ask->kind.len,
                                      ask->kind.at);
        plan->declared = true;
        return qf_plan_make(plan, ask);
}

struct qf_query_world qf_plan_of_statements(const struct qf_query_world *world)
{
        return (struct qf_query_world){world->programme, world->picture, world->declared->table,
                                       world->declared};
}

void qf_plan_walk_statements(struct qf_query *query, const struct qf_walk *walk)
{
        const struct qf_declared *declared = query->world.declared;
        const uint32_t rows = qf_table_columns(declared->table).rows;

        qf_query_walk(query, walk, rows < declared->rows ? rows : declared->rows);
}

static int plan_declared(struct qf_query *query)
{
        struct folding *folding = query->kept;
        const struct qf_walk walk = {
                .of = QF_QUERY_OF_STATEMENTS, .block = BLOCK_ROWS, .ctx = folding, .look = fold_rows};

        folding->world = qf_plan_of_statements(&query->world);
        folding->plan = (struct qf_plan){.world = &folding->world,
                                         .rights = query->rights,
                                         .arena = query->arena,
                                         .answer = query->answer};
        int r = qf_plan_kind(&folding->plan, query->ask, &folding->spec);

        if (r == 0)
                r = plan_measures(folding, query->ask);
        if (r != 0)
                return r;
        folding->stock_day = query->ask->last_day ? folding->plan.last_day : 0;
        qf_plan_walk_statements(query, &walk);
        return 0;
}

static int write_declared(struct qf_query *query)
{
        struct folding *folding = query->kept;

        mark_stocks(folding);
        int r = write_figures(folding);
        if (r == 0)
                r = qf_plan_write(&folding->plan, query->ask);
        return r == 0 ? note_mixed(folding) : r;
}

static void deinit_declared(void *kept)
{
        struct folding *folding = kept;

        qf_plan_deinit(&folding->plan);
        free(folding->folds);
}

const struct qf_query_kind qf_query_declared = {sizeof(struct folding), plan_declared, write_declared,
                                                deinit_declared};
