/* Each setting of a daemon is in the operator's table, which says whether it reloads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aggregate/config.h"
#include "ingest/config.h"
#include "relay/config.h"
#include "report/config.h"
#include "service/config.h"

enum { LINE_BYTES = 2048 };

struct wanted {
        const char *daemon, *key;
        bool reloads;
        unsigned found;
};

/* Whether a line has `key`, or `key: value`. */
static bool names(const char *line, const char *key)
{
        char quoted[64];

        (void)snprintf(quoted, sizeof quoted, "`%.60s", key);
        const char *at = strstr(line, quoted);
        return at && (at[strlen(quoted)] == '`' || at[strlen(quoted)] == ':');
}

/* | daemon, or empty: as above | key | default | yes, or empty | meaning |. What all daemons have is told in a line of
 * its own, "All four know `key`". */
static void look_for(struct wanted *wanted)
{
        FILE *file = fopen(QF_SOURCE_DIR "/docs/operator.md", "r");
        char line[LINE_BYTES], daemon[64] = "";

        assert_non_null(file);
        while (fgets(line, sizeof line, file)) {
                char row[5][LINE_BYTES] = {{0}};
                unsigned cell = 0;
                size_t used = 0;
                if (line[0] != '|')
                        daemon[0] = '\0';
                if (strncmp(line, "All four know", 13) == 0 && names(line, wanted->key) && !wanted->reloads)
                        wanted->found++;
                for (const char *at = line + 1; line[0] == '|' && *at != '\0' && cell < 5; at++) {
                        if (*at == '|') {
                                while (used > 0 && row[cell][used - 1] == ' ')
                                        row[cell][--used] = '\0';
                                cell++;
                                used = 0;
                        } else if (used > 0 || *at != ' ') {
                                row[cell][used++] = *at;
                        }
                }
                if (row[0][0] != '\0')
                        (void)snprintf(daemon, sizeof daemon, "%.60s", row[0]);
                if (cell == 5 && strcmp(daemon, wanted->daemon) == 0 && strcmp(row[1], wanted->key) == 0) {
                        wanted->found++;
                        assert_string_equal(row[3], wanted->reloads ? "yes" : "");
                }
        }
        assert_int_equal(fclose(file), 0);
}

static void check_setting(void *ctx, const char *key, bool reloads, const char *from, const char *to)
{
        struct wanted wanted = {.daemon = ctx, .key = key, .reloads = reloads};

        (void)from;
        (void)to;
        look_for(&wanted);
        if (wanted.found != 1)
                fail_msg("%s: %s has %u rows in docs/operator.md", wanted.daemon, key, wanted.found);
}

static void manual_names_each_setting_and_whether_it_reloads(void **state)
{
        (void)state;
        static char names[4][16] = {"ingest", "aggregate", "report", "relay"};
        const struct cyaml_schema_value *const schemas[] = {&qf_ingest_schema, &qf_aggregate_schema,
                                                            &qf_report_schema, &qf_relay_schema};

        for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++)
                qf_config_list(schemas[i], check_setting, names[i]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(manual_names_each_setting_and_whether_it_reloads),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
