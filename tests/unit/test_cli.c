/* services/qf: options by table, places by directory and by file, exit codes; and the limit on restarts of qf up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "qf/cli/cli.h"
#include "qf/operator/up_child.h"
#include "qf/operator/up_layout.h"
#include "support/temporary.h"
#include "wire/keys.h"

struct options {
        bool again;
        const char *map;
        uint64_t year;
        struct qf_list by;
};

static const struct qf_option table[] = {
        {"again", QF_OPTION_FLAG, offsetof(struct options, again), NULL, "", "", 0},
        {"map", QF_OPTION_TEXT, offsetof(struct options, map), "FILE", "", "", 0},
        {"year", QF_OPTION_NUMBER, offsetof(struct options, year), "YEAR", "", "", 9999},
        {"by", QF_OPTION_LIST, offsetof(struct options, by), "DIM", "", "", 0},
        {0},
};

static int run_nothing(struct qf_cli *cli, int argc, char **argv)
{
        (void)cli;
        (void)argc;
        (void)argv;
        return 0;
}

static const struct qf_command local_command = {.name = "try",
                                                .zh = "试",
                                                .en = "try",
                                                .run = run_nothing,
                                                .arguments = "FILE",
                                                .arguments_max = 2,
                                                .options = table,
                                                .local = true};
static const struct qf_command remote_command = {
        .name = "far", .zh = "远", .en = "far", .run = run_nothing, .options = table};

struct desk {
        struct qf_cli cli;
        struct options options;
        struct temporary home;
        char *argv[16];
        int count;
};

static int setup(void **state)
{
        struct desk *desk = calloc(1, sizeof *desk);

        assert_non_null(desk);
        assert_int_equal(unsetenv("QF_DIR"), 0);
        assert_int_equal(setenv("LC_ALL", "C", 1), 0);
        temporary_make(&desk->home);
        qf_cli_init(&desk->cli, "qf");
        *state = desk;
        return 0;
}

static int teardown(void **state)
{
        struct desk *desk = *state;

        qf_cli_deinit(&desk->cli);
        temporary_remove(desk->home.path, 3);
        free(desk);
        return 0;
}

static int parse(struct desk *desk, const struct qf_command *command, const char *const *words)
{
        int argc = 0;

        for (; words[argc]; argc++)
                desk->argv[argc] = (char *)(uintptr_t)words[argc];
        desk->options = (struct options){0};
        desk->cli.exit_code = -1;
        desk->cli.command = command;
        return qf_cli_parse(&desk->cli, &desk->options, argc, desk->argv, &desk->count);
}

/* qf up in the directory of an installation would run its daemons as root. */
static void how_to_start_is_said_by_what_the_directory_is(void **state)
{
        static const char *const cases[][2] = {
                {"/var/lib/qingfeng", "systemctl start qingfeng.target"},
                {"/var/lib/qingfeng-training", "systemctl start qingfeng@training.target"},
                {"/var/lib/qingfengs", "qf up --dir /var/lib/qingfengs"},
                {"/tmp/site", "qf up --dir /tmp/site"},
        };
        char text[QF_CLI_START_BYTES];

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
                assert_string_equal(qf_cli_start(cases[i][0], text), cases[i][1]);
}

#define PARSE(desk, command, ...) parse(desk, command, (const char *const[]){__VA_ARGS__, NULL})

static void options_and_arguments_mix_in_any_order(void **state)
{
        struct desk *desk = *state;

        assert_int_equal(PARSE(desk, &local_command, "a.csv", "--map", "m.yaml", "--again", "-",
                               "--year=2023", "--by", "org,mode", "--by=site"),
                         0);
        assert_int_equal(desk->count, 2);
        assert_string_equal(desk->argv[0], "a.csv");
        assert_string_equal(desk->argv[1], "-");
        assert_true(desk->options.again);
        assert_string_equal(desk->options.map, "m.yaml");
        assert_int_equal(desk->options.year, 2023);
        assert_int_equal(desk->options.by.count, 3);
        assert_true(qf_view_same(desk->options.by.at[1], QF_VIEW("mode")));
        assert_int_equal(PARSE(desk, &local_command, "--", "--map"), 0);
        assert_string_equal(desk->argv[0], "--map");
        static const char key[] = "-:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";
        assert_int_equal(PARSE(desk, &local_command, key, "--again"), 0);
        assert_string_equal(desk->argv[0], key);
}

