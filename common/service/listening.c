/* Why by address and not by FileDescriptorName=: the address is what an operator
 * reads in both files, and a name could be right while the address is not. */
#include "service/listening.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

enum { MOST = 64, BACKLOG = 1024 };

static const char IPC[] = "ipc://";
static uint64_t claimed; /* bit i: of the i-th that was handed over */

union address {
        struct sockaddr any;
        struct sockaddr_un local;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
};

/* How many were handed over. The environment keeps saying so: a daemon starts no other programs. */
static int count_handed(void)
{
        int count = sd_listen_fds(0);

        return count < 0 ? 0 : count < MOST ? count : MOST;
}

/* Writes the address of a socket as an endpoint. False: of a kind that no endpoint has. */
static bool print_address(int fd, char *text, size_t room)
{
        union address address = {0};
        socklen_t len = sizeof(address);
        char host[INET6_ADDRSTRLEN];

        if (getsockname(fd, &address.any, &len) != 0)
                return false;
        switch (address.any.sa_family) {
        case AF_UNIX:
                if (len <= offsetof(struct sockaddr_un, sun_path))
                        return false;
                return snprintf(text, room, "ipc://%.*s", (int)sizeof(address.local.sun_path),
                                address.local.sun_path) < (int)room;
        case AF_INET:
                if (!inet_ntop(AF_INET, &address.v4.sin_addr, host, sizeof(host)))
                        return false;
                return snprintf(text, room, "tcp://%s:%u", host, (unsigned)ntohs(address.v4.sin_port)) <
                       (int)room;
        case AF_INET6:
                if (!inet_ntop(AF_INET6, &address.v6.sin6_addr, host, sizeof(host)))
                        return false;
                return snprintf(text, room, "tcp://[%s]:%u", host, (unsigned)ntohs(address.v6.sin6_port)) <
                       (int)room;
        default: return false;
        }
}

/* "*" is either of the addresses that mean all. */
static bool is_same(const char *endpoint, const char *address)
{
        static const char all[] = "tcp://*:", all_v4[] = "tcp://0.0.0.0:", all_v6[] = "tcp://[::]:";
        const char *port = endpoint + sizeof(all) - 1;

        if (strncmp(endpoint, all, sizeof(all) - 1) != 0)
                return strcmp(endpoint, address) == 0;
        if (strncmp(address, all_v4, sizeof(all_v4) - 1) == 0)
                return strcmp(address + sizeof(all_v4) - 1, port) == 0;
        return strncmp(address, all_v6, sizeof(all_v6) - 1) == 0 &&
               strcmp(address + sizeof(all_v6) - 1, port) == 0;
}

int qf_listening_find(const char *endpoint)
{
        char address[QF_LISTENING_TEXT];

        for (int i = 0; i < count_handed(); i++) {
                int fd = SD_LISTEN_FDS_START + i;

                if (claimed >> i & 1 || !print_address(fd, address, sizeof(address)) ||
                    !is_same(endpoint, address))
                        continue;
                claimed |= UINT64_C(1) << i;
                return fd;
        }
        return 0;
}

/* Reads "tcp://ADDRESS:PORT". The length of the address; 0: it is none. */
static socklen_t read_endpoint(const char *endpoint, union address *ret_address)
{
        static const char scheme[] = "tcp://";
        char host[INET6_ADDRSTRLEN + 2] = "";
        const char *at = endpoint + sizeof(scheme) - 1, *colon = strrchr(endpoint, ':');
        uint64_t port;

        *ret_address = (union address){0};
        if (strncmp(endpoint, scheme, sizeof(scheme) - 1) != 0 || colon < at ||
            (size_t)(colon - at) >= sizeof(host) || !qf_text_number(qf_view_of(colon + 1), 65535, &port))
                return 0;
        memcpy(host, at, (size_t)(colon - at));
        if (host[0] == '[' && colon > at + 1 && colon[-1] == ']') {
                host[colon - at - 1] = '\0';
                ret_address->v6.sin6_family = AF_INET6;
                ret_address->v6.sin6_port = htons((uint16_t)port);
                return inet_pton(AF_INET6, host + 1, &ret_address->v6.sin6_addr) == 1
                               ? sizeof(ret_address->v6)
                               : 0;
        }
        ret_address->v4.sin_family = AF_INET;
        ret_address->v4.sin_port = htons((uint16_t)port);
        if (strcmp(host, "*") == 0)
                return sizeof(ret_address->v4);
        return inet_pton(AF_INET, host, &ret_address->v4.sin_addr) == 1 ? sizeof(ret_address->v4) : 0;
}

/* What systemd made was made to block. */
static int take_handed(int fd, int *ret_fd)
{
        int flags = fcntl(fd, F_GETFL);

        if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
                return -errno;
        *ret_fd = fd;
        return 0;
}

