/* Why: the only place that asks the machine for randomness. */
#include "base/random.h"

#include <sodium.h>

void qf_random(void *bytes, size_t len)
{
        randombytes_buf(bytes, len);
}