static void misuse_is_64(void **state)
{
        struct desk *desk = *state;
        static const char *const rows[][4] = {
                {"--nosuch"},      {"-x"},
                {"--year", "12x"}, {"--year", "10000"},
                {"--map"},         {"--again=yes"},
                {"a", "b", "c"},   {"--lang", "fr"},
                {"--as"},          {"--dir", "/nowhere/at/all"},
        };

        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                assert_int_equal(parse(desk, &local_command, rows[i]), 1);
                assert_int_equal(desk->cli.exit_code, QF_EXIT_USAGE);
        }
        assert_int_equal(PARSE(desk, &remote_command, "--again"), 1);
        assert_int_equal(desk->cli.exit_code, QF_EXIT_USAGE);
}

static void help_is_0_and_goes_no_further(void **state)
{
        struct desk *desk = *state;

        assert_int_equal(PARSE(desk, &remote_command, "--help"), 1);
        assert_int_equal(desk->cli.exit_code, QF_EXIT_DONE);
}

static void directory_gives_the_places_of_a_source(void **state)
{
        struct desk *desk = *state;
        char path[160];

        assert_int_equal(PARSE(desk, &remote_command, "--dir", desk->home.path), 1); /* none of a qf up */
        assert_int_equal(desk->cli.exit_code, QF_EXIT_USAGE);
        (void)snprintf(path, sizeof path, "%s/keys", desk->home.path);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(PARSE(desk, &remote_command, "--dir", desk->home.path), 0);
        assert_string_equal(desk->cli.source, "office");
        assert_int_equal(PARSE(desk, &remote_command, "--dir", desk->home.path, "--as", "north"), 0);
        (void)snprintf(path, sizeof path, "%s/keys/north.secret", desk->home.path);
        assert_string_equal(desk->cli.key, path);
        (void)snprintf(path, sizeof path, "ipc://%s/run/feed.ipc", desk->home.path);
        assert_string_equal(desk->cli.feed, path);
        (void)snprintf(path, sizeof path, "%s/outbox/north", desk->home.path);
        assert_string_equal(desk->cli.outbox, path);
        assert_int_equal(PARSE(desk, &remote_command, "--dir", desk->home.path, "--as", "../../etc"), 1);
        assert_int_equal(setenv("QF_DIR", desk->home.path, 1), 0);
        assert_int_equal(PARSE(desk, &remote_command, "--json"), 0);
        assert_true(desk->cli.json);
        assert_int_equal(unsetenv("QF_DIR"), 0);
}

static void file_gives_the_places_from_its_own_folder(void **state)
{
        struct desk *desk = *state;
        char path[128], key[160];

        (void)snprintf(path, sizeof path, "%s/client.yaml", desk->home.path);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_true(
                fputs("feed: tcp://10.0.0.1:7100\nread: tcp://10.0.0.1:7101\nserver_public: /etc/s.public\n"
                      "key: north.secret\noutbox: out\nsource: north\n",
                      file) >= 0);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(PARSE(desk, &remote_command, "--config", path), 0);
        assert_string_equal(desk->cli.feed, "tcp://10.0.0.1:7100");
        assert_string_equal(desk->cli.server_public, "/etc/s.public");
        (void)snprintf(key, sizeof key, "%s/north.secret", desk->home.path);
        assert_string_equal(desk->cli.key, key);
        assert_int_equal(PARSE(desk, &remote_command, "--config", path, "--as", "south"), 1);
        assert_int_equal(PARSE(desk, &remote_command, "--config", path, "--dir", desk->home.path), 1);
        assert_int_equal(PARSE(desk, &remote_command, "--config", desk->home.path), 1);
        assert_int_equal(desk->cli.exit_code, QF_EXIT_USAGE);
}

