/* Why a journal is not opened, said in the log to whoever must help, and how the process then ends. */
#pragma once

#include "base/error.h"

/* Of qf_ingest_open. 0: it is open; QF_SERVICE_IN_USE or QF_SERVICE_CONFIG: starting again changes nothing; or -errno. */
QF_CHECK int qf_ingest_unopened(int result);
QF_CHECK int qf_ingest_say_damaged(const char *how); /* QF_SERVICE_CONFIG */
