/* See the header. A column is made when the first row has a member of its
 * dimension, and widened when its sets outgrow its codes; both happen rarely and
 * cost one pass. Sets are never forgotten: there are few, and codes stay true.
 *
 * Arrays grow by half and are not touched where nothing stands yet: clearing the new
 * third of a table of millions would hold up whoever sends its rows. */
#include "report/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/pages.h"

enum { ROW_ARRAYS = 5 };
enum { ROWS_FIRST = 1024, SETS_FIRST = 64, MEMBERS_FIRST = 256, KEYS_FIRST = 16384 };

struct column {
        uint32_t rows, width;
        void *codes;
        uint32_t sets, sets_room;
        uint32_t *first; /* sets_room + 1 */
        uint32_t members_count, members_room;
        uint32_t *members;
        uint32_t slots_count; /* a power of two, at least twice the sets */
        uint32_t *slots;      /* set number; 0: empty (the empty set needs no slot) */
};

struct qf_table {
        uint32_t rows, room[ROW_ARRAYS]; /* of date, attendances, …: the last grows last */
        uint32_t *date, *attendances, *partner;
        uint32_t *key; /* its place in keys; 0: none yet */
        uint16_t *sessions;
        char *keys; /* each behind its length, one byte; the first place is of none */
        uint32_t keys_used, keys_room;
        struct column columns[QF_TABLE_DIMENSIONS];
        void (*changes)(void *ctx, uint32_t row); /* NULL: nobody watches */
        void *ctx;
};

struct row_arrays {
        struct {
                void *array; /* the address of its pointer */
                size_t size; /* of an item */
        } at[ROW_ARRAYS];
};

static struct row_arrays row_arrays(struct qf_table *table)
{
        return (struct row_arrays){{
                {&table->date, sizeof(*table->date)},
                {&table->attendances, sizeof(*table->attendances)},
                {&table->sessions, sizeof(*table->sessions)},
                {&table->partner, sizeof(*table->partner)},
                {&table->key, sizeof(*table->key)},
        }};
}

static uint32_t row_room(const struct qf_table *table)
{
        return table->room[ROW_ARRAYS - 1];
}

int qf_table_new(struct qf_table **ret_table)
{
        struct qf_table *table = calloc(1, sizeof(*table));

        if (!table)
                return -ENOMEM;
        *ret_table = table;
        return 0;
}

struct qf_table *qf_table_free(struct qf_table *table)
{
        if (!table)
                return NULL;
        for (size_t i = 0; i < QF_TABLE_DIMENSIONS; i++) {
                struct column *column = &table->columns[i];

                qf_pages_give(column->codes, (size_t)column->rows * column->width);
                qf_pages_give(column->first, ((size_t)column->sets_room + 1) * sizeof(*column->first));
                qf_pages_give(column->members, (size_t)column->members_room * sizeof(*column->members));
                free(column->slots);
        }
        const struct row_arrays rows = row_arrays(table);
        for (size_t i = 0; i < ROW_ARRAYS; i++)
                qf_pages_give(*(void **)rows.at[i].array, (size_t)table->room[i] * rows.at[i].size);
        qf_pages_give(table->keys, table->keys_room);
        free(table);
        return NULL;
}

static __attribute__((noinline)) int grow_to(void *array, uint32_t *room, uint64_t wanted, uint32_t first,
                                             size_t size)
{
        uint64_t more = *room ? *room : first;
        void *grown, **at = array;

        while (more < wanted)
                more += more / 2;
        grown = qf_pages_grow(*at, *room * size, more * size);
        if (!grown)
                return -ENOMEM;
        *at = grown;
        *room = (uint32_t)more;
        return 0;
}

/* Grows an array (below 4 Gi items) to at least so many items, new ones zero. Inline: nearly always there is room. */
static inline int grow(void *array, uint32_t *room, uint64_t wanted, uint32_t first, size_t size)
{
        return wanted <= *room ? 0 : grow_to(array, room, wanted, first, size);
}

