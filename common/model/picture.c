/* Cells in slabs that never move, found by way of their month through one
 * open-addressing table, and strung on a list by their last change.
 *
 * The hot path is qf_picture_move: some twenty cells for each event, two of each
 * member's month. There are some thirty times fewer months than cells, so that the
 * table, where a slot holds 32 bits of the key's hash and the month's number, and
 * the months stay near; the month itself says whether it is the one. A cell that
 * has already been touched at a position is not strung anew: within one position
 * there is no order. */
#include "model/picture.h"

#include <errno.h>
#include <stdlib.h>

#include "base/pages.h"
#include "model/picture_slabs.h"

enum {
        SLOTS_FIRST = 1024,
        DIMENSION_BITS = 7,
        MONTH_BITS = 25, /* 299912 < 2^25 */
        PERIOD_MOST = 29991231,
};

struct slot {
        uint32_t tag;    /* of the key's hash */
        uint32_t number; /* of the month, plus 1; 0: empty */
};

struct qf_picture {
        struct slot *slots;
        size_t slots_count; /* a power of two */
        struct qf_slabs cells, months;
        struct qf_cell *newest, *oldest;
};

/* These two know their item's size, so that dividing by it costs nothing. */
static struct qf_cell *cell_at(const struct qf_picture *picture, size_t number)
{
        enum { MANY = QF_SLAB_BYTES / sizeof(struct qf_cell) };

        return (struct qf_cell *)(void *)picture->cells.at[number / MANY] + number % MANY;
}

static struct qf_cell_month *month_at(const struct qf_picture *picture, size_t number)
{
        enum { MANY = QF_SLAB_BYTES / sizeof(struct qf_cell_month) };

        return (struct qf_cell_month *)(void *)picture->months.at[number / MANY] + number % MANY;
}

/* --- months ------------------------------------------------------------------ */

static bool is_possible(struct qf_cell_key key)
{
        return key.dimension < 1u << DIMENSION_BITS && key.period != 0 && key.period <= PERIOD_MOST &&
               key.period % 100 < QF_MONTH_CELLS;
}

static inline uint64_t hash_in_month(uint32_t month, uint16_t dimension, uint32_t member)
{
        uint64_t packed = (uint64_t)member << 32 | (uint64_t)dimension << MONTH_BITS | month;
        uint64_t hash = (packed ^ packed >> 29) * UINT64_C(0x9E3779B97F4A7C15);

        return hash ^ hash >> 32;
}

static uint64_t hash_of(struct qf_cell_key key)
{
        return hash_in_month(key.period / 100, key.dimension, key.member);
}

/* The first month whose tag is that of the hash, nearly always the right one; NULL: there is none. */
static inline const struct qf_cell_month *find_likely(const struct qf_picture *picture, uint64_t hash)
{
        size_t mask = picture->slots_count - 1;

        for (size_t at = hash & mask;; at = (at + 1) & mask) {
                const struct slot *slot = &picture->slots[at];

                if (slot->number == 0)
                        return NULL;
                if (slot->tag == (uint32_t)(hash >> 32))
                        return month_at(picture, slot->number - 1);
        }
}

static bool holds(const struct qf_cell_month *month, struct qf_cell_key key)
{
        return month->member == key.member && month->month == key.period / 100 &&
               month->dimension == key.dimension;
}

static struct qf_cell_month *find_exactly(const struct qf_picture *picture, uint64_t hash,
                                          struct qf_cell_key key, uint32_t *ret_number)
{
        size_t mask = picture->slots_count - 1;

        for (size_t at = hash & mask;; at = (at + 1) & mask) {
                const struct slot *slot = &picture->slots[at];

                if (slot->number == 0)
                        return NULL;
                if (slot->tag == (uint32_t)(hash >> 32) && holds(month_at(picture, slot->number - 1), key)) {
                        *ret_number = slot->number - 1;
                        return month_at(picture, slot->number - 1);
                }
        }
}

/* Enters a month that is not in the table. */
static void enter(struct qf_picture *picture, uint64_t hash, size_t number)
{
        size_t mask = picture->slots_count - 1, at = hash & mask;

        while (picture->slots[at].number)
                at = (at + 1) & mask;
        picture->slots[at] = (struct slot){.tag = (uint32_t)(hash >> 32), .number = (uint32_t)number + 1};
}

static int make_slots(struct qf_picture *picture, size_t count)
{
        struct slot *slots = qf_pages_take(count * sizeof(*slots));

        if (!slots)
                return -ENOMEM;
        qf_pages_give(picture->slots, picture->slots_count * sizeof(*slots));
        picture->slots = slots;
        picture->slots_count = count;
        for (size_t i = 0; i < picture->months.items; i++) {
                const struct qf_cell_month *month = month_at(picture, i);

                enter(picture,
                      hash_of((struct qf_cell_key){month->dimension, month->member, month->month * 100}), i);
        }
        return 0;
}

