/* An installation beside the first one, for another programme on the same machine: its own configurations, keys,
 * directories, addresses and units (qf-ingest@NAME …). */
#pragma once

#include "qf/cli/cli.h"

struct qf_instance {
        char name[20];   /* "" for the first installation */
        char at[24];     /* "@NAME", in names of units; "" */
        char dir[48];    /* /var/lib/qingfeng-NAME */
        char config[48]; /* /etc/qingfeng-NAME */
        char keys[56];   /* /etc/qingfeng-NAME/keys */
};

/* name NULL: the first one. 0, or 1 after saying what is wrong with the name. */
QF_CHECK int qf_instance_name(struct qf_cli *cli, const char *name, struct qf_instance *ret_instance);
/* Makes what is not there of an instance that has a name: folders, configurations, addresses of its sockets. listen is
 * ADDRESS:PORT, for partners; readers get PORT + 1, HTTP 127.0.0.1:PORT+2. 0 or 1. */
QF_CHECK int qf_instance_make(struct qf_cli *cli, const struct qf_instance *instance, const char *listen);
