/* The schema of relay.yaml. */
#include "relay/config.h"

#include <cyaml/cyaml.h>

#include "service/config.h"

static const cyaml_schema_field_t fields[] = {
        CYAML_FIELD_STRING_PTR("read", CYAML_FLAG_POINTER, struct qf_relay_config, read, 1, 200),
        CYAML_FIELD_STRING_PTR("server_public", CYAML_FLAG_POINTER, struct qf_relay_config, server_public, 1,
                               4000),
        CYAML_FIELD_STRING_PTR("key", CYAML_FLAG_POINTER, struct qf_relay_config, key, 1, 4000),
        CYAML_FIELD_STRING_PTR("publish", CYAML_FLAG_POINTER, struct qf_relay_config, publish, 1, 200),
        CYAML_FIELD_END,
};

const struct cyaml_schema_value qf_relay_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct qf_relay_config, fields),
};