static int make_month(struct qf_picture *picture, uint64_t hash, struct qf_cell_key key, uint32_t *ret_number)
{
        int r = qf_slabs_reserve(&picture->months);

        if (r == 0 && picture->months.items * 2 >= picture->slots_count)
                r = make_slots(picture, picture->slots_count * 2);
        if (r < 0)
                return r;
        struct qf_cell_month *month = month_at(picture, picture->months.items);
        month->month = key.period / 100;
        month->member = key.member;
        month->dimension = key.dimension;
        *ret_number = (uint32_t)picture->months.items++;
        enter(picture, hash, *ret_number);
        return 0;
}

int qf_picture_month(struct qf_picture *picture, struct qf_cell_key key, uint32_t *ret_number)
{
        uint64_t hash = hash_of(key);

        if (!is_possible(key))
                return -EINVAL;
        return find_exactly(picture, hash, key, ret_number) ? 0 : make_month(picture, hash, key, ret_number);
}

size_t qf_picture_months(const struct qf_picture *picture)
{
        return picture->months.items;
}

struct qf_cell_month *qf_picture_month_at(const struct qf_picture *picture, size_t i)
{
        return i < picture->months.items ? month_at(picture, i) : NULL;
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

static void drop_all(struct qf_picture *picture)
{
        qf_slabs_drop(&picture->cells);
        qf_slabs_drop(&picture->months);
        picture->newest = picture->oldest = NULL;
}

struct qf_picture *qf_picture_free(struct qf_picture *picture)
{
        if (!picture)
                return NULL;
        drop_all(picture);
        qf_slabs_deinit(&picture->cells);
        qf_slabs_deinit(&picture->months);
        qf_pages_give(picture->slots, picture->slots_count * sizeof(*picture->slots));
        free(picture);
        return NULL;
}

void qf_picture_clear(struct qf_picture *picture)
{
        drop_all(picture);
        for (size_t i = 0; i < picture->slots_count; i++)
                picture->slots[i] = (struct slot){0};
}

size_t qf_picture_cells(const struct qf_picture *picture)
{
        return picture->cells.items;
}

struct qf_cell *qf_picture_at(const struct qf_picture *picture, size_t i)
{
        return i < picture->cells.items ? cell_at(picture, i) : NULL;
}

void qf_picture_month_cells(const struct qf_picture *picture, const struct qf_cell_month *month,
                            struct qf_cell *ret_cells[QF_MONTH_CELLS])
{
        for (unsigned day = 0; day < QF_MONTH_CELLS; day++)
                ret_cells[day] = month->cells[day] ? cell_at(picture, month->cells[day] - 1) : NULL;
}

size_t qf_picture_number(const struct qf_picture *picture, const struct qf_cell *cell)
{
        return month_at(picture, cell->month)->cells[cell->key.period % 100] - 1;
}

struct qf_cell *qf_picture_newest(const struct qf_picture *picture)
{
        return picture->newest;
}

struct qf_cell *qf_picture_find(const struct qf_picture *picture, struct qf_cell_key key)
{
        const struct qf_cell_month *month;
        uint32_t number;

