/* Why: who waits for minutes wants to see that they pass for something. */
#include "base/so_far.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

enum { EVERY_MS = 200 };

void qf_so_far_tell(const struct qf_so_far *so_far, uint64_t done, uint64_t all)
{
        if (so_far && so_far->tell)
                so_far->tell(so_far->ctx, done, all);
}

void qf_so_far_print(void *ctx, uint64_t done, uint64_t all)
{
        int64_t *told_ms = ctx;
        const int64_t now_ms = qf_clock_mono_ms();

        if (now_ms - *told_ms < EVERY_MS && done != all)
                return;
        *told_ms = now_ms;
        printf("{\"done\":%" PRIu64 ",\"all\":%" PRIu64 "}\n", done, all);
        (void)fflush(stdout);
}
