/* What a subscriber asked for: prefixes of measure/dimension/member/period, cut
 * anywhere, the period as eight digits. "activities/total/all/2023" wants the
 * activities of all cells of 2023 of the total; none wants everything. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "model/picture.h"
#include "programme/programme.h"

struct qf_prefix {
        uint32_t measures;   /* bitmap; 0: it names none, and wants nothing */
        struct qf_view rest; /* after the measure and its slash */
};

struct qf_prefixes {
        uint32_t count;
        uint32_t measures; /* of all of them: what a frame carries */
        struct qf_prefix *at;
        struct qf_buffer text; /* all prefixes, each ended by NUL: equal texts are equal wishes */
};

QF_CHECK int qf_prefixes_make(struct qf_prefixes *prefixes, const struct qf_view *asked, uint32_t count);
void qf_prefixes_deinit(struct qf_prefixes *prefixes);
bool qf_prefixes_same(const struct qf_prefixes *a, const struct qf_prefixes *b);
bool qf_prefixes_want(const struct qf_prefixes *prefixes, const struct qf_programme *programme,
                      const struct qf_cell *cell);
