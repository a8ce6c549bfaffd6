/* See the header. */
#include "report/token_use.h"

#include <string.h>

bool qf_token_use_first(struct qf_token_use *use, const uint8_t digest[QF_SHA256_BYTES], int32_t day)
{
        uint32_t oldest = 0, at = 0;

        for (; at < use->count && memcmp(use->of[at].digest, digest, sizeof(use->of[at].digest)) != 0; at++)
                if (use->of[at].day < use->of[oldest].day)
                        oldest = at;
        if (at < use->count && use->of[at].day == day)
                return false;
        if (at == QF_TOKENS_MAX)
                at = oldest;
        else if (at == use->count)
                use->count++;
        memcpy(use->of[at].digest, digest, sizeof(use->of[at].digest));
        use->of[at].day = day;
        return true;
}
