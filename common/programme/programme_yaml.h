/* A programme file as libcyaml reads it: shape only, names not yet looked up. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/yaml.h"

struct qf_yaml_texts {
        char **at;
        unsigned count;
};

struct qf_yaml_settings { /* each NULL when not given */
        char *time_zone, *rounding, *timely_days, *attendances_max, *sessions_max, *first_date,
                *personal_numbers, *kinds, *sample;
};

struct qf_yaml_move { /* what is not given stays as it was; parent "": none; "DIMENSION=": in none of its groups */
        char *from, *parent, *zh, *en;
        struct qf_yaml_texts groups;
};

struct qf_yaml_member {
        char *code, *zh, *en, *parent, *valid_from, *valid_to, *at;
        struct qf_yaml_texts aliases, groups; /* groups: "DIMENSION=MEMBER" */
        struct qf_yaml_move *moved;
        unsigned moved_count;
};

struct qf_yaml_dimension {
        char *code, *zh, *en, *members_of, *groups;
        bool multi, required, closed, apart;
        uint32_t most, exactly; /* exactly: how many members there are to be; 0: not said */
        struct qf_yaml_member *members;
        unsigned members_count;
};

struct qf_yaml_counter {
        char *code, *zh, *en, *feeds;
        uint32_t cap;
};

struct qf_yaml_programme {
        char *code, *zh, *en, *scope_zh, *scope_en, *goal_zh, *goal_en;
        struct qf_yaml_settings *settings;
        struct qf_yaml_counter *counters;
        unsigned counters_count;
        struct qf_yaml_dimension *dimensions;
        unsigned dimensions_count;
};

/* As qf_yaml_read. */
QF_CHECK int qf_yaml_load(struct qf_view text, struct qf_yaml_programme **ret_programme,
                          char ret_why[QF_YAML_WHY]);
struct qf_yaml_programme *qf_yaml_free(struct qf_yaml_programme *programme);
