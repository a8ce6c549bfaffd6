/* Why: a trial has to survive what an installation survives, a daemon killed at
 * any moment, without systemd: so this does what its unit file says (restart,
 * limit of restarts, ready by notification) for one child.
 *
 * Guarantees: at most one process per child; it never outlives qf up (QF_PARENT,
 * service.c); a child that cannot stay up is not started for ever. */
#include "qf/operator/up_child.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

enum {
        BACKOFF_MS = 100,
        CRASH_WINDOW_MS = 10000,
        LOG_BYTES_MAX = 16 * 1024 * 1024,
        ENVIRONMENT_MAX = 512,
        LINE_BYTES = 4096,
        EXIT_USAGE = 64,
        EXIT_CONFIG = 78,
};

/* --- starting a program --------------------------------------------------------- */

void qf_up_find_program(const char *name, char *ret_path, size_t room)
{
        char self[PATH_MAX];
        ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

        if (n > 0) {
                self[n] = '\0';
                int len = snprintf(ret_path, room, "%s/%s", dirname(self), name);
                if (len > 0 && (size_t)len < room && access(ret_path, X_OK) == 0)
                        return;
        }
        (void)snprintf(ret_path, room, "%s", name);
}

static bool is_variable(const char *entry, const char *name)
{
        size_t len = strlen(name);

        return strncmp(entry, name, len) == 0 && entry[len] == '=';
}

/* Our environment without what was said to us alone, plus what is said to the child. */
static int fill_environment(char **variables, char *notify, char *parent)
{
        static const char *const ours[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "QF_PARENT",
                                           "JOURNAL_STREAM"};
        size_t count = 0;

        for (char **at = environ; *at; at++) {
                bool skip = false;
                for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
                        skip = skip || is_variable(*at, ours[i]);
                if (!skip && count < ENVIRONMENT_MAX - 3)
                        variables[count++] = *at;
        }
        variables[count++] = parent;
        if (notify)
                variables[count++] = notify;
        variables[count] = NULL;
        return 0;
}

/* Own process group: Ctrl-C at the terminal reaches qf up only, which then stops its children in order. */
static int set_attributes(posix_spawnattr_t *attributes)
{
        sigset_t none, defaults;

        (void)sigemptyset(&none);
        (void)sigemptyset(&defaults);
        (void)sigaddset(&defaults, SIGPIPE);
        int r = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                             POSIX_SPAWN_SETPGROUP);
        if (r == 0)
                r = posix_spawnattr_setsigmask(attributes, &none);
        if (r == 0)
                r = posix_spawnattr_setsigdefault(attributes, &defaults);
        if (r == 0)
                r = posix_spawnattr_setpgroup(attributes, 0);
        return r;
}

static int set_files(posix_spawn_file_actions_t *files, int log)
{
        int r = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

        if (r == 0 && log >= 0)
                r = posix_spawn_file_actions_adddup2(files, log, STDOUT_FILENO);
        if (r == 0 && log >= 0)
                r = posix_spawn_file_actions_adddup2(files, log, STDERR_FILENO);
        return r;
}

int qf_up_spawn(const char *const *argv, const char *notify, int log, pid_t *ret_pid)
{
        char program[PATH_MAX], notify_variable[PATH_MAX], parent[32];
        char *variables[ENVIRONMENT_MAX];
        posix_spawn_file_actions_t files;
        posix_spawnattr_t attributes;

        qf_up_find_program(argv[0], program, sizeof program);
        (void)snprintf(parent, sizeof parent, "QF_PARENT=%ld", (long)getpid());
        (void)snprintf(notify_variable, sizeof notify_variable, "NOTIFY_SOCKET=%s", notify ? notify : "");
        fill_environment(variables, notify ? notify_variable : NULL, parent);
        int r = posix_spawn_file_actions_init(&files);
        if (r != 0)
                return -r;
        r = posix_spawnattr_init(&attributes);
        if (r != 0) {
                (void)posix_spawn_file_actions_destroy(&files);
                return -r;
        }
        r = set_attributes(&attributes);
        if (r == 0)
                r = set_files(&files, log);
        if (r == 0)
                r = posix_spawnp(ret_pid, program, &files, &attributes, (char **)(uintptr_t)argv, variables);
        (void)posix_spawnattr_destroy(&attributes);
        (void)posix_spawn_file_actions_destroy(&files);
        return -r;
}

/* --- one child --------------------------------------------------------------------- */

static void notify_path(const struct qf_up_child *child, char *ret_path, size_t room)
{
        (void)snprintf(ret_path, room, "%s/run/%s.up", child->dir, child->name);
}

static void log_path(const struct qf_up_child *child, char *ret_path, size_t room)
{
        (void)snprintf(ret_path, room, "%s/log/%s.log", child->dir, child->name);
}

