/* Records one by one, activities or statements of a declared kind, as far as their
 * organisations may be read: what a total is made of, and where a claim breaks.
 * They come in pages: a page holds the first so many beyond where the page before
 * it ended, so that what changes meanwhile moves no other record across a cut. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/kinds.h"
#include "report/declared.h"
#include "report/query_plan.h"

enum { COLUMNS_MAX = QF_TABLE_LATE, FIXED = 3, DATE_BYTES = 12, BLOCK_ROWS = 512 }; /* date, partner, key */
enum { PAGE_BYTES_MAX = 900 * 1024, ROW_BYTES = 24, PLACE_BYTES = 8, BITS = 64 };

/* Of a record that changed since it was seen, what it was. */
struct earlier {
        uint32_t sets[COLUMNS_MAX + 1]; /* by dimension */
        struct qf_counts counts;
        struct qf_declared_held held;
};

struct listed {
        uint32_t row, date, partner;
        const struct earlier *earlier; /* NULL: it is still so */
};

/* Where a record comes in the list. */
struct place {
        uint32_t date, partner;
        struct qf_view key;
};

struct listing {
        struct qf_query_world world; /* whose table is that of what is listed */
        struct qf_plan plan;
        const struct qf_kind_spec *spec; /* NULL: activities */
        struct qf_view under;            /* only this key and those below it; empty: all */
        struct place page;               /* of the last of the page before; date 0: this is the first */
        struct listed *at; /* the first that are wanted: a heap, the last of them on top; then sorted */
        uint64_t *as_seen; /* bitmap of rows: it is among them, and nothing earlier of it is kept */
        uint32_t count, wanted, more; /* more: were left out behind them */
        bool pages;                   /* what does not fit comes with the next page */
        bool used[COLUMNS_MAX + 1];
        uint32_t dimensions_count;
        uint16_t dimensions[COLUMNS_MAX]; /* that some of them have members in */
        struct qf_answer_row *rows;
        uint32_t shown;
        size_t bytes; /* about what they take in the answer */
};

static struct place place_of(const struct listing *listing, const struct listed *listed)
{
        return (struct place){listed->date, listed->partner, qf_table_key(listing->world.table, listed->row)};
}

static int order_places(const struct place *x, const struct place *y)
{
        if (x->date != y->date)
                return x->date < y->date ? -1 : 1;
        if (x->partner != y->partner)
                return x->partner < y->partner ? -1 : 1;
        return qf_view_order(x->key, y->key);
}

static bool comes_before(const struct listing *listing, const struct listed *a, const struct listed *b)
{
        const struct place x = place_of(listing, a), y = place_of(listing, b);

        return order_places(&x, &y) < 0;
}

static bool is_as_seen(const struct listing *listing, uint32_t row)
{
        return listing->as_seen[row / BITS] >> row % BITS & 1;
}

static void flip_as_seen(struct listing *listing, uint32_t row)
{
        listing->as_seen[row / BITS] ^= UINT64_C(1) << row % BITS;
}

/* --- the heap ---------------------------------------------------------------------- */

static void swap(struct listed *a, struct listed *b)
{
        const struct listed kept = *a;

        *a = *b;
        *b = kept;
}

static void sift_up(struct listing *listing, uint32_t at)
{
        for (; at > 0 && comes_before(listing, &listing->at[(at - 1) / 2], &listing->at[at]);
             at = (at - 1) / 2)
                swap(&listing->at[(at - 1) / 2], &listing->at[at]);
}

static void sift_down(struct listing *listing, uint32_t count)
{
        for (uint32_t at = 0, last; (last = 2 * at + 1) < count; at = last) {
                if (last + 1 < count && comes_before(listing, &listing->at[last], &listing->at[last + 1]))
                        last++;
                if (!comes_before(listing, &listing->at[at], &listing->at[last]))
                        break;
                swap(&listing->at[at], &listing->at[last]);
        }
}

