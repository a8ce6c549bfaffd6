/* service/service and service/config: what a daemon says to its starter, and with which code it ends. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <cyaml/cyaml.h>

#include "base/clock.h"
#include "base/yaml.h"
#include "service/config.h"
#include "service/sandbox.h"
#include "service/service.h"

enum { DEADLINE_MS = 10000 };

/* A daemon whose configuration says how it starts. */
struct config {
        int start;
        int hang;
        unsigned rate;
};

static const cyaml_schema_field_t fields[] = {
        CYAML_FIELD_INT("start", CYAML_FLAG_DEFAULT, struct config, start),
        CYAML_FIELD_INT("hang", CYAML_FLAG_OPTIONAL, struct config, hang),
        CYAML_FIELD_UINT("rate", CYAML_FLAG_OPTIONAL | QF_CONFIG_RELOADS, struct config, rate),
        CYAML_FIELD_END,
};

static const cyaml_schema_value_t schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config, fields)};

/* Nothing of its own: what the skeleton itself does must work. */
static void sandbox(const void *config, struct qf_sandbox *ret_sandbox)
{
        (void)config;
        (void)ret_sandbox;
}

/* From the first timer on no turn ever ends: what a watchdog has to see. */
static int hang(void *ctx)
{
        (void)ctx;
        for (;;)
                (void)poll(NULL, 0, -1);
        return 0;
}

static int start(struct qf_loop *loop, const void *ctx, struct qf_logbook *book, void **ret_daemon)
{
        const struct config *config = ctx;

        (void)book;
        if (config->start != 0)
                return config->start;
        *ret_daemon = (void *)(uintptr_t)config;
        return config->hang ? qf_loop_every(loop, 1, hang, NULL) : 0;
}

static void stop(void *daemon)
{
        (void)daemon;
        (void)!write(STDOUT_FILENO, "stopped", 7);
}

static void status(void *daemon, char *ret_text, unsigned room)
{
        const struct config *config = daemon;

        (void)snprintf(ret_text, room, "all is well, rate %u", config->rate);
}

static const struct qf_service service = {
        .name = "qf-try",
        .summary = "a daemon for trying",
        .schema = &schema,
        .sandbox = sandbox,
        .start = start,
        .stop = stop,
        .status = status,
};

struct trial {
        char directory[64], config[80], notify[80];
        int notify_fd, out;
        pid_t child;
};

static int setup(void **state)
{
        struct trial *trial = calloc(1, sizeof *trial);
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        assert_non_null(trial);
        memcpy(trial->directory, "/tmp/qf-service-XXXXXX", 23);
        assert_non_null(mkdtemp(trial->directory));
        snprintf(trial->config, sizeof trial->config, "%s/c.yaml", trial->directory);
        snprintf(trial->notify, sizeof trial->notify, "%s/n", trial->directory);
        snprintf(address.sun_path, sizeof address.sun_path, "%s", trial->notify);
        trial->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(trial->notify_fd, (struct sockaddr *)&address, sizeof address), 0);
        *state = trial;
        return 0;
}

static int teardown(void **state)
{
        struct trial *trial = *state;

        (void)unlink(trial->config);
        (void)unlink(trial->notify);
        (void)close(trial->notify_fd);
        assert_int_equal(rmdir(trial->directory), 0);
        free(trial);
        return 0;
}

static void configure(struct trial *trial, const char *text)
{
        FILE *file = fopen(trial->config, "w");

        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
}

/* Runs the daemon in a child with its standard output and error in a pipe. */
static void begin(struct trial *trial, const char *const *more)
{
        int ends[2];
        char *argv[8] = {(char *)(uintptr_t) "qf-try"};
        int argc = 1;

        for (; more && *more; more++)
                argv[argc++] = (char *)(uintptr_t)*more;
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        trial->child = fork();
        assert_true(trial->child >= 0);
        if (trial->child == 0) {
                (void)dup2(ends[1], STDOUT_FILENO);
                (void)dup2(ends[1], STDERR_FILENO);
                (void)setenv("NOTIFY_SOCKET", trial->notify, 1);
                (void)setvbuf(stdout, NULL, _IONBF, 0);
                optind = 0;
                _exit(qf_service_main(&service, argc, argv));
        }
        (void)close(ends[1]);
        trial->out = ends[0];
}

