/* The picture's cells lie in the order of their last change, which frames do not
 * keep: so what arrived is sorted once, when it is whole, and moved in that order. */
#include "client/arriving.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/period.h"

enum { KEEP_CELLS = 4096 }; /* a picture that grew larger is made anew, so that clearing it stays cheap */

int qf_arriving_init(struct qf_arriving *arriving, size_t cells_max, bool (*keeps)(struct qf_cell_key key))
{
        *arriving = (struct qf_arriving){.cells_max = cells_max, .keeps = keeps};
        return qf_picture_new(&arriving->picture);
}

void qf_arriving_deinit(struct qf_arriving *arriving)
{
        arriving->programme = qf_programme_free(arriving->programme);
        arriving->picture = qf_picture_free(arriving->picture);
}

int qf_arriving_begin(struct qf_arriving *arriving, bool anew)
{
        arriving->programme = qf_programme_free(arriving->programme);
        if (arriving->picture && qf_picture_cells(arriving->picture) > KEEP_CELLS)
                arriving->picture = qf_picture_free(arriving->picture);
        if (arriving->picture)
                qf_picture_clear(arriving->picture);
        int r = arriving->picture ? 0 : qf_picture_new(&arriving->picture);
        return r || !anew ? r : qf_programme_new(&arriving->programme);
}

struct qf_programme *qf_arriving_programme(const struct qf_arriving *arriving, const struct qf_held *held)
{
        return arriving->programme ? arriving->programme : held->programme;
}

int qf_arriving_register(struct qf_arriving *arriving, struct qf_held *held, struct qf_arena *arena,
                         struct qf_view event, uint64_t position)
{
        struct qf_event told;
        struct qf_wire_fault fault;
        int r = qf_register_decode(arena, event, &told, &fault);
        if (r)
                return r < 0 ? r : QF_ARRIVING_STRANGE;
        r = qf_programme_apply(qf_arriving_programme(arriving, held), &told, position);
        return r == -E2BIG ? QF_ARRIVING_STRANGE : r;
}

/* Codes of a frame → ids, each text looked up once while it stands for the same dimension. */
struct names {
        const struct qf_programme *programme;
        const struct qf_cells_part *cells;
        struct name {
                bool dimension_known, member_known;
                uint16_t dimension, member_of;
                uint32_t member;
        } * at;
};

static uint16_t dimension_of(const struct names *names, uint32_t text)
{
        struct name *name = &names->at[text];
        if (!name->dimension_known) {
                const struct qf_view code = names->cells->texts[text];
                name->dimension = qf_view_same(code, QF_VIEW("total"))
                                          ? QF_DIMENSION_TOTAL
                                          : qf_programme_find_dimension(names->programme, code);
                name->dimension_known = true;
        }
        return name->dimension;
}

static uint32_t member_of(const struct names *names, uint16_t dimension, uint32_t text)
{
        struct name *name = &names->at[text];
        if (dimension == QF_DIMENSION_TOTAL || !names->cells->texts[text].len)
                return QF_MEMBER_NONE;
        if (!name->member_known || name->member_of != dimension) {
                name->member =
                        qf_programme_find_member(names->programme, dimension, names->cells->texts[text]);
                name->member_of = dimension;
                name->member_known = true;
        }
        return name->member;
}

static bool key_of(const struct names *names, uint32_t i, struct qf_cell_key *ret_key)
{
        const struct qf_cells_part *cells = names->cells;
        if (cells->dimension[i] >= cells->texts_count || cells->member[i] >= cells->texts_count ||
            !qf_date_valid(cells->period[i]))
                return false;
        ret_key->dimension = dimension_of(names, cells->dimension[i]);
        ret_key->period = cells->period[i];
        if (ret_key->dimension == QF_DIMENSION_UNKNOWN)
                return false;
        ret_key->member = member_of(names, ret_key->dimension, cells->member[i]);
        return ret_key->member != QF_MEMBER_UNKNOWN;
}

