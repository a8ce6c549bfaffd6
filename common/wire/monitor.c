/* Why: a refused handshake looks like silence to a client, a new connection like
 * the old one, and a server's socket hides how many it has: only the monitor
 * knows. Its pipe has no limit, since libzmq writes it with blocking calls: whoever
 * opens one reads it again and again. */
#include "wire/monitor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

enum { ADDRESS_BYTES = 256, EVENT_BYTES = 6 };

static int connect_monitor(void *monitor, const char *endpoint)
{
        static const int none;

        if (zmq_setsockopt(monitor, ZMQ_RCVHWM, &none, sizeof none) != 0 ||
            zmq_setsockopt(monitor, ZMQ_LINGER, &none, sizeof none) != 0 ||
            zmq_connect(monitor, endpoint) != 0)
                return -errno;
        return 0;
}

int qf_monitor_open(struct qf_context *context, void *zmq_socket_watched, int events, void **ret_monitor)
{
        char endpoint[64];

        (void)snprintf(endpoint, sizeof endpoint, "inproc://qf-monitor-%p", zmq_socket_watched);
        if (zmq_socket_monitor(zmq_socket_watched, endpoint, events) != 0)
                return -errno;
        void *monitor = zmq_socket(qf_context_handle(context), ZMQ_PAIR);
        int r = monitor ? connect_monitor(monitor, endpoint) : -errno;
        if (r < 0 && monitor)
                (void)zmq_close(monitor);
        if (r == 0)
                *ret_monitor = monitor;
        return r;
}

/* libzmq loses the memory of an event that it cannot write since nobody reads any more: so it is told to stop first. */
void qf_monitor_close(void *zmq_socket_watched, void *monitor)
{
        if (!monitor)
                return;
        (void)zmq_socket_monitor(zmq_socket_watched, NULL, 0);
        (void)zmq_close(monitor);
}

/* Event u16 and value u32 in the machine's order, then a frame with the endpoint. */
bool qf_monitor_next(void *monitor, uint16_t *ret_event, int32_t *ret_value)
{
        uint8_t event[EVENT_BYTES], address[ADDRESS_BYTES];

        if (zmq_recv(monitor, event, sizeof event, ZMQ_DONTWAIT) != (int)sizeof event)
                return false;
        (void)zmq_recv(monitor, address, sizeof address, ZMQ_DONTWAIT);
        memcpy(ret_event, event, sizeof *ret_event);
        memcpy(ret_value, event + sizeof *ret_event, sizeof *ret_value);
        return true;
}
