/* Writes down what a program does to its storage, and between it what partners
 * asked and were told, for tests/faults/power_loss.c to make crashes of.
 *
 * A record is appended with one write after the thing was done, and before
 * anybody can be told of it: so a sync stands before the answer that rests on it. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zmq.h>

#include "faults/shim.h"

enum { PARTS_MAX = 130 }; /* LMDB writes up to 64 pages at once */

static int log_fd = -1;

/* Before the program is sandboxed. */
__attribute__((constructor)) static void open_log(void)
{
        const char *path = getenv("QF_SHIM_LOG");
        if (path && shim_meant())
                log_fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                                      0600);
}

bool shim_records(void)
{
        return log_fd >= 0;
}

void shim_note(enum shim_what what, const char *name, uint64_t at, const struct iovec *parts, int count)
{
        struct shim_record head = {.what = (uint8_t)what, .name_len = (uint16_t)strlen(name), .at = at};
        struct iovec all[PARTS_MAX] = {{&head, sizeof head}, {(void *)(uintptr_t)name, head.name_len}};
        size_t len = sizeof head + head.name_len;

        if (!shim_records())
                return;
        if (count > PARTS_MAX - 2)
                abort();
        for (int i = 0; i < count; i++) {
                all[2 + i] = parts[i];
                head.bytes_len += (uint32_t)parts[i].iov_len;
        }
        if (syscall(SYS_writev, log_fd, all, count + 2) != (long)(len + head.bytes_len))
                abort(); /* a log with a hole proves nothing */
}

/* --- messages ----------------------------------------------------------- */

static int option_of(void *socket, int option)
{
        int value = -1;
        size_t len = sizeof value;
        return zmq_getsockopt(socket, option, &value, &len) == 0 ? value : -1;
}

/* True for sockets that many talk to; *ret_partners: by CURVE, which are the partners. */
static bool is_router(void *socket, bool *ret_partners)
{
        *ret_partners = option_of(socket, ZMQ_CURVE_SERVER) == 1;
        return option_of(socket, ZMQ_TYPE) == ZMQ_ROUTER;
}

int zmq_send(void *socket, const void *bytes, size_t len, int flags)
{
        SHIM_NEXT(zmq_send);
        bool partners;
        if (!(flags & ZMQ_SNDMORE) && shim_records() && is_router(socket, &partners)) {
                struct iovec part = {(void *)(uintptr_t)bytes, len};
                shim_note(partners ? SHIM_ANSWERED : SHIM_TOLD, program_invocation_short_name, 0, &part, 1);
        }
        return next(socket, bytes, len, flags);
}

int zmq_msg_recv(zmq_msg_t *message, void *socket, int flags)
{
        SHIM_NEXT(zmq_msg_recv);
        bool partners;
        int len = next(message, socket, flags);
        if (len >= 0 && shim_records() && !zmq_msg_more(message) && is_router(socket, &partners) &&
            partners) {
                const char *user = zmq_msg_gets(message, "User-Id");
                struct iovec part = {zmq_msg_data(message), (size_t)len};
                shim_note(SHIM_ASKED, user ? user : "", 0, &part, 1);
        }
        return len;
}
