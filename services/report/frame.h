/* Updates as bytes: cells as columns over the codes they name. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "model/picture.h"
#include "programme/programme.h"
#include "wire/totals_messages.h"

enum { QF_REPORT_FRAME_CELLS = 600 }; /* below QF_FRAME_BYTES for all but the longest codes */

/* Appends the update, whose other fields the caller has filled, with these cells and the measures of the bitmap. */
QF_CHECK int qf_report_frame_encode(struct qf_arena *arena, const struct qf_programme *programme,
                                    uint32_t measures, struct qf_cell *const *cells, size_t count,
                                    struct qf_to_reader *update, struct qf_buffer *buffer);
