/* Why: whoever gets hold of a daemon through a fault in what reads strangers'
 * bytes should find nothing to go on with: no file but the daemon's own, no other
 * program, no connection outwards, no look into other processes. systemd's
 * sandbox starts before the daemon and must leave open what a start needs; this
 * one is tighter, and holds without systemd too.
 *
 * Landlock is three system calls without a wrapper in glibc. Its rules are of
 * paths, so they are made before start opens anything, from the configuration;
 * seccomp's are of calls, and come when all is open. The filter is written here
 * and not by libseccomp, which allocates thousands of times for it, and crashes or
 * gives a wrong one when memory is short. Paths that are not there are
 * left out: what is missing is start's to complain about.
 *
 * Sanitizers need calls of their own (ptrace to look for leaks, mappings that can
 * be run), so in their builds there is no sandbox. */
#include "service/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "service/sandbox_calls.h"

#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) ||     \
        __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

/* Newer than Debian 12's headers: the numbers are the kernel's interface, by version of Landlock. */
#define ACCESS_TRUNCATE (UINT64_C(1) << 14) /* 3 */
#define READS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define MAKES                                                                                                \
        (LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |      \
         LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK)
#define WRITES (READS | LANDLOCK_ACCESS_FS_WRITE_FILE | MAKES | LANDLOCK_ACCESS_FS_REFER | ACCESS_TRUNCATE)
#define OF_FILES (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE)
#define HANDLED                                                                                              \
        (WRITES | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_FIFO | \
         LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* What libraries read as they go: themselves, their settings, the number of processors, this process. */
static const char *const everybody_reads[] = {
        "/usr",      "/lib",         "/lib64",     "/etc/ssl/openssl.cnf",
        "/dev/null", "/dev/urandom", "/proc/self", "/sys/devices/system/cpu"};

/* --- what is said of a daemon ---------------------------------------------------- */

/* One that is too long for the kernel names nothing. */
static void add_path(struct qf_sandbox *sandbox, const char *path, bool writes)
{
        QF_ASSERT(sandbox->paths_count < QF_SANDBOX_PATHS_MAX);
        if (strlen(path) >= PATH_MAX)
                return;
        memcpy(sandbox->paths[sandbox->paths_count].path, path, strlen(path) + 1);
        sandbox->paths[sandbox->paths_count++].writes = writes;
}

/* A folder beneath which files are read, made, changed and removed. */
static void let_write(struct qf_sandbox *sandbox, const char *folder)
{
        add_path(sandbox, folder, true);
}

void qf_sandbox_reads(struct qf_sandbox *sandbox, const char *path)
{
        add_path(sandbox, path, false);
}

void qf_sandbox_around(struct qf_sandbox *sandbox, const char *path, bool writes)
{
        char folder[PATH_MAX];

        if (strlen(path) >= sizeof folder)
                return;
        memcpy(folder, path, strlen(path) + 1);
        add_path(sandbox, dirname(folder), writes);
}

void qf_sandbox_keeps(struct qf_sandbox *sandbox, const char *directory)
{
        let_write(sandbox, directory);
        qf_sandbox_around(sandbox, directory, true);
}

void qf_sandbox_endpoint(struct qf_sandbox *sandbox, const char *endpoint, enum qf_sandbox_use use)
{
        static const char ipc[] = "ipc://";
        bool local = strncmp(endpoint, ipc, sizeof ipc - 1) == 0;

        sandbox->connects |= use == QF_SANDBOX_CONNECTS;
        sandbox->binds |= use == QF_SANDBOX_BINDS_AGAIN;
        sandbox->network |= !local && use != QF_SANDBOX_BINDS;
        if (local && use != QF_SANDBOX_CONNECTS)
                qf_sandbox_around(sandbox, endpoint + sizeof ipc - 1, true);
}

/* --- files ------------------------------------------------------------------------- */

/* 0: this kernel has none. */
static int landlock_version(void)
{
        long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

        return version < 0 ? 0 : (int)version;
}

static uint64_t known_to(int version)
{
        uint64_t known = HANDLED;

        if (version < 2)
                known &= ~(uint64_t)LANDLOCK_ACCESS_FS_REFER;
        if (version < 3)
                known &= ~ACCESS_TRUNCATE;
        return known;
}

/* What may be done with a file is less than with a folder; others are refused by the kernel as nonsense. */
static int allow(int ruleset, const char *path, uint64_t access)
{
        struct stat status;
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_PATH | O_CLOEXEC);

        if (fd < 0)
                return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
        if (fstat(fd, &status) != 0)
                return -errno;
        struct landlock_path_beneath_attr beneath = {
                .allowed_access = S_ISDIR(status.st_mode) ? access : access & OF_FILES, .parent_fd = fd};
        if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0)
                return -errno;
        return 0;
}

