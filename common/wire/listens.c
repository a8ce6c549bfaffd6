/* Why: a CURVE server has one key, and a change of it takes two for a while. But
 * libzmq copies the options of a socket into whatever listens for it at the moment
 * of the bind, so one socket can listen twice with two keys:
 *
 *     tcp://0.0.0.0:7300 ─┬─ listens (SO_REUSEPORT) ─ the new key ────┐
 *                         └─ listens (SO_REUSEPORT) ─ the former key ─┴─► ROUTER
 *
 * The kernel gives each connection to either. A client whose key is not the one it
 * came to is hung up on during the handshake, and tries again by itself. */
#include "wire/listens.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "base/cleanup.h"

static int set_keys(void *zmq, const uint8_t public_key[32], const uint8_t secret_key[32])
{
        return zmq_setsockopt(zmq, ZMQ_CURVE_SECRETKEY, secret_key, 32) == 0 &&
                               zmq_setsockopt(zmq, ZMQ_CURVE_PUBLICKEY, public_key, 32) == 0
                       ? 0
                       : -errno;
}

/* libzmq closes what it is given, so it is given a copy. */
static int listen_at(void *zmq, int listening, const char *endpoint)
{
        QF_CLEANUP(qf_cleanup_close) int given = fcntl(listening, F_DUPFD_CLOEXEC, 0);

        if (given < 0 || zmq_setsockopt(zmq, ZMQ_USE_FD, &given, sizeof given) != 0 ||
            zmq_bind(zmq, endpoint) != 0)
                return -errno;
        given = -1;
        return 0;
}

int qf_listens_bind(void *zmq, const int listening[QF_SOCKET_LISTENS], const struct qf_curve *curve,
                    const char *endpoint)
{
        static const uint8_t none[32];
        uint32_t count = listening[1] > 0 ? 2 : 1;
        bool changes = curve && memcmp(curve->former_secret_key, none, sizeof none) != 0;
        int r = 0;

        for (uint32_t i = 0; i < count && r == 0; i++) {
                bool former = changes && i == count - 1;
                if (curve)
                        r = set_keys(zmq, former ? curve->former_public_key : curve->public_key,
                                     former ? curve->former_secret_key : curve->secret_key);
                if (r == 0)
                        r = listen_at(zmq, listening[i], endpoint);
        }
        return r;
}

void qf_listens_close(int listening[QF_SOCKET_LISTENS])
{
        for (uint32_t i = 0; i < QF_SOCKET_LISTENS; i++) {
                if (listening[i] > 0)
                        (void)close(listening[i]);
                listening[i] = 0;
        }
}
