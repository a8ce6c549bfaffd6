/* How long partners wait for counting on this machine. Answers that run ahead of it
 * gain nobody anything: totals fall behind, and what is read from the store again
 * costs the processor that counting lacks. Doors are not read for a while after a
 * group, so that windows hold partners back: the longer, the further counting is
 * behind, up to three times as long as the group took, so that a fourth of the speed
 * is always left; and not at all for counting that is too far behind to be reached
 * soon. */
#pragma once

#include <stdint.h>

struct qf_hold { /* the last group; zero-initialised: none yet. The monotonic clock */
        int64_t worked_ns, ended_ns;
};

void qf_hold_note(struct qf_hold *hold, int64_t began_ns, int64_t ended_ns);
/* Until when no door is read; asked again as counting comes nearer. behind: as qf_tail_behind. */
int64_t qf_hold_until_ns(const struct qf_hold *hold, uint32_t behind);
