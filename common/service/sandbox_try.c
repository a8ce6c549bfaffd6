/* Why: a sandbox that nobody tries is a hope. Each trial is harmless when it goes
 * through: it opens and closes, or asks for what is not there. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "service/sandbox.h"

enum { PORT = 9 };

/* 0 or -1 and errno, as a call gives it. */
static int closing(int fd)
{
        return fd < 0 ? -1 : close(fd);
}

static int try_read(void)
{
        return closing(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int try_list(void)
{
        return closing(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int try_write(void)
{
        return closing(open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

static int try_execute(void)
{
        char *const nothing[] = {NULL};

        return execve("/nowhere/at/all", nothing, nothing);
}

static int try_fork(void)
{
        long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

        if (child == 0)
                (void)syscall(SYS_exit_group, 0); /* not to run what main's end runs */
        return child < 0 ? -1 : 0;
}

static int try_trace(void)
{
        return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? -1 : 0;
}

static int try_mount(void)
{
        return mount("none", "/nowhere/at/all", "tmpfs", 0, NULL);
}

static int try_socket(void)
{
        return closing(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int try_raw(void)
{
        return closing(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static int try_connect(void)
{
        const struct sockaddr_in address = {
                .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = {htonl(INADDR_LOOPBACK)}};

        return connect(-1, (const struct sockaddr *)&address, sizeof address);
}

static int try_listen(void)
{
        return listen(-1, 1);
}

static int try_signal(void)
{
        return kill(getppid(), 0);
}

static int try_code(void)
{
        void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        return page == MAP_FAILED ? -1 : munmap(page, 4096);
}

static int try_limit(void)
{
        const struct rlimit core = {RLIM_INFINITY, RLIM_INFINITY};

        return setrlimit(RLIMIT_CORE, &core);
}

static int try_namespace(void)
{
        return (int)syscall(SYS_unshare, 0);
}

static int try_memory(void)
{
        return (int)syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}

enum needs { ALWAYS, NO_NETWORK, NO_CONNECTING, NO_BINDING };

static const struct trial {
        const char *what;
        int (*attempt)(void);
        enum needs refused; /* unless the configuration calls for it */
} trials[] = {
        {"read a file of the system", try_read, ALWAYS},
        {"list the root folder", try_list, ALWAYS},
        {"write a temporary file", try_write, ALWAYS},
        {"execute a program", try_execute, ALWAYS},
        {"make a process", try_fork, ALWAYS},
        {"trace a process", try_trace, ALWAYS},
        {"read another process", try_memory, ALWAYS},
        {"signal another process", try_signal, ALWAYS},
        {"mount a file system", try_mount, ALWAYS},
        {"make a namespace", try_namespace, ALWAYS},
        {"make a raw socket", try_raw, ALWAYS},
        {"make a socket of the internet", try_socket, NO_NETWORK},
        {"connect", try_connect, NO_CONNECTING},
        {"listen", try_listen, NO_BINDING},
        {"run what was mapped", try_code, ALWAYS},
        {"raise a limit", try_limit, ALWAYS},
};

static bool must_fail(const struct qf_sandbox *sandbox, enum needs needs)
{
        switch (needs) {
        case ALWAYS: return true;
        case NO_NETWORK: return !sandbox->network;
        case NO_CONNECTING: return !sandbox->connects;
        case NO_BINDING: return !sandbox->binds;
        }
        return true;
}

static int try_one(const struct qf_sandbox *sandbox, const struct trial *trial, const char *thread)
{
        if (!must_fail(sandbox, trial->refused)) {
                printf("%-32s %-8s open, the configuration calls for it\n", trial->what, thread);
                return 0;
        }
        errno = 0;
        bool refused = trial->attempt() != 0 && (errno == EPERM || errno == EACCES);
        printf("%-32s %-8s %s\n", trial->what, thread, refused ? "refused" : "WENT THROUGH");
        return !refused;
}

/* What is its own must have stayed: a daemon that may do nothing would pass as well. */
static int keep_own(const struct qf_sandbox *sandbox, const char *thread)
{
        int lost = 0;

        for (unsigned i = 0; i < sandbox->paths_count; i++) {
                const char *path = sandbox->paths[i].path;
                if (!sandbox->paths[i].writes || access(path, W_OK) != 0)
                        continue;
                bool kept = closing(open(path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) == 0;
                printf("%-32s %-8s %s %s\n", "write into its own folder", thread, kept ? "works" : "REFUSED",
                       path);
                lost += !kept;
        }
        return lost;
}

struct in_thread {
        const struct qf_sandbox *sandbox;
        const char *name;
        pthread_barrier_t closed;
        int wrong;
};

static int try_all(const struct qf_sandbox *sandbox, const char *name)
{
        int wrong = 0;

        for (size_t i = 0; i < sizeof trials / sizeof *trials; i++)
                wrong += try_one(sandbox, &trials[i], name);
        return wrong + keep_own(sandbox, name);
}

static void *run(void *ctx)
{
        struct in_thread *thread = ctx;

        (void)pthread_barrier_wait(&thread->closed);
        thread->wrong = try_all(thread->sandbox, "thread");
        return NULL;
}

int qf_sandbox_try(const struct qf_sandbox *sandbox)
{
        struct in_thread thread = {.sandbox = sandbox};
        pthread_t id;

        if (sandbox->off || qf_sandbox_close_files(sandbox) != 0)
                return 2;
        if (pthread_barrier_init(&thread.closed, NULL, 2) != 0 ||
            pthread_create(&id, NULL, run, &thread) != 0)
                return 2;
        int r = qf_sandbox_close_calls(sandbox);
        (void)pthread_barrier_wait(&thread.closed);
        (void)pthread_join(id, NULL);
        int wrong = thread.wrong + try_all(sandbox, "main");
        printf("%s\n", r != 0  ? "the sandbox could not be closed"
                       : wrong ? "something went through"
                               : "closed");
        return r != 0 ? 2 : wrong ? 1 : 0;
}
