/* What stands of declared kinds, compared between processes: a digest of one
 * statement by its codes, since ids may differ; of many it is the sum. */
#pragma once

#include <stdint.h>

#include "programme/programme.h"

/* members: those that the programme has, in any order. */
uint64_t qf_declared_digest_of(const struct qf_programme *programme, uint8_t kind,
                               struct qf_view partner_code, struct qf_view key, uint32_t date, uint8_t stated,
                               const uint32_t figures[QF_FIGURES_MAX], const struct qf_member_of *members,
                               uint32_t members_count);
