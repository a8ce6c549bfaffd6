/* What stands under a few keys, read from the journal: of activities and declared
 * kinds, with what stood before. For who corrects by key. */
#pragma once

#include "model/statement.h"
#include "qf/operator/dump.h"
#include "qf/office/kept_event.h"

enum { QF_STOOD_MAX = 2 };

struct qf_stood {
        const char *key, *wanted; /* wanted: of this partner (its organisation's code); NULL: of any */
        const char *partner;      /* that has it; NULL: nobody */
        uint32_t partners;        /* so many have such a key */
        uint8_t state;            /* enum qf_head_state */
        uint32_t revision;
        bool by_office;    /* the office said last what stands */
        char *merged_into; /* the key that took over; owned */
        struct qf_kept_event last,
                before; /* said last and no withdrawal; what stood before the office's word */
};

struct qf_stood_reading {
        struct qf_dump names;
        uint8_t kind; /* of the records */
        uint32_t count;
        struct qf_stood at[QF_STOOD_MAX];
};

/* The caller has set kind, count, and of each key and perhaps wanted. Reads the whole journal. "0 or 1": also when a
 * key is nowhere, or of several partners and none was named. */
QF_CHECK int qf_stood_read(struct qf_cli *cli, struct qf_stood_reading *reading);
void qf_stood_deinit(struct qf_stood_reading *reading);
