/* One thread, one set of options (socket_options.c).
 *
 * Guarantees: nothing here blocks but the two waits; a message of a CURVE server
 * without a User-Id is dropped, and so are messages of more than two frames;
 * received bytes are not copied. A peer is known by its User-Id: the routing id
 * only says where an answer goes. */
#include "wire/socket.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "base/clock.h"
#include "wire/listens.h"
#include "wire/monitor.h"
#include "wire/socket_context.h"
#include "wire/socket_options.h"

enum {
        SOCKETS_MAX = 256,
        MANY_FRAMES = 1024,
        DROPS_PER_RECEIVE = 64, /* then others get their turn */
        ENDPOINT_BYTES = 256,
        WAIT_SOCKETS_MAX = 16,
};

static const char IPC[] = "ipc://";

struct qf_context {
        void *zmq;
};

struct qf_socket {
        void *zmq;
        void *monitor; /* clients: tells of handshakes */
        uint8_t other_server_key
                [2][32]; /* clients: the one to take next, and the one that is tried now; zeros: none */
        uint32_t connections;
        enum qf_socket_type type;
        bool needs_user;
        bool refused;
        bool holds[2];     /* part[i] is to be closed */
        zmq_msg_t part[2]; /* what the last received views look at */
        uint64_t dropped;
        char endpoint[ENDPOINT_BYTES];
        int listening[QF_SOCKET_LISTENS]; /* servers: kept, since libzmq closes what it is given; 0: none */
        bool removes;
};

int qf_context_new(uint32_t io_threads, struct qf_context **ret_context)
{
        struct qf_context *context = calloc(1, sizeof *context);

        if (!context)
                return -ENOMEM;
        context->zmq = zmq_ctx_new();
        if (!context->zmq) {
                free(context);
                return -ENOMEM;
        }
        if (zmq_ctx_set(context->zmq, ZMQ_IO_THREADS, io_threads ? (int)io_threads : 1) != 0 ||
            zmq_ctx_set(context->zmq, ZMQ_MAX_SOCKETS, SOCKETS_MAX) != 0 ||
            zmq_ctx_set(context->zmq, ZMQ_BLOCKY, 0) != 0) {
                int r = -errno;
                qf_context_free(context);
                return r;
        }
        *ret_context = context;
        return 0;
}

struct qf_context *qf_context_free(struct qf_context *context)
{
        if (!context)
                return NULL;
        while (zmq_ctx_term(context->zmq) != 0 && errno == EINTR)
                ;
        free(context);
        return NULL;
}

void *qf_context_handle(struct qf_context *context)
{
        return context->zmq;
}

/* --- opening and closing ---------------------------------------------------- */

static int zmq_type(enum qf_socket_type type)
{
        switch (type) {
        case QF_ROUTER: return ZMQ_ROUTER;
        case QF_DEALER: return ZMQ_DEALER;
        case QF_PUB: return ZMQ_PUB;
        }
        return -1;
}

static int open_socket(struct qf_context *context, const struct qf_socket_options *options, bool binds,
                       struct qf_socket **ret_socket)
{
        struct qf_socket *socket = calloc(1, sizeof *socket);

        if (!socket)
                return -ENOMEM;
        socket->type = options->type;
        socket->needs_user = options->curve && options->server;
        socket->zmq = zmq_socket(context->zmq, zmq_type(options->type));
        int r = socket->zmq ? 0 : -errno;
        if (r == 0)
                r = qf_socket_set_options(socket->zmq, options, binds);
        if (r != 0) {
                qf_socket_close(socket);
                return r;
        }
        *ret_socket = socket;
        return 0;
}

static bool is_none(const uint8_t key[32])
{
        static const uint8_t none[32];

        return memcmp(key, none, sizeof none) == 0;
}

int qf_socket_bind(struct qf_context *context, const struct qf_socket_options *options, const char *endpoint,
                   struct qf_socket **ret_socket)
{
        struct qf_socket *socket = NULL;
        size_t room = sizeof socket->endpoint;
        int r = open_socket(context, options, true, &socket);