static void language_follows_the_environment_and_the_option(void **state)
{
        struct desk *desk = *state;

        assert_string_equal(qf_cli_say(&desk->cli, "清", "wind"), "wind");
        assert_int_equal(setenv("LC_ALL", "zh_CN.UTF-8", 1), 0);
        qf_cli_init(&desk->cli, "qf");
        assert_string_equal(qf_cli_say(&desk->cli, "清", "wind"), "清");
        assert_int_equal(PARSE(desk, &local_command, "--lang", "en"), 0);
        assert_string_equal(qf_cli_say(&desk->cli, "清", "wind"), "wind");
}

static void silence_of_a_server_is_75(void **state)
{
        struct desk *desk = *state;
        char path[128];
        uint8_t public_key[32], secret[32];
        struct qf_socket *socket = NULL;
        struct qf_received received;

        assert_int_equal(qf_cli_use_dir(&desk->cli, desk->home.path, NULL), 0);
        assert_int_equal(qf_cli_connect_feed(&desk->cli, &socket), 1);
        assert_int_equal(desk->cli.exit_code, QF_EXIT_REFUSED);
        (void)snprintf(path, sizeof path, "%s/keys", desk->home.path);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(qf_key_make(public_key, secret), 0);
        assert_int_equal(qf_key_write_secret(desk->cli.key, secret), 0);
        assert_int_equal(qf_key_write_public(desk->cli.server_public, public_key), 0);
        assert_int_equal(qf_cli_connect_feed(&desk->cli, &socket), 0);
        assert_int_equal(qf_cli_send(&desk->cli, socket, QF_VIEW("x"), 120), 1);
        assert_int_equal(desk->cli.exit_code, QF_EXIT_AWAY);
        desk->cli.exit_code = -1;
        assert_int_equal(qf_cli_receive(&desk->cli, socket, 120, &received), 1);
        assert_int_equal(desk->cli.exit_code, QF_EXIT_AWAY);
        qf_socket_close(socket);
}

static void up_makes_a_directory_that_it_knows_again(void **state)
{
        struct desk *desk = *state;
        struct qf_up_layout layout, second;
        char path[160], dir[96], key[QF_KEY_TEXT], again[QF_KEY_TEXT];
        uint8_t public_key[32];
        struct stat status;

        (void)snprintf(dir, sizeof dir, "%s/it's", desk->home.path);
        assert_int_equal(qf_up_layout_make(&desk->cli, dir, &layout), 0);
        assert_int_equal(qf_up_layout_listen(&desk->cli, &layout, "127.0.0.1:0"), 0);
        assert_true(layout.feed_port > 1024);
        assert_int_equal(qf_up_layout_configure(&desk->cli, &layout), 0);
        assert_int_equal(stat(dir, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0700);
        assert_int_equal(qf_key_read_public(desk->cli.server_public, public_key), 0);
        qf_key_text(public_key, key);

        assert_int_equal(qf_up_layout_make(&desk->cli, dir, &second), 1);
        qf_up_layout_deinit(&second);
        qf_up_layout_deinit(&layout);
        assert_int_equal(qf_up_layout_make(&desk->cli, dir, &layout), 0);
        assert_int_equal(qf_key_read_public(desk->cli.server_public, public_key), 0);
        qf_key_text(public_key, again);
        assert_string_equal(key, again);
        qf_up_layout_deinit(&layout);

        (void)snprintf(path, sizeof path, "%s/it's/config/ingest.yaml", desk->home.path);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(qf_up_layout_make(&desk->cli, desk->home.path, &layout), 1);
        assert_int_equal(desk->cli.exit_code, QF_EXIT_USAGE);
        qf_up_layout_deinit(&layout);
}

static void up_refuses_a_directory_too_long_for_sockets(void **state)
{
        struct desk *desk = *state;
        struct qf_up_layout layout;
        char dir[160];

        (void)snprintf(dir, sizeof dir, "%s/%0*d", desk->home.path, 90, 0);
        assert_int_equal(qf_up_layout_make(&desk->cli, dir, &layout), 1);
        assert_int_equal(desk->cli.exit_code, QF_EXIT_USAGE);
        assert_int_equal(access(dir, F_OK), -1);
        qf_up_layout_deinit(&layout);
}

/* Status as waitpid gives it. */
static int exited(int code)
{
        return W_EXITCODE(code, 0);
}

static void assert_last_line(const struct desk *desk, const struct qf_up_child *child, const char *log,
                             const char *line)
{
        char path[PATH_MAX], told[96];

        (void)snprintf(path, sizeof path, "%s/log", desk->home.path);
        (void)mkdir(path, 0700);
        (void)snprintf(path, sizeof path, "%s/log/ingest.log", desk->home.path);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(log, file) >= 0);
        assert_int_equal(fclose(file), 0);
        qf_up_child_last_line(child, told, sizeof told);
        assert_string_equal(told, line);
}

