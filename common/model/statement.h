/* What a statement does to what stands: the table of PROTOCOL.md 5, as one pure
 * function. Ingest asks it; audit asks it again. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "model/verdict.h"

enum qf_head_state { QF_HEAD_NONE = 0, QF_HEAD_LIVE = 1, QF_HEAD_WITHDRAWN = 2, QF_HEAD_MERGED = 3 };

struct qf_head {
        uint8_t state; /* enum qf_head_state */
        uint8_t kind;
        uint32_t revision;
        uint8_t content[QF_CONTENT_BYTES]; /* digest of what stands; of a withdrawn one: what it withdrew */
        uint32_t lead_org;                 /* member id; 0: none */
        uint32_t date; /* whose lead_org is, is looked up on it; of an EditionPart: its file's bytes so far */
        uint64_t position; /* of the record that set it */
        uint32_t entry, index;
};

/* What is known of the revision that is named, when it is not the head's. */
enum qf_past { QF_PAST_NEVER = 0, QF_PAST_SAME = 1, QF_PAST_OTHER = 2 };

struct qf_statement {
        uint8_t action;
        uint32_t revision; /* 0: next */
        const uint8_t *content;
        bool office; /* said by the office for the partner: it merges, and takes a merge back */
        bool merges; /* a withdrawal that names what takes over */
};

struct qf_judgement {
        struct qf_verdict verdict;
        bool moves_head;   /* the statement becomes what stands */
        bool adds_history; /* N103: kept as a past revision, counts nothing */
        uint32_t revision; /* the number it gets */
        uint8_t state;     /* new enum qf_head_state when it moves the head */
};

/* past_revision: what history says of statement->revision (REPLACE and WITHDRAW with R < h, CREATE with
 * R = 1); past_content: whether the content equals any past revision's (CREATE). Ask for them only when
 * qf_statement_needs_past says so: plain creates never do. */
bool qf_statement_needs_past(const struct qf_head *head, const struct qf_statement *statement);
struct qf_judgement qf_statement_judge(const struct qf_head *head, const struct qf_statement *statement,
                                       enum qf_past past_revision, bool past_content);
