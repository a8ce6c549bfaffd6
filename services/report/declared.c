/* A statement waits packed until its version is complete, as activities do; then
 * it takes its place, or the place it had before. */
#include "report/declared.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "programme/declared_digest.h"

enum { ROWS_FIRST = 64 };

/* Packed: this, then the key, then the members. */
struct packed {
        uint32_t row, date, partner, members_count;
        uint32_t figures[QF_FIGURES_MAX];
        uint8_t kind, stated, key_len;
};

int qf_declared_new(struct qf_declared **ret_declared)
{
        struct qf_declared *declared = calloc(1, sizeof(*declared));
        int r = declared ? qf_table_new(&declared->table) : -ENOMEM;

        if (r < 0) {
                free(declared);
                return r;
        }
        *ret_declared = declared;
        return 0;
}

struct qf_declared *qf_declared_free(struct qf_declared *declared)
{
        if (!declared)
                return NULL;
        free(declared->at);
        (void)qf_table_free(declared->table);
        free(declared);
        return NULL;
}

/* --- packing ---------------------------------------------------------------- */

static bool find_member(const struct qf_programme *programme, const struct qf_pair *pair,
                        struct qf_member_of *ret_member)
{
        ret_member->dimension = qf_programme_find_dimension(programme, pair->dimension);
        if (ret_member->dimension == QF_DIMENSION_UNKNOWN || ret_member->dimension == QF_DIMENSION_TOTAL)
                return false;
        ret_member->member = qf_programme_find_member(programme, ret_member->dimension, pair->member);
        return ret_member->member != QF_MEMBER_UNKNOWN;
}

static int order_members(const void *a, const void *b)
{
        const struct qf_member_of *x = a, *y = b;

        if (x->dimension != y->dimension)
                return x->dimension < y->dimension ? -1 : 1;
        return (x->member > y->member) - (x->member < y->member);
}

static int pack(const struct qf_programme *programme, const struct qf_declared_row *row,
                struct qf_buffer *buffer)
{
        struct qf_member_of members[QF_TABLE_MEMBERS_MAX];
        struct packed packed = {.row = row->row,
                                .date = row->date,
                                .members_count = row->values_count,
                                .kind = (uint8_t)row->kind,
                                .stated = (uint8_t)row->stated,
                                .key_len = (uint8_t)row->key.len};
        const struct qf_pair partner = {QF_VIEW("org"), row->partner};
        uint32_t next = 0;

        if (row->row == 0 || row->row >= QF_TABLE_ROWS_MAX || row->values_count > QF_VALUES_MAX ||
            !find_member(programme, &partner, &members[0]))
                return 1;
        packed.partner = members[0].member;
        for (unsigned i = 0; i < QF_FIGURES_MAX; i++)
                if (row->stated >> i & 1)
                        packed.figures[i] = row->figures[next++];
        for (uint32_t i = 0; i < row->values_count; i++)
                if (!find_member(programme, &row->values[i], &members[i]))
                        return 1;
        qsort(members, row->values_count, sizeof(*members), order_members);
        if (row->late)
                members[packed.members_count++] = (struct qf_member_of){QF_TABLE_LATE, 1};
        int r = qf_buffer_append(buffer, &packed, sizeof(packed));
        if (r == 0)
                r = qf_buffer_append(buffer, row->key.at, row->key.len);
        return r == 0 ? qf_buffer_append(buffer, members, packed.members_count * sizeof(*members)) : r;
}

int qf_declared_pack(const struct qf_programme *programme, const struct qf_declared_row *rows, uint32_t count,
                     struct qf_buffer *buffer)
{
        int r = 0;

        for (uint32_t i = 0; i < count && r == 0; i++)
                r = pack(programme, &rows[i], buffer);
        return r;
}

