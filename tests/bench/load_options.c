/* Limits are said by name, before anything is started. */
#include "bench/load_options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void refuse(const char *what)
{
        fprintf(stderr, "pipeline_load: %s: missing, or not understood\n", what);
        exit(1);
}

static uint64_t number(const char *text)
{
        char *end;
        errno = 0;
        unsigned long long value = strtoull(text, &end, 10);

        if (errno || *end || end == text)
                refuse(text);
        return value;
}

static void read_option(struct load_options *options, const char *name, const char *value)
{
        const struct {
                const char *name, **text;
                uint64_t *number;
        } table[] = {
                {"--feed", &options->feed, NULL},         {"--read", &options->read, NULL},
                {"--server", &options->server, NULL},     {"--table", &options->table, NULL},
                {"--batch", NULL, &options->batch},       {"--outboxes", NULL, &options->lanes},
                {"--window", NULL, &options->window},     {"--events", NULL, &options->events},
                {"--rate", NULL, &options->rate},         {"--seconds", NULL, &options->seconds},
                {"--years", NULL, &options->years},       {"--days", NULL, &options->days},
                {"--ingest", NULL, &options->pids[0]},    {"--aggregate", NULL, &options->pids[1]},
                {"--patience", NULL, &options->patience},
        };

        for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
                if (strcmp(name, table[i].name) != 0)
                        continue;
                if (table[i].text)
                        *table[i].text = value;
                else
                        *table[i].number = number(value);
                return;
        }
        if (strcmp(name, "--key") == 0 && options->keys_count < LOAD_KEYS_MAX)
                options->keys[options->keys_count++] = value;
        else if (strcmp(name, "--shape") == 0)
                options->own_shape = strcmp(value, "programme") == 0;
        else if (strcmp(name, "--workload") == 0)
                options->workload = *value == 'T'   ? LOAD_TICKS
                                    : *value == 'R' ? LOAD_RANDOM
                                    : *value == 'C' ? LOAD_CORRECTED
                                                    : LOAD_STATEMENTS;
        else
                refuse(name);
}

static void check_options(const struct load_options *options)
{
        const struct {
                const char *name;
                uint64_t value, least, most;
        } table[] = {
                {"--batch", options->batch, 1, QF_BATCH_EVENTS_MAX},
                {"--outboxes", options->lanes, 1, LOAD_LANES_MAX},
                {"--window", options->window, 1, LOAD_WINDOW_MAX},
                {"--years", options->years, 1, LOAD_YEARS_MAX},
                {"--days", options->days, 1, 28},
                {"--key, given", options->keys_count, 1, LOAD_KEYS_MAX},
        };

        for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
                if (table[i].value >= table[i].least && table[i].value <= table[i].most)
                        continue;
                fprintf(stderr, "pipeline_load: %s %" PRIu64 ": from %" PRIu64 " to %" PRIu64 "\n",
                        table[i].name, table[i].value, table[i].least, table[i].most);
                exit(1);
        }
        if (!options->feed || !options->read || !options->server)
                refuse("--feed, --read, --server");
}

struct load_options load_options_read(int argc, char **argv)
{
        struct load_options options = {.batch = 500,
                                       .lanes = 2,
                                       .window = 8,
                                       .events = 1000000,
                                       .years = 1,
                                       .days = 28,
                                       .patience = 60};

        for (int i = 1; i + 1 < argc; i += 2)
                read_option(&options, argv[i], argv[i + 1]);
        check_options(&options);
        if (options.seconds)
                options.events = options.rate ? options.rate * options.seconds : UINT64_MAX;
        return options;
}
