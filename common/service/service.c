/* Why: the four daemons differ in what they do, not in how they start, say that
 * they are ready, show that they live, and stop. That part is here, once.
 *
 * Guarantees: READY=1 only after start returned 0; WATCHDOG=1 only from a turn of
 * the loop, or from long work at each bounded piece done, so a daemon that hangs is seen; stop is called once for each start;
 * files are private to the user; no core dump carries a key. */
#include "service/service.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "service/config.h"
#include "service/listening.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 64, EXIT_IN_USE = 75, EXIT_CONFIG = 78 };
enum { STATUS_EVERY_MS = 5000, STATUS_BYTES = 256, FILES_MAX = 65536 };

struct running {
        const struct qf_service *service;
        const char *path;
        struct qf_loop *loop;
        void *config;
        void *daemon;
        struct qf_sandbox sandbox;
        struct qf_logbook *book;
};

struct arguments {
        const char *config;
        bool check, try_sandbox;
        int exit_code; /* -1: go on */
};

static void print_help(const struct qf_service *service, FILE *to)
{
        fprintf(to,
                "%s: %s\n\nUsage: %s --config FILE [--check-config]\n\n"
                "  --config FILE    configuration (YAML)\n"
                "  --check-config   read it, say what is wrong, and stop\n"
                "  --version        print the version and stop\n"
                "  --help           print this and stop\n",
                service->name, service->summary, service->name);
}

static struct arguments parse_arguments(const struct qf_service *service, int argc, char **argv)
{
        static const struct option options[] = {
                {"config", required_argument, NULL, 'c'},
                {"check-config", no_argument, NULL, 'k'},
                {"try-sandbox", no_argument, NULL, 't'}, /* for docs/security.md, not for every day */
                {"version", no_argument, NULL, 'v'},
                {"help", no_argument, NULL, 'h'},
                {NULL, 0, NULL, 0},
        };
        struct arguments arguments = {.exit_code = -1};

        for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
                if (option == 'c') {
                        arguments.config = optarg;
                } else if (option == 'k') {
                        arguments.check = true;
                } else if (option == 't') {
                        arguments.try_sandbox = true;
                } else if (option == 'v') {
                        printf("%s %s\n", service->name, QF_VERSION);
                        arguments.exit_code = EXIT_DONE;
                        return arguments;
                } else {
                        print_help(service, option == 'h' ? stdout : stderr);
                        arguments.exit_code = option == 'h' ? EXIT_DONE : EXIT_USAGE;
                        return arguments;
                }
        }
        if (!arguments.config || optind < argc) {
                print_help(service, stderr);
                arguments.exit_code = EXIT_USAGE;
        }
        return arguments;
}

/* Secrets stay here: files are ours alone, and neither a core dump nor a debugger of the same user sees the keys.
 * Sanitizers look into the process themselves and need it dumpable. */
static void harden(void)
{
        const struct rlimit no_core = {0, 0};
        struct rlimit files;

        (void)umask(0077);
        (void)setrlimit(RLIMIT_CORE, &no_core);
        if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
                files.rlim_cur = files.rlim_max < FILES_MAX ? files.rlim_max : FILES_MAX;
                (void)setrlimit(RLIMIT_NOFILE, &files);
        }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        (void)prctl(PR_SET_DUMPABLE, 0);
#endif
}

/* Started by qf up: ends with it, however that ends. The parent may have gone before the kernel was asked. */
static void follow_parent(struct qf_loop *loop)
{
        const char *text = getenv("QF_PARENT");
        uint64_t parent = 0;

        if (!text || !qf_text_number(qf_view_of(text), INT32_MAX, &parent))
                return;
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != (pid_t)parent)
                qf_loop_stop(loop);
}

static int show_status(void *ctx)
{
        const struct running *running = ctx;
        char text[STATUS_BYTES] = "";

        if (!running->service->status)
                return 0;
        running->service->status(running->daemon, text, sizeof text);
        uint64_t lost = qf_log_lost();
        if (lost > 0)
                (void)sd_notifyf(0, "STATUS=%s, %" PRIu64 " lines of the log lost", text, lost);
        else
                (void)sd_notifyf(0, "STATUS=%s", text);
        return 0;
}

void qf_service_goes_on(void)
{
        (void)sd_notify(0, "WATCHDOG=1");
}

static int feed_watchdog(void *ctx)
{
        (void)ctx;
        qf_service_goes_on();
        return 0;
}

static int add_timers(struct running *running)
{
        uint64_t watchdog_us = 0;
        int r = qf_loop_every(running->loop, STATUS_EVERY_MS, show_status, running);

        if (r < 0 || sd_watchdog_enabled(0, &watchdog_us) <= 0)
                return r;
        int64_t period_ms = (int64_t)(watchdog_us / 3000);
        return qf_loop_every(running->loop, period_ms > 0 ? period_ms : 1, feed_watchdog, NULL);
}

static int log_failure(int r, const char *doing)
{
        if (r == QF_SERVICE_IN_USE)
                return EXIT_IN_USE;
        if (r == QF_SERVICE_CONFIG)
                return EXIT_CONFIG;
        qf_log(QF_LOG_ERROR, "%s failed error=\"%s\"", doing, strerror(-r));
        return r == -EADDRINUSE ? EXIT_IN_USE : EXIT_FAILED;
}

/* --- the configuration, at the start and again at SIGHUP ------------------------------- */

