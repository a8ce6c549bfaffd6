/* Editions made again from the journal: frozen where their close stands, and held
 * against the parts that were journaled when they were published. */
#pragma once

#include <stdint.h>

#include "base/digest.h"
#include "client/apply.h"
#include "programme/edition_data.h"
#include "store/standings.h"

enum qf_recount_published { QF_RECOUNT_UNPUBLISHED, QF_RECOUNT_REPRODUCED, QF_RECOUNT_DIFFERS };

struct qf_recount_edition {
        uint8_t digest[QF_SHA256_BYTES]; /* of the data, made here */
        uint64_t size;
        enum qf_recount_published published; /* whether the journaled parts are that data */
        struct qf_sha256 *parts;             /* of those that came so far; NULL: none */
};

struct qf_recount_editions { /* zero-initialised is empty; at[id - 1] */
        struct qf_recount_edition *at;
        uint32_t count;
};

void qf_recount_editions_deinit(struct qf_recount_editions *editions);
/* For qf_apply_calls.registered: an event of an edition; others are passed over. -ENOMEM, -EBADMSG, -EOVERFLOW. */
QF_CHECK int qf_recount_editions_take(struct qf_recount_editions *editions, const struct qf_apply *apply,
                                      const struct qf_standings *standings, const struct qf_event *event);

/* Takes all that stand into a fold. */
QF_CHECK int qf_recount_fold(const struct qf_standings *standings, struct qf_edition_fold *fold);
