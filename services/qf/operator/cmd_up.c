/* Why: trials and the demo need all of Qingfeng with one command and no
 * installation: keys made, four daemons supervised, everything below one
 * directory, gone with Ctrl-C.
 *
 *     start all ─► all READY ─► programme load (when given) ─► "ready" on stdout ─► supervise ─► stop in order
 *
 * Guarantees: "ready" is printed once, after everything works; a daemon that dies
 * is started again 0.1 s later, but five crashes in ten seconds end the whole with
 * its last words; all children are gone when qf up is. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "qf/cli/cli.h"
#include "qf/operator/up_child.h"
#include "qf/operator/up_layout.h"
#include "service/loop.h"
#include "store/begun.h"
#include "wire/keys.h"

enum { CHILDREN = 4, LOOK_EVERY_MS = 50, STOP_MS = 4500, STILL_STARTING_MS = 10000, LOAD_AGAIN_MS = 1000 };

struct options {
        const char *programme, *listen, *http;
};

struct up {
        struct qf_cli *cli;
        const struct options *options;
        struct qf_up_layout layout;
        struct qf_loop *loop;
        struct qf_up_child children[CHILDREN];
        int signal_fd;      /* SIGCHLD */
        pid_t loader;       /* qf programme load; 0: not running */
        int64_t load_at_ms; /* when it is started again; 0: it is not */
        bool all_ready;     /* they were, once */
        bool announced;
        bool terminal;       /* it ends with the one that it was started from */
        int64_t patience_ms; /* when to say that it still starts */
};

static const char *const names[CHILDREN] = {"ingest", "aggregate", "report", "relay"};

/* --- saying where things are --------------------------------------------------------- */

static void server_key(const struct up *up, char ret_text[QF_KEY_TEXT])
{
        uint8_t key[32], other[32] = {0};

        if (qf_key_read_servers(up->cli->server_public, key, other) != 0)
                memset(key, 0, sizeof key);
        qf_key_text(key, ret_text);
}

static void endpoint_text(const struct up *up, const char *local, uint16_t plus, char *ret_text, size_t room)
{
        if (up->layout.address)
                (void)snprintf(ret_text, room, "tcp://%s:%u", up->layout.address,
                               (unsigned)up->layout.feed_port + plus);
        else
                (void)snprintf(ret_text, room, "%s", local);
}

static void announce(struct up *up)
{
        const struct qf_cli *cli = up->cli;
        char key[QF_KEY_TEXT], feed[PATH_MAX], read_at[PATH_MAX], relay[PATH_MAX], http[64] = "-";

        server_key(up, key);
        endpoint_text(up, cli->feed, 0, feed, sizeof feed);
        endpoint_text(up, cli->read, 1, read_at, sizeof read_at);
        (void)snprintf(relay, sizeof relay, "ipc://%s/run/relay.ipc", cli->dir);
        if (up->layout.http_port)
                (void)snprintf(http, sizeof http, "http://127.0.0.1:%u/", (unsigned)up->layout.http_port);
        up->announced = true;
        if (cli->json) {
                json_t *object = json_pack("{s:b, s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "ready", 1, "dir",
                                           cli->dir, "feed", feed, "read", read_at, "relay", relay, "http",
                                           http, "server_public", key, "pid", (int)getpid());
                if (object)
                        (void)json_dumpf(object, stdout, JSON_COMPACT);
                json_decref(object);
                (void)putchar('\n');
        } else {
                printf(qf_cli_say(
                               cli,
                               "清风已就绪。按 Ctrl-C 停止。\n  目录      %s\n  报送      %s\n  查询      %s\n  转播      %s\n"
                               "  HTTP      %s\n  服务公钥  %s\n  日志      %s/log\n",
                               "Qingfeng is ready. Ctrl-C stops it.\n  directory   %s\n  feed        %s\n"
                               "  read        %s\n  relay       %s\n  http        %s\n  server key  %s\n"
                               "  logs        %s/log\n"),
                       cli->dir, feed, read_at, relay,
                       up->layout.http_port ? http : qf_cli_say(cli, "没有开", "off"), key, cli->dir);
        }
        (void)fflush(stdout);
}

/* --- the programme ---------------------------------------------------------------------- */

/* The programme is loaded by another qf, so that a long file keeps nobody from being looked after. */
static int load_programme(struct up *up)
{
        const char *argv[] = {"qf",    "programme",  "load",   up->options->programme,
                              "--dir", up->cli->dir, "--lang", up->cli->chinese ? "zh" : "en",
                              NULL};
        int r;

        (void)fflush(stdout);
        /* With --json our standard output is one object: what the loader says goes to standard error. */
        r = qf_up_spawn(argv, NULL, up->cli->json ? STDERR_FILENO : -1, &up->loader);
        if (r < 0)
                return qf_cli_broke(up->cli, r, "qf programme load");
        return 0;
}

