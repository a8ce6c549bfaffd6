/* Why: one directory holds all that a trial needs, so that it can be thrown away
 * whole, and a second qf up in it is refused instead of corrupting it.
 *
 *     DIR/keys/{server,office}.{secret,public}   made once, never overwritten
 *     DIR/config/{ingest,aggregate,report,relay}.yaml   written at each start
 *     DIR/run/NAME.ipc, NAME.up   sockets     DIR/run/up.lock   held while it runs
 *     DIR/journal  DIR/counts  DIR/outbox/NAME  DIR/log/NAME.log */
#include "qf/operator/up_layout.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "qf/operator/site_keys.h"

enum { PORT_TRIES = 64, PORT_FIRST = 20000, PORT_RANGE = 20000, HTTP_PORT = 7302 };

#define LONGEST_SOCKET "/run/aggregate.up"

/* --- the directory ------------------------------------------------------------ */

static int open_folder(struct qf_cli *cli, const char *dir, const char *name)
{
        char path[PATH_MAX];

        (void)snprintf(path, sizeof path, "%s/%s", dir, name);
        if (mkdir(path, 0700) == 0 || errno == EEXIST)
                return 0;
        qf_cli_broke(cli, -errno, path);
        return 1;
}

static bool is_empty(const char *dir)
{
        DIR *folder = opendir(dir);
        int entries = 0;

        if (!folder)
                return false;
        for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
                entries += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
        (void)closedir(folder);
        return entries == 0;
}

/* An earlier qf up ran there, or qf restore put a journal there. */
static bool is_ours(const char *dir)
{
        static const char *const signs[] = {"run/up.lock", "journal/data.mdb"};
        char path[PATH_MAX];

        for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
                (void)snprintf(path, sizeof path, "%s/%s", dir, signs[i]);
                if (access(path, F_OK) == 0)
                        return true;
        }
        return false;
}

static int make_dir(struct qf_cli *cli, const char *dir)
{
        int error = mkdir(dir, 0700) == 0 ? 0 : errno;

        if (error == 0 || (error == EEXIST && (is_ours(dir) || (is_empty(dir) && chmod(dir, 0700) == 0))))
                return 0;
        if (error == EEXIST && access(dir, R_OK | X_OK) != 0) /* whatever is in it */
                qf_cli_broke(cli, -errno, dir);
        else if (error == EEXIST)
                qf_cli_fail(cli, QF_EXIT_USAGE,
                            "%s 里已有别的东西。\n另给一个新目录或空目录：qf up --dir DIR",
                            "%s holds something else.\nGive a new or empty directory: qf up --dir DIR", dir);
        else
                qf_cli_fail(
                        cli, QF_EXIT_USAGE, "建不了目录 %s：%s。\n先建好它的上级目录，或另选一处。",
                        "cannot make the directory %s: %s.\nMake its parent first, or choose another place.",
                        dir, qf_cli_errno(cli, error));
        return 1;
}

static int check_length(struct qf_cli *cli, const char *dir)
{
        struct sockaddr_un address;
        size_t most = sizeof address.sun_path - sizeof LONGEST_SOCKET;

        if (strlen(dir) <= most)
                return 0;
        qf_cli_fail(cli, QF_EXIT_USAGE,
                    "目录名太长（%zu 字节，套接字最多容 %zu 字节）：%s\n换一个短些的目录。",
                    "the directory's name is too long (%zu bytes; sockets in it leave room for %zu): %s\n"
                    "Choose a shorter one.",
                    strlen(dir), most, dir);
        return 1;
}

