/* The schema of relay.yaml. */
#include "relay/config.h"

#include <cyaml/cyaml.h>

#include "base/yaml.h"
#include "service/config.h"
#include "service/sandbox.h"

static const cyaml_schema_field_t fields[] = {
        CYAML_FIELD_STRING_PTR("read", CYAML_FLAG_POINTER, struct qf_relay_config, read, 1, 200),
        CYAML_FIELD_STRING_PTR("server_public", CYAML_FLAG_POINTER, struct qf_relay_config, server_public, 1,
                               4000),
        CYAML_FIELD_STRING_PTR("key", CYAML_FLAG_POINTER, struct qf_relay_config, key, 1, 4000),
        CYAML_FIELD_STRING_PTR("publish", CYAML_FLAG_POINTER, struct qf_relay_config, publish, 1, 200),
        CYAML_FIELD_STRING_PTR("logbook", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct qf_relay_config,
                               logbook, 1, 1000),
        QF_YAML_BOOL_PTR("sandbox", struct qf_relay_config, sandbox),
        CYAML_FIELD_END,
};

const struct cyaml_schema_value qf_relay_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct qf_relay_config, fields),
};

/* A flood of subscriptions makes it bind its topics anew. */
void qf_relay_sandbox(const void *config, struct qf_sandbox *ret_sandbox)
{
        const struct qf_relay_config *read = config;

        ret_sandbox->off = read->sandbox && !*read->sandbox;
        qf_sandbox_around(ret_sandbox, read->key, false);
        qf_sandbox_around(ret_sandbox, read->server_public, false);
        qf_sandbox_endpoint(ret_sandbox, read->read, QF_SANDBOX_CONNECTS);
        qf_sandbox_endpoint(ret_sandbox, read->publish, QF_SANDBOX_BINDS_AGAIN);
}
