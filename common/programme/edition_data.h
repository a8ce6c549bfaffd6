/* The canonical data of an edition: text, byte for byte a function of the journal
 * up to its close, whoever makes it: aggregation, `qf verify`, or the second
 * implementation in tests/oracle. Pure: what stands is handed in, in any order.
 *
 * Lines of fields with a tab between them. First, in this order:
 *
 *     qf-edition 1
 *     scope CODE                  · empty: everything
 *     period FIRST LAST           · yyyymm
 *     edition N
 *     closed POSITION MS SOURCE BY
 *     previous DIGEST             · SHA-256 of the data of edition N - 1, in hex; empty
 *     programme POSITION          · of the last event that said what the programme is
 *     setting NAME VALUE          · code, title_zh, title_en, scope_zh, scope_en, rounding, training
 *     waived CODE                 · as the close named them
 *
 * then the others, sorted by their bytes, each once:
 *
 *     cell DIMENSION MEMBER PERIOD RECORDS ACTIVITIES ATTENDANCES RECORDS-UNKNOWN ACTIVITIES-UNKNOWN
 *     dimension CODE ZH EN MULTI        · of those below; MULTI 1 or 0
 *     member DIMENSION CODE ZH EN       · of all that cells and statements name, on the period's last day
 *     statement KIND PARTNER KEY DATE FIGURE ... DIMENSION=CODE ...   · of declared kinds; an empty figure: not stated
 *
 * Periods are months (20230500) and what is known to the year only (20230000): the days of a month are in it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "model/tally.h"
#include "programme/editions.h"

/* What the journal says of the close, besides the edition itself. */
struct qf_edition_closing {
        int64_t received_at_ms; /* of its record */
        struct qf_view source;
        const uint8_t *previous; /* digest of the data of the edition before it; NULL: it is the first */
};

struct qf_edition_fold;

/* Of what stands now. The programme and the edition must outlive it. -ENOMEM. */
QF_CHECK int qf_edition_fold_new(const struct qf_programme *programme, const struct qf_edition *edition,
                                 struct qf_edition_fold **ret_fold);
struct qf_edition_fold *qf_edition_fold_free(struct qf_edition_fold *fold);
/* From now on it lists what it is handed, and makes no cells: "activity PARTNER KEY DATE SESSIONS ATTENDANCES
 * DIMENSION=CODE …" (attendances empty: not known) beside the statements. */
void qf_edition_fold_list(struct qf_edition_fold *fold);
/* A standing with its key as in the tally's store; what does not belong to it, or counts nothing, is passed over.
 * -ENOMEM, -EOVERFLOW. */
QF_CHECK int qf_edition_fold_take(struct qf_edition_fold *fold, uint32_t partner, struct qf_view key,
                                  const struct qf_standing *standing);
/* Appends the data; of a list the lines alone (closing NULL). To be called once. -ENOMEM. */
QF_CHECK int qf_edition_fold_print(struct qf_edition_fold *fold, const struct qf_edition_closing *closing,
                                   struct qf_buffer *ret_data);

/* Reading it again: lines, and fields of a line; false: no more. */
bool qf_edition_line(struct qf_view *rest, struct qf_view *ret_line);
bool qf_edition_field(struct qf_view *rest, struct qf_view *ret_field);
