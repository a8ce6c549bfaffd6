/* Why: one table per command gives its parsing and its help, so that the two
 * cannot drift apart. Options may stand before or after arguments. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/text.h"
#include "client/outbox.h"
#include "qf/cli/cli.h"
#include "qf/cli/cli_help.h"
#include "qf/cli/near.h"
#include "store/counts_tables.h"
#include "store/journal_tables.h"
#include "wire/keys.h"

enum { PARTS_BYTES = 1024, PARTS_SHOWN = 240 };

struct common { /* what every command takes */
        const char *dir, *config, *as, *lang;
        bool json, help, version;
};

const struct qf_option qf_cli_common_options[] = {
        {"dir", QF_OPTION_TEXT, offsetof(struct common, dir), "DIR", "qf up 的目录（或环境变量 QF_DIR）",
         "directory of a qf up (or the environment's QF_DIR)", 0},
        {"config", QF_OPTION_TEXT, offsetof(struct common, config), "FILE", "报送端的配置文件（YAML）",
         "client configuration file (YAML)", 0},
        {"as", QF_OPTION_TEXT, offsetof(struct common, as), "SOURCE", "以哪个数据源的名义；默认 office",
         "as which source; default office", 0},
        {"json", QF_OPTION_FLAG, offsetof(struct common, json), NULL, "输出 JSON", "print JSON", 0},
        {"lang", QF_OPTION_TEXT, offsetof(struct common, lang), "zh|en", "语言", "language", 0},
        {"help", QF_OPTION_FLAG, offsetof(struct common, help), NULL, "显示这些说明", "print this", 0},
        {"version", QF_OPTION_FLAG, offsetof(struct common, version), NULL, "显示版本", "print the version",
         0},
        {0},
};

/* --- misuse ----------------------------------------------------------------- */

int qf_cli_misused(struct qf_cli *cli, const char *zh, const char *en, ...)
{
        char text[4096];
        va_list args;

        va_start(args, en);
        int n = vsnprintf(text, sizeof text, cli->chinese ? zh : en, args);
        va_end(args);
        return qf_cli_fail(cli, QF_EXIT_USAGE, "%s\n看用法：%s --help", "%s\nSee: %s --help",
                           n < 0 ? "?" : text, cli->called);
}

/* --- parsing ---------------------------------------------------------------- */

struct parsing {
        struct qf_cli *cli;
        const struct qf_command *command;
        void *options;
        struct common common;
        int argc, at;
        char **argv;
};

static const struct qf_option *find_option(const struct qf_option *options, struct qf_view name)
{
        for (; options && options->name; options++)
                if (qf_view_same(qf_view_of(options->name), name))
                        return options;
        return NULL;
}

static int add_to_list(struct parsing *p, const struct qf_option *option, struct qf_list *list,
                       const char *value)
{
        while (*value) {
                size_t len = strcspn(value, ",");
                if (list->count == QF_LIST_MAX)
                        return qf_cli_misused(p->cli, "--%s 太多了，最多 %d 个。",
                                              "--%s: too many, at most %d.", option->name, (int)QF_LIST_MAX);
                if (len > 0)
                        list->at[list->count++] = (struct qf_view){value, (uint32_t)len};
                value += len + (value[len] == ',');
        }
        return 0;
}

static int set_number(struct parsing *p, const struct qf_option *option, uint64_t *number, const char *value)
{
        if (qf_text_number(qf_view_of(value), option->most ? option->most : UINT64_MAX, number))
                return 0;
        if (option->most)
                return qf_cli_misused(p->cli, "--%s 要一个不大于 %llu 的数，而不是“%s”。",
                                      "--%s takes a number of at most %llu, not \"%s\".", option->name,
                                      (unsigned long long)option->most, value);
        return qf_cli_misused(p->cli, "--%s 要一个数，而不是“%s”。", "--%s takes a number, not \"%s\".",
                              option->name, value);
}

