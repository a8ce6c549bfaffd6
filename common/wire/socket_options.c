/* Why apart: libzmq's defaults are open (no size limit, nothing that ends a dead
 * line, CURVE without a ZAP decision lets everybody in), so every option is set
 * here, once, and no other file of wire/ or the daemons touches one but the keys.
 *
 *     server, ROUTER              client, DEALER
 *     ┌──────────────────┐        ┌──────────────────────────────┐
 *     │ CURVE server     │◄──────►│ CURVE client                 │
 *     │ ZAP enforced     │        │ routing id given by libzmq   │
 *     │ MANDATORY        │        │ IMMEDIATE: queues for nobody │
 *     │ LINGER 0         │        │ LINGER 200 ms                │
 *     │ TCP keepalive    │        │ heartbeats                   │
 *     └──────────────────┘        └──────────────────────────────┘
 */
#include "wire/socket_options.h"

#include <errno.h>
#include <zmq.h>

/* Option 93 is stable in all releases since 4.3, but its name is only in the draft part of zmq.h. */
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

enum {
        FRAME_BYTES_MAX = 264 * 1024,
        CURVE_OVERHEAD_BYTES = 64, /* of a frame on the wire: MAXMSGSIZE is held against the boxed frame */
        HWM_MESSAGES = 64,
        HANDSHAKE_MS = 2000,
        HEARTBEAT_MS = 2000,
        HEARTBEAT_TIMEOUT_MS = 6000,
        BACKLOG_CONNECTIONS = 256,
        LINGER_CLIENT_MS = 200,
        RECONNECT_MS = 50,
        RECONNECT_MOST_MS = 500,
};

struct option { /* a row of the tables below */
        int name;
        int value;
};

static int set_options(void *zmq, const struct option *options, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (zmq_setsockopt(zmq, options[i].name, &options[i].value, sizeof options[i].value) != 0)
                        return -errno;
        return 0;
}

static int set_limits(void *zmq, const struct qf_socket_options *options)
{
        int64_t frame_max = options->frame_bytes_max ? options->frame_bytes_max : FRAME_BYTES_MAX;
        const struct option all[] = {
                {ZMQ_RCVHWM, options->receive_hwm ? (int)options->receive_hwm : HWM_MESSAGES},
                {ZMQ_SNDHWM, options->send_hwm ? (int)options->send_hwm : HWM_MESSAGES},
                {ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS},
        };

        if (options->curve)
                frame_max += CURVE_OVERHEAD_BYTES;
        if (zmq_setsockopt(zmq, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max) != 0)
                return -errno;
        return set_options(zmq, all, sizeof all / sizeof all[0]);
}

/* libzmq looks through all timers of a thread for each heartbeat that it has heard, so a server of thousands asks the
 * kernel instead, which drops a line that says nothing for as long, also one that takes nothing; it has no timer for a
 * line. Clients, which have few, send heartbeats, and a server answers them; without a time to live in them, which would
 * be a timer again. Sockets of files have no line to lose: there the few peers hear each other. */
static int set_liveness(void *zmq, const struct qf_socket_options *options)
{
        static const struct option crowded[] = {
                {ZMQ_TCP_KEEPALIVE, 1},
                {ZMQ_TCP_KEEPALIVE_IDLE, HEARTBEAT_MS / 1000},
                {ZMQ_TCP_KEEPALIVE_INTVL, HEARTBEAT_MS / 1000},
                {ZMQ_TCP_KEEPALIVE_CNT, HEARTBEAT_TIMEOUT_MS / HEARTBEAT_MS},
                {ZMQ_TCP_MAXRT, HEARTBEAT_TIMEOUT_MS},
        };
        static const struct option few[] = {
                {ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS},
                {ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS},
        };

        return options->curve && options->server
                       ? set_options(zmq, crowded, sizeof crowded / sizeof crowded[0])
                       : set_options(zmq, few, sizeof few / sizeof few[0]);
}

static int set_role(void *zmq, const struct qf_socket_options *options, bool binds)
{
        static const struct option server[] = {
                {ZMQ_LINGER, 0},
                {ZMQ_BACKLOG, BACKLOG_CONNECTIONS},
        };
        static const struct option client[] = {
                {ZMQ_LINGER, LINGER_CLIENT_MS},
                {ZMQ_IMMEDIATE, 1},
                {ZMQ_RECONNECT_IVL, RECONNECT_MS},
                {ZMQ_RECONNECT_IVL_MAX, RECONNECT_MOST_MS},
        };
        static const struct option router[] = {{ZMQ_ROUTER_MANDATORY, 1}};
        int r = binds ? set_options(zmq, server, sizeof server / sizeof server[0])
                      : set_options(zmq, client, sizeof client / sizeof client[0]);

        if (r == 0 && options->type == QF_ROUTER)
                r = set_options(zmq, router, sizeof router / sizeof router[0]);
        return r;
}

int qf_socket_set_key(void *zmq, int name, const uint8_t key[32])
{
        return zmq_setsockopt(zmq, name, key, 32) == 0 ? 0 : -errno;
}

/* Without the enforced domain libzmq takes every client as long as no ZAP socket is bound. */
static int set_curve(void *zmq, const struct qf_socket_options *options)
{
        static const struct option server[] = {{ZMQ_CURVE_SERVER, 1}, {ZMQ_ZAP_ENFORCE_DOMAIN, 1}};
        static const char domain[] = "qingfeng";
        const struct qf_curve *curve = options->curve;

        if (!curve)
                return 0;
        int r = qf_socket_set_key(zmq, ZMQ_CURVE_SECRETKEY, curve->secret_key);
        if (r == 0)
                r = qf_socket_set_key(zmq, ZMQ_CURVE_PUBLICKEY, curve->public_key);
        if (r != 0)
                return r;
        if (!options->server)
                return qf_socket_set_key(zmq, ZMQ_CURVE_SERVERKEY, curve->server_key);
        if (zmq_setsockopt(zmq, ZMQ_ZAP_DOMAIN, domain, sizeof domain - 1) != 0)
                return -errno;
        return set_options(zmq, server, sizeof server / sizeof server[0]);
}

int qf_socket_set_options(void *zmq, const struct qf_socket_options *options, bool binds)
{
        int r = set_limits(zmq, options);

        if (r == 0)
                r = set_liveness(zmq, options);
        if (r == 0)
                r = set_role(zmq, options, binds);
        return r == 0 ? set_curve(zmq, options) : r;
}