static void run(struct trial *trial)
{
        begin(trial, (const char *[]){"--config", trial->config, NULL});
}

/* The exit code, and all that it printed. */
static int end(struct trial *trial, char *ret_said, size_t room)
{
        int code = 0;
        size_t used = 0;
        ssize_t n;

        while ((n = read(trial->out, ret_said + used, room - 1 - used)) > 0)
                used += (size_t)n;
        ret_said[used] = '\0';
        (void)close(trial->out);
        assert_int_equal(waitpid(trial->child, &code, 0), trial->child);
        assert_true(WIFEXITED(code));
        return WEXITSTATUS(code);
}

/* Waits for a datagram that contains the text. */
static void expect_notice(struct trial *trial, const char *text)
{
        char notice[512];
        struct pollfd poll_fd = {.fd = trial->notify_fd, .events = POLLIN};
        int64_t deadline = qf_clock_mono_ms() + DEADLINE_MS;

        for (;;) {
                int64_t left = deadline - qf_clock_mono_ms();
                assert_true(left > 0);
                assert_int_equal(poll(&poll_fd, 1, (int)left), 1);
                ssize_t n = recv(trial->notify_fd, notice, sizeof notice - 1, 0);
                assert_true(n >= 0);
                notice[n] = '\0';
                if (strstr(notice, text))
                        return;
        }
}

static void ready_status_stopping_and_zero(void **state)
{
        struct trial *trial = *state;
        char said[1024];

        configure(trial, "start: 0\n");
        run(trial);
        expect_notice(trial, "READY=1");
        expect_notice(trial, "STATUS=all is well");
        assert_int_equal(kill(trial->child, SIGTERM), 0);
        expect_notice(trial, "STOPPING=1");
        assert_int_equal(end(trial, said, sizeof said), 0);
        assert_non_null(strstr(said, "stopped"));
}

static void what_start_says_becomes_the_exit_code(void **state)
{
        struct trial *trial = *state;
        static const struct {
                const char *config;
                int code;
        } rows[] = {{"start: 1\n", 75}, {"start: 2\n", 78}, {"start: -5\n", 1}, {"start: -98\n", 75}};
        char said[1024];

        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                configure(trial, rows[i].config);
                run(trial);
                assert_int_equal(end(trial, said, sizeof said), rows[i].code);
                assert_null(strstr(said, "stopped"));
        }
}

static void wrong_configuration_is_78_and_says_line_and_path(void **state)
{
        struct trial *trial = *state;
        static const struct {
                const char *config, *says;
        } rows[] = {
                {"", "empty"},
                {"start: 0\n\nstrat: 1\n", "Unexpected key: strat, in mapping (line: 3"},
                {"start: 0\nhang: maybe\n", "'hang' (line: 2"},
                {"\nhang: 0\n", "field: start, in mapping (line: 2"},
                {"start: &a 0\nhang: *a\n", "lias"},
                {"start: 0\nhang: 0\nstart: 0\n", "(line: 3, column: 1)"},
        };
        char said[1024];

        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                configure(trial, rows[i].config);
                run(trial);
                assert_int_equal(end(trial, said, sizeof said), 78);
                assert_non_null(strstr(said, rows[i].says));
                assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
        }
        assert_int_equal(unlink(trial->config), 0);
        run(trial);
        assert_int_equal(end(trial, said, sizeof said), 78);
}

