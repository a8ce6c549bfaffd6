/* Dirty months are the newest end of the picture's list: nothing is noted while
 * counting. A month is packed and put once however many of its days changed. */
#include "aggregate/cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/order.h"

struct month {                /* what is on disk of the picture's month of the same number */
        uint64_t digest;      /* of its row; 0: none */
        uint64_t next_digest; /* of the row just written */
};

struct qf_cell_months {
        struct qf_picture *picture;
        struct month *months; /* by number */
        size_t months_room;
        struct qf_ordered *dirty, *spare; /* of struct qf_cell_month, in the order of their keys */
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
        free(months->spare);
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

/* Room for as many dirty months as there are. */
static int reserve_dirty(struct qf_cell_months *months, size_t count)
{
        if (count <= months->dirty_room)
                return 0;
        free(months->dirty);
        free(months->spare);
        months->dirty = malloc(2 * count * sizeof(*months->dirty));
        months->spare = malloc(2 * count * sizeof(*months->spare));
        months->dirty_room = months->dirty && months->spare ? 2 * count : 0;
        return months->dirty_room ? 0 : -ENOMEM;
}

static int collect_dirty(struct qf_cell_months *months, uint64_t after)
{
        struct qf_cell_month *month;
        size_t count = 0;

        for (month = qf_picture_newest(months->picture); month && month->changed > after;
             month = qf_picture_older(months->picture, month))
                count++;
        int r = reserve_months(months);
        if (r == 0)
                r = reserve_dirty(months, count);
        if (r < 0)
                return r;
        month = qf_picture_newest(months->picture);
        for (size_t i = 0; i < count; i++, month = qf_picture_older(months->picture, month))
                months->dirty[i] = (struct qf_ordered){sort_key(month), month};
        struct qf_ordered *sorted = qf_order(months->dirty, months->spare, count);
        if (sorted != months->dirty) {
                months->spare = months->dirty;
                months->dirty = sorted;
        }
        months->dirty_count = count;
        return 0;
}

static int write_month(struct qf_cell_months *months, struct qf_txn *txn, const struct qf_cell_month *of)
{
        struct month *month = &months->months[of->number];
        uint8_t key_bytes[QF_CELL_ROW_KEY_BYTES];
        struct qf_view key = {(const char *)key_bytes, sizeof(key_bytes)};
        struct qf_view value = {(const char *)months->scratch, 0};

        qf_picture_month_cells(months->picture, of, months->cells);
        value.len = (uint32_t)qf_cell_row_pack(of->days, months->cells, months->scratch);
        qf_cell_row_key_pack((struct qf_cell_row_key){of->dimension, of->member, of->month}, key_bytes);
        month->next_digest = qf_cell_row_digest(key, value);
        months->next_digest += month->next_digest - month->digest;
        return qf_txn_put(txn, QF_COUNTS_CELL, key, value);
}

/* Cells of a month lie where they were made, anywhere: those of the next month are fetched while this one is packed. */
static void ask_ahead(const struct qf_cell_months *months, size_t i)
{
        if (i + 1 < months->dirty_count)
                qf_picture_ahead(months->picture, months->dirty[i + 1].item);
}

int qf_cell_months_write(struct qf_cell_months *months, struct qf_txn *txn, uint64_t after)
{
        int r = collect_dirty(months, after);

        months->next_digest = months->digest;
        for (size_t i = 0; i < months->dirty_count && r == 0; i++) {
                ask_ahead(months, i);
                r = write_month(months, txn, months->dirty[i].item);
        }
        return r;
}

void qf_cell_months_written(struct qf_cell_months *months)
{
        for (size_t i = 0; i < months->dirty_count; i++) {
                const struct qf_cell_month *of = months->dirty[i].item;
                struct month *month = &months->months[of->number];
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

static int place_saved(struct qf_cell_months *months, uint32_t number, const struct qf_cell_saved *saved)
{
        struct qf_cell *cell;
        int r = qf_picture_cell(months->picture, saved->key, &cell);

        if (r < 0)
                return r == -EINVAL ? -EBADMSG : r;
        QF_ASSERT(cell->month == number);
        cell->counts = saved->counts;
        qf_picture_touch(months->picture, cell, saved->changed);
        return 0;
}

static int load_row(struct qf_cell_months *months, struct qf_view key, struct qf_view value)
{
        struct qf_cell_saved saved[QF_CELL_ROW_CELLS];
        struct qf_cell_row_key row;
        uint32_t number = 0, cells = 0;
        int r = qf_cell_row_key_unpack(key, &row);

        if (r == 0)
                r = qf_cell_row_unpack(row, value, saved, &cells);
        if (r == 0)
                r = qf_picture_month(months->picture,
                                     (struct qf_cell_key){row.dimension, row.member, row.month * 100},
                                     &number);
        if (r == 0)
                r = reserve_months(months);
        if (r < 0)
                return r == -EINVAL ? -EBADMSG : r;
        months->months[number].digest = qf_cell_row_digest(key, value);
        months->digest += months->months[number].digest;
        for (uint32_t i = 0; i < cells && r == 0; i++)
                r = place_saved(months, number, &saved[i]);
        return r;
}

int qf_cell_months_load(struct qf_cell_months *months, struct qf_txn *txn, uint64_t digest)
{
        struct qf_view key = {"", 0}, value;
        int r = qf_txn_seek(txn, QF_COUNTS_CELL, key, false, &key, &value);

        while (r == 0) {
                r = load_row(months, key, value);
                if (r == 0)
                        r = qf_txn_seek(txn, QF_COUNTS_CELL, key, true, &key, &value);
        }
        if (r != QF_STORE_NONE)
                return r;
        months->next_digest = months->digest;
        return months->digest == digest ? 0 : -EBADMSG;
}