static int take_lock(struct qf_cli *cli, struct qf_up_layout *layout)
{
        char path[PATH_MAX], pid[32] = "";
        /* One that can be asked about without being taken (qf_there_up): who asks keeps nobody from starting. */
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

        (void)snprintf(path, sizeof path, "%s/run/up.lock", layout->dir);
        layout->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (layout->lock < 0) {
                qf_cli_broke(cli, -errno, path);
                return 1;
        }
        if (fcntl(layout->lock, F_OFD_SETLK, &lock) != 0) {
                ssize_t n = read(layout->lock, pid, sizeof pid - 1);
                pid[n > 0 ? n : 0] = '\0';
                qf_cli_fail(cli, QF_EXIT_OTHER,
                            "%s 里已有一个 qf up 在运行（进程 %s）。\n用它，或先停掉它：kill %s",
                            "a qf up runs in %s already (process %s).\nUse it, or stop it first: kill %s",
                            layout->dir, pid, pid);
                return 1;
        }
        int len = snprintf(pid, sizeof pid, "%ld", (long)getpid());
        if (ftruncate(layout->lock, 0) == 0 && pwrite(layout->lock, pid, (size_t)len, 0) == len)
                return 0;
        qf_cli_broke(cli, -errno, path);
        return 1;
}

int qf_up_layout_make(struct qf_cli *cli, const char *dir, struct qf_up_layout *ret_layout)
{
        static const char *const folders[] = {"run", "keys", "config", "log", "outbox"};
        char keys[PATH_MAX];

        *ret_layout = (struct qf_up_layout){.lock = -1, .port_lock = -1};
        if (make_dir(cli, dir) != 0 || qf_cli_use_dir(cli, dir, NULL) != 0)
                return 1;
        ret_layout->dir = cli->dir;
        if (check_length(cli, cli->dir) != 0) {
                (void)rmdir(cli->dir); /* only if it was made just now: else it is not empty */
                return 1;
        }
        for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
                if (open_folder(cli, cli->dir, folders[i]) != 0)
                        return 1;
                if (i == 0 && take_lock(cli, ret_layout) != 0)
                        return 1;
        }
        (void)snprintf(keys, sizeof keys, "%s/keys", cli->dir);
        return qf_site_key(cli, keys, "server") || qf_site_key(cli, keys, "office");
}

void qf_up_layout_deinit(struct qf_up_layout *layout)
{
        if (layout->lock >= 0)
                (void)close(layout->lock);
        if (layout->port_lock >= 0)
                (void)close(layout->port_lock);
        free((void *)(uintptr_t)layout->address);
        *layout = (struct qf_up_layout){.lock = -1, .port_lock = -1};
}

/* --- ports -------------------------------------------------------------------- */

/* 0; -EADDRINUSE, -EADDRNOTAVAIL and their like. */
static int try_port(const struct in_addr *address, uint16_t port)
{
        struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = *address};
        QF_CLEANUP(qf_cleanup_close) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int on = 1;

        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
            bind(fd, (struct sockaddr *)&name, sizeof name) != 0)
                return -errno;
        return 0;
}

static bool port_is_free(const struct in_addr *address, uint16_t port)
{
        return try_port(address, port) == 0;
}

static uint16_t find_ports(const struct in_addr *address)
{
        for (int i = 0; i < PORT_TRIES; i++) {
                uint16_t port = (uint16_t)(PORT_FIRST + (getpid() * 2 + i * 2) % PORT_RANGE);
                if (port_is_free(address, port) && port_is_free(address, (uint16_t)(port + 1)))
                        return port;
        }
        return 0;
}

