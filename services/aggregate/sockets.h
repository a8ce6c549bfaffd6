/* Aggregation's two sockets: ingest's journal, and the totals for reporting. */
#pragma once

#include "aggregate/config.h"
#include "wire/socket.h"

/* All three are the caller's, also after a failure: what was opened is there. -errno, said in the log. */
QF_CHECK int qf_aggregate_sockets(const struct qf_aggregate_config *config, struct qf_context **ret_context,
                                  struct qf_socket **ret_journal, struct qf_socket **ret_totals);