        if (r != 0)
                return r;
        memcpy(socket->listening, options->listening, sizeof socket->listening);
        socket->removes = options->removes;
        if (socket->listening[0] > 0)
                r = qf_listens_bind(socket->zmq, socket->listening, options->curve, endpoint);
        else if (zmq_bind(socket->zmq, endpoint) != 0)
                r = -errno;
        if (r == 0 && zmq_getsockopt(socket->zmq, ZMQ_LAST_ENDPOINT, socket->endpoint, &room) != 0)
                r = -errno;
        if (r != 0) {
                qf_socket_close(socket);
                return r;
        }
        *ret_socket = socket;
        return 0;
}

bool qf_socket_can_rekey(const struct qf_socket *socket)
{
        return socket->listening[0] > 0;
}

/* Both listen at one endpoint, so both go with its name. */
int qf_socket_rekey(struct qf_socket *socket, const struct qf_curve *curve)
{
        QF_ASSERT(qf_socket_can_rekey(socket));
        if (zmq_unbind(socket->zmq, socket->endpoint) != 0)
                return -errno;
        return qf_listens_bind(socket->zmq, socket->listening, curve, socket->endpoint);
}

int qf_socket_connect(struct qf_context *context, const struct qf_socket_options *options,
                      const char *endpoint, struct qf_socket **ret_socket)
{
        struct qf_socket *socket = NULL;
        int r = open_socket(context, options, false, &socket);

        if (r != 0)
                return r;
        if (options->type == QF_DEALER)
                r = qf_monitor_open(context, socket->zmq,
                                    ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                                            ZMQ_EVENT_HANDSHAKE_SUCCEEDED,
                                    &socket->monitor);
        if (r == 0 && zmq_connect(socket->zmq, endpoint) != 0)
                r = -errno;
        size_t len = strlen(endpoint);
        if (r == 0 && len >= sizeof socket->endpoint)
                r = -ENAMETOOLONG;
        if (r != 0) {
                qf_socket_close(socket);
                return r;
        }
        memcpy(socket->endpoint, endpoint, len + 1);
        if (options->curve) {
                memcpy(socket->other_server_key[0], options->curve->other_server_key, 32);
                memcpy(socket->other_server_key[1], options->curve->server_key, 32);
        }
        *ret_socket = socket;
        return 0;
}

static void release_parts(struct qf_socket *socket)
{
        for (int i = 0; i < 2; i++) {
                if (socket->holds[i])
                        (void)zmq_msg_close(&socket->part[i]);
                socket->holds[i] = false;
        }
}

struct qf_socket *qf_socket_close(struct qf_socket *socket)
{
        if (!socket)
                return NULL;
        release_parts(socket);
        qf_monitor_close(socket->zmq, socket->monitor);
        if (socket->zmq)
                (void)zmq_close(socket->zmq);
        qf_listens_close(socket->listening);
        if (socket->removes && strncmp(socket->endpoint, IPC, sizeof IPC - 1) == 0)
                (void)unlink(socket->endpoint + sizeof IPC - 1);
        free(socket);
        return NULL;
}

void *qf_socket_handle(struct qf_socket *socket)
{
        return socket->zmq;
}

const char *qf_socket_endpoint(const struct qf_socket *socket)
{
        return socket->endpoint;
}

uint64_t qf_socket_dropped(const struct qf_socket *socket)
{
        return socket->dropped;
}

/* A server that has another key than the one it is spoken to with only hangs up; so may one that is just stopping, and
 * then the next failure brings the key back. What cannot be done is tried again then, too. */
static void take_other_server_key(struct qf_socket *socket)
{
        uint8_t now[32];

        if (is_none(socket->other_server_key[0]) || zmq_disconnect(socket->zmq, socket->endpoint) != 0)
                return;
        memcpy(now, socket->other_server_key[0], sizeof now);
        memcpy(socket->other_server_key[0], socket->other_server_key[1], sizeof now);
        memcpy(socket->other_server_key[1], now, sizeof now);
        (void)!qf_socket_set_key(socket->zmq, ZMQ_CURVE_SERVERKEY, now);
        (void)zmq_connect(socket->zmq, socket->endpoint);
}

