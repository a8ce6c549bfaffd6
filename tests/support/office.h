/* A small programme, its cells and its table in memory, for tests of reporting:
 * organisations as a tree, grouped by kind; contents with several values each. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "programme/programme.h"
#include "report/query.h"
#include "report/declared.h"
#include "report/table.h"

enum { OFFICE_ORG = 1, OFFICE_CONTENT = 2, OFFICE_KIND = 3, OFFICE_HOST = 4 };
enum { OFFICE_DISTRICT = 1, OFFICE_EAST = 2, OFFICE_WEST = 3, OFFICE_EAST_SCHOOL = 4 };

/* User-Ids, as a door gives them: a source of "east" that reads, and an admin. */
#define OFFICE_EASTERN "eastern#0100000000000000"
#define OFFICE_CHIEF "chief#0900000000000000"

struct office {
        struct qf_programme *programme;
        struct qf_picture *picture;
        struct qf_table *table;
        struct qf_declared *declared;
        struct qf_arena *arena;
        struct qf_rights all, east; /* rights: the office's; those of a source of "east" */
        uint64_t position;
        uint32_t rows;
};

static inline int office_tell(struct office *office, enum qf_kind kind, struct qf_register told)
{
        const struct qf_event event = {.kind = (uint8_t)kind, .action = QF_REPLACE, .registered = &told};

        return qf_programme_apply(office->programme, &event, ++office->position);
}

static inline int office_member(struct office *office, const char *dimension, const char *code,
                                const char *parent, const char *kind)
{
        const struct qf_pair pair = {QF_VIEW("org_kind"), qf_view_of(kind)};

        return office_tell(office, QF_KIND_MEMBER,
                           (struct qf_register){.dimension = qf_view_of(dimension),
                                                .code = qf_view_of(code),
                                                .parent = qf_view_of(parent),
                                                .pairs_count = kind ? 1 : 0,
                                                .pairs = &pair});
}

/* Says that a member moves: below another, and in another kind, from a day on. */
static inline int office_moves(struct office *office, const char *code, const char *parent, const char *kind,
                               uint32_t from, const char *later, const char *later_kind)
{
        const struct qf_pair pairs[] = {{QF_VIEW("org_kind"), qf_view_of(kind)},
                                        {QF_VIEW("org_kind"), qf_view_of(later_kind)}};
        const struct qf_move move = {
                .from = from, .parent = qf_view_of(later), .pairs_count = 1, .pairs = &pairs[1]};

        return office_tell(office, QF_KIND_MEMBER,
                           (struct qf_register){.dimension = QF_VIEW("org"),
                                                .code = qf_view_of(code),
                                                .parent = qf_view_of(parent),
                                                .pairs_count = 1,
                                                .pairs = pairs,
                                                .moves_count = 1,
                                                .moves = &move});
}

static inline int office_registers(struct office *office)
{
        const struct qf_view own[] = {QF_VIEW("east")};
        const struct qf_source_key key = {.public_key = {1}}, chief_key = {.public_key = {9}};
        int r = 0;

        r |= office_tell(office, QF_KIND_DIMENSION,
                         (struct qf_register){.code = QF_VIEW("org"), .required = true});
        r |= office_tell(office, QF_KIND_DIMENSION,
                         (struct qf_register){.code = QF_VIEW("content"), .multi = true});
        r |= office_tell(office, QF_KIND_DIMENSION,
                         (struct qf_register){.code = QF_VIEW("org_kind"), .groups = QF_VIEW("org")});
        r |= office_tell(
                office, QF_KIND_DIMENSION,
                (struct qf_register){.code = QF_VIEW("co_org"), .multi = true, .dimension = QF_VIEW("org")});
        r |= office_member(office, "org_kind", "town", "", NULL);
        r |= office_member(office, "org_kind", "school", "", NULL);
        r |= office_member(office, "org", "district", "", NULL);
        r |= office_member(office, "org", "east", "district", "town");
        r |= office_member(office, "org", "west", "district", "town");
        r |= office_member(office, "org", "east_school", "east", "school");
        r |= office_member(office, "content", "politics", "", NULL);
        r |= office_member(office, "content", "law", "", NULL);
        r |= office_tell(office, QF_KIND_SOURCE,
                         (struct qf_register){.code = QF_VIEW("eastern"),
                                              .parent = QF_VIEW("east"),
                                              .orgs_count = 1,
                                              .orgs = own,
                                              .keys_count = 1,
                                              .keys = &key,
                                              .roles = QF_ROLE_READ});
        r |= office_tell(office, QF_KIND_SOURCE,
                         (struct qf_register){.code = QF_VIEW("chief"),
                                              .keys_count = 1,
                                              .keys = &chief_key,
                                              .roles = QF_ROLE_ADMIN});
        return r;
}

