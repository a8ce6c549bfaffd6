/* The latest records in memory, so that a consumer that keeps up costs no read of
 * the store. Records of an open group wait here and are seen only when it is on
 * disk. Bounded in bytes: the oldest go first. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"

struct qf_tail;

QF_CHECK int qf_tail_new(size_t most_bytes, struct qf_tail **ret_tail);
struct qf_tail *qf_tail_free(struct qf_tail *tail);
/* Positions rise by one. Copies. -ENOMEM. */
QF_CHECK int qf_tail_push(struct qf_tail *tail, uint64_t position, const uint8_t hash[QF_SHA256_BYTES],
                          struct qf_view record);
void qf_tail_settle(struct qf_tail *tail); /* all that was pushed is on disk */
void qf_tail_undo(struct qf_tail *tail);   /* forgets what is not */
/* How much begins with that position, in thousandths of what the tail may hold, in bytes or in records: more than 1000
 * may be held no more. 0: nothing does, or 65,536 records and more. */
uint32_t qf_tail_behind(const struct qf_tail *tail, uint64_t position);
/* pending: of the open group too. The view lives until the next push, settle or undo. */
bool qf_tail_get(const struct qf_tail *tail, uint64_t position, bool pending, struct qf_view *ret_record,
                 uint8_t ret_hash[QF_SHA256_BYTES]);
