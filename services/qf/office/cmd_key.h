/* Subcommands of `qf key` that are files of their own. */
#pragma once

#include <stdint.h>

#include "qf/cli/cli.h"

enum { QF_KEY_ROLES = 3 };

struct qf_key_role {
        const char *name;
        uint32_t bit;
};

extern const struct qf_key_role qf_key_roles[QF_KEY_ROLES];

extern const struct qf_command qf_cmd_key_list;
extern const struct qf_command qf_cmd_key_server;