static int grow_rows(struct qf_table *table, uint32_t wanted)
{
        if (wanted <= row_room(table))
                return 0;
        const struct row_arrays rows = row_arrays(table);
        for (size_t i = 0; i < ROW_ARRAYS; i++) {
                int r = grow(rows.at[i].array, &table->room[i], wanted, ROWS_FIRST, rows.at[i].size);
                if (r < 0)
                        return r;
        }
        return 0;
}

static uint32_t hash_members(const struct qf_member_of *members, uint32_t count)
{
        uint64_t hash = count;

        for (uint32_t i = 0; i < count; i++)
                hash = (hash ^ members[i].member) * UINT64_C(0x9E3779B97F4A7C15) + (hash >> 29);
        return (uint32_t)(hash >> 32);
}

static uint32_t hash_set(const struct column *column, uint32_t set)
{
        uint32_t count = column->first[set + 1] - column->first[set];
        uint64_t hash = count;

        for (uint32_t i = 0; i < count; i++)
                hash = (hash ^ column->members[column->first[set] + i]) * UINT64_C(0x9E3779B97F4A7C15) +
                       (hash >> 29);
        return (uint32_t)(hash >> 32);
}

static int grow_slots(struct column *column)
{
        uint32_t count = column->slots_count ? column->slots_count * 2 : SETS_FIRST * 2;
        uint32_t *slots = calloc(count, sizeof(*slots));

        if (!slots)
                return -ENOMEM;
        for (uint32_t set = 1; set < column->sets; set++) {
                uint32_t at = hash_set(column, set) & (count - 1);

                while (slots[at])
                        at = (at + 1) & (count - 1);
                slots[at] = set;
        }
        free(column->slots);
        column->slots = slots;
        column->slots_count = count;
        return 0;
}

static bool is_set(const struct column *column, uint32_t set, const struct qf_member_of *members,
                   uint32_t count)
{
        if (column->first[set + 1] - column->first[set] != count)
                return false;
        for (uint32_t i = 0; i < count; i++)
                if (column->members[column->first[set] + i] != members[i].member)
                        return false;
        return true;
}

static int add_set(struct column *column, const struct qf_member_of *members, uint32_t count)
{
        uint32_t room = column->sets_room ? column->sets_room + 1 : 0;
        int r = grow(&column->first, &room, (uint64_t)column->sets + 2, SETS_FIRST, sizeof(*column->first));

        if (r < 0)
                return r;
        column->sets_room = room - 1;
        r = grow(&column->members, &column->members_room, (uint64_t)column->members_count + count,
                 MEMBERS_FIRST, sizeof(*column->members));
        if (r < 0)
                return r;
        for (uint32_t i = 0; i < count; i++)
                column->members[column->members_count++] = members[i].member;
        column->sets++;
        column->first[column->sets] = column->members_count;
        return 0;
}

/* The code of a set of members, made when it is new. */
static int find_set(struct column *column, const struct qf_member_of *members, uint32_t count,
                    uint32_t *ret_set)
{
        uint32_t at;
        int r;

        if (column->sets == 0) {
                r = add_set(column, NULL, 0);
                if (r < 0)
                        return r;
        }
        if (column->sets * 2 >= column->slots_count) {
                r = grow_slots(column);
                if (r < 0)
                        return r;
        }
        at = hash_members(members, count) & (column->slots_count - 1);
        for (; column->slots[at]; at = (at + 1) & (column->slots_count - 1)) {
                if (is_set(column, column->slots[at], members, count)) {
                        *ret_set = column->slots[at];
                        return 0;
                }
        }
        r = add_set(column, members, count);
        if (r < 0)
                return r;
        column->slots[at] = column->sets - 1;
        *ret_set = column->sets - 1;
        return 0;
}

static uint32_t read_code(const void *codes, uint32_t width, uint32_t row)
{
        switch (width) {
        case 1: return ((const uint8_t *)codes)[row];
        case 2: return ((const uint16_t *)codes)[row];
        default: return ((const uint32_t *)codes)[row];
        }
}

