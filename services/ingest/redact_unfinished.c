/* Apart from redact.c: the daemon asks this at each start, and needs nothing of what redacting itself does. */
#include "base/cleanup.h"
#include "ingest/redact.h"
#include "store/directory.h"

bool qf_redact_unfinished(const char *directory)
{
        QF_CLEANUP(qf_cleanup_close) int found = -1;
        return qf_directory_find(directory, &found) == QF_DIRECTORY_MISSING &&
               qf_directory_marked(directory, QF_REDACT_LEFT "/data.mdb") == QF_DIRECTORY_MARKED;
}