/* On a slow disk daemons that are ready may not answer yet: that ends nothing. */
static void loader_ended(struct up *up, int status)
{
        const int code = WIFEXITED(status) ? WEXITSTATUS(status) : QF_EXIT_OTHER;

        up->loader = 0;
        if (code == QF_EXIT_DONE) {
                announce(up);
        } else if (code == QF_EXIT_AWAY) {
                fprintf(stderr, "%s",
                        qf_cli_say(up->cli, "服务端还没有回应，方案马上再装一次。\n",
                                   "The server does not answer yet: the programme is loaded again.\n"));
                up->load_at_ms = qf_clock_mono_ms() + LOAD_AGAIN_MS;
        } else {
                qf_cli_fail(up->cli, code, "方案 %s 没有装上。\n按上面说的改好，再启动。",
                            "the programme %s was not loaded.\nMend what is said above, and start again.",
                            up->options->programme);
                qf_loop_stop(up->loop);
        }
}

/* --- supervising -------------------------------------------------------------------------- */

static void look_if_ready(struct up *up)
{
        for (int i = 0; i < CHILDREN; i++)
                if (!up->children[i].ready)
                        return;
        if (up->all_ready)
                return;
        up->all_ready = true;
        if (!up->options->programme)
                announce(up);
        else if (load_programme(up) != 0)
                qf_loop_stop(up->loop);
}

static int hear_children(void *ctx)
{
        struct up *up = ctx;

        for (int i = 0; i < CHILDREN; i++)
                qf_up_child_listen(&up->children[i]);
        look_if_ready(up);
        return 0;
}

static void give_up(struct up *up, const struct qf_up_child *child, const char *how, int why)
{
        char line[1024];

        qf_up_child_last_line(child, line, sizeof line);
        if (why == QF_UP_TOO_OFTEN)
                qf_cli_fail(
                        up->cli, QF_EXIT_OTHER,
                        "qf-%s 在 10 秒内倒下了 %d 次（%s），不再启动。最后的日志：%s\n全文在 %s/log/%s.log",
                        "qf-%s died within 10 seconds %d times (%s) and is not started again. Its last words: %s\n"
                        "All of them: %s/log/%s.log",
                        child->name, (int)QF_UP_CRASHES_MAX, how, line, up->cli->dir, child->name);
        else
                qf_cli_fail(up->cli, QF_EXIT_OTHER, "qf-%s 不接受它的配置（%s）：%s\n全文在 %s/log/%s.log",
                            "qf-%s does not take its configuration (%s): %s\nAll of it: %s/log/%s.log",
                            child->name, how, line, up->cli->dir, child->name);
        qf_loop_stop(up->loop);
}

static void child_ended(struct up *up, struct qf_up_child *child, int status)
{
        char how[64];
        int why = qf_up_child_ended(child, status, qf_clock_mono_ms());

        qf_up_child_how(status, how, sizeof how);
        if (why != QF_UP_AGAIN) {
                give_up(up, child, how, why);
                return;
        }
        fprintf(stderr,
                qf_cli_say(up->cli, "qf-%s 停了（%s），正在重新启动。\n",
                           "qf-%s ended (%s): starting it again.\n"),
                child->name, how);
}

static void reap(struct up *up)
{
        int status;

        for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
                if (pid == up->loader)
                        loader_ended(up, status);
                for (int i = 0; i < CHILDREN; i++)
                        if (up->children[i].pid == pid)
                                child_ended(up, &up->children[i], status);
        }
}

