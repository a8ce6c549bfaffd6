/* What stands under the two keys of a merge, read from the journal, and the office's
 * word that gave the first its co-hosts. */
#pragma once

#include "model/statement.h"
#include "qf/operator/dump.h"
#include "qf/office/kept_event.h"

enum { QF_STOOD_KEEP, QF_STOOD_AWAY, QF_STOOD_COUNT }; /* which stays, which is merged away */

struct qf_stood {
        const char *key, *wanted; /* wanted: of this partner (its organisation's code); NULL: of any */
        const char *partner;      /* that has it; NULL: nobody */
        uint32_t partners;        /* so many have such a key */
        uint8_t state;            /* enum qf_head_state */
        uint32_t revision;
        char *merged_into;         /* the key that took over; owned */
        struct qf_kept_event last; /* said last and no withdrawal */
};

struct qf_stood_reading {
        struct qf_dump names;
        struct qf_stood at[QF_STOOD_COUNT];
        /* What the office said of the first last before the second was merged into it, or of late where it is not, and
         * what stood before; no other merge was made of it. It may be a retry. */
        bool worded;
        struct qf_kept_event word, before; /* before: none where the word came first */
};

/* The caller has set of each key and perhaps wanted. Of activities. Reads the whole journal. "0 or 1": also when a key
 * is nowhere, or of several partners and none was named. */
QF_CHECK int qf_stood_read(struct qf_cli *cli, struct qf_stood_reading *reading);
/* That stands after an event that counts; before: the one that stood, 0: none did. */
uint32_t qf_stood_revision(uint32_t before, const struct qf_event *event);
void qf_stood_deinit(struct qf_stood_reading *reading);
