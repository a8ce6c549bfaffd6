/* Nothing is looked up while a transfer is under way: what came is a list, moved into
 * the picture when it is whole. */
#include "client/arriving.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/period.h"

enum { FIRST_CELLS = 256, KEEP_CELLS = 128 * 1024 }; /* room for more is given back when it was used */

void qf_arriving_init(struct qf_arriving *arriving, size_t cells_max, bool (*keeps)(struct qf_cell_key key))
{
        *arriving = (struct qf_arriving){.cells_max = cells_max, .keeps = keeps};
}

static void forget_cells(struct qf_arriving *arriving, size_t keep)
{
        arriving->count = 0;
        if (arriving->room <= keep)
                return;
        free(arriving->cells);
        arriving->cells = NULL;
        arriving->room = 0;
}

void qf_arriving_deinit(struct qf_arriving *arriving)
{
        arriving->programme = qf_programme_free(arriving->programme);
        forget_cells(arriving, 0);
}

int qf_arriving_begin(struct qf_arriving *arriving, bool anew)
{
        arriving->programme = qf_programme_free(arriving->programme);
        forget_cells(arriving, KEEP_CELLS);
        return anew ? qf_programme_new(&arriving->programme) : 0;
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
        return r == -E2BIG || r == -EBADMSG ? QF_ARRIVING_STRANGE : r;
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

/* Room for one more. Cells may come twice, in the passes of one transfer, but not for ever. */
static int reserve(struct qf_arriving *arriving)
{
        size_t room = arriving->room ? arriving->room * 2 : FIRST_CELLS;
        if (arriving->count < arriving->room)
                return 0;
        if (arriving->count / 2 > arriving->cells_max)
                return QF_ARRIVING_TOO_LARGE;
        struct qf_arrived *cells = realloc(arriving->cells, room * sizeof(*cells));
        if (!cells)
                return -ENOMEM;
        arriving->cells = cells;
        arriving->room = room;
        return 0;
}

static int take_cell(struct qf_arriving *arriving, const struct names *names, uint32_t i)
{
        const struct qf_cells_part *cells = names->cells;
        struct qf_arrived cell = {.changed = cells->changed[i]};
        if (!key_of(names, i, &cell.key))
                return QF_ARRIVING_STRANGE;
        if (arriving->keeps && !arriving->keeps(cell.key))
                return 0;
        for (uint32_t k = 0; k < cells->measures_count; k++)
                if (cells->measures[k] < QF_MEASURES)
                        cell.counts.of[cells->measures[k]] =
                                cells->value[(size_t)i * cells->measures_count + k];
        int r = reserve(arriving);
        if (r == 0)
                arriving->cells[arriving->count++] = cell;
        return r;
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
        return 0;
}

/* From the last to the first: what was told last of a cell stands, and what came before is known then. */
static int move_cells(const struct qf_arriving *arriving, struct qf_picture *picture,
                      const struct qf_arriving_calls *calls)
{
        const uint64_t least = qf_picture_latest(picture);
        for (size_t i = arriving->count; i-- > 0;) {
                const struct qf_arrived *arrived = &arriving->cells[i];
                struct qf_cell *cell;
                int r = qf_picture_cell(picture, arrived->key, &cell);
                if (r)
                        return r;
                if (cell->changed && cell->changed >= arrived->changed)
                        continue; /* heard before */
                if (calls->moves)
                        calls->moves(calls->ctx, cell);
                cell->counts = arrived->counts;
                qf_picture_touch(picture, cell, arrived->changed > least ? arrived->changed : least);
                r = calls->moved ? calls->moved(calls->ctx, cell) : 0;
                if (r)
                        return r;
        }
        return qf_picture_cells(picture) > arriving->cells_max ? QF_ARRIVING_TOO_LARGE : 0;
}

static void free_picture(struct qf_picture **picture)
{
        *picture = qf_picture_free(*picture);
}

static int replace(struct qf_arriving *arriving, struct qf_held *held)
{
        QF_CLEANUP(free_picture) struct qf_picture *picture = NULL;
        int r = qf_picture_new(&picture);
        if (r == 0)
                r = move_cells(arriving, picture, &(struct qf_arriving_calls){0});
        if (r)
                return r;
        held->picture = qf_picture_free(held->picture);
        held->programme = qf_programme_free(held->programme);
        held->picture = QF_TAKE(picture);
        held->programme = QF_TAKE(arriving->programme);
        return 0;
}

int qf_arriving_settle(struct qf_arriving *arriving, struct qf_held *held, uint64_t version,
                       const struct qf_arriving_calls *calls)
{
        int r = arriving->programme ? replace(arriving, held) : move_cells(arriving, held->picture, calls);
        if (r)
                return r;
        held->version = version;
        return qf_arriving_begin(arriving, false);
}
