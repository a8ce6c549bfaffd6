/* What each reader's source takes of reporting, whose one thread makes every answer and
 * every frame: time, counted in two buckets of a source, so that subscriptions that take
 * all they can get do not keep its own questions waiting. No clock: time is passed in. */
#pragma once

#include "base/quota.h"

enum qf_share_kind {
        QF_SHARE_ANSWERS, /* and all else that is done about a message */
        QF_SHARE_UPDATES,
        QF_SHARE_KINDS,
};

struct qf_share {
        struct qf_quotas *of[QF_SHARE_KINDS];
        uint64_t put_off;          /* messages, since the start */
        uint32_t put_off_source;   /* the last */
        uint32_t put_off_messages; /* since the last rest */
        size_t put_off_bytes;
};

/* Of zeros. ms_per_s: of each source and kind, a second's worth at once; 0: any. -ENOMEM: deinit all the same. */
QF_CHECK int qf_share_init(struct qf_share *share, uint32_t ms_per_s);
void qf_share_set(struct qf_share *share, uint32_t ms_per_s); /* from now on */
void qf_share_deinit(struct qf_share *share);
/* 0: it may be served; QF_QUOTA_OVER: not before *ret_retry_ms; -ENOMEM. */
QF_CHECK int qf_share_ask(struct qf_share *share, enum qf_share_kind kind, uint32_t source, int64_t mono_ns,
                          uint32_t *ret_retry_ms);
/* What serving it took, from begun_ns on; bytes: received and sent, which another thread decrypts and encrypts. */
QF_CHECK int qf_share_pay(struct qf_share *share, enum qf_share_kind kind, uint32_t source, int64_t begun_ns,
                          size_t bytes, int64_t mono_ns);
void qf_share_put_off(struct qf_share *share, uint32_t source, size_t bytes);
/* How long to read from no door after what was put off since the last call: only a connection that is not read from
 * holds a flood back. */
uint32_t qf_share_rest_us(struct qf_share *share);
