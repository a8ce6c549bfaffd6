/* Why: the schema of ingest's configuration, for libcyaml. */
#include "ingest/config.h"

#include <cyaml/cyaml.h>

#include "service/config.h"

enum { ENDPOINTS_MAX = 16, TEXT_MAX = 4096 };

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
        CYAML_FIELD_END};

const struct cyaml_schema_value qf_ingest_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct qf_ingest_config, fields)};
