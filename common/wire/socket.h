/* ZeroMQ sockets with every option set in one place: HWM, LINGER, MAXMSGSIZE,
 * dead lines, handshake time, backlog, CURVE, ZAP with an enforced domain. One
 * thread. Messages are received as views that live until the next receive. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "wire/crowd.h"

struct qf_context; /* one per process */
struct qf_socket;

enum qf_socket_type { QF_ROUTER, QF_DEALER, QF_PUB };

struct qf_curve {
        uint8_t public_key[32], secret_key[32]; /* own */
        uint8_t server_key[32];                 /* clients: the server's public key */
        uint8_t other_server_key[32];           /* clients: a second one, while it changes; zeros: none */
        /* Servers: the key that goes, while it changes: who speaks to it is let in as well; zeros: none. */
        uint8_t former_public_key[32], former_secret_key[32];
};

enum { QF_SOCKET_LISTENS = 2 };

struct qf_socket_options {
        enum qf_socket_type type;
        bool server;                    /* CURVE server; binds */
        const struct qf_curve *curve;   /* NULL: none (ipc between our own daemons only) */
        uint32_t frame_bytes_max;       /* MAXMSGSIZE; 0: 264 KiB */
        uint32_t receive_hwm, send_hwm; /* messages; 0: 64 */
        /* bind: descriptors that listen at the endpoint already, and are ours now; 0: none. With two, each connection comes
         * to either, and a server that changes its key answers to both keys. */
        int listening[QF_SOCKET_LISTENS];
        bool removes; /* bind: the file of an ipc endpoint was made for us, and goes when the socket is closed */
};

QF_CHECK int qf_context_new(uint32_t io_threads, struct qf_context **ret_context);
struct qf_context *qf_context_free(struct qf_context *context);

/* Binds (server roles) or connects. -errno as ZeroMQ said it (EADDRINUSE …). */
QF_CHECK int qf_socket_bind(struct qf_context *context, const struct qf_socket_options *options,
                            const char *endpoint, struct qf_socket **ret_socket);
QF_CHECK int qf_socket_connect(struct qf_context *context, const struct qf_socket_options *options,
                               const char *endpoint, struct qf_socket **ret_socket);
struct qf_socket *qf_socket_close(struct qf_socket *socket);
bool qf_socket_can_rekey(const struct qf_socket *socket); /* it was given descriptors */
/* CURVE server that was given descriptors: answers to other keys from now on. All connections are closed, and made again
 * by the clients, which wait in the meantime and are refused by nobody; what they were not answered they send again. A
 * socket that listens once answers to the former key as long as there is one: so who has both gets in at any time.
 * Before: qf_socket_can_rekey. -errno. */
QF_CHECK int qf_socket_rekey(struct qf_socket *socket, const struct qf_curve *curve);
void *qf_socket_handle(struct qf_socket *socket); /* for service/loop and zmq_poll */
/* The endpoint really bound (tcp://127.0.0.1:* gets a port). */
const char *qf_socket_endpoint(const struct qf_socket *socket);
/* Messages dropped since it was opened: no User-Id, other than one or two frames, an unanswerable routing id. */
uint64_t qf_socket_dropped(const struct qf_socket *socket);

struct qf_peer { /* who to answer: a ROUTER's routing id */
        uint8_t len;
        uint8_t id[32];
};

struct qf_received {
        struct qf_peer peer; /* ROUTER */
        struct qf_view user; /* CURVE: User-Id given by ZAP (name of the source); empty: none */
        uint32_t frames;     /* 1 or 2, without routing frames; other counts are dropped and counted */
        struct qf_view frame[2];
};

/* 0 with *ret_received; positive 1: nothing waits; -errno. */
QF_CHECK int qf_socket_receive(struct qf_socket *socket, struct qf_received *ret_received);
/* Never blocks. 0; positive 1: the peer is full or gone (ROUTER_MANDATORY), or would block. The second frame is sent
 * when its at is not NULL. */
QF_CHECK int qf_socket_send(struct qf_socket *socket, const struct qf_peer *peer, struct qf_view frame,
                            struct qf_view second);

/* Clients connect in the background and hold nothing back for a server that is not there: until then sending says 1.
 * This waits until it would not. 0: go on; positive 1: time is over. */
QF_CHECK int qf_socket_wait_send(struct qf_socket *socket, int64_t timeout_ms);

/* Client with CURVE: whether the server's last word to a handshake was that it refuses the key. */
bool qf_socket_refused(struct qf_socket *socket);
/* Client: how often a connection was made. A new one means that the server may know nothing of what was said before:
 * who subscribed or attached does so again, at once instead of after a silence. */
uint32_t qf_socket_connections(struct qf_socket *socket);

/* Waits until one of the sockets can be received from or got a new connection, at most timeout_ms; for clients without
 * a service loop. 0: look; positive 1: time is over. */
QF_CHECK int qf_socket_wait(struct qf_socket *const *sockets, uint32_t count, int64_t timeout_ms);
/* The same of one socket, or until the descriptor can be read; -1: none. */
QF_CHECK int qf_socket_wait_or(struct qf_socket *socket, int fd, int64_t timeout_ms);

/* ZAP: closed by default. decide gives the User-Id for a public key, or NULL to refuse; called from
 * qf_zap_turn on the loop's thread. Open it before any bind. */
struct qf_zap;
enum { QF_KEY_MARKS = 20 };
typedef const char *(*qf_zap_decide)(void *ctx, const uint8_t public_key[32], const char *address);
QF_CHECK int qf_zap_open(struct qf_context *context, qf_zap_decide decide, void *ctx,
                         struct qf_zap **ret_zap);
struct qf_zap *qf_zap_close(struct qf_zap *zap);
void *qf_zap_handle(struct qf_zap *zap);
QF_CHECK int qf_zap_turn(struct qf_zap *zap); /* answers all waiting requests */
/* Limits each address; before the sockets are watched. */
QF_CHECK int qf_zap_limit(struct qf_zap *zap, struct qf_crowd_limits limits);
/* Counts the connections of a server's socket that is bound, and closed after the door: what is one too many is cut, now and whenever qf_zap_turn is
 * called, which is to be done every second also when nobody asks. */
QF_CHECK int qf_zap_watch(struct qf_zap *zap, struct qf_context *context, struct qf_socket *socket);
/* Reads a server's keys anew (qf_key_read_server); when they are others than *curve, all watched sockets answer to them from
 * now on (qf_socket_rekey). 0: they do, *curve holds them, and
 * ret_marks their first bytes, as a logbook shows keys: "1f00a9c4" or "1f00a9c4,77b0c2de"; positive 1: nothing changed, or the file cannot be used,
 * or one of the sockets cannot (qf_socket_can_rekey), which is logged; -errno: some sockets may be shut, the process must end. */
QF_CHECK int qf_zap_rekey(struct qf_zap *zap, const char *now, const char *path, struct qf_curve *curve,
                          char ret_marks[QF_KEY_MARKS]);
/* Connections of the watched sockets that stand now, over TCP and over files. */
uint32_t qf_zap_connections(const struct qf_zap *zap);
/* How often an address was over its limits, in all; ret_last: of whom last, until the next turn. */
uint64_t qf_zap_crowded(const struct qf_zap *zap, const char **ret_last);
