/* A door of ingest for those that follow its journal: on this machine without keys,
 * where the folder's mode decides; from others with CURVE, for the role admin. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ingest/consumers.h"
#include "ingest/core.h"
#include "wire/socket.h"

struct qf_journal_door;

struct qf_journal_door_options {
        struct qf_ingest *ingest;     /* outlives the door */
        const char *directory;        /* of the journal: beside it lies the list of backups (kept.h) */
        const struct qf_curve *curve; /* NULL: no keys */
        const char *endpoint;
};

/* -errno, said in the log. */
QF_CHECK int qf_journal_door_open(struct qf_context *context, const struct qf_journal_door_options *options,
                                  struct qf_journal_door **ret_door);
struct qf_journal_door *qf_journal_door_close(struct qf_journal_door *door);
void *qf_journal_door_handle(const struct qf_journal_door *door);
struct qf_socket *qf_journal_door_socket(struct qf_journal_door *door);
void qf_journal_door_knock(struct qf_journal_door *door); /* something waits: heard when it is served */
/* Between groups: hears who asks, and sends records. true: once more. Negative: the process must end. */
QF_CHECK int qf_journal_door_serve(struct qf_journal_door *door, int64_t mono_ms, bool *ret_more);
QF_CHECK int qf_journal_door_beat(struct qf_journal_door *door, int64_t mono_ms,
                                  const struct qf_beat *beat);       /* each second */
uint32_t qf_journal_door_behind(const struct qf_journal_door *door); /* qf_consumers_behind */
uint32_t qf_journal_door_count(const struct qf_journal_door *door);
