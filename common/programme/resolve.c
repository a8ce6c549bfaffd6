/* Names of a batch → ids of the registers. A hot path: each name is looked up
 * once per batch, all further values of it cost a comparison. */
#include "programme/registers.h"

#include <errno.h>

#include "base/arena.h"

/* Where a text was last looked up. Codes are seldom used in two dimensions: then the two take turns. */
struct memo {
        uint32_t dimension_at; /* + 1; 0: not yet */
        uint32_t member;
};

static uint32_t member_of(const struct qf_programme *programme, const struct qf_batch *batch,
                          struct memo *memos, const struct qf_value *value)
{
        if (value->dimension == QF_DIMENSION_UNKNOWN || value->member_at >= batch->texts_count)
                return QF_MEMBER_UNKNOWN;
        struct memo *memo = memos ? &memos[value->member_at] : NULL;
        if (memo && memo->dimension_at == value->dimension_at + 1u)
                return memo->member;
        const uint32_t member =
                qf_programme_find_member(programme, value->dimension, batch->texts[value->member_at]);
        if (memo)
                *memo = (struct memo){value->dimension_at + 1u, member};
        return member;
}

/* Those of a batch mostly come in the programme's order. */
static uint16_t dimension_of(const struct qf_programme *programme, struct qf_view code, uint32_t guess)
{
        if (guess <= programme->dimensions_count &&
            qf_view_same(programme->dimensions[guess].dimension.code, code))
                return (uint16_t)guess;
        return qf_programme_find_dimension(programme, code);
}

int qf_programme_resolve(const struct qf_programme *programme, struct qf_batch *batch, struct qf_arena *arena)
{
        batch->unknown = false;
        if (!batch->values_count)
                return 0;
        uint16_t *dimensions = qf_arena_take(arena, batch->dimensions_count * sizeof(*dimensions));
        /* Both may be more than the arena has left: then every name is looked up each time. */
        struct memo *memos = qf_arena_zero(arena, batch->texts_count, sizeof(*memos));
        for (uint32_t i = 0; dimensions && i < batch->dimensions_count; i++)
                dimensions[i] = dimension_of(programme, batch->dimensions[i], i ? dimensions[i - 1] + 1u : 1);
        const uint32_t dimensions_count = batch->dimensions_count, texts_count = batch->texts_count;
        for (struct qf_value *value = batch->values, *end = value + batch->values_count; value < end;
             value++) {
                if (dimensions && memos && value->dimension_at < dimensions_count &&
                    value->member_at < texts_count &&
                    memos[value->member_at].dimension_at == value->dimension_at + 1u) {
                        value->dimension = dimensions[value->dimension_at];
                        value->member = memos[value->member_at].member;
                        continue;
                }
                value->dimension = QF_DIMENSION_UNKNOWN;
                if (value->dimension_at < dimensions_count)
                        value->dimension =
                                dimensions ? dimensions[value->dimension_at]
                                           : qf_programme_find_dimension(
                                                     programme, batch->dimensions[value->dimension_at]);
                value->member = member_of(programme, batch, memos, value);
                batch->unknown |= value->member == QF_MEMBER_UNKNOWN;
        }
        return 0;
}
