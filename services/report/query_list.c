/* Records one by one, activities or statements of a declared kind, as far as their
 * organisations may be read: what a total is made of, and where a claim breaks.
 * They come in pages: a page holds the first so many beyond where the page before
 * it ended, so that what changes meanwhile moves no other record across a cut. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/kinds.h"
#include "report/declared.h"
#include "report/query_plan.h"

enum { FIXED = 3, DATE_BYTES = 12 }; /* date, partner, key */
enum { PAGE_BYTES_MAX = 900 * 1024, ROW_BYTES = 24, PLACE_BYTES = 8 };

struct listed {
        uint32_t row, date, partner;
        struct qf_view key;
};

struct listing {
        struct qf_plan plan;
        const struct qf_kind_spec *spec; /* NULL: activities */
        struct listed page;              /* the last of the page before; date 0: this is the first */
        struct listed *at;               /* room for twice as many as are wanted */
        uint32_t count, wanted, more;    /* more: were left out behind them */
        bool pages;                      /* what does not fit comes with the next page */
        uint32_t dimensions_count;
        uint16_t dimensions[QF_DIMENSIONS_MAX]; /* that some of them have members in */
};

static int order_listed(const void *a, const void *b)
{
        const struct listed *x = a, *y = b;

        if (x->date != y->date)
                return x->date < y->date ? -1 : 1;
        if (x->partner != y->partner)
                return x->partner < y->partner ? -1 : 1;
        return qf_view_order(x->key, y->key);
}

/* Whether its organisation may be read on its date. */
static bool may_see(const struct qf_plan *plan, const struct qf_table_column *column, uint16_t org,
                    uint32_t row, uint32_t date)
{
        const uint32_t set = qf_table_code(column, row);
        bool sees = plan->rights->all;

        for (uint32_t i = column->first[set]; i < column->first[set + 1] && !sees; i++)
                sees = qf_rights_sees(plan->rights, org, column->members[i], date);
        return sees;
}

/* Keeps the first of what was collected. */
static void keep_first(struct listing *listing)
{
        if (listing->count > 1)
                qsort(listing->at, listing->count, sizeof(*listing->at), order_listed);
        if (listing->count > listing->wanted) {
                listing->more += listing->count - listing->wanted;
                listing->count = listing->wanted;
        }
}

static void add_counts(const struct qf_table_columns *columns, uint32_t row, bool activity,
                       struct qf_counts *counts)
{
        const bool unknown = activity && columns->attendances[row] == 0;

        counts->of[QF_RECORDS]++;
        if (!activity)
                return;
        counts->of[QF_ACTIVITIES] += columns->sessions[row];
        counts->of[QF_ATTENDANCES] += unknown ? 0 : columns->attendances[row] - 1;
        counts->of[QF_RECORDS_UNKNOWN] += unknown;
        counts->of[QF_ACTIVITIES_UNKNOWN] += unknown ? columns->sessions[row] : 0;
}

static bool belongs(struct listing *listing, uint32_t row, uint32_t date)
{
        struct qf_plan *plan = &listing->plan;

        return date != 0 && (!listing->spec || plan->world->declared->at[row].kind == listing->spec->kind) &&
               qf_plan_in_range(plan, date) && qf_plan_row_passes(plan, row, date);
}

