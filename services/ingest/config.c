/* Why: the schema of ingest's configuration, for libcyaml, and what is meant by what it leaves out. */
#include "ingest/config.h"

#include <cyaml/cyaml.h>

#include "base/yaml.h"
#include "ingest/core.h"
#include "service/config.h"
#include "service/sandbox.h"

enum {
        ENDPOINTS_MAX = 16,
        TEXT_MAX = 4096,
        DISK_FLOOR_MIB = 1024,
        EVENTS_PER_S = 50000,
        KIB_PER_S = 8 * 1024,
        ASKS_PER_S = 100,
        OUTBOXES_PER_HOUR = 100,
        OUTBOXES_AT_ONCE = 1000,
        QUOTA_BURST_S = 20,
        HELLOS_PER_S = 10, /* in every installation */
        HELLOS_AT_ONCE = 100,
        HOUR_S = 60 * 60,
};

#define MIB (UINT64_C(1) << 20)

static const cyaml_schema_value_t text = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_MAX)};

#define OPTIONAL_NUMBER(name, more)                                                                          \
        CYAML_FIELD_UINT_PTR(#name, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL | (more),                       \
                             struct qf_ingest_config, name)

static const cyaml_schema_field_t fields[] = {
        CYAML_FIELD_STRING_PTR("directory", CYAML_FLAG_POINTER, struct qf_ingest_config, directory, 1,
                               TEXT_MAX),
        CYAML_FIELD_SEQUENCE("feed", CYAML_FLAG_POINTER, struct qf_ingest_config, feed, &text, 1,
                             ENDPOINTS_MAX),
        CYAML_FIELD_STRING_PTR("journal", CYAML_FLAG_POINTER, struct qf_ingest_config, journal, 1, TEXT_MAX),
        CYAML_FIELD_STRING_PTR("follow", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct qf_ingest_config,
                               follow, 1, TEXT_MAX),
        CYAML_FIELD_STRING_PTR("server_key_now", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct qf_ingest_config, server_key_now, 1, TEXT_MAX),
        CYAML_FIELD_STRING_PTR("server_key", CYAML_FLAG_POINTER, struct qf_ingest_config, server_key, 1,
                               TEXT_MAX),
        CYAML_FIELD_STRING_PTR("office_key", CYAML_FLAG_POINTER, struct qf_ingest_config, office_key, 1,
                               TEXT_MAX),
        OPTIONAL_NUMBER(map_mib, CYAML_FLAG_DEFAULT),
        OPTIONAL_NUMBER(disk_floor_mib, QF_CONFIG_RELOADS),
        OPTIONAL_NUMBER(source_events_per_s, QF_CONFIG_RELOADS),
        OPTIONAL_NUMBER(source_kib_per_s, QF_CONFIG_RELOADS),
        OPTIONAL_NUMBER(source_asks_per_s, QF_CONFIG_RELOADS),
        OPTIONAL_NUMBER(source_outboxes_per_hour, QF_CONFIG_RELOADS),
        OPTIONAL_NUMBER(address_connections, CYAML_FLAG_DEFAULT),
        OPTIONAL_NUMBER(address_handshakes_per_s, CYAML_FLAG_DEFAULT),
        CYAML_FIELD_STRING_PTR("logbook", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct qf_ingest_config,
                               logbook, 1, 1000),
        QF_YAML_BOOL_PTR("sandbox", struct qf_ingest_config, sandbox),
        CYAML_FIELD_END};

const struct cyaml_schema_value qf_ingest_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct qf_ingest_config, fields)};

/* Journal, list of backups and note of crashes lie side by side; keys are replaced in their folders. */
void qf_ingest_sandbox(const void *config, struct qf_sandbox *ret_sandbox)
{
        const struct qf_ingest_config *read = config;

        ret_sandbox->off = read->sandbox && !*read->sandbox;
        qf_sandbox_keeps(ret_sandbox, read->directory);
        qf_sandbox_around(ret_sandbox, read->server_key, false);
        if (read->server_key_now)
                qf_sandbox_around(ret_sandbox, read->server_key_now, false);
        qf_sandbox_around(ret_sandbox, read->office_key, false);
        for (unsigned i = 0; i < read->feed_count; i++)
                qf_sandbox_endpoint(ret_sandbox, read->feed[i], QF_SANDBOX_BINDS);
        qf_sandbox_endpoint(ret_sandbox, read->journal, QF_SANDBOX_BINDS);
        if (read->follow)
                qf_sandbox_endpoint(ret_sandbox, read->follow, QF_SANDBOX_BINDS);
}

static struct qf_quota_limit quota_of(const uint32_t *a_second, uint64_t otherwise, uint64_t unit)
{
        uint64_t units = (a_second ? *a_second : otherwise) * unit;
        return (struct qf_quota_limit){.an_hour = units * HOUR_S, .at_once = units * QUOTA_BURST_S};
}

void qf_ingest_quotas(const struct qf_ingest_config *config, struct qf_quota_limit *quotas)
{
        quotas[QF_QUOTA_EVENTS] = quota_of(config->source_events_per_s, EVENTS_PER_S, 1);
        quotas[QF_QUOTA_BYTES] = quota_of(config->source_kib_per_s, KIB_PER_S, 1024);
        quotas[QF_QUOTA_ASKS] = quota_of(config->source_asks_per_s, ASKS_PER_S, 1);
        quotas[QF_QUOTA_OUTBOXES] = (struct qf_quota_limit){
                .an_hour = config->source_outboxes_per_hour ? *config->source_outboxes_per_hour
                                                            : OUTBOXES_PER_HOUR,
                .at_once = OUTBOXES_AT_ONCE};
        quotas[QF_QUOTA_HELLOS] =
                (struct qf_quota_limit){.an_hour = HELLOS_PER_S * HOUR_S, .at_once = HELLOS_AT_ONCE};
}

uint64_t qf_ingest_floor(const struct qf_ingest_config *config)
{
        return (config->disk_floor_mib ? *config->disk_floor_mib : DISK_FLOOR_MIB) * MIB;
}