static int hear_signal(void *ctx)
{
        struct up *up = ctx;
        struct signalfd_siginfo info;

        while (read(up->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
                ;
        reap(up);
        return 0;
}

static int start_child(struct up *up, struct qf_up_child *child)
{
        int r = qf_up_child_start(child);

        if (r == 0)
                return 0;
        qf_cli_fail(up->cli, QF_EXIT_OTHER, "启动不了 qf-%s：%s。\n它应当与 qf 放在一起，或在 PATH 里。",
                    "cannot start qf-%s: %s.\nIt belongs beside qf, or in PATH.", child->name,
                    qf_cli_errno(up->cli, r));
        return 1;
}

static int look_after(void *ctx)
{
        struct up *up = ctx;
        int64_t now = qf_clock_mono_ms();

        for (int i = 0; i < CHILDREN; i++) {
                struct qf_up_child *child = &up->children[i];
                if (child->start_at_ms != 0 && child->start_at_ms <= now && start_child(up, child) != 0)
                        qf_loop_stop(up->loop);
        }
        if (up->load_at_ms != 0 && up->load_at_ms <= now) {
                up->load_at_ms = 0;
                if (load_programme(up) != 0)
                        qf_loop_stop(up->loop);
        }
        if (!up->all_ready && now >= up->patience_ms) {
                up->patience_ms = now + STILL_STARTING_MS;
                for (int i = 0; i < CHILDREN; i++)
                        if (!up->children[i].ready)
                                fprintf(stderr,
                                        qf_cli_say(up->cli, "qf-%s 还在启动。\n",
                                                   "qf-%s is still starting.\n"),
                                        up->children[i].name);
        }
        return 0;
}

/* --- stopping ------------------------------------------------------------------------------- */

static int running(const struct up *up)
{
        int count = up->loader != 0;

        for (int i = 0; i < CHILDREN; i++)
                count += up->children[i].pid != 0;
        return count;
}

static void gone(struct up *up, pid_t pid)
{
        if (pid == up->loader)
                up->loader = 0;
        for (int i = 0; i < CHILDREN; i++)
                if (up->children[i].pid == pid)
                        up->children[i].pid = 0;
}

static void signal_all(const struct up *up, int number)
{
        if (up->loader)
                (void)kill(up->loader, number);
        for (int i = CHILDREN - 1; i >= 0; i--)
                if (up->children[i].pid)
                        (void)kill(up->children[i].pid, number);
}

/* None, or hung up: for want of descriptors it is not gone. */
static bool has_terminal(void)
{
        QF_CLEANUP(qf_cleanup_close) int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

        return fd >= 0 || (errno != ENXIO && errno != EIO);
}

/* Who says nohup has SIGHUP ignored. From here on it is heard: it also says that keys have changed. */
static void look_at_terminal(struct up *up)
{
        const struct sigaction heard = {.sa_handler = SIG_DFL};
        struct sigaction before;

        up->terminal =
                sigaction(SIGHUP, &heard, &before) == 0 && before.sa_handler != SIG_IGN && has_terminal();
}

/* The terminal was closed; or the files are to be read anew: what reads its files does, and the relay, which only connects,
 * starts again with what it finds. */
static int hang_up(void *ctx)
{
        const struct up *up = ctx;

        if (up->terminal && !has_terminal()) {
                qf_loop_stop(up->loop);
                return 0;
        }
        for (int i = 0; i < CHILDREN; i++)
                if (up->children[i].pid)
                        (void)kill(up->children[i].pid, strcmp(names[i], "relay") == 0 ? SIGTERM : SIGHUP);
        return 0;
}

/* Everybody is asked at once; who has not gone in time is killed: the journal does not mind. */
static void stop_children(struct up *up)
{
        int64_t end = qf_clock_mono_ms() + STOP_MS;
        sigset_t set;
        int status;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGCHLD);
        signal_all(up, SIGTERM);
        while (running(up) > 0) {
                for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
                        gone(up, pid);
                int64_t left = end - qf_clock_mono_ms();
                if (left <= 0) {
                        signal_all(up, SIGKILL);
                        end += STOP_MS;
                        left = STOP_MS;
                }
                struct timespec wait = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
                if (running(up) > 0)
                        (void)sigtimedwait(&set, NULL, &wait);
        }
}

/* --- the command ------------------------------------------------------------------------------ */

static int open_signals(struct up *up)
{
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGCHLD);
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
        up->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        return up->signal_fd < 0 ? -errno : qf_loop_add_fd(up->loop, up->signal_fd, hear_signal, up);
}

static int open_loop(struct up *up)
{
        int r = qf_loop_new(&up->loop);

        if (r == 0)
                r = open_signals(up);
        if (r == 0)
                r = qf_loop_every(up->loop, LOOK_EVERY_MS, look_after, up);
        for (int i = 0; i < CHILDREN && r == 0; i++) {
                r = qf_up_child_init(&up->children[i], up->cli->dir, names[i]);
                if (r == 0)
                        r = qf_loop_add_fd(up->loop, up->children[i].notify_fd, hear_children, up);
        }
        return r == 0 ? 0 : qf_cli_broke(up->cli, r, "qf up");
}

static int supervise(struct up *up)
{
        look_at_terminal(up);
        if (open_loop(up) != 0)
                return up->cli->exit_code;
        up->patience_ms = qf_clock_mono_ms() + STILL_STARTING_MS;
        int r = 0;
        for (int i = 0; i < CHILDREN && r == 0; i++)
                r = start_child(up, &up->children[i]);
        if (r == 0) {
                qf_loop_on_hangup(up->loop, hang_up, up);
                r = qf_loop_run(up->loop);
                if (r < 0)
                        qf_cli_broke(up->cli, r, "qf up");
        }
        stop_children(up);
        return up->cli->exit_code;
}

