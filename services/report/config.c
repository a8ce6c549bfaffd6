/* The schema of report.yaml. */
#include "report/config.h"

#include <cyaml/cyaml.h>

#include "base/yaml.h"
#include "report/web_files.h"
#include "service/config.h"
#include "service/sandbox.h"

static const cyaml_schema_value_t endpoint = {
        CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 200),
};

static const cyaml_schema_field_t http_fields[] = {
        CYAML_FIELD_STRING_PTR("listen", CYAML_FLAG_POINTER, struct qf_http_config, listen, 1, 200),
        CYAML_FIELD_STRING_PTR("tokens", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct qf_http_config,
                               tokens, 1, 4000),
        CYAML_FIELD_UINT_PTR("connections", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct qf_http_config,
                             connections),
        CYAML_FIELD_STRING_PTR("web", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct qf_http_config, web, 1,
                               900),
        CYAML_FIELD_UINT_PTR("per_address", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct qf_http_config,
                             per_address),
        CYAML_FIELD_END,
};

#define RELOADING_NUMBER(name)                                                                               \
        CYAML_FIELD_UINT_PTR(#name, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL | QF_CONFIG_RELOADS,            \
                             struct qf_report_config, name)

static const cyaml_schema_field_t fields[] = {
        CYAML_FIELD_STRING_PTR("totals", CYAML_FLAG_POINTER, struct qf_report_config, totals, 1, 200),
        CYAML_FIELD_STRING_PTR("journal", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct qf_report_config,
                               journal, 1, 200),
        CYAML_FIELD_SEQUENCE("read", CYAML_FLAG_POINTER, struct qf_report_config, read, &endpoint, 1,
                             QF_REPORT_READ_MAX),
        CYAML_FIELD_STRING_PTR("server_key_now", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct qf_report_config, server_key_now, 1, 4000),
        CYAML_FIELD_STRING_PTR("server_key", CYAML_FLAG_POINTER, struct qf_report_config, server_key, 1,
                               4000),
        CYAML_FIELD_MAPPING_PTR("http", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct qf_report_config,
                                http, http_fields),
        RELOADING_NUMBER(reader_ms_per_s),
        RELOADING_NUMBER(reader_subscriptions),
        CYAML_FIELD_UINT_PTR("address_connections", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                             struct qf_report_config, address_connections),
        CYAML_FIELD_UINT_PTR("address_handshakes_per_s", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                             struct qf_report_config, address_handshakes_per_s),
        CYAML_FIELD_STRING_PTR("logbook", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct qf_report_config,
                               logbook, 1, 1000),
        QF_YAML_BOOL_PTR("sandbox", struct qf_report_config, sandbox),
        CYAML_FIELD_END,
};

const struct cyaml_schema_value qf_report_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct qf_report_config, fields),
};

void qf_report_sandbox(const void *config, struct qf_sandbox *ret_sandbox)
{
        const struct qf_report_config *read = config;
        char web[QF_WEB_FOLDER];

        ret_sandbox->off = read->sandbox && !*read->sandbox;
        qf_sandbox_around(ret_sandbox, read->server_key, false);
        if (read->server_key_now)
                qf_sandbox_around(ret_sandbox, read->server_key_now, false);
        if (read->http && read->http->tokens)
                qf_sandbox_around(ret_sandbox, read->http->tokens, false);
        if (read->http && qf_web_folder(read->http->web, web) == 0)
                qf_sandbox_reads(ret_sandbox, web);
        qf_sandbox_endpoint(ret_sandbox, read->totals, QF_SANDBOX_CONNECTS);
        if (read->journal)
                qf_sandbox_endpoint(ret_sandbox, read->journal, QF_SANDBOX_CONNECTS);
        for (unsigned i = 0; i < read->read_count; i++)
                qf_sandbox_endpoint(ret_sandbox, read->read[i], QF_SANDBOX_BINDS);
}
