/* What ingest says of each event, and of batches that it does not take. One
 * table of codes serves the code, the messages of qf and PROTOCOL.md 6. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

enum qf_verdict_class {
        QF_ACCEPTED = 0,
        QF_LATE = 1, /* accepted, after the period's days for reporting */
        QF_DUPLICATE = 2,
        QF_QUARANTINED = 3, /* our side can mend it */
        QF_REJECTED = 4,    /* only the sender can mend it */
};

struct qf_verdict {
        uint16_t class;
        uint16_t code; /* 0: plain */
};

enum qf_code {
        QF_CODE_NONE = 0,
        /* rejected: E */
        QF_E101_NOT_A_NUMBER = 101, /* a field is missing or outside its bounds of shape */
        QF_E103_NOT_YOURS = 103,    /* organisation outside the source's rights */
        QF_E105_NO_SUCH_DATE = 105,
        QF_E106_FUTURE = 106,
        QF_E108_MORE_PEOPLE = 108, /* participants > attendances */
        QF_E109_MISSING = 109,     /* a required field or dimension is missing */
        QF_E110_TOO_MANY = 110,    /* more members than the dimension takes */
        QF_E111_UNKNOWN_COUNTER = 111,
        QF_E115_PART_ABOVE_WHOLE = 115, /* a figure above the one that it is a part of */
        QF_E141_CONFLICT = 141,         /* create of a key that stands with other content */
        QF_E142_STALE = 142,            /* that revision stands with other content */
        QF_E143_NOTHING = 143,          /* replaces or withdraws what is not there */
        QF_E144_WITHDRAWN = 144,        /* create of a withdrawn key with new content */
        QF_E150_TOO_MANY_WAITING = 150,
        QF_E151_AFTER_CLOSE = 151, /* accepted: counts, and is listed as a change after close */
        QF_E160_NOT_ADMIN = 160,   /* register event from a source without the role admin */
        QF_E161_REGISTER = 161,    /* register event that contradicts the registers */
        QF_E199_QUARANTINE_FULL = 199,
        /* quarantined: Q */
        QF_Q104_UNKNOWN_ORG = 204,
        QF_Q107_ABOVE_CAP = 207,
        QF_Q190_NEWER = 290, /* schema or kind newer than this server */
        QF_Q205_UNKNOWN_MEMBER = 205,
        QF_Q206_UNKNOWN_DIMENSION = 206,
        QF_Q210_MERGED_AWAY = 210,
        QF_Q211_PERSONAL = 211,    /* a free text with somebody's number in it */
        QF_Q212_UNUSED_KIND = 212, /* a declared kind that the programme does not use */
        /* notes on accepted and duplicate: N */
        QF_N102_SUPERSEDED = 302,
        QF_N103_HISTORY = 303, /* accepted as history only: counts nothing */
        QF_N104_WITHDRAWN_SINCE = 304,
        QF_N105_DROPPED = 305, /* accepted, counts nothing: what waited in quarantine is given up */
        QF_N190_ARCHIVED = 390,
};

/* Whether a verdict lets its event count, and makes it what stands. */
static inline bool qf_verdict_counts(struct qf_verdict verdict)
{
        return verdict.class <= QF_LATE && verdict.code != QF_N103_HISTORY && verdict.code != QF_N105_DROPPED;
}

enum qf_refusal {
        QF_REFUSED_MALFORMED = 1,
        QF_REFUSED_NOT_ALLOWED = 2,
        QF_REFUSED_FENCED = 3,
        QF_REFUSED_CLONED = 4,
        QF_REFUSED_SEALED = 5,
        QF_REFUSED_GAP = 6,
        QF_REFUSED_FORKED = 7,
        QF_REFUSED_BUSY = 8,
        QF_REFUSED_VERSION = 9,
        QF_REFUSED_ANOTHERS = 10,
        QF_REFUSED_END
};

struct qf_code_text {
        uint16_t code;
        const char *name; /* "E141", "Q204" as shown to people */
        const char *zh;   /* what is wrong and how to mend it */
        const char *en;
};

const struct qf_code_text *qf_code_text(uint16_t code); /* never NULL: unknown codes give a general line */
const struct qf_code_text *qf_code_text_named(const char *name); /* by "E141"; likewise */
const struct qf_code_text *qf_refusal_text(uint16_t refusal);
const char *qf_verdict_class_name(uint16_t class); /* "accepted" … */

/* A run of equal verdicts that are not plain accepted, in a batch. */
struct qf_exception {
        uint32_t at, len;
        struct qf_verdict verdict;
};

/* What to mend, for the sender; not journaled. */
struct qf_detail {
        uint32_t at;
        const char *field; /* static */
        struct qf_view got;
        struct qf_view near; /* a suggestion; empty: none */
};
