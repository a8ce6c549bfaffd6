/* All statements of declared kinds as they stand, in memory: their dates, members
 * and keys as a table of columns like that of activities, their figures beside it. They are few; what is asked is folded over all of them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/event.h"
#include "programme/programme.h"
#include "report/table.h"
#include "wire/totals_messages.h"

struct qf_declared_held {
        uint8_t kind, stated;
        uint32_t figures[QF_FIGURES_MAX];
};

struct qf_declared {
        struct qf_table *table; /* row i of it is at[i]; date 0: counts nothing */
        uint32_t rows, room;
        struct qf_declared_held *at;
};

/* Statements of an update, packed until their version is complete. Positive 1: a name that the registers do not have.
 * -ENOMEM. */
QF_CHECK int qf_declared_pack(const struct qf_programme *programme, const struct qf_declared_row *rows,
                              uint32_t count, struct qf_buffer *buffer);
/* Row and date of the packed statement at *at, which moves behind it. False: there is none. */
bool qf_declared_packed_next(const struct qf_buffer *packed, size_t *at, uint32_t *ret_row,
                             uint32_t *ret_date);
QF_CHECK int qf_declared_new(struct qf_declared **ret_declared);
struct qf_declared *qf_declared_free(struct qf_declared *declared);
QF_CHECK int qf_declared_apply(struct qf_declared *declared, const struct qf_buffer *packed);
/* The digest of a statement, as qf verify makes it of the journal: their sum is the digest of what stands. False: the row
 * counts nothing. */
bool qf_declared_digest(const struct qf_declared *declared, const struct qf_programme *programme,
                        uint32_t row, uint64_t *ret_digest);
