/* The shape of a programme file. */
#include "programme/programme_yaml.h"

#include <cyaml/cyaml.h>

#include "programme/registers.h"

enum { DIMENSIONS_MAX = 64, TEXTS_MAX = 64, TEXT_MAX = 1024 };

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define TEXT(structure, member)                                                                              \
        CYAML_FIELD_STRING_PTR(#member, OPTIONAL, struct structure, member, 0, TEXT_MAX)
#define NEEDED(structure, member)                                                                            \
        CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER, struct structure, member, 1, TEXT_MAX)
#define CODE(structure) NEEDED(structure, code)

static const cyaml_schema_value_t text_value = {
        CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_MAX),
};

static const cyaml_schema_field_t settings_fields[] = {
        TEXT(qf_yaml_settings, time_zone),        TEXT(qf_yaml_settings, rounding),
        TEXT(qf_yaml_settings, timely_days),      TEXT(qf_yaml_settings, attendances_max),
        TEXT(qf_yaml_settings, sessions_max),     TEXT(qf_yaml_settings, first_date),
        TEXT(qf_yaml_settings, personal_numbers), TEXT(qf_yaml_settings, kinds),
        TEXT(qf_yaml_settings, sample),           CYAML_FIELD_END,
};

static const cyaml_schema_field_t counter_fields[] = {
        CODE(qf_yaml_counter),
        TEXT(qf_yaml_counter, zh),
        TEXT(qf_yaml_counter, en),
        TEXT(qf_yaml_counter, feeds),
        CYAML_FIELD_UINT("cap", CYAML_FLAG_OPTIONAL, struct qf_yaml_counter, cap),
        CYAML_FIELD_END,
};

static const cyaml_schema_value_t counter_value = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct qf_yaml_counter, counter_fields),
};

static const cyaml_schema_field_t move_fields[] = {
        NEEDED(qf_yaml_move, from),
        TEXT(qf_yaml_move, parent),
        TEXT(qf_yaml_move, zh),
        TEXT(qf_yaml_move, en),
        CYAML_FIELD_SEQUENCE_COUNT("groups", OPTIONAL, struct qf_yaml_move, groups.at, groups.count,
                                   &text_value, 0, TEXTS_MAX),
        CYAML_FIELD_END,
};

static const cyaml_schema_value_t move_value = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct qf_yaml_move, move_fields),
};

static const cyaml_schema_field_t member_fields[] = {
        CODE(qf_yaml_member),
        TEXT(qf_yaml_member, zh),
        TEXT(qf_yaml_member, en),
        TEXT(qf_yaml_member, parent),
        TEXT(qf_yaml_member, valid_from),
        TEXT(qf_yaml_member, valid_to),
        TEXT(qf_yaml_member, at),
        CYAML_FIELD_SEQUENCE_COUNT("aliases", OPTIONAL, struct qf_yaml_member, aliases.at, aliases.count,
                                   &text_value, 0, TEXTS_MAX),
        CYAML_FIELD_SEQUENCE_COUNT("groups", OPTIONAL, struct qf_yaml_member, groups.at, groups.count,
                                   &text_value, 0, TEXTS_MAX),
        CYAML_FIELD_SEQUENCE("moved", OPTIONAL, struct qf_yaml_member, moved, &move_value, 0, TEXTS_MAX),
        CYAML_FIELD_END,
};

static const cyaml_schema_value_t member_value = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct qf_yaml_member, member_fields),
};

static const cyaml_schema_field_t dimension_fields[] = {
        CODE(qf_yaml_dimension),
        TEXT(qf_yaml_dimension, zh),
        TEXT(qf_yaml_dimension, en),
        TEXT(qf_yaml_dimension, members_of),
        TEXT(qf_yaml_dimension, groups),
        QF_YAML_BOOL("multi", CYAML_FLAG_OPTIONAL, struct qf_yaml_dimension, multi),
        QF_YAML_BOOL("required", CYAML_FLAG_OPTIONAL, struct qf_yaml_dimension, required),
        QF_YAML_BOOL("closed", CYAML_FLAG_OPTIONAL, struct qf_yaml_dimension, closed),
        QF_YAML_BOOL("apart", CYAML_FLAG_OPTIONAL, struct qf_yaml_dimension, apart),
        CYAML_FIELD_UINT("most", CYAML_FLAG_OPTIONAL, struct qf_yaml_dimension, most),
        CYAML_FIELD_UINT("exactly", CYAML_FLAG_OPTIONAL, struct qf_yaml_dimension, exactly),
        CYAML_FIELD_SEQUENCE("members", OPTIONAL, struct qf_yaml_dimension, members, &member_value, 0,
                             QF_ORG_MEMBERS_MAX),
        CYAML_FIELD_END,
};

static const cyaml_schema_value_t dimension_value = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct qf_yaml_dimension, dimension_fields),
};

static const cyaml_schema_field_t programme_fields[] = {
        CODE(qf_yaml_programme),
        TEXT(qf_yaml_programme, zh),
        TEXT(qf_yaml_programme, en),
        TEXT(qf_yaml_programme, scope_zh),
        TEXT(qf_yaml_programme, scope_en),
        TEXT(qf_yaml_programme, goal_zh),
        TEXT(qf_yaml_programme, goal_en),
        CYAML_FIELD_MAPPING_PTR("settings", OPTIONAL, struct qf_yaml_programme, settings, settings_fields),
        CYAML_FIELD_SEQUENCE("counters", OPTIONAL, struct qf_yaml_programme, counters, &counter_value, 0,
                             TEXTS_MAX),
        CYAML_FIELD_SEQUENCE("dimensions", CYAML_FLAG_POINTER, struct qf_yaml_programme, dimensions,
                             &dimension_value, 1, DIMENSIONS_MAX),
        CYAML_FIELD_END,
};

static const cyaml_schema_value_t programme_value = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct qf_yaml_programme, programme_fields),
};

int qf_yaml_load(struct qf_view text, struct qf_yaml_programme **ret_programme, char ret_why[QF_YAML_WHY])
{
        void *programme = NULL;
        const int r = qf_yaml_read(text, &programme_value, &programme, ret_why);

        if (r == 0)
                *ret_programme = programme;
        return r;
}

struct qf_yaml_programme *qf_yaml_free(struct qf_yaml_programme *programme)
{
        qf_yaml_release(&programme_value, programme);
        return NULL;
}
