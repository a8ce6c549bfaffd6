/* A journal's tables made again from its records, in a directory of their own:
 * what qf restore puts in place, and what qf audit compares with. Every event is
 * judged again, by the very code that judged it; the record that comes out must
 * be the one that went in, hash and all. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ingest/group.h"

struct qf_replay;

enum qf_replay_outcome {
        QF_REPLAY_DIFFERS = 1,  /* a verdict is another than the one in the record, which was obeyed */
        QF_REPLAY_REFUSED = 2,  /* the record says what cannot be: the replay is void from here on */
        QF_REPLAY_FULL = 3,     /* no room where the tables are made */
        QF_REPLAY_STANDING = 4, /* something is in that directory already */
};

struct qf_replay_fault {
        uint32_t entry;
        uint64_t number; /* of the first event with another verdict; 0: not of an event */
        struct qf_verdict stored, judged;
        const char *why; /* static */
};

/* Makes the directory. records: also keeps them, so that a journal comes out. */
QF_CHECK int qf_replay_open(const char *directory, bool records, struct qf_replay **ret_replay);
struct qf_replay *qf_replay_close(struct qf_replay *replay); /* what was not committed is lost */
/* Takes the record that follows the last one: opened, checked. 0, an outcome, or negative. */
QF_CHECK int qf_replay_take(struct qf_replay *replay, const struct qf_record_head *head,
                            struct qf_view record, struct qf_replay_fault *ret_fault);
QF_CHECK int qf_replay_commit(struct qf_replay *replay); /* 0, QF_REPLAY_FULL, negative */
/* Committed so far; for whoever goes on writing, or reads rows. */
struct qf_group *qf_replay_group(struct qf_replay *replay);
