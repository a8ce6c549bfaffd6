/* Dirty cells are the newest end of the picture's list: nothing is noted while
 * counting. At commit the walk leads from each cell by its mark (number of its
 * month + 1) to the month it lies in, so a month is packed and put once however
 * many of its days changed. */
#include "aggregate/cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct month {
        uint64_t sort_key; /* order of the keys in the table */
        struct qf_cell_row_key key;
        bool dirty;
        uint64_t digest;      /* of the row on disk; 0: none */
        uint64_t next_digest; /* of the row just written */
        struct qf_cell *cells[QF_CELL_ROW_CELLS];
};

enum { MONTHS_SLAB = 256, INDEX_FIRST = 1024 };

struct qf_cell_months {
        struct qf_picture *picture;
        struct month **slabs; /* of MONTHS_SLAB: a month's address is stable */
        size_t slabs_count, count;
        uint32_t *index;    /* open addressing by key: number + 1 */
        size_t index_count; /* a power of two */
        struct month **dirty;
        size_t dirty_count, dirty_room;
        uint64_t digest;                    /* sum on disk */
        uint64_t next_digest;               /* sum after the transaction being written */
        uint8_t scratch[QF_CELL_ROW_BYTES]; /* for packing */
};

static uint64_t sort_key(struct qf_cell_row_key key)
{
        return (uint64_t)(key.month & 0xffffff) << 40 | (uint64_t)(key.dimension & 0xff) << 32 | key.member;
}

int qf_cell_months_new(struct qf_picture *picture, struct qf_cell_months **ret_months)
{
        struct qf_cell_months *months = calloc(1, sizeof(*months));

        if (!months)
                return -ENOMEM;
        months->picture = picture;
        months->index_count = INDEX_FIRST;
        months->index = calloc(INDEX_FIRST, sizeof(*months->index));
        if (!months->index) {
                free(months);
                return -ENOMEM;
        }
        *ret_months = months;
        return 0;
}

struct qf_cell_months *qf_cell_months_free(struct qf_cell_months *months)
{
        if (!months)
                return NULL;
        for (size_t i = 0; i < months->slabs_count; i++)
                free(months->slabs[i]);
        free(months->slabs);
        free(months->index);
        free(months->dirty);
        free(months);
        return NULL;
}

static struct month *month_at(const struct qf_cell_months *months, size_t number)
{
        return &months->slabs[number / MONTHS_SLAB][number % MONTHS_SLAB];
}

static size_t index_of(uint64_t key, size_t mask)
{
        return (size_t)((key ^ key >> 32) * UINT64_C(0x9E3779B97F4A7C15) >> 20) & mask;
}

static int grow_index(struct qf_cell_months *months)
{
        size_t count = months->index_count * 2;
        uint32_t *index = calloc(count, sizeof(*index));

        if (!index)
                return -ENOMEM;
        for (size_t i = 0; i < months->count; i++) {
                size_t at = index_of(month_at(months, i)->sort_key, count - 1);
                while (index[at])
                        at = (at + 1) & (count - 1);
                index[at] = (uint32_t)i + 1;
        }
        free(months->index);
        months->index = index;
        months->index_count = count;
        return 0;
}

static int grow_slabs(struct qf_cell_months *months)
{
        struct month **slabs = realloc(months->slabs, (months->slabs_count + 1) * sizeof(struct month *));

        if (!slabs)
                return -ENOMEM;
        months->slabs = slabs;
        slabs[months->slabs_count] = calloc(MONTHS_SLAB, sizeof(struct month));
        if (!slabs[months->slabs_count])
                return -ENOMEM;
        months->slabs_count++;
        return 0;
}

/* Finds or makes the month with this key. */
static int find_month(struct qf_cell_months *months, struct qf_cell_row_key key, uint32_t *ret_number)
{
        uint64_t sorted = sort_key(key);
        int r = months->count * 2 >= months->index_count ? grow_index(months) : 0;

        if (r == 0 && months->count == months->slabs_count * MONTHS_SLAB)
                r = grow_slabs(months);
        if (r < 0)
                return r;
        size_t mask = months->index_count - 1, at = index_of(sorted, mask);
        while (months->index[at] && month_at(months, months->index[at] - 1)->sort_key != sorted)
                at = (at + 1) & mask;
        if (!months->index[at]) {
                struct month *month = month_at(months, months->count);
                month->key = key;
                month->sort_key = sorted;
                months->index[at] = (uint32_t)++months->count;
        }
        *ret_number = months->index[at] - 1;
        return 0;
}

/* The month a cell lies in, linking the two when it is asked for the first time. */
static int month_of(struct qf_cell_months *months, struct qf_cell *cell, struct month **ret_month)
{
        if (!cell->mark) {
                uint32_t number;
                int r = find_month(months, qf_cell_row_of(cell->key), &number);
                if (r < 0)
                        return r;
                month_at(months, number)->cells[cell->key.period % 100] = cell;
                cell->mark = number + 1;
        }
        *ret_month = month_at(months, cell->mark - 1);
        return 0;
}

static int add_dirty(struct qf_cell_months *months, struct month *month)
{
        if (months->dirty_count == months->dirty_room) {
                size_t room = months->dirty_room ? months->dirty_room * 2 : 256;
                struct month **dirty = realloc(months->dirty, room * sizeof(struct month *));
                if (!dirty)
                        return -ENOMEM;
                months->dirty = dirty;
                months->dirty_room = room;
        }
        month->dirty = true;
        months->dirty[months->dirty_count++] = month;
        return 0;
}

