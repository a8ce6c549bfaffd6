/* "Each of them is above": decided on the exact integers of a list, pure. One
 * record whose figure is not known leaves a claim open. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/kinds.h"
#include "wire/totals_messages.h"

enum { QF_CLAIM_VIEWS = 10000 }; /* what each broadcast is held against, where nothing else is asked */

struct qf_claim {
        const struct qf_kind_spec *spec;
        int place; /* of the figure */
        bool or_equal;
        uint32_t bound;
};

struct qf_claim_checked {
        uint32_t records, breaks, unknown;
        const struct qf_answer_row *least; /* NULL: none is known */
};

bool qf_claim_is_broken(const struct qf_claim *claim, const struct qf_answer_row *row);
struct qf_claim_checked qf_claim_check(const struct qf_claim *claim, const struct qf_to_reader *answer);
bool qf_claim_holds(const struct qf_claim_checked *checked);
