/* What one source may take of something, so that others have it too: buckets for each
 * source, one of a kind, which fill with time and are emptied by what it does. Pure:
 * time is passed in. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct qf_quota_limit {
        uint64_t an_hour; /* 0: without a limit */
        uint64_t at_once; /* the bucket's size, and how it begins; more than 2^39 is that */
};

struct qf_quotas;

enum { QF_QUOTA_OVER = 1, QF_QUOTA_KINDS_MAX = 8, QF_QUOTA_REST_MOST_US = 5000 };

/* limits: one for each kind, copied; at most QF_QUOTA_KINDS_MAX. */
QF_CHECK int qf_quotas_new(const struct qf_quota_limit *limits, unsigned kinds,
                           struct qf_quotas **ret_quotas);
/* Other limits from now on; all buckets begin full. */
void qf_quotas_set(struct qf_quotas *quotas, const struct qf_quota_limit *limits);
struct qf_quotas *qf_quotas_free(struct qf_quotas *quotas);
/* Takes from all buckets of a source (ref, from 1) or from none; costs: one for each kind. What is larger than a bucket
 * takes a full one. OVER: *ret_retry_ms is when it will do, if nothing else is taken. A clock that is set back fills
 * nothing meanwhile. */
QF_CHECK int qf_quotas_take(struct qf_quotas *quotas, uint32_t source, const uint64_t *costs, int64_t now_ms,
                            uint32_t *ret_retry_ms);
/* Of what costs is known afterwards: takes it whether it is there or not. A source may come to owe a bucket, and take
 * says OVER to it, for nothing too, until that is paid. */
QF_CHECK int qf_quotas_owe(struct qf_quotas *quotas, uint32_t source, const uint64_t *costs, int64_t now_ms);
/* How long to read nothing after so much was put off: as if it came at 32 MiB and 50,000 messages a second. Only a
 * connection that is not read from holds a flood back. */
uint32_t qf_quota_rest_us(uint32_t messages, size_t bytes);