static int order_months(const void *a, const void *b)
{
        const struct month *left = *(struct month *const *)a, *right = *(struct month *const *)b;

        return (left->sort_key > right->sort_key) - (left->sort_key < right->sort_key);
}

static int collect_dirty(struct qf_cell_months *months, uint64_t after)
{
        for (struct qf_cell *cell = qf_picture_newest(months->picture); cell && cell->changed > after;
             cell = cell->older) {
                struct month *month;
                int r = month_of(months, cell, &month);
                if (r == 0 && !month->dirty)
                        r = add_dirty(months, month);
                if (r < 0)
                        return r;
        }
        if (months->dirty_count)
                qsort(months->dirty, months->dirty_count, sizeof(struct month *), order_months);
        return 0;
}

static int write_month(struct qf_cell_months *months, struct qf_txn *txn, struct month *month)
{
        uint8_t key_bytes[QF_CELL_ROW_KEY_BYTES];
        struct qf_view key = {(const char *)key_bytes, sizeof(key_bytes)};
        struct qf_view value = {(const char *)months->scratch, 0};

        qf_cell_row_key_pack(month->key, key_bytes);
        value.len = (uint32_t)qf_cell_row_pack(month->cells, months->scratch);
        month->next_digest = qf_cell_row_digest(key, value);
        months->next_digest += month->next_digest - month->digest;
        return qf_txn_put(txn, QF_COUNTS_CELL, key, value);
}

int qf_cell_months_write(struct qf_cell_months *months, struct qf_txn *txn, uint64_t after)
{
        int r = collect_dirty(months, after);

        months->next_digest = months->digest;
        for (size_t i = 0; i < months->dirty_count && r == 0; i++)
                r = write_month(months, txn, months->dirty[i]);
        return r;
}

void qf_cell_months_written(struct qf_cell_months *months)
{
        for (size_t i = 0; i < months->dirty_count; i++) {
                months->dirty[i]->dirty = false;
                months->dirty[i]->digest = months->dirty[i]->next_digest;
        }
        months->dirty_count = 0;
        months->digest = months->next_digest;
}

uint64_t qf_cell_months_digest(const struct qf_cell_months *months)
{
        return months->next_digest;
}

uint64_t qf_cell_months_count(const struct qf_cell_months *months)
{
        return months->count;
}

/* --- reading back --------------------------------------------------------- */

struct saved_cells {
        struct qf_cell_saved *at;
        size_t count, room;
};

static void free_saved(struct saved_cells *saved)
{
        free(saved->at);
}

static int reserve_saved(struct saved_cells *saved)
{
        if (saved->room - saved->count >= QF_CELL_ROW_CELLS)
                return 0;
        size_t room = saved->room ? saved->room * 2 : 4096;
        struct qf_cell_saved *at = realloc(saved->at, room * sizeof(*at));
        if (!at)
                return -ENOMEM;
        saved->at = at;
        saved->room = room;
        return 0;
}

static int load_row(struct qf_cell_months *months, struct qf_view key, struct qf_view value,
                    struct saved_cells *saved)
{
        struct qf_cell_row_key row;
        uint32_t number = 0, cells = 0;
        int r = qf_cell_row_key_unpack(key, &row);

        if (r == 0)
                r = reserve_saved(saved);
        if (r == 0)
                r = qf_cell_row_unpack(row, value, saved->at + saved->count, &cells);
        if (r == 0)
                r = find_month(months, row, &number);
        if (r < 0)
                return r;
        saved->count += cells;
        month_at(months, number)->digest = qf_cell_row_digest(key, value);
        months->digest += month_at(months, number)->digest;
        return 0;
}

static int load_rows(struct qf_cell_months *months, struct qf_txn *txn, struct saved_cells *saved)
{
        struct qf_view key = {"", 0}, value;
        bool after = false;

        for (;;) {
                int r = qf_txn_seek(txn, QF_COUNTS_CELL, key, after, &key, &value);
                if (r == QF_STORE_NONE)
                        return 0;
                if (r == 0)
                        r = load_row(months, key, value, saved);
                if (r != 0)
                        return r;
                after = true;
        }
}

static int order_saved(const void *a, const void *b)
{
        const struct qf_cell_saved *left = a, *right = b;

        return (left->changed > right->changed) - (left->changed < right->changed);
}

static int place_saved(struct qf_cell_months *months, const struct qf_cell_saved *saved)
{
        struct qf_cell *cell;
        struct month *month;
        int r = qf_picture_cell(months->picture, saved->key, &cell);

        if (r < 0)
                return r == -EINVAL ? -EBADMSG : r;
        cell->counts = saved->counts;
        qf_picture_touch(months->picture, cell, saved->changed);
        return month_of(months, cell, &month);
}

int qf_cell_months_load(struct qf_cell_months *months, struct qf_txn *txn, uint64_t digest)
{
        QF_CLEANUP(free_saved) struct saved_cells saved = {0};
        int r = load_rows(months, txn, &saved);

        if (r != 0)
                return r;
        if (months->digest != digest)
                return -EBADMSG;
        months->next_digest = digest;
        if (saved.count)
                qsort(saved.at, saved.count, sizeof(*saved.at), order_saved);
        for (size_t i = 0; i < saved.count && r == 0; i++)
                r = place_saved(months, &saved.at[i]);
        return r;
}
