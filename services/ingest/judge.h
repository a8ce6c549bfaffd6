/* What is said of each event of a batch, and what it does to what stands: heads,
 * history, waiting ticks, registers. Writes only into the open group. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "ingest/group.h"
#include "model/event.h"
#include "model/verdict.h"
#include "programme/programme.h"

/* Exceptions and details of all batches of a group, one behind the other. */
struct qf_findings {
        struct qf_exception *exceptions;
        uint32_t exceptions_count, exceptions_room;
        struct qf_found_detail *details;
        uint32_t details_count, details_room;
        struct qf_buffer texts; /* of details */
};

struct qf_found_detail { /* texts by their place in findings.texts */
        uint32_t at;
        uint16_t code;
        const char *field;
        uint32_t got_at, got_len, near_at, near_len;
};

void qf_findings_clear(struct qf_findings *findings);
void qf_findings_deinit(struct qf_findings *findings);
/* Adds len equal verdicts from at on to the exceptions of a batch, which begin at index from; those joined to what
 * is already there begin at or behind at_least. Plain accepted adds nothing. -ENOMEM. */
QF_CHECK int qf_findings_add(struct qf_findings *findings, uint32_t from, uint32_t at_least, uint32_t at,
                             uint32_t len, struct qf_verdict verdict);
/* Adds what is told of the event at a place; long texts are cut behind a whole character. -ENOMEM. */
QF_CHECK int qf_findings_tell(struct qf_findings *findings, uint32_t at, uint16_t code,
                              const struct qf_detail *told);
/* Those from index from on; NULL when none was ever found. */
const struct qf_exception *qf_findings_from(const struct qf_findings *findings, uint32_t from);

struct qf_judge;

struct qf_judge_batch {
        const struct qf_batch *batch; /* resolved */
        uint32_t source;              /* ref */
        uint32_t skip;                /* events before it are known */
        uint32_t today;
};

/* Reads the registers from the journal's tables. */
QF_CHECK int qf_judge_new(struct qf_group *group, struct qf_judge **ret_judge);
struct qf_judge *qf_judge_free(struct qf_judge *judge);
struct qf_programme *qf_judge_programme(const struct qf_judge *judge);

/* Judges events skip .. count - 1; exceptions and details are added to the findings. 0, QF_STORE_FULL, negative. */
QF_CHECK int qf_judge_batch(struct qf_judge *judge, const struct qf_judge_batch *of,
                            struct qf_findings *findings);
/* The partner (ref) whose records a batch states: its source's, or the one that the office speaks for. */
uint32_t qf_judge_partner(const struct qf_judge *judge, uint32_t source, const struct qf_batch *batch);
/* A register event that ingest itself says: the office of its configuration. */
QF_CHECK int qf_judge_apply(struct qf_judge *judge, const struct qf_event *event);

void qf_judge_settle(struct qf_judge *judge);       /* the group is on disk */
QF_CHECK int qf_judge_undo(struct qf_judge *judge); /* it was taken back: between groups */
