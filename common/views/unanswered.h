/* Why a question has no answer, for people: a refusal's code says it in Chinese, its own sentence in English. Pure. */
#pragma once

#include "wire/totals_messages.h"

/* NULL: of an answer, or a code that is not known here, as by a newer release. */
const char *qf_unanswered_zh(uint32_t code /* enum qf_query_code */);
