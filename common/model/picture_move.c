/* The hot path: some twenty cells for each event, two of each member's month. They
 * lie anywhere in memory, so they are asked for a handful at a time, and each handful
 * goes through its rounds while others that came behind it are asked for. */
#include "model/picture.h"

#include <errno.h>

#include "model/event.h"
#include "model/picture_parts.h"

/* Waiting for each cell in turn would cost more than all the rest. So a handful is asked for at once, in rounds: the
 * slots when it is gathered, the months one handful later, then the cells, and then they are changed. */
static inline struct qf_picture_handful *handful_at(struct qf_picture *picture, unsigned ago)
{
        return &picture->handfuls[(picture->gathered - ago) % QF_PICTURE_ROUNDS];
}

static inline void find_months(const struct qf_picture *picture, struct qf_picture_handful *handful)
{
        const uint32_t day = handful->date % 100;
        struct qf_picture_target *target = handful->at, *const end = target + handful->count;

        for (; target < end; target++) {
                target->month = qf_picture_slot_of(picture, target->key, target->home)->month;
                if (!target->month)
                        continue;
                __builtin_prefetch(target->month);
                __builtin_prefetch(&target->month->cells[day]);
        }
}

/* The month that was not there, or not where the table had its place before it grew. */
static __attribute__((noinline)) int make_month(struct qf_picture *picture, uint32_t date,
                                                struct qf_picture_target *target)
{
        const struct qf_cell_key key = {target->key >> QF_PICTURE_MONTH_BITS & QF_PICTURE_DIMENSION_MOST,
                                        (uint32_t)(target->key >> 32), date};
        uint32_t number;
        int r = qf_picture_month(picture, key, &number);

        if (r == 0)
                target->month = qf_picture_month_at(picture, number);
        return r;
}

static __attribute__((noinline)) struct qf_cell *make_cell(struct qf_picture *picture,
                                                           const struct qf_cell_month *month, uint32_t day)
{
        struct qf_cell *cell;

        return qf_picture_cell_in(picture, month->number, day, &cell) == 0 ? cell : NULL;
}

/* Makes sure of each month, which is touched, and asks for its cells: the finest period known, and the month when that
 * is a day. */
static inline int find_cells(struct qf_picture *picture, struct qf_picture_handful *handful)
{
        const uint32_t day = handful->date % 100;
        const uint64_t position = handful->position;
        struct qf_picture_target *target = handful->at, *const end = target + handful->count;
        struct qf_cell **to = handful->cells;

        for (; target < end; target++) {
                int r = target->month ? 0 : make_month(picture, handful->date, target);
                if (r < 0)
                        return r;
                struct qf_cell_month *month = target->month;
                struct qf_cell *cell = month->own ? month->own : make_cell(picture, month, 0);
                __builtin_prefetch(cell, 1);
                *to++ = cell;
                if (cell && day) {
                        const uint32_t number = month->cells[day];
                        cell = number ? qf_picture_cell_of(picture, number - 1)
                                      : make_cell(picture, month, day);
                        __builtin_prefetch(cell, 1);
                        *to++ = cell;
                }
                if (!cell)
                        return -ENOMEM;
                if (month->changed < position)
                        qf_picture_string(picture, month, position);
        }
        handful->cells_count = (uint32_t)(to - handful->cells);
        return 0;
}

static inline bool exceeds(int64_t *to, int64_t more)
{
        return __builtin_add_overflow(*to, more, to);
}

/* Adds the attendances and, when they change, records and activities, and their unknowns, to all cells. Written out, a
 * loop for each case: this is what is done most. */
