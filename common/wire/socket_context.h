/* The ZeroMQ context behind a qf_context, for the files of wire/ that open sockets of their own. */
#pragma once

#include "wire/socket.h"

void *qf_context_handle(struct qf_context *context);
