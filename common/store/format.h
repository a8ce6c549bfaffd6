/* What a directory holds and in which version, "qf-journal-1": written into an
 * environment when it is made, compared whenever it is opened. */
#pragma once

#include <lmdb.h>

#include "base/bytes.h"
#include "base/error.h"

/* Both give LMDB's result. The view lives as long as the transaction. */
QF_CHECK int qf_format_write(MDB_txn *txn, const char *format);
QF_CHECK int qf_format_read(MDB_txn *txn, struct qf_view *ret_found); /* MDB_NOTFOUND: it says nothing */

/* 0: the same, or an older one that is read as well; QF_STORE_NEWER, QF_STORE_OLDER: the same thing in another version; QF_STORE_FORMAT: not ours. */
QF_CHECK int qf_format_compare(struct qf_view found, struct qf_view wanted);
