/* The activities that stand, made from the journal: what each partner said last of
 * each, with its revision. */
#pragma once

#include <jansson.h>

#include "qf/cli/cli.h"
#include "qf/sheets/feed_map.h"
#include "qf/reading/said.h"

struct qf_ledger {
        struct qf_saying saying;
        const struct qf_programme *programme; /* as it is now */
        /* By "PARTNER/KEY": {"partner", "key", "revision", "withdrawn", "event" as in dump_event.h, "claims": {method:
         * attendances}}. */
        json_t *records;
};

/* Reads the whole journal, or asks reporting (remote, or no journal is known): then it is what the key may read. 0 or 1. */
QF_CHECK int qf_ledger_read(struct qf_cli *cli, bool remote, struct qf_ledger *ret_ledger);
void qf_ledger_deinit(struct qf_ledger *ledger);
const json_t *qf_ledger_find(const struct qf_ledger *ledger, struct qf_view partner, struct qf_view key);
/* Records that are not withdrawn, of an organisation and those below it on their dates, by date and key. org: a member
 * id. The array holds references; -ENOMEM. */
QF_CHECK int qf_ledger_of(const struct qf_ledger *ledger, uint32_t org, json_t **ret_array);
/* What counts as the attendance of a record: the best claim (PROTOCOL.md 5.1). False: it is not known. */
bool qf_ledger_attendances(const json_t *record, uint32_t *ret_attendances);
/* What a record has in a column of a template, as it is written there. */
QF_CHECK int qf_ledger_cell(const struct qf_ledger *ledger, const json_t *record, bool chinese,
                            enum qf_field field, struct qf_view dimension, struct qf_buffer *ret_text);
