/* relay.yaml. */
#pragma once

#include <stdbool.h>

struct cyaml_schema_value;

struct qf_relay_config {
        char *read;          /* endpoint of reporting, connected to */
        char *server_public; /* path of the server's public key */
        char *key;           /* path of the secret key of the source that it reads as */
        char *publish;       /* endpoint of the topics, bound: ipc or loopback */
        char *logbook;       /* path; NULL: none is kept */
        bool *sandbox;       /* NULL: on */
};

extern const struct cyaml_schema_value qf_relay_schema;
struct qf_sandbox;
void qf_relay_sandbox(const void *config, struct qf_sandbox *ret_sandbox);
