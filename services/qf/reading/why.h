/* Where a number comes from: the records that make it, put together again by the
 * rules of adding (model/kinds.h), apart from the code that counts. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/kinds.h"
#include "programme/programme.h"
#include "wire/totals_messages.h"

enum { QF_WHY_CELLS_MAX = 2, QF_WHY_PERIOD_BYTES = 12 };

enum qf_why_how { QF_WHY_OWN, QF_WHY_SUM, QF_WHY_MAX, QF_WHY_MIN };

struct qf_why {
        const struct qf_programme
                *programme; /* which group a member belongs to on a day; NULL: cells are of no groups */
        const struct qf_kind_spec *spec; /* NULL: activities */
        enum qf_measure count;           /* of activities */
        const struct qf_kind_measure *measure;
        enum qf_why_how how;
        uint32_t stock_day;   /* a stock stands on this day */
        uint32_t cells_count; /* only records that have this very member, as a row of a table does */
        struct qf_view dimension[QF_WHY_CELLS_MAX], member[QF_WHY_CELLS_MAX]; /* "": not stated */
        char period[QF_WHY_CELLS_MAX]
                   [QF_WHY_PERIOD_BYTES]; /* of day, month and year, as a table has it: 202305 */
};

/* As an Answer has it for one measure: value, n of a ratio or how many state it, and how many do not. */
struct qf_why_sum {
        int64_t value, of, unknown;
};

struct qf_why_part { /* of one record */
        bool belongs, known;
        int64_t value, of; /* of: n of a ratio */
};

/* "activities", "views", "max:peak" of a kind ("activity" or declared). False: there is no such kind or measure. */
bool qf_why_name(struct qf_why *why, struct qf_view kind, struct qf_view measure);
/* "org=HX", "month=2023-05"; the views are of the text, or of why itself, which is not copied after. False: not so written, or too many. */
bool qf_why_cell(struct qf_why *why, struct qf_view text);
bool qf_why_is_stock(const struct qf_why *why);
/* What a row of a list adds. */
struct qf_why_part qf_why_part_of(const struct qf_why *why, const struct qf_to_reader *list,
                                  const struct qf_answer_row *row);
/* Adds it to the sum, which begins as zeros. False: beyond all numbers. */
bool qf_why_add(const struct qf_why *why, const struct qf_why_part *part, struct qf_why_sum *sum);
/* The number itself, of an answer about totals that was asked for by the cells' dimensions. False: the rules of adding
 * have none there. */
bool qf_why_number(const struct qf_why *why, const struct qf_to_reader *totals, struct qf_why_sum *ret_sum);
bool qf_why_same(const struct qf_why_sum *a, const struct qf_why_sum *b);
