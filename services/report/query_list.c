/* Statements of a declared kind one by one, as far as their organisations may be
 * read: what a total is made of, and where a claim breaks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/kinds.h"
#include "report/declared.h"
#include "report/query_plan.h"

enum { FIXED = 3, DATE_BYTES = 12 }; /* date, partner, key */

struct listed {
        uint32_t row, date;
        const struct qf_declared_held *held;
};

struct listing {
        struct qf_plan plan;
        const struct qf_kind_spec *spec;
        struct listed *at;
        uint32_t count, shown;
        uint32_t dimensions_count;
        uint16_t dimensions[QF_DIMENSIONS_MAX]; /* that some of them have members in */
};

static int order_listed(const void *a, const void *b)
{
        const struct listed *x = a, *y = b;

        if (x->date != y->date)
                return x->date < y->date ? -1 : 1;
        if (x->held->partner != y->held->partner)
                return x->held->partner < y->held->partner ? -1 : 1;
        return qf_view_order((struct qf_view){x->held->key, x->held->key_len},
                             (struct qf_view){y->held->key, y->held->key_len});
}

/* Whether its organisation may be read on its date. */
static bool may_see(const struct qf_plan *plan, uint16_t org, uint32_t row, uint32_t date)
{
        const struct qf_table_column column = qf_table_column(plan->world->table, org);
        const uint32_t set = qf_table_code(&column, row);
        bool sees = plan->rights->all;

        for (uint32_t i = column.first[set]; i < column.first[set + 1] && !sees; i++)
                sees = qf_rights_sees(plan->rights, org, column.members[i], date);
        return sees;
}

static int collect(struct listing *listing)
{
        struct qf_plan *plan = &listing->plan;
        const struct qf_declared *declared = plan->world->declared;
        const struct qf_table_columns columns = qf_table_columns(declared->table);
        const uint16_t org = qf_programme_find_dimension(plan->world->programme, QF_VIEW("org"));

        listing->at = malloc(((size_t)declared->rows + 1) * sizeof(*listing->at));
        if (!listing->at)
                return -ENOMEM;
        for (uint32_t row = 0; row < declared->rows && row < columns.rows; row++) {
                const uint32_t date = columns.date[row];
                if (date == 0 || declared->at[row].kind != listing->spec->kind ||
                    !qf_plan_in_range(plan, date) || !qf_plan_row_passes(plan, row, date))
                        continue;
                if (may_see(plan, org, row, date))
                        listing->at[listing->count++] = (struct listed){row, date, &declared->at[row]};
                else
                        plan->hidden = true;
        }
        qsort(listing->at, listing->count, sizeof(*listing->at), order_listed);
        return 0;
}

static void find_dimensions(struct listing *listing)
{
        for (uint16_t id = 1; id <= QF_DIMENSIONS_MAX; id++) {
                const struct qf_table_column column = qf_table_column(listing->plan.world->table, id);
                bool used = false;
                for (uint32_t i = 0; i < listing->count && !used; i++)
                        used = qf_table_code(&column, listing->at[i].row) != 0;
                if (used)
                        listing->dimensions[listing->dimensions_count++] = id;
        }
}

/* --- writing ---------------------------------------------------------------------- */

/* The codes of all members, joined by a comma: no code has one. */
static int join_members(const struct listing *listing, uint16_t dimension, uint32_t row,
                        struct qf_view *ret_text)
{
        const struct qf_query_world *world = listing->plan.world;
        const struct qf_table_column column = qf_table_column(world->table, dimension);
        const uint32_t set = qf_table_code(&column, row);
        const uint32_t first = column.first[set], end = column.first[set + 1];
        char *text = qf_arena_take(listing->plan.arena, (size_t)(end - first) * (QF_CODE_BYTES_MAX + 1) + 1);
        uint32_t len = 0;

        if (!text)
                return -ENOMEM;
        for (uint32_t i = first; i < end; i++) {
                const struct qf_member *member =
                        qf_programme_member(world->programme, dimension, column.members[i]);
                if (len)
                        text[len++] = ',';
                if (member && member->code.len <= QF_CODE_BYTES_MAX) {
                        memcpy(text + len, member->code.at, member->code.len);
                        len += member->code.len;
                }
        }
        *ret_text = (struct qf_view){text, len};
        return 0;
}

