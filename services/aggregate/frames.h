/* Update frames: registers, cells and rows as columns with their codes, at most
 * QF_FRAME_BYTES each. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "model/picture.h"
#include "model/statement.h"
#include "model/tally.h"
#include "programme/programme.h"
#include "wire/totals_messages.h"

struct qf_frames;

QF_CHECK int qf_frames_new(struct qf_frames **ret_frames);
struct qf_frames *qf_frames_free(struct qf_frames *frames);

void qf_frames_begin(struct qf_frames *frames, const struct qf_programme *programme);
/* False: the frame is full; end it, begin another and add it there. */
bool qf_frames_add_cell(struct qf_frames *frames, const struct qf_cell *cell);
/* key: as it stands in table rec; of a declared kind it is told too. Lives until end. */
bool qf_frames_add_row(struct qf_frames *frames, uint32_t partner, struct qf_view key,
                       const struct qf_standing *standing);
bool qf_frames_add_register(struct qf_frames *frames, struct qf_view event); /* lives until end */
bool qf_frames_empty(const struct qf_frames *frames);
/* Encodes the frame with the update's id, epoch, after, upto and flags, which the caller has filled. -ENOMEM. */
QF_CHECK int qf_frames_end(struct qf_frames *frames, struct qf_to_reader *update, struct qf_buffer *buffer);