static int set_option(struct parsing *p, const struct qf_option *option, void *into, const char *value)
{
        void *at = (char *)into + option->at;

        switch (option->kind) {
        case QF_OPTION_FLAG: *(bool *)at = true; return 0;
        case QF_OPTION_TEXT: *(const char **)at = value; return 0;
        case QF_OPTION_NUMBER: return set_number(p, option, at, value);
        case QF_OPTION_LIST: return add_to_list(p, option, at, value);
        }
        return 0;
}

static const char *near_option(const struct qf_option *options, struct qf_view name)
{
        for (; options && options->name; options++)
                if (qf_near(name, options->name))
                        return options->name;
        return NULL;
}

static int no_option(struct parsing *p, struct qf_view name)
{
        const char *near = near_option(p->command->options, name);

        if (!near)
                near = near_option(qf_cli_common_options, name);
        if (near)
                return qf_cli_misused(p->cli, "没有 --%.*s 这个选项。\n是不是 --%s？",
                                      "there is no option --%.*s.\nDid you mean --%s?", (int)name.len,
                                      name.at, near);
        return qf_cli_misused(p->cli, "没有 --%.*s 这个选项。", "there is no option --%.*s.", (int)name.len,
                              name.at);
}

/* argv[at] begins with "--". */
static int take_option(struct parsing *p)
{
        const char *text = p->argv[p->at] + 2;
        size_t len = strcspn(text, "=");
        struct qf_view name = {text, (uint32_t)len};
        const char *value = text[len] == '=' ? text + len + 1 : NULL;
        void *into = p->options;
        const struct qf_option *option = find_option(p->command->options, name);

        if (!option) {
                option = find_option(qf_cli_common_options, name);
                into = &p->common;
        }
        if (!option)
                return no_option(p, name);
        if (option->kind == QF_OPTION_FLAG && value)
                return qf_cli_misused(p->cli, "--%s 不带值。", "--%s takes no value.", option->name);
        if (option->kind != QF_OPTION_FLAG && !value) {
                if (p->at + 1 == p->argc)
                        return qf_cli_misused(p->cli, "--%s 后面要有 %s。", "--%s needs %s after it.",
                                              option->name, option->value ? option->value : "…");
                value = p->argv[++p->at];
        }
        return set_option(p, option, into, value);
}

/* No option has one dash, but keys made elsewhere may begin with it. */
static bool is_option(const char *text)
{
        uint8_t key[32];

        return text[0] == '-' && text[1] != '\0' && (text[1] == '-' || !qf_key_parse(text, key));
}

/* Arguments are moved to the front of argv. */
static int take_all(struct parsing *p, int *ret_count)
{
        int count = 0;
        bool options_over = false;

        for (; p->at < p->argc; p->at++) {
                char *text = p->argv[p->at];
                if (!options_over && strcmp(text, "--") == 0) {
                        options_over = true;
                } else if (!options_over && strcmp(text, "-h") == 0) {
                        p->common.help = true;
                } else if (!options_over && is_option(text)) {
                        int r = text[1] == '-' ? take_option(p)
                                               : qf_cli_misused(p->cli, "没有 %s 这个选项。",
                                                                "there is no option %s.", text);
                        if (r != 0)
                                return 1;
                } else {
                        p->argv[count++] = text;
                }
        }
        *ret_count = count;
        return 0;
}

static int set_language(struct qf_cli *cli, const char *lang)
{
        if (!lang)
                return 0;
        if (strcmp(lang, "zh") != 0 && strcmp(lang, "en") != 0) {
                qf_cli_misused(cli, "--lang 只能是 zh 或 en，而不是“%s”。", "--lang is zh or en, not \"%s\".",
                               lang);
                return 1;
        }
        cli->chinese = lang[0] == 'z';
        return 0;
}