static int write_row(const struct listing *listing, const struct listed *listed, struct qf_answer_row *row)
{
        struct qf_arena *arena = listing->plan.arena;
        const struct qf_programme *programme = listing->plan.world->programme;
        const uint32_t figures_count = listing->spec->figures_count;
        struct qf_view *members = qf_arena_zero(arena, FIXED + listing->dimensions_count, sizeof(*members));
        int64_t *figures = qf_arena_zero(arena, figures_count, sizeof(*figures));
        char *date = qf_arena_take(arena, DATE_BYTES);
        const struct qf_member *partner = qf_programme_member(
                programme, qf_programme_find_dimension(programme, QF_VIEW("org")), listed->held->partner);
        int r = 0;

        if (!members || !figures || !date)
                return -ENOMEM;
        (void)snprintf(date, DATE_BYTES, "%u", listed->date);
        members[0] = qf_view_of(date);
        members[1] = partner ? partner->code : QF_VIEW("");
        members[2] = (struct qf_view){listed->held->key, listed->held->key_len};
        for (uint32_t i = 0; i < listing->dimensions_count && r == 0; i++)
                r = join_members(listing, listing->dimensions[i], listed->row, &members[FIXED + i]);
        for (uint32_t i = 0; i < figures_count; i++)
                figures[i] = listed->held->stated >> i & 1 ? (int64_t)listed->held->figures[i] + 1 : 0;
        *row = (struct qf_answer_row){.members = members,
                                      .counts = {{[QF_RECORDS] = 1}},
                                      .figures_count = figures_count,
                                      .figures = figures};
        return r;
}

static int write_heads(const struct listing *listing)
{
        struct qf_to_reader *answer = listing->plan.answer;
        struct qf_arena *arena = listing->plan.arena;
        struct qf_view *by = qf_arena_zero(arena, FIXED + listing->dimensions_count, sizeof(*by));
        struct qf_view *measures = qf_arena_zero(arena, listing->spec->figures_count, sizeof(*measures));

        if (!by || !measures)
                return -ENOMEM;
        by[0] = QF_VIEW("date");
        by[1] = QF_VIEW("partner");
        by[2] = QF_VIEW("key");
        for (uint32_t i = 0; i < listing->dimensions_count; i++)
                by[FIXED + i] =
                        qf_programme_dimension(listing->plan.world->programme, listing->dimensions[i])->code;
        for (uint32_t i = 0; i < listing->spec->figures_count; i++)
                measures[i] = qf_view_of(listing->spec->figures[i].code);
        answer->by = by;
        answer->by_count = FIXED + listing->dimensions_count;
        answer->measures = measures;
        answer->measures_count = listing->spec->figures_count;
        return 0;
}

static int write_list(struct listing *listing)
{
        struct qf_plan *plan = &listing->plan;
        struct qf_answer_row *rows = qf_arena_zero(plan->arena, listing->shown + 1, sizeof(*rows));
        int r = rows ? write_heads(listing) : -ENOMEM;

        for (uint32_t i = 0; i < listing->shown && r == 0; i++)
                r = write_row(listing, &listing->at[i], &rows[i]);
        plan->answer->answer_rows = rows;
        plan->answer->answer_rows_count = listing->shown;
        plan->answer->all.counts.of[QF_RECORDS] = listing->count;
        if (r == 0 && plan->hidden)
                r = qf_plan_note(plan->answer, plan->arena, "restricted", QF_VIEW(""));
        if (r == 0 && plan->undated_excluded)
                r = qf_plan_note(plan->answer, plan->arena, "undated_excluded", QF_VIEW(""));
        if (r == 0 && listing->shown < listing->count)
                r = qf_plan_note(plan->answer, plan->arena, "cut", QF_VIEW(""));
        return r;
}

static int answer_list(struct listing *listing, const struct qf_from_reader *ask)
{
        struct qf_plan *plan = &listing->plan;
        int r = qf_plan_kind(plan, ask, &listing->spec);

        if (r == 0 && ask->by_count)
                r = qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_UNKNOWN_NAME,
                                   "a list has a row for each record: leave out by");
        if (r == 0)
                r = collect(listing);
        if (r != 0)
                return r;
        listing->shown = ask->limit && listing->count > ask->limit ? ask->limit : listing->count;
        if (listing->shown > QF_GROUPS_MAX)
                return qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_TOO_MUCH,
                                      "more than %d rows: narrow it by --where or by dates", QF_GROUPS_MAX);
        find_dimensions(listing);
        return write_list(listing);
}

int qf_query_list(const struct qf_query_world *world, const struct qf_rights *rights,
                  const struct qf_from_reader *ask, struct qf_arena *arena, struct qf_to_reader *answer)
{
        const struct qf_query_world of = {world->programme, world->picture, world->declared->table,
                                          world->declared};
        struct listing listing = {.plan = {.world = &of, .rights = rights, .arena = arena, .answer = answer}};
        int r = answer_list(&listing, ask);

        qf_plan_deinit(&listing.plan);
        free(listing.at);
        return r < 0 ? r : 0;
}
