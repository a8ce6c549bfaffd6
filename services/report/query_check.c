/* Cells against table: all cells are made anew from the activities, by the same
 * rules, and every one must be there and equal. What differs is named. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/kinds.h"
#include "model/picture.h"
#include "report/query_plan.h"

enum { JSON_BYTES = 4096 };

/* The members of a row, in order of dimension. More than fit cannot have been set. */
static uint32_t members_of(const struct qf_table_column *columns, uint32_t row, struct qf_member_of *members)
{
        uint32_t count = 0;

        for (uint16_t dimension = 1; dimension < QF_TABLE_DIMENSIONS; dimension++) {
                const struct qf_table_column *column = &columns[dimension];
                uint32_t set = qf_table_code(column, row);

                for (uint32_t i = column->first[set]; i < column->first[set + 1] && count < QF_VALUES_MAX;
                     i++)
                        members[count++] = (struct qf_member_of){dimension, column->members[i]};
        }
        return count;
}

static int make_anew(const struct qf_query_world *world, struct qf_picture *picture)
{
        struct qf_table_columns rows = qf_table_columns(world->table);
        struct qf_table_column columns[QF_TABLE_DIMENSIONS];
        uint32_t counted = qf_programme_counted(world->programme);
        struct qf_member_of members[QF_VALUES_MAX];

        for (uint16_t dimension = 0; dimension < QF_TABLE_DIMENSIONS; dimension++)
                columns[dimension] = qf_table_column(world->table, dimension);
        for (uint32_t row = 0; row < rows.rows; row++) {
                int64_t sessions = rows.sessions[row];
                uint32_t attendances = rows.attendances[row];
                struct qf_contribution of = {.date = rows.date[row], .members = members};
                int r;

                if (of.date == 0)
                        continue;
                of.members_count = members_of(columns, row, members);
                of.counts = (struct qf_counts){{1, sessions, attendances ? (int64_t)attendances - 1 : 0,
                                                attendances == 0, attendances ? 0 : sessions}};
                r = qf_picture_move(picture, NULL, &of, counted, 1);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Says the first cell of a that b has not, or has otherwise. Zero and missing are the same. */
static int compare(const struct qf_query_world *world, const struct qf_picture *a, const struct qf_picture *b,
                   struct qf_arena *arena, struct qf_to_reader *answer)
{
        for (size_t i = 0; i < qf_picture_cells(a); i++) {
                const struct qf_cell *cell = qf_picture_at(a, i), *other = qf_picture_find(b, cell->key);
                const struct qf_dimension *dimension =
                        qf_programme_dimension(world->programme, cell->key.dimension);
                struct qf_view code = dimension ? dimension->code : QF_VIEW("total");

                for (int m = 0; m < QF_MEASURES; m++) {
                        int64_t value = other ? other->counts.of[m] : 0;

                        if (cell->counts.of[m] != value)
                                return qf_plan_refuse(answer, arena, QF_QUERY_DIFFERENT,
                                                      "%.*s, member %u, period %u: %s %lld and %lld",
                                                      (int)code.len, code.at, cell->key.member,
                                                      cell->key.period, qf_measure_code((enum qf_measure)m),
                                                      (long long)cell->counts.of[m], (long long)value);
                }
        }
        return 0;
}

/* Of each declared kind how many stand, and their digest: for qf verify, which makes both of the journal. */
static void print_declared(const struct qf_query_world *world, char *json)
{
        size_t kinds_count, at = strlen(json);
        const struct qf_kind_spec *kinds = qf_kinds(&kinds_count);
        const char *between = "";

        for (size_t i = 0; i < kinds_count && at < JSON_BYTES; i++) {
                uint32_t count;
                if (kinds[i].kind < QF_KIND_DECLARED)
                        continue;
                const uint64_t digest =
                        qf_declared_digest(world->declared, world->programme, kinds[i].kind, &count);
                at += (size_t)snprintf(json + at, JSON_BYTES - at,
                                       "%s\"%s\": {\"count\": %u, \"digest\": \"%016" PRIx64 "\"}", between,
                                       kinds[i].code, count, digest);
                between = ", ";
        }
        if (at < JSON_BYTES)
                (void)snprintf(json + at, JSON_BYTES - at, "}}");
}

static void free_picture(struct qf_picture **picture)
{
        *picture = qf_picture_free(*picture);
}

int qf_query_check(const struct qf_query_world *world, struct qf_arena *arena, struct qf_to_reader *answer)
{
        QF_CLEANUP(free_picture) struct qf_picture *anew = NULL;
        char *json = qf_arena_take(arena, JSON_BYTES);
        int r = json ? qf_picture_new(&anew) : -ENOMEM;

        if (r == 0)
                r = make_anew(world, anew);
        if (r == 0)
                r = compare(world, world->picture, anew, arena, answer);
        if (r == 0)
                r = compare(world, anew, world->picture, arena, answer);
        if (r < 0)
                return r;
        (void)snprintf(json, JSON_BYTES, "{\"equal\": %s, \"cells\": %zu, \"rows\": %u, \"kinds\": {",
                       r == 0 ? "true" : "false", qf_picture_cells(world->picture),
                       qf_table_columns(world->table).rows);
        print_declared(world, json);
        answer->json = qf_view_of(json);
        return 0;
}
