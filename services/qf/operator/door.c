/* Why not ZeroMQ: it connects again and again in silence, so that a wrong port, a wall and a wrong key look the same. */
#include "qf/operator/door.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

enum { GREETING = 64, MECHANISM_AT = 12, HOST_BYTES = 256 };

static int wait_for(int fd, short events, int64_t until_ms)
{
        const int64_t left_ms = until_ms - qf_clock_mono_ms();
        struct pollfd ready = {.fd = fd, .events = events};
        const int n = poll(&ready, 1, left_ms > 0 ? (int)left_ms : 0);

        return n < 0 ? -errno : n == 0 ? -ETIMEDOUT : 0;
}

static int reach(const struct sockaddr *address, socklen_t len, int64_t until_ms, int *ret_fd)
{
        QF_CLEANUP(qf_cleanup_close)
        int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        int error = 0;
        socklen_t size = sizeof error;

        if (fd < 0)
                return -errno;
        if (connect(fd, address, len) < 0 && errno != EINPROGRESS)
                return -errno;
        int r = wait_for(fd, POLLOUT, until_ms);
        if (r == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
                return -errno;
        if (r != 0 || error != 0)
                return r != 0 ? r : -error;
        *ret_fd = fd;
        fd = -1;
        return 0;
}

static int reach_tcp(const char *place, int64_t until_ms, int *ret_fd)
{
        const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
        struct addrinfo *found = NULL;
        const char *colon = strrchr(place, ':');
        char host[HOST_BYTES];

        if (!colon || colon == place || (size_t)(colon - place) >= sizeof host)
                return -EINVAL;
        (void)snprintf(host, sizeof host, "%.*s", (int)(colon - place), place);
        if (host[0] == '[' && host[strlen(host) - 1] == ']') {
                memmove(host, host + 1, strlen(host));
                host[strlen(host) - 1] = '\0';
        }
        if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
                return -ENXIO;
        int r = -ENXIO;
        for (const struct addrinfo *at = found; at && r != 0; at = at->ai_next)
                r = reach(at->ai_addr, at->ai_addrlen, until_ms, ret_fd);
        freeaddrinfo(found);
        return r;
}

static int reach_ipc(const char *path, int64_t until_ms, int *ret_fd)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        if (strlen(path) >= sizeof address.sun_path)
                return -EINVAL;
        memcpy(address.sun_path, path, strlen(path));
        return reach((const struct sockaddr *)&address, sizeof address, until_ms, ret_fd);
}

/* Ours, and theirs: signature, version 3.1, mechanism, of which each says its own. */
static int greet(int fd, int64_t until_ms, uint8_t theirs[GREETING])
{
        static const uint8_t ours[GREETING] = {0xff, 0, 0, 0,   0,   0,   0,   0,  1,
                                               0x7f, 3, 1, 'C', 'U', 'R', 'V', 'E'};
        size_t got = 0;

        if (send(fd, ours, sizeof ours, MSG_NOSIGNAL) != (ssize_t)sizeof ours)
                return -errno;
        while (got < GREETING) {
                int r = wait_for(fd, POLLIN, until_ms);
                if (r != 0)
                        return r;
                const ssize_t n = recv(fd, theirs + got, GREETING - got, 0);
                if (n <= 0)
                        return n < 0 ? -errno : 1;
                got += (size_t)n;
                if (theirs[0] != 0xff || (got > 9 && theirs[9] != 0x7f))
                        return 1;
        }
        return 0;
}

int qf_door_knock(const char *endpoint, int timeout_ms, char ret_mechanism[QF_DOOR_MECHANISM])
{
        static const char tcp[] = "tcp://", ipc[] = "ipc://";
        const int64_t until_ms = qf_clock_mono_ms() + timeout_ms;
        QF_CLEANUP(qf_cleanup_close) int fd = -1;
        uint8_t theirs[GREETING] = {0};
        int r = -EINVAL;

        if (strncmp(endpoint, tcp, strlen(tcp)) == 0)
                r = reach_tcp(endpoint + strlen(tcp), until_ms, &fd);
        else if (strncmp(endpoint, ipc, strlen(ipc)) == 0)
                r = reach_ipc(endpoint + strlen(ipc), until_ms, &fd);
        if (r == 0)
                r = greet(fd, until_ms, theirs);
        if (r != 0)
                return r;
        memcpy(ret_mechanism, theirs + MECHANISM_AT, QF_DOOR_MECHANISM - 1);
        ret_mechanism[QF_DOOR_MECHANISM - 1] = '\0';
        return 0;
}
