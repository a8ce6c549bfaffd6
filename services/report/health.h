/* Whether what reporting shows is whole and fresh, as one sentence. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wire/totals_messages.h"

enum { QF_HEALTH_TEXT = 320, QF_HEALTH_FRESH_MS = 10 * 1000 };

/* pulse: as readers get it. held: there is a first picture. False: not well. ret_sentence says why, or what is shown. */
bool qf_health_judge(const struct qf_to_reader *pulse, bool held, int64_t now_ms,
                     char ret_sentence[QF_HEALTH_TEXT]);
