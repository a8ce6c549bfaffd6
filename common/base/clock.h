/* The two clocks. Nothing in common/model, common/programme or the daemons'
 * cores reads them: edges pass times in. */
#pragma once

#include <stdint.h>

int64_t qf_clock_wall_ms(void); /* since 1970, UTC */
int64_t qf_clock_mono_ms(void); /* never steps; for timers */
int64_t qf_clock_mono_ns(void);
