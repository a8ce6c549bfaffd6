/* Why a question has no answer, for people: a refusal's code says it in Chinese, its own sentence in English. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "wire/totals_messages.h"

/* NULL: of an answer, or a code that is not known here, as by a newer release. */
const char *qf_unanswered_zh(uint32_t code /* enum qf_query_code */);
/* The server's own sentence about a name, in Chinese. False: it is none of those that are known here. */
bool qf_unanswered_name_zh(struct qf_view say, char *ret_text, size_t room);
