/* Files of YAML by a libcyaml schema: read whole, or told in one sentence what is wrong and on which line. */
#pragma once

#include <cyaml/cyaml.h>

#include "base/bytes.h"
#include "base/error.h"

enum { QF_YAML_WHY = 1024, QF_YAML_TRUTHS = 10 };

/* schema: its top is a mapping with CYAML_FLAG_POINTER. Positive 1: not such a file; ret_why says what, with line, column (from 1) and path. -ENOMEM. */
QF_CHECK int qf_yaml_read(struct qf_view text, const struct cyaml_schema_value *schema, void **ret_data,
                          char ret_why[QF_YAML_WHY]);
void qf_yaml_release(const struct cyaml_schema_value *schema, void *data); /* NULL is a no-op */

/* A field that is yes or no: libcyaml's own takes every word that is not one of "no" for yes. */
#define QF_YAML_BOOL(key, flags, structure, member)                                                          \
        CYAML_FIELD_ENUM(key, (flags) | CYAML_FLAG_STRICT | CYAML_FLAG_CASE_INSENSITIVE, structure, member,  \
                         qf_yaml_truths, QF_YAML_TRUTHS)
#define QF_YAML_BOOL_PTR(key, structure, member)                                                             \
        CYAML_FIELD_ENUM_PTR(key,                                                                            \
                             CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT |                  \
                                     CYAML_FLAG_CASE_INSENSITIVE,                                            \
                             structure, member, qf_yaml_truths, QF_YAML_TRUTHS)
extern const cyaml_strval_t qf_yaml_truths[QF_YAML_TRUTHS];
