/* The skeleton that all daemons share: options, config, log, ready, stop. main.c
 * of each is a table and a call. */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "service/logbook.h"
#include "service/loop.h"
#include "service/sandbox.h"

/* What start may say besides 0 and -errno, after having logged why. */
enum qf_service_outcome {
        QF_SERVICE_IN_USE = 1, /* another process has the directory: exit 75; -EADDRINUSE is the same */
        QF_SERVICE_CONFIG = 2, /* the configuration names something that cannot be used, a key say: exit 78 */
};

/* A daemon as three calls. start makes everything work (sockets bound, state read) before it returns 0; stop takes
 * no more in, finishes what is open, and releases all; it is called also after a failed start, when *ret_daemon was
 * set: set it first. */
struct qf_service {
        const char *name;                        /* "qf-ingest" */
        const char *summary;                     /* one line for --help */
        const struct cyaml_schema_value *schema; /* of the configuration */
        /* What it needs once it runs: folders, files, endpoints. Reading its configuration is added to that. */
        void (*sandbox)(const void *config, struct qf_sandbox *ret_sandbox);
        size_t logbook; /* offset of a char * in the configuration: path of the logbook; 0: it has none */
        /* The configuration stays where it is as long as the daemon lives. The book may be NULL, and outlives it. */
        int (*start)(struct qf_loop *loop, const void *config, struct qf_logbook *book, void **ret_daemon);
        void (*stop)(void *daemon);
        /* At SIGHUP, after settings with QF_CONFIG_RELOADS changed in the configuration, if they did: files that it names are
         * read again as well. -errno: the process must end. NULL: there is nothing to take anew. */
        int (*reload)(void *daemon, const void *config);
        /* One line for STATUS=, into text. */
        void (*status)(void *daemon, char *ret_text, unsigned room);
};

/* Parses --config FILE, --check-config, --try-sandbox, --version, --help; runs; returns the exit code of the process:
 * 0 stopped in order, 64 usage, 78 config, 75 in use by another, 1 anything else (after one line in the log).
 * Sends READY=1, STATUS=, WATCHDOG=1 (only when turns, or pieces of long work, go on), RELOADING=1, STOPPING=1. SIGHUP reads the file again: one
 * that is wrong is refused and the old settings hold; what changed is logged, and what needs a restart is named. */
int qf_service_main(const struct qf_service *service, int argc, char **argv);
/* For work within a turn that may outlast the watchdog: to be called when a bounded piece of it is done, never by time. */
void qf_service_goes_on(void);
