/* Figures of declared kinds as people write and read them: 12,506 · 2026-05-31 ·
 * 19:30 · 92.5 · 是. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "client/feed_notes.h"
#include "model/kinds.h"

enum { QF_FIGURE_TEXT = 32 };

/* 0, QF_CELL_EMPTY, QF_CELL_UNCLEAR, or of dates QF_CELL_NO_SUCH. Whether it lies within its bounds is judged later. */
QF_CHECK int qf_figure_read(const struct qf_figure *figure, struct qf_view text, uint32_t *ret_value);
/* The same of what is fed, where a date is a day: 0, QF_CELL_EMPTY, or QF_CELL_UNCLEAR with what is to be said of it. */
QF_CHECK int qf_figure_state(const struct qf_figure *figure, struct qf_view text, uint32_t *ret_value,
                             enum qf_note_code *ret_note);
char *qf_figure_print(const struct qf_figure *figure, int64_t value, bool chinese, char room[QF_FIGURE_TEXT]);
