/* Why: ingest begins a journal where none lies. Where one did, and its disk is not mounted or somebody took it away, what
 * partners feed would lie in another one, which nobody finds when the right one is back. */
#include "ingest/absent.h"

#include "base/log.h"
#include "store/begun.h"

bool qf_ingest_absent(const char *directory)
{
        if (qf_redact_unfinished(directory)) {
                qf_log(QF_LOG_ERROR,
                       "there is no journal, for qf redact was killed while it put the new one in place, and none was made: "
                       "rename %s.redacted to %s, start again, and remove %s.set-aside, which has the text",
                       directory, directory, directory);
                return true;
        }
        if (!qf_begun_is_gone(directory))
                return false;
        qf_log(QF_LOG_ERROR,
               "there is no journal in %s, and there was one, so none is begun: mount its disk, or put a backup there with "
               "qf restore; to begin anew on purpose remove %s" QF_BEGUN_MARK " and all counts",
               directory, directory);
        return true;
}
