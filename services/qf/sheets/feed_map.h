/* How the columns of a CSV file become the fields of an activity. The template
 * for clerks is one such map, built in; any other file is described by a map
 * file (YAML). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "model/kinds.h"
#include "programme/programme.h"
#include "client/feed_cell.h"
#include "client/feed_field.h"
#include "qf/sheets/feed_grid.h"

struct qf_map_alias {
        const char *from, *to;
};

struct qf_map_column {
        const char *const *headers; /* any of them, NULL-terminated; the first is shown */
        enum qf_field field;
        const char *dimension; /* code, of QF_FIELD_VALUE */
        const char
                *split; /* characters between several members; NULL: the usual ones when it takes several */
        enum qf_date_order order;
        bool optional;  /* the file may be without it */
        bool fill_down; /* an empty cell is a merged one: as above */
        uint32_t aliases_count;
        const struct qf_map_alias *aliases;
};

struct qf_map_constant { /* where the column is not there, or its cell is empty */
        enum qf_field field;
        const char *dimension;
        const char *value;
};

struct qf_map {
        uint32_t columns_count, constants_count, keys_count, missing_count;
        const struct qf_map_column *columns;
        const struct qf_map_constant *constants;
        const char *const
                *keys; /* headers whose cells make the key; none: a number column, or the row's hash */
        const char *const *missing;      /* words that mean nothing is written */
        bool is_template;                /* columns may also be named as a dimension is */
        const struct qf_kind_spec *kind; /* rows are of this declared kind; NULL: activities */
};

const struct qf_map *qf_map_template(void);
/* Its column of a field, or of a dimension: what people call it, here and wherever else it is named. NULL: it has none. */
const struct qf_map_column *qf_map_template_column(enum qf_field field, const char *dimension);

/* The template of a declared kind, made of its row in the table. NULL: no memory. */
struct qf_kind_map;
struct qf_kind_map *qf_map_of_kind(const struct qf_kind_spec *spec);
struct qf_kind_map *qf_kind_map_free(struct qf_kind_map *kind_map);
const struct qf_map *qf_kind_map_of(const struct qf_kind_map *kind_map);

/* A map file. Positive 1: wrong, said on stderr with its line and path. */
struct qf_map_file;
QF_CHECK int qf_map_load(const char *path, bool chinese, struct qf_map_file **ret_file);
struct qf_map_file *qf_map_free(struct qf_map_file *file);
const struct qf_map *qf_map_of(const struct qf_map_file *file);

/* Which column of a file is what. */
struct qf_bound {
        enum qf_field field;
        bool again;                      /* another column is what this one is called: not read */
        uint16_t dimension;              /* id, of QF_FIELD_VALUE */
        const struct qf_map_column *map; /* NULL: found by a dimension's name */
};

struct qf_binding {
        uint32_t header_row;
        uint32_t columns_count;
        struct qf_bound *columns;
        int32_t by_field[QF_FIELDS]; /* column of a field, the first of several; -1: none */
        uint32_t keys_count;
        uint32_t keys[16]; /* columns that make the key */
};

enum qf_bind_outcome {
        QF_BIND_NO_HEADER = 1,    /* E002 */
        QF_BIND_NO_COLUMN = 2,    /* E003: *ret_missing, and the near header if there is one */
        QF_BIND_NO_DIMENSION = 3, /* the map names a dimension (*ret_missing) that the programme has not */
        QF_BIND_SCALED = 4,       /* E010: a count whose header (*ret_near) says that it is in thousands */
};

/* A header of two lines is one: where its cell is empty, the one above it. */
struct qf_view qf_map_header(const struct qf_grid *grid, uint32_t header_row, uint32_t column);
/* A column of the map is called so, and no dimension by this name would be read. */
bool qf_map_has(const struct qf_map *map, struct qf_view header);
/* Its cells are days: the date, and a declared kind's figures that are. */
bool qf_map_is_date(const struct qf_map *map, enum qf_field field);
/* How many columns of the file a map knows: the right map knows most. */
uint32_t qf_map_known(const struct qf_map *map, const struct qf_grid *grid);
/* Finds the header among the first 10 lines and binds its columns. ret_near: empty, or a header that looks like it. */
QF_CHECK int qf_map_bind(const struct qf_map *map, const struct qf_grid *grid,
                         const struct qf_programme *programme, struct qf_binding *ret_binding,
                         struct qf_view *ret_missing, struct qf_view *ret_near);
/* The column of a field or dimension that a verdict names; -1: none. */
int32_t qf_binding_column(const struct qf_binding *binding, const struct qf_programme *programme,
                          const char *field);
void qf_binding_deinit(struct qf_binding *binding);
bool qf_map_is_missing(const struct qf_map *map, struct qf_view cell);
