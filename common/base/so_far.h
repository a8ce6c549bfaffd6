/* How far a long piece of work has come, told to whoever asked for it. */
#pragma once

#include <stdint.h>

struct qf_so_far {
        void *ctx;
        void (*tell)(void *ctx, uint64_t done,
                     uint64_t all); /* all 0: not known. NULL: nobody wants to know */
};

/* so_far may be NULL. */
void qf_so_far_tell(const struct qf_so_far *so_far, uint64_t done, uint64_t all);

/* A tell for programs that work for another one (services/qf/cli/tool.h): prints {"done": N, "all": N} on standard
 * output, a few times a second. ctx: an int64_t, 0 at first. */
void qf_so_far_print(void *ctx, uint64_t done, uint64_t all);
