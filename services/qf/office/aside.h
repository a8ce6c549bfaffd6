/* What waits in quarantine, found by reading the journal as ingest judged it: open
 * until a statement under the same key is taken, or the office gave it up. */
#pragma once

#include <jansson.h>

#include "qf/operator/dump.h"
#include "qf/office/kept_event.h"
#include "qf/reading/said.h"

struct qf_aside_item {
        char *partner, *key; /* organisation's code; owned */
        uint8_t kind, method;
        bool open;
        struct qf_verdict verdict; /* that set it aside */
        json_t *line; /* what was said last under the key and set aside, as qf_dump_line; owned */
        struct qf_kept_event event; /* none where the server was asked */
        /* That stands under the key; 0: nothing stood, or qf_aside_stands was not called. */
        uint32_t revision;
};

struct qf_aside_list {
        struct qf_dump names;
        struct qf_saying saying;
        const struct qf_programme *programme; /* as it is now */
        uint32_t count, room;
        struct qf_aside_item *at; /* those that are not open any more too */
        json_t *places;           /* of each in at, by partner, kind, method and key */
        uint64_t through;         /* last record that was read */
        bool stands;              /* what is read now is what stands under the keys found before */
};

/* Reads the whole journal. "0 or 1". */
QF_CHECK int qf_aside_read(struct qf_cli *cli, struct qf_aside_list *ret_list);
/* Reads the same records once more for the revisions of all that was found. "0 or 1". */
QF_CHECK int qf_aside_stands(struct qf_cli *cli, struct qf_aside_list *list);
/* Asks reporting instead, which tells what the key may read, of this partner (NULL: any). "0 or 1". */
QF_CHECK int qf_aside_ask(struct qf_cli *cli, const char *partner, struct qf_aside_list *ret_list);
void qf_aside_deinit(struct qf_aside_list *list);
