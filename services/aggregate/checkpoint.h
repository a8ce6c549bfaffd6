/* Counts of the records that an archive has, made beside the counts: what aggregation
 * begins with when the journal no longer has its first records.
 *
 *     DIRECTORY.checkpoint */
#pragma once

/* For qf trim and qf rebuild: counts up to position through (0: all that is archived), prints {"outcome", "position"} as
 * one object of JSON; outcome 1: the archive can't be read, 2: no room, negative: -errno. Returns the exit code. */
int qf_checkpoint_tool(const char *directory, const char *archive, const char *through);