static void options_say_what_they_are_asked(void **state)
{
        struct trial *trial = *state;
        char said[1024];

        configure(trial, "start: 1\n");
        begin(trial, (const char *[]){"--config", trial->config, "--check-config", NULL});
        assert_int_equal(end(trial, said, sizeof said), 0);
        begin(trial, (const char *[]){"--version", NULL});
        assert_int_equal(end(trial, said, sizeof said), 0);
        assert_non_null(strstr(said, "qf-try " QF_VERSION));
        begin(trial, (const char *[]){"--help", NULL});
        assert_int_equal(end(trial, said, sizeof said), 0);
        assert_non_null(strstr(said, "a daemon for trying"));
        begin(trial, NULL);
        assert_int_equal(end(trial, said, sizeof said), 64);
        begin(trial, (const char *[]){"--no-such", NULL});
        assert_int_equal(end(trial, said, sizeof said), 64);
        begin(trial, (const char *[]){"--config", trial->config, "more", NULL});
        assert_int_equal(end(trial, said, sizeof said), 64);
}

static void watchdog_is_fed_by_turns_and_starves_without_them(void **state)
{
        struct trial *trial = *state;
        char said[1024], notice[64];
        int code;

        assert_int_equal(setenv("WATCHDOG_USEC", "30000", 1), 0);
        configure(trial, "start: 0\n");
        run(trial);
        expect_notice(trial, "WATCHDOG=1");
        expect_notice(trial, "WATCHDOG=1");
        assert_int_equal(kill(trial->child, SIGTERM), 0);
        assert_int_equal(end(trial, said, sizeof said), 0);
        while (recv(trial->notify_fd, notice, sizeof notice, MSG_DONTWAIT) >= 0)
                ;

        configure(trial, "start: 0\nhang: 1\n");
        run(trial);
        expect_notice(trial, "STATUS=");
        struct pollfd poll_fd = {.fd = trial->notify_fd, .events = POLLIN};
        assert_int_equal(poll(&poll_fd, 1, 200), 0);
        assert_int_equal(kill(trial->child, SIGKILL), 0);
        (void)close(trial->out);
        assert_int_equal(waitpid(trial->child, &code, 0), trial->child);
        assert_int_equal(unsetenv("WATCHDOG_USEC"), 0);
}

static void hangup_reloads_what_can_change_and_names_the_rest(void **state)
{
        struct trial *trial = *state;
        char said[4096];

        configure(trial, "start: 0\nrate: 1\n");
        run(trial);
        expect_notice(trial, "STATUS=all is well, rate 1");
        configure(trial, "start: 0\nhang: 1\nrate: 2\n");
        assert_int_equal(kill(trial->child, SIGHUP), 0);
        expect_notice(trial, "RELOADING=1");
        expect_notice(trial, "READY=1");
        expect_notice(trial, "STATUS=all is well, rate 2");
        configure(trial, "rate: 3\nstart: maybe\n"); /* none of it is taken */
        assert_int_equal(kill(trial->child, SIGHUP), 0);
        expect_notice(trial, "RELOADING=1");
        expect_notice(trial, "STATUS=all is well, rate 2");
        assert_int_equal(kill(trial->child, SIGTERM), 0);
        assert_int_equal(end(trial, said, sizeof said), 0);
        assert_non_null(strstr(said, "msg=\"a setting changed\" setting=rate from=\"1\" to=\"2\""));
        assert_non_null(strstr(said, "only by a restart, the old one holds\" setting=hang"));
        assert_non_null(strstr(said, trial->config));
        assert_non_null(strstr(said, "'start' (line: 2"));
        assert_non_null(strstr(said, "not reloaded"));
}

/* Every shape that a setting may have. */
struct shapes {
        char *text, **list;
        unsigned list_count, plain;
        unsigned *number;
        bool *truth;
};

static const cyaml_schema_value_t entry = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 20)};

static const cyaml_schema_field_t shapes_fields[] = {
        CYAML_FIELD_STRING_PTR("text", CYAML_FLAG_POINTER | QF_CONFIG_RELOADS, struct shapes, text, 1, 20),
        CYAML_FIELD_SEQUENCE("list", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL | QF_CONFIG_RELOADS,
                             struct shapes, list, &entry, 1, 3),
        CYAML_FIELD_UINT("plain", CYAML_FLAG_OPTIONAL | QF_CONFIG_RELOADS, struct shapes, plain),
        CYAML_FIELD_UINT_PTR("number", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL | QF_CONFIG_RELOADS,
                             struct shapes, number),
        QF_YAML_BOOL_PTR("truth", struct shapes, truth),
        CYAML_FIELD_END,
};