static void read_events(struct qf_socket *socket)
{
        uint16_t event;
        int32_t value;

        while (socket->monitor && qf_monitor_next(socket->monitor, &event, &value)) {
                if (event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) {
                        take_other_server_key(socket);
                        continue;
                }
                socket->refused = event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
                socket->connections += !socket->refused;
        }
}

/* --- receiving ------------------------------------------------------------- */

static struct qf_view view_of(zmq_msg_t *part)
{
        return (struct qf_view){zmq_msg_data(part), (uint32_t)zmq_msg_size(part)};
}

/* 0; positive 1: nothing waits. After the first frame of a message the others are there: libzmq delivers whole. */
static int receive_part(void *zmq, zmq_msg_t *part)
{
        if (zmq_msg_init(part) != 0)
                return -errno;
        while (zmq_msg_recv(part, zmq, ZMQ_DONTWAIT) < 0) {
                if (errno == EINTR)
                        continue;
                int r = errno == EAGAIN ? 1 : -errno;
                (void)zmq_msg_close(part);
                return r;
        }
        return 0;
}

/* Takes the routing id off. Long ones are a client's own choice and cannot be answered: *ret_peer stays empty. */
static int receive_peer(struct qf_socket *socket, struct qf_peer *ret_peer)
{
        zmq_msg_t part;
        int r = receive_part(socket->zmq, &part);

        if (r != 0)
                return r;
        size_t len = zmq_msg_size(&part);
        ret_peer->len = 0;
        if (len <= sizeof ret_peer->id && zmq_msg_more(&part)) {
                ret_peer->len = (uint8_t)len;
                memcpy(ret_peer->id, zmq_msg_data(&part), len);
        }
        (void)zmq_msg_close(&part);
        return 0;
}

/* Drops the rest of a message that has more frames than ours ever have. libzmq has no limit for them but memory, and
 * hands out a message only when it is whole: afterwards what a long one took goes back to the system. */
static int drop_rest(struct qf_socket *socket)
{
        zmq_msg_t part;
        bool more = true;
        uint32_t dropped = 0;

        for (; more; dropped++) {
                int r = receive_part(socket->zmq, &part);
                if (r != 0)
                        return r < 0 ? r : 0;
                more = zmq_msg_more(&part);
                (void)zmq_msg_close(&part);
        }
        if (dropped > MANY_FRAMES)
                (void)malloc_trim(0);
        return 0;
}

static int receive_frames(struct qf_socket *socket, uint32_t *ret_frames)
{
        uint32_t frames = 0;
        bool more = true;

        while (more && frames < 2) {
                int r = receive_part(socket->zmq, &socket->part[frames]);
                if (r != 0)
                        return r;
                socket->holds[frames] = true;
                more = zmq_msg_more(&socket->part[frames]);
                frames++;
        }
        if (more) {
                int r = drop_rest(socket);
                if (r != 0)
                        return r;
                frames++;
        }
        *ret_frames = frames;
        return 0;
}

/* One message, fit or not: *ret_fit says which. */
static int receive_message(struct qf_socket *socket, struct qf_received *received, bool *ret_fit)
{
        int r;

        release_parts(socket);
        *received = (struct qf_received){0};
        *ret_fit = false;
        if (socket->type == QF_ROUTER) {
                r = receive_peer(socket, &received->peer);
                if (r != 0)
                        return r;
        }
        r = receive_frames(socket, &received->frames);
        if (r != 0)
                return r;
        if (received->frames > 2 || (socket->type == QF_ROUTER && received->peer.len == 0))
                return 0;
        for (uint32_t i = 0; i < received->frames; i++)
                received->frame[i] = view_of(&socket->part[i]);
        const char *user = zmq_msg_gets(&socket->part[0], "User-Id");
        received->user = qf_view_of(user);
        *ret_fit = !socket->needs_user || received->user.len > 0;
        return 0;
}

