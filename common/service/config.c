/* Why: each daemon has its own schema, but all say in the same one line what is
 * wrong with a file. Aliases are refused: a configuration needs none, and they
 * are how small YAML becomes large. */
#include "service/config.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdbool.h>
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
static void complain(const char *path, cyaml_err_t error, const struct qf_notes *notes)
{
        bool told = notes->len > 0 && strncmp(notes->text, "in ", 3) != 0;

        fprintf(stderr, "%s: %s%s%s\n", path, told ? "" : cyaml_strerror(error),
                told || !notes->len ? "" : ", ", notes->text);
}

int qf_config_load(const char *path, const struct cyaml_schema_value *schema, void **ret_config)
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
                complain(path, error, &notes);
                return 1;
        }
        if (!config) {
                fprintf(stderr, "%s: the file is empty\n", path);
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
