/* Why: a second programme must differ from the first in every path and address, and in
 * nothing else. So its files are those that the package brought, with names put in.
 *
 *     /usr/share/qingfeng/config/ingest.yaml  ─►  /etc/qingfeng-NAME/ingest.yaml
 *     /usr/lib/tmpfiles.d/qingfeng.conf       ─►  /etc/tmpfiles.d/qingfeng-NAME.conf
 *                                                 /etc/systemd/system/qf-ingest@NAME.socket.d/listen.conf
 *
 * Guarantees: a file that is there is left as it is. */
#include "qf/operator/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

enum { NAME_MOST = 16, PATH_BYTES = 160, TEXT_BYTES = 64, FILE_BYTES = 64 * 1024, PORTS = 3, HTTP = 2 };

static const char configs[] = "/usr/share/qingfeng/config", folders[] = "/usr/lib/tmpfiles.d/qingfeng.conf";

int qf_instance_name(struct qf_cli *cli, const char *name, struct qf_instance *ret_instance)
{
        const char *given = name ? name : "";
        size_t len = strlen(given);
        bool valid = len <= NAME_MOST && strspn(given, "abcdefghijklmnopqrstuvwxyz0123456789") == len &&
                     (len > 0 || !name) && strcmp(given, "relay") != 0 && strcmp(given, "ingest") != 0 &&
                     strcmp(given, "report") != 0;

        if (!valid)
                return qf_cli_misused(
                        cli, "--instance 要用 1 到 %d 个小写字母或数字，且不是 relay、ingest、report。",
                        "--instance is 1 to %d small letters or digits, and not \"relay\", \"ingest\" or \"report\".",
                        NAME_MOST);
        const char *dash = len > 0 ? "-" : "";
        (void)snprintf(ret_instance->name, sizeof ret_instance->name, "%.*s", NAME_MOST, given);
        (void)snprintf(ret_instance->at, sizeof ret_instance->at, "%s%s", len > 0 ? "@" : "",
                       ret_instance->name);
        (void)snprintf(ret_instance->dir, sizeof ret_instance->dir, "%s%s%s", QF_INSTALLED_DIR, dash,
                       ret_instance->name);
        (void)snprintf(ret_instance->config, sizeof ret_instance->config, "/etc/qingfeng%s%s", dash,
                       ret_instance->name);
        (void)snprintf(ret_instance->keys, sizeof ret_instance->keys, "%s/keys", ret_instance->config);
        return 0;
}

/* --- texts with names put in ------------------------------------------------------- */

struct rule {
        const char *from;
        char to[TEXT_BYTES];
};

enum {
        PATH_INNER,
        PATH_END,
        PATH_LINE,
        RELAY,
        INGEST,
        REPORT,
        SERVICE,
        SOCKET,
        FIRST_PORT,
        RULES = FIRST_PORT + PORTS
};

static void print_rules(const struct qf_instance *instance, const char *address, uint32_t port,
                        struct rule rules[RULES])
{
        static const char *const from[RULES] = {"/qingfeng/",       "/qingfeng ",        "/qingfeng\n",
                                                "/qingfeng-relay/", "/qingfeng-ingest/", "/qingfeng-report/",
                                                ".service/",        ".socket",           "127.0.0.1:7300",
                                                "127.0.0.1:7301",   "127.0.0.1:7302"};
        const char *name = instance->name;

        for (unsigned i = 0; i < RULES; i++)
                rules[i].from = from[i];
        (void)snprintf(rules[PATH_INNER].to, TEXT_BYTES, "/qingfeng-%s/", name);
        (void)snprintf(rules[PATH_END].to, TEXT_BYTES, "/qingfeng-%s ", name);
        (void)snprintf(rules[PATH_LINE].to, TEXT_BYTES, "/qingfeng-%s\n", name);
        (void)snprintf(rules[RELAY].to, TEXT_BYTES, "/qingfeng-%s-relay/", name);
        (void)snprintf(rules[INGEST].to, TEXT_BYTES, "/qingfeng-%s-ingest/", name);
        (void)snprintf(rules[REPORT].to, TEXT_BYTES, "/qingfeng-%s-report/", name);
        (void)snprintf(rules[SERVICE].to, TEXT_BYTES, "@%s.service/", name);
        (void)snprintf(rules[SOCKET].to, TEXT_BYTES, "@%s.socket", name);
        /* HTTP without tokens is for this machine only: qf-report would not start at another address. */
        for (unsigned i = 0; i < PORTS; i++)
                (void)snprintf(rules[FIRST_PORT + i].to, TEXT_BYTES, "%s:%u",
                               i == HTTP ? "127.0.0.1" : address, port + i);
}

static int put_names_in(const char *text, const struct rule rules[RULES], struct qf_buffer *out)
{
        int r = 0;

        while (*text != '\0' && r == 0) {
                unsigned i = 0;
                while (i < RULES && strncmp(text, rules[i].from, strlen(rules[i].from)) != 0)
                        i++;
                if (i < RULES) {
                        r = qf_buffer_append(out, rules[i].to, strlen(rules[i].to));
                        text += strlen(rules[i].from);
                } else {
                        r = qf_buffer_append(out, text++, 1);
                }
        }
        return r;
}

/* --- files ----------------------------------------------------------------------------- */

