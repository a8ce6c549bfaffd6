/* Counts as people read them, the same in every command: numbers in groups of
 * three, means over what is known, remarks as sentences. */
#pragma once

#include "model/ratio.h"
#include "programme/programme.h"
#include "qf/cli/cli.h"
#include "qf/cli/text_table.h"
#include "wire/totals_messages.h"

enum { QF_FIGURE_BYTES = 32, QF_NOTE_TEXT_BYTES = 512 };

/* The English noun after a number. */
const char *qf_figures_noun(int64_t number, const char *one, const char *many);
/* Activities with known attendance. */
int64_t qf_figures_known(const struct qf_counts *counts);
/* "1,234"; "—" where activities are counted and none of them states its attendance. */
char *qf_figures_attendances(const struct qf_counts *counts, char *ret_text, size_t room);
/* Attendances per activity, over those with known attendance: "29.4"; "—" when there are none. */
char *qf_figures_mean(const struct qf_counts *counts, enum qf_rounding rounding, char *ret_text, size_t room);
/* A paragraph: activities, attendances, what is not known, the mean. Appends to the buffer. -ENOMEM. */
QF_CHECK int qf_figures_sentence(bool chinese, const struct qf_counts *counts, enum qf_rounding rounding,
                                 struct qf_buffer *ret_text);
/* Adds four cells: activities, attendances, the mean, activities of which the attendance is not known. -ENOMEM. */
QF_CHECK int qf_figures_add(struct qf_text_table *table, const struct qf_counts *counts,
                            enum qf_rounding rounding);
/* A remark of reporting ("not_additive content") as a sentence; "" when the table already says it. */
char *qf_figures_note(const struct qf_cli *cli, const struct qf_programme *programme, struct qf_view note,
                      char *ret_text, size_t room);
/* The same, of a list: what it leaves out is in none of its sums either. */
char *qf_figures_list_note(const struct qf_cli *cli, const struct qf_programme *programme,
                           struct qf_view note, char *ret_text, size_t room);
/* "2023-05-06"; "2023-05" or "2023" when no more is known. */
char *qf_figures_date(uint32_t date, char ret_text[QF_FIGURE_BYTES]);
