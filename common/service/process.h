/* What a process holds of the machine, as the kernel says. */
#pragma once

#include <stdint.h>

struct qf_process_facts {    /* what cannot be known is -1 */
        int64_t descriptors; /* open ones */
        int64_t resident_bytes;
};

void qf_process_facts(struct qf_process_facts *ret_facts);
