/* journal.backups beside the journal: how far each backup reaches, one line each, read by ingest:
 *
 *     POSITION HASH PATH
 *
 * HASH: of the record there, in hex, so that a line of another history counts for nothing. */
#pragma once

#include "client/follow.h"

/* Writes the line of the backup in path into the file marks anew, beside those of others. -errno. */
QF_CHECK int qf_backup_mark(const char *marks, const char *path, const struct qf_place *place);