int qf_up_child_init(struct qf_up_child *child, const char *dir, const char *name)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        char path[PATH_MAX];

        *child = (struct qf_up_child){.name = name, .dir = dir, .notify_fd = -1};
        notify_path(child, path, sizeof path);
        if (strlen(path) >= sizeof address.sun_path)
                return -ENAMETOOLONG;
        memcpy(address.sun_path, path, strlen(path) + 1);
        (void)unlink(path);
        child->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (child->notify_fd < 0 || bind(child->notify_fd, (struct sockaddr *)&address, sizeof address) != 0)
                return -errno;
        return 0;
}

void qf_up_child_deinit(struct qf_up_child *child)
{
        char path[PATH_MAX];

        if (child->notify_fd < 0)
                return;
        (void)close(child->notify_fd);
        notify_path(child, path, sizeof path);
        (void)unlink(path);
        child->notify_fd = -1;
}

/* The log goes on over restarts; one old file is kept when it is large. */
static int open_log(const struct qf_up_child *child)
{
        char path[PATH_MAX], old[PATH_MAX];
        struct stat status;

        log_path(child, path, sizeof path);
        if (stat(path, &status) == 0 && status.st_size > LOG_BYTES_MAX) {
                (void)snprintf(old, sizeof old, "%s/log/%s.old.log", child->dir, child->name);
                (void)rename(path, old);
        }
        int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        return fd >= 0 ? fd : -errno;
}

int qf_up_child_start(struct qf_up_child *child)
{
        char program[64], config[PATH_MAX], notify[PATH_MAX];
        const char *argv[] = {program, "--config", config, NULL};

        (void)snprintf(program, sizeof program, "qf-%s", child->name);
        (void)snprintf(config, sizeof config, "%s/config/%s.yaml", child->dir, child->name);
        notify_path(child, notify, sizeof notify);
        QF_CLEANUP(qf_cleanup_close) int log = open_log(child);
        if (log < 0)
                return log;
        qf_up_child_listen(child); /* what the last one said counts no more */
        child->ready = false;
        child->start_at_ms = 0;
        return qf_up_spawn(argv, notify, log, &child->pid);
}

void qf_up_child_listen(struct qf_up_child *child)
{
        char notice[512];
        ssize_t n;

        while ((n = recv(child->notify_fd, notice, sizeof notice - 1, MSG_DONTWAIT)) >= 0) {
                notice[n] = '\0';
                if (strstr(notice, "READY=1"))
                        child->ready = child->ever_ready = true;
                if (strstr(notice, "STOPPING=1"))
                        child->ready = false;
        }
}

/* --- its end -------------------------------------------------------------------------- */

static uint32_t count_crash(struct qf_up_child *child, int64_t now_ms)
{
        uint32_t kept = 0;

        for (uint32_t i = 0; i < child->crashes; i++)
                if (now_ms - child->crashed_ms[i] < CRASH_WINDOW_MS)
                        child->crashed_ms[kept++] = child->crashed_ms[i];
        child->crashed_ms[kept++] = now_ms;
        child->crashes = kept;
        return kept;
}

int qf_up_child_ended(struct qf_up_child *child, int status, int64_t now_ms)
{
        child->pid = 0;
        child->ready = false;
        if (WIFEXITED(status) && (WEXITSTATUS(status) == EXIT_CONFIG || WEXITSTATUS(status) == EXIT_USAGE))
                return QF_UP_USELESS;
        /* kill -9 is somebody's will (or a test's), not a crash: started again however often. */
        bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        if (!killed && count_crash(child, now_ms) >= QF_UP_CRASHES_MAX)
                return QF_UP_TOO_OFTEN;
        child->start_at_ms = now_ms + BACKOFF_MS;
        return QF_UP_AGAIN;
}

void qf_up_child_how(int status, char *ret_text, size_t room)
{
        if (WIFSIGNALED(status))
                (void)snprintf(ret_text, room, "signal %d", WTERMSIG(status));
        else
                (void)snprintf(ret_text, room, "exit code %d", WEXITSTATUS(status));
}

/* Cuts the last line off what is before it. */
static const char *cut_line(char *text)
{
        char *end = strrchr(text, '\n');
        if (!end)
                return text;
        *end = '\0';
        return end + 1;
}

void qf_up_child_last_line(const struct qf_up_child *child, char *ret_text, size_t room)
{
        char path[PATH_MAX], tail[LINE_BYTES];

        ret_text[0] = '\0';
        log_path(child, path, sizeof path);
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
        off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
        if (size <= 0)
                return;
        off_t from = size > (off_t)sizeof tail - 1 ? size - (off_t)sizeof tail + 1 : 0;
        ssize_t n = pread(fd, tail, sizeof tail - 1, from);
        while (n > 0 && tail[n - 1] == '\n')
                n--;
        if (n <= 0)
                return;
        tail[n] = '\0';
        const char *line = cut_line(tail);
        (void)snprintf(ret_text, room, "%s", line);
        while (line != tail && strstr(line, " level=info ")) /* that its logbook rests is no reason to end */
                line = cut_line(tail);
        if (!strstr(line, " level=info "))
                (void)snprintf(ret_text, room, "%s", line);
}
