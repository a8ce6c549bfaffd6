/* Cells against table: all cells are made anew from the activities, by the same
 * rules, and every one must be there and equal. What differs is named. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model/kinds.h"
#include "model/picture.h"
#include "report/query_plan.h"

enum { JSON_BYTES = 4096, BLOCK_ROWS = 64, BLOCK_CELLS = 4096 };

/* The members of a row, in order of dimension. More than fit cannot have been set. */
static uint32_t members_of(const struct qf_table_column *columns, uint32_t row, struct qf_member_of *members)
{
        uint32_t count = 0;

        for (uint16_t dimension = 1; dimension <= QF_DIMENSIONS_MAX; dimension++) {
                const struct qf_table_column *column = &columns[dimension];
                uint32_t set = qf_table_code(column, row);

                for (uint32_t i = column->first[set]; i < column->first[set + 1] && count < QF_VALUES_MAX;
                     i++)
                        members[count++] = (struct qf_member_of){dimension, column->members[i]};
        }
        return count;
}

struct checking {
        struct qf_query *query;
        struct qf_picture *difference; /* what the activities make, less what the cells say */
        struct stands { /* of each declared kind, for qf verify, which makes both of the journal */
                uint32_t count;
                uint64_t digest;
        } stands[UINT8_MAX + 1];
};

