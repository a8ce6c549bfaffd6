/* How far the oldest backup that is kept reaches: outboxes keep what it does not
 * have. Each backup has a line in DIRECTORY.backups, made anew whenever one says how
 * far it reaches (PROTOCOL.md 4.4), and removed by whoever throws the backup away:
 *
 *     POSITION HASH NAME        HASH: of the record there, in hex; NAME: HOST:PATH */
#pragma once

#include <stdint.h>

#include "ingest/group.h"
#include "ingest/outboxes.h"

struct qf_kept {
        int64_t read_ns; /* when the file was changed that was read last */
        uint64_t bytes;
        uint64_t position; /* of the last record that every backup has; 0: there is none */
        int wrong;         /* why the lines can't be read, as was said last; 0: they can */
        int64_t said_ms;
};

/* Reads the lines again when they changed. Lines whose hash is not the journal's (it was restored since) hold
 * nothing back, and promise nothing: with one of them the position is 0. Between groups. Negative. */
QF_CHECK int qf_kept_look(struct qf_kept *kept, const char *directory, struct qf_group *group);
/* The same, each second: lines that can't be read promise nothing, which is logged when it begins and once an hour. */
void qf_kept_watch(struct qf_kept *kept, const char *directory, struct qf_group *group, int64_t mono_ms);
/* Writes the line of a backup anew, beside those of others. -errno; -EINVAL: such a name is no line. */
QF_CHECK int qf_kept_note(const char *directory, struct qf_view name, uint64_t position,
                          const uint8_t hash[QF_SHA256_BYTES]);
/* The first number of a sender that lies behind the position; 1 with position 0, or when it can't be told. */
uint64_t qf_kept_from(struct qf_group *group, struct qf_sender *sender, uint64_t position);