int qf_up_layout_listen(struct qf_cli *cli, struct qf_up_layout *layout, const char *listen)
{
        const char *colon = strrchr(listen, ':');
        struct in_addr address;
        uint64_t port = 0;

        if (!colon || !qf_text_number(qf_view_of(colon + 1), 65534, &port))
                return qf_cli_misused(cli, "--listen 要写成 127.0.0.1:7100，而不是“%s”。",
                                      "--listen is written 127.0.0.1:7100, not \"%s\".", listen) != 0;
        char *text = strndup(listen, (size_t)(colon - listen));
        if (!text)
                return qf_cli_broke(cli, -ENOMEM, "--listen") != 0;
        layout->address = text;
        if (inet_pton(AF_INET, text, &address) != 1)
                return qf_cli_misused(cli, "--listen 要一个 IPv4 地址，而不是“%s”。",
                                      "--listen takes an IPv4 address, not \"%s\".", text) != 0;
        if (try_port(&address, 0) == -EADDRNOTAVAIL)
                return qf_cli_broke(cli, -EADDRNOTAVAIL, text) != 0;
        layout->feed_port = port ? (uint16_t)port : find_ports(&address);
        if (layout->feed_port != 0 && port_is_free(&address, layout->feed_port) &&
            port_is_free(&address, (uint16_t)(layout->feed_port + 1)))
                return 0;
        qf_cli_fail(cli, QF_EXIT_OTHER, "%s 的端口 %u 或 %u 已被占用。\n换一个：--listen %s:0 会自己找。",
                    "on %s port %u or %u is taken.\nChoose another: --listen %s:0 finds one.", text,
                    (unsigned)layout->feed_port, (unsigned)layout->feed_port + 1, text);
        return 1;
}

/* Of all qf up on this machine one has a port: a name without a file, which goes with the process. The port itself is
 * bound later, by qf-report, and again when that is started again. */
static int lock_port(uint16_t port)
{
        struct sockaddr_un name = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int len = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "qingfeng-http-%u", (unsigned)port);

        if (fd >= 0 && bind(fd, (struct sockaddr *)&name,
                            (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)) == 0)
                return fd;
        if (fd >= 0)
                (void)close(fd);
        return -1;
}

static bool take_port(struct qf_up_layout *layout, uint16_t port)
{
        const struct in_addr loopback = {.s_addr = htonl(INADDR_LOOPBACK)};

        layout->port_lock = lock_port(port);
        if (layout->port_lock < 0)
                return false;
        if (port_is_free(&loopback, port)) {
                layout->http_port = port;
                return true;
        }
        (void)close(layout->port_lock);
        layout->port_lock = -1;
        return false;
}

int qf_up_layout_http(struct qf_cli *cli, struct qf_up_layout *layout, const char *http)
{
        static const char loopback[] = "127.0.0.1:";
        uint64_t port = 0;

        if (http && strcmp(http, "off") == 0)
                return 0;
        if (http && (strncmp(http, loopback, sizeof loopback - 1) != 0 ||
                     !qf_text_number(qf_view_of(http + sizeof loopback - 1), 65535, &port)))
                return qf_cli_misused(
                               cli, "--http 要写成 127.0.0.1:7302（试用只在本机），而不是“%s”。",
                               "--http is written 127.0.0.1:7302 (a trial is for this machine), not \"%s\".",
                               http) != 0;
        if (port != 0 && take_port(layout, (uint16_t)port))
                return 0;
        for (uint16_t i = 0; port == 0 && i < PORT_TRIES * 4; i++)
                if (take_port(layout, (uint16_t)(HTTP_PORT + i)))
                        return 0;
        qf_cli_fail(cli, QF_EXIT_OTHER,
                    "端口 %u 已被占用。\n换一个：--http 127.0.0.1:0 会自己找；或 --http off。",
                    "port %u is taken.\nChoose another: --http 127.0.0.1:0 finds one; or --http off.",
                    (unsigned)(port ? port : HTTP_PORT));
        return 1;
}

/* --- configurations -------------------------------------------------------------- */

/* Text in single quotes, as YAML has them: a quote inside is doubled. */
static int print_quoted(FILE *file, const char *prefix, const char *dir, const char *rest)
{
        const char *const parts[] = {prefix, dir, rest};

        (void)fputc('\'', file);
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
                for (const char *at = parts[i]; *at; at++) {
                        if (*at == '\'')
                                (void)fputc('\'', file);
                        (void)fputc(*at, file);
                }
        }
        (void)fputc('\'', file);
        return ferror(file);
}

