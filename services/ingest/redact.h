/* Free text that should never have been written is taken out of the journal, and that
 * is journaled: `qf redact`. Nobody may have the directory open; who only looks may look beside ingest. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum qf_redact_outcome {
        QF_REDACT_IN_USE = 1,  /* qf-ingest runs */
        QF_REDACT_MISSING = 2, /* there is no journal, or it can't be read */
        QF_REDACT_NOTHING = 3, /* no such text is there; about.first: the first record that was looked at */
        QF_REDACT_PARTNER = 4, /* no partner has that code */
        QF_REDACT_SEVERAL = 5, /* partners that have that key are several: name one */
        QF_REDACT_FULL = 6,    /* no room */
        QF_REDACT_SET_ASIDE =
                7, /* DIRECTORY.set-aside is there, an earlier journal, which may hold the text too */
        QF_REDACT_DAMAGED = 8, /* the record about.last can't be read */
};

struct qf_redact_place { /* of an event: "412.0.3", and of its text */
        uint64_t position;
        uint32_t entry, index;
};

struct qf_redact_wanted {
        struct qf_view partner; /* code; empty: the only one that has the key */
        struct qf_view key;
        struct qf_redact_place at; /* position 0: wherever the key is */
        uint8_t words;             /* 1 << enum qf_words_part */
        struct qf_view reason, by;
        bool write; /* false: only look */
};

struct qf_redact_found {
        struct qf_redact_place at;
        const char *partner; /* whose record it is: code */
        uint8_t gone;        /* now: 1 << enum qf_words_part */
        int64_t received_at_ms;
};

struct qf_redact_about {
        uint64_t first;    /* record that is kept */
        uint64_t last;     /* that says so; DAMAGED: that can't be read */
        uint64_t found;    /* events */
        uint64_t earliest; /* record of them */
};

typedef void (*qf_redact_tell)(void *ctx, const struct qf_redact_found *found);

/* Writes the journal anew without the text, puts it in place at one stroke and removes what stood there: killed anywhere,
 * the one or the other is there, whole, and the next redaction or start of ingest removes DIRECTORY.redacted, which has the text.
 * Where the file system can't exchange two directories it is three renames (qf_directory_exchange): killed between them there
 * is no DIRECTORY, and qf_redact_unfinished says so. 0 or enum qf_redact_outcome. */
QF_CHECK int qf_redact(const char *directory, const struct qf_redact_wanted *wanted, int64_t now_ms,
                       qf_redact_tell tell, void *ctx, struct qf_redact_about *ret_about);
