/* Configuration files: YAML by a libcyaml schema that the daemon owns. */
#pragma once

#include "base/error.h"

struct cyaml_schema_value; /* include <cyaml/cyaml.h> to write one; its top is a mapping with CYAML_FLAG_POINTER */

/* Positive 1: the file is wrong or cannot be read, said on stderr in one line with line and path; nothing is given. */
QF_CHECK int qf_config_load(const char *path, const struct cyaml_schema_value *schema, void **ret_config);
void qf_config_unload(const struct cyaml_schema_value *schema, void *config); /* NULL is a no-op */
