/* Whether anybody answers at an endpoint, before any key is used: the first bytes of ZMTP (RFC 23) tell. */
#pragma once

#include <stdint.h>

#include "base/error.h"

enum { QF_DOOR_MECHANISM = 21 };

/* endpoint: tcp://HOST:PORT or ipc://PATH. 0 with its mechanism, "CURVE"; positive 1: what answers is not ZeroMQ; negative:
 * -errno of reaching it (ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH …), -ENXIO: no such name, -EINVAL: no such endpoint. */
QF_CHECK int qf_door_knock(const char *endpoint, int timeout_ms, char ret_mechanism[QF_DOOR_MECHANISM]);