        if (!is_possible(key))
                return NULL;
        month = find_exactly(picture, hash_of(key), key, &number);
        return month && month->cells[key.period % 100] ? cell_at(picture, month->cells[key.period % 100] - 1)
                                                       : NULL;
}

/* A new cell is the oldest of all until it is touched. */
static void string_last(struct qf_picture *picture, struct qf_cell *cell)
{
        cell->newer = picture->oldest;
        cell->older = NULL;
        if (picture->oldest)
                picture->oldest->older = cell;
        else
                picture->newest = cell;
        picture->oldest = cell;
}

/* The cell of a day in a month, 0 the month's own; made when it is not there. */
static int cell_of(struct qf_picture *picture, uint32_t month_number, uint32_t day, struct qf_cell **ret_cell)
{
        struct qf_cell_month *month = month_at(picture, month_number);
        int r = month->cells[day] ? 0 : qf_slabs_reserve(&picture->cells);

        if (r < 0)
                return r;
        if (!month->cells[day]) {
                struct qf_cell *cell = cell_at(picture, picture->cells.items);

                cell->key = (struct qf_cell_key){month->dimension, month->member, month->month * 100 + day};
                cell->month = month_number;
                month->cells[day] = (uint32_t)++picture->cells.items;
                string_last(picture, cell);
        }
        *ret_cell = cell_at(picture, month->cells[day] - 1);
        return 0;
}

int qf_picture_cell(struct qf_picture *picture, struct qf_cell_key key, struct qf_cell **ret_cell)
{
        uint32_t number;
        int r = qf_picture_month(picture, key, &number);

        return r == 0 ? cell_of(picture, number, key.period % 100, ret_cell) : r;
}

void qf_picture_touch(struct qf_picture *picture, struct qf_cell *cell, uint64_t position)
{
        if (cell->changed == position)
                return;
        cell->changed = position;
        if (!cell->newer)
                return;
        cell->newer->older = cell->older;
        if (cell->older)
                cell->older->newer = cell->newer;
        else
                picture->oldest = cell->newer;
        cell->newer = NULL;
        cell->older = picture->newest;
        picture->newest->newer = cell;
        picture->newest = cell;
}

/* One change that goes to many cells. */
struct change {
        struct qf_picture *picture;
        struct qf_counts counts; /* what is added */
        uint64_t position;
        uint32_t period, month;
        uint32_t days[2]; /* in its month: the finest period known, and the month when that is a day */
        unsigned days_count;
};

/* qf_counts_add spelt out for the hot path: which measures change is the same for all cells of an event. */
static inline bool add(struct qf_counts *to, const struct qf_counts *more)
{
        _Static_assert(QF_MEASURES == 5, "a line for each measure");
        bool over = false;

        if (more->of[0] | more->of[1]) {
                over |= __builtin_add_overflow(to->of[0], more->of[0], &to->of[0]);
                over |= __builtin_add_overflow(to->of[1], more->of[1], &to->of[1]);
        }
        over |= __builtin_add_overflow(to->of[2], more->of[2], &to->of[2]);
        if (more->of[3] | more->of[4]) {
                over |= __builtin_add_overflow(to->of[3], more->of[3], &to->of[3]);
                over |= __builtin_add_overflow(to->of[4], more->of[4], &to->of[4]);
        }
        return over;
}

/* Cells lie anywhere in memory, and an event touches some twenty of them: waiting for each in turn would cost more
 * than all the rest. So a handful is asked for at once, in rounds: the slots, the months, the cells, and, of cells that
 * will be strung anew, their neighbours on the list. */
enum { TARGETS = 16 };

struct target {
        uint64_t hash;
        uint32_t member;
        uint16_t dimension;
        const struct qf_cell_month *month; /* that the hash leads to; NULL: none */
};

struct targets {
        uint32_t count, cells_count;
        struct target at[TARGETS];
        struct qf_cell *cells[TARGETS * 2];
};

static void find_months(const struct change *change, struct targets *targets)
{
        for (uint32_t i = 0; i < targets->count; i++) {
                struct target *target = &targets->at[i];

                target->month = find_likely(change->picture, target->hash);
                if (!target->month)
                        continue;
                __builtin_prefetch(target->month);
                __builtin_prefetch(&target->month->cells[change->days[0]]);
        }
}

static inline void ask_for(const struct qf_cell *cell)
{
        __builtin_prefetch(cell, 1);
        __builtin_prefetch((const char *)cell + sizeof(*cell) - 1, 1);
}

static int make_cells(const struct change *change, const struct target *target, struct qf_cell **ret_cells)
{
        uint32_t number;
        int r = qf_picture_month(change->picture,
                                 (struct qf_cell_key){target->dimension, target->member, change->period},
                                 &number);

        for (unsigned k = 0; k < change->days_count && r == 0; k++) {
                r = cell_of(change->picture, number, change->days[k], &ret_cells[k]);
                if (r == 0)
                        ask_for(ret_cells[k]);
        }
        return r;
}

/* The cells of a target that has them, as nearly all have. */
static inline bool find_standing(const struct change *change, const struct target *target,
                                 struct qf_cell **ret_cells)
{
        const struct qf_cell_month *month = target->month;

        if (!month || month->member != target->member || month->month != change->month ||
            month->dimension != target->dimension)
                return false;
        for (unsigned k = 0; k < change->days_count; k++) {
                uint32_t number = month->cells[change->days[k]];

                if (number == 0)
                        return false;
                ret_cells[k] = cell_at(change->picture, number - 1);
                ask_for(ret_cells[k]);
        }
        return true;
}

/* Makes sure of each month, and asks for its cells. */
static int find_cells(const struct change *change, struct targets *targets)
{
        targets->cells_count = 0;
        for (uint32_t i = 0; i < targets->count; i++) {
                struct qf_cell **cells = &targets->cells[targets->cells_count];
                int r = find_standing(change, &targets->at[i], cells)
                                ? 0
                                : make_cells(change, &targets->at[i], cells);

                if (r < 0)
                        return r;
                targets->cells_count += change->days_count;
        }
        return 0;
}

/* Adds to all cells; those that are to be strung anew are left in the list, their neighbours asked for. */
static int add_to_cells(const struct change *change, struct targets *targets)
{
        const struct qf_counts counts = change->counts;
        uint32_t kept = 0;
        bool over = false;

        for (uint32_t i = 0; i < targets->cells_count; i++) {
                /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): find_cells filled as many. */
                struct qf_cell *cell = targets->cells[i];

                over |= add(&cell->counts, &counts);
                if (cell->changed == change->position)
                        continue;
                targets->cells[kept++] = cell;
                if (cell->newer)
                        __builtin_prefetch(&cell->newer->older, 1);
                if (cell->older)
                        __builtin_prefetch(&cell->older->newer, 1);
        }
        targets->cells_count = kept;
        return over ? -EOVERFLOW : 0;
}

