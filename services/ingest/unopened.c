/* Why apart from daemon.c: what each outcome means to an operator is all that is here. */
#include "ingest/unopened.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "ingest/core.h"
#include "service/service.h"

int qf_ingest_say_damaged(const char *how)
{
        qf_log(QF_LOG_ERROR,
               "the journal is damaged (%s): nothing is taken. Run qf audit, which names what is damaged, then qf "
               "restore from the newest backup",
               how);
        return QF_SERVICE_CONFIG; /* starting again changes nothing */
}

int qf_ingest_unopened(int result)
{
        switch (result) {
        case QF_STORE_IN_USE:
                qf_log(QF_LOG_ERROR, "another qf-ingest has this journal");
                return QF_SERVICE_IN_USE;
        case QF_STORE_NEWER:
                qf_log(QF_LOG_ERROR,
                       "the journal was written by a newer version, in a format that this one (%s) does not know: it "
                       "was left as it is. Install that version again",
                       QF_VERSION);
                return QF_SERVICE_CONFIG;
        case QF_STORE_OLDER:
                qf_log(QF_LOG_ERROR,
                       "the journal was written by an older version, in a format that this one (%s) does not read: it "
                       "was left as it is. Install that version again",
                       QF_VERSION);
                return QF_SERVICE_CONFIG;
        case QF_STORE_FORMAT:
                qf_log(QF_LOG_ERROR,
                       "the directory holds no journal of this version, or its first page is damaged: it "
                       "was left as it is");
                return QF_SERVICE_CONFIG;
        case -EBADMSG: return qf_ingest_say_damaged("its end or its registers cannot be read");
        case QF_STORE_DAMAGED: return qf_ingest_say_damaged("its tables are not what was written");
        case QF_STORE_FULL: qf_log(QF_LOG_ERROR, "the disk is too full to begin a journal"); return -ENOSPC;
        default: break;
        }
        if (result < 0)
                qf_log(QF_LOG_ERROR, "the journal cannot be opened error=\"%s\"", strerror(-result));
        return result;
}
