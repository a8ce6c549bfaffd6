/* The directory of a qf up: what lies where, made when it is not there. */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "qf/cli/cli.h"

struct qf_up_layout {
        const char *dir;     /* absolute */
        const char *address; /* of --listen, without its port; NULL: ipc only */
        uint16_t feed_port;  /* reading is at the next one */
        uint16_t http_port;  /* on 127.0.0.1; 0: none */
        int lock;            /* held while it runs; -1: not yet */
        int port_lock;       /* so is this: of http_port */
};

/* Makes DIR (0700) and its folders, takes its lock, and makes keys that are missing. A directory that is not empty and
 * not one of ours is left alone. 0 or 1. */
QF_CHECK int qf_up_layout_make(struct qf_cli *cli, const char *dir, struct qf_up_layout *ret_layout);
/* Reads "127.0.0.1:7100"; port 0 finds two free ones. 0 or 1. */
QF_CHECK int qf_up_layout_listen(struct qf_cli *cli, struct qf_up_layout *layout, const char *listen);
/* Chooses where HTTP is answered: "127.0.0.1:7302"; port 0 finds a free one, as does NULL, beginning with 7302; "off".
 * 0 or 1. */
QF_CHECK int qf_up_layout_http(struct qf_cli *cli, struct qf_up_layout *layout, const char *http);
/* Writes the configurations of the four daemons anew. 0 or 1. */
QF_CHECK int qf_up_layout_configure(struct qf_cli *cli, const struct qf_up_layout *layout);
void qf_up_layout_deinit(struct qf_up_layout *layout);
