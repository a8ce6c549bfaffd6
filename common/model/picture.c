/* Cells and months in slabs that never move; months are found through one
 * open-addressing table, and strung on a list by their last change.
 *
 * There are some thirty times fewer months than cells, so that the table and the
 * months stay near. A month that has already been touched at a position is not
 * strung anew. */
#include "model/picture.h"

#include <errno.h>
#include <stdlib.h>

#include "base/pages.h"
#include "model/picture_parts.h"

enum { SLOTS_FIRST = 1024 };

/* --- months ------------------------------------------------------------------ */

static uint64_t number_of(struct qf_cell_key key)
{
        return qf_picture_key(key.period / 100, key.dimension, key.member);
}

static struct qf_picture_slot *find_slot(const struct qf_picture *picture, uint64_t key)
{
        return qf_picture_slot_of(picture, key, qf_picture_home(picture, key));
}

static void enter(const struct qf_picture *picture, struct qf_cell_month *month)
{
        const uint64_t key = qf_picture_key(month->month, month->dimension, month->member);

        *find_slot(picture, key) = (struct qf_picture_slot){key, month};
}

static int make_slots(struct qf_picture *picture, size_t count)
{
        struct qf_picture_slot *slots = qf_pages_take(count * sizeof(*slots));

        if (!slots)
                return -ENOMEM;
        qf_pages_give(picture->slots, picture->slots_count * sizeof(*slots));
        picture->slots = slots;
        picture->slots_count = count;
        picture->slots_shift = (unsigned)__builtin_clzll(count) + 1;
        for (size_t i = 0; i < picture->months.items; i++)
                enter(picture, qf_picture_month_of(picture, i));
        return 0;
}

/* A new month is the oldest of all until it is touched. */
static void string_last(struct qf_picture *picture, struct qf_cell_month *month)
{
        month->newer = picture->oldest;
        if (picture->oldest)
                qf_picture_month_of(picture, picture->oldest - 1)->older = month->number + 1;
        else
                picture->newest = month->number + 1;
        picture->oldest = month->number + 1;
}

static int make_month(struct qf_picture *picture, struct qf_cell_key key, uint32_t *ret_number)
{
        int r = qf_slabs_reserve(&picture->months);

        if (r == 0 && picture->months.items * 2 >= picture->slots_count)
                r = make_slots(picture, picture->slots_count * 2);
        if (r < 0)
                return r;
        struct qf_cell_month *month = qf_picture_month_of(picture, picture->months.items);
        month->month = key.period / 100;
        month->member = key.member;
        month->dimension = key.dimension;
        month->number = *ret_number = (uint32_t)picture->months.items++;
        enter(picture, month);
        string_last(picture, month);
        return 0;
}

int qf_picture_month(struct qf_picture *picture, struct qf_cell_key key, uint32_t *ret_number)
{
        if (!qf_picture_is_possible(key))
                return -EINVAL;
        const struct qf_cell_month *month = find_slot(picture, number_of(key))->month;
        if (!month)
                return make_month(picture, key, ret_number);
        *ret_number = month->number;
        return 0;
}

size_t qf_picture_months(const struct qf_picture *picture)
{
        return picture->months.items;
}

struct qf_cell_month *qf_picture_month_at(const struct qf_picture *picture, size_t i)
{
        return i < picture->months.items ? qf_picture_month_of(picture, i) : NULL;
}

/* --- the picture ------------------------------------------------------------- */

int qf_picture_new(struct qf_picture **ret_picture)
{
        struct qf_picture *picture = calloc(1, sizeof(*picture));
        int r;

        if (!picture)
                return -ENOMEM;
        picture->cells.item_bytes = sizeof(struct qf_cell);
        picture->months.item_bytes = sizeof(struct qf_cell_month);
        r = make_slots(picture, SLOTS_FIRST);
        if (r < 0) {
                free(picture);
                return r;
        }
        *ret_picture = picture;
        return 0;
}

struct qf_picture *qf_picture_free(struct qf_picture *picture)
{
        if (!picture)
                return NULL;
        qf_slabs_deinit(&picture->cells);
        qf_slabs_deinit(&picture->months);
        qf_pages_give(picture->slots, picture->slots_count * sizeof(*picture->slots));
        free(picture);
        return NULL;
}

size_t qf_picture_cells(const struct qf_picture *picture)
{
        return picture->cells.items;
}

struct qf_cell *qf_picture_at(const struct qf_picture *picture, size_t i)
{
        return i < picture->cells.items ? qf_picture_cell_of(picture, i) : NULL;
}

void qf_picture_month_cells(const struct qf_picture *picture, const struct qf_cell_month *month,
                            struct qf_cell *ret_cells[QF_MONTH_CELLS])
{
        for (uint32_t days = month->days; days; days &= days - 1) {
                const unsigned day = (unsigned)__builtin_ctz(days);
                ret_cells[day] = qf_picture_cell_of(picture, month->cells[day] - 1);
        }
}

