/* What libzmq tells of a socket's connections, for the files of wire/. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wire/socket_context.h"

/* events: ZMQ_EVENT_…, or-ed. *ret_monitor is a ZeroMQ socket. */
QF_CHECK int qf_monitor_open(struct qf_context *context, void *zmq_socket, int events, void **ret_monitor);
/* Before the socket that it watches is closed; NULL is a no-op. */
void qf_monitor_close(void *zmq_socket, void *monitor);
/* false: nothing waits. value: as libzmq's manual says of the event; a descriptor of connections. */
bool qf_monitor_next(void *monitor, uint16_t *ret_event, int32_t *ret_value);
