/* Why: a map is written by whoever knows the file, not by whoever knows C: YAML,
 * every mistake said with its place and with what would be right. */
#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/yaml.h"
#include "qf/cli/yaml_said.h"
#include "qf/sheets/feed_map.h"
#include "service/config.h"

struct column {
        char *column, *field, *split;
        enum qf_date_order *order;
        bool *optional, *fill_down;
        struct qf_map_alias *values;
        uint32_t values_count;
};

struct constant {
        char *field, *value;
};

struct file {
        struct column *columns;
        uint32_t columns_count;
        struct constant *constants;
        uint32_t constants_count;
        char **key;
        uint32_t key_count;
        char **missing;
        uint32_t missing_count;
};

struct qf_map_file {
        struct file *yaml;
        struct qf_map map;
        struct qf_map_column *columns;
        struct qf_map_constant *constants;
        const char **headers; /* two for each column: its name and NULL */
};

/* --- schema (tables, longer than a function should be) ------------------- */

#define TEXT(key, type, member)                                                                              \
        CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, CYAML_UNLIMITED)
#define TEXT_OPTIONAL(key, type, member)                                                                     \
        CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 0,               \
                               CYAML_UNLIMITED)
#define LIST_OPTIONAL(key, type, member, entry)                                                              \
        CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, entry, 0,          \
                             CYAML_UNLIMITED)

static const cyaml_strval_t orders[] = {{"ymd", QF_ORDER_YMD}, {"dmy", QF_ORDER_DMY}, {"mdy", QF_ORDER_MDY}};

static const cyaml_schema_field_t alias_fields[] = {
        TEXT("from", struct qf_map_alias, from),
        TEXT("to", struct qf_map_alias, to),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t alias_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct qf_map_alias, alias_fields)};

static const cyaml_schema_field_t column_fields[] = {
        TEXT("column", struct column, column),
        TEXT("field", struct column, field),
        TEXT_OPTIONAL("split", struct column, split),
        CYAML_FIELD_ENUM_PTR("order", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT,
                             struct column, order, orders, CYAML_ARRAY_LEN(orders)),
        QF_YAML_BOOL_PTR("optional", struct column, optional),
        QF_YAML_BOOL_PTR("fill_down", struct column, fill_down),
        LIST_OPTIONAL("values", struct column, values, &alias_schema),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t column_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct column, column_fields)};

static const cyaml_schema_field_t constant_fields[] = {
        TEXT("field", struct constant, field),
        TEXT("value", struct constant, value),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t constant_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct constant, constant_fields)};

static const cyaml_schema_value_t word_schema = {
        CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CYAML_UNLIMITED)};

static const cyaml_schema_field_t file_fields[] = {
        CYAML_FIELD_SEQUENCE("columns", CYAML_FLAG_POINTER, struct file, columns, &column_schema, 1,
                             CYAML_UNLIMITED),
        LIST_OPTIONAL("constants", struct file, constants, &constant_schema),
        LIST_OPTIONAL("key", struct file, key, &word_schema),
        LIST_OPTIONAL("missing", struct file, missing, &word_schema),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t file_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields)};

/* --- reading ------------------------------------------------------------ */

static void take_column(const struct column *from, const char **headers, struct qf_map_column *to)
{
        headers[0] = from->column;
        *to = (struct qf_map_column){
                .headers = headers,
                .field = qf_field_named(qf_view_of(from->field)),
                .split = from->split,
                .order = from->order ? *from->order : QF_ORDER_YMD,
                .optional = from->optional && *from->optional,
                .fill_down = from->fill_down && *from->fill_down,
                .aliases_count = from->values_count,
                .aliases = from->values,
        };
        if (to->field != QF_FIELD_NONE)
                return;
        to->field = QF_FIELD_VALUE;
        to->dimension = from->field;
}

static void take_constant(const struct constant *from, struct qf_map_constant *to)
{
        *to = (struct qf_map_constant){.field = qf_field_named(qf_view_of(from->field)),
                                       .value = from->value};
        if (to->field != QF_FIELD_NONE)
                return;
        to->field = QF_FIELD_VALUE;
        to->dimension = from->field;
}

