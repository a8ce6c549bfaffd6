/* The hot path: some twenty cells for each event, two of each member's month. They
 * lie anywhere in memory, so they are asked for a handful at a time. */
#include "model/picture.h"

#include <errno.h>

#include "model/picture_parts.h"

/* One change that goes to many cells. */
struct change {
        struct qf_picture *picture;
        struct qf_counts counts; /* what is added */
        uint64_t position;
        uint32_t period, month;
        uint32_t days[2]; /* in its month: the finest period known, and the month when that is a day */
        unsigned days_count;
};

/* Waiting for each cell in turn would cost more than all the rest. So a handful is asked for at once, in rounds: the
 * slots, the months, and the cells. */
enum { TARGETS = 16 };

struct target {
        uint64_t hash;
        uint32_t member;
        uint16_t dimension;
        struct qf_cell_month *month; /* that the hash leads to; NULL: none */
};

struct targets {
        uint32_t count, cells_count;
        struct target at[TARGETS];
        struct qf_cell *cells[TARGETS * 2];
};

/* The first month whose tag is that of the hash, nearly always the right one; NULL: there is none. */
static inline struct qf_cell_month *find_likely(const struct qf_picture *picture, uint64_t hash)
{
        size_t mask = picture->slots_count - 1;

        for (size_t at = hash & mask;; at = (at + 1) & mask) {
                const struct qf_picture_slot *slot = &picture->slots[at];

                if (slot->number == 0)
                        return NULL;
                if (slot->tag == (uint32_t)(hash >> 32))
                        return qf_picture_month_of(picture, slot->number - 1);
        }
}

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

static inline bool is_of(const struct change *change, const struct target *target)
{
        const struct qf_cell_month *month = target->month;

        return month && month->member == target->member && month->month == change->month &&
               month->dimension == target->dimension;
}

/* The month that the hash did not lead to. */
static int make_month(const struct change *change, struct target *target)
{
        uint32_t number;
        int r = qf_picture_month(change->picture,
                                 (struct qf_cell_key){target->dimension, target->member, change->period},
                                 &number);

        if (r == 0)
                target->month = qf_picture_month_at(change->picture, number);
        return r;
}

/* Makes sure of each month, which is touched, and asks for its cells. */
static int find_cells(const struct change *change, struct targets *targets)
{
        struct qf_cell **cell = targets->cells;

        for (uint32_t i = 0; i < targets->count; i++) {
                struct target *target = &targets->at[i];
                int r = is_of(change, target) ? 0 : make_month(change, target);

                for (unsigned k = 0; k < change->days_count && r == 0; k++, cell++) {
                        const uint32_t number = target->month->cells[change->days[k]];

                        if (number)
                                *cell = qf_picture_cell_of(change->picture, number - 1);
                        else
                                r = qf_picture_cell_in(change->picture, target->month->number,
                                                       change->days[k], cell);
                        if (r == 0)
                                __builtin_prefetch(*cell, 1);
                }
                if (r < 0)
                        return r;
                if (target->month->changed < change->position)
                        qf_picture_string(change->picture, target->month, change->position);
        }
        targets->cells_count = (uint32_t)(cell - targets->cells);
        return 0;
}

static inline bool exceeds(int64_t *to, int64_t more)
{
        return __builtin_add_overflow(*to, more, to);
}

/* Adds the attendances and, when they change, records and activities, and their unknowns, to all cells. Written out, a
 * loop for each case: this is what is done most. */
static inline __attribute__((always_inline)) int add_measures(const struct change *change,
                                                              const struct targets *targets, bool records,
                                                              bool unknown)
{
        _Static_assert(QF_MEASURES == 5, "a line for each measure");
        const struct qf_counts more = change->counts;

        for (uint32_t i = 0; i < targets->cells_count; i++) {
                /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): find_cells filled as many. */
                struct qf_cell *cell = targets->cells[i];
                int64_t *of = cell->counts.of;

                /* The higher: noted ticks come later than what followed them. Not an if, which nobody could predict. */
                cell->changed = cell->changed > change->position ? cell->changed : change->position;
                if (exceeds(&of[QF_ATTENDANCES], more.of[QF_ATTENDANCES]))
                        return -EOVERFLOW;
                if (records && (exceeds(&of[QF_RECORDS], more.of[QF_RECORDS]) ||
                                exceeds(&of[QF_ACTIVITIES], more.of[QF_ACTIVITIES])))
                        return -EOVERFLOW;
                if (unknown && (exceeds(&of[QF_RECORDS_UNKNOWN], more.of[QF_RECORDS_UNKNOWN]) ||
                                exceeds(&of[QF_ACTIVITIES_UNKNOWN], more.of[QF_ACTIVITIES_UNKNOWN])))
                        return -EOVERFLOW;
        }
        return 0;
}

static int add_counts(const struct change *change, const struct targets *targets)
{
        const int64_t *more = change->counts.of;

        if (more[QF_RECORDS_UNKNOWN] | more[QF_ACTIVITIES_UNKNOWN])
                return add_measures(change, targets, true, true);
        if (more[QF_RECORDS] | more[QF_ACTIVITIES])
                return add_measures(change, targets, true, false);
        return add_measures(change, targets, false, false);
}

/* Changes the cells gathered so far, and begins to gather anew. */
static int change_targets(const struct change *change, struct targets *targets)
{
        find_months(change, targets);
        int r = find_cells(change, targets);
        if (r == 0)
                r = add_counts(change, targets);
        targets->count = 0;
        return r;
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
        target->hash = qf_picture_hash(change->month, dimension, member);
        __builtin_prefetch(&change->picture->slots[target->hash & (change->picture->slots_count - 1)]);
        return 0;
}

/* The total, each member, and "not stated" where a counted dimension has none. */
static int change_all(struct change *change, const struct qf_contribution *of, uint32_t counted_dimensions)
{
        __attribute__((uninitialized)) struct targets targets;
        uint32_t missing = counted_dimensions & ~1u;
        int r;

        if (!qf_picture_is_possible((struct qf_cell_key){0, 0, of->date}))
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
        for (uint32_t i = 0; i < a->members_count && a->members != b->members; i++)
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
