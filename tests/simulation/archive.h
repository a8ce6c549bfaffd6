/* What an operator does with the journal: keeps it, puts it back, under a new life
 * or (which he should not) in silence, adopts it; and the auditor's question: does
 * everything follow from the records? */
#pragma once

#include "simulation/disk.h"

/* Judges every record again, makes every table again, and compares. */
void sim_archive_audit(struct sim_directory *journal);
/* `qf restore`: the records of the copy, their tables made again, and a new life. Nobody has the journal open. readable:
 * which lives the journal had that stands there. */
void sim_archive_restore(const struct sim_copy *copy, struct sim_directory *journal, bool readable);
/* `qf restore --adopt`. */
void sim_archive_adopt(struct sim_directory *journal);
