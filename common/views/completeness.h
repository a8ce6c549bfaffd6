/* Cover sheets against who was to send one, and what they declare against what is
 * counted, by organisation and month. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "programme/programme.h"
#include "wire/totals_messages.h"

enum { QF_COVER_ACTIVITIES, QF_COVER_ATTENDANCES, QF_COVER_NUMBERS };

struct qf_cover { /* of an organisation and month; or a part of what is known of it */
        struct qf_view org;
        uint32_t month;                      /* yyyymm */
        bool expected, received, zero, late; /* late: received after its time */
        int64_t declared[QF_COVER_NUMBERS], counted[QF_COVER_NUMBERS];
};

struct qf_cover_sums {
        uint32_t expected, received, timely; /* received, and received in time: of those expected */
        uint32_t beside;                     /* received without being expected */
        uint32_t zero, differing;            /* of all that were received */
};

/* Puts the parts together, sorted by organisation and month; what was only counted is left out. Gives how many are
 * left. */
uint32_t qf_completeness_fold(struct qf_cover *parts, uint32_t count);
bool qf_cover_differs(const struct qf_cover *cover); /* W220: it declares other numbers than are counted */
struct qf_cover_bounds {
        uint32_t first_day, last_day;
        /* Whether a cover of this organisation, a member, and month yyyymm is due to who asks. NULL: all are. */
        bool (*is_due)(const void *ctx, uint32_t org, uint32_t month);
        const void *ctx;
};

/* All covers of the months within bounds, made with malloc. listed: of period_report, counted: totals by org and
 * month, of the same days. -ENOMEM. */
QF_CHECK int qf_completeness_make(const struct qf_programme *programme, const struct qf_cover_bounds *bounds,
                                  const struct qf_to_reader *listed, const struct qf_to_reader *counted,
                                  struct qf_cover **ret_covers, uint32_t *ret_count);
struct qf_cover_sums qf_completeness_sum(const struct qf_cover *covers, uint32_t count);