static int collect(struct listing *listing)
{
        struct qf_plan *plan = &listing->plan;
        const struct qf_table *table = plan->world->table;
        const struct qf_table_columns columns = qf_table_columns(table);
        const uint16_t org = qf_programme_find_dimension(plan->world->programme, QF_VIEW("org"));
        const struct qf_table_column orgs = qf_table_column(table, org);
        const uint32_t room = 2 * listing->wanted < columns.rows ? 2 * listing->wanted : columns.rows;

        listing->at = malloc(((size_t)room + 1) * sizeof(*listing->at));
        if (!listing->at)
                return -ENOMEM;
        for (uint32_t row = 0; row < columns.rows; row++) {
                const uint32_t date = columns.date[row];
                if (!belongs(listing, row, date))
                        continue;
                if (!may_see(plan, &orgs, org, row, date)) {
                        plan->hidden = true;
                        continue;
                }
                add_counts(&columns, row, !listing->spec, &plan->all);
                const struct listed listed = {row, date, qf_table_partner(table, row),
                                              qf_table_key(table, row)};
                if (order_listed(&listed, &listing->page) <= 0)
                        continue;
                if (listing->count > room)
                        keep_first(listing);
                listing->at[listing->count++] = listed;
        }
        keep_first(listing);
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

static uint32_t figures_of(const struct listing *listing)
{
        return listing->spec ? listing->spec->figures_count : 0;
}

static int write_figures(const struct listing *listing, uint32_t of, struct qf_answer_row *row)
{
        const uint32_t count = figures_of(listing);
        const struct qf_declared_held *held = count ? &listing->plan.world->declared->at[of] : NULL;
        int64_t *figures = qf_arena_zero(listing->plan.arena, count + 1, sizeof(*figures));

        if (!figures)
                return -ENOMEM;
        for (uint32_t i = 0; i < count; i++)
                figures[i] = held->stated >> i & 1 ? (int64_t)held->figures[i] + 1 : 0;
        row->figures_count = count;
        row->figures = figures;
        return 0;
}

/* *bytes: about what it takes in the answer. */
static int write_row(const struct listing *listing, const struct listed *listed, struct qf_answer_row *row,
                     size_t *bytes)
{
        struct qf_arena *arena = listing->plan.arena;
        const struct qf_programme *programme = listing->plan.world->programme;
        const struct qf_table_columns columns = qf_table_columns(listing->plan.world->table);
        struct qf_view *members = qf_arena_zero(arena, FIXED + listing->dimensions_count, sizeof(*members));
        char *date = qf_arena_take(arena, DATE_BYTES);
        const struct qf_member *partner = qf_programme_member(
                programme, qf_programme_find_dimension(programme, QF_VIEW("org")), listed->partner);
        int r = 0;

        if (!members || !date)
                return -ENOMEM;
        (void)snprintf(date, DATE_BYTES, "%u", listed->date);
        members[0] = qf_view_of(date);
        members[1] = partner ? partner->code : QF_VIEW("");
        members[2] = listed->key;
        for (uint32_t i = 0; i < listing->dimensions_count && r == 0; i++)
                r = join_members(listing, listing->dimensions[i], listed->row, &members[FIXED + i]);
        *row = (struct qf_answer_row){.members = members};
        add_counts(&columns, listed->row, !listing->spec, &row->counts);
        *bytes += ROW_BYTES + 10 * (size_t)figures_of(listing);
        for (uint32_t i = 0; i < FIXED + listing->dimensions_count; i++)
                *bytes += members[i].len + 3;
        return r == 0 ? write_figures(listing, listed->row, row) : r;
}

static int write_heads(const struct listing *listing)
{
        struct qf_to_reader *answer = listing->plan.answer;
        struct qf_arena *arena = listing->plan.arena;
        struct qf_view *by = qf_arena_zero(arena, FIXED + listing->dimensions_count, sizeof(*by));
        struct qf_view *measures = qf_arena_zero(arena, figures_of(listing) + 1, sizeof(*measures));

        if (!by || !measures)
                return -ENOMEM;
        by[0] = QF_VIEW("date");
        by[1] = QF_VIEW("partner");
        by[2] = QF_VIEW("key");
        for (uint32_t i = 0; i < listing->dimensions_count; i++)
                by[FIXED + i] =
                        qf_programme_dimension(listing->plan.world->programme, listing->dimensions[i])->code;
        for (uint32_t i = 0; i < figures_of(listing); i++)
                measures[i] = qf_view_of(listing->spec->figures[i].code);
        answer->by = by;
        answer->by_count = FIXED + listing->dimensions_count;
        answer->measures = measures;
        answer->measures_count = figures_of(listing);
        return 0;
}

/* --- pages ------------------------------------------------------------------------ */

/* A place between two records: date, partner and key of the one before it. False: it is none. */
static bool read_place(struct qf_view page, struct listed *ret_listed)
{
        const uint8_t *at = (const uint8_t *)page.at;

        if (page.len != 0 && page.len < PLACE_BYTES)
                return false;
        if (page.len != 0)
                *ret_listed = (struct listed){.date = qf_get_be32(at),
                                              .partner = qf_get_be32(at + 4),
                                              .key = {page.at + PLACE_BYTES, page.len - PLACE_BYTES}};
        return true;
}

static int write_next(const struct listing *listing, const struct listed *last)
{
        const size_t len = PLACE_BYTES + last->key.len;
        char *next = qf_arena_take(listing->plan.arena, len);

        if (!next)
                return -ENOMEM;
        qf_put_be32((uint8_t *)next, last->date);
        qf_put_be32((uint8_t *)next + 4, last->partner);
        memcpy(next + PLACE_BYTES, last->key.at, last->key.len);
        listing->plan.answer->next = (struct qf_view){next, (uint32_t)len};
        return 0;
}

static int write_list(struct listing *listing)
{
        struct qf_plan *plan = &listing->plan;
        struct qf_answer_row *rows = qf_arena_zero(plan->arena, listing->count + 1, sizeof(*rows));
        uint32_t shown = 0;
        size_t bytes = 0;
        int r = rows ? write_heads(listing) : -ENOMEM;

        for (; shown < listing->count && r == 0 && (bytes < PAGE_BYTES_MAX || !listing->pages); shown++)
                r = write_row(listing, &listing->at[shown], &rows[shown], &bytes);
        const bool more = listing->more > 0 || shown < listing->count;
        plan->answer->answer_rows = rows;
        plan->answer->answer_rows_count = shown;
        plan->answer->all.counts = plan->all;
        if (r == 0 && more)
                r = write_next(listing, &listing->at[shown - 1]);
        if (r == 0 && plan->hidden)
                r = qf_plan_note(plan->answer, plan->arena, "restricted", QF_VIEW(""));
        if (r == 0 && plan->undated_excluded)
                r = qf_plan_note(plan->answer, plan->arena, "undated_excluded", QF_VIEW(""));
        if (r == 0 && more)
                r = qf_plan_note(plan->answer, plan->arena, "cut", QF_VIEW(""));
        return r;
}

static int plan_list(struct listing *listing, const struct qf_from_reader *ask)
{
        struct qf_plan *plan = &listing->plan;
        int r = qf_view_same(ask->kind, QF_VIEW("activity")) ? qf_plan_make(plan, ask)
                                                             : qf_plan_kind(plan, ask, &listing->spec);

        if (r == 0 && ask->by_count)
                r = qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_UNKNOWN_NAME,
                                   "a list has a row for each record: leave out by");
        if (r == 0 && !read_place(ask->page, &listing->page))
                r = qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_UNKNOWN_NAME,
                                   "this is no page of a list");
        return r;
}