static void write_code(void *codes, uint32_t width, uint32_t row, uint32_t code)
{
        switch (width) {
        case 1: ((uint8_t *)codes)[row] = (uint8_t)code; break;
        case 2: ((uint16_t *)codes)[row] = (uint16_t)code; break;
        default: ((uint32_t *)codes)[row] = code; break;
        }
}

/* Room for the row, and codes wide enough for the set. */
static int fit_column(struct column *column, uint32_t room, uint32_t set)
{
        uint32_t width = set > UINT16_MAX ? 4 : set > UINT8_MAX ? 2 : 1;
        void *codes;

        if (width < column->width)
                width = column->width;
        if (width == column->width)
                return grow(&column->codes, &column->rows, room, ROWS_FIRST, width);
        if (room < column->rows)
                room = column->rows;
        codes = qf_pages_take((size_t)room * width);
        if (!codes)
                return -ENOMEM;
        for (uint32_t row = 0; row < column->rows; row++)
                write_code(codes, width, row, read_code(column->codes, column->width, row));
        qf_pages_give(column->codes, (size_t)column->rows * column->width);
        column->codes = codes;
        column->width = width;
        column->rows = room;
        return 0;
}

static void forget_codes(struct qf_table *table, uint32_t row)
{
        for (size_t i = 0; i < QF_TABLE_DIMENSIONS; i++) {
                struct column *column = &table->columns[i];

                if (row < column->rows)
                        write_code(column->codes, column->width, row, 0);
        }
}

static int put_code(struct qf_table *table, struct column *column, uint32_t row, uint32_t code)
{
        int r = row < column->rows && (uint64_t)code >> 8 * column->width == 0
                        ? 0
                        : fit_column(column, row_room(table), code);

        if (r == 0)
                write_code(column->codes, column->width, row, code);
        return r;
}