static int compile(struct qf_map_file *file)
{
        const struct file *yaml = file->yaml;
        file->columns = calloc(yaml->columns_count + 1u, sizeof(*file->columns));
        file->constants = calloc(yaml->constants_count + 1u, sizeof(*file->constants));
        file->headers = calloc((size_t)yaml->columns_count * 2 + 1, sizeof(*file->headers));
        if (!file->columns || !file->constants || !file->headers)
                return -ENOMEM;
        for (uint32_t i = 0; i < yaml->columns_count; i++)
                take_column(&yaml->columns[i], &file->headers[(size_t)i * 2], &file->columns[i]);
        for (uint32_t i = 0; i < yaml->constants_count; i++)
                take_constant(&yaml->constants[i], &file->constants[i]);
        file->map = (struct qf_map){
                .columns_count = yaml->columns_count,
                .columns = file->columns,
                .constants_count = yaml->constants_count,
                .constants = file->constants,
                .keys_count = yaml->key_count,
                .keys = (const char *const *)yaml->key,
                .missing_count = yaml->missing_count,
                .missing = (const char *const *)yaml->missing,
        };
        return 0;
}

static bool has_field(const struct qf_map *map, enum qf_field field)
{
        for (uint32_t i = 0; i < map->columns_count; i++)
                if (map->columns[i].field == field)
                        return true;
        for (uint32_t i = 0; i < map->constants_count; i++)
                if (map->constants[i].field == field)
                        return true;
        return false;
}

static bool has_column(const struct qf_map *map, const char *name)
{
        for (uint32_t i = 0; i < map->columns_count; i++)
                if (strcmp(map->columns[i].headers[0], name) == 0)
                        return true;
        return false;
}

/* What the schema can't say. */
static bool is_sound(const char *path, bool chinese, const struct qf_map *map)
{
        if (!has_field(map, QF_FIELD_DATE) && !has_field(map, QF_FIELD_YEAR)) {
                fprintf(stderr,
                        chinese ? "%s：没有日期：columns 里要有 field: date，或 field: year（可加 month、day）。\n"
                                : "%s: no date: columns need one with field: date, or with year (and month, day).\n",
                        path);
                return false;
        }
        for (uint32_t i = 0; i < map->keys_count; i++) {
                if (has_column(map, map->keys[i]))
                        continue;
                fprintf(stderr,
                        chinese ? "%s：key 里的“%s”不在 columns 里。请在 columns 里写上它（不用它时 field: ignore）。\n"
                                : "%s: key names \"%s\", which is not among columns. Add it there (field: ignore when it is "
                                  "for the key only).\n",
                        path, map->keys[i]);
                return false;
        }
        return true;
}

int qf_map_load(const char *path, bool chinese, struct qf_map_file **ret_file)
{
        char why[QF_CONFIG_TEXT] = "", said[2 * QF_CONFIG_TEXT];
        void *yaml = NULL;
        struct qf_map_file *file = calloc(1, sizeof(*file));
        if (!file)
                return -ENOMEM;
        int result = qf_config_load(path, &file_schema, why, &yaml);
        if (result > 0)
                fprintf(stderr,
                        chinese ? "%s\n--map 要的是映射文件：columns 里逐列写 column 和 field；例子见 library.map.yaml。\n"
                                : "%s\n--map is a map file: its columns name a column and a field each; library.map.yaml is an "
                                  "example.\n",
                        qf_yaml_said(chinese, why, said));
        if (result == 0) {
                file->yaml = yaml;
                result = compile(file);
        }
        if (result == 0 && !is_sound(path, chinese, &file->map))
                result = 1;
        if (result) {
                qf_map_free(file);
                return result;
        }
        *ret_file = file;
        return 0;
}

struct qf_map_file *qf_map_free(struct qf_map_file *file)
{
        if (file) {
                qf_config_unload(&file_schema, file->yaml);
                free(file->columns);
                free(file->constants);
                free(file->headers);
                free(file);
        }
        return NULL;
}

const struct qf_map *qf_map_of(const struct qf_map_file *file)
{
        return &file->map;
}
