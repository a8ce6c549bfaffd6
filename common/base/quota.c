/* Why: one program's loop gone wild must not be everybody's bad day. Levels are kept
 * in hours of milliseconds, so that any rate is exact in integers. */
#include "base/quota.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Twice as many hours of milliseconds still fit 63 bits. */
#define AT_ONCE_MOST (UINT64_C(1) << 39)

enum { HOUR_MS = 60 * 60 * 1000, SOURCES_FIRST = 16, RETRY_MOST_MS = 10 * 60 * 1000 };

struct bucket {
        int64_t level; /* units × HOUR_MS; below 0: owed */
        int64_t at_ms; /* 0: full */
};

struct qf_quotas {
        struct qf_quota_limit limits[QF_QUOTA_KINDS_MAX];
        unsigned kinds;
        uint32_t sources;
        struct bucket *buckets; /* kinds for each ref - 1 */
};

static void set_limits(struct qf_quotas *quotas, const struct qf_quota_limit *limits)
{
        for (unsigned kind = 0; kind < quotas->kinds; kind++) {
                quotas->limits[kind] = limits[kind];
                if (limits[kind].at_once > AT_ONCE_MOST)
                        quotas->limits[kind].at_once = AT_ONCE_MOST;
        }
}

int qf_quotas_new(const struct qf_quota_limit *limits, unsigned kinds, struct qf_quotas **ret_quotas)
{
        QF_ASSERT(kinds <= QF_QUOTA_KINDS_MAX);
        struct qf_quotas *quotas = calloc(1, sizeof *quotas);
        if (!quotas)
                return -ENOMEM;
        quotas->kinds = kinds;
        set_limits(quotas, limits);
        *ret_quotas = quotas;
        return 0;
}

void qf_quotas_set(struct qf_quotas *quotas, const struct qf_quota_limit *limits)
{
        set_limits(quotas, limits);
        if (quotas->sources > 0)
                memset(quotas->buckets, 0, (size_t)quotas->sources * quotas->kinds * sizeof *quotas->buckets);
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
        size_t each = quotas->kinds * sizeof *quotas->buckets;
        struct bucket *grown = realloc(quotas->buckets, sources * each);
        if (!grown)
                return -ENOMEM;
        quotas->buckets = grown;
        memset(grown + (size_t)quotas->sources * quotas->kinds, 0, (sources - quotas->sources) * each);
        quotas->sources = sources;
        return 0;
}

/* As full as time made it. */
static void fill(struct bucket *bucket, const struct qf_quota_limit *limit, int64_t now_ms)
{
        int64_t full = (int64_t)limit->at_once * HOUR_MS;
        uint64_t since = now_ms > bucket->at_ms ? (uint64_t)(now_ms - bucket->at_ms) : 0;

        if (bucket->at_ms == 0 || since > (uint64_t)(full - bucket->level) / limit->an_hour)
                bucket->level = full;
        else
                bucket->level += (int64_t)(since * limit->an_hour);
        bucket->at_ms = now_ms;
}

static int64_t price(const struct qf_quota_limit *limit, uint64_t cost)
{
        return (int64_t)(cost < limit->at_once ? cost : limit->at_once) * HOUR_MS;
}

/* Its buckets, filled. */
static int find(struct qf_quotas *quotas, uint32_t source, int64_t now_ms, struct bucket **ret_buckets)
{
        QF_ASSERT(source > 0);
        if (make_room(quotas, source) != 0)
                return -ENOMEM;
        struct bucket *buckets = quotas->buckets + (size_t)(source - 1) * quotas->kinds;
        for (unsigned kind = 0; kind < quotas->kinds; kind++)
                if (quotas->limits[kind].an_hour != 0)
                        fill(&buckets[kind], &quotas->limits[kind], now_ms);
        *ret_buckets = buckets;
        return 0;
}

int qf_quotas_take(struct qf_quotas *quotas, uint32_t source, const uint64_t *costs, int64_t now_ms,
                   uint32_t *ret_retry_ms)
{
        uint64_t wait_ms = 0;
        struct bucket *buckets = NULL;
        int r = find(quotas, source, now_ms, &buckets);

        if (r != 0)
                return r;
        for (unsigned kind = 0; kind < quotas->kinds; kind++) {
                const struct qf_quota_limit *limit = &quotas->limits[kind];
                int64_t lacks = price(limit, costs[kind]) - buckets[kind].level;
                if (limit->an_hour == 0 || lacks <= 0)
                        continue;
                uint64_t until_ms = ((uint64_t)lacks + limit->an_hour - 1) / limit->an_hour;
                wait_ms = until_ms > wait_ms ? until_ms : wait_ms;
        }
        if (wait_ms > 0) {
                *ret_retry_ms = (uint32_t)(wait_ms < RETRY_MOST_MS ? wait_ms : RETRY_MOST_MS);
                return QF_QUOTA_OVER;
        }
        for (unsigned kind = 0; kind < quotas->kinds; kind++)
                if (quotas->limits[kind].an_hour != 0)
                        buckets[kind].level -= price(&quotas->limits[kind], costs[kind]);
        return 0;
}

int qf_quotas_owe(struct qf_quotas *quotas, uint32_t source, const uint64_t *costs, int64_t now_ms)
{
        struct bucket *buckets = NULL;
        int r = find(quotas, source, now_ms, &buckets);

        for (unsigned kind = 0; r == 0 && kind < quotas->kinds; kind++) {
                int64_t full = (int64_t)quotas->limits[kind].at_once * HOUR_MS;
                uint64_t left = (uint64_t)(buckets[kind].level + full) / HOUR_MS; /* until a bucket is owed */

                buckets[kind].level -= (int64_t)(costs[kind] < left ? costs[kind] : left) * HOUR_MS;
        }
        return r;
}

uint32_t qf_quota_rest_us(uint32_t messages, size_t bytes)
{
        size_t rest_us = bytes / 32 + (size_t)messages * 20;

        return rest_us < QF_QUOTA_REST_MOST_US ? (uint32_t)rest_us : QF_QUOTA_REST_MOST_US;
}