static const cyaml_schema_value_t shapes_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct shapes, shapes_fields)};

static struct shapes *load_shapes(struct trial *trial, const char *text)
{
        char why[QF_CONFIG_TEXT];
        void *config = NULL;

        configure(trial, text);
        assert_int_equal(qf_config_load(trial->config, &shapes_schema, why, &config), 0);
        return config;
}

static void note_difference(void *ctx, const char *key, bool reloads, const char *from, const char *to)
{
        char *said = ctx;
        size_t len = strlen(said);

        assert_int_equal(reloads, strcmp(key, "truth") != 0);
        (void)snprintf(said + len, 200 - len, "%s %s-%s, ", key, from, to);
}

static void config_take_finds_each_difference(void **state)
{
        struct trial *trial = *state;
        static const char all[] = "text: a\nlist: [x, y]\nplain: 7\nnumber: 8\n";
        static const struct {
                const char *config, *says;
        } rows[] = {
                {all, ""},
                {"text: b\nlist: [x, y]\nplain: 7\nnumber: 8\n", "text a-b, "},
                {"text: a\nlist: [x, z]\nplain: 7\nnumber: 8\n", "list -, "},
                {"text: a\nlist: [x]\nplain: 9\nnumber: 8\n", "list -, plain 7-9, "},
                {"text: a\nplain: 7\nnumber: 0\n", "list -, number 8-0, "},
                {"text: a\nlist: [x, y]\nplain: 7\n", "number 8-, "},
                {"text: a\nlist: [x, y]\nplain: 7\nnumber: 8\ntruth: no\n", "truth -false, "},
        };

        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                struct shapes *running = load_shapes(trial, all), *fresh = load_shapes(trial, rows[i].config);
                char said[200] = "";
                (void)qf_config_take(&shapes_schema, running, fresh, note_difference, said);
                assert_string_equal(said, rows[i].says);
                qf_config_unload(&shapes_schema, fresh);
                fresh = load_shapes(trial, rows[i].config);
                assert_int_equal(qf_config_take(&shapes_schema, running, fresh, note_difference, said), 0);
                qf_config_unload(&shapes_schema, fresh);
                qf_config_unload(&shapes_schema, running);
        }
}

/* A configuration may name any; what is wrong with one is for those to say who open it. */
static void a_sandbox_takes_paths_of_any_length(void **state)
{
        struct qf_sandbox *sandbox = calloc(1, sizeof *sandbox);
        char path[PATH_MAX + 1];

        (void)state;
        assert_non_null(sandbox);
        memset(path, 'x', PATH_MAX);
        path[0] = path[PATH_MAX - 3] = '/';
        path[PATH_MAX] = '\0';
        qf_sandbox_keeps(sandbox, path);
        assert_int_equal(sandbox->paths_count, 0); /* nothing has that name */
        path[PATH_MAX - 1] = '\0';
        qf_sandbox_keeps(sandbox, path);
        assert_int_equal(sandbox->paths_count, 2);
        assert_string_equal(sandbox->paths[0].path, path);
        assert_int_equal(strlen(sandbox->paths[1].path), PATH_MAX - 3);
        free(sandbox);
}

#define WITH_TRIAL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_TRIAL(ready_status_stopping_and_zero),
                WITH_TRIAL(what_start_says_becomes_the_exit_code),
                WITH_TRIAL(wrong_configuration_is_78_and_says_line_and_path),
                WITH_TRIAL(options_say_what_they_are_asked),
                WITH_TRIAL(watchdog_is_fed_by_turns_and_starves_without_them),
                WITH_TRIAL(hangup_reloads_what_can_change_and_names_the_rest),
                cmocka_unit_test(a_sandbox_takes_paths_of_any_length),
                WITH_TRIAL(config_take_finds_each_difference),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
