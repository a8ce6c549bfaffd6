/* The board of oversight: for each cycle and organisation which checkpoints are
 * done, and which findings are closed, open and overdue on a day. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/bytes.h"
#include "base/error.h"
#include "model/kinds.h"
#include "programme/programme.h"
#include "wire/totals_messages.h"

struct qf_oversight_item {
        struct qf_view cycle, org, key;
        uint32_t checkpoint;               /* its member; 0: this is a finding */
        uint32_t since;                    /* yyyymmdd: done on, or raised on */
        uint32_t due, rectified, verified; /* of a finding; 0: not said */
};

struct qf_oversight_row {
        struct qf_view cycle, org;
        uint32_t first, count;                  /* its items */
        uint32_t done;                          /* different checkpoints */
        uint32_t raised, closed, open, overdue; /* findings: raised = closed + open; overdue ones are open */
};

struct qf_view qf_oversight_cycle(struct qf_view key); /* "2023" of "2023/HX/X1" */
/* Of a row of either list; it has views of the answer, and the checkpoint is not looked up. */
struct qf_oversight_item qf_oversight_item(const struct qf_kind_spec *spec, const struct qf_to_reader *answer,
                                           const struct qf_answer_row *row);
/* Nothing that came after the day counts. A finding is closed from the day it is verified, and overdue after the day
 * it was to be rectified by, until it is. */
bool qf_oversight_is_done(const struct qf_oversight_item *item, uint32_t asof);
bool qf_oversight_is_overdue(const struct qf_oversight_item *item, uint32_t asof);
/* Sorts the items; rows has room for one per item. Gives how many rows there are. */
uint32_t qf_oversight_fold(struct qf_oversight_item *items, uint32_t count, uint32_t asof,
                           struct qf_oversight_row *rows, struct qf_oversight_row *ret_all);

struct qf_oversight { /* zero-initialised, but for programme and asof */
        const struct qf_programme *programme;
        uint16_t dimension;   /* of checkpoints */
        uint16_t stages;      /* groups them: 巡, 督, 审, 评; 0: the programme has none */
        uint32_t checkpoints; /* that there are */
        uint32_t asof;
        struct qf_oversight_item *items;
        struct qf_oversight_row *rows;
        uint32_t items_count, rows_count;
        struct qf_oversight_row all;
        bool restricted;
};

/* Of the lists of checkpoint and finding, which it has views of. Positive 1: they are not understood; -ENOMEM. */
QF_CHECK int qf_oversight_make(struct qf_oversight *board, const struct qf_to_reader answers[2]);
void qf_oversight_deinit(struct qf_oversight *board);
/* The next checkpoint, after one, that a row has not done; 0: none. */
uint32_t qf_oversight_missing(const struct qf_oversight *board, const struct qf_oversight_row *row,
                              uint32_t after);
/* The stage reached: the last, in the programme's order, of which the row has done a checkpoint; a member of stages. 0:
 * none. */
uint32_t qf_oversight_stage(const struct qf_oversight *board, const struct qf_oversight_row *row);
json_t *qf_oversight_row_json(const struct qf_oversight *board, const struct qf_oversight_row *row);
