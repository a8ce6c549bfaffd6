/* A damaged file may make the store abort, or raise SIGBUS: once, since the next
 * process sets the counts aside. */
#include "aggregate/doubt.h"

#include <stdint.h>

#include "base/log.h"
#include "base/path.h"

enum { ON_THE_COUNTS = 1 }; /* what a process that died of SIGBUS was doing: nothing else of ours is mapped */

int qf_doubt_open(const char *directory, struct qf_crash_note **ret_note, bool *ret_distrusted)
{
        char path[PATH_MAX];
        uint32_t crashed = 0;
        int r = qf_path_beside(directory, ".reading", path);
        if (r == 0)
                r = qf_crash_note_open(path, 0, ret_note, &crashed);
        if (r == 0)
                r = qf_crash_note_watch(*ret_note, ON_THE_COUNTS, ON_THE_COUNTS);
        *ret_distrusted = crashed != 0;
        if (*ret_distrusted)
                qf_log(QF_LOG_ERROR, "the last process crashed while it read or wrote the counts");
        return r;
}
