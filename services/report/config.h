/* report.yaml. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct cyaml_schema_value;

struct qf_http_config {
        char *listen; /* tcp://ADDRESS:PORT */
        char *tokens; /* path of the file of tokens; NULL: none are asked for, and only this machine reaches it */
        unsigned *connections, *per_address; /* at most; NULL: 2048, 128 */
        char *web; /* folder of the board's files; NULL: ../share/qingfeng/web beside the program's folder */
};

struct qf_report_config {
        char *totals; /* endpoint of aggregation's totals, connected to */
        char *journal; /* endpoint of ingest's journal, connected to for what was said; NULL: that is not answered */
        char **read; /* endpoints for readers, bound */
        unsigned read_count;
        char *server_key;            /* path of the server's secret key */
        char *server_key_now;        /* path of one that goes before it when it is there; NULL: none */
        struct qf_http_config *http; /* NULL: off */
        /* What one source may take (share.h) and hold; 0: any; NULL: the defaults of daemon.c. */
        uint32_t *reader_ms_per_s, *reader_subscriptions;
        char *logbook; /* path; NULL: none is kept */
        bool *sandbox; /* NULL: on */
        uint32_t *address_connections,
                *address_handshakes_per_s; /* of one address; 0: any; NULL: of daemon.c */
};

enum { QF_REPORT_READ_MAX = 4 };

extern const struct cyaml_schema_value qf_report_schema;
struct qf_sandbox;
void qf_report_sandbox(const void *config, struct qf_sandbox *ret_sandbox);