/* 0, or the exit code. */
static int load(struct running *running, bool check)
{
        char why[QF_CONFIG_TEXT] = "", shown[QF_CONFIG_TEXT];
        int r = qf_config_load(running->path, running->service->schema, why, &running->config);

        if (r == 0)
                return EXIT_DONE;
        if (r < 0)
                return log_failure(r, "reading the configuration");
        if (check)
                fprintf(stderr, "%s\n", why);
        else
                qf_log(QF_LOG_ERROR, "the configuration is wrong why=\"%s\"",
                       qf_text_escape(qf_view_of(why), shown, sizeof shown));
        return EXIT_CONFIG;
}

static void log_difference(void *ctx, const char *key, bool reloads, const char *from, const char *to)
{
        char shown_from[STATUS_BYTES], shown_to[STATUS_BYTES];

        const struct running *running = ctx;
        if (reloads)
                qf_logbook_note(running->book, "setting-changed", "setting=%s", key);
        qf_log(reloads ? QF_LOG_NOTICE : QF_LOG_WARNING, "%s setting=%s from=\"%s\" to=\"%s\"",
               reloads ? "a setting changed" : "a setting changes only by a restart, the old one holds", key,
               qf_text_escape(qf_view_of(from), shown_from, sizeof shown_from),
               qf_text_escape(qf_view_of(to), shown_to, sizeof shown_to));
}

static int take_settings(struct running *running)
{
        const struct qf_service *service = running->service;
        struct running fresh = {.service = service, .path = running->path};

        if (load(&fresh, false) != EXIT_DONE) {
                qf_log(QF_LOG_ERROR, "not reloaded: the settings that were there hold");
                return 0;
        }
        unsigned taken =
                qf_config_take(service->schema, running->config, fresh.config, log_difference, running);
        qf_config_unload(service->schema, fresh.config);
        int r = service->reload ? service->reload(running->daemon, running->config) : 0;
        if (r == 0)
                qf_log(QF_LOG_INFO, "reloaded settings=%u", taken);
        return r;
}

static int reload(void *ctx)
{
        (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, qf_clock_mono_ns() / 1000);
        int r = take_settings(ctx);
        (void)sd_notify(0, "READY=1");
        return r < 0 ? r : show_status(ctx);
}

static int start_and_run(struct running *running)
{
        char unclaimed[QF_LISTENING_TEXT];
        int r = running->service->start(running->loop, running->config, running->book, &running->daemon);

        if (r != 0)
                return log_failure(r, "start");
        if (qf_listening_unclaimed(unclaimed)) {
                qf_log(QF_LOG_ERROR,
                       "systemd listens where the configuration names no endpoint: make ListenStream= and the "
                       "file agree address=%s",
                       unclaimed);
                return EXIT_CONFIG;
        }
        r = add_timers(running);
        if (r == 0)
                r = qf_sandbox_close_calls(&running->sandbox);
        if (r < 0)
                return log_failure(r, "start");
        qf_loop_on_hangup(running->loop, reload, running);
        qf_log(QF_LOG_INFO, "ready version=%s", QF_VERSION);
        qf_logbook_note(running->book, "started", "version=%s", QF_VERSION);
        (void)sd_notify(0, "READY=1");
        (void)show_status(running);
        r = qf_loop_run(running->loop);
        (void)sd_notify(0, "STOPPING=1");
        if (r < 0)
                return log_failure(r, "running");
        qf_log(QF_LOG_INFO, "stopping");
        return EXIT_DONE;
}

static const char *logbook_path(const struct running *running)
{
        const char *config = running->config;

        return running->service->logbook ? *(char *const *)(const void *)(config + running->service->logbook)
                                         : NULL;
}

/* One that was tampered with is left as it is, for those who look into it. */
static int open_book(struct running *running)
{
        char shown[STATUS_BYTES];
        int r = qf_logbook_open(logbook_path(running), &running->book);

        if (r != 0)
                qf_log(QF_LOG_ERROR,
                       "the logbook cannot be kept: move it away, or see qf logbook verify path=\"%s\" why=\"%s\"",
                       qf_text_escape(qf_view_of(logbook_path(running)), shown, sizeof shown),
                       r > 0 ? "its end is no line of a logbook" : strerror(-r));
        return r;
}

static int run(struct running *running)
{
        int r = qf_loop_new(&running->loop);

        if (r < 0)
                return log_failure(r, "start");
        follow_parent(running->loop);
        r = qf_sandbox_close_files(&running->sandbox);
        if (r == 0)
                r = open_book(running);
        int exit_code = r > 0 ? EXIT_CONFIG : r < 0 ? EXIT_FAILED : start_and_run(running);
        if (running->daemon)
                running->service->stop(running->daemon);
        qf_logbook_note(running->book, "stopped", "code=%d", exit_code);
        running->book = qf_logbook_close(running->book);
        running->loop = qf_loop_free(running->loop);
        return exit_code;
}

int qf_service_main(const struct qf_service *service, int argc, char **argv)
{
        struct arguments arguments = parse_arguments(service, argc, argv);
        struct running running = {.service = service, .path = arguments.config};

        if (arguments.exit_code >= 0)
                return arguments.exit_code;
        qf_log_open(service->name, QF_LOG_INFO, QF_LOG_JOURNAL);
        int exit_code = load(&running, arguments.check);
        if (exit_code != EXIT_DONE)
                return exit_code;
        harden();
        service->sandbox(running.config, &running.sandbox);
        qf_sandbox_around(&running.sandbox, arguments.config, false);
        if (logbook_path(&running))
                qf_sandbox_around(&running.sandbox, logbook_path(&running), true);
        if (arguments.try_sandbox)
                exit_code = qf_sandbox_try(&running.sandbox);
        else if (!arguments.check)
                exit_code = run(&running);
        qf_config_unload(service->schema, running.config);
        return exit_code;
}