int qf_listening_open(const char *endpoint, int *ret_fd)
{
        union address address;
        int handed = qf_listening_find(endpoint), on = 1;
        socklen_t len = read_endpoint(endpoint, &address);

        if (handed)
                return take_handed(handed, ret_fd);
        if (len == 0)
                return -EINVAL;
        QF_CLEANUP(qf_cleanup_close)
        int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
            bind(fd, &address.any, len) != 0 || listen(fd, BACKLOG) != 0)
                return -errno;
        *ret_fd = fd;
        fd = -1;
        return 0;
}

/* What a killed process left may go; what another process answers at, or is no socket, may not. */
static int make_room(const char *path, const union address *address)
{
        struct stat status;

        if (lstat(path, &status) != 0)
                return errno == ENOENT ? 0 : -errno;
        if (!S_ISSOCK(status.st_mode))
                return -EADDRINUSE;
        QF_CLEANUP(qf_cleanup_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        if (connect(fd, &address->any, sizeof(address->local)) == 0 || errno != ECONNREFUSED)
                return -EADDRINUSE;
        return unlink(path) == 0 ? 0 : -errno;
}

static int read_path(const char *path, union address *ret_address)
{
        size_t len = strlen(path);

        *ret_address = (union address){.local = {.sun_family = AF_UNIX}};
        if (len == 0 || len >= sizeof(ret_address->local.sun_path))
                return len == 0 ? -EINVAL : -ENAMETOOLONG;
        memcpy(ret_address->local.sun_path, path, len + 1);
        return 0;
}

/* mode 0: as the process makes files. */
static int listen_at(const union address *address, mode_t mode, int *ret_fd)
{
        QF_CLEANUP(qf_cleanup_close)
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        /* The file has the socket's mode from its first moment. */
        if (fd < 0 || (mode && fchmod(fd, mode) != 0) ||
            bind(fd, &address->any, sizeof(address->local)) != 0 || listen(fd, BACKLOG) != 0)
                return -errno;
        *ret_fd = fd;
        fd = -1;
        return 0;
}

static int open_file(const char *path, int *ret_fd)
{
        union address address;
        int r = read_path(path, &address);

        if (r)
                return r;
        (void)unlink(path); /* of a process that was killed: whose directory it is was settled before */
        return listen_at(&address, 0, ret_fd);
}

int qf_listening_open_private(const char *path, int *ret_fd)
{
        union address address;
        int r = read_path(path, &address);

        if (!r)
                r = make_room(path, &address);
        return r ? r : listen_at(&address, 0600, ret_fd);
}

/* The first is bound as its own, so that two processes never share a port by accident; only then may it be shared, with a
 * process of the same user, and is. */
static int open_shared(const char *endpoint, int ret_listening[2])
{
        union address address;
        socklen_t len = read_endpoint(endpoint, &address);
        int on = 1;
        int r = qf_listening_open(endpoint, &ret_listening[0]);

        if (r < 0)
                return r;
        if (setsockopt(ret_listening[0], SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0)
                return 0; /* once, then */
        QF_CLEANUP(qf_cleanup_close)
        int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
            setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
            bind(fd, &address.any, len) != 0 || listen(fd, BACKLOG) != 0)
                return 0;
        ret_listening[1] = fd;
        fd = -1;
        return 0;
}

int qf_listening_twice(const char *endpoint, int ret_listening[2], bool *ret_removes)
{
        union address address;
        int handed, r = 0;

        *ret_removes = false;
        ret_listening[0] = ret_listening[1] = 0;
        for (int i = 0; i < 2 && r == 0 && (handed = qf_listening_find(endpoint)) > 0; i++)
                r = take_handed(handed, &ret_listening[i]);
        if (r < 0 || ret_listening[0] > 0)
                return r;
        if (strncmp(endpoint, IPC, sizeof(IPC) - 1) == 0) {
                *ret_removes = true;
                return open_file(endpoint + sizeof(IPC) - 1, &ret_listening[0]);
        }
        return read_endpoint(endpoint, &address) > 0 ? open_shared(endpoint, ret_listening) : 0;
}

bool qf_listening_is_local(const char *endpoint)
{
        union address address;

        if (read_endpoint(endpoint, &address) == 0)
                return false;
        if (address.any.sa_family == AF_INET6)
                return IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
        return ntohl(address.v4.sin_addr.s_addr) >> 24 == 127;
}

bool qf_listening_unclaimed(char ret_address[QF_LISTENING_TEXT])
{
        for (int i = 0; i < count_handed(); i++) {
                if (claimed >> i & 1)
                        continue;
                if (!print_address(SD_LISTEN_FDS_START + i, ret_address, QF_LISTENING_TEXT))
                        (void)snprintf(ret_address, QF_LISTENING_TEXT,
                                       "no address that an endpoint can have");
                return true;
        }
        return false;
}

bool qf_listening_is_local_name(const char *host)
{
        static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
        uint64_t port;

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                size_t len = strlen(names[i]);
                if (strncasecmp(host, names[i], len) != 0)
                        continue;
                if (host[len] == '\0' ||
                    (host[len] == ':' && qf_text_number(qf_view_of(host + len + 1), 65535, &port)))
                        return true;
        }
        return false;
}