/* Of a row whose codes are all 0. */
static int put_codes(struct qf_table *table, uint32_t row, const struct qf_table_value *values,
                     uint32_t values_count)
{
        for (uint32_t i = 0, last = 0; i < values_count; i++) {
                const uint32_t dimension = values[i].dimension;

                if (dimension <= last || dimension >= QF_TABLE_DIMENSIONS ||
                    values[i].code >= table->columns[dimension].sets)
                        return -EINVAL;
                last = dimension;
                int r = put_code(table, &table->columns[dimension], row, values[i].code);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int keep_key(struct qf_table *table, uint32_t row, struct qf_view key)
{
        if (key.len == 0 || table->key[row] != 0)
                return 0;
        const uint64_t at = table->keys_used ? table->keys_used : 1, end = at + 1 + key.len;
        int r = end > UINT32_MAX / 2 ? -ENOMEM : grow(&table->keys, &table->keys_room, end, KEYS_FIRST, 1);
        if (r < 0)
                return r;
        table->keys[at] = (char)key.len;
        memcpy(&table->keys[at + 1], key.at, key.len);
        table->keys_used = (uint32_t)end;
        table->key[row] = (uint32_t)at;
        return 0;
}

void qf_table_watch(struct qf_table *table, void (*changes)(void *ctx, uint32_t row), void *ctx)
{
        table->changes = changes;
        table->ctx = ctx;
}

int qf_table_code_of(struct qf_table *table, uint16_t dimension, const struct qf_member_of *members,
                     uint32_t count, uint32_t *ret_code)
{
        if (dimension == 0 || dimension >= QF_TABLE_DIMENSIONS)
                return -EINVAL;
        return find_set(&table->columns[dimension], members, count, ret_code);
}

int qf_table_put(struct qf_table *table, const struct qf_table_row *row, const struct qf_table_value *values,
                 uint32_t values_count)
{
        int r;

        if (row->row >= QF_TABLE_ROWS_MAX || row->sessions > UINT16_MAX || row->key.len > QF_KEY_BYTES_MAX)
                return -EINVAL;
        if (table->changes)
                table->changes(table->ctx, row->row);
        r = grow_rows(table, row->row + 1);
        if (r < 0)
                return r;
        table->date[row->row] = 0; /* counts nothing until all of it is there */
        if (row->row < table->rows)
                forget_codes(table, row->row);
        else
                table->rows = row->row + 1;
        r = keep_key(table, row->row, row->key);
        if (r == 0)
                r = put_codes(table, row->row, values, values_count);
        if (r < 0)
                return r;
        table->partner[row->row] = row->partner;
        table->sessions[row->row] = (uint16_t)row->sessions;
        table->attendances[row->row] = row->attendances;
        table->date[row->row] = row->date;
        return 0;
}

int qf_table_set(struct qf_table *table, const struct qf_table_row *row)
{
        struct qf_table_value values[QF_TABLE_DIMENSIONS];
        uint32_t count = 0, next;

        for (uint32_t at = 0; at < row->members_count; at = next, count++) {
                const uint16_t dimension = row->members[at].dimension;

                if (count > 0 && dimension <= values[count - 1].dimension)
                        return -EINVAL;
                for (next = at + 1; next < row->members_count && row->members[next].dimension == dimension;)
                        next++;
                values[count].dimension = dimension;
                int r = qf_table_code_of(table, dimension, &row->members[at], next - at, &values[count].code);
                if (r < 0)
                        return r;
        }
        return qf_table_put(table, row, values, count);
}

struct qf_table_columns qf_table_columns(const struct qf_table *table)
{
        return (struct qf_table_columns){table->rows, table->date, table->attendances, table->sessions};
}

struct qf_table_column qf_table_column(const struct qf_table *table, uint16_t dimension)
{
        static const uint32_t nothing[2];
        const struct column *column = dimension < QF_TABLE_DIMENSIONS ? &table->columns[dimension] : NULL;

        if (!column || column->sets == 0)
                return (struct qf_table_column){.width = 1, .sets = 1, .first = nothing, .members = nothing};
        return (struct qf_table_column){column->rows, column->width, column->codes,
                                        column->sets, column->first, column->members};
}

uint32_t qf_table_code(const struct qf_table_column *column, uint32_t row)
{
        return row < column->rows ? read_code(column->codes, column->width, row) : 0;
}

void qf_table_codes(const struct qf_table_column *column, uint32_t first_row, uint32_t count,
                    uint32_t *ret_codes)
{
        uint32_t there = first_row >= column->rows ? 0 : column->rows - first_row;

        there = there < count ? there : count;
        switch (column->width) {
        case 1:
                for (uint32_t i = 0; i < there; i++)
                        ret_codes[i] = ((const uint8_t *)column->codes)[first_row + i];
                break;
        case 2:
                for (uint32_t i = 0; i < there; i++)
                        ret_codes[i] = ((const uint16_t *)column->codes)[first_row + i];
                break;
        default:
                for (uint32_t i = 0; i < there; i++)
                        ret_codes[i] = ((const uint32_t *)column->codes)[first_row + i];
                break;
        }
        for (uint32_t i = there; i < count; i++)
                ret_codes[i] = 0;
}

uint32_t qf_table_partner(const struct qf_table *table, uint32_t row)
{
        return row < table->rows ? table->partner[row] : 0;
}

struct qf_view qf_table_key(const struct qf_table *table, uint32_t row)
{
        const uint32_t at = row < table->rows ? table->key[row] : 0;

        if (at == 0)
                return QF_VIEW("");
        return (struct qf_view){&table->keys[at + 1], (uint8_t)table->keys[at]};
}

size_t qf_table_bytes(const struct qf_table *table)
{
        size_t bytes = (size_t)row_room(table) * 18 + table->keys_room;

        for (size_t i = 0; i < QF_TABLE_DIMENSIONS; i++) {
                const struct column *column = &table->columns[i];

                bytes += (size_t)column->rows * column->width + (size_t)column->sets_room * 4 +
                         (size_t)column->members_room * 4 + (size_t)column->slots_count * 4;
        }
        return bytes;
}