struct line { /* of a configuration */
        const char *key, *prefix, *rest;
        uint16_t port_plus; /* the list has a tcp endpoint too, at feed_port + port_plus - 1; 0: not a list */
};

struct file {
        const char *name, *more; /* more: further lines as they are */
        struct line lines[8];    /* up to the first without a key */
};

static const struct file files[] = {
        /* A trial is content with a smaller reserve of disk than an installation, and has no crowd to share with. */
        {"ingest",
         "disk_floor_mib: 64\nsource_events_per_s: 0\nsource_kib_per_s: 0\n",
         {{"directory", "", "/journal", 0},
          {"feed", "ipc://", "/run/feed.ipc", 1},
          {"journal", "ipc://", "/run/journal.ipc", 0},
          {"server_key", "", "/keys/server.secret", 0},
          {"office_key", "", "/keys/office.public", 0},
          {"logbook", "", "/log/ingest.logbook", 0}}},
        {"aggregate",
         "",
         {{"directory", "", "/counts", 0},
          {"journal", "ipc://", "/run/journal.ipc", 0},
          {"totals", "ipc://", "/run/totals.ipc", 0},
          {"logbook", "", "/log/aggregate.logbook", 0}}},
        {"report",
         "reader_ms_per_s: 0\n",
         {{"totals", "ipc://", "/run/totals.ipc", 0},
          {"journal", "ipc://", "/run/journal.ipc", 0},
          {"read", "ipc://", "/run/read.ipc", 2},
          {"server_key", "", "/keys/server.secret", 0},
          {"logbook", "", "/log/report.logbook", 0}}},
        {"relay",
         "",
         {{"read", "ipc://", "/run/read.ipc", 0},
          {"server_public", "", "/keys/server.public", 0},
          {"key", "", "/keys/office.secret", 0},
          {"publish", "ipc://", "/run/relay.ipc", 0},
          {"logbook", "", "/log/relay.logbook", 0}}},
};

static void print_line(const struct qf_up_layout *layout, FILE *file, const struct line *line)
{
        (void)fprintf(file, line->port_plus ? "%s:\n  - " : "%s: ", line->key);
        (void)print_quoted(file, line->prefix, layout->dir, line->rest);
        (void)fputc('\n', file);
        if (line->port_plus && layout->address)
                (void)fprintf(file, "  - 'tcp://%s:%u'\n", layout->address,
                              (unsigned)layout->feed_port + line->port_plus - 1u);
}

static int write_file(struct qf_cli *cli, const struct qf_up_layout *layout, const struct file *what)
{
        char path[PATH_MAX], new_path[PATH_MAX];

        (void)snprintf(path, sizeof path, "%s/config/%s.yaml", layout->dir, what->name);
        (void)snprintf(new_path, sizeof new_path, "%s/config/%s.new", layout->dir, what->name);
        FILE *file = fopen(new_path, "we");
        if (!file) {
                qf_cli_broke(cli, -errno, new_path);
                return 1;
        }
        (void)fputs("# Written by qf up at each start.\n", file);
        for (const struct line *line = what->lines; line->key; line++)
                print_line(layout, file, line);
        (void)fputs(what->more, file);
        if (strcmp(what->name, "report") == 0 && layout->http_port)
                (void)fprintf(file, "http:\n  listen: tcp://127.0.0.1:%u\n", (unsigned)layout->http_port);
        bool bad = ferror(file) != 0;
        if (fclose(file) == 0 && !bad && rename(new_path, path) == 0)
                return 0;
        qf_cli_broke(cli, errno ? -errno : -EIO, path);
        return 1;
}

int qf_up_layout_configure(struct qf_cli *cli, const struct qf_up_layout *layout)
{
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
                if (write_file(cli, layout, &files[i]) != 0)
                        return 1;
        return 0;
}
