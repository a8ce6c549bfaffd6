/* Days, months, years and periods that what was typed may become. Pure. */
#pragma once

#include "qf/shell/words.h"

/* Calls offer for each word; those that do not begin as typed are for the caller to leave out, as with all words. Until a
 * year was typed the last years, or twelve months, are offered; then the months of that year, then the days of that month.
 * fills: QF_FILLS_YEAR to QF_FILLS_PERIOD. today: yyyymmdd. */
void qf_when(enum qf_fills fills, struct qf_view typed, uint32_t today,
             void (*offer)(void *ctx, struct qf_view word), void *ctx);
