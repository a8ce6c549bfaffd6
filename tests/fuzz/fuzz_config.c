/* Configuration files: of a client (the first byte is even), or of a daemon. */
#include "fuzz/given.h"
#include "fuzz/target.h"

#include <stdlib.h>
#include <string.h>

#include "aggregate/config.h"
#include "ingest/config.h"
#include "qf/cli/cli.h"
#include "relay/config.h"
#include "report/config.h"
#include "service/config.h"

static void load_client(const char *path)
{
        struct qf_cli cli;

        qf_cli_init(&cli, "qf");
        if (qf_cli_use_config(&cli, path, NULL) == 0) {
                QF_ASSERT(cli.feed && cli.read && cli.server_public && cli.key && cli.outbox && cli.source);
                QF_ASSERT(strlen(cli.source) <= 32 && !strchr(cli.source, '/') && cli.key[0] == '/');
        } else {
                QF_ASSERT(cli.exit_code != 0);
        }
        qf_cli_deinit(&cli);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        const struct cyaml_schema_value *const daemons[] = {&qf_ingest_schema, &qf_aggregate_schema,
                                                            &qf_report_schema, &qf_relay_schema};
        char why[QF_CONFIG_TEXT];
        void *config = NULL;

        if (len < 1)
                return 0;
        const char *path = given_file(bytes + 1, len - 1);
        if (bytes[0] % 2 == 0) {
                load_client(path);
                return 0;
        }
        unsigned which = bytes[0] / 2 % 4;
        int result = qf_config_load(path, daemons[which], why, &config);
        QF_ASSERT((result == 0) == (config != NULL));
        if (config)
                qf_config_unload(daemons[which], config);
        return 0;
}
