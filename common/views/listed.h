/* Rows of a list (wire/totals_messages.h): date, partner and key, then a column for
 * each dimension, and a figure for each of the kind's. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/kinds.h"
#include "wire/totals_messages.h"

/* Columns of a list before its dimensions. */
enum { QF_LISTED_DATE, QF_LISTED_PARTNER, QF_LISTED_KEY };

uint32_t qf_listed_column(const struct qf_to_reader *answer, const char *dimension); /* by_count: none */
/* Codes joined by commas; "" where it has none. */
struct qf_view qf_listed_member(const struct qf_to_reader *answer, const struct qf_answer_row *row,
                                const char *dimension);
/* The next of codes joined by commas, which moves beyond it; false: no more. */
bool qf_listed_next(struct qf_view *codes, struct qf_view *ret_code);
bool qf_listed_has(struct qf_view codes, struct qf_view code);
/* The day whose names a row is shown with, so that last year's figures have last year's names: the last of the row's
 * day, month, year or date, within the range that was asked for; else the range's last (0: the last names). */
uint32_t qf_listed_names_on(const struct qf_to_reader *answer, const struct qf_answer_row *row,
                            uint32_t range_last);
uint32_t qf_listed_date(const struct qf_answer_row *row); /* 0: what is there is none */
/* A figure; false: not stated, or the kind has none of that name. */
bool qf_listed_figure(const struct qf_kind_spec *spec, const struct qf_answer_row *row, const char *figure,
                      int64_t *ret_value);
uint32_t qf_listed_day(const struct qf_kind_spec *spec, const struct qf_answer_row *row,
                       const char *figure); /* 0: not stated */
/* Whether rows were left out that this reader may not see: then what is not there is not said to be missing. */
bool qf_listed_restricted(const struct qf_to_reader *answer);
