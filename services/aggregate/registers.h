/* Every register event of the journal in its order, in memory and in table reg:
 * who hears them all in this order learns the same registers with the same ids. */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "programme/programme.h"
#include "store/environment.h"

struct qf_registers;

QF_CHECK int qf_registers_new(struct qf_registers **ret_registers);
struct qf_registers *qf_registers_free(struct qf_registers *registers);

/* Reads table reg and applies it all to the programme. -EBADMSG: it does not parse, or there are not count of them. */
QF_CHECK int qf_registers_load(struct qf_registers *registers, struct qf_txn *txn, uint32_t count,
                               struct qf_arena *arena, struct qf_programme *programme);
/* Notes an event that now stands. */
QF_CHECK int qf_registers_add(struct qf_registers *registers, const struct qf_event *event,
                              uint64_t position);
/* Writes those not yet on disk. 0, QF_STORE_FULL, negative; may be called again. */
QF_CHECK int qf_registers_write(struct qf_registers *registers, struct qf_txn *txn);
void qf_registers_written(struct qf_registers *registers);

uint32_t qf_registers_count(const struct qf_registers *registers);
struct qf_view qf_registers_at(const struct qf_registers *registers, uint32_t i, uint64_t *ret_position);
uint32_t qf_registers_after(const struct qf_registers *registers,
                            uint64_t position); /* index of the first after it */
