/* Which tokens were used today already: the logbook has a line for the first use of each
 * on a day. Pure: no clock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wire/tokens.h"

struct qf_token_use { /* zero-initialised: none was */
        struct {
                uint8_t digest[8];
                int32_t day; /* since 1970 */
        } of[QF_TOKENS_MAX];
        uint32_t count;
};

/* Notes it. true: the first time on that day. A token that is new while all places are taken takes that of one that has
 * not been used for longest. */
bool qf_token_use_first(struct qf_token_use *use, const uint8_t digest[QF_SHA256_BYTES], int32_t day);
