/* A journal put in place of the one that is there, or taken as it is, under a new
 * life: from then on everybody knows that it is another history. Nobody may have
 * the directory open; it is locked meanwhile. */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/so_far.h"
#include "ingest/replay.h"

enum qf_restore_outcome {
        QF_RESTORE_IN_USE = 1, /* qf-ingest runs */
        QF_RESTORE_FROM =
                2, /* what it is to be made from is no backup and no journal, or has no whole record */
        QF_RESTORE_REFUSED =
                3,           /* a record says what cannot be: about.fault, about.last is the one before it */
        QF_RESTORE_FULL = 4, /* no room */
        QF_RESTORE_MISSING = 5, /* to adopt: there is no journal */
        QF_RESTORE_DAMAGED = 6, /* to adopt: it is damaged */
        QF_RESTORE_NEWER =
                8, /* the origin, or what is to be adopted, is of a newer version, in another format */
        QF_RESTORE_TRIMMED =
                9, /* the journal to be made from was trimmed: its archive is needed too; about.more: where it begins */
        QF_RESTORE_CLOCK = 7, /* to accept a clock: it is not behind, or that is accepted already */
};

struct qf_restore_about {
        uint64_t last;        /* of the records that were put back */
        uint64_t life_begins; /* position of the new life */
        uint32_t life_number;
        uint64_t differing; /* records with an event that is judged otherwise today; obeyed as they are */
        uint64_t more;      /* a record behind the last that cannot be read or does not follow; 0: none */
        struct qf_replay_fault fault;
};

struct qf_restore_from {
        const char *path; /* as below */
        const char *
                archive; /* of what was trimmed from the journal in path, whose records come first; "": none */
        const struct qf_so_far *so_far; /* told of records; NULL: not wanted */
};

/* from: a directory of qf backup, or a journal's directory, whose whole records are taken as far as they go. directory: the
 * journal that is replaced; what stood there is kept as DIRECTORY.set-aside. to: the last position wanted, 0: all. */
QF_CHECK int qf_restore(const struct qf_restore_from *from, const char *directory, uint64_t to,
                        const char *reason, int64_t now_ms, struct qf_restore_about *ret_about);
/* The journal as it lies there begins a new life. */
QF_CHECK int qf_adopt(const char *directory, const char *reason, int64_t now_ms,
                      struct qf_restore_about *ret_about);
/* The clock is right and the journal ahead of it: that is written down, and ingest takes events again. */
QF_CHECK int qf_accept_clock(const char *directory, const char *reason, int64_t now_ms,
                             int64_t *ret_journal_ms);
/* Opens the journal that lies there, whoever made it. QF_RESTORE_IN_USE, _MISSING, _DAMAGED, _FULL. */
struct qf_group;
QF_CHECK int qf_restore_open(const char *directory, struct qf_group **ret_group);
