/* Cover sheets against who was to send one, and what they declare against what is
 * counted, by organisation and month. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum { QF_COVER_ACTIVITIES, QF_COVER_ATTENDANCES, QF_COVER_NUMBERS };

struct qf_cover { /* of an organisation and month; or a part of what is known of it */
        struct qf_view org;
        uint32_t month; /* yyyymm */
        bool expected, received, zero;
        int64_t declared[QF_COVER_NUMBERS], counted[QF_COVER_NUMBERS];
};

struct qf_cover_sums {
        uint32_t expected, received; /* received: of those expected */
        uint32_t beside;             /* received without being expected */
        uint32_t zero, differing;    /* of all that were received */
};

/* Puts the parts together, sorted by organisation and month; what was only counted is left out. Gives how many are
 * left. */
uint32_t qf_completeness_fold(struct qf_cover *parts, uint32_t count);
bool qf_cover_differs(const struct qf_cover *cover); /* W220: it declares other numbers than are counted */
struct qf_cover_sums qf_completeness_sum(const struct qf_cover *covers, uint32_t count);
