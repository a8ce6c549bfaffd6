/* Each step is a block of numbers, so that who drives it can look at the clock between them; and what is about
 * to change is a block of one, looked at ahead of its turn. */
#include "report/query_steps.h"

#include <errno.h>
#include <stdlib.h>

static int plan_nothing(struct qf_query *query)
{
        query->answer->code = QF_QUERY_UNKNOWN_NAME;
        query->answer->say = QF_VIEW("this server does not know this kind of question");
        return 1;
}

static const struct qf_query_kind unknown = {.plan = plan_nothing};

static const struct qf_query_kind *kind_of(enum qf_query_what what)
{
        switch (what) {
        case QF_QUERY_TOTALS: return &qf_query_totals;
        case QF_QUERY_GROWTH: return &qf_query_growth;
        case QF_QUERY_DECLARED: return &qf_query_declared;
        case QF_QUERY_LIST: return &qf_query_list;
        case QF_QUERY_CHECK: return &qf_query_check;
        case QF_QUERY_STATUS:
        case QF_QUERY_WAITING:
        case QF_QUERY_EDITION:
        case QF_QUERY_SAID: break;
        }
        return &unknown;
}

int qf_query_begin(const struct qf_query_world *world, const struct qf_rights *rights,
                   const struct qf_from_reader *ask, struct qf_arena *arena, struct qf_to_reader *answer,
                   struct qf_query **ret_query)
{
        struct qf_query *query = calloc(1, sizeof(*query));

        if (!query)
                return -ENOMEM;
        *query = (struct qf_query){.world = *world,
                                   .rights = rights,
                                   .ask = ask,
                                   .arena = arena,
                                   .answer = answer,
                                   .kind = kind_of(ask->query)};
        query->kept = calloc(1, query->kind->bytes + 1);
        if (!query->kept) {
                free(query);
                return -ENOMEM;
        }
        *ret_query = query;
        return 0;
}

struct qf_query *qf_query_free(struct qf_query *query)
{
        if (!query)
                return NULL;
        if (query->kind->deinit)
                query->kind->deinit(query->kept);
        for (uint32_t i = 0; i < query->walks_count; i++)
                qf_scan_deinit(&query->walks[i].scan);
        free(query->kept);
        free(query);
        return NULL;
}

void qf_query_walk(struct qf_query *query, const struct qf_walk *walk, uint32_t end)
{
        struct qf_walk *made = &query->walks[query->walks_count++];

        QF_ASSERT(query->walks_count <= QF_WALKS_MAX);
        *made = *walk;
        made->scan = (struct qf_scan){.end = end};
}

static int walk_on(struct qf_query *query)
{
        struct qf_walk *walk = &query->walks[query->walk];
        uint32_t first, count;

        if (walk->numbers)
                walk->scan.end = walk->numbers(walk->ctx);
        if (qf_scan_next(&walk->scan, walk->block, &first, &count))
                return walk->look(walk->ctx, &walk->scan, first, count);
        query->walk++;
        return 0;
}

bool qf_query_reads_rows(const struct qf_query *query)
{
        return query->walk < query->walks_count && query->walks[query->walk].of != QF_QUERY_OF_CELLS;
}

/* A refusal is an answer too. */
int qf_query_step(struct qf_query *query)
{
        int r = query->over;

        if (r == 0 && !query->planned) {
                query->planned = true;
                r = query->kind->plan(query);
        } else if (r == 0 && query->walk < query->walks_count) {
                r = walk_on(query);
        } else if (r == 0) {
                r = query->kind->write(query);
                return r < 0 ? r : 0;
        }
        return r < 0 ? r : r > 0 ? 0 : QF_QUERY_GOES_ON;
}

static int change(struct qf_walk *walk, uint32_t number)
{
        int r;

        if (number >= walk->scan.end)
                return 0;
        if (!qf_scan_awaits(&walk->scan, number))
                return walk->keep ? walk->keep(walk->ctx, number) : 0;
        r = walk->look(walk->ctx, &walk->scan, number, 1);
        if (r == 0)
                r = qf_scan_look_ahead(&walk->scan, number);
        return r == 0 && walk->keep ? walk->keep(walk->ctx, number) : r;
}

void qf_query_changes(struct qf_query *query, enum qf_query_of of, uint32_t number)
{
        for (uint32_t i = 0; i < query->walks_count && query->over == 0; i++)
                if (query->walks[i].of == of)
                        query->over = change(&query->walks[i], number);
}
