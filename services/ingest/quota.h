/* What one source may ask for, so that others are served: five buckets for each,
 * which fill with time and are emptied by what it sends. Pure: time is passed in. */
#pragma once

#include <stdint.h>

#include "base/error.h"

enum qf_quota_kind {
        QF_QUOTA_EVENTS,
        QF_QUOTA_BYTES, /* of messages */
        QF_QUOTA_ASKS,  /* messages that carry no events: Hello, Learn, Skip, Seal, and what cannot be read */
        QF_QUOTA_OUTBOXES, /* that the journal did not know */
        QF_QUOTA_HELLOS,   /* their answers list all outboxes: 100 KiB for 100 bytes */
        QF_QUOTA_KINDS,
};

struct qf_quota_limit {
        uint64_t an_hour; /* 0: without a limit */
        uint64_t at_once; /* the bucket's size, and how it begins */
};

struct qf_quotas;

enum { QF_QUOTA_OVER = 1 };

QF_CHECK int qf_quotas_new(const struct qf_quota_limit limits[QF_QUOTA_KINDS], struct qf_quotas **ret_quotas);
/* Other limits from now on; all buckets begin full. */
void qf_quotas_set(struct qf_quotas *quotas, const struct qf_quota_limit limits[QF_QUOTA_KINDS]);
struct qf_quotas *qf_quotas_free(struct qf_quotas *quotas);
/* Takes from all buckets of a source (ref, from 1) or from none. What is larger than a bucket takes a full one. OVER:
 * *ret_retry_ms is when it will do, if nothing else is taken. A clock that is set back fills nothing meanwhile. */
QF_CHECK int qf_quotas_take(struct qf_quotas *quotas, uint32_t source, const uint64_t costs[QF_QUOTA_KINDS],
                            int64_t now_ms, uint32_t *ret_retry_ms);
