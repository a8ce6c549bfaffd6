/* Why: each daemon has its own schema, but all say in the same one line what is
 * wrong with a file. */
#include "service/config.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/yaml.h"

enum { FILE_BYTES_MAX = 4 * 1024 * 1024, STEP_BYTES = 16 * 1024 };

static int read_file(const char *path, struct qf_buffer *ret_text)
{
        FILE *file = fopen(path, "re");
        int r = file ? 0 : -errno;

        for (size_t got = 1; r == 0 && got > 0; ret_text->len += got) {
                r = ret_text->len > FILE_BYTES_MAX ? -EFBIG : qf_buffer_reserve(ret_text, STEP_BYTES);
                got = r ? 0 : fread(ret_text->at + ret_text->len, 1, STEP_BYTES, file);
                if (got == 0 && !r && ferror(file))
                        r = -errno;
        }
        if (file)
                (void)fclose(file);
        return r;
}

int qf_config_load(const char *path, const struct cyaml_schema_value *schema, char ret_why[QF_CONFIG_TEXT],
                   void **ret_config)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer text = {0};
        char why[QF_YAML_WHY] = "";
        int r = read_file(path, &text);

        if (r == 0)
                r = qf_yaml_read(qf_buffer_view(&text), schema, ret_config, why);
        else if (r != -ENOMEM)
                (void)snprintf(why, sizeof why, "it cannot be read: %s", strerror(-r));
        if (r == 0 || r == -ENOMEM)
                return r;
        (void)snprintf(ret_why, QF_CONFIG_TEXT, "%s: %s", path, why);
        return 1;
}

void qf_config_unload(const struct cyaml_schema_value *schema, void *config)
{
        qf_yaml_release(schema, config);
}

/* --- what differs ------------------------------------------------------------- */

enum { VALUE_TEXT = 200 };

static bool is_pointer(const struct cyaml_schema_value *schema)
{
        return (schema->flags & CYAML_FLAG_POINTER) != 0;
}

static size_t size_of(const struct cyaml_schema_value *schema)
{
        return is_pointer(schema) ? sizeof(void *) : schema->data_size;
}

/* Where the value itself lies; NULL: not given. */
static const void *value_of(const struct cyaml_schema_value *schema, const void *at)
{
        return is_pointer(schema) ? *(const void *const *)at : at;
}

static bool same_field(const struct cyaml_schema_field *field, const void *a, const void *b);

static bool same_value(const struct cyaml_schema_value *schema, const void *a, const void *b)
{
        const void *x = value_of(schema, a), *y = value_of(schema, b);

        if (!x || !y)
                return x == y;
        if (schema->type == CYAML_STRING)
                return strcmp(x, y) == 0;
        if (schema->type == CYAML_MAPPING) {
                const struct cyaml_schema_field *field = schema->mapping.fields;
                while (field->key && same_field(field, x, y))
                        field++;
                return !field->key;
        }
        QF_ASSERT(schema->type == CYAML_UINT || schema->type == CYAML_INT || schema->type == CYAML_ENUM);
        return memcmp(x, y, schema->data_size) == 0;
}

static uint64_t count_of(const struct cyaml_schema_field *field, const void *config)
{
        uint64_t count = 0;

        memcpy(&count, (const char *)config + field->count_offset, field->count_size);
        return count;
}

static bool same_field(const struct cyaml_schema_field *field, const void *a, const void *b)
{
        const char *at_a = (const char *)a + field->data_offset, *at_b = (const char *)b + field->data_offset;

        if (field->value.type != CYAML_SEQUENCE)
                return same_value(&field->value, at_a, at_b);
        const struct cyaml_schema_value *entry = field->value.sequence.entry;
        const char *x = value_of(&field->value, at_a), *y = value_of(&field->value, at_b);
        uint64_t count = count_of(field, a);
        if (count != count_of(field, b))
                return false;
        for (uint64_t i = 0; i < count; i++)
                if (!same_value(entry, x + i * size_of(entry), y + i * size_of(entry)))
                        return false;
        return true;
}

static void print_value(const struct cyaml_schema_field *field, const void *config, char *text)
{
        const void *value = value_of(&field->value, (const char *)config + field->data_offset);
        uint64_t number = 0;

        text[0] = '\0';
        if (!value)
                return;
        if (field->value.type == CYAML_STRING) {
                (void)snprintf(text, VALUE_TEXT, "%s", (const char *)value);
        } else if (field->value.type == CYAML_UINT) {
                memcpy(&number, value, field->value.data_size);
                (void)snprintf(text, VALUE_TEXT, "%llu", (unsigned long long)number);
        } else if (field->value.type == CYAML_ENUM) {
                memcpy(&number, value, field->value.data_size);
                for (uint32_t i = 0; i < field->value.enumeration.count && !text[0]; i++)
                        if ((uint64_t)field->value.enumeration.strings[i].val == number)
                                (void)snprintf(text, VALUE_TEXT, "%s",
                                               field->value.enumeration.strings[i].str);
        }
}

static void swap_bytes(void *a, void *b, size_t size)
{
        char kept[sizeof(uint64_t)];

        QF_ASSERT(size <= sizeof kept);
        memcpy(kept, a, size);
        memcpy(a, b, size);
        memcpy(b, kept, size);
}

static void swap_field(const struct cyaml_schema_field *field, void *a, void *b)
{
        swap_bytes((char *)a + field->data_offset, (char *)b + field->data_offset, size_of(&field->value));
        if (field->value.type == CYAML_SEQUENCE)
                swap_bytes((char *)a + field->count_offset, (char *)b + field->count_offset,
                           field->count_size);
}

static bool reloads(const struct cyaml_schema_field *field)
{
        return (field->value.flags & QF_CONFIG_RELOADS) != 0;
}

unsigned qf_config_take(const struct cyaml_schema_value *schema, void *running, void *fresh,
                        qf_config_differs differs, void *ctx)
{
        char from[VALUE_TEXT], to[VALUE_TEXT];
        unsigned taken = 0;

        for (const struct cyaml_schema_field *field = schema->mapping.fields; field->key; field++) {
                if (same_field(field, running, fresh))
                        continue;
                print_value(field, running, from);
                print_value(field, fresh, to);
                if (reloads(field)) {
                        swap_field(field, running, fresh);
                        taken++;
                }
                differs(ctx, field->key, reloads(field), from, to);
        }
        return taken;
}

void qf_config_list(const struct cyaml_schema_value *schema, qf_config_differs differs, void *ctx)
{
        for (const struct cyaml_schema_field *field = schema->mapping.fields; field->key; field++)
                differs(ctx, field->key, reloads(field), "", "");
}