static int take_cell(struct qf_arriving *arriving, const struct names *names, uint32_t i)
{
        const struct qf_cells_part *cells = names->cells;
        struct qf_cell_key key;
        struct qf_cell *cell;
        if (!key_of(names, i, &key))
                return QF_ARRIVING_STRANGE;
        if (arriving->keeps && !arriving->keeps(key))
                return 0;
        int r = qf_picture_cell(arriving->picture, key, &cell);
        if (r)
                return r;
        for (uint32_t k = 0; k < cells->measures_count; k++)
                if (cells->measures[k] < QF_MEASURES)
                        cell->counts.of[cells->measures[k]] =
                                cells->value[(size_t)i * cells->measures_count + k];
        cell->changed = cells->changed[i];
        return 0;
}

int qf_arriving_cells(struct qf_arriving *arriving, const struct qf_held *held, struct qf_arena *arena,
                      const struct qf_cells_part *cells)
{
        if (!cells->count)
                return 0;
        struct names names = {qf_arriving_programme(arriving, held), cells, NULL};
        names.at = qf_arena_zero(arena, cells->texts_count, sizeof(*names.at));
        if (!names.at)
                return QF_ARRIVING_TOO_LARGE;
        for (uint32_t i = 0; i < cells->count; i++) {
                int r = take_cell(arriving, &names, i);
                if (r)
                        return r;
        }
        return qf_picture_cells(arriving->picture) > arriving->cells_max ? QF_ARRIVING_TOO_LARGE : 0;
}

struct change {
        uint64_t at;
        struct qf_cell *cell;
};

static int by_position(const void *a, const void *b)
{
        const struct change *ca = a, *cb = b;
        return (ca->at > cb->at) - (ca->at < cb->at);
}

/* What arrived in order of change; none of it counts as changed any more. */
static struct change *sorted(const struct qf_picture *picture, size_t count)
{
        struct change *changes = malloc((count ? count : 1) * sizeof(*changes));
        for (size_t i = 0; changes && i < count; i++) {
                struct qf_cell *cell = qf_picture_at(picture, i);
                changes[i] = (struct change){cell->changed, cell};
                cell->changed = 0;
        }
        if (changes)
                qsort(changes, count, sizeof(*changes), by_position);
        return changes;
}

static void replace(struct qf_arriving *arriving, struct qf_held *held, const struct change *changes,
                    size_t count)
{
        for (size_t i = 0; i < count; i++)
                qf_picture_touch(arriving->picture, changes[i].cell, changes[i].at);
        held->picture = qf_picture_free(held->picture);
        held->programme = qf_programme_free(held->programme);
        held->picture = QF_TAKE(arriving->picture);
        held->programme = QF_TAKE(arriving->programme);
}

static int move_cells(struct qf_held *held, const struct change *changes, size_t count, size_t cells_max,
                      const struct qf_arriving_calls *calls)
{
        const uint64_t least = qf_picture_latest(held->picture);
        for (size_t i = 0; i < count; i++) {
                struct qf_cell *cell;
                int r = qf_picture_cell(held->picture, changes[i].cell->key, &cell);
                if (r)
                        return r;
                if (cell->changed && cell->changed >= changes[i].at)
                        continue; /* heard before: an overlap of two transfers */
                if (calls->moves)
                        calls->moves(calls->ctx, cell);
                cell->counts = changes[i].cell->counts;
                qf_picture_touch(held->picture, cell, changes[i].at > least ? changes[i].at : least);
                r = calls->moved ? calls->moved(calls->ctx, cell) : 0;
                if (r)
                        return r;
        }
        return qf_picture_cells(held->picture) > cells_max ? QF_ARRIVING_TOO_LARGE : 0;
}

int qf_arriving_settle(struct qf_arriving *arriving, struct qf_held *held, uint64_t version,
                       const struct qf_arriving_calls *calls)
{
        const size_t count = qf_picture_cells(arriving->picture);
        QF_CLEANUP(qf_cleanup_free) struct change *changes = sorted(arriving->picture, count);
        int r = 0;
        if (!changes)
                return -ENOMEM;
        if (arriving->programme)
                replace(arriving, held, changes, count);
        else
                r = move_cells(held, changes, count, arriving->cells_max, calls);
        held->version = version;
        return r ? r : qf_arriving_begin(arriving, false);
}