static void child_is_started_again_but_not_for_ever(void **state)
{
        struct desk *desk = *state;
        struct qf_up_child child;
        char how[96];

        assert_int_equal(qf_up_child_init(&child, desk->home.path, "ingest"), -2);
        (void)snprintf(how, sizeof how, "%s/run", desk->home.path);
        assert_int_equal(mkdir(how, 0700), 0);
        assert_int_equal(qf_up_child_init(&child, desk->home.path, "ingest"), 0);
        for (int64_t i = 0; i < 20; i++)
                assert_int_equal(qf_up_child_ended(&child, exited(1), 100000 + i * 2600), QF_UP_AGAIN);
        assert_int_equal(child.start_at_ms, 100000 + 19 * 2600 + 100);
        for (int64_t i = 0; i < 20; i++)
                assert_int_equal(qf_up_child_ended(&child, W_EXITCODE(0, 9), 800000 + i), QF_UP_AGAIN);
        for (int64_t i = 0; i < 4; i++)
                assert_int_equal(qf_up_child_ended(&child, exited(1), 900000 + i), QF_UP_AGAIN);
        assert_int_equal(qf_up_child_ended(&child, exited(1), 900005), QF_UP_TOO_OFTEN);
        assert_int_equal(qf_up_child_ended(&child, exited(78), 990000), QF_UP_USELESS);
        qf_up_child_how(W_EXITCODE(0, 9), how, sizeof how);
        assert_string_equal(how, "signal 9");
        qf_up_child_last_line(&child, how, sizeof how);
        assert_string_equal(how, "");
        assert_last_line(desk, &child, "ts=1 level=error unit=a\nts=2 level=info unit=b\n",
                         "ts=1 level=error unit=a");
        assert_last_line(desk, &child, "ts=1 level=error unit=a\nts=2 level=warning unit=b\n",
                         "ts=2 level=warning unit=b");
        assert_last_line(desk, &child, "ts=1 level=info unit=a\nts=2 level=info unit=b\n",
                         "ts=2 level=info unit=b");
        assert_last_line(desk, &child, "ts=1 level=error unit=a\nAborted\n", "Aborted");
        qf_up_child_deinit(&child);
}

#define AT_DESK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(how_to_start_is_said_by_what_the_directory_is),
                AT_DESK(options_and_arguments_mix_in_any_order),
                AT_DESK(misuse_is_64),
                AT_DESK(help_is_0_and_goes_no_further),
                AT_DESK(directory_gives_the_places_of_a_source),
                AT_DESK(file_gives_the_places_from_its_own_folder),
                AT_DESK(language_follows_the_environment_and_the_option),
                AT_DESK(silence_of_a_server_is_75),
                AT_DESK(up_makes_a_directory_that_it_knows_again),
                AT_DESK(up_refuses_a_directory_too_long_for_sockets),
                AT_DESK(child_is_started_again_but_not_for_ever),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
