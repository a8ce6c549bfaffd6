/* Dirty cells are the newest end of the picture's list: nothing is noted while
 * counting. At commit the walk leads from each cell to the month it lies in, so a
 * month is packed and put once however many of its days changed. */
#include "aggregate/cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct month {                /* what is on disk of the picture's month of the same number */
        uint64_t digest;      /* of its row; 0: none */
        uint64_t next_digest; /* of the row just written */
        bool dirty;
};

struct dirty {
        uint64_t sort_key; /* order of the keys in the table */
        uint32_t month;
};

struct qf_cell_months {
        struct qf_picture *picture;
        struct month *months; /* by number */
        size_t months_room;
        struct dirty *dirty;
        size_t dirty_count, dirty_room;
        uint64_t digest;                          /* sum on disk */
        uint64_t next_digest;                     /* sum after the transaction being written */
        struct qf_cell *cells[QF_CELL_ROW_CELLS]; /* both for packing */
        uint8_t scratch[QF_CELL_ROW_BYTES];
};

int qf_cell_months_new(struct qf_picture *picture, struct qf_cell_months **ret_months)
{
        struct qf_cell_months *months = calloc(1, sizeof(*months));

        if (!months)
                return -ENOMEM;
        months->picture = picture;
        *ret_months = months;
        return 0;
}

struct qf_cell_months *qf_cell_months_free(struct qf_cell_months *months)
{
        if (!months)
                return NULL;
        free(months->months);
        free(months->dirty);
        free(months);
        return NULL;
}

/* Room for each month that the picture has. */
static int reserve_months(struct qf_cell_months *months)
{
        size_t count = qf_picture_months(months->picture), room = months->months_room;

        if (count <= room)
                return 0;
        for (room = room ? room : 1024; room < count;)
                room *= 2;
        struct month *at = realloc(months->months, room * sizeof(*at));
        if (!at)
                return -ENOMEM;
        memset(at + months->months_room, 0, (room - months->months_room) * sizeof(*at));
        months->months = at;
        months->months_room = room;
        return 0;
}

static uint64_t sort_key(const struct qf_cell_month *month)
{
        return (uint64_t)(month->month & 0xffffff) << 40 | (uint64_t)(month->dimension & 0xff) << 32 |
               month->member;
}

static int add_dirty(struct qf_cell_months *months, uint32_t number)
{
        if (months->dirty_count == months->dirty_room) {
                size_t room = months->dirty_room ? months->dirty_room * 2 : 256;
                struct dirty *dirty = realloc(months->dirty, room * sizeof(*dirty));
                if (!dirty)
                        return -ENOMEM;
                months->dirty = dirty;
                months->dirty_room = room;
        }
        months->months[number].dirty = true;
        months->dirty[months->dirty_count++] =
                (struct dirty){sort_key(qf_picture_month_at(months->picture, number)), number};
        return 0;
}

static int order_dirty(const void *a, const void *b)
{
        const struct dirty *left = a, *right = b;

        return (left->sort_key > right->sort_key) - (left->sort_key < right->sort_key);
}

static int collect_dirty(struct qf_cell_months *months, uint64_t after)
{
        int r = reserve_months(months);

        for (const struct qf_cell *cell = qf_picture_newest(months->picture);
             cell && cell->changed > after && r == 0; cell = cell->older)
                if (!months->months[cell->month].dirty)
                        r = add_dirty(months, cell->month);
        if (r == 0 && months->dirty_count)
                qsort(months->dirty, months->dirty_count, sizeof(*months->dirty), order_dirty);
        return r;
}

static int write_month(struct qf_cell_months *months, struct qf_txn *txn, uint32_t number)
{
        const struct qf_cell_month *of = qf_picture_month_at(months->picture, number);
        struct month *month = &months->months[number];
        uint8_t key_bytes[QF_CELL_ROW_KEY_BYTES];
        struct qf_view key = {(const char *)key_bytes, sizeof(key_bytes)};
        struct qf_view value = {(const char *)months->scratch, 0};

        qf_picture_month_cells(months->picture, of, months->cells);
        value.len = (uint32_t)qf_cell_row_pack(months->cells, months->scratch);
        qf_cell_row_key_pack((struct qf_cell_row_key){of->dimension, of->member, of->month}, key_bytes);
        month->next_digest = qf_cell_row_digest(key, value);
        months->next_digest += month->next_digest - month->digest;
        return qf_txn_put(txn, QF_COUNTS_CELL, key, value);
}

int qf_cell_months_write(struct qf_cell_months *months, struct qf_txn *txn, uint64_t after)
{
        int r = collect_dirty(months, after);

        months->next_digest = months->digest;
        for (size_t i = 0; i < months->dirty_count && r == 0; i++)
                r = write_month(months, txn, months->dirty[i].month);
        return r;
}

void qf_cell_months_written(struct qf_cell_months *months)
{
        for (size_t i = 0; i < months->dirty_count; i++) {
                struct month *month = &months->months[months->dirty[i].month];
                month->dirty = false;
                month->digest = month->next_digest;
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
        return qf_picture_months(months->picture);
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
                r = qf_picture_month(months->picture,
                                     (struct qf_cell_key){row.dimension, row.member, row.month * 100},
                                     &number);
        if (r == 0)
                r = reserve_months(months);
        if (r < 0)
                return r == -EINVAL ? -EBADMSG : r;
        saved->count += cells;
        months->months[number].digest = qf_cell_row_digest(key, value);
        months->digest += months->months[number].digest;
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
        int r = qf_picture_cell(months->picture, saved->key, &cell);

        if (r < 0)
                return r == -EINVAL ? -EBADMSG : r;
        cell->counts = saved->counts;
        qf_picture_touch(months->picture, cell, saved->changed);
        return 0;
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
