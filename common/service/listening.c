/* Why by address and not by FileDescriptorName=: the address is what an operator
 * reads in both files, and a name could be right while the address is not. */
#include "service/listening.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

enum { MOST = 64 };

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