/* As ingest says it too, but in the reader's language, and before anything is started. */
static int check_journal(struct qf_cli *cli)
{
        char path[PATH_MAX];

        (void)snprintf(path, sizeof path, "%s/journal", cli->dir);
        if (!qf_begun_is_gone(path) || qf_redact_unfinished(path)) /* of the latter ingest says what to do */
                return 0;
        return qf_cli_fail(
                cli, QF_EXIT_CONFLICT,
                "%s 里没有日志，而这里曾经有过：没有另起新的，什么都没有启动。\n"
                "磁盘没挂上就挂上；日志没了就从备份恢复：qf restore 备份 --dir %s。\n"
                "确要从头来过（报过的、数过的都不要了）：删去 %s" QF_BEGUN_MARK
                "，还有 %s 里的 counts、counts.set-aside、outbox。",
                "there is no journal in %s, and there was one: no other is begun, and nothing was started.\n"
                "Mount its disk; or, where it is lost, put a backup there: qf restore BACKUP --dir %s.\n"
                "To begin anew on purpose, with nothing of what was fed and counted: remove %s" QF_BEGUN_MARK
                ", and in %s counts, counts.set-aside and outbox.",
                path, cli->dir, path, cli->dir);
}

static int run(struct up *up, const char *dir)
{
        if (qf_up_layout_make(up->cli, dir, &up->layout) != 0 || check_journal(up->cli) != 0)
                return up->cli->exit_code;
        if (up->options->listen && qf_up_layout_listen(up->cli, &up->layout, up->options->listen) != 0)
                return up->cli->exit_code;
        if (qf_up_layout_http(up->cli, &up->layout, up->options->http) != 0)
                return up->cli->exit_code;
        if (qf_up_layout_configure(up->cli, &up->layout) != 0)
                return up->cli->exit_code;
        return supervise(up);
}

static void release(struct up *up)
{
        for (int i = 0; i < CHILDREN; i++)
                qf_up_child_deinit(&up->children[i]);
        up->loop = qf_loop_free(up->loop);
        if (up->signal_fd >= 0)
                (void)close(up->signal_fd);
        qf_up_layout_deinit(&up->layout);
}

static const struct qf_option option_table[] = {
        {"programme", QF_OPTION_TEXT, offsetof(struct options, programme), "FILE", "启动后装载这个方案",
         "load this programme when all is ready", 0},
        {"listen", QF_OPTION_TEXT, offsetof(struct options, listen), "127.0.0.1:PORT",
         "另在 PORT（报送）和 PORT+1（查询）上监听；0 自己找",
         "listen on PORT (feed) and PORT+1 (read) too; 0 finds them", 0},
        {"http", QF_OPTION_TEXT, offsetof(struct options, http), "127.0.0.1:PORT",
         "状态和指标的网页在哪里；off 不要；不写则从 7302 起找一个空的",
         "where HTTP is answered; off: nowhere; left out: the first free port from 7302 on", 0},
        {0},
};

static int run_up(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {0};
        struct up up = {
                .cli = cli, .options = &options, .signal_fd = -1, .layout = {.lock = -1, .port_lock = -1}};
        char start[QF_CLI_START_BYTES], full[PATH_MAX];
        int count;

        if (qf_cli_parse(cli, &options, argc, argv, &count))
                return cli->exit_code;
        const char *there = realpath(cli->dir, full) ? full : cli->dir;
        if (qf_instance_of(
                    there)) /* its daemons are not root, and what root's made here they could not open */
                return qf_cli_fail(
                        cli, QF_EXIT_USAGE, "%s 是装好的服务的目录，不能用 qf up。\n启动它：%s",
                        "%s is the directory of an installed service, and not for qf up.\nStart it: %s",
                        there, qf_cli_start(there, start));
        for (int i = 0; i < CHILDREN; i++)
                up.children[i].notify_fd = -1;
        QF_CLEANUP(qf_cleanup_free) char *dir = strdup(cli->dir);
        int exit_code = dir ? run(&up, dir) : qf_cli_broke(cli, -ENOMEM, "qf up");
        release(&up);
        return exit_code;
}

const struct qf_command qf_cmd_up = {
        .name = "up",
        .zh = "在一个目录里启动全部服务（试用、演示）",
        .en = "start all daemons in one directory (trials, the demo)",
        .run = run_up,
        .options = option_table,
        .makes_dir = true,
        .more_zh =
                "在前台运行，直到 Ctrl-C 或终端关闭；要在终端关闭后继续，用 nohup qf up … & 启动，或装成 systemd 服务（qf init）。目录里有密钥、日志、计数和日志文件；删掉目录就什么都不剩。",
        .more_en =
                "Runs in the foreground until Ctrl-C, or until its terminal is closed; to go on after that start it with "
                "nohup qf up ... &, or install it under systemd (qf init). The directory holds keys, journal, counts and logs: remove it, and all is gone.",
};
