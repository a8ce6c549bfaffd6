/* relay.yaml. */
#pragma once

#include "base/error.h"

struct qf_relay_config {
        char *read;          /* endpoint of reporting, connected to */
        char *server_public; /* path of the server's public key */
        char *key;           /* path of the secret key of the source that it reads as */
        char *publish;       /* endpoint of the topics, bound: ipc or loopback */
};

/* Positive 1: wrong, said on stderr. */
QF_CHECK int qf_relay_config_load(const char *path, void **ret_config);
void qf_relay_config_unload(void *config);
