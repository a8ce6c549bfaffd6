/* See the header. The one rule that makes it right: a chunk says end only when
 * nothing that changed after what it covers is left out, so the subscriber's
 * picture then equals the picture at that version, and at no other moment. */
#include "model/fanout.h"

void qf_fanout_begin(struct qf_fanout *fanout, uint64_t have, bool fresh)
{
        *fanout = (struct qf_fanout){.fresh = fresh};
        if (!fresh)
                fanout->have = fanout->held = have;
}

bool qf_fanout_due(const struct qf_fanout *fanout, uint64_t version)
{
        return fanout->fresh || fanout->in_pass || version > fanout->have;
}

/* All wanted cells changed after have; false: more than fit. */
static bool walk(const struct qf_fanout *fanout, const struct qf_picture *picture, qf_fanout_wants wants,
                 void *ctx, struct qf_cell **cells, size_t most_cells, size_t *ret_count)
{
        struct qf_picture_walk changed = qf_picture_changed(picture, fanout->have);
        size_t count = 0;

        for (struct qf_cell *cell; (cell = qf_picture_walk_next(&changed)) != NULL;) {
                if (wants && !wants(ctx, cell))
                        continue;
                if (count == most_cells)
                        return false;
                cells[count++] = cell;
        }
        *ret_count = count;
        return true;
}

/* The next stretch of a pass; ends it when all cells were looked at. */
static size_t pass(struct qf_fanout *fanout, const struct qf_picture *picture, qf_fanout_wants wants,
                   void *ctx, struct qf_cell **cells, size_t most_cells)
{
        size_t all = qf_picture_cells(picture), count = 0;

        for (; fanout->pass_next < all; fanout->pass_next++) {
                struct qf_cell *cell = qf_picture_at(picture, fanout->pass_next);

                if (cell->changed <= fanout->have || (wants && !wants(ctx, cell)))
                        continue;
                if (count == most_cells)
                        return count;
                cells[count++] = cell;
        }
        fanout->in_pass = false;
        fanout->have = fanout->pass_upto;
        return count;
}

void qf_fanout_next(struct qf_fanout *fanout, const struct qf_picture *picture, uint64_t version,
                    qf_fanout_wants wants, void *ctx, struct qf_cell **cells, size_t most_cells,
                    struct qf_fanout_chunk *ret_chunk)
{
        struct qf_fanout_chunk chunk = {.after = fanout->held, .upto = version, .fresh = fanout->fresh};

        fanout->fresh = false;
        if (!fanout->in_pass && walk(fanout, picture, wants, ctx, cells, most_cells, &chunk.count)) {
                chunk.end = true;
        } else {
                if (!fanout->in_pass) {
                        fanout->in_pass = true;
                        fanout->pass_upto = version;
                        fanout->pass_next = 0;
                }
                chunk.upto = fanout->pass_upto;
                chunk.count = pass(fanout, picture, wants, ctx, cells, most_cells);
                chunk.end = !fanout->in_pass && fanout->pass_upto == version;
        }
        if (chunk.end)
                fanout->have = fanout->held = version;
        *ret_chunk = chunk;
}
