/* The schema of aggregate.yaml. */
#include "aggregate/config.h"

#include <cyaml/cyaml.h>

#include "base/yaml.h"
#include "service/config.h"
#include "service/sandbox.h"

static const cyaml_schema_field_t fields[] = {
        CYAML_FIELD_STRING_PTR("directory", CYAML_FLAG_POINTER, struct qf_aggregate_config, directory, 1,
                               4000),
        CYAML_FIELD_STRING_PTR("journal", CYAML_FLAG_POINTER, struct qf_aggregate_config, journal, 1, 200),
        CYAML_FIELD_STRING_PTR("totals", CYAML_FLAG_POINTER, struct qf_aggregate_config, totals, 1, 200),
        CYAML_FIELD_UINT("commit_ms", CYAML_FLAG_OPTIONAL | QF_CONFIG_RELOADS, struct qf_aggregate_config,
                         commit_ms),
        CYAML_FIELD_UINT("map_mib", CYAML_FLAG_OPTIONAL, struct qf_aggregate_config, map_mib),
        CYAML_FIELD_UINT("disk_floor_mib", CYAML_FLAG_OPTIONAL | QF_CONFIG_RELOADS,
                         struct qf_aggregate_config, disk_floor_mib),
        CYAML_FIELD_STRING_PTR("logbook", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct qf_aggregate_config, logbook, 1, 1000),
        QF_YAML_BOOL_PTR("sandbox", struct qf_aggregate_config, sandbox),
        CYAML_FIELD_END,
};

const struct cyaml_schema_value qf_aggregate_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct qf_aggregate_config, fields),
};

/* Counts that are set aside or made anew lie beside the others. */
void qf_aggregate_sandbox(const void *config, struct qf_sandbox *ret_sandbox)
{
        const struct qf_aggregate_config *read = config;

        ret_sandbox->off = read->sandbox && !*read->sandbox;
        qf_sandbox_keeps(ret_sandbox, read->directory);
        qf_sandbox_endpoint(ret_sandbox, read->journal, QF_SANDBOX_CONNECTS);
        qf_sandbox_endpoint(ret_sandbox, read->totals, QF_SANDBOX_BINDS);
}
