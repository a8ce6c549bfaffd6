/* Cells in slabs that never move, found through one open-addressing table, and
 * strung on a list by their last change.
 *
 * The hot path is qf_picture_move: some twenty cells for each event. A slot holds
 * 32 bits of the key's hash and the cell's number, so that the table stays small
 * and eight slots share a cache line; the cell itself says whether it is the one.
 * A cell that has already been touched at a position is not strung anew: within
 * one position there is no order. */
#include "model/picture.h"

#include <errno.h>
#include <stdlib.h>

#include "base/pages.h"
#include "model/period.h"

enum {
        SLAB_CELLS = 2 * 1024 * 1024 / sizeof(struct qf_cell),
        SLOTS_FIRST = 1024,
        DIMENSION_BITS = 7,
        PERIOD_BITS = 25, /* 29991231 < 2^25 */
};

struct slot {
        uint32_t tag;    /* of the key's hash */
        uint32_t number; /* of the cell, plus 1; 0: empty */
};

struct qf_picture {
        struct slot *slots;
        size_t slots_count; /* a power of two */
        struct qf_cell **slabs;
        size_t slabs_count, slabs_room;
        size_t cells;
        struct qf_cell *newest, *oldest;
};

/* 0 for what can't be a cell: no period, or numbers beyond their bits. */
static uint64_t pack(struct qf_cell_key key)
{
        if (key.dimension >= 1u << DIMENSION_BITS || key.period == 0 || key.period >= 1u << PERIOD_BITS)
                return 0;
        return (uint64_t)key.member << 32 | (uint64_t)key.dimension << PERIOD_BITS | key.period;
}

static uint64_t hash_of(uint64_t packed)
{
        uint64_t hash = (packed ^ packed >> 29) * UINT64_C(0x9E3779B97F4A7C15);

        return hash ^ hash >> 32;
}

static struct qf_cell *cell_at(const struct qf_picture *picture, size_t number)
{
        return &picture->slabs[number / SLAB_CELLS][number % SLAB_CELLS];
}

/* The first cell whose tag is that of the hash, nearly always the right one; NULL: there is none. */
static struct qf_cell *find_likely(const struct qf_picture *picture, uint64_t hash)
{
        size_t mask = picture->slots_count - 1;
        uint32_t tag = (uint32_t)(hash >> 32);

        for (size_t at = hash & mask;; at = (at + 1) & mask) {
                const struct slot *slot = &picture->slots[at];

                if (slot->number == 0)
                        return NULL;
                if (slot->tag == tag)
                        return cell_at(picture, slot->number - 1);
        }
}

static bool same_key(struct qf_cell_key a, struct qf_cell_key b)
{
        return a.member == b.member && a.period == b.period && a.dimension == b.dimension;
}

static struct qf_cell *find_exactly(const struct qf_picture *picture, uint64_t hash, struct qf_cell_key key)
{
        size_t mask = picture->slots_count - 1;

        for (size_t at = hash & mask;; at = (at + 1) & mask) {
                const struct slot *slot = &picture->slots[at];

                if (slot->number == 0)
                        return NULL;
                if (slot->tag == (uint32_t)(hash >> 32) &&
                    same_key(cell_at(picture, slot->number - 1)->key, key))
                        return cell_at(picture, slot->number - 1);
        }
}

/* Enters a cell that is not in the table. */
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
        for (size_t i = 0; i < picture->cells; i++)
                enter(picture, hash_of(pack(cell_at(picture, i)->key)), i);
        return 0;
}

int qf_picture_new(struct qf_picture **ret_picture)
{
        struct qf_picture *picture = calloc(1, sizeof(*picture));
        int r;

        if (!picture)
                return -ENOMEM;
        r = make_slots(picture, SLOTS_FIRST);
        if (r < 0) {
                free(picture);
                return r;
        }
        *ret_picture = picture;
        return 0;
}

/* The first slab is ordinary memory: most pictures are small. */
static size_t slab_bytes(size_t slab)
{
        return slab == 0 ? SLAB_CELLS * sizeof(struct qf_cell) : 2 * 1024 * 1024;
}

static void drop_slabs(struct qf_picture *picture)
{
        for (size_t i = 0; i < picture->slabs_count; i++)
                qf_pages_give(picture->slabs[i], slab_bytes(i));
        picture->slabs_count = 0;
        picture->cells = 0;
        picture->newest = picture->oldest = NULL;
}

struct qf_picture *qf_picture_free(struct qf_picture *picture)
{
        if (!picture)
                return NULL;
        drop_slabs(picture);
        free(picture->slabs);
        qf_pages_give(picture->slots, picture->slots_count * sizeof(*picture->slots));
        free(picture);
        return NULL;
}

void qf_picture_clear(struct qf_picture *picture)
{
        drop_slabs(picture);
        for (size_t i = 0; i < picture->slots_count; i++)
                picture->slots[i] = (struct slot){0};
}

size_t qf_picture_cells(const struct qf_picture *picture)
{
        return picture->cells;
}

struct qf_cell *qf_picture_at(const struct qf_picture *picture, size_t i)
{
        return i < picture->cells ? cell_at(picture, i) : NULL;
}

struct qf_cell *qf_picture_newest(const struct qf_picture *picture)
{
        return picture->newest;
}

struct qf_cell *qf_picture_find(const struct qf_picture *picture, struct qf_cell_key key)
{
        uint64_t packed = pack(key);

        return packed ? find_exactly(picture, hash_of(packed), key) : NULL;
}

