/* What stands of declared kinds, compared between processes: a digest of one
 * statement by its codes, since ids may differ; of many it is the sum. */
#pragma once

#include <stdint.h>

#include "programme/programme.h"

struct qf_declared_said {
        uint8_t kind, stated;
        uint32_t date;
        struct qf_view partner_code, key;
        const uint32_t *figures; /* QF_FIGURES_MAX */
        uint32_t members_count;
        const struct qf_member_of *members; /* that the programme has, in any order */
};

uint64_t qf_declared_digest_of(const struct qf_programme *programme, const struct qf_declared_said *said);
