/* Everything that a journal says of itself, checked: each record's checksum, hash
 * and place in the chain; each event judged again, the tables made again from the
 * records and compared with those on disk, row by row. The file is read beside
 * whoever writes it, in worker processes: one that dies of a damaged page is a
 * finding, and the next one goes on behind it. */
#pragma once

#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/so_far.h"
#include "model/verdict.h"

enum qf_audit_what {
        QF_AUDIT_FILE = 1,       /* it can't be opened, or its tables can't be found */
        QF_AUDIT_UNREADABLE = 2, /* a record is missing, or whoever reads it dies */
        QF_AUDIT_CHECKSUM = 3,   /* a record is not as it was written: rot */
        QF_AUDIT_HASH = 4,       /* checksum right, hash wrong: a hand */
        QF_AUDIT_CHAIN = 5,      /* it does not follow the record before it */
        QF_AUDIT_VERDICT = 6,    /* an event is judged otherwise today */
        QF_AUDIT_IMPOSSIBLE = 7, /* it says what cannot be: numbers with a hole, an outbox never named … */
        QF_AUDIT_TABLE = 8, /* a row of another table is not what the records make of it, or can't be read */
        QF_AUDIT_VERSION = 9, /* another version wrote it, which alone can tell */
};

/* Of what cannot be read places are tried that lie further and further apart, so that the time is bounded whatever is
 * damaged: what was not looked at is named as unreadable. */
enum { QF_AUDIT_TEXT = 96, QF_AUDIT_NAME = 40, QF_AUDIT_SOURCES = 4, QF_AUDIT_TOLD_MAX = 1000 };

struct qf_audit_finding {
        enum qf_audit_what what;
        uint64_t position; /* of a record; 0: of none */
        uint64_t through;  /* UNREADABLE: the last of those from position on; else position */
        uint32_t entry;
        uint64_t number; /* of an event in its outbox; 0: of none */
        struct qf_verdict stored, judged;
        char table[16];           /* TABLE: its name */
        char text[QF_AUDIT_TEXT]; /* the row's key, or why; printable, without quotes */
        /* Whose numbers lie in the record, as far as table runs still tells; names of sources. */
        uint32_t sources_count;
        char sources[QF_AUDIT_SOURCES][QF_AUDIT_NAME];
};

struct qf_audit_calls {
        void *ctx;
        void (*found)(void *ctx, const struct qf_audit_finding *finding); /* at the end, in order */
        /* Of each whole record: its hash, and the life it belongs to. NULL: not wanted. */
        void (*record)(void *ctx, uint64_t position, const uint8_t hash[QF_SHA256_BYTES],
                       const uint8_t life[16]);
        struct qf_so_far so_far; /* records read, of how many */
};

struct qf_audit_report {
        uint64_t first;   /* position that is kept; above 1 what is before was trimmed */
        uint64_t last;    /* position that was reached */
        uint64_t records; /* that were read and whole */
        uint64_t
                judged; /* up to this position events were judged again; tables are compared only when it is last */
        uint64_t findings; /* with those that were not told, since they were too many */
        uint32_t deaths;   /* of workers */
};

/* archive: of what was trimmed; "": none, and then a trimmed journal is checked but not judged again.
 * scratch: beside it a folder is made for the tables, and removed (audit_place.h); with room for all but the records. 0 also when there
 * are findings. -errno: the audit itself could not be done. */
QF_CHECK int qf_audit(const char *directory, const char *scratch, const char *archive,
                      const struct qf_audit_calls *calls, struct qf_audit_report *ret_report);
