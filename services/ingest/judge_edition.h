/* What the tables say against an event of an edition, beyond what the registers
 * say (programme/editions.h): nothing that was said of an edition is replaced, and
 * its parts come in their order. */
#pragma once

#include <stdint.h>

#include "model/event.h"
#include "model/statement.h"
#include "model/verdict.h"
#include "programme/editions.h"
#include "programme/programme.h"
#include "store/environment.h"

struct qf_edition_trial {
        struct qf_txn *txn;
        const struct qf_programme *programme;
        const struct qf_event *event;
        uint32_t today; /* local date of receipt: a period is closed when it is over */
        const uint8_t *content;
};

/* standing: the head under the event's key. Changes the verdict, which is accepted before, when it is not. *ret_bytes is set of a
 * part: those of its file, up to its end, which its head keeps as date. 0 or negative. */
QF_CHECK int qf_edition_judge(const struct qf_edition_trial *trial, const struct qf_head *standing,
                              struct qf_detail *ret_detail, struct qf_verdict *ret_verdict,
                              uint32_t *ret_bytes);

/* The edition of a closed period that a statement, if it is taken, changes: what stood (date 0: nothing did) belongs to
 * it, or what is said does. NULL: none. */
const struct qf_edition *qf_edition_changed(const struct qf_programme *programme, uint32_t was_date,
                                            uint32_t was_org, const struct qf_event *event,
                                            uint32_t lead_org);
