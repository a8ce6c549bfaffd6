/* What a socket of ours is set to before it binds or connects. Inside wire/ only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wire/socket.h"

/* -errno as ZeroMQ said it. Both. */
QF_CHECK int qf_socket_set_options(void *zmq, const struct qf_socket_options *options, bool binds);
QF_CHECK int qf_socket_set_key(void *zmq, int name, const uint8_t key[32]); /* ZMQ_CURVE_… */
