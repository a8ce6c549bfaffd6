/* Why counting stands still, waits or is doubted, for people: what a Pulse says (PROTOCOL.md 7.5) is one of a few English
 * sentences. Pure. */
#pragma once

#include "base/text.h"

struct qf_standstill {
        const char *code;   /* as the JSON API has it */
        const char *begins; /* how the sentence begins; the English of it is the sentence */
        const char *zh;
};

/* NULL: nothing is said, or something that is not known here, as by a newer release. */
const struct qf_standstill *qf_standstill_of(struct qf_view say);