static int allow_all(const struct qf_sandbox *sandbox, int ruleset, uint64_t known)
{
        int r = 0;

        for (size_t i = 0; i < sizeof everybody_reads / sizeof *everybody_reads && r == 0; i++)
                r = allow(ruleset, everybody_reads[i], known & READS);
        for (unsigned i = 0; i < sandbox->paths_count && r == 0; i++)
                r = allow(ruleset, sandbox->paths[i].path,
                          known & (sandbox->paths[i].writes ? WRITES : READS));
        return r;
}

static int close_files(const struct qf_sandbox *sandbox, int version)
{
        struct landlock_ruleset_attr attributes = {.handled_access_fs = known_to(version)};
        QF_CLEANUP(qf_cleanup_close)
        int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);

        if (ruleset < 0)
                return -errno;
        int r = allow_all(sandbox, ruleset, attributes.handled_access_fs);
        if (r == 0 && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
                       syscall(SYS_landlock_restrict_self, ruleset, 0) != 0))
                r = -errno;
        return r;
}

static bool is_off(const struct qf_sandbox *sandbox)
{
        return sandbox->off || SANITIZED;
}

int qf_sandbox_close_files(const struct qf_sandbox *sandbox)
{
        int version = landlock_version();

        if (is_off(sandbox)) {
                qf_log(QF_LOG_WARNING, "the sandbox is off: %s",
                       SANITIZED ? "this is a build with sanitizers" : "the configuration says so");
                return 0;
        }
        if (version == 0) {
                qf_log(QF_LOG_WARNING,
                       "Landlock is not to be had here: files are kept apart by their modes and by systemd only");
                return 0;
        }
        int r = close_files(sandbox, version);
        if (r < 0)
                qf_log(QF_LOG_ERROR, "the sandbox of files cannot be made error=\"%s\"", strerror(-r));
        return r;
}

/* --- calls --------------------------------------------------------------------------- */

enum { INSTRUCTIONS_MAX = 1024 };

/* A program for the kernel: a list of questions, each followed by "allow". */
struct filter {
        unsigned short count;
        struct sock_filter at[INSTRUCTIONS_MAX];
};

#if defined(__x86_64__)
enum { MACHINE = (int)AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
enum { MACHINE = (int)AUDIT_ARCH_AARCH64 };
#else
#error "say here which machine this is, as <linux/audit.h> calls it"
#endif

static void add(struct filter *filter, struct sock_filter instruction)
{
        QF_ASSERT(filter->count < INSTRUCTIONS_MAX);
        filter->at[filter->count++] = instruction;
}

static void load(struct filter *filter, size_t offset)
{
        add(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

/* Unless it is that, the next so many instructions are left out. */
static void unless(struct filter *filter, uint32_t value, uint8_t left_out)
{
        add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, left_out));
}

static void answer(struct filter *filter, uint32_t how)
{
        add(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, how));
}

static void allow_call(struct filter *filter, int call)
{
        unless(filter, (uint32_t)call, 1);
        answer(filter, SECCOMP_RET_ALLOW);
}

/* Where the bits of mask of an argument are these. The low half is looked at, which is all that these calls take; of a
 * pointer both, and both must be 0. */
