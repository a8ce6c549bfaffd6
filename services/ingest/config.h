/* ingest.yaml. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/quota.h"

struct cyaml_schema_value;

struct qf_ingest_config {
        char *directory; /* of the journal */
        char **feed;     /* endpoints for partners */
        unsigned feed_count;
        char *journal;    /* endpoint for consumers: ipc */
        char *follow;     /* endpoint for consumers with the key of an admin, from elsewhere; NULL: none */
        char *server_key; /* path of the secret key */
        char *server_key_now;     /* path of one that goes before it when it is there; NULL: none */
        char *office_key;         /* path of the office's public key */
        uint32_t *map_mib;        /* NULL: 1 TiB of address space */
        uint32_t *disk_floor_mib; /* NULL: 1024 */
        char *logbook;            /* path; NULL: none is kept */
        bool *sandbox;            /* NULL: on */
        uint32_t *address_connections,
                *address_handshakes_per_s; /* of one address; 0: any; NULL: of daemon.c */
        /* What one source may send; 0: any; NULL: the defaults of config.c. */
        uint32_t *source_events_per_s, *source_kib_per_s, *source_asks_per_s, *source_outboxes_per_hour;
};

extern const struct cyaml_schema_value qf_ingest_schema;
struct qf_sandbox;
void qf_ingest_sandbox(const void *config, struct qf_sandbox *ret_sandbox);
void qf_ingest_quotas(const struct qf_ingest_config *config,
                      struct qf_quota_limit *ret_quotas);        /* QF_QUOTA_KINDS */
uint64_t qf_ingest_floor(const struct qf_ingest_config *config); /* bytes */
