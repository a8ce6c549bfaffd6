/* What the tables say against an event of an edition, beyond what the registers
 * say (programme/editions.h): nothing that was said of an edition is replaced, and
 * its parts come in their order. */
#pragma once

#include <stdint.h>

#include "model/event.h"
#include "model/statement.h"
#include "model/verdict.h"
#include "programme/programme.h"
#include "store/environment.h"

struct qf_edition_trial {
        struct qf_txn *txn;
        const struct qf_programme *programme;
        const struct qf_event *event;
        uint32_t today; /* local date of receipt: a period is closed when it is over */
        const uint8_t *content;
};

/* standing: the head under the event's key. Changes the verdict, which is accepted before, when it is not. 0 or negative. */
QF_CHECK int qf_edition_judge(const struct qf_edition_trial *trial, const struct qf_head *standing,
                              struct qf_detail *ret_detail, struct qf_verdict *ret_verdict);
