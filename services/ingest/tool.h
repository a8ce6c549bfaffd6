/* What `qf audit`, `qf restore`, `qf trim`, `qf redact` and `qf clock` have done by this program, in a process
 * of its own: qf-ingest audit|restore|adopt|trim|clock. Not for people: it prints one object of
 * JSON a line, and qf puts it into words. */
#pragma once

#include <stdbool.h>

bool qf_ingest_tool_named(const char *word); /* whether it is one of them */
/* argv[0] is the word. Returns the exit code: 0 when the lines say all, 64 for wrong words. */
int qf_ingest_tool(int argc, char **argv);
