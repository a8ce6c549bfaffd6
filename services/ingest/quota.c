/* Why: one partner's loop gone wild must not be everybody's bad day. Levels are
 * kept in hours of milliseconds, so that any rate is exact in integers. */
#include "ingest/quota.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR_MS = 60 * 60 * 1000, SOURCES_FIRST = 16, RETRY_MOST_MS = 10 * 60 * 1000 };

struct bucket {
        uint64_t level; /* units × HOUR_MS */
        int64_t at_ms;
};

struct qf_quotas {
        struct qf_quota_limit limits[QF_QUOTA_KINDS];
        uint32_t sources;
        struct bucket (*buckets)[QF_QUOTA_KINDS]; /* by ref - 1; at_ms 0: full */
};

int qf_quotas_new(const struct qf_quota_limit limits[QF_QUOTA_KINDS], struct qf_quotas **ret_quotas)
{
        struct qf_quotas *quotas = calloc(1, sizeof *quotas);
        if (!quotas)
                return -ENOMEM;
        memcpy(quotas->limits, limits, sizeof quotas->limits);
        *ret_quotas = quotas;
        return 0;
}

void qf_quotas_set(struct qf_quotas *quotas, const struct qf_quota_limit limits[QF_QUOTA_KINDS])
{
        memcpy(quotas->limits, limits, sizeof quotas->limits);
        if (quotas->sources > 0)
                memset(quotas->buckets, 0, quotas->sources * sizeof *quotas->buckets);
}

struct qf_quotas *qf_quotas_free(struct qf_quotas *quotas)
{
        if (quotas)
                free(quotas->buckets);
        free(quotas);
        return NULL;
}

static int make_room(struct qf_quotas *quotas, uint32_t source)
{
        uint32_t sources = quotas->sources ? quotas->sources : SOURCES_FIRST;
        if (source <= quotas->sources)
                return 0;
        while (sources < source)
                sources *= 2;
        void *grown = realloc(quotas->buckets, sources * sizeof *quotas->buckets);
        if (!grown)
                return -ENOMEM;
        quotas->buckets = grown;
        memset(quotas->buckets[quotas->sources], 0, (sources - quotas->sources) * sizeof *quotas->buckets);
        quotas->sources = sources;
        return 0;
}

/* As full as time made it. */
static void fill(struct bucket *bucket, const struct qf_quota_limit *limit, int64_t now_ms)
{
        uint64_t full = limit->at_once * HOUR_MS;
        uint64_t since = now_ms > bucket->at_ms ? (uint64_t)(now_ms - bucket->at_ms) : 0;

        if (bucket->at_ms == 0 || since > (full - bucket->level) / limit->an_hour)
                bucket->level = full;
        else
                bucket->level += since * limit->an_hour;
        bucket->at_ms = now_ms;
}

static uint64_t price(const struct qf_quota_limit *limit, uint64_t cost)
{
        return (cost < limit->at_once ? cost : limit->at_once) * HOUR_MS;
}

int qf_quotas_take(struct qf_quotas *quotas, uint32_t source, const uint64_t costs[QF_QUOTA_KINDS],
                   int64_t now_ms, uint32_t *ret_retry_ms)
{
        uint64_t wait_ms = 0;

        QF_ASSERT(source > 0);
        if (make_room(quotas, source) != 0)
                return -ENOMEM;
        struct bucket *buckets = quotas->buckets[source - 1];
        for (unsigned kind = 0; kind < QF_QUOTA_KINDS; kind++) {
                const struct qf_quota_limit *limit = &quotas->limits[kind];
                if (limit->an_hour == 0)
                        continue;
                fill(&buckets[kind], limit, now_ms);
                uint64_t wanted = price(limit, costs[kind]);
                if (wanted <= buckets[kind].level)
                        continue;
                uint64_t until_ms = (wanted - buckets[kind].level + limit->an_hour - 1) / limit->an_hour;
                wait_ms = until_ms > wait_ms ? until_ms : wait_ms;
        }
        if (wait_ms > 0) {
                *ret_retry_ms = (uint32_t)(wait_ms < RETRY_MOST_MS ? wait_ms : RETRY_MOST_MS);
                return QF_QUOTA_OVER;
        }
        for (unsigned kind = 0; kind < QF_QUOTA_KINDS; kind++)
                if (quotas->limits[kind].an_hour != 0)
                        buckets[kind].level -= price(&quotas->limits[kind], costs[kind]);
        return 0;
}
