/* Why: the same command works beside a qf up (--dir) and at a partner's desk
 * (--config); both give the same few places. Paths in a configuration file that
 * do not begin with "/" are meant from the file's own folder. */
#include <cyaml/cyaml.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "qf/cli/cli.h"
#include "qf/cli/yaml_said.h"
#include "service/config.h"

enum { NAME_BYTES_MAX = 32 };

/* Replaces *place by a new text. 0 or 1. */
static int set_place(struct qf_cli *cli, char **place, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static int set_place(struct qf_cli *cli, char **place, const char *format, ...)
{
        char *text = NULL;
        va_list args;

        va_start(args, format);
        int n = vasprintf(&text, format, args);
        va_end(args);
        if (n < 0) {
                qf_cli_broke(cli, -ENOMEM, "qf");
                return 1;
        }
        free(*place);
        *place = text;
        return 0;
}

/* A source's name becomes part of paths. */
static int check_name(struct qf_cli *cli, const char *name)
{
        size_t len = strlen(name);

        if (len > 0 && len <= NAME_BYTES_MAX && name[0] != '.' && !strchr(name, '/'))
                return 0;
        qf_cli_misused(cli, "“%s”不能作数据源的名字：1 到 32 个字节，不含“/”，不以“.”开头。",
                       "\"%s\" cannot be the name of a source: 1 to 32 bytes, no \"/\", no leading \".\".",
                       name);
        return 1;
}

const char *qf_instance_of(const char *dir)
{
        size_t len = sizeof QF_INSTALLED_DIR - 1;

        if (strncmp(dir, QF_INSTALLED_DIR, len) != 0 || (dir[len] != '\0' && dir[len] != '-'))
                return NULL;
        return dir[len] == '-' ? dir + len + 1 : "";
}

const char *qf_cli_start(const char *dir, char ret_text[QF_CLI_START_BYTES])
{
        const char *name = qf_instance_of(dir);

        if (name)
                (void)snprintf(ret_text, QF_CLI_START_BYTES, "systemctl start qingfeng%s%s.target",
                               name[0] != '\0' ? "@" : "", name);
        else
                (void)snprintf(ret_text, QF_CLI_START_BYTES, "qf up --dir %s", dir);
        return ret_text;
}

int qf_cli_use_dir(struct qf_cli *cli, const char *dir, const char *source)
{
        QF_CLEANUP(qf_cleanup_free) char *full = realpath(dir, NULL);
        const char *name = source ? source : "office";
        char start[QF_CLI_START_BYTES];

        if (!full && errno == ENOENT) {
                qf_cli_fail(cli, QF_EXIT_USAGE, "没有目录 %s。\n先启动：%s",
                            "there is no directory %s.\nStart one: %s", dir, qf_cli_start(dir, start));
                return 1;
        }
        if (!full) {
                qf_cli_broke(cli, -errno, dir);
                return 1;
        }
        if (check_name(cli, name) != 0)
                return 1;
        return set_place(cli, &cli->dir, "%s", full) || set_place(cli, &cli->source, "%s", name) ||
               set_place(cli, &cli->feed, "ipc://%s/run/feed.ipc", full) ||
               set_place(cli, &cli->read, "ipc://%s/run/read.ipc", full) ||
               set_place(cli, &cli->journal, "ipc://%s/run/journal.ipc", full) ||
               set_place(cli, &cli->server_public, "%s/keys/server.public", full) ||
               set_place(cli, &cli->key, "%s/keys/%s.secret", full, name) ||
               set_place(cli, &cli->outbox, "%s/outbox/%s", full, name);
}

int qf_cli_beside(const struct qf_cli *cli, const char *folder, const char *suffix, char ret_path[PATH_MAX])
{
        char path[PATH_MAX], target[PATH_MAX];
        int len = snprintf(path, sizeof path, "%s/%s", cli->dir, folder);

        if (len < 0 || (size_t)len >= sizeof path)
                return -ENAMETOOLONG;
        /* Not realpath: the folder need not be there yet. */
        ssize_t linked = readlink(path, target, sizeof target - 1);
        target[linked > 0 ? linked : 0] = '\0';
        if (linked > 0 && target[0] == '/')
                len = snprintf(ret_path, PATH_MAX, "%s%s", target, suffix);
        else
                len = snprintf(ret_path, PATH_MAX, "%s/%s%s", cli->dir, linked > 0 ? target : folder, suffix);
        return len < 0 || len >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* --- configuration file ------------------------------------------------------ */

struct client_config {
        char *feed, *read, *journal, *server_public, *key, *outbox, *source;
};

#define TEXT(name, most)                                                                                     \
        CYAML_FIELD_STRING_PTR(#name, CYAML_FLAG_POINTER, struct client_config, name, 1, most)

static const cyaml_schema_field_t config_fields[] = {
        TEXT(feed, 255),
        TEXT(read, 255),
        TEXT(server_public, PATH_MAX),
        TEXT(key, PATH_MAX),
        TEXT(outbox, PATH_MAX),
        TEXT(source, NAME_BYTES_MAX),
        CYAML_FIELD_STRING_PTR("journal", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct client_config,
                               journal, 1, 255),
        CYAML_FIELD_END,
};

static const cyaml_schema_value_t config_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct client_config, config_fields),
};

static int set_path(struct qf_cli *cli, char **place, const char *folder, const char *path)
{
        if (path[0] == '/')
                return set_place(cli, place, "%s", path);
        return set_place(cli, place, "%s/%s", folder, path);
}

static int use_config(struct qf_cli *cli, const struct client_config *config, const char *folder,
                      const char *source)
{
        if (source && strcmp(source, config->source) != 0) {
                qf_cli_misused(cli, "配置文件是“%s”的，不是“%s”的。",
                               "the configuration is of \"%s\", not \"%s\".", config->source, source);
                return 1;
        }
        if (check_name(cli, config->source) != 0)
                return 1;
        return set_place(cli, &cli->source, "%s", config->source) ||
               set_place(cli, &cli->feed, "%s", config->feed) ||
               set_place(cli, &cli->read, "%s", config->read) ||
               (config->journal && set_place(cli, &cli->journal, "%s", config->journal)) ||
               set_path(cli, &cli->server_public, folder, config->server_public) ||
               set_path(cli, &cli->key, folder, config->key) ||
               set_path(cli, &cli->outbox, folder, config->outbox);
}

int qf_cli_use_config(struct qf_cli *cli, const char *path, const char *source)
{
        QF_CLEANUP(qf_cleanup_free) char *full = realpath(path, NULL);
        char why[QF_CONFIG_TEXT] = "", said[2 * QF_CONFIG_TEXT];
        void *config = NULL;

        if (!full) {
                qf_cli_fail(cli, QF_EXIT_USAGE, "读不了配置文件 %s：%s。\n检查 --config 后面的路径。",
                            "cannot read the configuration %s: %s.\nCheck the path after --config.", path,
                            qf_cli_errno(cli, errno));
                return 1;
        }
        if (qf_config_load(full, &config_schema, why, &config) != 0) {
                const char *words = strncmp(why, full, strlen(full)) == 0 ? why + strlen(full) + 2 : why;
                qf_cli_fail(
                        cli, QF_EXIT_USAGE,
                        "配置文件 %s 不对：%s\n它要有 feed、read、server_public、key、outbox、source。",
                        "the configuration %s is wrong: %s\nIt has feed, read, server_public, key, outbox, source.",
                        path, qf_yaml_said(cli->chinese, words, said));
                return 1;
        }
        int r = use_config(cli, config, dirname(full), source);
        qf_config_unload(&config_schema, config);
        return r;
}
