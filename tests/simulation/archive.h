/* Backups of the journal, which are archives of what was trimmed from it, too; and the
 * auditor's question: does everything follow from the records? */
#pragma once

#include "simulation/disk.h"

#define SIM_BACKUP "backup" /* format of their directories: the only table has the records */

/* The first and last position among records; 0: none. */
uint64_t sim_first_record(const struct sim_rows *records);
uint64_t sim_last_record(const struct sim_rows *records);
/* Goes on with a backup: records that it has stay as they were, those of another history are thrown away. false: it
 * cannot, what would come next was trimmed. */
bool sim_back_up(const struct sim_directory *journal, struct sim_directory *backup);
/* Judges every record again, makes every table again, and compares. The archive has what was trimmed. */
void sim_archive_audit(const struct sim_directory *journal, const struct sim_directory *archive);