bool qf_declared_packed_next(const struct qf_buffer *packed, size_t *at, uint32_t *ret_row,
                             uint32_t *ret_date)
{
        struct packed head;

        if (*at >= packed->len)
                return false;
        memcpy(&head, packed->at + *at, sizeof(head));
        *at += sizeof(head) + head.key_len + head.members_count * sizeof(struct qf_member_of);
        *ret_row = head.row;
        *ret_date = head.date;
        return true;
}

/* --- taking its place -------------------------------------------------------- */

static int reserve(struct qf_declared *declared, uint32_t wanted)
{
        uint32_t room = declared->room ? declared->room : ROWS_FIRST;

        while (room < wanted)
                room *= 2;
        if (room > declared->room) {
                struct qf_declared_held *at = realloc(declared->at, room * sizeof(*at));
                if (!at)
                        return -ENOMEM;
                declared->at = at;
                declared->room = room;
        }
        if (wanted > declared->rows) {
                memset(&declared->at[declared->rows], 0, (wanted - declared->rows) * sizeof(*declared->at));
                declared->rows = wanted;
        }
        return 0;
}

static int set(struct qf_declared *declared, const struct packed *packed, const char *key,
               const struct qf_member_of *members)
{
        struct qf_table_row row = {.row = packed->row,
                                   .date = packed->date,
                                   .members_count = packed->members_count,
                                   .members = members,
                                   .partner = packed->partner,
                                   .key = {key, packed->key_len}};
        int r = reserve(declared, packed->row + 1);

        if (r < 0)
                return r;
        struct qf_declared_held *held = &declared->at[packed->row];
        r = qf_table_set(declared->table, &row); /* who watches it sees the figures as they were */
        if (r < 0)
                return r;
        held->kind = packed->kind;
        held->stated = packed->stated;
        memcpy(held->figures, packed->figures, sizeof(held->figures));
        return 0;
}

int qf_declared_apply(struct qf_declared *declared, const struct qf_buffer *packed)
{
        struct qf_member_of members[QF_TABLE_MEMBERS_MAX];
        struct packed head;
        int r = 0;

        for (size_t at = 0; at < packed->len && r == 0;) {
                memcpy(&head, packed->at + at, sizeof(head));
                at += sizeof(head);
                const char *key = (const char *)packed->at + at;
                at += head.key_len;
                memcpy(members, packed->at + at, head.members_count * sizeof(*members));
                at += head.members_count * sizeof(*members);
                r = set(declared, &head, key, members);
        }
        return r;
}

/* --- comparing ----------------------------------------------------------------- */

static uint32_t members_of(const struct qf_table *table, uint32_t row, struct qf_member_of *members)
{
        uint32_t count = 0;

        for (uint16_t dimension = 1; dimension <= QF_DIMENSIONS_MAX; dimension++) {
                const struct qf_table_column column = qf_table_column(table, dimension);
                const uint32_t set = qf_table_code(&column, row);
                for (uint32_t i = column.first[set]; i < column.first[set + 1] && count < QF_VALUES_MAX; i++)
                        members[count++] = (struct qf_member_of){dimension, column.members[i]};
        }
        return count;
}

bool qf_declared_digest(const struct qf_declared *declared, const struct qf_programme *programme,
                        uint32_t row, uint64_t *ret_digest)
{
        const struct qf_table_columns columns = qf_table_columns(declared->table);
        const struct qf_declared_held *held = &declared->at[row];
        const struct qf_member *partner =
                qf_programme_member(programme, qf_programme_find_dimension(programme, QF_VIEW("org")),
                                    qf_table_partner(declared->table, row));
        struct qf_member_of members[QF_TABLE_MEMBERS_MAX];

        if (columns.date[row] == 0 || !partner)
                return false;
        const struct qf_declared_said said = {
                .kind = held->kind,
                .stated = held->stated,
                .date = columns.date[row],
                .partner_code = partner->code,
                .key = qf_table_key(declared->table, row),
                .figures = held->figures,
                .members_count = members_of(declared->table, row, members),
                .members = members,
        };
        *ret_digest = qf_declared_digest_of(programme, &said);
        return true;
}