static int read_all(const char *path, char *ret_text)
{
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, ret_text, FILE_BYTES - 1);

        if (n < 0)
                return -errno;
        ret_text[n] = '\0';
        return n < FILE_BYTES - 1 ? 0 : -EFBIG;
}

/* 0 also when it is there. */
static int write_new(const char *path, const void *text, size_t len)
{
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

        if (fd < 0)
                return errno == EEXIST ? 0 : -errno;
        ssize_t n = fchmod(fd, 0644) < 0 ? -1 : write(fd, text, len);
        if (n == (ssize_t)len)
                return 0;
        int r = n < 0 ? -errno : -ENOSPC;
        (void)unlink(path); /* half of it would be left as it is by the next qf init */
        return r;
}

static int make_folder(const char *path)
{
        return mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : -errno;
}

/* 0 or 1. */
static int copy(struct qf_cli *cli, const char *from, const char *to, const struct rule rules[RULES])
{
        static char text[FILE_BYTES];
        struct qf_buffer out = {0};
        int r = read_all(from, text);

        if (r < 0)
                return qf_cli_broke(cli, r, from) != 0;
        r = put_names_in(text, rules, &out);
        if (r == 0)
                r = write_new(to, out.at, out.len);
        qf_buffer_deinit(&out);
        return r < 0 ? qf_cli_broke(cli, r, to) != 0 : 0;
}

/* 0 or 1. */
static int listen_at(struct qf_cli *cli, const struct qf_instance *instance, const char *daemon,
                     const char *lines)
{
        char folder[PATH_BYTES], path[PATH_BYTES + 16], text[5 * TEXT_BYTES];

        (void)snprintf(folder, sizeof folder, "/etc/systemd/system/qf-%s%s.socket.d", daemon, instance->at);
        (void)snprintf(path, sizeof path, "%s/listen.conf", folder);
        (void)snprintf(text, sizeof text, "[Socket]\n%s", lines);
        int r = make_folder(folder);
        if (r == 0)
                r = write_new(path, text, strlen(text));
        return r < 0 ? qf_cli_broke(cli, r, path) != 0 : 0;
}

/* --- all of it ----------------------------------------------------------------------------- */

/* 0 or 1. */
static int parse_listen(struct qf_cli *cli, const char *listen, char ret_address[TEXT_BYTES / 2],
                        uint32_t *ret_port)
{
        const char *colon = listen ? strrchr(listen, ':') : NULL;
        uint64_t port = 0;

        if (!colon || colon == listen || (size_t)(colon - listen) >= TEXT_BYTES / 2 ||
            !qf_text_number(qf_view_of(colon + 1), UINT16_MAX - PORTS, &port) || port == 0)
                return qf_cli_misused(
                        cli,
                        "实例要有自己的地址：--listen 127.0.0.1:7310（报送 7310，读取 7311，HTTP 7312）。",
                        "an instance has an address of its own: --listen 127.0.0.1:7310 (feeding 7310, reading 7311, "
                        "HTTP 7312).");
        memcpy(ret_address, listen, (size_t)(colon - listen));
        ret_address[colon - listen] = '\0';
        *ret_port = (uint32_t)port;
        return 0;
}

/* 0 or 1. */
static int write_sockets(struct qf_cli *cli, const struct qf_instance *instance,
                         const struct rule rules[RULES])
{
        char lines[4 * TEXT_BYTES];

        (void)snprintf(lines, sizeof lines, "ListenStream=%s\nListenStream=%s\n", rules[FIRST_PORT].to,
                       rules[FIRST_PORT].to);
        if (listen_at(cli, instance, "ingest", lines))
                return 1;
        (void)snprintf(lines, sizeof lines, "ListenStream=%s\nListenStream=%s\nListenStream=%s\n",
                       rules[FIRST_PORT + 1].to, rules[FIRST_PORT + 1].to, rules[FIRST_PORT + 2].to);
        return listen_at(cli, instance, "report", lines);
}

int qf_instance_make(struct qf_cli *cli, const struct qf_instance *instance, const char *listen)
{
        static const char *const daemons[] = {"ingest", "aggregate", "report", "relay"};
        char address[TEXT_BYTES / 2], from[PATH_BYTES], to[PATH_BYTES];
        struct rule rules[RULES];
        uint32_t port = 0;

        (void)snprintf(to, sizeof to, "/etc/tmpfiles.d/qingfeng-%s.conf", instance->name);
        if (access(to, F_OK) == 0) /* made before; addresses are then the files' */
                return 0;
        if (parse_listen(cli, listen, address, &port))
                return 1;
        print_rules(instance, address, port, rules);
        int r = make_folder(instance->config);
        if (r < 0)
                return qf_cli_broke(cli, r, instance->config) != 0;
        for (size_t i = 0; i < sizeof daemons / sizeof daemons[0]; i++) {
                (void)snprintf(from, sizeof from, "%s/%s.yaml", configs, daemons[i]);
                (void)snprintf(to, sizeof to, "%s/%s.yaml", instance->config, daemons[i]);
                if (copy(cli, from, to, rules))
                        return 1;
        }
        (void)snprintf(to, sizeof to, "/etc/tmpfiles.d/qingfeng-%s.conf", instance->name);
        return write_sockets(cli, instance, rules) || copy(cli, folders, to, rules);
}
