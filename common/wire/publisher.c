/* libzmq keeps every subscription of every client: 200 bytes cost it about 6,000.
 * So they are short (MAXMSGSIZE), counted, and thrown away as a whole when they
 * are too many; nothing less gives the memory back. */
#include "wire/publisher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zmq.h>

#include "wire/socket_context.h"

enum {
        PREFIX_BYTES_MAX = 256,
        SUBSCRIPTIONS_BYTES_MAX = 1024 * 1024,
        SUBSCRIPTION_BYTES_MIN = 64, /* that each counts: a short one costs libzmq hardly less */
        SEND_HWM = 20000,
        ENDPOINT_BYTES = 256,
        BACKLOG_CONNECTIONS = 256,
};

struct qf_publisher {
        struct qf_context *context;
        void *zmq;
        size_t subscribed; /* bytes of all subscriptions, and of all else that clients said */
        char endpoint[ENDPOINT_BYTES];
        char prefix[PREFIX_BYTES_MAX + 1];
};

bool qf_publisher_is_local(const char *endpoint)
{
        static const char *const local[] = {"ipc://", "inproc://", "tcp://127.",
                                            "tcp://localhost:", "tcp://[::1]:"};

        for (size_t i = 0; i < sizeof(local) / sizeof(*local); i++)
                if (strncmp(endpoint, local[i], strlen(local[i])) == 0)
                        return true;
        return false;
}

static int bind_socket(struct qf_publisher *publisher)
{
        static const struct {
                int name, value;
        } options[] = {
                {ZMQ_LINGER, 0},           {ZMQ_SNDHWM, SEND_HWM},
                {ZMQ_XPUB_VERBOSER, 1},    {ZMQ_BACKLOG, BACKLOG_CONNECTIONS},
                {ZMQ_HEARTBEAT_IVL, 2000}, {ZMQ_HEARTBEAT_TIMEOUT, 6000},
        };
        static const char domain[] = "qingfeng"; /* shuts out ZMTP 1 and 2, whose messages have no address */
        const int64_t frame_max = PREFIX_BYTES_MAX;

        publisher->zmq = zmq_socket(qf_context_handle(publisher->context), ZMQ_XPUB);
        if (!publisher->zmq)
                return -errno;
        if (zmq_setsockopt(publisher->zmq, ZMQ_MAXMSGSIZE, &frame_max, sizeof(frame_max)) != 0 ||
            zmq_setsockopt(publisher->zmq, ZMQ_ZAP_DOMAIN, domain, sizeof(domain) - 1) != 0)
                return -errno;
        for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
                if (zmq_setsockopt(publisher->zmq, options[i].name, &options[i].value, sizeof(int)) != 0)
                        return -errno;
        return zmq_bind(publisher->zmq, publisher->endpoint) == 0 ? 0 : -errno;
}

int qf_publisher_open(struct qf_context *context, const char *endpoint, struct qf_publisher **ret_publisher)
{
        struct qf_publisher *publisher;
        size_t len = strlen(endpoint);
        int r;

        if (!qf_publisher_is_local(endpoint))
                return -EACCES;
        if (len >= ENDPOINT_BYTES)
                return -ENAMETOOLONG;
        publisher = calloc(1, sizeof(*publisher));
        if (!publisher)
                return -ENOMEM;
        publisher->context = context;
        memcpy(publisher->endpoint, endpoint, len + 1);
        r = bind_socket(publisher);
        if (r < 0) {
                (void)qf_publisher_close(publisher);
                return r;
        }
        *ret_publisher = publisher;
        return 0;
}

struct qf_publisher *qf_publisher_close(struct qf_publisher *publisher)
{
        if (!publisher)
                return NULL;
        if (publisher->zmq)
                (void)zmq_close(publisher->zmq);
        free(publisher);
        return NULL;
}

static int begin_again(struct qf_publisher *publisher)
{
        int r;

        (void)zmq_unbind(publisher->zmq, publisher->endpoint);
        (void)zmq_close(publisher->zmq);
        publisher->zmq = NULL;
        publisher->subscribed = 0;
        r = bind_socket(publisher);
        return r < 0 ? r : QF_PUBLISHER_FLOODED;
}

/* What a client says has its address with it, what libzmq says of one that is gone has not. */
static int receive(struct qf_publisher *publisher, bool *ret_by_client)
{
        zmq_msg_t message;

        (void)zmq_msg_init(&message);
        int len = zmq_msg_recv(&message, publisher->zmq, ZMQ_DONTWAIT);
        while (len < 0 && errno == EINTR)
                len = zmq_msg_recv(&message, publisher->zmq, ZMQ_DONTWAIT);
        if (len < 0)
                len = -errno;
        if (len > (int)sizeof(publisher->prefix)) /* not a subscription: MAXMSGSIZE */
                len = sizeof(publisher->prefix);
        if (len > 0)
                memcpy(publisher->prefix, zmq_msg_data(&message), (size_t)len);
        *ret_by_client = len >= 0 && zmq_msg_gets(&message, "Peer-Address") != NULL;
        (void)zmq_msg_close(&message);
        return len;
}

/* A client that ends a subscription, or says what is none, is not believed: libzmq hands on also the end of one that it
 * never had and another has. Its word costs as much as a subscription until all begin again. */
int qf_publisher_next(struct qf_publisher *publisher, struct qf_view *ret_prefix, bool *ret_begins)
{
        for (;;) {
                bool by_client = false;
                int len = receive(publisher, &by_client);

                if (len < 0)
                        return len == -EAGAIN ? QF_PUBLISHER_NOTHING : len;
                const size_t cost = len < SUBSCRIPTION_BYTES_MIN ? SUBSCRIPTION_BYTES_MIN : (size_t)len;
                const bool begins = len > 0 && publisher->prefix[0] == 1;
                if (by_client)
                        publisher->subscribed += cost;
                else
                        publisher->subscribed -= publisher->subscribed < cost ? publisher->subscribed : cost;
                if (publisher->subscribed > SUBSCRIPTIONS_BYTES_MAX)
                        return begin_again(publisher);
                if (begins != by_client)
                        continue;
                *ret_prefix = (struct qf_view){publisher->prefix + 1, (uint32_t)len - 1};
                *ret_begins = begins;
                return 0;
        }
}

static int send_part(struct qf_publisher *publisher, struct qf_view part, int flags)
{
        while (zmq_send(publisher->zmq, part.at, part.len, flags | ZMQ_DONTWAIT) < 0)
                if (errno != EINTR)
                        return errno == EAGAIN ? 0 : -errno;
        return 0;
}

int qf_publisher_send(struct qf_publisher *publisher, struct qf_view topic, struct qf_view value,
                      struct qf_view remark)
{
        int r = send_part(publisher, topic, ZMQ_SNDMORE);

        if (r == 0)
                r = send_part(publisher, value, ZMQ_SNDMORE);
        return r < 0 ? r : send_part(publisher, remark, 0);
}
