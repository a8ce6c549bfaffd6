/* The sentences of the scorecard beside the year's own: rates of a survey and the
 * claim about broadcasts. Pure: rows in, words out.
 *
 *     调查（第一批，全部有效答卷）：知晓率96.5%（965/1000），参与率94.1%（941/1000），满意率超过98%（983/1000）。
 *     直播3场，每场观看都超过1万人次，最少10,240（alpha/live/1，2023-05-06）。 */
#pragma once

#include <jansson.h>

#include "base/bytes.h"
#include "model/ratio.h"
#include "programme/programme.h"
#include "views/claim.h"

enum qf_score_name { QF_SCORE_WAVE, QF_SCORE_BASE, QF_SCORE_RATE, QF_SCORE_NAMES };

struct qf_score_rate {
        struct qf_view codes[QF_SCORE_NAMES], labels[QF_SCORE_NAMES];
        uint32_t order[QF_SCORE_NAMES]; /* of the members in the programme */
        int64_t k, n;
        int64_t over; /* percent that it is said to be above; 0: nothing is said */
};

/* Adds k and n of one question, base and wave, and nothing else; puts rates in the programme's order. Gives how many
 * are left. */
uint32_t qf_scorecard_pool(struct qf_score_rate *rates, uint32_t count);
/* The rates of a list of survey_result, pooled, made with malloc; nothing is said of any. Positive 1: not understood;
 * -ENOMEM. */
QF_CHECK int qf_scorecard_take(bool chinese, const struct qf_programme *programme,
                               const struct qf_to_reader *answer, struct qf_score_rate **ret_rates,
                               uint32_t *ret_count);
/* [{wave, base, rate_kind, k, n, percent, over {percent, holds}}] */
json_t *qf_scorecard_json(const struct qf_score_rate *rates, uint32_t count, enum qf_rounding rounding);
/* A line for each wave and base, of pooled rates. -ENOMEM. */
QF_CHECK int qf_scorecard_rates(bool chinese, const struct qf_score_rate *rates, uint32_t count,
                                enum qf_rounding rounding, struct qf_buffer *ret_text);
/* A line; names each record that breaks the claim, and each whose views are not known. -ENOMEM. */
QF_CHECK int qf_scorecard_broadcasts(bool chinese, const struct qf_claim *claim,
                                     const struct qf_to_reader *answer, struct qf_buffer *ret_text);
