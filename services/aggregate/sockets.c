/* Why apart from the daemon: what the sockets are is decided once, at the start. */
#include "aggregate/sockets.h"

#include <string.h>

#include "base/log.h"
#include "service/listening.h"
#include "store/record.h"

int qf_aggregate_sockets(const struct qf_aggregate_config *config, struct qf_context **ret_context,
                         struct qf_socket **ret_journal, struct qf_socket **ret_totals)
{
        struct qf_socket_options journal = {
                .type = QF_DEALER,
                .frame_bytes_max = QF_RECORD_BYTES_MAX,
                .receive_hwm = 1024,
        };
        struct qf_socket_options totals = {.type = QF_ROUTER,
                                           .server = true,
                                           .send_hwm = 1024,
                                           .listening = {qf_listening_find(config->totals)}};
        int r = qf_context_new(1, ret_context);

        if (r == 0)
                r = qf_socket_connect(*ret_context, &journal, config->journal, ret_journal);
        if (r == 0)
                r = qf_socket_bind(*ret_context, &totals, config->totals, ret_totals);
        if (r < 0)
                qf_log(QF_LOG_ERROR, "sockets cannot be opened journal=%s totals=%s error=\"%s\"",
                       config->journal, config->totals, strerror(-r));
        return r;
}