static inline int office_setup(void **state)
{
        static const struct qf_source admin = {.roles = QF_ROLE_ADMIN};
        struct office *office = calloc(1, sizeof(*office));
        uint32_t eastern;
        int r;

        if (!office)
                return -1;
        *state = office;
        r = qf_programme_new(&office->programme) | qf_picture_new(&office->picture) |
            qf_table_new(&office->table) | qf_declared_new(&office->declared) |
            qf_arena_new(16 * 1024 * 1024, &office->arena);
        r |= r ? r : office_registers(office);
        if (r)
                return -1;
        eastern = qf_programme_find_source(office->programme, QF_VIEW("eastern"));
        if (qf_rights_renew(&office->all, office->programme, 1, &admin) != 0 || eastern == 0)
                return -1;
        return qf_rights_renew(&office->east, office->programme, 1,
                               qf_programme_source(office->programme, eastern));
}

static inline int office_teardown(void **state)
{
        struct office *office = *state;

        (void)qf_programme_free(office->programme);
        (void)qf_picture_free(office->picture);
        (void)qf_table_free(office->table);
        (void)qf_declared_free(office->declared);
        (void)qf_arena_free(office->arena);
        qf_rights_deinit(&office->all);
        qf_rights_deinit(&office->east);
        free(office);
        return 0;
}

/* An activity, in cells and table alike. attendances -1: not known; contents: bitmap of members 1 .. */
static inline int office_activity(struct office *office, uint32_t date, uint32_t sessions,
                                  int64_t attendances, uint32_t org, uint32_t contents)
{
        struct qf_member_of members[34];
        struct qf_contribution of = {.date = date, .members = members};
        struct qf_table_row row = {
                .row = ++office->rows, .date = date, .sessions = sessions, .members = members};
        int r;

        if (org)
                members[of.members_count++] = (struct qf_member_of){OFFICE_ORG, org};
        for (uint32_t i = 0; i < 31; i++)
                if (contents >> i & 1)
                        members[of.members_count++] = (struct qf_member_of){OFFICE_CONTENT, i + 1};
        of.counts = (struct qf_counts){{1, sessions, attendances < 0 ? 0 : attendances, attendances < 0,
                                        attendances < 0 ? sessions : 0}};
        row.members_count = of.members_count;
        row.attendances = (uint32_t)(attendances + 1);
        r = qf_picture_move(office->picture, NULL, &of, qf_programme_counted(office->programme),
                            ++office->position);
        return r < 0 ? r : qf_table_set(office->table, &row);
}

/* A statement of a declared kind: figures in the table's order, UINT32_MAX: not stated. contents as above. */
static inline int office_declare(struct office *office, uint8_t kind, const char *key, uint32_t date,
                                 const char *org, uint32_t contents, uint32_t count, const uint32_t *figures)
{
        static const struct qf_view names[] = {{"politics", 8}, {"law", 3}};
        struct qf_pair values[3] = {{QF_VIEW("org"), qf_view_of(org)}};
        uint32_t stated[QF_FIGURES_MAX];
        struct qf_buffer packed = {0};
        struct qf_declared_row row = {.row = office->declared->rows ? office->declared->rows : 1,
                                      .kind = kind,
                                      .partner = qf_view_of(org),
                                      .key = qf_view_of(key),
                                      .date = date,
                                      .figures = stated,
                                      .values_count = 1,
                                      .values = values};

        for (uint32_t i = 0; i < 2; i++)
                if (contents >> i & 1)
                        values[row.values_count++] = (struct qf_pair){QF_VIEW("content"), names[i]};
        for (uint32_t i = 0; i < count; i++) {
                if (figures[i] == UINT32_MAX)
                        continue;
                row.stated |= 1u << i;
                stated[row.figures_count++] = figures[i];
        }
        int r = qf_declared_pack(office->programme, &row, 1, &packed);
        if (r == 0)
                r = qf_declared_apply(office->declared, &packed);
        qf_buffer_deinit(&packed);
        return r;
}

/* A question of this office, all its steps at once; the answer lies in its arena. As qf_query_step. */
QF_CHECK static inline int office_ask(struct office *office, const struct qf_rights *rights,
                                      const struct qf_from_reader *ask, struct qf_to_reader *answer)
{
        const struct qf_query_world world = {office->programme, office->picture, office->table,
                                             office->declared};
        struct qf_query *query = NULL;
        int r = qf_query_begin(&world, rights, ask, office->arena, answer, &query);

        if (r < 0)
                return r;
        do
                r = qf_query_step(query);
        while (r == QF_QUERY_GOES_ON);
        (void)qf_query_free(query);
        return r;
}