int qf_socket_receive(struct qf_socket *socket, struct qf_received *ret_received)
{
        struct qf_received received;

        for (int i = 0; i < DROPS_PER_RECEIVE; i++) {
                bool fit = false;
                int r = receive_message(socket, &received, &fit);
                if (r == 1)
                        read_events(socket);
                if (r != 0)
                        return r;
                if (fit) {
                        *ret_received = received;
                        return 0;
                }
                socket->dropped++;
        }
        return 1;
}

/* --- sending ---------------------------------------------------------------- */

static int send_part(void *zmq, const void *at, size_t len, int flags)
{
        while (zmq_send(zmq, at, len, flags | ZMQ_DONTWAIT) < 0) {
                if (errno == EINTR)
                        continue;
                return errno == EAGAIN || errno == EHOSTUNREACH ? 1 : -errno;
        }
        return 0;
}

int qf_socket_send(struct qf_socket *socket, const struct qf_peer *peer, struct qf_view frame,
                   struct qf_view second)
{
        int r;

        if (socket->type == QF_ROUTER) {
                r = send_part(socket->zmq, peer->id, peer->len, ZMQ_SNDMORE);
                if (r != 0)
                        return r;
        }
        r = send_part(socket->zmq, frame.at, frame.len, second.at ? ZMQ_SNDMORE : 0);
        if (r != 0 || !second.at)
                return r;
        return send_part(socket->zmq, second.at, second.len, 0);
}

/* --- waiting and states ------------------------------------------------------ */

static int poll_until(zmq_pollitem_t *items, int count, int64_t timeout_ms)
{
        int64_t end = qf_clock_mono_ms() + timeout_ms;

        for (;;) {
                int64_t left = timeout_ms < 0 ? -1 : end - qf_clock_mono_ms();
                int n = zmq_poll(items, count, timeout_ms < 0 ? -1 : left > 0 ? (long)left : 0);
                if (n > 0)
                        return 0;
                if (n == 0)
                        return 1;
                if (errno != EINTR)
                        return -errno;
        }
}

/* What tells that a socket can be received from, or got a new connection. */
static int add_items(const struct qf_socket *socket, zmq_pollitem_t *items)
{
        items[0] = (zmq_pollitem_t){.socket = socket->zmq, .events = ZMQ_POLLIN};
        if (socket->monitor)
                items[1] = (zmq_pollitem_t){.socket = socket->monitor, .events = ZMQ_POLLIN};
        return socket->monitor ? 2 : 1;
}

int qf_socket_wait(struct qf_socket *const *sockets, uint32_t count, int64_t timeout_ms)
{
        zmq_pollitem_t items[2 * WAIT_SOCKETS_MAX] = {0};
        int used = 0;

        QF_ASSERT(count <= WAIT_SOCKETS_MAX);
        for (uint32_t i = 0; i < count; i++)
                used += add_items(sockets[i], items + used);
        return poll_until(items, used, timeout_ms);
}

int qf_socket_wait_or(struct qf_socket *socket, int fd, int64_t timeout_ms)
{
        zmq_pollitem_t items[3] = {0};
        int used = add_items(socket, items);

        if (fd >= 0)
                items[used++] = (zmq_pollitem_t){.fd = fd, .events = ZMQ_POLLIN};
        return poll_until(items, used, timeout_ms);
}

int qf_socket_wait_send(struct qf_socket *socket, int64_t timeout_ms)
{
        zmq_pollitem_t item = {.socket = socket->zmq, .events = ZMQ_POLLOUT};

        return poll_until(&item, 1, timeout_ms);
}

bool qf_socket_refused(struct qf_socket *socket)
{
        read_events(socket);
        return socket->refused;
}

uint32_t qf_socket_connections(struct qf_socket *socket)
{
        read_events(socket);
        return socket->connections;
}
