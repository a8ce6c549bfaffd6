/* Configuration files: YAML by a libcyaml schema that the daemon owns. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct cyaml_schema_value; /* include <cyaml/cyaml.h> to write one; its top is a mapping with CYAML_FLAG_POINTER */

/* Flag of a setting that changes while the daemon runs: a number, text or list at the top. (libcyaml's flag of how a
 * value is written: nothing is ever written by these schemas.) */
#define QF_CONFIG_RELOADS CYAML_FLAG_FLOW

enum { QF_CONFIG_TEXT = 1400 };

/* Positive 1: the file is wrong or cannot be read: ret_why says it in one line with line and path. -ENOMEM. */
QF_CHECK int qf_config_load(const char *path, const struct cyaml_schema_value *schema,
                            char ret_why[QF_CONFIG_TEXT], void **ret_config);
void qf_config_unload(const struct cyaml_schema_value *schema, void *config); /* NULL is a no-op */

/* Told of a setting that a file says otherwise; from and to as text, "" for lists and what is not given. */
typedef void (*qf_config_differs)(void *ctx, const char *key, bool reloads, const char *from, const char *to);
/* Makes a running configuration what a fresh one says, in the settings that reload: values change places, so that each
 * configuration is still released as it was. Gives the number of those settings. */
unsigned qf_config_take(const struct cyaml_schema_value *schema, void *running, void *fresh,
                        qf_config_differs differs, void *ctx);
/* Calls `differs` with each setting of a schema, from and to "": for tables and tests. */
void qf_config_list(const struct cyaml_schema_value *schema, qf_config_differs differs, void *ctx);
