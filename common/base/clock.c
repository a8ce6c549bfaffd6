/* Why: the only place that asks the machine what time it is. */
#include "base/clock.h"

#include <time.h>

static int64_t read_ns(clockid_t clock)
{
        struct timespec now = {0};
        (void)clock_gettime(clock, &now);
        return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t qf_clock_wall_ms(void)
{
        return read_ns(CLOCK_REALTIME) / 1000000;
}

int64_t qf_clock_mono_ms(void)
{
        return read_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t qf_clock_mono_ns(void)
{
        return read_ns(CLOCK_MONOTONIC);
}