/* Changes the cells gathered so far, and begins to gather anew. */
static int change_targets(const struct change *change, struct targets *targets)
{
        int r;

        find_months(change, targets);
        r = find_cells(change, targets);
        if (r == 0)
                r = add_to_cells(change, targets);
        if (r < 0)
                return r;
        for (uint32_t i = 0; i < targets->cells_count; i++)
                qf_picture_touch(change->picture, targets->cells[i], change->position);
        targets->count = 0;
        return 0;
}

static inline int change_member(const struct change *change, uint16_t dimension, uint32_t member,
                                struct targets *targets)
{
        int r = targets->count == TARGETS ? change_targets(change, targets) : 0;

        if (r < 0)
                return r;
        struct target *target = &targets->at[targets->count++];
        target->dimension = dimension;
        target->member = member;
        target->hash = hash_in_month(change->month, dimension, member);
        __builtin_prefetch(&change->picture->slots[target->hash & (change->picture->slots_count - 1)]);
        return 0;
}

/* The total, each member, and "not stated" where a counted dimension has none. */
static int change_all(struct change *change, const struct qf_contribution *of, uint32_t counted_dimensions)
{
        __attribute__((uninitialized)) struct targets targets;
        uint32_t missing = counted_dimensions & ~1u;
        int r;

        if (!is_possible((struct qf_cell_key){0, 0, of->date}))
                return -EINVAL;
        targets.count = 0;
        change->period = of->date;
        change->month = of->date / 100;
        change->days[0] = of->date % 100;
        change->days[1] = 0;
        change->days_count = change->days[0] ? 2 : 1;
        r = change_member(change, 0, 0, &targets);
        for (uint32_t i = 0; i < of->members_count && r == 0; i++) {
                if (of->members[i].dimension < 32)
                        missing &= ~(1u << of->members[i].dimension);
                r = change_member(change, of->members[i].dimension, of->members[i].member, &targets);
        }
        for (; missing && r == 0; missing &= missing - 1)
                r = change_member(change, (uint16_t)__builtin_ctz(missing), 0, &targets);
        return r == 0 ? change_targets(change, &targets) : r;
}

static bool same_places(const struct qf_contribution *a, const struct qf_contribution *b)
{
        if (a->date != b->date || a->members_count != b->members_count)
                return false;
        for (uint32_t i = 0; i < a->members_count; i++)
                if (a->members[i].dimension != b->members[i].dimension ||
                    a->members[i].member != b->members[i].member)
                        return false;
        return true;
}

int qf_picture_move(struct qf_picture *picture, const struct qf_contribution *old,
                    const struct qf_contribution *new, uint32_t counted_dimensions, uint64_t position)
{
        struct change change = {.picture = picture, .position = position};
        int r = 0;

        if (old && old->date == 0)
                old = NULL;
        if (new &&new->date == 0)
                new = NULL;
        if (old && new &&same_places(old, new)) {
                change.counts = new->counts;
                if (!qf_counts_add(&change.counts, &old->counts, -1))
                        return -EOVERFLOW;
                return change_all(&change, new, counted_dimensions);
        }
        if (old) {
                if (!qf_counts_add(&change.counts, &old->counts, -1))
                        return -EOVERFLOW;
                r = change_all(&change, old, counted_dimensions);
        }
        if (new &&r == 0) {
                change.counts = new->counts;
                r = change_all(&change, new, counted_dimensions);
        }
        return r;
}

int qf_picture_add_dimension(struct qf_picture *picture, uint16_t dimension, uint64_t position)
{
        size_t cells = picture->cells.items;

        for (size_t i = 0; i < cells; i++) {
                const struct qf_cell *total = qf_picture_at(picture, i);
                struct qf_cell *cell;
                int r;

                if (total->key.dimension != 0)
                        continue;
                r = qf_picture_cell(picture, (struct qf_cell_key){dimension, 0, total->key.period}, &cell);
                if (r < 0)
                        return r;
                cell->counts = total->counts;
                qf_picture_touch(picture, cell, position);
        }
        return 0;
}
