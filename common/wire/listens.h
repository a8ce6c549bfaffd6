/* What a server's socket listens on, and to which key each answers. For socket.c. */
#pragma once

#include "base/error.h"
#include "wire/socket.h"

/* Makes a libzmq socket listen at an endpoint, with copies of the descriptors (the second may be 0). curve NULL: no keys.
 * With two, the second has the former key when there is one; with one, that one has it. */
QF_CHECK int qf_listens_bind(void *zmq, const int listening[QF_SOCKET_LISTENS], const struct qf_curve *curve,
                             const char *endpoint);
void qf_listens_close(int listening[QF_SOCKET_LISTENS]);