/* "2023" where there is --year: the one option that takes what was said, or NULL. */
static const struct qf_option *option_meant(const struct qf_command *command, const char *said)
{
        static const char *const years[] = {"year", "from"}, *const days[] = {"asof", "from"};
        const size_t len = strlen(said), digits = strspn(said, "0123456789-");
        const bool date = said[digits] == '\0' && len >= 4 && said[0] != '-';
        const char *const *names = len == 10 ? days : years;
        for (unsigned i = 0; date && i < 2; i++)
                for (const struct qf_option *option = command->options; option && option->name; option++)
                        if (strcmp(option->name, names[i]) == 0)
                                return option;
        return NULL;
}

static int refuse_argument(struct qf_cli *cli, const char *said)
{
        const struct qf_command *command = cli->command;
        const struct qf_option *meant = option_meant(command, said);
        if (meant)
                return qf_cli_misused(cli, "“%s”多了。是不是 --%s %s？",
                                      "\"%s\" is too much. Did you mean --%s %s?", said, meant->name, said);
        if (!command->arguments)
                return qf_cli_misused(cli, "“%s”多了：除了选项，什么都不用写。",
                                      "\"%s\" is too much: nothing but options is wanted.", said);
        return qf_cli_misused(cli, "“%s”多了；要的是：%s。", "\"%s\" is too much; wanted: %s.", said,
                              command->arguments);
}

static int check_count(struct qf_cli *cli, int count, char *const *argv)
{
        const struct qf_command *command = cli->command;

        if (count >= command->arguments_min && count <= command->arguments_max)
                return 0;
        if (count < command->arguments_min)
                qf_cli_misused(cli, "还缺东西。\n要写成：%s [选项] %s",
                               "something is missing.\nWrite: %s [OPTIONS] %s", cli->called,
                               command->arguments ? command->arguments : "?");
        else
                (void)refuse_argument(cli, argv[command->arguments_max]);
        return 1;
}

/* A qf up and an installation both have their keys there. */
static int check_dir(struct qf_cli *cli)
{
        char keys[PATH_MAX], start[QF_CLI_START_BYTES];

        (void)snprintf(keys, sizeof keys, "%s/keys", cli->dir);
        if (cli->command->dir_may_lack || access(keys, F_OK) == 0 || errno != ENOENT)
                return 0;
        return qf_cli_fail(
                       cli, QF_EXIT_USAGE,
                       "%s 不是 qf up 的目录：里面没有 keys。\n看路径对不对；要在这里启动：%s",
                       "%s is no directory of a qf up: there is no folder keys in it.\nIs the path right? "
                       "To start one there: %s",
                       cli->dir, qf_cli_start(cli->dir, start)) != 0;
}

static int find_places(struct qf_cli *cli, const struct common *common)
{
        const struct qf_command *command = cli->command;
        const char *dir = common->dir ? common->dir : common->config ? NULL : getenv("QF_DIR");

        /* On an installed machine its office need not say where it is. */
        if (!dir && !common->config && !command->local && !command->makes_dir &&
            access(QF_INSTALLED_DIR "/keys/server.public", R_OK) == 0)
                dir = QF_INSTALLED_DIR;

        if (common->dir && common->config) {
                qf_cli_misused(cli, "--dir 和 --config 只能用一个。", "--dir or --config, not both.");
                return 1;
        }
        if (common->config && !command->makes_dir)
                return qf_cli_use_config(cli, common->config, common->as);
        if (dir && dir[0] &&
            (command->makes_dir || (command->dir_may_lack && access(dir, F_OK) < 0 && errno == ENOENT))) {
                cli->dir = strdup(dir);
                return cli->dir ? 0 : qf_cli_broke(cli, -ENOMEM, dir) != 0;
        }
        if (dir && dir[0])
                return qf_cli_use_dir(cli, dir, common->as) != 0 || check_dir(cli) != 0;
        if (command->local || command->local_too)
                return 0;
        qf_cli_misused(cli, "不知道服务在哪里：要 --dir DIR（qf up 的目录）或 --config FILE。",
                       "where are the daemons? Give --dir DIR (of a qf up) or --config FILE.");
        return 1;
}

