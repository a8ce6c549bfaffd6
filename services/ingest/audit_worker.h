/* What audit.c and its worker share: a page that survives the worker, and a pipe. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "ingest/audit.h"
#include "store/environment.h"

enum qf_audit_stage {
        QF_AUDIT_OPENING, /* the file */
        QF_AUDIT_ENDING,  /* finding the last record */
        QF_AUDIT_RECORDS, /* at shared.position */
        QF_AUDIT_TABLES,  /* at shared.table */
        QF_AUDIT_DONE,
};

#define QF_AUDIT_NOT_FOUND "it cannot be found" /* the tree does not lead to it */

struct qf_audit_shared {
        volatile enum qf_audit_stage stage;
        volatile uint64_t position; /* being read */
        volatile uint64_t first, last, records, judged, more;
        volatile uint64_t reached; /* the furthest record that was found */
        /* Without an end: where those begin of which it is not known whether they were, told when something lies behind,
         * and by whoever goes on behind a worker that died there; 0: none. */
        volatile uint64_t untold;
        volatile uint32_t table;
};

struct qf_audit_job {
        const char *directory, *scratch, *archive; /* archive "": none */
        struct qf_audit_shared *shared;
        int pipe;      /* findings and records go here, as struct qf_audit_message */
        uint64_t from; /* position to begin at */
        bool judging;  /* from is 1, and nothing is known to be wrong */
        bool endless;  /* the last record can't be found: read until there is none */
        bool hashes;
        uint32_t table; /* to begin at, once the records are read */
        /* Not NULL: names whose numbers lie in the records of these, and does nothing else. */
        const struct qf_audit_finding *wanted;
        size_t wanted_count;
};

enum qf_audit_message_what {
        QF_AUDIT_SAYS_FINDING,
        QF_AUDIT_SAYS_RECORD,
        QF_AUDIT_SAYS_SOURCE,
        QF_AUDIT_SAYS_SO_FAR,
};

struct qf_audit_message {
        enum qf_audit_message_what what;
        uint64_t position;             /* record; so far */
        size_t wanted;                 /* source: of which of those wanted */
        uint8_t hash[QF_SHA256_BYTES]; /* record */
        uint8_t life[16];              /* record */
        char name[QF_AUDIT_NAME];      /* source */
        struct qf_audit_finding finding;
};

/* Runs in a process of its own, which it may bring down. 0, or negative: the audit can't be done. */
QF_CHECK int qf_audit_work(const struct qf_audit_job *job);
/* Into the job's pipe, whole. */
void qf_audit_send(const struct qf_audit_job *job, const struct qf_audit_message *message);
/* Tells the sources whose numbers lie in the records of the findings wanted, as far as the tables name them. 0; -ENOMEM. */
QF_CHECK int qf_audit_name_sources(const struct qf_audit_job *job, struct qf_txn *txn,
                                   struct qf_arena *arena);