static int answer_list(struct listing *listing, const struct qf_from_reader *ask)
{
        struct qf_plan *plan = &listing->plan;
        int r = plan_list(listing, ask);

        listing->pages = ask->limit != 0;
        listing->wanted = ask->limit && ask->limit < QF_GROUPS_MAX ? ask->limit : QF_GROUPS_MAX;
        if (r == 0)
                r = collect(listing);
        if (r != 0)
                return r;
        if (!listing->pages && listing->more)
                return qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_TOO_MUCH,
                                      "more than %d rows: narrow it by --where or by dates, or ask for pages",
                                      QF_GROUPS_MAX);
        find_dimensions(listing);
        return write_list(listing);
}

int qf_query_list(const struct qf_query_world *world, const struct qf_rights *rights,
                  const struct qf_from_reader *ask, struct qf_arena *arena, struct qf_to_reader *answer)
{
        const bool activities = qf_view_same(ask->kind, QF_VIEW("activity"));
        const struct qf_query_world of = {world->programme, world->picture,
                                          activities ? world->table : world->declared->table,
                                          world->declared};
        struct listing listing = {.plan = {.world = &of, .rights = rights, .arena = arena, .answer = answer}};
        int r = answer_list(&listing, ask);

        qf_plan_deinit(&listing.plan);
        free(listing.at);
        return r < 0 ? r : 0;
}
