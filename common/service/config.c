/* Why: each daemon has its own schema, but all say in the same one line what is
 * wrong with a file. Aliases are refused: a configuration needs none, and they
 * are how small YAML becomes large. */
#include "service/config.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/notes.h"

static void note(cyaml_log_t level, void *ctx, const char *format, va_list args)
        __attribute__((format(printf, 3, 0)));

static void note(cyaml_log_t level, void *ctx, const char *format, va_list args)
{
        (void)level;
        qf_notes_add(ctx, format, args);
}

static cyaml_config_t how_to_read(struct qf_notes *notes)
{
        return (cyaml_config_t){.log_fn = note,
                                .log_ctx = notes,
                                .mem_fn = cyaml_mem,
                                .log_level = CYAML_LOG_WARNING,
                                .flags = CYAML_CFG_NO_ALIAS};
}

/* Some errors are told by their code only, and the notes just say where. */
static void complain(const char *path, cyaml_err_t error, const struct qf_notes *notes,
                     char ret_why[QF_CONFIG_TEXT])
{
        bool told = notes->len > 0 && strncmp(notes->text, "in ", 3) != 0;

        (void)snprintf(ret_why, QF_CONFIG_TEXT, "%s: %s%s%s", path, told ? "" : cyaml_strerror(error),
                       told || !notes->len ? "" : ", ", notes->text);
}

int qf_config_load(const char *path, const struct cyaml_schema_value *schema, char ret_why[QF_CONFIG_TEXT],
                   void **ret_config)
{
        struct qf_notes notes = {0};
        cyaml_config_t how = how_to_read(&notes);
        cyaml_data_t *config = NULL;

        errno = 0;
        cyaml_err_t error = cyaml_load_file(path, &how, schema, &config, NULL);
        /* libyaml, below, says of no memory only that the file is wrong: then we would not be started again. */
        if (error == CYAML_ERR_OOM || (error != CYAML_OK && errno == ENOMEM))
                return -ENOMEM;
        if (error != CYAML_OK) {
                complain(path, error, &notes, ret_why);
                return 1;
        }
        if (!config) {
                (void)snprintf(ret_why, QF_CONFIG_TEXT, "%s: the file is empty", path);
                return 1;
        }
        *ret_config = config;
        return 0;
}

void qf_config_unload(const struct cyaml_schema_value *schema, void *config)
{
        struct qf_notes notes = {0};
        cyaml_config_t how = how_to_read(&notes);

        if (config)
                (void)cyaml_free(&how, schema, config, 0);
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
        QF_ASSERT(schema->type == CYAML_UINT || schema->type == CYAML_INT || schema->type == CYAML_BOOL);
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
