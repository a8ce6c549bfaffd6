/* Why: the claim of `qf claim` and the one of the scorecard are the same claim. */
#include "views/claim.h"

bool qf_claim_is_broken(const struct qf_claim *claim, const struct qf_answer_row *row)
{
        const int64_t value = row->figures[claim->place] - 1;

        return value >= 0 && (claim->or_equal ? value < claim->bound : value <= claim->bound);
}

struct qf_claim_checked qf_claim_check(const struct qf_claim *claim, const struct qf_to_reader *answer)
{
        struct qf_claim_checked checked = {.records = answer->answer_rows_count};

        for (uint32_t i = 0; i < answer->answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer->answer_rows[i];
                if (row->figures[claim->place] == 0) {
                        checked.unknown++;
                        continue;
                }
                checked.breaks += qf_claim_is_broken(claim, row);
                if (!checked.least || row->figures[claim->place] < checked.least->figures[claim->place])
                        checked.least = row;
        }
        return checked;
}

bool qf_claim_holds(const struct qf_claim_checked *checked)
{
        return checked->records > 0 && checked->breaks == 0 && checked->unknown == 0;
}