static void add(struct listing *listing, const struct listed *listed)
{
        if (listing->count < listing->wanted) {
                flip_as_seen(listing, listed->row);
                listing->at[listing->count] = *listed;
                sift_up(listing, listing->count++);
                return;
        }
        listing->more++;
        if (!comes_before(listing, listed, &listing->at[0]))
                return;
        if (!listing->at[0].earlier)
                flip_as_seen(listing, listing->at[0].row);
        flip_as_seen(listing, listed->row);
        listing->at[0] = *listed;
        sift_down(listing, listing->count);
}

/* --- collecting --------------------------------------------------------------------- */

/* Whether its organisation is the reader's own on its date, or below it: of those above only totals are read. */
static bool may_see(const struct qf_plan *plan, const struct qf_table_column *column, uint32_t row,
                    uint32_t date)
{
        const uint32_t set = qf_table_code(column, row);
        bool sees = plan->rights->all;

        for (uint32_t i = column->first[set]; i < column->first[set + 1] && !sees; i++)
                sees = qf_rights_owns(plan->rights, column->members[i], date);
        return sees;
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

/* Keys are paths: "2023/HX/X1" is below "2023". */
static bool is_under(struct qf_view under, struct qf_view key)
{
        return under.len == 0 || (key.len >= under.len && memcmp(key.at, under.at, under.len) == 0 &&
                                  (key.len == under.len || key.at[under.len] == '/'));
}

/* Or would, were its date known better, as long as none is known that would. */
static bool belongs(struct listing *listing, uint32_t row, uint32_t date)
{
        struct qf_plan *plan = &listing->plan;

        return date != 0 && (!listing->spec || plan->world->declared->at[row].kind == listing->spec->kind) &&
               (qf_plan_in_range(plan, date) || (!plan->undated_excluded && qf_plan_is_cut(plan, date))) &&
               is_under(listing->under, qf_table_key(plan->world->table, row)) &&
               qf_plan_row_passes(plan, row, date);
}

static int collect(void *ctx, const struct qf_scan *scan, uint32_t first, uint32_t count)
{
        struct listing *listing = ctx;
        struct qf_plan *plan = &listing->plan;
        const struct qf_table *table = plan->world->table;
        const struct qf_table_columns columns = qf_table_columns(table);
        const uint16_t org = qf_programme_find_dimension(plan->world->programme, QF_VIEW("org"));
        const struct qf_table_column orgs = qf_table_column(table, org);

        qf_plan_renew(plan);
        for (uint32_t row = first; row < first + count; row++) {
                const uint32_t date = columns.date[row];
                if (qf_scan_passed_over(scan, row) || !belongs(listing, row, date))
                        continue;
                const bool whole = qf_plan_in_range(plan, date), seen = may_see(plan, &orgs, row, date);
                plan->hidden |= whole && !seen;
                plan->undated_excluded |= !whole && seen;
                if (!whole || !seen)
                        continue;
                add_counts(&columns, row, !listing->spec, &plan->all);
                const struct listed listed = {
                        .row = row, .date = date, .partner = qf_table_partner(table, row)};
                const struct place place = place_of(listing, &listed);
                if (order_places(&place, &listing->page) > 0)
                        add(listing, &listed);
        }
        return 0;
}

/* Of what is about to change few records are in the list, and each of those is looked for once. */
static int keep_earlier(void *ctx, uint32_t row)
{
        struct listing *listing = ctx;
        const struct qf_table_columns columns = qf_table_columns(listing->world.table);
        uint32_t at = 0;

        if (!is_as_seen(listing, row))
                return 0;
        while (at < listing->count && listing->at[at].row != row)
                at++;
        QF_ASSERT(at < listing->count);
        flip_as_seen(listing, row);
        struct earlier *earlier = qf_arena_zero(listing->plan.arena, 1, sizeof(*earlier));
        if (!earlier)
                return -ENOMEM;
        for (uint16_t id = 1; id <= COLUMNS_MAX; id++) {
                const struct qf_table_column column = qf_table_column(listing->world.table, id);
                earlier->sets[id] = qf_table_code(&column, row);
        }
        add_counts(&columns, row, !listing->spec, &earlier->counts);
        if (listing->spec)
                earlier->held = listing->world.declared->at[row];
        listing->at[at].earlier = earlier;
        return 0;
}

static uint32_t set_of(const struct listed *listed, const struct qf_table_column *column, uint16_t dimension)
{
        return listed->earlier ? listed->earlier->sets[dimension] : qf_table_code(column, listed->row);
}

static uint32_t collected(const void *ctx)
{
        const struct listing *listing = ctx;

        return listing->count;
}

/* Takes the last ones off the heap and puts them behind it, from the end on. */
static int sort(void *ctx, const struct qf_scan *scan, uint32_t first, uint32_t count)
{
        struct listing *listing = ctx;

        (void)scan;
        if (!listing->pages && listing->more)
                return qf_plan_refuse(listing->plan.answer, listing->plan.arena, QF_QUERY_TOO_MUCH,
                                      "more than %d rows: narrow it by --where or by dates, or ask for pages",
                                      QF_GROUPS_MAX);
        for (uint32_t left = listing->count - first; left > listing->count - first - count; left--) {
                swap(&listing->at[0], &listing->at[left - 1]);
                sift_down(listing, left - 1);
        }
        for (uint16_t id = 1; id <= COLUMNS_MAX; id++) {
                const struct qf_table_column column = qf_table_column(listing->world.table, id);
                for (uint32_t i = 1; i <= count && !listing->used[id]; i++)
                        listing->used[id] =
                                set_of(&listing->at[listing->count - first - i], &column, id) != 0;
        }
        return 0;
}

/* --- writing ---------------------------------------------------------------------- */

int qf_query_members(const struct qf_programme *programme, const struct qf_table_column *column,
                     uint16_t dimension, uint32_t set, struct qf_arena *arena, struct qf_view *ret_text)
{
        const uint32_t first = column->first[set], end = column->first[set + 1];
        char *text = qf_arena_take(arena, (size_t)(end - first) * (QF_CODE_BYTES_MAX + 1) + 1);
        uint32_t len = 0;

        if (!text)
                return -ENOMEM;
        for (uint32_t i = first; i < end; i++) {
                const struct qf_member *member =
                        qf_programme_member(programme, dimension, column->members[i]);
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

/* How attendances were counted, and whether it came late: no dimensions of the programme, and listed as they are. */
static struct qf_view mark_of(const struct qf_table_column *column, uint16_t id, uint32_t set)
{
        static const char *const methods[] = {"", "signed_in", "headcount", "registered", "estimated"};
        const uint32_t member = column->first[set] < column->first[set + 1]
                                        ? column->members[column->first[set]]
                                        : QF_MEMBER_NONE;

        if (id == QF_TABLE_LATE)
                return member ? QF_VIEW("late") : QF_VIEW("");
        return qf_view_of(member < sizeof(methods) / sizeof(*methods) ? methods[member] : "");
}

static struct qf_view name_of(const struct listing *listing, uint16_t id)
{
        if (id > QF_DIMENSIONS_MAX)
                return id == QF_TABLE_LATE ? QF_VIEW("late") : QF_VIEW("method");
        return qf_programme_dimension(listing->plan.world->programme, id)->code;
}

static int join_members(const struct listing *listing, uint16_t dimension, const struct listed *listed,
                        struct qf_view *ret_text)
{
        const struct qf_query_world *world = listing->plan.world;
        const struct qf_table_column column = qf_table_column(world->table, dimension);

        if (dimension > QF_DIMENSIONS_MAX) {
                *ret_text = mark_of(&column, dimension, set_of(listed, &column, dimension));
                return 0;
        }
        return qf_query_members(world->programme, &column, dimension, set_of(listed, &column, dimension),
                                listing->plan.arena, ret_text);
}

static uint32_t figures_of(const struct listing *listing)
{
        return listing->spec ? listing->spec->figures_count : 0;
}

static int write_figures(const struct listing *listing, const struct listed *of, struct qf_answer_row *row)
{
        const uint32_t count = figures_of(listing);
        const struct qf_declared_held *held = of->earlier ? &of->earlier->held
                                              : count     ? &listing->plan.world->declared->at[of->row]
                                                          : NULL;
        int64_t *figures = qf_arena_zero(listing->plan.arena, count + 1, sizeof(*figures));

        if (!figures)
                return -ENOMEM;
        for (uint32_t i = 0; i < count; i++)
                figures[i] = held->stated >> i & 1 ? (int64_t)held->figures[i] + 1 : 0;
        row->figures_count = count;
        row->figures = figures;
        return 0;
}

/* The table moves its keys as it grows. */
static int copy_key(const struct listing *listing, const struct listed *listed, struct qf_view *ret_key)
{
        const struct qf_view key = qf_table_key(listing->world.table, listed->row);
        char *copy = qf_arena_take(listing->plan.arena, key.len + 1);

        if (!copy)
                return -ENOMEM;
        memcpy(copy, key.at, key.len);
        *ret_key = (struct qf_view){copy, key.len};
        return 0;
}

static int write_row(struct listing *listing, const struct listed *listed, struct qf_answer_row *row)
{
        struct qf_arena *arena = listing->plan.arena;
        const struct qf_programme *programme = listing->plan.world->programme;
        const struct qf_table_columns columns = qf_table_columns(listing->plan.world->table);
        struct qf_view *members = qf_arena_zero(arena, FIXED + listing->dimensions_count, sizeof(*members));
        char *date = qf_arena_take(arena, DATE_BYTES);
        const struct qf_member *partner = qf_programme_member(
                programme, qf_programme_find_dimension(programme, QF_VIEW("org")), listed->partner);
        int r = members && date ? copy_key(listing, listed, &members[2]) : -ENOMEM;

        if (r < 0)
                return r;
        (void)snprintf(date, DATE_BYTES, "%u", listed->date);
        members[0] = qf_view_of(date);
        members[1] = partner ? partner->code : QF_VIEW("");
        for (uint32_t i = 0; i < listing->dimensions_count && r == 0; i++)
                r = join_members(listing, listing->dimensions[i], listed, &members[FIXED + i]);
        *row = (struct qf_answer_row){.members = members};
        if (listed->earlier)
                row->counts = listed->earlier->counts;
        else
                add_counts(&columns, listed->row, !listing->spec, &row->counts);
        listing->bytes += ROW_BYTES + 10 * (size_t)figures_of(listing);
        for (uint32_t i = 0; i < FIXED + listing->dimensions_count; i++)
                listing->bytes += members[i].len + 3;
        return r == 0 ? write_figures(listing, listed, row) : r;
}

static int begin_rows(struct listing *listing)
{
        listing->rows = qf_arena_zero(listing->plan.arena, listing->count, sizeof(*listing->rows));
        for (uint16_t id = 1; id <= COLUMNS_MAX; id++)
                if (listing->used[id])
                        listing->dimensions[listing->dimensions_count++] = id;
        return listing->rows ? 0 : -ENOMEM;
}

static int write_rows(void *ctx, const struct qf_scan *scan, uint32_t first, uint32_t count)
{
        struct listing *listing = ctx;
        int r = listing->rows ? 0 : begin_rows(listing);

        (void)scan;
        for (uint32_t i = first;
             i < first + count && r == 0 && (listing->bytes < PAGE_BYTES_MAX || !listing->pages); i++) {
                r = write_row(listing, &listing->at[i], &listing->rows[i]);
                listing->shown = i + 1;
        }
        return r;
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
                by[FIXED + i] = name_of(listing, listing->dimensions[i]);
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
static bool read_place(struct qf_view page, struct place *ret_place)
{
        const uint8_t *at = (const uint8_t *)page.at;

        if (page.len != 0 && page.len < PLACE_BYTES)
                return false;
        if (page.len != 0)
                *ret_place = (struct place){.date = qf_get_be32(at),
                                            .partner = qf_get_be32(at + 4),
                                            .key = {page.at + PLACE_BYTES, page.len - PLACE_BYTES}};
        return true;
}

static int write_next(const struct listing *listing, const struct listed *last)
{
        const struct qf_view key = qf_table_key(listing->world.table, last->row);
        const size_t len = PLACE_BYTES + key.len;
        char *next = qf_arena_take(listing->plan.arena, len);

        if (!next)
                return -ENOMEM;
        qf_put_be32((uint8_t *)next, last->date);
        qf_put_be32((uint8_t *)next + 4, last->partner);
        memcpy(next + PLACE_BYTES, key.at, key.len);
        listing->plan.answer->next = (struct qf_view){next, (uint32_t)len};
        return 0;
}

static int write_list(struct qf_query *query)
{
        struct listing *listing = query->kept;
        struct qf_plan *plan = &listing->plan;
        const bool more = listing->more > 0 || listing->shown < listing->count;
        int r = write_heads(listing);

        if (r == 0 && qf_programme_settings(plan->world->programme)->training)
                r = qf_plan_note(plan->answer, plan->arena, "training", QF_VIEW(""));
        plan->answer->answer_rows = listing->rows;
        plan->answer->answer_rows_count = listing->shown;
        plan->answer->all.counts = plan->all;
        if (r == 0 && more)
                r = write_next(listing, &listing->at[listing->shown - 1]);
        if (r == 0 && plan->hidden)
                r = qf_plan_note(plan->answer, plan->arena, "restricted", QF_VIEW(""));
        if (r == 0 && plan->undated_excluded)
                r = qf_plan_note(plan->answer, plan->arena, "undated_excluded", QF_VIEW(""));
        if (r == 0 && more)
                r = qf_plan_note(plan->answer, plan->arena, "cut", QF_VIEW(""));
        return r;
}

/* --- the plan ----------------------------------------------------------------------- */

static int plan_what(struct listing *listing, const struct qf_from_reader *ask, bool activities)
{
        struct qf_plan *plan = &listing->plan;
        int r = activities ? qf_plan_make(plan, ask) : qf_plan_kind(plan, ask, &listing->spec);

        if (r == 0 && ask->by_count)
                r = qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_UNKNOWN_NAME,
                                   "a list has a row for each record: leave out by");
        if (r == 0 && !read_place(ask->page, &listing->page))
                r = qf_plan_refuse(plan->answer, plan->arena, QF_QUERY_UNKNOWN_NAME,
                                   "this is no page of a list");
        return r;
}

static int plan_list(struct qf_query *query)
{
        struct listing *listing = query->kept;
        const struct qf_from_reader *ask = query->ask;
        const bool activities = qf_view_same(ask->kind, QF_VIEW("activity"));
        const struct qf_walk rows = {.of = activities ? QF_QUERY_OF_ROWS : QF_QUERY_OF_STATEMENTS,
                                     .block = BLOCK_ROWS,
                                     .ctx = listing,
                                     .look = collect,
                                     .keep = keep_earlier},
                             order = {.of = QF_QUERY_OF_ITSELF,
                                      .block = BLOCK_ROWS,
                                      .ctx = listing,
                                      .numbers = collected,
                                      .look = sort},
                             written = {.of = QF_QUERY_OF_ITSELF,
                                        .block = BLOCK_ROWS,
                                        .ctx = listing,
                                        .numbers = collected,
                                        .look = write_rows};

        listing->world = activities ? query->world : qf_plan_of_statements(&query->world);
        listing->plan = (struct qf_plan){.world = &listing->world,
                                         .rights = query->rights,
                                         .arena = query->arena,
                                         .answer = query->answer};
        int r = plan_what(listing, ask, activities);
        if (r != 0)
                return r;
        const uint32_t all = qf_table_columns(listing->world.table).rows;
        listing->under = ask->key;
        listing->pages = ask->limit != 0;
        listing->wanted = ask->limit && ask->limit < QF_GROUPS_MAX ? ask->limit : QF_GROUPS_MAX;
        listing->at =
                malloc(((size_t)(listing->wanted < all ? listing->wanted : all) + 1) * sizeof(*listing->at));
        listing->as_seen = calloc((size_t)all / BITS + 1, sizeof(*listing->as_seen));
        if (!listing->at || !listing->as_seen)
                return -ENOMEM;
        qf_query_walk(query, &rows, all);
        qf_query_walk(query, &order, 0);
        qf_query_walk(query, &written, 0);
        return 0;
}

static void deinit_list(void *kept)
{
        struct listing *listing = kept;

        qf_plan_deinit(&listing->plan);
        free(listing->as_seen);
        free(listing->at);
}

const struct qf_query_kind qf_query_list = {sizeof(struct listing), plan_list, write_list, deinit_list};
