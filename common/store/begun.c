/* Why: see begun.h. Apart from directory.c, whose place the simulator takes. */
#include "store/begun.h"

#include "base/cleanup.h"
#include "store/directory.h"

int qf_begun_note(const char *directory)
{
        return qf_directory_mark(directory, QF_BEGUN_MARK);
}

static bool is_gone_beside(const char *directory, const char *beside)
{
        QF_CLEANUP(qf_cleanup_close) int found = -1;
        return qf_directory_find(directory, &found) == QF_DIRECTORY_MISSING &&
               qf_directory_marked(directory, beside) == QF_DIRECTORY_MARKED;
}

bool qf_begun_is_gone(const char *directory)
{
        return is_gone_beside(directory, QF_BEGUN_MARK);
}

bool qf_redact_unfinished(const char *directory)
{
        return is_gone_beside(directory, QF_REDACT_LEFT "/data.mdb");
}