static inline __attribute__((always_inline)) int add_measures(const struct qf_picture_handful *handful,
                                                              bool records, bool unknown)
{
        _Static_assert(QF_MEASURES == 5, "a line for each measure");
        const struct qf_counts more = handful->counts;
        const uint64_t position = handful->position;

        for (uint32_t i = 0, count = handful->cells_count; i < count; i++) {
                struct qf_cell *cell = handful->cells[i];
                int64_t *of = cell->counts.of;

                /* The higher: noted ticks come later than what followed them. Not an if, which nobody could predict. */
                cell->changed = cell->changed > position ? cell->changed : position;
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

static inline int add_counts(struct qf_picture_handful *handful)
{
        const int64_t *more = handful->counts.of;
        int r;

        if (more[QF_RECORDS_UNKNOWN] | more[QF_ACTIVITIES_UNKNOWN])
                r = add_measures(handful, true, true);
        else if (more[QF_RECORDS] | more[QF_ACTIVITIES])
                r = add_measures(handful, true, false);
        else
                r = add_measures(handful, false, false);
        handful->count = handful->cells_count = 0;
        return r;
}

/* The handful is gathered: each before it goes one round on, and the next may be. */
static int go_on(struct qf_picture *picture)
{
        int r = add_counts(handful_at(picture, 3));

        if (r == 0)
                r = find_cells(picture, handful_at(picture, 2));
        find_months(picture, handful_at(picture, 1));
        picture->gathered++;
        return r;
}

int qf_picture_settle(struct qf_picture *picture)
{
        int r = 0;

        for (unsigned round = 1; round < QF_PICTURE_ROUNDS && r == 0; round++)
                r = go_on(picture);
        return r;
}

/* --- moves --------------------------------------------------------------------- */

/* One change that goes to many cells. */
struct change {
        struct qf_picture *picture;
        struct qf_counts counts; /* what is added */
        uint64_t position;
        uint32_t date;
};

static struct qf_picture_handful *begin_handful(const struct change *change)
{
        struct qf_picture_handful *handful = handful_at(change->picture, 0);

        handful->counts = change->counts;
        handful->position = change->position;
        handful->date = change->date;
        return handful;
}

static inline void aim(const struct qf_picture *picture, struct qf_picture_target *target, uint32_t month,
                       uint16_t dimension, uint32_t member)
{
        target->key = qf_picture_key(month, dimension, member);
        target->home = qf_picture_home(picture, target->key);
        __builtin_prefetch(&picture->slots[target->home]);
}

/* So many were aimed at. A handful that is full goes on, and the next begins: there is always room for one more. */
static inline int aimed(const struct change *change, struct qf_picture_handful *handful, uint32_t many)
{
        handful->count += many;
        if (handful->count < QF_PICTURE_TARGETS)
                return 0;
        int r = go_on(change->picture);
        (void)begin_handful(change);
        return r;
}

/* Aims at the cells of the members, whose dimensions are taken out of *missing. */
static int aim_at_members(const struct change *change, const struct qf_contribution *of, uint64_t *missing)
{
        struct qf_picture *const picture = change->picture;
        const struct qf_member_of *member = of->members;
        const uint32_t month = change->date / 100;
        uint64_t without = *missing;
        uint32_t left = of->members_count, most = 0;
        int r = 0;

        while (left > 0 && r == 0) {
                struct qf_picture_handful *handful = handful_at(picture, 0);
                struct qf_picture_target *target = &handful->at[handful->count];
                const uint32_t room = QF_PICTURE_TARGETS - handful->count, many = left < room ? left : room;

                for (const struct qf_member_of *const end = member + many; member < end; member++, target++) {
                        most |= member->dimension;
                        without &= ~(UINT64_C(1) << member->dimension % 64);
                        aim(picture, target, month, member->dimension, member->member);
                }
                if (most > QF_PICTURE_DIMENSION_MOST)
                        return -EINVAL;
                left -= many;
                r = aimed(change, handful, many);
        }
        *missing = without;
        return r;
}

/* The total, each member, and "not stated" where a counted dimension has none. */
static int change_all(const struct change *change, const struct qf_contribution *of,
                      uint32_t counted_dimensions)
{
        struct qf_picture *const picture = change->picture;
        const uint32_t month = change->date / 100;
        uint64_t missing = counted_dimensions & ~1u;

        if (!qf_picture_is_possible((struct qf_cell_key){0, 0, change->date}))
                return -EINVAL;
        struct qf_picture_handful *handful = begin_handful(change);
        aim(picture, &handful->at[0], month, QF_DIMENSION_TOTAL, 0);
        handful->count = 1;
        int r = aim_at_members(change, of, &missing);
        for (; missing && r == 0; missing &= missing - 1) {
                handful = handful_at(picture, 0);
                aim(picture, &handful->at[handful->count], month, (uint16_t)__builtin_ctzll(missing),
                    QF_MEMBER_NONE);
                r = aimed(change, handful, 1);
        }
        return r == 0 ? go_on(picture) : r;
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

int qf_picture_note(struct qf_picture *picture, const struct qf_contribution *old,
                    const struct qf_contribution *new, uint32_t counted_dimensions, uint64_t position)
{
        struct change change = {.picture = picture, .position = position};
        int r = 0;

        if (old && old->date == 0)
                old = NULL;
        if (new &&new->date == 0)
                new = NULL;
        if (old && !qf_counts_add(&change.counts, &old->counts, -1))
                return -EOVERFLOW;
        if (old && !(new &&same_places(old, new))) {
                change.date = old->date;
                r = change_all(&change, old, counted_dimensions);
                change.counts = (struct qf_counts){0};
        }
        if (r < 0 || !new)
                return r;
        if (!old)
                change.counts = new->counts;
        else if (!qf_counts_add(&change.counts, &new->counts, 1))
                return -EOVERFLOW;
        change.date = new->date;
        return change_all(&change, new, counted_dimensions);
}

int qf_picture_move(struct qf_picture *picture, const struct qf_contribution *old,
                    const struct qf_contribution *new, uint32_t counted_dimensions, uint64_t position)
{
        int r = qf_picture_note(picture, old, new, counted_dimensions, position);

        return r == 0 ? qf_picture_settle(picture) : r;
}

int qf_picture_add_dimension(struct qf_picture *picture, uint16_t dimension, uint64_t position)
{
        int r = qf_picture_settle(picture);
        size_t cells = picture->cells.items;

        for (size_t i = 0; i < cells && r == 0; i++) {
                const struct qf_cell *total = qf_picture_at(picture, i);
                struct qf_cell *cell;

                if (total->key.dimension != 0)
                        continue;
                r = qf_picture_cell(picture, (struct qf_cell_key){dimension, 0, total->key.period}, &cell);
                if (r < 0)
                        return r;
                cell->counts = total->counts;
                qf_picture_touch(picture, cell, position);
        }
        return r;
}