static int add_slab(struct qf_picture *picture)
{
        struct qf_cell *slab;

        if (picture->slabs_count == picture->slabs_room) {
                size_t room = picture->slabs_room ? picture->slabs_room * 2 : 16;
                struct qf_cell **slabs = realloc(picture->slabs, room * sizeof(struct qf_cell *));

                if (!slabs)
                        return -ENOMEM;
                picture->slabs = slabs;
                picture->slabs_room = room;
        }
        slab = qf_pages_take(slab_bytes(picture->slabs_count));
        if (!slab)
                return -ENOMEM;
        picture->slabs[picture->slabs_count++] = slab;
        return 0;
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

static int make_cell(struct qf_picture *picture, uint64_t hash, struct qf_cell_key key,
                     struct qf_cell **ret_cell)
{
        struct qf_cell *cell;
        int r;

        if (picture->cells == picture->slabs_count * SLAB_CELLS) {
                r = add_slab(picture);
                if (r < 0)
                        return r;
        }
        if (picture->cells * 2 >= picture->slots_count) {
                r = make_slots(picture, picture->slots_count * 2);
                if (r < 0)
                        return r;
        }
        cell = cell_at(picture, picture->cells);
        cell->key = key;
        enter(picture, hash, picture->cells++);
        string_last(picture, cell);
        *ret_cell = cell;
        return 0;
}

int qf_picture_cell(struct qf_picture *picture, struct qf_cell_key key, struct qf_cell **ret_cell)
{
        uint64_t packed = pack(key);
        struct qf_cell *cell;

        if (packed == 0)
                return -EINVAL;
        cell = find_exactly(picture, hash_of(packed), key);
        if (!cell)
                return make_cell(picture, hash_of(packed), key, ret_cell);
        *ret_cell = cell;
        return 0;
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
        uint32_t periods[2];
        unsigned periods_count;
};

/* qf_counts_add spelt out without branches or a loop, for the hot path. */
static bool add(struct qf_counts *to, const struct qf_counts *more)
{
        _Static_assert(QF_MEASURES == 5, "a line for each measure");
        bool over = __builtin_add_overflow(to->of[0], more->of[0], &to->of[0]);

        over |= __builtin_add_overflow(to->of[1], more->of[1], &to->of[1]);
        over |= __builtin_add_overflow(to->of[2], more->of[2], &to->of[2]);
        over |= __builtin_add_overflow(to->of[3], more->of[3], &to->of[3]);
        over |= __builtin_add_overflow(to->of[4], more->of[4], &to->of[4]);
        return !over;
}

/* Cells lie anywhere in memory, and an event touches some twenty of them: waiting for each in turn would cost more
 * than all the rest. So a handful is asked for at once, in three rounds: the slots, the cells, their neighbours on the
 * list. */
enum { TARGETS = 32 };

struct target {
        uint64_t hash;
        struct qf_cell_key key;
        struct qf_cell *cell;
};

struct targets {
        uint32_t count;
        struct target at[TARGETS];
};

static void find_targets(const struct change *change, struct targets *targets)
{
        for (uint32_t i = 0; i < targets->count; i++) {
                struct target *target = &targets->at[i];

                target->cell = find_likely(change->picture, target->hash);
                if (!target->cell)
                        continue;
                __builtin_prefetch(target->cell, 1);
                __builtin_prefetch((const char *)target->cell + sizeof(struct qf_cell) - 1, 1);
        }
}

/* Makes sure of each cell, and asks for its neighbours on the list when it will be strung anew. */
static int check_targets(const struct change *change, struct targets *targets)
{
        for (uint32_t i = 0; i < targets->count; i++) {
                struct target *target = &targets->at[i];

                if (!target->cell || !same_key(target->cell->key, target->key)) {
                        target->cell = find_exactly(change->picture, target->hash, target->key);
                        if (!target->cell) {
                                int r = make_cell(change->picture, target->hash, target->key, &target->cell);

                                if (r < 0)
                                        return r;
                        }
                }
                if (target->cell->changed == change->position || !target->cell->newer)
                        continue;
                __builtin_prefetch(&target->cell->newer->older, 1);
                if (target->cell->older)
                        __builtin_prefetch(&target->cell->older->newer, 1);
        }
        return 0;
}

/* Changes the cells gathered so far, and begins to gather anew. */
static int change_targets(const struct change *change, struct targets *targets)
{
        int r;

        find_targets(change, targets);
        r = check_targets(change, targets);
        for (uint32_t i = 0; i < targets->count && r == 0; i++) {
                struct qf_cell *cell = targets->at[i].cell;

                if (!add(&cell->counts, &change->counts))
                        r = -EOVERFLOW;
                else if (cell->changed != change->position)
                        qf_picture_touch(change->picture, cell, change->position);
        }
        targets->count = 0;
        return r;
}

static int change_member(const struct change *change, uint16_t dimension, uint32_t member,
                         struct targets *targets)
{
        int r = targets->count + 2 > TARGETS ? change_targets(change, targets) : 0;

        for (unsigned i = 0; i < change->periods_count && r == 0; i++) {
                struct target *target = &targets->at[targets->count];

                target->key = (struct qf_cell_key){dimension, member, change->periods[i]};
                uint64_t packed = pack(target->key);
                if (packed == 0)
                        return -EINVAL;
                target->hash = hash_of(packed);
                __builtin_prefetch(
                        &change->picture->slots[target->hash & (change->picture->slots_count - 1)]);
                targets->count++;
        }
        return r;
}

/* The total, each member, and "not stated" where a counted dimension has none. */
static int change_all(struct change *change, const struct qf_contribution *of, uint32_t counted_dimensions)
{
        __attribute__((uninitialized)) struct targets targets;
        uint32_t missing = counted_dimensions & ~1u;
        int r;

        targets.count = 0;
        change->periods[0] = of->date;
        change->periods[1] = qf_date_month(of->date);
        change->periods_count = change->periods[1] != 0 && change->periods[1] != of->date ? 2 : 1;
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
        size_t cells = picture->cells;

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