static int print_version(void)
{
        printf("qf %s\nformats: %s %s %s\n", QF_VERSION, QF_JOURNAL_FORMAT, qf_counts_format,
               QF_OUTBOX_FORMAT);
        return QF_EXIT_DONE;
}

/* Options that every command takes are done; 0 when the command goes on. */
static int parse(struct parsing *p, int *ret_count)
{
        struct qf_cli *cli = p->cli;
        const int r = take_all(p, ret_count);

        cli->json = cli->json || p->common.json;
        if (r != 0 || set_language(cli, p->common.lang) != 0)
                return 1;
        if (!p->common.help && !p->common.version)
                return 0;
        if (p->common.help)
                qf_help_print(cli, cli->command, cli->called, stdout);
        else
                (void)print_version();
        cli->exit_code = QF_EXIT_DONE;
        return 1;
}

int qf_cli_parse(struct qf_cli *cli, void *options, int argc, char **argv, int *ret_count)
{
        struct parsing parsing = {
                .cli = cli, .command = cli->command, .options = options, .argc = argc, .argv = argv};
        int count = 0;

        if (parse(&parsing, &count) != 0 || check_count(cli, count, argv) != 0 ||
            find_places(cli, &parsing.common) != 0)
                return 1;
        *ret_count = count;
        return 0;
}

/* --- commands and their parts ------------------------------------------------ */

static const struct qf_command *find_part(const struct qf_command *command, struct qf_view name, bool near)
{
        for (const struct qf_command *const *part = command->parts; part && *part; part++)
                if (near ? qf_near(name, (*part)->name) : qf_view_same(qf_view_of((*part)->name), name))
                        return *part;
        return NULL;
}

/* The line names no part: it asks for help, or is wrong. */
static int no_part(struct qf_cli *cli, int argc, char **argv)
{
        struct parsing parsing = {.cli = cli, .command = cli->command, .argc = argc, .argv = argv};
        char parts[PARTS_BYTES];
        int count = 0;

        if (parse(&parsing, &count) != 0)
                return cli->exit_code;
        if (count == 0) {
                qf_help_print(cli, cli->command, cli->called, stderr);
                return QF_EXIT_USAGE;
        }
        const struct qf_command *near = find_part(cli->command, qf_view_of(argv[0]), true);
        if (near)
                return qf_cli_misused(cli, "没有“%s”。\n是不是 %s %s？",
                                      "there is no \"%s\".\nDid you mean %s %s?", argv[0], cli->called,
                                      near->name);
        if (strlen(qf_help_parts(cli->command, parts, sizeof parts)) > PARTS_SHOWN) /* of qf itself */
                return qf_cli_misused(cli, "没有“%s”这个命令。", "there is no command \"%s\".", argv[0]);
        return qf_cli_misused(cli, "没有“%s”。\n有：%s。", "there is no \"%s\".\nThere are: %s.", argv[0],
                              parts);
}

int qf_cli_run(struct qf_cli *cli, const struct qf_command *command, int argc, char **argv)
{
        const struct qf_command *whole = cli->command;
        const bool is_part = whole && find_part(whole, qf_view_of(command->name), false) == command;
        const size_t len = is_part ? strlen(cli->called) : 0;

        (void)snprintf(cli->called + len, sizeof cli->called - len, "%s%s", is_part ? " " : "",
                       command->name);
        cli->command = command;
        if (!command->parts)
                return command->run(cli, argc, argv);
        const struct qf_command *part = argc > 0 ? find_part(command, qf_view_of(argv[0]), false) : NULL;
        return part ? qf_cli_run(cli, part, argc - 1, argv + 1) : no_part(cli, argc, argv);
}