static void allow_if(struct filter *filter, int call, unsigned argument, uint32_t mask, uint32_t value)
{
        size_t low = offsetof(struct seccomp_data, args) + argument * sizeof(uint64_t);

        unless(filter, (uint32_t)call, 5);
        load(filter, low);
        add(filter, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
        unless(filter, value, 1);
        answer(filter, SECCOMP_RET_ALLOW);
        load(filter, offsetof(struct seccomp_data, nr));
}

static void allow_null(struct filter *filter, int call, unsigned argument)
{
        size_t low = offsetof(struct seccomp_data, args) + argument * sizeof(uint64_t);

        unless(filter, (uint32_t)call, 6);
        load(filter, low);
        unless(filter, 0, 3);
        load(filter, low + sizeof(uint32_t));
        unless(filter, 0, 1);
        answer(filter, SECCOMP_RET_ALLOW);
        load(filter, offsetof(struct seccomp_data, nr));
}

/* Nothing that is mapped may be run; signals go to ourselves; limits are read and not set; threads may have names. A
 * thread of libzmq's that is only beginning asks for a scheduling class, and aborts when it is refused: it is told
 * "done". */
static void allow_in_part(struct filter *filter)
{
        const uint32_t all = UINT32_MAX;

        allow_if(filter, SYS_mmap, 2, PROT_EXEC, 0);
        allow_if(filter, SYS_mprotect, 2, PROT_EXEC, 0);
        allow_if(filter, SYS_kill, 0, all, (uint32_t)getpid());
        allow_if(filter, SYS_tgkill, 0, all, (uint32_t)getpid());
        allow_if(filter, SYS_prctl, 0, all, PR_SET_NAME);
        allow_null(filter, SYS_prlimit64, 2);
        unless(filter, SYS_sched_setscheduler, 1);
        answer(filter, SECCOMP_RET_ERRNO);
}

static void allow_sockets(struct filter *filter, const struct qf_sandbox *sandbox)
{
        static const uint32_t families[] = {AF_INET, AF_INET6,
                                            AF_NETLINK}; /* libzmq asks for addresses when it binds */
        const uint32_t all = UINT32_MAX;

        allow_if(filter, SYS_socket, 0, all, AF_UNIX); /* each word to systemd goes by a socket of its own */
        for (size_t i = 0; sandbox->network && i < sizeof families / sizeof *families; i++)
                allow_if(filter, SYS_socket, 0, all, families[i]);
        if (sandbox->connects)
                allow_call(filter, SYS_connect);
        if (sandbox->binds)
                allow_call(filter, SYS_bind);
        if (sandbox->binds)
                allow_call(filter, SYS_listen);
}

/* Calls of another machine's kind (32 bits) have other numbers, and are refused as a whole. */
static void fill_filter(struct filter *filter, const struct qf_sandbox *sandbox)
{
        load(filter, offsetof(struct seccomp_data, arch));
        add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)MACHINE, 1, 0));
        answer(filter, SECCOMP_RET_ERRNO | EPERM);
        load(filter, offsetof(struct seccomp_data, nr));
        for (const int *call = qf_sandbox_calls; *call != QF_SANDBOX_CALLS_END; call++)
                allow_call(filter, *call);
        allow_in_part(filter);
        allow_sockets(filter, sandbox);
        answer(filter, SECCOMP_RET_ERRNO | EPERM);
}

/* Threads that are there already, too. */
static int close_calls(const struct qf_sandbox *sandbox)
{
        struct filter filter = {0};

        fill_filter(&filter, sandbox);
        const struct sock_fprog program = {filter.count, filter.at};
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
                return -errno;
        long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
        return r < 0 ? -errno : r > 0 ? -EBUSY : 0; /* positive: the thread that could not be */
}

int qf_sandbox_close_calls(const struct qf_sandbox *sandbox)
{
        if (is_off(sandbox))
                return 0;
        int version = landlock_version(); /* the call that asks for it is refused from now on */
        int r = close_calls(sandbox);
        if (r == 0 || r == -EINVAL || r == -ENOSYS || r == -EOPNOTSUPP || r == -EPERM || r == -EACCES) {
                qf_log(r == 0 ? QF_LOG_INFO : QF_LOG_WARNING, "%s landlock=%d seccomp=%s",
                       r == 0 ? "the sandbox is closed"
                              : "seccomp is not to be had here: calls are kept from us by systemd only",
                       version, r == 0 ? "on" : "off");
                return 0;
        }
        qf_log(QF_LOG_ERROR, "the sandbox of calls cannot be made error=\"%s\"", strerror(-r));
        return r;
}
