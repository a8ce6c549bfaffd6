/* See the header. */
#include "report/share.h"

enum {
        HOUR_S = 60 * 60,
        BYTES_A_US = 512, /* to encrypt, or to decrypt and look at */
};

static struct qf_quota_limit limit_of(uint32_t ms_per_s)
{
        return (struct qf_quota_limit){.an_hour = UINT64_C(1000) * ms_per_s * HOUR_S,
                                       .at_once = UINT64_C(1000) * ms_per_s};
}

int qf_share_init(struct qf_share *share, uint32_t ms_per_s)
{
        const struct qf_quota_limit us = limit_of(ms_per_s);
        int r = 0;

        for (unsigned kind = 0; kind < QF_SHARE_KINDS && r == 0; kind++)
                r = qf_quotas_new(&us, 1, &share->of[kind]);
        return r;
}

void qf_share_set(struct qf_share *share, uint32_t ms_per_s)
{
        const struct qf_quota_limit us = limit_of(ms_per_s);

        for (unsigned kind = 0; kind < QF_SHARE_KINDS; kind++)
                qf_quotas_set(share->of[kind], &us);
}

void qf_share_deinit(struct qf_share *share)
{
        for (unsigned kind = 0; kind < QF_SHARE_KINDS; kind++)
                (void)qf_quotas_free(share->of[kind]);
        *share = (struct qf_share){0};
}

int qf_share_ask(struct qf_share *share, enum qf_share_kind kind, uint32_t source, int64_t mono_ns,
                 uint32_t *ret_retry_ms)
{
        const uint64_t nothing = 0; /* beyond what it owes */

        return qf_quotas_take(share->of[kind], source, &nothing, mono_ns / 1000000, ret_retry_ms);
}

int qf_share_pay(struct qf_share *share, enum qf_share_kind kind, uint32_t source, int64_t begun_ns,
                 size_t bytes, int64_t mono_ns)
{
        const uint64_t us = (uint64_t)(mono_ns - begun_ns) / 1000 + bytes / BYTES_A_US;

        return qf_quotas_owe(share->of[kind], source, &us, mono_ns / 1000000);
}

void qf_share_put_off(struct qf_share *share, uint32_t source, size_t bytes)
{
        share->put_off++;
        share->put_off_source = source;
        share->put_off_messages++;
        share->put_off_bytes += bytes;
}

uint32_t qf_share_rest_us(struct qf_share *share)
{
        uint32_t rest_us = qf_quota_rest_us(share->put_off_messages, share->put_off_bytes);

        share->put_off_messages = 0;
        share->put_off_bytes = 0;
        return rest_us;
}
