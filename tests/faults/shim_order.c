/* Lets the n-th storage call of a program go wrong.
 *
 * QF_SHIM_ORDER names a file "N KIND [standing]". From the moment it exists calls are
 * counted; at call N it is renamed to ORDER.happened and the fault happens:
 *
 *     kill    the process kills itself before the call
 *     torn    ... after doing half of the write
 *     eio     the call fails with EIO and does nothing;  enospc: with ENOSPC
 *     short   the write writes half of it and says so: only writes are counted
 *     slow    the call takes half a second longer;  stall: twelve
 *     enomem  the allocation gives nothing (shim_memory.c: there calls are allocations)
 *
 * "standing": all later calls fare alike, of later processes too, until
 * ORDER.happened is removed. Else the next call and the next process are well. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "faults/shim.h"

enum kind {
        KIND_NONE,
        KIND_KILL,
        KIND_TORN,
        KIND_EIO,
        KIND_ENOSPC,
        KIND_SHORT,
        KIND_SLOW,
        KIND_STALL,
        KIND_ENOMEM
};

struct order {
        long at; /* 0: there is none */
        enum kind kind;
        bool standing;
};

static long calls; /* since the order was first seen */

bool shim_meant(void)
{
        static int meant = -1;
        if (meant < 0) {
                const char *programs = getenv("QF_SHIM_PROGRAMS");
                size_t len = strlen(program_invocation_short_name);
                meant = 0;
                for (const char *at = programs; at && *at; at += strcspn(at, ","), at += *at == ',')
                        if (strcspn(at, ",") == len && strncmp(at, program_invocation_short_name, len) == 0)
                                meant = 1;
        }
        return meant == 1;
}

void shim_path_of(int fd, char ret_path[SHIM_PATH])
{
        char link[64];
        (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t len = readlink(link, ret_path, SHIM_PATH - 1);
        ret_path[len > 0 ? len : 0] = '\0';
}

/* Without going through calls that are counted. */
static struct order read_order(const char *path)
{
        static const char *const kinds[] = {
                [KIND_KILL] = "kill",     [KIND_TORN] = "torn",    [KIND_EIO] = "eio",
                [KIND_ENOSPC] = "enospc", [KIND_SHORT] = "short",  [KIND_SLOW] = "slow",
                [KIND_STALL] = "stall",   [KIND_ENOMEM] = "enomem"};
        struct order order = {0};
        char text[64] = "", *rest = text;

        int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return order;
        if (read(fd, text, sizeof text - 1) > 0)
                order.at = strtol(text, &rest, 10);
        (void)syscall(SYS_close, fd);
        order.standing = strstr(rest, "standing") != NULL;
        for (unsigned i = KIND_KILL; i <= KIND_ENOMEM; i++)
                if (strstr(rest, kinds[i]))
                        order.kind = (enum kind)i;
        return order;
}

static enum shim_how carry_out(enum kind kind, void (*halves)(void *ctx), void *ctx)
{
        const struct timespec half_a_second = {.tv_nsec = 500 * 1000 * 1000}, twelve_seconds = {.tv_sec = 12};
        switch (kind) {
        case KIND_TORN:
                if (halves)
                        halves(ctx);
                (void)kill(getpid(), SIGKILL);
                break;
        case KIND_KILL: (void)kill(getpid(), SIGKILL); break;
        case KIND_EIO: errno = EIO; return SHIM_FAIL;
        case KIND_ENOSPC: errno = ENOSPC; return SHIM_FAIL;
        case KIND_ENOMEM: errno = ENOMEM; return SHIM_FAIL;
        case KIND_SHORT: return halves ? SHIM_HALF : SHIM_GO;
        case KIND_SLOW: (void)nanosleep(&half_a_second, NULL); break;
        case KIND_STALL: (void)nanosleep(&twelve_seconds, NULL); break;
        case KIND_NONE: break;
        }
        return SHIM_GO;
}

bool shim_ordered(void)
{
        const char *path = getenv("QF_SHIM_ORDER");
        bool ordered = path && syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
        if (!ordered)
                calls = 0;
        return ordered;
}

enum shim_how shim_arrive(void (*halves)(void *ctx), void *ctx)
{
        char happened[SHIM_PATH];
        const char *path = getenv("QF_SHIM_ORDER");
        if (!path)
                return SHIM_GO;
        (void)snprintf(happened, sizeof happened, "%s.happened", path);
        struct order order = read_order(path);
        if (order.at == 0) {
                calls = 0;
                order = read_order(happened);
                return order.standing ? carry_out(order.kind, halves, ctx) : SHIM_GO;
        }
        if ((order.kind == KIND_SHORT && !halves) || ++calls < order.at)
                return SHIM_GO;
        (void)syscall(SYS_renameat, AT_FDCWD, path, AT_FDCWD, happened);
        return carry_out(order.kind, halves, ctx);
}