void qf_picture_ahead(const struct qf_picture *picture, const struct qf_cell_month *month)
{
        for (uint32_t days = month->days; days; days &= days - 1)
                __builtin_prefetch(qf_picture_cell_of(picture, month->cells[__builtin_ctz(days)] - 1));
}

size_t qf_picture_number(const struct qf_picture *picture, const struct qf_cell *cell)
{
        return qf_picture_month_of(picture, cell->month)->cells[cell->key.period % 100] - 1;
}

struct qf_cell *qf_picture_find(const struct qf_picture *picture, struct qf_cell_key key)
{
        if (!qf_picture_is_possible(key))
                return NULL;
        const struct qf_cell_month *month = find_slot(picture, number_of(key))->month;
        return month && month->cells[key.period % 100]
                       ? qf_picture_cell_of(picture, month->cells[key.period % 100] - 1)
                       : NULL;
}

int qf_picture_cell_in(struct qf_picture *picture, uint32_t month_number, uint32_t day,
                       struct qf_cell **ret_cell)
{
        struct qf_cell_month *month = qf_picture_month_of(picture, month_number);
        int r = month->cells[day] ? 0 : qf_slabs_reserve(&picture->cells);

        if (r < 0)
                return r;
        if (!month->cells[day]) {
                struct qf_cell *cell = qf_picture_cell_of(picture, picture->cells.items);

                cell->key = (struct qf_cell_key){month->dimension, month->member, month->month * 100 + day};
                cell->month = month_number;
                month->cells[day] = (uint32_t)++picture->cells.items;
                month->days |= UINT32_C(1) << day;
                if (day == 0)
                        month->own = cell;
        }
        *ret_cell = qf_picture_cell_of(picture, month->cells[day] - 1);
        return 0;
}

int qf_picture_cell(struct qf_picture *picture, struct qf_cell_key key, struct qf_cell **ret_cell)
{
        uint32_t number;
        int r = qf_picture_month(picture, key, &number);

        return r == 0 ? qf_picture_cell_in(picture, number, key.period % 100, ret_cell) : r;
}

/* --- the list ---------------------------------------------------------------- */

static struct qf_cell_month *listed(const struct qf_picture *picture, uint32_t number_plus_1)
{
        return number_plus_1 ? qf_picture_month_of(picture, number_plus_1 - 1) : NULL;
}

struct qf_cell_month *qf_picture_newest(const struct qf_picture *picture)
{
        return listed(picture, picture->newest);
}

struct qf_cell_month *qf_picture_older(const struct qf_picture *picture, const struct qf_cell_month *month)
{
        return listed(picture, month->older);
}

uint64_t qf_picture_latest(const struct qf_picture *picture)
{
        return picture->latest;
}

/* What comes to a position later than others have is strung as if it came with the last of them: walks look at each
 * cell's own position, and need only not miss a month. */
void qf_picture_string(struct qf_picture *picture, struct qf_cell_month *month, uint64_t position)
{
        if (position > picture->latest)
                picture->latest = position;
        if (month->changed == picture->latest)
                return;
        month->changed = picture->latest;
        struct qf_cell_month *newer = listed(picture, month->newer), *older = listed(picture, month->older);
        if (!newer)
                return;
        newer->older = month->older;
        *(older ? &older->newer : &picture->oldest) = month->newer;
        month->newer = 0;
        month->older = picture->newest;
        listed(picture, picture->newest)->newer = month->number + 1;
        picture->newest = month->number + 1;
}

void qf_picture_touch(struct qf_picture *picture, struct qf_cell *cell, uint64_t position)
{
        cell->changed = position;
        qf_picture_string(picture, qf_picture_month_of(picture, cell->month), position);
}

/* Begins with a month, and to fetch the cells of the one after it. */
static void walk_month(struct qf_picture_walk *walk, const struct qf_cell_month *month)
{
        const struct qf_cell_month *next = month ? qf_picture_older(walk->picture, month) : NULL;

        walk->month = month;
        walk->days = month ? month->days : 0;
        if (next && next->changed > walk->after)
                qf_picture_ahead(walk->picture, next);
}

struct qf_picture_walk qf_picture_changed(const struct qf_picture *picture, uint64_t after)
{
        struct qf_picture_walk walk = {.picture = picture, .after = after};

        walk_month(&walk, qf_picture_newest(picture));
        return walk;
}

struct qf_cell *qf_picture_walk_next(struct qf_picture_walk *walk)
{
        while (walk->month && walk->month->changed > walk->after) {
                for (; walk->days; walk->days &= walk->days - 1) {
                        const uint32_t number = walk->month->cells[__builtin_ctz(walk->days)] - 1;
                        struct qf_cell *cell = qf_picture_cell_of(walk->picture, number);

                        if (cell->changed <= walk->after)
                                continue;
                        walk->days &= walk->days - 1;
                        return cell;
                }
                walk_month(walk, qf_picture_older(walk->picture, walk->month));
        }
        return NULL;
}