static int add_rows(void *ctx, const struct qf_scan *scan, uint32_t first, uint32_t count)
{
        struct checking *checking = ctx;
        const struct qf_query_world *world = &checking->query->world;
        const struct qf_table_columns rows = qf_table_columns(world->table);
        const uint32_t counted = qf_programme_counted(world->programme);
        struct qf_table_column columns[QF_DIMENSIONS_MAX + 1];
        struct qf_member_of members[QF_VALUES_MAX];

        for (uint16_t dimension = 0; dimension <= QF_DIMENSIONS_MAX; dimension++)
                columns[dimension] = qf_table_column(world->table, dimension);
        for (uint32_t row = first; row < first + count; row++) {
                int64_t sessions = rows.sessions[row];
                uint32_t attendances = rows.attendances[row];
                struct qf_contribution of = {.date = rows.date[row], .members = members};
                int r;

                if (of.date == 0 || qf_scan_passed_over(scan, row))
                        continue;
                of.members_count = members_of(columns, row, members);
                of.counts = (struct qf_counts){{1, sessions, attendances ? (int64_t)attendances - 1 : 0,
                                                attendances == 0, attendances ? 0 : sessions}};
                r = qf_picture_move(checking->difference, NULL, &of, counted, 1);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int take_cells(void *ctx, const struct qf_scan *scan, uint32_t first, uint32_t count)
{
        struct checking *checking = ctx;

        for (uint32_t i = first; i < first + count; i++) {
                const struct qf_cell *cell = qf_picture_at(checking->query->world.picture, i);
                struct qf_cell *of;
                int r;

                if (qf_scan_passed_over(scan, i))
                        continue;
                r = qf_picture_cell(checking->difference, cell->key, &of);
                if (r < 0)
                        return r;
                if (!qf_counts_add(&of->counts, &cell->counts, -1))
                        return -EOVERFLOW;
        }
        return 0;
}

static int sum_statements(void *ctx, const struct qf_scan *scan, uint32_t first, uint32_t count)
{
        struct checking *checking = ctx;
        const struct qf_query_world *world = &checking->query->world;

        for (uint32_t row = first; row < first + count; row++) {
                struct stands *stands = &checking->stands[world->declared->at[row].kind];
                uint64_t digest;

                if (qf_scan_passed_over(scan, row) ||
                    !qf_declared_digest(world->declared, world->programme, row, &digest))
                        continue;
                stands->count++;
                stands->digest += digest;
        }
        return 0;
}

/* Zero and missing are the same. */
static int find_different(void *ctx, const struct qf_scan *scan, uint32_t first, uint32_t count)
{
        const struct checking *checking = ctx;
        struct qf_query *query = checking->query;
        int r = 0;

        (void)scan;
        for (uint32_t i = first; i < first + count && !query->answer->code; i++) {
                const struct qf_cell *cell = qf_picture_at(checking->difference, i);
                const struct qf_dimension *dimension =
                        qf_programme_dimension(query->world.programme, cell->key.dimension);
                struct qf_view code = dimension ? dimension->code : QF_VIEW("total");

                for (int m = 0; m < QF_MEASURES && r == 0; m++)
                        if (cell->counts.of[m] != 0)
                                r = qf_plan_refuse(
                                        query->answer, query->arena, QF_QUERY_DIFFERENT,
                                        "%.*s, member %u, period %u: %s by activities less by cells is %lld",
                                        (int)code.len, code.at, cell->key.member, cell->key.period,
                                        qf_measure_code((enum qf_measure)m), (long long)cell->counts.of[m]);
        }
        return r < 0 ? r : 0; /* what else was found is said too */
}

static uint32_t cells_of_difference(const void *ctx)
{
        const struct checking *checking = ctx;

        return (uint32_t)qf_picture_cells(checking->difference);
}

static int plan_check(struct qf_query *query)
{
        struct checking *checking = query->kept;
        const struct qf_query_world *world = &query->world;
        const struct qf_walk walks[] = {
                {.of = QF_QUERY_OF_ROWS, .block = BLOCK_ROWS, .ctx = checking, .look = add_rows},
                {.of = QF_QUERY_OF_CELLS, .block = BLOCK_CELLS / 4, .ctx = checking, .look = take_cells},
                {.of = QF_QUERY_OF_STATEMENTS, .block = BLOCK_ROWS, .ctx = checking, .look = sum_statements},
                {.of = QF_QUERY_OF_ITSELF,
                 .block = BLOCK_CELLS,
                 .ctx = checking,
                 .numbers = cells_of_difference,
                 .look = find_different},
        };

        checking->query = query;
        qf_query_walk(query, &walks[0], qf_table_columns(world->table).rows);
        qf_query_walk(query, &walks[1], (uint32_t)qf_picture_cells(world->picture));
        qf_plan_walk_statements(query, &walks[2]);
        qf_query_walk(query, &walks[3], 0);
        return qf_picture_new(&checking->difference);
}

static void print_declared(const struct checking *checking, char *json)
{
        size_t kinds_count, at = strlen(json);
        const struct qf_kind_spec *kinds = qf_kinds(&kinds_count);
        const char *between = "";

        for (size_t i = 0; i < kinds_count && at < JSON_BYTES; i++) {
                const struct stands *stands = &checking->stands[kinds[i].kind];

                if (kinds[i].kind < QF_KIND_DECLARED)
                        continue;
                at += (size_t)snprintf(json + at, JSON_BYTES - at,
                                       "%s\"%s\": {\"count\": %u, \"digest\": \"%016" PRIx64 "\"}", between,
                                       kinds[i].code, stands->count, stands->digest);
                between = ", ";
        }
        if (at < JSON_BYTES)
                (void)snprintf(json + at, JSON_BYTES - at, "}}");
}

static int write_check(struct qf_query *query)
{
        const struct checking *checking = query->kept;
        char *json = qf_arena_take(query->arena, JSON_BYTES);

        if (!json)
                return -ENOMEM;
        (void)snprintf(json, JSON_BYTES, "{\"equal\": %s, \"cells\": %u, \"rows\": %u, \"kinds\": {",
                       query->answer->code ? "false" : "true", query->walks[1].scan.end,
                       query->walks[0].scan.end);
        print_declared(checking, json);
        query->answer->json = qf_view_of(json);
        return 0;
}

static void deinit_check(void *kept)
{
        struct checking *checking = kept;

        checking->difference = qf_picture_free(checking->difference);
}

const struct qf_query_kind qf_query_check = {sizeof(struct checking), plan_check, write_check, deinit_check};
