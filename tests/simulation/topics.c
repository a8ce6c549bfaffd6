/* Why: see topics.h. A year is the sum of its months and of what is known to the year only. */
#include "simulation/topics.h"

#include <stdio.h>
#include <string.h>

static bool key_of(const struct sim_model *model, const struct sim_published *published,
                   struct qf_cell_key *ret_key)
{
        *ret_key = (struct qf_cell_key){.period = published->period};
        if (qf_view_same(published->dimension, QF_VIEW("total")))
                return true;
        char code[32] = "";
        QF_ASSERT(published->dimension.len < sizeof(code));
        memcpy(code, published->dimension.at, published->dimension.len);
        ret_key->dimension = sim_model_dimension(model, code);
        if (ret_key->dimension == UINT16_MAX)
                return false;
        ret_key->member = sim_model_member(model, ret_key->dimension, published->member);
        return ret_key->member != UINT32_MAX;
}

bool sim_is_published(const struct sim_history *history, const struct sim_published *published)
{
        struct qf_cell_key key;
        int64_t value = 0;

        if (!key_of(history->model, published, &key))
                return false;
        if (published->period >= 10000)
                value = sim_model_at(history->model, key, published->version).of[published->measure];
        for (uint32_t month = 0; month <= 12 && published->period < 10000; month++) {
                key.period = published->period * 10000 + month * 100;
                value += sim_model_at(history->model, key, published->version).of[published->measure];
        }
        return value == published->value;
}

/* Whether a cell is one that is published under the period, by itself or in the sum of its year. */
static bool is_under(const struct qf_cell_key *key, const char *period)
{
        char own[16], year[16];

        (void)snprintf(own, sizeof(own), "%08u/", key->period);
        (void)snprintf(year, sizeof(year), "%u/", key->period / 10000);
        return strncmp(own, period, strlen(period)) == 0 || strncmp(year, period, strlen(period)) == 0;
}

bool sim_is_unpublished(const struct sim_history *history, const struct sim_published *topics,
                        const char *period)
{
        struct qf_cell_key key, wanted;
        struct qf_counts counts;

        if (!key_of(history->model, topics, &wanted))
                return true;
        for (uint32_t i = 0; sim_model_cell(history->model, i, topics->version, &key, &counts); i++)
                if (key.dimension == wanted.dimension && key.member == wanted.member &&
                    is_under(&key, period) && !sim_counts_are_zero(&counts))
                        return false;
        return true;
}
